//! Findings with exact counts, of which only the first of each rule are kept.

use crate::domain::finding::{Finding, Severity};
use crate::spec::Specification;
use std::collections::BTreeMap;

/// How many findings of one rule a report lists.
pub const LISTED_AT_MOST: u64 = 1000;

/// The findings of a check while it runs.
#[derive(Debug, Default)]
pub(super) struct Collected {
    findings: BTreeMap<String, Vec<Finding>>,
    counts: BTreeMap<String, u64>,
}

impl Collected {
    /// Adds a finding for each of these rows, which are in order. Only those that can be listed are made.
    pub(super) fn add_rows(&mut self, code: &str, rows: &[u32], mut make: impl FnMut(u32) -> Finding) {
        if rows.is_empty() {
            return;
        }
        *self.counts.entry(code.to_owned()).or_default() += rows.len() as u64;
        let kept = rows.iter().take(usize::try_from(LISTED_AT_MOST).unwrap_or(usize::MAX));
        self.findings.entry(code.to_owned()).or_default().extend(kept.map(|row| make(*row)));
    }

    /// Adds findings that are listed, of which there were `count`.
    pub(super) fn add(&mut self, code: &str, count: u64, findings: Vec<Finding>) {
        if count > 0 {
            *self.counts.entry(code.to_owned()).or_default() += count;
            self.findings.entry(code.to_owned()).or_default().extend(findings);
        }
    }

    pub(super) fn any(&self, mut is_wanted: impl FnMut(&str) -> bool) -> bool {
        self.counts.keys().any(|code| is_wanted(code))
    }

    /// The findings in the order of the report, at most so many of each rule; and the counts by code.
    pub(super) fn finish(mut self, specification: &Specification) -> (Vec<Finding>, BTreeMap<String, u64>) {
        for findings in self.findings.values_mut() {
            sort(findings, specification);
            findings.truncate(usize::try_from(LISTED_AT_MOST).unwrap_or(usize::MAX));
        }
        let mut all: Vec<Finding> = self.findings.into_values().flatten().collect();
        sort(&mut all, specification);
        (all, self.counts)
    }
}

/// By table in the order of the specification, row, code. What stands in no table comes first.
fn sort(findings: &mut [Finding], specification: &Specification) {
    let table = |finding: &Finding| {
        let name = finding.at.table.as_ref()?;
        Some(specification.tables.iter().position(|table| &table.name == name).unwrap_or(usize::MAX))
    };
    findings.sort_by_cached_key(|finding| {
        let at = &finding.at;
        let also = finding.also.as_ref().map(|other| (other.table.clone(), other.row));
        (
            (table(finding), at.container.clone(), at.row),
            (finding.code.clone(), at.field.clone(), at.cell.clone()),
            (also, at.byte, finding.message.reveal().clone()),
        )
    });
}

/// How many findings of each severity there are.
pub(super) fn by_severity(
    counts: &BTreeMap<String, u64>,
    severity: impl Fn(&str) -> Severity,
) -> BTreeMap<Severity, u64> {
    let mut totals = BTreeMap::new();
    for (code, count) in counts {
        *totals.entry(severity(code)).or_default() += count;
    }
    totals
}
