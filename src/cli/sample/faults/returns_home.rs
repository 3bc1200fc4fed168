//! Returns home, what one row says or contradicts, and the child and placement behind it: the R rules.

use super::book::{Book, Place, at};
use super::record::{Back, Record, record};
use super::{Spoiler, when};
use crate::cli::sample::life::plus;

pub(super) const SPOILERS: &[Spoiler] = &[
    Spoiler::cell("R303", "reunifications", "PLANNED", |row| {
        when(row.is("RETURN_TYPE", "E4A") && !row.is_one_of("STAGE", &["4", "5"]), "U")
    }),
    Spoiler::cell("R304", "reunifications", "HOME_WITH", |row| when(!row.is("RETURN_TYPE", "E13"), "G")),
    Spoiler::cell("R305", "reunifications", "HOME_WITH", |row| when(row.is("RETURN_TYPE", "E13"), "M")),
    Spoiler::cell("R307", "reunifications", "ASSESSED_DATE", |row| {
        let planned = row.is("PLANNED", "P") && row.has("ASSESSED_DATE");
        row.day("RETURN_DATE").filter(|_| planned).and_then(|home| row.written(plus(home, 5)))
    }),
    Spoiler::cell("R308", "reunifications", "ASSESSED_DATE", |row| {
        row.day("RETURN_DATE").filter(|_| row.has("ASSESSED_DATE")).and_then(|home| row.written(plus(home, -400)))
    }),
    Spoiler::cell("R309", "reunifications", "TOOL", |row| when(!row.has("STAGE"), "NSPCC")).found_on("STAGE"),
    Spoiler::cell("R309", "reunifications", "STAGE", |row| when(row.is("TOOL", "NONE"), "2")),
    Spoiler::child("R310", neither_tool_nor_date),
    Spoiler::cell("R311", "reunifications", "RISK", |row| when(row.is("RISK", "NA"), "LOW")),
    Spoiler::cell("R312", "reunifications", "RISK", |row| {
        when(row.is("PLANNED", "P") && !row.is("RISK", "NA"), "SEVERE")
    }),
    Spoiler::child("R313", planned_and_forgotten),
    Spoiler::cell("R314", "reunifications", "CHILD_VIEW", |row| {
        when(row.get("IDENTIFIED_BY").split(';').any(|code| code == "CI"), "AGAINST")
    }),
    Spoiler::child("R315", too_young_to_say),
    Spoiler::child("R316", carer_of_no_foster_home),
    Spoiler::cell("R319", "reunifications", "SIBLINGS_RETURNED", |row| when(row.has("SIBLINGS_RETURNED"), "20")),
    Spoiler::child("R320", unplanned_and_far_on),
    Spoiler::child("R321", order_forgotten),
    Spoiler::cell("R323", "reunifications", "LEGAL_AFTER", |row| when(!row.is("RETURN_TYPE", "E13"), "CAO")),
];

/// The first return of a child that a condition picks.
fn first(book: &Book, child: &str, fits: impl Fn(&Record, &Back) -> bool) -> Option<Back> {
    let record = record(book, child)?;
    record.returns.iter().find(|back| fits(&record, back)).cloned()
}

fn neither_tool_nor_date(book: &mut Book, child: &str) -> Option<Place> {
    let back = first(book, child, |_, back| back.planned)?;
    for (field, text) in [("TOOL", "NONE"), ("STAGE", ""), ("ASSESSED_DATE", ""), ("RISK", "NA")] {
        book.set("reunifications", back.row, field, text);
    }
    at("reunifications", back.row, "TOOL")
}

fn unplanned_and_far_on(book: &mut Book, child: &str) -> Option<Place> {
    let back = first(book, child, |_, back| !back.planned)?;
    book.set("reunifications", back.row, "TOOL", "ADAPTED");
    book.set("reunifications", back.row, "STAGE", "4");
    at("reunifications", back.row, "STAGE")
}

fn is_ordered(record: &Record, back: &Back) -> bool {
    record.last_before(back).is_some_and(|last| matches!(last.legal.as_str(), "C1" | "C2" | "E1"))
}

fn planned_and_forgotten(book: &mut Book, child: &str) -> Option<Place> {
    let back = first(book, child, |record, back| back.planned && !is_ordered(record, back))?;
    book.set("reunifications", back.row, "LEGAL_AFTER", "NONE");
    at("reunifications", back.row, "LEGAL_AFTER")
}

fn order_forgotten(book: &mut Book, child: &str) -> Option<Place> {
    let back = first(book, child, is_ordered)?;
    book.set("reunifications", back.row, "LEGAL_AFTER", "EH");
    at("reunifications", back.row, "LEGAL_AFTER")
}

fn too_young_to_say(book: &mut Book, child: &str) -> Option<Place> {
    let back = first(book, child, |record, back| record.least_age(back.day) >= 8)?;
    book.set("reunifications", back.row, "CHILD_VIEW", "YOUNG");
    at("reunifications", back.row, "CHILD_VIEW")
}

fn carer_of_no_foster_home(book: &mut Book, child: &str) -> Option<Place> {
    let elsewhere = |record: &Record, back: &Back| record.last_place(back).is_some_and(|place| !place.starts_with('U'));
    let back = first(book, child, elsewhere)?;
    book.set("reunifications", back.row, "FOSTER_CARER", "1");
    at("reunifications", back.row, "FOSTER_CARER")
}
