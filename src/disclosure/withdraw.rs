//! Takes authorities' own rows out of tables that cannot be protected with them.
//!
//! Where returns are few and small nearly every number of an authority is small, and no pattern keeps them all uncertain
//! beside the figures of their region. Such a table is published without that level, and the release says so. What is
//! taken out is settled by what could not be protected and by nothing else: first the breakdowns of the tables that it
//! stands in, then all breakdowns and those tables' totals, then every number of an authority that says something about
//! children.

use super::error::DisclosureError;
use super::policy::Policies;
use crate::aggregate::{Definition, RawTables};
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
                let concerned = stands_in(definition, unsafe_numbers);
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
        let given = |row: &crate::aggregate::RowKey| row.breakdown.is_none() == totals && definition.at_authority(row);
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

/// Whether one of the numbers is of a population of the table.
fn stands_in(definition: &Definition, numbers: &BTreeSet<String>) -> bool {
    let populations: BTreeSet<String> = definition.rows().iter().map(|row| definition.population_of(row)).collect();
    populations.iter().any(|population| numbers.iter().any(|name| name.starts_with(population.as_str())))
}
