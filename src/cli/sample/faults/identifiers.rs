//! What must never be in a return: the P rules. Every identifier here is invented from the digits of a published example
//! or of none, and only its form and check digit are right.

use super::book::{Place, on};
use super::whole_file::{edit, with_line};
use super::{Files, Spoiler, Way};

pub(super) const SPOILERS: &[Spoiler] = &[
    Spoiler::new("P01", Way::Files(column_of_births))
        .beside(&[("F11", "the specification has no column for an identifier")]),
    Spoiler::new("P02", Way::Files(|tables| in_software(tables, "SW1A 1AA"))),
    Spoiler::new("P03", Way::Files(|tables| in_software(tables, &nhs_number("943476591")?))),
    Spoiler::new("P04", Way::Files(|tables| in_software(tables, &pupil_number("123456789012")?))),
    Spoiler::new("P05", Way::Files(|tables| in_software(tables, "AB 12 34 56 C"))),
    Spoiler::new("P06", Way::Files(|tables| in_software(tables, "ask.us@example.org"))),
    Spoiler::new("P06", Way::Files(|tables| in_software(tables, "01632 960123"))),
    Spoiler::new("P07", Way::Files(day_of_birth)),
    Spoiler::new("P08", Way::Files(case_number)),
];

/// Ten digits, the last of which is the check digit of the nine given.
fn nhs_number(nine: &str) -> Option<String> {
    let digits = nine.chars().filter_map(|digit| digit.to_digit(10));
    let sum: u32 = digits.zip((2..=10).rev()).map(|(digit, weight)| digit * weight).sum();
    let check = (11 - sum % 11) % 11;
    (check < 10).then(|| format!("{nine}{check}"))
}

/// Thirteen characters, the first of which is the check letter of the twelve given.
fn pupil_number(twelve: &str) -> Option<String> {
    const LETTERS: &[u8; 23] = b"ABCDEFGHJKLMNPQRTUVWXYZ";
    let digits = twelve.chars().filter_map(|digit| digit.to_digit(10));
    let sum: u32 = digits.zip(2..).map(|(digit, weight)| digit * weight).sum();
    let letter = *LETTERS.get(usize::try_from(sum % 23).ok()?)?;
    Some(format!("{}{twelve}", char::from(letter)))
}

fn in_software(tables: &mut Files, text: &str) -> Option<Place> {
    edit(tables, "header", |old| old.replace("homeward sample", text).into_bytes())?;
    on("header", "SOFTWARE")
}

fn column_of_births(tables: &mut Files) -> Option<Place> {
    let with_column = |text: &str| {
        let line = |(at, line): (usize, &str)| line.to_owned() + if at == 0 { ",DOB\n" } else { ",\n" };
        text.lines().enumerate().map(line).collect::<String>().into_bytes()
    };
    edit(tables, "children", with_column)?;
    on("children", "DOB")
}

fn day_of_birth(tables: &mut Files) -> Option<Place> {
    // The first month in a row of children is that of birth.
    let with_day = |line: &str| {
        let cells = line.split(',').map(|cell| match cell.split_once('-') {
            Some((year, month)) if year.len() == 4 && month.len() == 2 => format!("{cell}-14"),
            _ => cell.to_owned(),
        });
        cells.collect::<Vec<_>>().join(",")
    };
    edit(tables, "children", |text| with_line(text, 1, with_day))?;
    on("children", "BIRTH_MONTH")
}

/// One child goes by its case number, in every table.
fn case_number(tables: &mut Files) -> Option<Place> {
    let text = std::str::from_utf8(&tables.0.iter().find(|table| table.name == "children")?.bytes).ok()?;
    let child = text.lines().nth(1)?.split(',').next()?.to_owned();
    for table in tables.0.iter_mut() {
        let changed = std::str::from_utf8(&table.bytes).ok()?.replace(&child, "40817263");
        table.bytes = changed.into_bytes();
    }
    on("children", "CHILD")
}
