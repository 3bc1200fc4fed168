//! Raw tables: true figures that stay inside the process.

use super::analysis::AnalysisUnits;
use super::definition::Definition;
use super::national::Geography;
use super::units::Units;
use std::collections::BTreeMap;
use std::fmt;

/// The true figures of one indicator. There is no way to print, write or serialise them; `disclosure` alone reads them
/// (a test searches the rest of the program for its name).
pub struct RawTable {
    pub definition: Definition,
    rows: usize,
    counts: Vec<i64>,
    sums: Vec<f64>,
    /// Units of a row that lie within another: authority, row, the row within it, share.
    within: BTreeMap<(usize, usize, usize, usize), i64>,
    /// For each reading of the definition, the units that have one.
    pub(super) units: Vec<Units>,
    /// For each amount of money of the definition, what one costs in each authority.
    pub(super) amounts: Vec<Vec<f64>>,
    /// The units of an analysis.
    pub(super) analysis: AnalysisUnits,
}

impl RawTable {
    /// A table of noughts for so many authorities.
    pub(super) fn empty(definition: Definition, authorities: usize) -> Self {
        let rows = definition.rows().len();
        let counts = vec![0; authorities * rows * definition.quantities()];
        let sums = vec![0.0; authorities * rows * definition.means.len()];
        let units = definition.readings().iter().map(|_| Units::default()).collect();
        let (within, amounts, analysis) = (BTreeMap::new(), Vec::new(), AnalysisUnits::default());
        Self { definition, rows, counts, sums, within, units, amounts, analysis }
    }

    /// A table with these counts: the closure is given the authority, the row and the quantity. For `disclosure`, which
    /// supposes what an earlier release counted, and for tests.
    pub(crate) fn with_counts(
        definition: Definition,
        authorities: usize,
        count: impl Fn(usize, &super::RowKey, usize) -> i64,
    ) -> Self {
        let keys = definition.rows();
        let quantities = definition.quantities();
        let mut table = Self::empty(definition, authorities);
        for authority in 0..authorities {
            for (row, key) in keys.iter().enumerate() {
                for quantity in 0..quantities {
                    table.set_count(authority, row, quantity, count(authority, key, quantity));
                }
            }
        }
        table
    }

    /// The same table with these units of rows that lie within others: authority, row, the row within it, share. For
    /// `disclosure`, which supposes them of an earlier release, and for tests.
    pub(crate) fn with_nested(mut self, within: impl Fn(usize, &super::RowKey, &super::RowKey, usize) -> i64) -> Self {
        let rows = self.definition.rows();
        let at = |key: &super::RowKey| rows.iter().position(|row| row == key).unwrap_or(0);
        for (outer, inner) in self.definition.nested_at_authority() {
            for share in self.definition.staying() {
                for authority in 0..self.authorities() {
                    let units = within(authority, &outer, &inner, share);
                    self.within.insert((authority, at(&outer), at(&inner), share), units);
                }
            }
        }
        self
    }

    /// The same table with these sums behind its means.
    #[cfg(test)]
    pub(crate) fn with_sums(mut self, sum: impl Fn(usize, &super::RowKey, usize) -> f64) -> Self {
        for authority in 0..self.authorities() {
            for (row, key) in self.definition.rows().iter().enumerate() {
                for mean in 0..self.definition.means.len() {
                    self.set_sum(authority, row, mean, sum(authority, key, mean));
                }
            }
        }
        self
    }

    /// The table with the units of some authorities counted in others' rows: (from, to). For `disclosure` only.
    pub(crate) fn merged(&self, pairs: &[(usize, usize)]) -> Self {
        let mut table = Self {
            definition: self.definition.clone(),
            rows: self.rows,
            counts: self.counts.clone(),
            sums: self.sums.clone(),
            within: self.within.clone(),
            units: self.units.clone(),
            amounts: self.amounts.clone(),
            analysis: self.analysis.clone(),
        };
        for &(from, to) in pairs {
            for row in 0..self.rows {
                for quantity in 0..self.definition.quantities() {
                    let both = table.count(from, row, quantity) + table.count(to, row, quantity);
                    table.set_count(to, row, quantity, both);
                    table.set_count(from, row, quantity, 0);
                }
                for mean in 0..self.definition.means.len() {
                    let both = table.sum(from, row, mean) + table.sum(to, row, mean);
                    table.set_sum(to, row, mean, both);
                    table.set_sum(from, row, mean, 0.0);
                }
            }
            for (&(authority, outer, inner, share), &units) in self.within.iter().filter(|(key, _)| key.0 == from) {
                table.set_within((authority, outer, inner, share), 0);
                let both = units + table.within(to, outer, inner, share);
                table.set_within((to, outer, inner, share), both);
            }
            table.units.iter_mut().for_each(|units| units.move_to(from, to));
        }
        table
    }

    fn count_at(&self, authority: usize, row: usize, quantity: usize) -> usize {
        (authority * self.rows + row) * self.definition.quantities() + quantity
    }

    fn sum_at(&self, authority: usize, row: usize, mean: usize) -> usize {
        (authority * self.rows + row) * self.definition.means.len() + mean
    }

    pub(super) fn set_count(&mut self, authority: usize, row: usize, quantity: usize, count: i64) {
        let at = self.count_at(authority, row, quantity);
        self.counts[at] = count;
    }

    pub(super) fn set_sum(&mut self, authority: usize, row: usize, mean: usize, sum: f64) {
        let at = self.sum_at(authority, row, mean);
        self.sums[at] = sum;
    }

    pub(super) fn set_within(&mut self, of: (usize, usize, usize, usize), units: i64) {
        self.within.insert(of, units);
    }

    /// How many units of a row lie within those of another and are of a share in the first already. For `disclosure` only.
    pub(crate) fn within(&self, authority: usize, outer: usize, inner: usize, share: usize) -> i64 {
        self.within.get(&(authority, outer, inner, share)).copied().unwrap_or(0)
    }

    /// The true count of a row: quantity 0 is the units, then each share. For `disclosure` only.
    pub(crate) fn count(&self, authority: usize, row: usize, quantity: usize) -> i64 {
        self.counts[self.count_at(authority, row, quantity)]
    }

    /// The values behind a median in a row, of these authorities, from the smallest up. For `disclosure` only.
    pub(crate) fn values(&self, row: usize, median: usize, within: &[usize]) -> Vec<f64> {
        self.units[median].within(row, within).into_iter().map(|(value, _)| value).collect()
    }

    /// The times behind a median of times in a row, of these authorities, from the shortest up, each with whether it is
    /// over. For `disclosure` only.
    pub(crate) fn times(&self, row: usize, median: usize, within: &[usize]) -> Vec<(f64, bool)> {
        self.units[self.definition.medians.len() + median].within(row, within)
    }

    /// How many authorities the table has.
    pub(crate) fn authorities(&self) -> usize {
        self.counts.len() / (self.rows * self.definition.quantities()).max(1)
    }

    /// The units of an analysis of England as a whole. For `disclosure` only.
    pub(crate) const fn analysis_units(&self) -> &AnalysisUnits {
        &self.analysis
    }

    /// What one costs in an authority, for an amount of money. For `disclosure` only.
    pub(crate) fn cost(&self, authority: usize, amount: usize) -> f64 {
        self.amounts.get(amount).map_or(0.0, |costs| costs[authority])
    }

    /// The true sum behind a mean. For `disclosure` only.
    pub(crate) fn sum(&self, authority: usize, row: usize, mean: usize) -> f64 {
        self.sums[self.sum_at(authority, row, mean)]
    }
}

impl fmt::Debug for RawTable {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "RawTable({}, {} rows for each authority)", self.definition.id, self.rows)
    }
}

/// The raw tables of one year.
#[derive(Debug)]
pub struct RawTables {
    pub year: i32,
    pub geography: Geography,
    /// For each authority, whether it made an accepted return.
    pub has_return: Vec<bool>,
    /// In the order of the indicators' ids.
    pub tables: Vec<RawTable>,
    /// (indicator, sentence) of the notes that go with the tables: they count authorities, never children.
    pub notes: Vec<(String, String)>,
}
