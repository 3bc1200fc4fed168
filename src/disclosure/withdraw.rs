//! Takes authorities' own rows out of tables that cannot be protected with them.
//!
//! Where returns are few and small nearly every number of an authority is small, and no pattern keeps them all uncertain
//! beside the figures of their region. Such a table is published without that level, and the release says so. What is
//! taken out is settled by what could not be protected and by nothing else: first the breakdowns of the tables that it
//! stands in, then all breakdowns and those tables' totals, then every number of an authority that says something about
//! children.

use super::error::DisclosureError;
use super::policy::Policies;
use crate::aggregate::{Definition, RawTables, RowKey};
use std::collections::{BTreeMap, BTreeSet};

/// What is left of the authorities' own rows.
#[derive(Debug, Default)]
pub(super) struct Withdrawing {
    steps: usize,
    /// By indicator: whether authorities' totals are gone too.
    gone: BTreeMap<String, bool>,
}

const STEPS: usize = 3;

impl Withdrawing {
    /// Takes out the next rows, given the names of numbers that could not be protected; false when none are left.
    pub(super) fn next(
        &mut self,
        raw: &mut RawTables,
        policies: &Policies,
        unsafe_numbers: &BTreeSet<String>,
    ) -> Result<bool, DisclosureError> {
        while self.steps < STEPS {
            self.steps += 1;
            let mut any = false;
            for table in &mut raw.tables {
                let definition = &mut table.definition;
                if !policies.of(&definition.id, &definition.policy)?.protect || definition.analysis.is_some() {
                    continue;
                }
                let concerned = stands_in(definition, policies, unsafe_numbers);
                let (breakdowns, totals) = match self.steps {
                    1 => (concerned, false),
                    2 => (true, concerned),
                    _ => (true, true),
                };
                any |= breakdowns && self.take(definition, false);
                any |= totals && self.take(definition, true);
            }
            if any {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Takes authorities' totals or breakdowns out of a table; false where it has none.
    fn take(&mut self, definition: &mut Definition, totals: bool) -> bool {
        let given = |row: &RowKey| row.breakdown.is_none() == totals && definition.at_authority(row);
        if !definition.rows().iter().any(given) {
            return false;
        }
        if totals {
            definition.authority_total = false;
        } else {
            definition.authority_breakdowns = Some(Vec::new());
        }
        *self.gone.entry(definition.id.clone()).or_default() |= totals;
        true
    }

    /// The tables and what is not given of them, in words.
    pub(super) fn told(&self) -> Vec<(String, String)> {
        let words = |totals: bool| {
            let level = if totals { "any row of an authority" } else { "authorities' own breakdowns" };
            format!("published without {level}: the numbers are so few and small that they could not be protected")
        };
        self.gone.iter().map(|(table, totals)| (table.clone(), words(*totals))).collect()
    }
}

/// Whether one of the numbers is of a population of the table, or follows from one by a difference or by other years.
fn stands_in(definition: &Definition, policies: &Policies, numbers: &BTreeSet<String>) -> bool {
    let rows = definition.rows();
    let of_row = |row: &RowKey| {
        let further = (0..definition.counts.len()).map(|count| definition.population_of_count(row, count));
        std::iter::once(definition.population_of(row)).chain(further).collect::<Vec<_>>()
    };
    let populations: BTreeSet<String> = rows.iter().flat_map(of_row).collect();
    let implied = policies.implied.iter().filter(|implied| {
        let mut from = implied.plus.iter().chain(&implied.minus);
        from.any(|population| populations.contains(population))
    });
    let series = policies.series.iter().filter(|series| {
        let mut spans = series.numbers.iter();
        spans.any(|span| populations.contains(&span.population))
    });
    let mut names: Vec<String> = implied.map(|implied| implied.name.clone()).collect();
    // A piece of a series is named by it and by its months: other populations may begin with the same words.
    names.extend(series.map(|series| format!("{}, ", series.name)));
    names.extend(populations);
    names.iter().any(|name| numbers.iter().any(|number| number.starts_with(name.as_str())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_that_follow_from_several_concern_the_tables_that_they_follow_from() {
        let specification = crate::spec::Specification::embedded().expect("the specification");
        let policies = Policies::load(&specification).expect("the policies");
        let definitions = Definition::all(&specification).expect("the definitions");
        let concerned = |number: &str| {
            let numbers = BTreeSet::from([number.to_owned()]);
            let all = definitions.iter().filter(|one| stands_in(one, &policies, &numbers));
            all.map(|one| one.id.as_str()).collect::<BTreeSet<_>>()
        };
        let further = concerned("further returns home of the same children");
        assert!(further.contains("returns") && further.contains("reentry"), "{further:?}");
        assert!(!further.contains("coverage"), "{further:?}");
        let piece = concerned("returns home followed by re-entry within 1 year, 24 to 12 months before the year's end");
        assert!(piece.contains("reentry") && !piece.contains("returns"), "{piece:?}");
        assert!(concerned("a number of nothing").is_empty());
    }
}
