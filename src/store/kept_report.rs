//! A report as the archive keeps it: JSON, compressed. It holds values of records, so it lives with the return's tables.

use super::compressed::{compress, expand};
use super::error::StoreError;
use crate::domain::digest::Digest;
use crate::domain::finding::{Finding, Location, Severity};
use crate::domain::guarded::Guarded;
use crate::domain::report::{Counts, Excerpt, ExcerptRow, NotChecked, Outcome, Report, RuleNote, SpecificationStamp};
use bytes::Bytes;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// No report expands to more: the list of findings is cut long before.
const LARGEST: u64 = 1 << 30;

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct KeptReport {
    outcome: Outcome,
    specification: SpecificationStamp,
    input: Digest,
    authority: Option<String>,
    by_code: BTreeMap<String, u64>,
    by_severity: BTreeMap<Severity, u64>,
    rows: BTreeMap<String, u64>,
    findings: Vec<KeptFinding>,
    listed_at_most: u64,
    not_checked: Vec<NotChecked>,
    notes: Vec<String>,
    rules_run: u64,
    rules: BTreeMap<String, RuleNote>,
    #[serde(default)]
    excerpts: Vec<KeptExcerpt>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct KeptExcerpt {
    table: String,
    fields: Vec<String>,
    rows: Vec<(u32, Vec<String>)>,
    left_out: u64,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct KeptFinding {
    code: String,
    severity: Severity,
    at: KeptLocation,
    message: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    key: Vec<(String, String)>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    value: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    expected: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    also: Option<KeptLocation>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    facts: BTreeMap<String, String>,
}

/// Table, container, row, field, line, byte, cell.
type KeptLocation =
    (Option<String>, Option<String>, Option<u32>, Option<String>, Option<u32>, Option<u64>, Option<String>);

fn keep_location(at: &Location) -> KeptLocation {
    (at.table.clone(), at.container.clone(), at.row, at.field.clone(), at.line, at.byte, at.cell.clone())
}

fn location((table, container, row, field, line, byte, cell): KeptLocation) -> Location {
    Location { table, container, row, field, line, byte, cell }
}

fn keep_finding(finding: &Finding) -> KeptFinding {
    KeptFinding {
        code: finding.code.clone(),
        severity: finding.severity,
        at: keep_location(&finding.at),
        message: finding.message.reveal().clone(),
        key: finding.key.iter().map(|(field, value)| (field.clone(), value.reveal().clone())).collect(),
        value: finding.value.as_ref().map(|value| value.reveal().clone()),
        expected: finding.expected.clone(),
        also: finding.also.as_ref().map(keep_location),
        facts: finding.facts.iter().map(|(name, value)| (name.clone(), value.reveal().clone())).collect(),
    }
}

fn finding(kept: KeptFinding) -> Finding {
    Finding {
        code: kept.code,
        severity: kept.severity,
        at: location(kept.at),
        message: Guarded::new(kept.message),
        key: kept.key.into_iter().map(|(field, value)| (field, Guarded::new(value))).collect(),
        value: kept.value.map(Guarded::new),
        expected: kept.expected,
        also: kept.also.map(location),
        facts: kept.facts.into_iter().map(|(name, value)| (name, Guarded::new(value))).collect(),
    }
}

fn keep_excerpt(excerpt: &Excerpt) -> KeptExcerpt {
    let cells = |row: &ExcerptRow| row.cells.iter().map(|cell| cell.reveal().clone()).collect();
    KeptExcerpt {
        table: excerpt.table.clone(),
        fields: excerpt.fields.clone(),
        rows: excerpt.rows.iter().map(|row| (row.row, cells(row))).collect(),
        left_out: excerpt.left_out,
    }
}

fn excerpt(kept: KeptExcerpt) -> Excerpt {
    let row =
        |(row, cells): (u32, Vec<String>)| ExcerptRow { row, cells: cells.into_iter().map(Guarded::new).collect() };
    let rows = kept.rows.into_iter().map(row).collect();
    Excerpt { table: kept.table, fields: kept.fields, rows, left_out: kept.left_out }
}

/// The report as the bytes of an object. The same report gives the same bytes.
pub fn write_report(report: &Report) -> Result<Bytes, StoreError> {
    let kept = KeptReport {
        outcome: report.outcome,
        specification: report.specification.clone(),
        input: report.input,
        authority: report.authority.clone(),
        by_code: report.counts.by_code.clone(),
        by_severity: report.counts.by_severity.clone(),
        rows: report.counts.rows.clone(),
        findings: report.findings.iter().map(keep_finding).collect(),
        listed_at_most: report.listed_at_most,
        not_checked: report.not_checked.clone(),
        notes: report.notes.clone(),
        rules_run: report.rules_run,
        rules: report.rules.clone(),
        excerpts: report.excerpts.iter().map(keep_excerpt).collect(),
    };
    let damaged = |problem: String| StoreError::damaged("a report that was to be written", problem);
    let json = serde_json::to_vec(&kept).map_err(|error| damaged(error.to_string()))?;
    compress(json.as_slice()).map_err(|error| damaged(error.to_string()))
}

/// The report that [`write_report`] made the bytes of.
pub fn read_report(bytes: &[u8]) -> Result<Report, StoreError> {
    let json = expand(bytes, LARGEST)?;
    // The error of serde_json could repeat a value, so it is not passed on.
    let kept: KeptReport = serde_json::from_slice(&json)
        .map_err(|_| StoreError::damaged("a kept report", "it is not of the form that this program writes"))?;
    Ok(Report {
        outcome: kept.outcome,
        specification: kept.specification,
        input: kept.input,
        authority: kept.authority,
        counts: Counts { by_code: kept.by_code, by_severity: kept.by_severity, rows: kept.rows },
        findings: kept.findings.into_iter().map(finding).collect(),
        listed_at_most: kept.listed_at_most,
        not_checked: kept.not_checked,
        notes: kept.notes,
        rules_run: kept.rules_run,
        rules: kept.rules,
        excerpts: kept.excerpts.into_iter().map(excerpt).collect(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_reads_back_as_it_was() {
        let mut found = Finding::new("J201", Severity::Query, "the child of row 3 is odd").expected("another day");
        found.at = Location { table: Some("children".to_owned()), row: Some(3), line: Some(4), ..Location::default() };
        found.also = Some(Location { row: Some(9), ..Location::default() });
        found.key = vec![("CHILD".to_owned(), Guarded::new("abcdefgh".to_owned()))];
        found.value = Some(Guarded::new("31/02/2020".to_owned()));
        found.facts = BTreeMap::from([("DEC".to_owned(), Guarded::new("2020-02-28".to_owned()))]);
        let report = Report {
            counts: Counts {
                by_code: BTreeMap::from([("J201".to_owned(), 1)]),
                by_severity: BTreeMap::from([(Severity::Query, 1)]),
                rows: BTreeMap::from([("children".to_owned(), 2)]),
            },
            findings: vec![found],
            listed_at_most: 100,
            not_checked: vec![],
            notes: vec!["one file was left aside".to_owned()],
            rules_run: 7,
            rules: BTreeMap::from([(
                "J201".to_owned(),
                RuleNote { severity: Severity::Query, statement: "odd".to_owned(), cure: "look again".to_owned() },
            )]),
            excerpts: vec![Excerpt {
                table: "children".to_owned(),
                fields: vec!["CHILD".to_owned(), "SEX".to_owned()],
                rows: vec![ExcerptRow {
                    row: 3,
                    cells: ["abcdefgh", "M"].map(|cell| Guarded::new(cell.to_owned())).into(),
                }],
                left_out: 2,
            }],
            ..Report::example()
        };
        let bytes = write_report(&report).expect("writes");
        assert_eq!(bytes, write_report(&report).expect("writes again"));
        let again = read_report(&bytes).expect("reads");
        assert_eq!(again.findings, report.findings);
        assert_eq!(again.counts, report.counts);
        assert_eq!(again.rules, report.rules);
        assert_eq!(again.excerpts, report.excerpts);
        assert_eq!(
            (again.outcome, again.specification, again.notes),
            (report.outcome, report.specification, report.notes)
        );
    }
}
