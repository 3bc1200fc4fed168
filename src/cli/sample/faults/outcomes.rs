//! Outcomes at the follow-up points: the O rules.

use super::book::{Book, Place, at};
use super::record::{Back, Record, of_return, record};
use super::{Row, Spoiler, when};
use crate::cli::sample::life::plus;
use crate::domain::period::add_months;
use chrono::NaiveDate;

pub(super) const SPOILERS: &[Spoiler] = &[
    Spoiler::cell("O601", "outcomes", "NOT_OBSERVED", |row| when(row.has("NOT_OBSERVED"), "")).found_on("VALUE"),
    Spoiler::cell("O602", "outcomes", "VALUE", |row| when(is_flag(row) && row.has("VALUE"), "2")),
    Spoiler::cell("O603", "outcomes", "VALUE", |row| when(is_flag(row) && row.has("VALUE"), "0.5")),
    Spoiler::cell("O604", "outcomes", "OBSERVED", |row| when(row.has("OBSERVED"), "")),
    Spoiler::cell("O605", "outcomes", "OBSERVED", |row| {
        row.day("OBSERVED").filter(|_| !row.is("MONTHS", "0")).and_then(|day| row.written(plus(day, -120)))
    }),
    Spoiler::cell("O606", "outcomes", "NOT_OBSERVED", |row| {
        let closed = plus(point(row)?, 90) <= row.book.period.end;
        when(closed && row.is_one_of("NOT_OBSERVED", &["REFUSED", "MOVED", "NOTCOLL"]), "NOTDUE")
    }),
    Spoiler::cell("O607", "outcomes", "NOT_OBSERVED", |row| {
        when(is_flag(row) && row.is_one_of("NOT_OBSERVED", &["REFUSED", "MOVED", "NOTCOLL"]), "AGE")
    }),
    Spoiler::child("O608", follow_up_missing),
    Spoiler::child("O609", re_entered_nowhere),
    Spoiler::child("O610", observed_in_care),
    Spoiler::child("O611", score_leaps),
    Spoiler::child("O612", two_results),
];

/// A measure of 0 or 1 that applies at every age.
fn is_flag(row: &Row<'_>) -> bool {
    row.is_one_of("MEASURE", &["HEALTH", "DENTAL", "IMMS", "CPP"])
}

/// The follow-up point of a row.
fn point(row: &Row<'_>) -> Option<NaiveDate> {
    add_months(row.day("RETURN_DATE")?, row.get("MONTHS").parse().ok()?)
}

fn row_point(book: &Book, row: usize) -> Option<NaiveDate> {
    point(&Row { book, table: "outcomes", row })
}

/// The first return and row of outcomes that a condition picks.
fn pick(book: &Book, child: &str, fits: impl Fn(&Back, usize) -> bool) -> Option<(Back, usize)> {
    let record = record(book, child)?;
    let row = |back: &Back| {
        let rows = of_return(book, "outcomes", child, back.day);
        rows.into_iter().find(|row| fits(back, *row)).map(|row| (back.clone(), row))
    };
    record.returns.iter().find_map(row)
}

/// Every row of a follow-up whose window closed in the period is taken out.
fn follow_up_missing(book: &mut Book, child: &str) -> Option<Place> {
    let record = record(book, child)?;
    let missing = |back: &&Back, months: i32| {
        let closes = add_months(back.day, months).map(|point| plus(point, 90));
        closes.is_some_and(|closes| book.period.contains(closes) && record.most_age(closes) < 18)
            && back.again.is_none()
    };
    let pairs = record.returns.iter().flat_map(|back| [3, 6, 12].map(|months| (back, months)));
    let (back, months) = pairs.into_iter().find(|(back, months)| missing(back, *months))?;
    for row in of_return(book, "outcomes", child, back.day) {
        if book.get("outcomes", row, "MONTHS") == months.to_string() {
            book.take_out("outcomes", row);
        }
    }
    at("reunifications", back.row, "CHILD")
}

fn re_entered_nowhere(book: &mut Book, child: &str) -> Option<Place> {
    let unobserved = ["REFUSED", "MOVED", "NOTCOLL"];
    let fits =
        |back: &Back, row| back.again.is_none() && unobserved.contains(&book.get("outcomes", row, "NOT_OBSERVED"));
    let (_, row) = pick(book, child, fits)?;
    book.set("outcomes", row, "NOT_OBSERVED", "REENTERED");
    at("outcomes", row, "NOT_OBSERVED")
}

fn observed_in_care(book: &mut Book, child: &str) -> Option<Place> {
    let fits = |_: &Back, row| {
        book.get("outcomes", row, "NOT_OBSERVED") == "REENTERED" && book.get("outcomes", row, "MEASURE") == "HEALTH"
    };
    let (_, row) = pick(book, child, fits)?;
    let day = row_point(book, row)?;
    book.set_day("outcomes", row, "OBSERVED", day);
    book.set("outcomes", row, "VALUE", "1");
    book.set("outcomes", row, "NOT_OBSERVED", "");
    at("outcomes", row, "OBSERVED")
}

fn score_leaps(book: &mut Book, child: &str) -> Option<Place> {
    let record = record(book, child)?;
    let scores = |back: &Back| {
        let mut rows: Vec<(i32, usize, f64)> = of_return(book, "outcomes", child, back.day)
            .into_iter()
            .filter(|row| book.get("outcomes", *row, "MEASURE") == "SDQ")
            .filter_map(|row| {
                Some((book.get("outcomes", row, "MONTHS").parse().ok()?, row, book.number("outcomes", row, "VALUE")?))
            })
            .collect();
        rows.sort_by_key(|(months, ..)| *months);
        let [.., (_, _, before), (_, last, _)] = rows.as_slice() else { return None };
        Some((*last, if *before < 19.0 { "40" } else { "0" })).filter(|_| !(19.0..=21.0).contains(before))
    };
    let (row, score) = record.returns.iter().find_map(scores)?;
    book.set("outcomes", row, "VALUE", score);
    at("outcomes", row, "VALUE")
}

/// A result of key stage 2 or 4 is given twice, beside two observations of health, and differs.
fn two_results(book: &mut Book, child: &str) -> Option<Place> {
    let record = record(book, child)?;
    let is_there = |measure: &str| !book.find("outcomes", &[("CHILD", child), ("MEASURE", measure)]).is_empty();
    let fits = |measure: (&'static str, i32, i32)| {
        record.returns.iter().find_map(|back| observed_at(book, child, &record, back, measure))
    };
    let (measure, rows) = [("KS2", 10, 12), ("ATT8", 15, 17)]
        .into_iter()
        .filter(|(measure, ..)| !is_there(measure))
        .find_map(|measure| Some((measure.0, fits(measure)?)))?;
    let mut last = 0;
    for (row, value) in rows.into_iter().zip(["0", "1"]) {
        last = book.copy("outcomes", row, &[("MEASURE", measure), ("VALUE", value)]);
    }
    at("outcomes", last, "VALUE")
}

/// The rows of two observations of health at ages at which another measure applies.
fn observed_at(
    book: &Book,
    child: &str,
    record: &Record,
    back: &Back,
    (_, from, to): (&str, i32, i32),
) -> Option<[usize; 2]> {
    let applies = |row: &usize| {
        let observed = book.get("outcomes", *row, "MEASURE") == "HEALTH" && book.has("outcomes", *row, "VALUE");
        let point = row_point(book, *row);
        observed && point.is_some_and(|point| record.least_age(point) >= from && record.most_age(point) <= to)
    };
    let mut rows: Vec<usize> = of_return(book, "outcomes", child, back.day).into_iter().filter(applies).collect();
    rows.sort_by_key(|row| row_point(book, *row));
    rows.first_chunk().copied()
}
