//! Children and their linkage keys: the C rules, and the N rules within one return.

use super::book::{Book, Place, at, on};
use super::record::{Record, add_stay, record};
use super::{Spoiler, Way, when};
use crate::cli::sample::life::plus;
use crate::domain::period::add_months;
use chrono::Datelike;

pub(super) const SPOILERS: &[Spoiler] = &[
    Spoiler::child("C101", born_after_the_period).beside(&[(
        "J203",
        "who was born after the period was in care before birth: every child of a return was in care",
    )]),
    Spoiler::child("C102", too_old),
    Spoiler::cell("C103", "children", "UASC", |_| when(true, "1")),
    Spoiler::new("C104", Way::Many(nobody_disabled)),
    Spoiler::child("C105", no_episode).beside(&[("R302", "a return home ends an episode, and every child has one")]),
    Spoiler::child("C106", no_return),
    Spoiler::child("N904", key_of_another),
    Spoiler::child("N905", start_without_episode),
];

fn born_after_the_period(book: &mut Book, child: &str) -> Option<Place> {
    let Record { episodes, .. } = record(book, child)?;
    let has_age = book.rows_of("outcomes", child).into_iter().any(|row| {
        let measure = book.get("outcomes", row, "MEASURE");
        book.has("outcomes", row, "VALUE")
            && !matches!(measure, "HEALTH" | "DENTAL" | "IMMS" | "MISSING" | "CPP" | "REFERRAL")
            || book.get("outcomes", row, "NOT_OBSERVED") == "AGE"
    });
    if episodes.is_empty() || has_age {
        return None;
    }
    let row = *book.rows_of("children", child).first()?;
    let month = plus(book.period.end, 40).format("%Y-%m").to_string();
    book.set("children", row, "BIRTH_MONTH", &month);
    at("children", row, "BIRTH_MONTH")
}

/// The return home must lie in the 90 days before the horizon: a child of under 18 at any later one is not 25 yet.
fn too_old(book: &mut Book, child: &str) -> Option<Place> {
    let Record { returns, episodes, .. } = record(book, child)?;
    let [back] = returns.as_slice() else { return None };
    let eighteen = add_months(book.period.end, -7 * 12)?;
    let last = episodes.last()?;
    let fits = back.day < book.horizon
        && (back.day.year(), back.day.month()) == (eighteen.year(), eighteen.month())
        && last.ended == Some(back.day);
    if !fits {
        return None;
    }
    let (row, outcomes) = (*book.rows_of("children", child).first()?, book.rows_of("outcomes", child));
    let month = add_months(eighteen, -18 * 12)?.format("%Y-%m").to_string();
    book.set("children", row, "BIRTH_MONTH", &month);
    // What was measured does not apply at the age that the child now has.
    outcomes.into_iter().for_each(|row| book.take_out("outcomes", row));
    book.set("reunifications", back.row, "CHILD_VIEW", "NR");
    at("children", row, "BIRTH_MONTH")
}

fn nobody_disabled(book: &mut Book) -> Option<Place> {
    let rows = book.rows("children");
    if rows.len() < 50 {
        return None;
    }
    rows.into_iter().for_each(|row| book.set("children", row, "DISABILITY", "NONE"));
    on("children", "DISABILITY")
}

fn no_episode(book: &mut Book, child: &str) -> Option<Place> {
    let Record { returns, has_key, .. } = record(book, child)?;
    if has_key || returns.len() != 1 || returns[0].again.is_some() {
        return None;
    }
    let row = *book.rows_of("children", child).first()?;
    book.rows_of("episodes", child).into_iter().for_each(|row| book.take_out("episodes", row));
    at("children", row, "CHILD")
}

/// A child like this one, who has not gone home.
fn no_return(book: &mut Book, child: &str) -> Option<Place> {
    let Record { born, .. } = record(book, child)?;
    let row = *book.rows_of("children", child).first()?;
    if born > plus(book.period.start, -900) {
        return None;
    }
    let other: String = child.chars().rev().collect::<String>().replace(|c: char| c.is_ascii_digit(), "q");
    let copy = book.copy("children", row, &[("CHILD", &other), ("LINKAGE_KEY", "")]);
    add_stay(book, &other, plus(born, 300), Some((plus(born, 500), "E8")));
    at("children", copy, "CHILD")
}

fn key_of_another(book: &mut Book, child: &str) -> Option<Place> {
    let row = *book.rows_of("children", child).first()?;
    let key = book.get("children", row, "LINKAGE_KEY").to_owned();
    let later = |other: &usize| *other > row && !book.is_touched(book.get("children", *other, "CHILD"));
    let later = book.rows("children").into_iter().find(|other| later(other)).filter(|_| !key.is_empty())?;
    book.set("children", later, "LINKAGE_KEY", &key);
    book.set("children", row, "LINKAGE_KEY", &key);
    at("children", later, "LINKAGE_KEY")
}

fn start_without_episode(book: &mut Book, child: &str) -> Option<Place> {
    let Record { episodes, .. } = record(book, child)?;
    let row = *book.rows_of("children", child).first()?;
    let key = book.get("children", row, "LINKAGE_KEY").to_owned();
    let day = plus(book.period.start, 100);
    if key.is_empty() || episodes.iter().any(|episode| episode.began == day) {
        return None;
    }
    let (began, ended) = (book.written(day), book.written(plus(day, 20)));
    let start = book.add("starts", &[("LINKAGE_KEY", &key), ("DECOM", &began), ("DEC", &ended)]);
    book.set("children", row, "LINKAGE_KEY", &key);
    at("starts", start, "LINKAGE_KEY")
}
