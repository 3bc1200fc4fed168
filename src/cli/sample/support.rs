//! Support to the child and the family before and after a return home.

use super::chance::Chance;
use super::codes::{Codes, Mix};
use super::life::{Life, Return, plus};
use chrono::NaiveDate;

/// A spell of support as it will have been when it ends.
#[derive(Debug, Clone)]
pub(super) struct Spell<'s> {
    pub phase: &'static str,
    pub support: &'s str,
    pub programme: &'s str,
    pub delivery: &'s str,
    pub starts: NaiveDate,
    /// The last day.
    pub ends: NaiveDate,
    pub ended_because: &'static str,
    /// Contact hours a week; none where the support is money or the hours are not counted.
    pub hours_a_week: Option<f64>,
    /// Pounds an hour, or in all where the support is money; none where the authority does not cost it.
    pub price: Option<f64>,
}

/// What a return can say of a spell on a day: its last day, hours and cost so far.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct SoFar {
    pub ended: bool,
    pub hours: Option<f64>,
    pub cost: Option<f64>,
}

impl Spell<'_> {
    /// The spell as it stood at the end of a day on or after its start.
    pub(super) fn so_far(&self, day: NaiveDate) -> SoFar {
        let days = (self.ends.min(day) - self.starts).num_days() + 1;
        let hours = self.hours_a_week.map(|weekly| half_hours(weekly * days as f64 / 7.0));
        let cost = self.price.map(|price| hours.map_or(price, |hours| (hours * price).round()));
        SoFar { ended: self.ends <= day, hours, cost }
    }
}

/// Rounds to half hours, and up to one.
fn half_hours(hours: f64) -> f64 {
    ((hours * 2.0).round() / 2.0).max(1.0)
}

const LENGTHS_AFTER: &[(f64, f64)] =
    &[(0.0, 6.0), (0.27, 91.0), (0.55, 182.0), (0.8, 365.0), (0.93, 600.0), (1.0, 1_000.0)];

/// Every spell of a return, those before it first.
pub(super) fn spells<'s>(chance: &mut Chance, codes: &Codes<'s>, life: &Life<'s>, back: &Return) -> Vec<Spell<'s>> {
    let mut spells = Vec::new();
    // A planned return has support before it, or it would be asked about.
    let before = if back.planned {
        1 + usize::from(chance.yes(0.5)) + usize::from(chance.yes(0.3))
    } else {
        usize::from(chance.yes(0.4))
    };
    let care_began = life.care[back.after].commenced();
    for support in distinct(chance, &codes.support, before) {
        let starts = plus(back.day, -chance.between(10, 200)).max(care_began).min(plus(back.day, -1));
        let ends = plus(back.day, -chance.between(0, 12)).max(starts);
        let ended_because = chance.pick(&[("GOALS", 0.7), ("ELIG", 0.15), ("OTHER", 0.15)]);
        spells.push(spell(chance, codes, "PRE", support, (starts, ends), ended_because));
    }
    let after = usize::from(chance.yes(0.6)) + usize::from(chance.yes(0.3));
    let others = distinct(chance, &codes.support, after);
    for (index, support) in std::iter::once(codes.visits).chain(others).enumerate() {
        // Support begins on the day of the return, so that no return is without any.
        let starts = if index == 0 { back.day } else { plus(back.day, chance.between(0, 60)) };
        let length = if support == "FGD" { chance.between(0, 30) } else { chance.along(LENGTHS_AFTER) as i64 };
        let ends = plus(starts, length);
        let ended_because =
            chance.pick(&[("GOALS", 0.48), ("DECLINED", 0.15), ("ELIG", 0.19), ("FUND", 0.08), ("OTHER", 0.1)]);
        let spell = spell(chance, codes, "POST", support, (starts, ends), ended_because);
        match back.reentered {
            Some(again) if starts >= again => {}
            Some(again) if ends >= again => spells.push(Spell { ends: again, ended_because: "REENTRY", ..spell }),
            _ => spells.push(spell),
        }
    }
    spells
}

fn spell<'s>(
    chance: &mut Chance,
    codes: &Codes<'s>,
    phase: &'static str,
    support: &'s str,
    (starts, ends): (NaiveDate, NaiveDate),
    ended_because: &'static str,
) -> Spell<'s> {
    let programme = if chance.yes(0.08) { chance.pick(&codes.programme) } else { "" };
    let money = support == "FIN";
    // Who does not count the hours cannot cost them either.
    let counted = !money && chance.yes(0.94);
    let hours_a_week = counted.then(|| 0.5 + (chance.unit() * 10.0).floor() / 4.0);
    let price = if money {
        Some(chance.between(10, 150) as f64 * 10.0)
    } else {
        (counted && chance.yes(0.7)).then(|| chance.between(38, 95) as f64)
    };
    let delivery = chance.pick(&codes.delivery);
    Spell { phase, support, programme, delivery, starts, ends, ended_because, hours_a_week, price }
}

/// So many different codes of a mix.
fn distinct<'s>(chance: &mut Chance, mix: &Mix<'s>, wanted: usize) -> Vec<&'s str> {
    let mut left = mix.clone();
    (0..wanted.min(mix.len()))
        .map(|_| {
            let code = chance.pick(&left);
            left.retain(|(other, _)| *other != code);
            code
        })
        .collect()
}
