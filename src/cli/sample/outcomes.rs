//! Outcomes at the follow-up points after a return home.

use super::chance::Chance;
use super::codes::{Codes, Measure};
use super::life::{Life, Return, age, eighteenth_birthday, plus};
use super::plan::Plan;
use crate::domain::period::{add_months, last_of_month};
use chrono::NaiveDate;

/// One measure at one follow-up point, as it will have been in the end.
#[derive(Debug, Clone)]
pub(super) struct Outcome<'s> {
    pub months: &'s str,
    pub measure: &'s str,
    pub found: Found,
}

#[derive(Debug, Clone)]
pub(super) enum Found {
    /// Observed on a day, with a value.
    Value(NaiveDate, String),
    /// Not observed, which a return says from a day on.
    Reason(NaiveDate, &'static str),
    /// Not yet due, which a return says from the first day to the day before the second.
    NotYetDue(NaiveDate, NaiveDate),
}

/// Measures that count what happened since the last point, and those of an age that falls between points:
/// at the baseline they have no meaning.
const NOT_AT_BASELINE: [&str; 8] = ["MISSING", "ATTEND", "SUSPEND", "PEX", "KS2", "ATT8", "CPP", "REFERRAL"];

/// Every outcome of a return, by follow-up point.
pub(super) fn outcomes<'s>(
    chance: &mut Chance,
    codes: &Codes<'s>,
    plan: &Plan<'s>,
    life: &Life<'s>,
    back: &Return,
) -> Vec<Outcome<'s>> {
    let mut outcomes = Vec::new();
    let followed_for_years = chance.yes(0.22);
    let usual_score = chance.between(8, 27);
    let grown = eighteenth_birthday(life.child.born);
    let grown = last_of_month(grown).unwrap_or(grown);
    for (months, code) in &codes.months {
        let due = add_months(back.day, *months).unwrap_or(back.day);
        // One draw for the point whatever becomes of it, so that what is skipped moves nothing else.
        let observed =
            if *months == 0 { plus(due, -chance.between(0, 80)) } else { plus(due, chance.between(-20, 60)) };
        // It falls a little as time goes by, and swings by less than the rules ask about.
        let score = (usual_score + chance.between(-9, 8) - i64::from(*months > 6)).clamp(0, 40);
        if due > grown || (*months > 12 && !followed_for_years) {
            continue;
        }
        if let Some(again) = back.reentered.filter(|again| *again <= due) {
            if again < due && *months <= 12 {
                let found = Found::Reason(due, "REENTERED");
                outcomes.push(Outcome { months: code, measure: plan.measures[0].code, found });
            }
            continue;
        }
        let point = Point { months: *months, due, observed, score };
        for (index, measure) in plan.measures.iter().enumerate() {
            if let Some(found) = point.find(chance, measure, life, back) {
                if index == 0 && *months > 0 && chance.yes(0.3) {
                    let until = if let Found::Value(day, _) = &found { due.min(*day) } else { due };
                    let found = Found::NotYetDue(plus(due, -90), until);
                    outcomes.push(Outcome { months: code, measure: measure.code, found });
                }
                outcomes.push(Outcome { months: code, measure: measure.code, found });
            }
        }
    }
    outcomes
}

struct Point {
    months: i32,
    due: NaiveDate,
    observed: NaiveDate,
    score: i64,
}

impl Point {
    fn find(&self, chance: &mut Chance, measure: &Measure<'_>, life: &Life<'_>, back: &Return) -> Option<Found> {
        if self.months == 0 && NOT_AT_BASELINE.contains(&measure.code) {
            return None;
        }
        let closes = if self.months == 0 { self.due } else { plus(self.due, 90) };
        let age = age(life.child.born, self.due);
        if !(measure.age_from..=measure.age_to).contains(&age) || (measure.code == "ATT8" && age < 16) {
            let outside = age < measure.age_from || age > measure.age_to;
            return (outside && chance.yes(0.15)).then_some(Found::Reason(closes, "AGE"));
        }
        if back.elsewhere.is_some_and(|(away, _)| away <= self.observed) {
            return Some(Found::Reason(closes, "MOVED"));
        }
        if !chance.yes(0.83) {
            let moved = if self.months == 0 { 0.0 } else { 0.25 };
            return Some(Found::Reason(closes, chance.pick(&[("REFUSED", 0.4), ("MOVED", moved), ("NOTCOLL", 0.35)])));
        }
        // Nobody visits at home a child who is back in care.
        let observed = back.reentered.map_or(self.observed, |again| self.observed.min(plus(again, -1)));
        Some(Found::Value(observed, self.value(chance, measure.code, life)))
    }

    fn value(&self, chance: &mut Chance, measure: &str, life: &Life<'_>) -> String {
        let flag = |chance: &mut Chance, share: f64| u8::from(chance.yes(share)).to_string();
        match measure {
            "SDQ" => self.score.to_string(),
            "LIFESAT" => chance.between(2, 10).to_string(),
            "SAFE" => flag(chance, 0.88),
            "MISSING" => chance.pick(&[(0, 0.86), (1, 0.07), (2, 0.04), (5, 0.03)]).to_string(),
            "ATTEND" => {
                format!("{:.1}", chance.along(&[(0.0, 38.0), (0.1, 70.0), (0.3, 88.0), (0.6, 94.5), (1.0, 100.0)]))
            }
            "SUSPEND" => chance.pick(&[(0, 0.87), (1, 0.08), (3, 0.05)]).to_string(),
            "PEX" => flag(chance, 0.01),
            "ATT8" => format!("{:.1}", life.child.attainment_8),
            "KS2" => u8::from(life.child.reached_key_stage_2).to_string(),
            "NEET" => flag(chance, 0.3),
            "CPP" => flag(chance, 0.2),
            "REFERRAL" => chance.pick(&[(0, 0.72), (1, 0.2), (2, 0.08)]).to_string(),
            // The checks of health: assessment, teeth, immunisations; and any measure that a later version adds.
            _ => flag(chance, 0.85),
        }
    }
}
