//! Returns home that ended in care again: the B rules.

use super::book::{Book, Place, at};
use super::record::{Back, Record, add_breakdown, add_return, add_stay, drop_outcomes, of_return, record};
use super::{Spoiler, when};
use crate::cli::sample::life::plus;
use chrono::NaiveDate;

pub(super) const SPOILERS: &[Spoiler] = &[
    Spoiler::child("B501", re_entered_on_no_start),
    Spoiler::child("B502", re_entered_before_the_return),
    Spoiler::child("B503", re_entered_earlier),
    Spoiler::child("B504", re_entered_without_a_row),
    Spoiler::cell("B505", "breakdowns", "WEEKLY_COST", |_| when(true, "55")),
    Spoiler::child("B506", early_and_open),
    Spoiler::child("B507", home_three_times),
];

fn broken(record: &Record) -> Option<(&Back, usize, NaiveDate)> {
    record.returns.iter().find_map(|back| back.again.map(|(row, again)| (back, row, again)))
}

/// No support and no outcome of the return speaks of the re-entry any more.
fn silence(book: &mut Book, child: &str, home: NaiveDate) {
    for row in of_return(book, "support", child, home) {
        if book.get("support", row, "ENDED_BECAUSE") == "REENTRY" {
            book.set("support", row, "ENDED_BECAUSE", "OTHER");
        }
    }
    drop_outcomes(book, child, home, |_, _| true);
}

fn re_entered_on_no_start(book: &mut Book, child: &str) -> Option<Place> {
    let record = record(book, child)?;
    let (back, row, again) = broken(&record)?;
    let day = plus(again, -1);
    if day <= back.day {
        return None;
    }
    let observed = |row: &usize| book.day("outcomes", *row, "OBSERVED").is_some_and(|observed| observed > day);
    let late: Vec<usize> = of_return(book, "outcomes", child, back.day).into_iter().filter(observed).collect();
    if !late.is_empty() {
        return None;
    }
    book.set("breakdowns", row, "REASONS", "ISOL");
    book.set_day("breakdowns", row, "REENTRY_DATE", day);
    at("breakdowns", row, "REENTRY_DATE")
}

fn re_entered_before_the_return(book: &mut Book, child: &str) -> Option<Place> {
    let record = record(book, child)?;
    let (back, row, _) = broken(&record)?;
    let mut earlier = record.episodes.iter().filter(|episode| episode.starts_care() && episode.began < back.day);
    let start = earlier.next_back()?.began;
    let (home, long_ago) = (back.day, Record::long_ago(book, back));
    if !long_ago {
        return None;
    }
    silence(book, child, home);
    book.set("breakdowns", row, "REASONS", "ISOL");
    book.set_day("breakdowns", row, "REENTRY_DATE", start);
    at("breakdowns", row, "REENTRY_DATE")
}

/// The child re-entered twice after one return, and the row names the second time.
fn re_entered_earlier(book: &mut Book, child: &str) -> Option<Place> {
    let record = record(book, child)?;
    let back = record.returns.last().filter(|back| Record::long_ago(book, back))?;
    let (row, _) = back.again?;
    let last = record.episodes.last().filter(|last| last.ends_elsewhere())?;
    let second = plus(last.ended?, 30);
    if plus(second, 30) > book.period.end || plus(second, 30) > record.grown() {
        return None;
    }
    let home = back.day;
    silence(book, child, home);
    add_stay(book, child, second, Some((plus(second, 20), "E8")));
    book.set("breakdowns", row, "REASONS", "ISOL");
    book.set_day("breakdowns", row, "REENTRY_DATE", second);
    at("breakdowns", row, "REENTRY_DATE")
}

fn re_entered_without_a_row(book: &mut Book, child: &str) -> Option<Place> {
    let record = record(book, child)?;
    let back = record.returns.last().filter(|back| back.again.is_none())?;
    let again = plus(back.day, 30);
    if plus(again, 30) > book.period.end.min(record.grown()) {
        return None;
    }
    let row = add_stay(book, child, again, Some((plus(again, 20), "E8")));
    at("episodes", row, "DECOM")
}

fn early_and_open(book: &mut Book, child: &str) -> Option<Place> {
    let record = record(book, child)?;
    let (back, row, again) = broken(&record)?;
    let open = |spell: &usize| {
        let ended = book.day("support", *spell, "END_DATE");
        book.get("support", *spell, "PHASE") == "POST" && ended.is_some_and(|ended| ended >= again)
    };
    of_return(book, "support", child, back.day).iter().find(|spell| open(spell))?;
    book.set("breakdowns", row, "REASONS", "EARLY");
    at("breakdowns", row, "REASONS")
}

/// Two more journeys into care and home again after a return long ago.
fn home_three_times(book: &mut Book, child: &str) -> Option<Place> {
    let record = record(book, child)?;
    let [back] = record.returns.as_slice() else { return None };
    let mut home = back.day;
    let enough = plus(home, 200) < plus(book.period.start, -480) && plus(home, 200) < record.grown();
    if back.again.is_some() || record.starts_after(home) || !enough || home < book.horizon {
        return None;
    }
    let closed = |spell: usize| book.has("support", spell, "END_DATE") || book.get("support", spell, "PHASE") == "PRE";
    if !of_return(book, "support", child, home).into_iter().all(closed) {
        return None;
    }
    drop_outcomes(book, child, home, |_, _| true);
    let mut last = 0;
    for _ in 0..2 {
        let again = plus(home, 40);
        add_breakdown(book, child, home, again);
        home = plus(again, 50);
        add_stay(book, child, again, Some((home, "E4B")));
        last = add_return(book, child, home);
    }
    at("reunifications", last, "CHILD")
}
