//! The life of one child who goes home from care, as far as an authority's system would know it in the end.
//! A return shows what of it had happened by the end of its period.

use super::care::{Care, period};
use super::chance::{Chance, Stream, Subject, spread, value_at};
use super::codes::Codes;
use super::plan::{Plan, YearCounts, year_ending};
use crate::domain::period::add_months;
use chrono::{Datelike, Days, NaiveDate};

/// A child's characteristics, all that never change.
#[derive(Debug, Clone)]
pub(super) struct Child<'s> {
    pub stream: Stream,
    pub born: NaiveDate,
    pub sex: &'s str,
    pub ethnic: &'s str,
    /// Codes joined with semicolons.
    pub disability: String,
    pub sen: &'s str,
    pub siblings_in_care: Option<i64>,
    pub hardship: bool,
    pub parent_disabled: bool,
    pub need: &'s str,
    pub has_linkage_key: bool,
    pub reached_key_stage_2: bool,
    pub attainment_8: f64,
}

/// A return home, and what came of it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Return {
    pub day: NaiveDate,
    pub kind: &'static str,
    pub planned: bool,
    /// The period of care that it ended, counted from 0.
    pub after: usize,
    /// The day on which the child re-entered this authority's care.
    pub reentered: Option<NaiveDate>,
    /// The days of a stay in another authority's care that followed; this authority does not learn of it.
    pub elsewhere: Option<(NaiveDate, NaiveDate)>,
    /// Which return of the child it is, counted from 0.
    pub number: u32,
}

#[derive(Debug, Clone)]
pub(super) struct Life<'s> {
    pub child: Child<'s>,
    pub care: Vec<Care<'s>>,
    pub returns: Vec<Return>,
}

impl Life<'_> {
    /// How many periods of care, the first ones, ended at home so long before that no return shows them. Children who go
    /// home years ahead are counted already, so that these would be counted as returns home of which there is no row.
    pub(super) fn untold(&self) -> usize {
        let first = self.returns.first().map_or(0, |back| back.after);
        let at_home = |care: &&Care<'_>| care.last().is_some_and(|last| matches!(last.reason_ceased, "E4A" | "E4B"));
        self.care.iter().take(first).filter(at_home).count()
    }
}

/// Re-entry within so many days of a return, of children at the mean risk.
/// It lies above the published shares because children who turn 18 can no longer re-enter and yet are counted.
const REENTRY: &[(f64, f64)] = &[
    (0.0, 0.0),
    (0.113, 91.0),
    (0.152, 182.0),
    (0.192, 365.0),
    (0.258, 730.0),
    (0.302, 1_095.0),
    (0.338, 1_460.0),
    (0.37, 1_826.0),
    (0.4, 2_191.0),
];
/// The mean of the product of risks over all returns, by which each is divided.
const MEAN_RISK: f64 = 1.0;
/// Of those who re-enter, the share who do in another authority.
const ELSEWHERE: f64 = 0.045;

const LENGTHS: &[(f64, f64)] = &[
    (0.0, 4.0),
    (0.1, 20.0),
    (0.25, 62.0),
    (0.5, 205.0),
    (0.7, 420.0),
    (0.85, 800.0),
    (0.95, 1_500.0),
    (1.0, 2_400.0),
];

/// Makes the life of the number-th child of an authority who first goes home in a year.
pub(super) fn life<'s>(
    seed: u64,
    codes: &Codes<'s>,
    plan: &Plan<'s>,
    year: i32,
    counts: &YearCounts,
    number: u32,
) -> Life<'s> {
    let stream = Stream { subject: Subject::Child, authority: plan.number, year, number };
    let mut chance = Chance::new(seed, stream);
    let may_move = chance.yes(ELSEWHERE);
    let [reentry_draw, planned_draw, _] = spread(number, counts.offsets);
    let home = plus(year_ending(year).start, chance.between(0, 364));
    let born = birth(&mut chance, home);
    let child = Child {
        stream,
        born,
        sex: codes.sex.pick(&mut chance, year),
        ethnic: chance.pick(&codes.ethnic),
        disability: disability(&mut chance, codes),
        sen: sen(&mut chance, codes, born, home),
        siblings_in_care: (!chance.yes(0.04)).then(|| chance.pick(&SIBLINGS)),
        hardship: chance.yes(0.45),
        parent_disabled: chance.yes(0.13),
        need: chance.pick(&codes.need),
        // Another authority can only be seen through the key.
        has_linkage_key: chance.yes(0.9) || may_move,
        reached_key_stage_2: chance.yes(0.4),
        attainment_8: chance.between(50, 650) as f64 / 10.0,
    };
    let mut making = Making { chance, codes, child, care: Vec::new(), returns: Vec::new() };
    making.earlier_periods(home);
    let length = making.chance.along(LENGTHS) as i64;
    let earliest = making.care.last().map_or(making.child.born, |care| plus(care.ceased(), 30));
    let commenced = plus(home, -length).max(earliest).min(plus(home, -4));
    making.go_home(commenced, home, planned_draw, reentry_draw, may_move);
    if let Some(again) = making.returns.last().and_then(|first| first.reentered) {
        making.second_stay(again);
    }
    Life { child: making.child, care: making.care, returns: making.returns }
}

/// Whether the child, if it re-enters care, does so elsewhere: told from the first draw of its stream alone.
pub(super) fn may_move(seed: u64, plan: &Plan<'_>, year: i32, number: u32) -> bool {
    Chance::new(seed, Stream { subject: Subject::Child, authority: plan.number, year, number }).yes(ELSEWHERE)
}

struct Making<'a, 's> {
    chance: Chance,
    codes: &'a Codes<'s>,
    child: Child<'s>,
    care: Vec<Care<'s>>,
    returns: Vec<Return>,
}

impl Making<'_, '_> {
    /// Earlier periods of care. One that ended at home lies so far back that no return of any year shows both.
    fn earlier_periods(&mut self, home: NaiveDate) {
        let (gap, reason) = if self.chance.yes(0.05) {
            (self.chance.between(10 * 366 + 150, 13 * 366), self.chance.pick(&[("E4A", 0.6), ("E4B", 0.4)]))
        } else if self.chance.yes(0.13) {
            (self.chance.between(150, 1_800), self.chance.pick(&[("E8", 0.7), ("E41", 0.3)]))
        } else {
            return;
        };
        let ceased = plus(home, -gap);
        let commenced = plus(ceased, -self.chance.between(5, 330));
        if commenced > plus(self.child.born, 20) {
            self.stay(commenced, ceased, reason);
        }
    }

    fn stay(&mut self, commenced: NaiveDate, ceased: NaiveDate, reason: &'static str) {
        let care = period(&mut self.chance, self.codes, self.child.born, commenced, ceased, reason);
        self.care.push(care);
    }

    /// A period of care that ends at home, and whether and when the child re-enters care.
    fn go_home(&mut self, commenced: NaiveDate, home: NaiveDate, planned_draw: f64, reentry_draw: f64, may_move: bool) {
        let (kind, planned) = match planned_draw {
            ..0.58 => ("E4A", true),
            0.58..0.92 => ("E4B", false),
            0.92..0.97 => ("E13", true),
            _ => ("E13", false),
        };
        self.stay(commenced, home, kind);
        let after = self.care.len() - 1;
        let chance = reentry_draw * MEAN_RISK / self.risk(home, planned);
        let last = REENTRY[REENTRY.len() - 1].0;
        let days = if chance < last { value_at(REENTRY, chance) } else { f64::INFINITY };
        let again = (days < 2_191.0).then(|| plus(home, (days as i64).max(1)));
        let again = again.filter(|day| *day < plus(self.eighteen(), -21));
        let elsewhere = again.filter(|_| may_move).map(|day| {
            let length = self.chance.between(20, 1_100);
            (day, plus(day, length).min(self.eighteen()))
        });
        let reentered = again.filter(|_| !may_move);
        let number = u32::try_from(self.returns.len()).unwrap_or(0);
        self.returns.push(Return { day: home, kind, planned, after, reentered, elsewhere, number });
    }

    /// The period of care after a return that broke down. Some go home again; nobody does a third time, which the
    /// rules would ask about.
    fn second_stay(&mut self, again: NaiveDate) {
        let until_18 = (self.eighteen() - again).num_days();
        let length = (self.chance.along(LENGTHS) * 1.3) as i64 + 6;
        if length < until_18 - 1 && self.chance.yes(0.5) {
            let (planned, reentry) = (self.chance.unit(), self.chance.unit());
            self.go_home(again, plus(again, length), planned, reentry, false);
            if let Some(third) = self.returns.last().and_then(|second| second.reentered) {
                self.last_stay(third);
            }
        } else {
            self.last_stay(again);
        }
    }

    fn last_stay(&mut self, commenced: NaiveDate) {
        let length = self.chance.between(40, 2_600);
        let (ceased, reason) = leaves(&mut self.chance, self.child.born, commenced, length);
        self.stay(commenced, ceased, reason);
    }

    fn eighteen(&self) -> NaiveDate {
        eighteenth_birthday(self.child.born)
    }

    /// How much likelier than the mean the child is to re-enter: higher for the groups that the literature names.
    fn risk(&self, home: NaiveDate, planned: bool) -> f64 {
        let Some(care) = self.care.last() else { return 1.0 };
        let length = (home - care.commenced()).num_days();
        let legal = care.last().map_or("", |episode| episode.legal);
        let age = age(self.child.born, home);
        let factors = [
            if planned { 0.8 } else { 1.35 },
            match age {
                ..1 => 0.65,
                1..5 => 0.85,
                5..10 => 0.95,
                _ => 1.2,
            },
            if self.child.ethnic.starts_with('W') { 1.07 } else { 0.84 },
            if self.child.disability != "NONE" { 1.2 } else { 0.96 },
            if self.child.hardship { 1.12 } else { 0.9 },
            if self.child.parent_disabled { 1.25 } else { 0.97 },
            if legal == "V2" { 1.12 } else { 0.86 },
            if self.care.len() > 1 { 1.25 } else { 0.95 },
            if matches!(care.last_place(), "K1" | "K2") { 1.3 } else { 0.95 },
            if care.placements() >= 3 { 1.2 } else { 0.97 },
            match length {
                ..56 => 1.2,
                56..365 => 1.0,
                365..730 => 0.9,
                _ => 0.8,
            },
        ];
        factors.iter().product()
    }
}

const SIBLINGS: [(i64, f64); 5] = [(0, 0.45), (1, 0.28), (2, 0.16), (3, 0.08), (4, 0.03)];

fn disability(chance: &mut Chance, codes: &Codes<'_>) -> String {
    if !chance.yes(0.17) {
        return "NONE".to_owned();
    }
    let first = chance.pick(&codes.disability);
    let second = chance.pick(&codes.disability);
    if first == second || chance.yes(0.7) { first.to_owned() } else { format!("{first};{second}") }
}

/// Special educational needs of a child of school age, where they are known.
fn sen<'s>(chance: &mut Chance, codes: &Codes<'s>, born: NaiveDate, home: NaiveDate) -> &'s str {
    let code = chance.pick(&codes.sen);
    if age(born, home) < 4 || chance.yes(0.05) { "" } else { code }
}

/// The day of birth of a child who goes home on a day.
fn birth(chance: &mut Chance, home: NaiveDate) -> NaiveDate {
    let (low, high) = chance.pick(&[
        ((40, 364), 0.08),
        ((365, 1_825), 0.19),
        ((1_826, 3_650), 0.21),
        ((3_651, 5_840), 0.35),
        ((5_841, 6_550), 0.17),
    ]);
    plus(home, -chance.between(low, high))
}

/// When and why a child leaves care who does not go home.
pub(super) fn leaves(
    chance: &mut Chance,
    born: NaiveDate,
    commenced: NaiveDate,
    length: i64,
) -> (NaiveDate, &'static str) {
    let eighteen = eighteenth_birthday(born);
    let ceased = plus(commenced, length);
    if ceased >= eighteen {
        return (
            eighteen.max(plus(commenced, 1)),
            chance.pick(&[("E5", 0.35), ("E6", 0.2), ("E17", 0.35), ("E8", 0.1)]),
        );
    }
    let reason = match age(born, ceased) {
        ..6 => chance.pick(&[("E11", 0.3), ("E12", 0.24), ("E45", 0.15), ("E47", 0.11), ("E41", 0.08), ("E8", 0.12)]),
        6..16 => chance.pick(&[("E11", 0.03), ("E45", 0.15), ("E47", 0.08), ("E41", 0.2), ("E8", 0.54)]),
        _ => chance.pick(&[("E45", 0.03), ("E41", 0.07), ("E8", 0.6), ("E6", 0.3)]),
    };
    (ceased, reason)
}

/// A child's age on a day, as the rules reckon it: somebody born on 29 February is a year older on the 28th of other years.
pub(super) fn age(born: NaiveDate, day: NaiveDate) -> i32 {
    let years = day.year() - born.year();
    years - i32::from(add_months(born, years * 12).is_some_and(|birthday| birthday > day))
}

pub(super) fn eighteenth_birthday(born: NaiveDate) -> NaiveDate {
    add_months(born, 18 * 12).unwrap_or(born)
}

pub(super) fn plus(day: NaiveDate, days: i64) -> NaiveDate {
    let step = Days::new(days.unsigned_abs());
    let moved = if days >= 0 { day.checked_add_days(step) } else { day.checked_sub_days(step) };
    moved.unwrap_or(day)
}
