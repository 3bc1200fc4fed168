//! A report's findings by rule, worst first: the order in which people want to work.

use crate::domain::finding::{Finding, Location, Severity};
use crate::domain::guarded::Guarded;
use crate::domain::report::Report;
use std::collections::BTreeMap;

/// One rule and what it found.
#[derive(Debug)]
pub(super) struct Group<'a> {
    pub(super) code: &'a str,
    pub(super) severity: Severity,
    /// Exact; more than `findings` where the list is cut.
    pub(super) count: u64,
    pub(super) statement: &'a str,
    pub(super) cure: &'a str,
    pub(super) findings: Vec<&'a Finding>,
}

impl Group<'_> {
    /// How many findings are counted and not listed.
    pub(super) fn unlisted(&self) -> u64 {
        self.count.saturating_sub(self.findings.len() as u64)
    }
}

pub(super) fn groups(report: &Report) -> Vec<Group<'_>> {
    let mut findings: BTreeMap<&str, Vec<&Finding>> = BTreeMap::new();
    for finding in &report.findings {
        findings.entry(&finding.code).or_default().push(finding);
    }
    let mut groups = Vec::new();
    for (code, count) in &report.counts.by_code {
        let rule = report.rules.get(code);
        let findings = findings.remove(code.as_str()).unwrap_or_default();
        let first = findings.first().map(|finding| finding.severity);
        groups.push(Group {
            code: code.as_str(),
            severity: first.or_else(|| rule.map(|rule| rule.severity)).unwrap_or(Severity::Reject),
            count: *count,
            statement: rule.map_or("", |rule| &rule.statement),
            cure: rule.map_or("", |rule| &rule.cure),
            findings,
        });
    }
    groups.sort_by_key(|group| (group.severity, group.code));
    groups
}

/// A place in one phrase: `episodes.csv, row 3, DEC`.
pub(in crate::validate) fn place(at: &Location) -> String {
    let mut parts: Vec<String> =
        at.container.iter().chain(at.table.iter().filter(|_| at.container.is_none())).cloned().collect();
    match (&at.cell, at.row) {
        (Some(cell), _) => parts.push(format!("cell {cell}")),
        (None, Some(row)) => parts.push(format!("row {row}")),
        (None, None) => {}
    }
    if let Some(line) = at.line.filter(|line| Some(*line) != at.row) {
        parts.push(format!("line {line}"));
    }
    if let Some(byte) = at.byte.filter(|byte| *byte > 0) {
        parts.push(format!("byte {byte}"));
    }
    parts.extend(at.field.clone());
    if parts.is_empty() { "the upload".to_owned() } else { parts.join(", ") }
}

/// The record's key in one phrase: `CHILD Kestrel01, DECOM 01/05/2025`.
pub(super) fn key(finding: &Finding) -> String {
    key_phrase(&finding.key)
}

/// The same of any key.
pub(in crate::validate) fn key_phrase(key: &[(String, Guarded<String>)]) -> String {
    let parts = key.iter().map(|(field, part)| format!("{field} {}", part.reveal()));
    parts.collect::<Vec<_>>().join(", ")
}

/// The verdict in one sentence.
pub(super) fn verdict(report: &Report) -> String {
    use crate::domain::report::Outcome;
    let counted = |severity, one: &str, many: &str| match report.counts.of(severity) {
        0 => None,
        1 => Some(format!("1 {one}")),
        count => Some(format!("{count} {many}")),
    };
    let found: Vec<String> = [
        counted(Severity::Reject, "reason to refuse it", "reasons to refuse it"),
        counted(Severity::Error, "error", "errors"),
        counted(Severity::Query, "query", "queries"),
        counted(Severity::Info, "note", "notes"),
    ]
    .into_iter()
    .flatten()
    .collect();
    let found = if found.is_empty() { "nothing was found".to_owned() } else { found.join(", ") };
    let meaning = match report.outcome {
        Outcome::Rejected => "Refused as a whole; none of it is kept",
        Outcome::Errors => "It has errors, which must be corrected before it can be signed",
        Outcome::Queries => "It has queries, which must be corrected or explained before it can be signed",
        Outcome::Clean => "It is clean",
    };
    format!("{meaning}: {found}.")
}

/// What was checked and with what, as name and text.
pub(super) fn particulars(report: &Report) -> Vec<(&'static str, String)> {
    let stamp = &report.specification;
    let unread = || "could not be read".to_owned();
    let rows: Vec<String> = report.counts.rows.iter().map(|(table, rows)| format!("{table} {rows}")).collect();
    vec![
        ("Authority", report.authority.clone().unwrap_or_else(unread)),
        ("Collection", stamp.collection.clone().unwrap_or_else(unread)),
        ("Rows read", if rows.is_empty() { "none".to_owned() } else { rows.join(", ") }),
        ("Rules run", report.rules_run.to_string()),
        ("Specification", format!("{} {}, SHA-256 {}", stamp.id, stamp.version, stamp.digest)),
        ("Upload", format!("SHA-256 {}", report.input)),
    ]
}

/// Where the service shows the rule's page: why it matters, how to put it right, its query and its examples. Nothing for
/// a return whose collection could not be read.
pub(super) fn page(report: &Report, code: &str) -> Option<String> {
    let collection = report.specification.collection.as_ref()?;
    Some(format!("/v1/collections/{collection}/specification/rules/{code}"))
}

/// The facts and figures a finding rests on: `denominator 10; numerator 4; threshold 30`.
pub(super) fn figures(finding: &Finding) -> String {
    let figures = finding.facts.iter().map(|(name, fact)| format!("{name} {}", fact.reveal()));
    figures.collect::<Vec<_>>().join("; ")
}
