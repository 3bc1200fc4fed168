//! One child in two authorities' returns: the N rules that look beyond the return.

use super::book::{Book, Place, at};
use super::record::record;
use super::{Spoiler, Way};
use crate::cli::sample::life::plus;

pub(super) const SPOILERS: &[Spoiler] = &[
    Spoiler::new("N901", Way::Authorities(in_care_elsewhere)),
    Spoiler::new("N902", Way::Authorities(another_child_elsewhere)),
    Spoiler::new("N903", Way::Authorities(in_care_twice)),
];

/// A child of the return, its row and its key, of whom the other authority knows nothing.
fn keyed(book: &Book, other: &Book, child: &str) -> Option<(usize, String)> {
    let row = *book.rows_of("children", child).first()?;
    let key = book.get("children", row, "LINKAGE_KEY").to_owned();
    let unknown = ["children", "starts"].iter().all(|table| other.find(table, &[("LINKAGE_KEY", &key)]).is_empty());
    (!key.is_empty() && unknown).then_some((row, key))
}

fn in_care_elsewhere(book: &mut Book, other: &mut Book, child: &str) -> Option<Place> {
    let (row, key) = keyed(book, other, child)?;
    let home = record(book, child)?.returns.last()?.day;
    if plus(home, 60) > book.period.end {
        return None;
    }
    let began = other.written(plus(home, 30));
    other.add("starts", &[("LINKAGE_KEY", &key), ("DECOM", &began)]);
    at("children", row, "LINKAGE_KEY")
}

/// A child of the other authority bears the key, whose care was over before this one's began.
fn another_child_elsewhere(book: &mut Book, other: &mut Book, child: &str) -> Option<Place> {
    let (row, key) = keyed(book, other, child)?;
    let began = record(book, child)?.episodes.first()?.began;
    let (sex, born) = (book.get("children", row, "SEX"), book.get("children", row, "BIRTH_MONTH"));
    let fits = |name: &String| {
        let theirs = *other.rows_of("children", name).first()?;
        let differs =
            other.get("children", theirs, "SEX") != sex || other.get("children", theirs, "BIRTH_MONTH") != born;
        let over =
            record(other, name)?.episodes.iter().all(|episode| episode.ended.is_some_and(|ended| ended <= began));
        (differs && over).then_some(theirs)
    };
    let theirs = other.untouched().iter().find_map(fits)?;
    other.set("children", theirs, "LINKAGE_KEY", &key);
    at("children", row, "LINKAGE_KEY")
}

/// The other authority has the very same child in care, and it went home from there too.
fn in_care_twice(book: &mut Book, other: &mut Book, child: &str) -> Option<Place> {
    let (row, _) = keyed(book, other, child)?;
    let record = record(book, child)?;
    let [back] = record.returns.as_slice() else { return None };
    let starts = record.episodes.iter().filter(|episode| episode.starts_care()).count();
    if starts != 1 || book.period.contains(back.day) {
        return None;
    }
    // The two write their days in different ways, perhaps.
    let days = ["DECOM", "DEC", "RETURN_DATE", "ASSESSED_DATE", "START_DATE", "END_DATE", "OBSERVED"];
    for table in ["children", "episodes", "reunifications", "support", "outcomes"] {
        for row in book.rows_of(table, child) {
            let cells: Vec<(String, String)> = book
                .cells(table, row)
                .into_iter()
                .map(|(field, text)| match book.day(table, row, &field).filter(|_| days.contains(&field.as_str())) {
                    Some(day) => (field, other.written(day)),
                    None => (field, text),
                })
                .collect();
            let cells: Vec<(&str, &str)> = cells.iter().map(|(field, text)| (field.as_str(), text.as_str())).collect();
            other.add(table, &cells);
        }
    }
    at("children", row, "LINKAGE_KEY")
}
