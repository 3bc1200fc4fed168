//! What authorities put right in a later return than the first that told of a child, or should have.
//!
//! A child's life is made as it was in the end. For a child of whom something is put right, the returns before that show
//! it with what is drawn here: nothing of it, or another characteristic. Every return is valid by itself; beside the
//! one before, the rules on two years ask why.

use super::Maker;
use super::chance::{Chance, Stream, Subject};
use super::codes::Mix;
use super::life::Life;

#[derive(Debug, Clone, Copy)]
enum Correction {
    /// The child was left out at first.
    ToldLate,
    /// The child should not have been told of.
    Withdrawn,
    EthnicOrigin,
    Need,
    Hardship,
    DisabledParent,
}

const CORRECTIONS: &[(Correction, f64)] = &[
    (Correction::ToldLate, 0.25),
    (Correction::Withdrawn, 0.1),
    (Correction::EthnicOrigin, 0.2),
    (Correction::Need, 0.2),
    (Correction::Hardship, 0.15),
    (Correction::DisabledParent, 0.1),
];

/// How many years after the child first went home.
const YEARS_LATER: &[(i32, f64)] = &[(1, 0.7), (2, 0.2), (3, 0.1)];

impl<'s> Maker<'s> {
    /// The child as the authority knew it when it made its return; none where the return does not tell of it.
    pub(super) fn as_known(&self, mut life: Life<'s>) -> Option<Life<'s>> {
        let stream = Stream { subject: Subject::Correction, ..life.child.stream };
        let mut chance = Chance::new(self.seed, stream);
        if !chance.yes(self.corrections) {
            return Some(life);
        }
        let is_corrected = self.collection.year >= stream.year + chance.pick(YEARS_LATER);
        let correction = chance.pick(CORRECTIONS);
        let child = &mut life.child;
        match (correction, is_corrected) {
            (Correction::ToldLate, false) | (Correction::Withdrawn, true) => return None,
            (Correction::EthnicOrigin, false) => child.ethnic = another(&mut chance, &self.codes.ethnic, child.ethnic),
            (Correction::Need, false) => child.need = another(&mut chance, &self.codes.need, child.need),
            (Correction::Hardship, false) => child.hardship = !child.hardship,
            (Correction::DisabledParent, false) => child.parent_disabled = !child.parent_disabled,
            (Correction::ToldLate | Correction::EthnicOrigin | Correction::Need, true)
            | (Correction::Hardship | Correction::DisabledParent, true)
            | (Correction::Withdrawn, false) => {}
        }
        Some(life)
    }
}

/// A code of the mix that is not this one; this one where there is no other.
fn another<'s>(chance: &mut Chance, mix: &Mix<'s>, code: &'s str) -> &'s str {
    let others: Mix<'s> = mix.iter().copied().filter(|(other, _)| *other != code).collect();
    if others.is_empty() { code } else { chance.pick(&others) }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{day, made, rows, specification};
    use super::super::{Authorities, SampleOptions, SampleReturn};
    use std::collections::{BTreeMap, BTreeSet};

    /// What a child is told with: its ethnic origin, its category of need and the circumstances of its family.
    fn told(made: &SampleReturn) -> BTreeMap<String, BTreeSet<Vec<String>>> {
        let mut told: BTreeMap<String, BTreeSet<Vec<String>>> = BTreeMap::new();
        // Of returns home that both years tell of, known well before the first of them was made.
        let homes = rows(made, "reunifications", &["CHILD", "RETURN_DATE", "FAM_HARDSHIP", "FAM_DISABILITY"]);
        for mut row in homes {
            if (day("2019-04-01")..day("2025-04-01")).contains(&day(&row[1])) {
                told.entry(row.remove(0)).or_default().insert(row);
            }
        }
        let ethnic = rows(made, "children", &["CHILD", "ETHNIC"]);
        let need = rows(made, "episodes", &["CHILD", "CIN"]);
        for mut row in ethnic.into_iter().chain(need) {
            if let Some(child) = told.get_mut(&row.remove(0)) {
                child.insert(row);
            }
        }
        told
    }

    #[test]
    fn so_many_children_are_told_otherwise_in_a_later_return() {
        let specification = specification();
        let years = |corrections: f64| {
            let options = |year| SampleOptions {
                authorities: Authorities::Some(vec!["330".to_owned()]),
                corrections,
                ..SampleOptions::new(format!("reunification-{year}"), 3)
            };
            [2025, 2026].map(|year| told(&made(&options(year), &specification)[0]))
        };
        let [before, after] = years(0.0);
        assert_eq!(before, after, "nothing is put right but on order");
        let [before, after] = years(0.2);
        let gone = before.keys().filter(|child| !after.contains_key(*child)).count();
        let late = after.keys().filter(|child| !before.contains_key(*child)).count();
        let changed = before.iter().filter(|(child, told)| after.get(*child).is_some_and(|now| now != *told)).count();
        assert!(gone > 0 && late > gone && changed > late, "{gone} gone, {late} told late, {changed} told otherwise");
        // A fifth of the children of one year in six.
        let share = (gone + late + changed) as f64 / after.len() as f64;
        assert!((0.02..0.05).contains(&share), "{share} of {} children", after.len());
    }
}
