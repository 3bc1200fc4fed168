//! Single values, keys and parents: the V rules.

use super::book::{Book, Place, at};
use super::record::{Record, record};
use super::{Spoiler, when};
use crate::cli::sample::life::plus;

pub(super) const SPOILERS: &[Spoiler] = &[
    Spoiler::cell("V01", "children", "ETHNIC", |_| Some(String::new())),
    Spoiler::cell("V01", "support", "DELIVERY", |_| Some(String::new())),
    Spoiler::cell("V02", "episodes", "CIN", |row| when(!row.is("REC", "X1") && row.is("RNE", "S"), "N9")),
    Spoiler::cell("V02", "support", "DELIVERY", |_| when(true, "X")),
    Spoiler::cell("V03", "support", "HOURS", |row| when(row.has("HOURS"), "about 5")),
    Spoiler::cell("V03", "starts", "DEC", |row| when(row.has("DEC"), "31/02/2025")),
    Spoiler::cell("V03", "reunifications", "SIBLINGS_RETURNED", |_| when(true, "two")),
    Spoiler::cell("V04", "breakdowns", "WEEKLY_COST", |_| when(true, "60000")),
    Spoiler::cell("V04", "costs", "AMOUNT", |_| when(true, "-5")),
    Spoiler::cell("V05", "children", "DISABILITY", |row| when(!row.is("DISABILITY", "NONE"), "LD;LD")),
    Spoiler::cell("V06", "children", "DISABILITY", |_| when(true, "NONE;MOB")),
    Spoiler::cell("V06", "breakdowns", "REASONS", |_| when(true, "DK;ISOL")),
    Spoiler::child("V07", same_child_twice),
    Spoiler::child("V07", same_outcome_twice),
    Spoiler::child("V08", support_of_no_return),
];

fn same_child_twice(book: &mut Book, child: &str) -> Option<Place> {
    let row = *book.rows_of("children", child).first()?;
    let copy = book.copy("children", row, &[]);
    at("children", copy, "CHILD")
}

fn same_outcome_twice(book: &mut Book, child: &str) -> Option<Place> {
    let row = *book.rows_of("outcomes", child).first()?;
    let copy = book.copy("outcomes", row, &[]);
    at("outcomes", copy, "CHILD")
}

fn support_of_no_return(book: &mut Book, child: &str) -> Option<Place> {
    let Record { returns, .. } = record(book, child)?;
    let row = *book.rows_of("support", child).first()?;
    // The day before a return is none.
    let home = book.written(plus(returns.first()?.day, -1));
    let copy = book.copy("support", row, &[("RETURN_DATE", &home)]);
    at("support", copy, "CHILD")
}
