//! Findings with exact counts, of which only the first of each rule are kept.

use crate::domain::finding::{Finding, Severity};
use crate::spec::Specification;
use std::collections::BTreeMap;

/// How many findings of one rule a report lists.
pub const LISTED_AT_MOST: u64 = 1000;

/// How many findings of one rule are made, far more than are listed: the first of them in the order of the report are among
/// these, unless hundreds of columns have more each than can be listed.
const MADE_AT_MOST: usize = 50_000;

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
        let findings = self.findings.entry(code.to_owned()).or_default();
        let room = MADE_AT_MOST.saturating_sub(findings.len());
        let kept = rows.iter().take(usize::try_from(LISTED_AT_MOST).unwrap_or(usize::MAX).min(room));
        findings.extend(kept.map(|row| make(*row)));
    }

    /// Adds a finding, which is only made while there are not far more than can be listed.
    pub(super) fn add_one(&mut self, code: &str, make: impl FnOnce() -> Finding) {
        *self.counts.entry(code.to_owned()).or_default() += 1;
        let findings = self.findings.entry(code.to_owned()).or_default();
        if findings.len() < MADE_AT_MOST {
            findings.push(make());
        }
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

#[cfg(test)]
mod tests {
    use super::*;

    /// An upload of a few megabytes can have a million columns, each with a finding of its own.
    #[test]
    fn counts_are_exact_and_what_is_made_has_an_end() {
        let (mut collected, mut made) = (Collected::default(), 0_usize);
        let mut make = || {
            made += 1;
            Finding::new("P01", Severity::Reject, "A heading names an identifier.")
        };
        for _ in 0..MADE_AT_MOST + 10 {
            collected.add_one("P01", &mut make);
            collected.add_rows("P02", &[1], |_| Finding::new("P02", Severity::Reject, "A cell holds a postcode."));
        }
        assert_eq!(made, MADE_AT_MOST);
        let (findings, counts) = collected.finish(&Specification::embedded().expect("the specification"));
        assert_eq!(counts["P01"], MADE_AT_MOST as u64 + 10);
        assert_eq!(counts["P02"], counts["P01"]);
        assert_eq!(findings.len() as u64, 2 * LISTED_AT_MOST);
    }
}
