//! The policy check of figures that are no counts: rates, medians and their quartiles.
//!
//! They are not in the attacker's relations, so each is held to what makes it safe: a rate must follow from the two
//! counts shown beside it, a median must stand beside a count that is shown, rest on enough units, be no part's of an
//! authority, and be a multiple of the policy's step.

use super::super::cleared::{ClearedRow, ClearedTable, ClearedTables, Shown};
use super::super::earlier::Kept;
use super::super::error::DisclosureError;
use super::super::policy::{Policies, Policy};
use super::analyses::check_analysis;
use super::published::Published;
use crate::aggregate::{RawTable, RawTables, RowKey};
use std::collections::BTreeMap;

/// How many figures were held to the policy, by kind. One that breaks it is listed as a contradiction.
pub(super) fn check_methods(
    tables: &ClearedTables,
    raw: &RawTables,
    policies: &Policies,
    kept: &Kept,
    published: &mut Published,
) -> Result<BTreeMap<String, usize>, DisclosureError> {
    let mut checked = BTreeMap::new();
    for (table, truth) in tables.tables().iter().zip(&raw.tables) {
        let definition = table.definition();
        let policy = policies.of(&definition.id, &definition.policy)?;
        let keys = definition.rows();
        let numbers: BTreeMap<&RowKey, usize> = keys.iter().enumerate().map(|(at, key)| (key, at)).collect();
        if definition.analysis.is_some() {
            let (figures, mut wrong) = check_analysis(table, truth, policy);
            if let Some(kept) = kept.get(&definition.id) {
                // What stood before tells nothing where it stands as it stood, and nothing else may stand there.
                let stands = |row: &ClearedRow| kept.get(&row.key).map(|figures| *figures == row.figures);
                let numbered = || table.rows().iter().enumerate();
                wrong.retain(|number| stands(&table.rows()[*number]).is_none());
                wrong.extend(numbered().filter(|(_, row)| stands(row) == Some(false)).map(|(number, _)| number));
            }
            *checked.entry("figures of analyses of England".to_owned()).or_default() += figures;
            for row in wrong.into_iter().map(|number| &table.rows()[number]) {
                let name = (definition.population_of(&row.key), definition.categories_of(&row.key));
                published.contradictions.push((name, row.place));
            }
        }
        for row in table.rows() {
            let number = numbers.get(&row.key).copied().unwrap_or(0);
            let check = Check { table, truth, policy, row, number, raw };
            let mut count = |kind: &str, figures: usize| *checked.entry(kind.to_owned()).or_default() += figures;
            let rates = check.rates();
            count("rates", rates.0);
            let medians = check.medians();
            count("medians, quartiles and their intervals", medians.0);
            if !(rates.1 && medians.1) {
                let name = (definition.population_of(&row.key), definition.categories_of(&row.key));
                published.contradictions.push((name, row.place));
            }
        }
    }
    checked.retain(|_, figures| *figures > 0);
    Ok(checked)
}

struct Check<'a> {
    table: &'a ClearedTable,
    truth: &'a RawTable,
    policy: &'a Policy,
    row: &'a ClearedRow,
    /// The number of the row within a place.
    number: usize,
    raw: &'a RawTables,
}

impl Check<'_> {
    fn figure(&self, name: &str) -> Shown {
        let at = self.table.columns().iter().position(|column| column.name == name);
        at.map_or(Shown::Confidential, |at| self.row.figures[at])
    }

    /// How many rates are shown, and whether each is what its counts give to its last decimal.
    fn rates(&self) -> (usize, bool) {
        let (mut shown, mut right) = (0, true);
        for rate in &self.table.definition().rates {
            let value = match self.figure(&rate.name) {
                Shown::Number(number) => number as f64,
                Shown::Decimal(value, _) => value,
                _ => continue,
            };
            shown += 1;
            let half = 0.5 * 10_f64.powi(-i32::from(rate.decimals)) + 1e-9;
            right &= match (self.figure(&rate.numerator).number(), self.figure(&rate.denominator).number()) {
                (Some(part), Some(whole)) if whole > 0 => {
                    (value - part as f64 * f64::from(rate.factor) / whole as f64).abs() <= half
                }
                _ => false,
            };
        }
        (shown, right)
    }

    fn medians(&self) -> (usize, bool) {
        let definition = self.table.definition();
        let medians = definition.medians.iter().map(|median| {
            let ends = ["", "_lower_quartile", "_upper_quartile"];
            (&median.name, &median.measure, &median.of, ends)
        });
        let times = definition
            .survival_medians
            .iter()
            .map(|median| (&median.name, &median.measure, &median.of, ["", "_lower", "_upper"]));
        let (mut shown, mut right) = (0, true);
        for (name, measure, of, ends) in medians.chain(times) {
            let quantity = definition.quantity_of(of.as_deref());
            for end in ends {
                let value = match self.figure(&format!("{name}{end}")) {
                    Shown::Number(value) => value,
                    Shown::Low => 0,
                    Shown::Decimal(..) => {
                        right = false;
                        continue;
                    }
                    _ => continue,
                };
                shown += 1;
                let step = self.policy.quantile_steps.get(measure).copied().unwrap_or(0);
                right &= step > 0 && value % i64::from(step) == 0;
                right &= self.units(quantity) >= self.policy.quantiles_from;
                right &= self.figure(definition.count_names()[quantity]).number().is_some_and(|units| units > 0);
                right &= !(self.policy.protect && self.is_of_one() && self.row.key.breakdown.is_some());
            }
        }
        (shown, right)
    }

    /// Whether at most one authority of the row's place is counted.
    fn is_of_one(&self) -> bool {
        let counted = |at: &usize| !self.truth.definition.needs_return || self.raw.has_return[*at];
        self.row.place.authorities(&self.raw.geography).iter().filter(|at| counted(at)).count() <= 1
    }

    /// The true number of units in the row's place.
    fn units(&self, quantity: usize) -> i64 {
        self.row
            .place
            .authorities(&self.raw.geography)
            .into_iter()
            .map(|at| self.truth.count(at, self.number, quantity))
            .sum()
    }
}
