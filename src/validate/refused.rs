//! Cells that an F or P rule refused: the same fault is not told twice.

use crate::domain::finding::Finding;
use std::collections::{BTreeMap, BTreeSet};

/// Refused cells, from both sides of reading.
#[derive(Debug, Default)]
pub(super) struct Refused {
    /// By table and field, the rows as a person sees them.
    shown: BTreeMap<(String, String), BTreeSet<u32>>,
    /// By table and field, the rows counted from 0, in order.
    rows: BTreeMap<(String, String), Vec<u32>>,
}

impl Refused {
    /// The cells that intake refused.
    pub(super) fn by_intake(findings: &[Finding]) -> Self {
        let mut refused = Self::default();
        for at in findings.iter().map(|finding| &finding.at) {
            if let (Some(table), Some(row), Some(field)) = (&at.table, at.row, &at.field) {
                refused.shown.entry((table.clone(), field.clone())).or_default().insert(row);
            }
        }
        refused
    }

    pub(super) fn add(&mut self, table: &str, field: &str, rows: &[u32]) {
        let known = self.rows.entry((table.to_owned(), field.to_owned())).or_default();
        known.extend(rows);
        known.sort_unstable();
        known.dedup();
    }

    /// Those of these rows whose cell was not refused; `shown` gives a row as a person sees it.
    pub(super) fn leave(&self, table: &str, field: &str, rows: &[u32], shown: impl Fn(u32) -> Option<u32>) -> Vec<u32> {
        let place = (table.to_owned(), field.to_owned());
        let (seen, counted) = (self.shown.get(&place), self.rows.get(&place));
        let is_refused = |row: u32| {
            counted.is_some_and(|rows| rows.binary_search(&row).is_ok())
                || seen.is_some_and(|rows| shown(row).is_some_and(|row| rows.contains(&row)))
        };
        rows.iter().copied().filter(|row| !is_refused(*row)).collect()
    }
}
