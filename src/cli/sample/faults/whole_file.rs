//! CSV files that are refused: the F rules that a table's text or the choice of files can break.

use super::book::{Place, on};
use super::{Files, Spoiler, Way};
use crate::cli::rows::CsvTable;

pub(super) const SPOILERS: &[Spoiler] = &[
    Spoiler::new("F04", Way::Files(outside_the_archive)),
    Spoiler::new("F05", Way::Files(windows_1252)),
    Spoiler::new("F05", Way::Files(utf_16)),
    Spoiler::new("F06", Way::Files(control_character)),
    Spoiler::new("F07", Way::Files(quote_not_closed)),
    Spoiler::new("F08", Way::Files(cell_too_many)),
    Spoiler::new("F09", Way::Files(column_twice)),
    Spoiler::new("F10", Way::Files(column_missing)),
    Spoiler::new("F11", Way::Files(strange_column)),
    Spoiler::new("F12", Way::Files(table_missing)),
    Spoiler::new("F13", Way::Files(strange_table)),
    Spoiler::new("F17", Way::Files(long_cell)),
    Spoiler::new("F18", Way::Files(unknown_authority)),
    Spoiler::new("F19", Way::Files(unknown_collection)),
    Spoiler::new("F19", Way::Files(another_period)),
    Spoiler::new("F20", Way::Files(table_twice)),
    Spoiler::new("F21", Way::Files(two_headers)),
];

/// Changes the text of a table.
pub(super) fn edit(tables: &mut Files, name: &str, change: impl FnOnce(&str) -> Vec<u8>) -> Option<()> {
    let table = tables.0.iter_mut().find(|table| table.name == name)?;
    table.bytes = change(std::str::from_utf8(&table.bytes).ok()?);
    Some(())
}

/// Changes one line of a text; the headings are line 0.
pub(super) fn with_line(text: &str, number: usize, change: impl Fn(&str) -> String) -> Vec<u8> {
    let line = |(at, line): (usize, &str)| if at == number { change(line) } else { line.to_owned() } + "\n";
    text.lines().enumerate().map(line).collect::<String>().into_bytes()
}

fn outside_the_archive(tables: &mut Files) -> Option<Place> {
    let costs = tables.0.iter_mut().find(|table| table.name == "costs")?;
    costs.name = "../costs".to_owned();
    on("", "")
}

fn windows_1252(tables: &mut Files) -> Option<Place> {
    let with_accent = |text: &str| text.replace("homeward sample", "homeward s\u{1}mple").into_bytes();
    edit(tables, "header", |text| {
        with_accent(text).into_iter().map(|byte| if byte == 1 { 0xe2 } else { byte }).collect()
    })?;
    on("header", "")
}

fn utf_16(tables: &mut Files) -> Option<Place> {
    edit(tables, "totals", |text| format!("\u{feff}{text}").encode_utf16().flat_map(u16::to_le_bytes).collect())?;
    on("totals", "")
}

fn control_character(tables: &mut Files) -> Option<Place> {
    edit(tables, "header", |text| text.replace("homeward sample", "homeward\u{0}sample").into_bytes())?;
    on("header", "")
}

fn quote_not_closed(tables: &mut Files) -> Option<Place> {
    edit(tables, "totals", |text| with_line(text, 1, |line| format!("\"{line}")))?;
    on("totals", "")
}

fn cell_too_many(tables: &mut Files) -> Option<Place> {
    edit(tables, "support", |text| with_line(text, 1, |line| format!("{line},1")))?;
    on("support", "")
}

fn column_twice(tables: &mut Files) -> Option<Place> {
    let twice = |text: &str| {
        let line = |(at, line): (usize, &str)| line.to_owned() + if at == 0 { ",AMOUNT\n" } else { ",1\n" };
        text.lines().enumerate().map(line).collect::<String>().into_bytes()
    };
    edit(tables, "costs", twice)?;
    on("costs", "")
}

fn column_missing(tables: &mut Files) -> Option<Place> {
    let without_last = |line: &str| line.rsplit_once(',').map_or("", |(rest, _)| rest).to_owned() + "\n";
    edit(tables, "totals", |text| text.lines().map(without_last).collect::<String>().into_bytes())?;
    on("totals", "")
}

fn strange_column(tables: &mut Files) -> Option<Place> {
    let with_column = |text: &str| {
        let line = |(at, line): (usize, &str)| line.to_owned() + if at == 0 { ",TEAM_CODE\n" } else { ",7\n" };
        text.lines().enumerate().map(line).collect::<String>().into_bytes()
    };
    edit(tables, "totals", with_column)?;
    on("totals", "")
}

fn table_missing(tables: &mut Files) -> Option<Place> {
    tables.0.retain(|table| table.name != "breakdowns");
    on("breakdowns", "")
}

fn strange_table(tables: &mut Files) -> Option<Place> {
    let costs = tables.0.iter().find(|table| table.name == "costs")?.clone();
    tables.0.push(CsvTable { name: "placements".to_owned(), ..costs });
    on("", "")
}

fn long_cell(tables: &mut Files) -> Option<Place> {
    edit(tables, "header", |text| text.replace("homeward sample", &"homeward ".repeat(1_200)).into_bytes())?;
    on("header", "")
}

/// Puts another text in the place of a cell of the header.
fn header_cell(tables: &mut Files, place: usize, cell: &str) -> Option<()> {
    edit(tables, "header", |text| {
        with_line(text, 1, |line| {
            let cells = line.split(',').enumerate().map(|(at, old)| if at == place { cell } else { old });
            cells.collect::<Vec<_>>().join(",")
        })
    })
}

fn unknown_authority(tables: &mut Files) -> Option<Place> {
    header_cell(tables, 0, "999")?;
    on("header", "LA")
}

fn unknown_collection(tables: &mut Files) -> Option<Place> {
    header_cell(tables, 1, "reunification-2019")?;
    on("header", "COLLECTION")
}

fn another_period(tables: &mut Files) -> Option<Place> {
    header_cell(tables, 2, "2025-04-02")?;
    on("header", "PERIOD_START")
}

fn table_twice(tables: &mut Files) -> Option<Place> {
    let costs = tables.0.iter().find(|table| table.name == "costs")?.clone();
    tables.0.push(CsvTable { name: "COSTS".to_owned(), ..costs });
    on("costs", "")
}

fn two_headers(tables: &mut Files) -> Option<Place> {
    let with_another = |text: &str| {
        let another =
            text.lines().nth(1).and_then(|line| line.split_once(',')).map(|(_, rest)| format!("302,{rest}\n"));
        format!("{text}{}", another.unwrap_or_default()).into_bytes()
    };
    edit(tables, "header", with_another)?;
    on("header", "")
}
