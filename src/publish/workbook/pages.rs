//! What stands on the sheets.

use super::super::layout::{self, filters};
use super::super::notes;
use super::super::release::About;
use super::{Book, Cell, Marked, Sheet};
use crate::disclosure::{ClearedRow, ClearedTable, ClearedTables, Place, Shown};

/// The longest name that spreadsheet programs take for a sheet.
const SHEET_NAME: usize = 31;

const SYMBOLS: [(&str, &str); 4] = [
    ("[c]", "Confidential: hidden to protect children."),
    ("[low]", "It rounds to zero and is not zero."),
    ("[x]", "Not available: the authority made no accepted return."),
    ("[z]", "Not applicable: there is nothing that could be counted."),
];

pub(super) fn book(tables: &ClearedTables, about: &About<'_>) -> Book {
    let (label, kind) = (&about.edition.label, about.edition.kind);
    let title = format!("{}: {label}, {kind}", about.publication.title);
    let mut data: Vec<Sheet> = Vec::new();
    for (at, table) in tables.tables().iter().enumerate() {
        data.push(table_sheet(tables, table, at + 1));
    }
    let mut sheets = vec![cover(about, &title), contents(&data), symbols_and_notes(tables)];
    sheets.append(&mut data);
    Book { title, sheets }
}

fn cover(about: &About<'_>, title: &str) -> Sheet {
    let publication = about.publication;
    let mut lines = vec![
        format!("Published by {}.", publication.publisher),
        format!("Questions: {}.", publication.contact.trim_end_matches('.')),
        "The day of publication stands where this workbook is offered: it is made before that day is settled."
            .to_owned(),
    ];
    lines.extend(about.coverage.sentences().iter().map(|sentence| notes::sentence(sentence)));
    if let Some(reason) = &about.edition.reason {
        lines.push(format!("This release revises the one before: {}.", reason.trim_end_matches('.')));
    }
    lines.push(
        "England's and regions' counts are rounded to the nearest 10, so they may not add up. Authorities' counts are \
         not rounded; small ones are hidden, and others with them, so that no hidden one can be worked out."
            .to_owned(),
    );
    lines.push(
        "England is given in full, regions and authorities in total. The whole is in the CSV and Parquet files of the \
         release."
            .to_owned(),
    );
    Sheet { name: "Cover".to_owned(), title: title.to_owned(), lines, table: None }
}

fn contents(data: &[Sheet]) -> Sheet {
    let line = |sheet: &Sheet| vec![Cell::Link(sheet.name.clone()), Cell::Text(sheet.title.clone())];
    let mut rows = vec![vec![Cell::Link("Notes".to_owned()), Cell::Text("Symbols and notes".to_owned())]];
    rows.extend(data.iter().map(line));
    Sheet {
        name: "Contents".to_owned(),
        title: "Contents".to_owned(),
        lines: vec!["This sheet holds one table: the sheets of the workbook, each with a link.".to_owned()],
        table: Some(Marked {
            name: "contents".to_owned(),
            headings: vec!["Sheet".to_owned(), "Title".to_owned()],
            rows,
        }),
    }
}

fn symbols_and_notes(tables: &ClearedTables) -> Sheet {
    let text = |text: &str| Cell::Text(text.to_owned());
    let mut rows: Vec<Vec<Cell>> = SYMBOLS.iter().map(|(symbol, meaning)| vec![text(symbol), text(meaning)]).collect();
    for (indicator, note) in tables.notes() {
        rows.push(vec![text(indicator), Cell::Text(notes::sentence(note))]);
    }
    Sheet {
        name: "Notes".to_owned(),
        title: "Symbols and notes".to_owned(),
        lines: vec!["This sheet holds one table: what the symbols mean, then the notes of each table.".to_owned()],
        table: Some(Marked {
            name: "notes".to_owned(),
            headings: vec!["Symbol or table".to_owned(), "Note".to_owned()],
            rows,
        }),
    }
}

fn table_sheet(tables: &ClearedTables, table: &ClearedTable, number: usize) -> Sheet {
    let definition = table.definition();
    let mut headings: Vec<String> = ["Area type", "Area code", "Area name"].map(str::to_owned).into();
    headings.extend(filters(table.definition()).into_iter().map(|filter| filter.label));
    headings.extend(table.columns().iter().map(|column| match column.unit {
        "" => column.label.clone(),
        unit => format!("{} ({unit})", column.label),
    }));
    let rows = table.rows().iter().filter(|row| row.place == Place::England || row.key.breakdown.is_none());
    Sheet {
        name: definition.id.chars().take(SHEET_NAME).collect(),
        title: format!("Table {number}: {}", definition.label),
        lines: vec![
            definition.about.clone(),
            "This sheet holds one table. Symbols in brackets are explained on the sheet Notes.".to_owned(),
        ],
        table: Some(Marked {
            name: format!("table_{}", definition.id),
            headings: distinct(headings),
            rows: rows.map(|row| cells(tables, table, row)).collect(),
        }),
    }
}

/// A marked table takes no heading twice.
fn distinct(headings: Vec<String>) -> Vec<String> {
    let mut given: Vec<String> = Vec::new();
    for heading in headings {
        let times = given.iter().filter(|known| **known == heading).count();
        given.push(if times == 0 { heading } else { format!("{heading} ({})", times + 1) });
    }
    given
}

fn cells(tables: &ClearedTables, table: &ClearedTable, row: &ClearedRow) -> Vec<Cell> {
    let place = layout::place(tables, row.place);
    let (code, name) = match row.place {
        Place::England => (place[1], place[2]),
        Place::Region(_) => (place[3], place[4]),
        Place::Authority(_) => (place[6], place[7]),
    };
    let mut cells: Vec<Cell> = [place[0], code, name].map(|text| Cell::Text(text.to_owned())).into();
    cells.extend(layout::items(table.definition(), &row.key).into_iter().map(|item| Cell::Text(item.to_owned())));
    cells.extend(row.figures.iter().map(|figure| match figure {
        Shown::Number(number) => Cell::Number(*number as f64, 0),
        Shown::Decimal(value, decimals) => Cell::Number(*value, *decimals),
        symbol => Cell::Text(format!("[{symbol}]")),
    }));
    cells
}
