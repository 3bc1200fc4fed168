//! Episodes of care: the J rules.

use super::book::{Book, Place, at};
use super::record::{Episode, Record, add_stay, record};
use super::{Spoiler, when};
use crate::cli::sample::life::plus;

pub(super) const SPOILERS: &[Spoiler] = &[
    Spoiler::child("J201", ceased_before_it_commenced),
    Spoiler::child("J202", ceased_for_no_reason),
    Spoiler::child("J203", in_care_before_birth),
    Spoiler::child("J204", ceased_after_the_period),
    Spoiler::child("J205", overlaps),
    Spoiler::child("J206", starts_in_care),
    Spoiler::child("J207", goes_on_from_nothing),
    Spoiler::child("J208", goes_on_to_nothing),
    Spoiler::child("J209", ends_and_goes_on),
    Spoiler::child("J210", nothing_changed),
    Spoiler::child("J211", open_and_followed),
    Spoiler::cell("J212", "episodes", "REASON_PLACE_CHANGE", |row| {
        when(row.has("REC") && !row.is("REC", "X1"), "CARPL")
    }),
    Spoiler::cell("J213", "episodes", "LS", |row| when(row.has("REASON_PLACE_CHANGE"), "V4")),
    Spoiler::child("J214", home_from_adoption),
    Spoiler::child("J215", in_care_when_grown),
    Spoiler::child("J216", stays_when_grown),
    Spoiler::child("J217", ceased_at_once),
];

/// A period of care of one episode that ended, and not at home.
fn stay(record: &Record) -> Option<&Episode> {
    record.episodes.iter().find(|episode| episode.starts_care() && episode.ends_elsewhere() && episode.days() > 3)
}

/// Gives a child such a stay before anything else that is known of it, and says its row and its days.
fn early_stay(book: &mut Book, child: &str) -> Option<(usize, chrono::NaiveDate, chrono::NaiveDate)> {
    let record = record(book, child)?;
    if let Some(stay) = stay(&record).filter(|stay| stay.began < record.returns[0].day) {
        return Some((stay.row, stay.began, stay.ended?));
    }
    // No start before the horizon is in `starts`, so the two tables agree.
    let began = plus(record.born, 40);
    let ended = plus(began, 30);
    let room = record.episodes.first().is_some_and(|first| plus(ended, 30) < first.began);
    if !room || began >= book.horizon {
        return None;
    }
    Some((add_stay(book, child, began, Some((ended, "E8"))), began, ended))
}

fn ceased_before_it_commenced(book: &mut Book, child: &str) -> Option<Place> {
    let (row, began, _) = early_stay(book, child)?;
    book.set_day("episodes", row, "DEC", plus(began, -1));
    at("episodes", row, "DEC")
}

fn ceased_for_no_reason(book: &mut Book, child: &str) -> Option<Place> {
    let (row, ..) = early_stay(book, child)?;
    book.set("episodes", row, "REC", "");
    at("episodes", row, "REC")
}

fn in_care_before_birth(book: &mut Book, child: &str) -> Option<Place> {
    let born = record(book, child)?.born;
    if born >= book.horizon {
        return None;
    }
    let row = add_stay(book, child, plus(born, -40), Some((plus(born, -20), "E8")));
    at("episodes", row, "DECOM")
}

fn ceased_after_the_period(book: &mut Book, child: &str) -> Option<Place> {
    let record = record(book, child)?;
    let open = record.episodes.last().filter(|episode| episode.ended.is_none())?;
    let day = plus(book.period.end, 5);
    if record.grown() < day {
        return None;
    }
    book.set_day("episodes", open.row, "DEC", day);
    book.set("episodes", open.row, "REC", "E8");
    at("episodes", open.row, "DEC")
}

fn overlaps(book: &mut Book, child: &str) -> Option<Place> {
    let (row, _, ended) = early_stay(book, child)?;
    let record = record(book, child)?;
    let next = record.episodes.iter().find(|episode| episode.began >= ended)?;
    if next.ended.is_some_and(|day| day <= plus(next.began, 1)) {
        return None;
    }
    book.set_day("episodes", row, "DEC", plus(next.began, 1));
    at("episodes", next.row, "DECOM")
}

/// An episode in the midst of a period of care before the first return home.
fn midst<'r>(book: &Book, record: &'r Record) -> Option<(&'r Episode, &'r Episode)> {
    let first = record.returns.first()?.day;
    let pairs = record.episodes.windows(2).map(|pair| (&pair[0], &pair[1]));
    let mut pairs = pairs.filter(|(one, next)| one.ended == Some(next.began) && one.reason_ended == "X1");
    pairs.find(|(_, next)| next.began < plus(first, -5) && next.began < book.period.start)
}

fn starts_in_care(book: &mut Book, child: &str) -> Option<Place> {
    let record = record(book, child)?;
    let (_, next) = midst(book, &record)?;
    book.set("episodes", next.row, "RNE", "S");
    at("episodes", next.row, "RNE")
}

fn goes_on_from_nothing(book: &mut Book, child: &str) -> Option<Place> {
    let (row, began, _) = early_stay(book, child)?;
    // A start that `starts` shows must stay one.
    if began >= book.horizon {
        return None;
    }
    book.set("episodes", row, "RNE", "P");
    at("episodes", row, "RNE")
}

fn goes_on_to_nothing(book: &mut Book, child: &str) -> Option<Place> {
    let (row, ..) = early_stay(book, child)?;
    book.set("episodes", row, "REC", "X1");
    at("episodes", row, "REC")
}

fn ends_and_goes_on(book: &mut Book, child: &str) -> Option<Place> {
    let record = record(book, child)?;
    let (one, _) = midst(book, &record)?;
    book.set("episodes", one.row, "REC", "E8");
    book.set("episodes", one.row, "REASON_PLACE_CHANGE", "");
    at("episodes", one.row, "REC")
}

fn nothing_changed(book: &mut Book, child: &str) -> Option<Place> {
    let record = record(book, child)?;
    let (one, next) = midst(book, &record)?;
    // What follows must differ from it, and the order that a return home discharges must stay.
    if next.reason_ended == "X1" && !book.has("episodes", next.row, "REASON_PLACE_CHANGE") {
        return None;
    }
    if next.ends_at_home() && next.legal != one.legal || one.place == "P1" {
        return None;
    }
    book.set("episodes", one.row, "REASON_PLACE_CHANGE", "");
    for field in ["LS", "PLACE", "CIN", "PLACE_PROVIDER"] {
        let same = book.get("episodes", one.row, field).to_owned();
        book.set("episodes", next.row, field, &same);
    }
    at("episodes", one.row, "LS")
}

fn open_and_followed(book: &mut Book, child: &str) -> Option<Place> {
    if record(book, child)?.grown() < book.period.end {
        return None;
    }
    let (row, ..) = early_stay(book, child)?;
    book.set("episodes", row, "DEC", "");
    book.set("episodes", row, "REC", "");
    at("episodes", row, "DEC")
}

fn home_from_adoption(book: &mut Book, child: &str) -> Option<Place> {
    let record = record(book, child)?;
    let back = record.returns.first()?;
    let last = record.last_before(back)?;
    if book.get("reunifications", back.row, "FOSTER_CARER") == "1" {
        return None;
    }
    book.set("episodes", last.row, "PLACE", "A5");
    at("episodes", last.row, "PLACE")
}

/// A stay after a return that broke down, which ended when or before the child grew up.
fn last_stay<'r>(book: &Book, record: &'r Record) -> Option<&'r Episode> {
    let broken = record.returns.last().is_some_and(|back| back.again.is_some());
    let last = record.episodes.last().filter(|last| last.ends_elsewhere() && broken)?;
    (plus(record.grown(), 200) < book.period.end).then_some(last)
}

fn in_care_when_grown(book: &mut Book, child: &str) -> Option<Place> {
    let record = record(book, child)?;
    last_stay(book, &record).filter(|last| last.ended.is_some_and(|ended| ended <= record.grown()))?;
    let began = plus(record.grown(), 3);
    let row = add_stay(book, child, began, Some((plus(began, 20), "E8")));
    at("episodes", row, "DECOM")
}

fn stays_when_grown(book: &mut Book, child: &str) -> Option<Place> {
    let record = record(book, child)?;
    let last = last_stay(book, &record)?;
    book.set_day("episodes", last.row, "DEC", plus(record.grown(), 100));
    at("episodes", last.row, "DEC")
}

fn ceased_at_once(book: &mut Book, child: &str) -> Option<Place> {
    let (row, began, _) = early_stay(book, child)?;
    book.set_day("episodes", row, "DEC", began);
    at("episodes", row, "DEC")
}
