//! A period of care: the chain of episodes from its start to its end.

use super::chance::Chance;
use super::codes::Codes;
use super::life::{age, plus};
use chrono::NaiveDate;

/// An episode as it will have been when it ends; the cut decides what of it a return can show.
#[derive(Debug, Clone)]
pub(super) struct Episode<'s> {
    pub commenced: NaiveDate,
    pub reason_new: &'static str,
    pub legal: &'static str,
    pub place: &'s str,
    pub provider: &'s str,
    pub ceased: NaiveDate,
    pub reason_ceased: &'static str,
    pub place_change: &'s str,
}

/// A period of care. Its episodes are linked: each begins on the day the one before ceased.
#[derive(Debug, Clone)]
pub(super) struct Care<'s> {
    pub episodes: Vec<Episode<'s>>,
}

impl<'s> Care<'s> {
    pub(super) fn commenced(&self) -> NaiveDate {
        self.episodes.first().map_or(NaiveDate::MIN, |episode| episode.commenced)
    }

    pub(super) fn ceased(&self) -> NaiveDate {
        self.last().map_or(NaiveDate::MIN, |episode| episode.ceased)
    }

    pub(super) fn last(&self) -> Option<&Episode<'s>> {
        self.episodes.last()
    }

    /// The last placement that is not a temporary one.
    pub(super) fn last_place(&self) -> &'s str {
        self.episodes.iter().rev().map(|episode| episode.place).find(|place| !place.starts_with('T')).unwrap_or("")
    }

    /// Changes of carer and the first placement.
    pub(super) fn placements(&self) -> usize {
        self.episodes.iter().filter(|episode| matches!(episode.reason_new, "S" | "P" | "B")).count()
    }
}

/// Makes the period of care of a child born on a day, from a start to an end that comes with a reason.
pub(super) fn period<'s>(
    chance: &mut Chance,
    codes: &Codes<'s>,
    born: NaiveDate,
    commenced: NaiveDate,
    ceased: NaiveDate,
    reason_ceased: &'static str,
) -> Care<'s> {
    let length = (ceased - commenced).num_days();
    let mut days = change_days(chance, length);
    // A child is sometimes in hospital or respite for the last days before going home.
    let away_at_the_end = length > 30 && chance.yes(0.03);
    if away_at_the_end {
        let last = length - chance.between(1, 5);
        days.retain(|day| *day < last);
        days.push(last);
    }
    let mut episodes: Vec<Episode<'s>> = Vec::with_capacity(days.len() + 1);
    let mut legal = first_legal_status(chance, length);
    let (mut place, mut provider) = placement(chance, codes, born, commenced, legal);
    let mut reason_new = "S";
    let mut begins = commenced;
    for (index, day) in days.iter().enumerate() {
        let day = plus(commenced, *day);
        let last_move = away_at_the_end && index + 1 == days.len();
        let change = next(chance, codes, born, day, (legal, place, provider), last_move);
        episodes.push(Episode {
            commenced: begins,
            reason_new,
            legal,
            place,
            provider,
            ceased: day,
            reason_ceased: "X1",
            place_change: change.place_change,
        });
        (reason_new, legal, place, provider) = (change.reason_new, change.legal, change.place, change.provider);
        begins = day;
    }
    episodes.push(Episode {
        commenced: begins,
        reason_new,
        legal,
        place,
        provider,
        ceased,
        reason_ceased,
        place_change: "",
    });
    Care { episodes }
}

/// The days of the period on which something changes, in order, none on its first or last.
fn change_days(chance: &mut Chance, length: i64) -> Vec<i64> {
    let expected = match length {
        ..14 => 0.2,
        14..60 => 0.9,
        60..180 => 1.5,
        180..365 => 2.1,
        365..730 => 2.9,
        _ => 4.2,
    };
    let wanted = (expected * 2.0 * chance.unit() + 0.4).floor() as usize;
    let mut days: Vec<i64> = (0..wanted).map(|_| chance.between(1, length - 1)).collect();
    days.retain(|day| *day < length);
    days.sort_unstable();
    days.dedup();
    days
}

struct Change<'s> {
    reason_new: &'static str,
    legal: &'static str,
    place: &'s str,
    provider: &'s str,
    place_change: &'s str,
}

fn next<'s>(
    chance: &mut Chance,
    codes: &Codes<'s>,
    born: NaiveDate,
    day: NaiveDate,
    (legal, place, provider): (&'static str, &'s str, &'s str),
    away: bool,
) -> Change<'s> {
    if away {
        let place = chance.pick(&[("T1", 0.5), ("T4", 0.5)]);
        return Change { reason_new: "T", legal, place, provider: "", place_change: "OTHER" };
    }
    let other = next_legal_status(chance, legal);
    let placed_at_home = place == "P1";
    // A kind of placement that has ended in the meantime can't be that of a new episode.
    let must_move = !codes.placement_valid(place, day);
    if other != legal && chance.yes(if matches!(legal, "L1" | "L2") { 1.0 } else { 0.35 }) {
        // A child can't stay placed with parents when the order that allowed it goes.
        if must_move || placed_at_home || chance.yes(0.2) {
            let (place, provider) = placement(chance, codes, born, day, other);
            let place_change = chance.pick(&codes.place_change);
            return Change { reason_new: "B", legal: other, place, provider, place_change };
        }
        return Change { reason_new: "L", legal: other, place, provider, place_change: "" };
    }
    if !must_move && !placed_at_home && chance.yes(0.06) {
        return Change { reason_new: "T", legal, place, provider, place_change: "PLACE" };
    }
    let (place, provider) = placement(chance, codes, born, day, legal);
    Change { reason_new: "P", legal, place, provider, place_change: chance.pick(&codes.place_change) }
}

fn first_legal_status(chance: &mut Chance, length: i64) -> &'static str {
    if length > 20 && chance.yes(0.07) {
        return chance.pick(&[("L1", 0.4), ("L2", 0.6)]);
    }
    chance.pick(&[("V2", 0.62), ("C1", 0.33), ("C2", 0.05)])
}

fn next_legal_status(chance: &mut Chance, legal: &'static str) -> &'static str {
    match legal {
        "L1" | "L2" => chance.pick(&[("V2", 0.5), ("C1", 0.5)]),
        "V2" => "C1",
        "C1" => chance.pick(&[("C2", 0.92), ("E1", 0.08)]),
        "E1" => "C2",
        _ => legal,
    }
}

fn placement<'s>(
    chance: &mut Chance,
    codes: &Codes<'s>,
    born: NaiveDate,
    day: NaiveDate,
    legal: &str,
) -> (&'s str, &'s str) {
    if matches!(legal, "C1" | "C2") && chance.yes(0.12) {
        return ("P1", "PR0");
    }
    let place = chance.pick(&codes.placements_on(day, age(born, day)));
    (place, chance.pick(&codes.provider))
}
