//! Support before and after the return: the S rules.

use super::book::{Book, Place, at};
use super::record::{Back, of_return, record};
use super::{Row, Spoiler, when};
use crate::cli::sample::life::plus;

pub(super) const SPOILERS: &[Spoiler] = &[
    Spoiler::cell("S401", "support", "END_DATE", |row| {
        let start = row.day("START_DATE").filter(|_| is_closed(row) && !row.is("ENDED_BECAUSE", "REENTRY"))?;
        row.written(plus(start, -1))
    }),
    Spoiler::cell("S402", "support", "ENDED_BECAUSE", |row| when(is_closed(row), "")),
    Spoiler::child("S403", ended_after_the_period),
    Spoiler::child("S404", before_and_after),
    Spoiler::cell("S406", "support", "START_DATE", |row| {
        row.day("RETURN_DATE").filter(|_| row.is("PHASE", "POST")).and_then(|home| row.written(plus(home, -3)))
    }),
    Spoiler::cell("S407", "support", "END_DATE", |row| {
        row.day("RETURN_DATE").filter(|_| row.is("PHASE", "PRE")).and_then(|home| row.written(plus(home, 3)))
    }),
    Spoiler::child("S409", open_in_care),
    Spoiler::child("S410", ended_by_no_re_entry),
    Spoiler::cell("S411", "support", "HOURS", |row| {
        let days = (row.day("END_DATE")? - row.day("START_DATE")?).num_days();
        when(row.has("HOURS") && days < 150, "4990")
    }),
    Spoiler::cell("S412", "support", "HOURS", |row| {
        let days = (row.day("END_DATE")? - row.day("START_DATE")?).num_days();
        when(days > 30 && (!row.has("COST") || row.is("SUPPORT", "FIN")), "0")
    }),
    Spoiler::child("S413", the_same_support_twice),
    Spoiler::child("S414", planned_and_not_prepared),
    Spoiler::child("S415", home_alone),
    Spoiler::cell("S416", "reunifications", "FGDM_PRE", |row| when(row.is("FGDM_PRE", "0"), "1")),
    Spoiler::cell("S416", "reunifications", "FGDM_POST", |row| when(row.is("FGDM_POST", "1"), "9")),
    Spoiler::cell("S417", "support", "START_DATE", |row| {
        row.day("RETURN_DATE").filter(|_| row.is("PHASE", "PRE")).and_then(|home| row.written(plus(home, -1_110)))
    }),
    Spoiler::cell("S418", "support", "COST", |row| {
        when(!row.is("SUPPORT", "FIN") && row.number("HOURS").is_some_and(|hours| hours < 1_500.0), "900000")
    }),
];

fn is_closed(row: &Row<'_>) -> bool {
    row.has("END_DATE")
}

/// A spell of support of a return, the first that a condition picks.
fn spell(book: &Book, child: &str, fits: impl Fn(&Back, &Book, usize) -> bool) -> Option<(Back, usize)> {
    let record = record(book, child)?;
    let of_return = |back: &Back| {
        let rows = of_return(book, "support", child, back.day);
        rows.into_iter().find(|row| fits(back, book, *row)).map(|row| (back.clone(), row))
    };
    record.returns.iter().find_map(of_return)
}

fn is_after(book: &Book, row: usize) -> bool {
    book.get("support", row, "PHASE") == "POST"
}

fn ended_after_the_period(book: &mut Book, child: &str) -> Option<Place> {
    let fits = |back: &Back, book: &Book, row| {
        is_after(book, row) && book.has("support", row, "END_DATE") && back.again.is_none()
    };
    let (_, row) = spell(book, child, fits)?;
    book.set_day("support", row, "END_DATE", plus(book.period.end, 10));
    at("support", row, "END_DATE")
}

fn before_and_after(book: &mut Book, child: &str) -> Option<Place> {
    let (back, row) = spell(book, child, |_, book, row| !is_after(book, row))?;
    book.set_day("support", row, "START_DATE", back.day);
    book.set_day("support", row, "END_DATE", back.day);
    book.set("support", row, "HOURS", if book.has("support", row, "HOURS") { "1" } else { "" });
    book.set("support", row, "COST", "");
    at("support", row, "START_DATE")
}

fn open_in_care(book: &mut Book, child: &str) -> Option<Place> {
    let fits = |back: &Back, book: &Book, row| {
        let early = |breakdown| book.get("breakdowns", breakdown, "REASONS").contains("EARLY");
        is_after(book, row) && back.again.is_some_and(|(breakdown, _)| !early(breakdown))
    };
    let (_, row) = spell(book, child, fits)?;
    book.set("support", row, "END_DATE", "");
    book.set("support", row, "ENDED_BECAUSE", "");
    at("support", row, "END_DATE")
}

fn ended_by_no_re_entry(book: &mut Book, child: &str) -> Option<Place> {
    let fits = |back: &Back, book: &Book, row| book.has("support", row, "END_DATE") && back.again.is_none();
    let (_, row) = spell(book, child, fits)?;
    book.set("support", row, "ENDED_BECAUSE", "REENTRY");
    at("support", row, "ENDED_BECAUSE")
}

fn the_same_support_twice(book: &mut Book, child: &str) -> Option<Place> {
    let fits = |_: &Back, book: &Book, row| {
        let days = book.day("support", row, "START_DATE").zip(book.day("support", row, "END_DATE"));
        let money = book.get("support", row, "SUPPORT") == "FIN";
        !money && days.is_some_and(|(start, end)| plus(start, 20) < end) && book.has("support", row, "HOURS")
    };
    let (_, row) = spell(book, child, fits)?;
    let start = book.written(plus(book.day("support", row, "START_DATE")?, 2));
    let copy = book.copy("support", row, &[("START_DATE", &start), ("HOURS", "2"), ("COST", "")]);
    at("support", copy, "START_DATE")
}

fn planned_and_not_prepared(book: &mut Book, child: &str) -> Option<Place> {
    let record = record(book, child)?;
    let back = record.returns.iter().find(|back| back.planned && book.period.contains(back.day))?;
    for row in of_return(book, "support", child, back.day) {
        if !is_after(book, row) {
            book.take_out("support", row);
        }
    }
    book.set("reunifications", back.row, "FGDM_PRE", "0");
    at("reunifications", back.row, "PLANNED")
}

fn home_alone(book: &mut Book, child: &str) -> Option<Place> {
    let record = record(book, child)?;
    let back = record.returns.iter().find(|back| book.period.contains(back.day))?;
    for row in of_return(book, "support", child, back.day) {
        if is_after(book, row) {
            book.take_out("support", row);
        }
    }
    book.set("reunifications", back.row, "FGDM_POST", "0");
    at("reunifications", back.row, "CHILD")
}
