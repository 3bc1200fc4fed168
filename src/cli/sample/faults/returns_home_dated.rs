//! Returns home among the episodes of care and in time: the R rules that follow a child's journey.

use super::Spoiler;
use super::book::{Book, Place, at};
use super::record::{Record, add_breakdown, add_return, add_stay, drop_outcomes, record};
use crate::cli::sample::life::plus;
use crate::domain::period::add_months;
use chrono::Datelike;

pub(super) const SPOILERS: &[Spoiler] = &[
    Spoiler::child("R301", home_before_the_window),
    Spoiler::child("R302", another_type),
    Spoiler::child("R306", home_without_a_row),
    Spoiler::child("R317", home_when_grown),
    Spoiler::child("R318", home_twice).beside(&[(
        "R302",
        "the second of two returns with no start of care between them ends no episode, or one that overlaps (J205)",
    )]),
    Spoiler::child("R322", home_in_no_time),
];

/// A whole earlier journey, told in full: in care, home, and in care again.
fn home_before_the_window(book: &mut Book, child: &str) -> Option<Place> {
    let record = record(book, child)?;
    let first = record.episodes.first()?;
    let (began, home) = (plus(record.born, 40), plus(record.born, 70));
    // With two returns it would have three, which is for another rule.
    let one_return = record.returns.len() == 1;
    if !one_return || home >= book.window || plus(home, 10) >= first.began || !first.starts_care() {
        return None;
    }
    let again = first.began;
    add_stay(book, child, began, Some((home, "E4B")));
    let row = add_return(book, child, home);
    add_breakdown(book, child, home, again);
    at("reunifications", row, "RETURN_DATE")
}

fn another_type(book: &mut Book, child: &str) -> Option<Place> {
    let record = record(book, child)?;
    let is_e4a = |row| book.get("reunifications", row, "RETURN_TYPE") == "E4A";
    let back = record.returns.iter().find(|back| back.day < book.period.start && is_e4a(back.row))?;
    book.set("reunifications", back.row, "RETURN_TYPE", "E13");
    book.set("reunifications", back.row, "HOME_WITH", "R");
    at("reunifications", back.row, "RETURN_DATE")
}

fn home_without_a_row(book: &mut Book, child: &str) -> Option<Place> {
    let record = record(book, child)?;
    let shown = |day| book.horizon <= day && day <= book.period.end;
    let mut stays = record.episodes.iter().filter(|episode| episode.ends_elsewhere());
    let stay = stays.rfind(|episode| episode.ended.is_some_and(shown))?;
    if stay.place.starts_with('A') {
        return None;
    }
    book.set("episodes", stay.row, "REC", "E4B");
    at("episodes", stay.row, "DEC")
}

/// The child turned 18 in the month before the return, and what was measured at no age that fits is left out.
fn home_when_grown(book: &mut Book, child: &str) -> Option<Place> {
    let record = record(book, child)?;
    let [back] = record.returns.as_slice() else { return None };
    let last = record.last_before(back)?;
    let month = add_months(back.day.with_day(1)?, -1)?;
    let ends_before_the_return = plus(back.day.with_day(1)?, -1);
    let fits = last.began <= ends_before_the_return
        && record.episodes.last().is_some_and(|latest| latest.row == last.row)
        && add_months(month, 7 * 12 - 6)? > book.period.end;
    if !fits {
        return None;
    }
    let row = *book.rows_of("children", child).first()?;
    let born = add_months(month, -18 * 12)?.format("%Y-%m").to_string();
    book.set("children", row, "BIRTH_MONTH", &born);
    book.set("reunifications", back.row, "CHILD_VIEW", "NR");
    drop_outcomes(book, child, back.day, |_, _| true);
    at("reunifications", back.row, "RETURN_DATE")
}

fn home_twice(book: &mut Book, child: &str) -> Option<Place> {
    let record = record(book, child)?;
    let back = record.returns.last()?;
    let second = plus(back.day, 20);
    if second >= book.period.start || record.starts_after(back.day) || second > record.grown() {
        return None;
    }
    // Of a follow-up that must be there, none closed in the period.
    if !Record::long_ago(book, back) {
        return None;
    }
    let row = add_return(book, child, second);
    at("reunifications", row, "RETURN_DATE")
}

/// A period of one episode is made a day long, in a kind of placement that every year has.
fn home_in_no_time(book: &mut Book, child: &str) -> Option<Place> {
    let record = record(book, child)?;
    let back = record.returns.first()?;
    let last = record.last_before(back)?;
    let lasting = last.place.starts_with('U') || matches!(last.place.as_str(), "K1" | "K2" | "R1" | "R2" | "S1");
    // Where `starts` shows the start, it must stay.
    if !last.starts_care() || !lasting || record.has_key && last.began >= book.horizon {
        return None;
    }
    book.set_day("episodes", last.row, "DECOM", plus(back.day, -1));
    at("reunifications", back.row, "RETURN_DATE")
}
