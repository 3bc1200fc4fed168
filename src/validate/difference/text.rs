//! The difference as text for a terminal.

use super::{Cell, Difference, FieldChange, FindingFate, RecordChange, RecordFate, RuleDifference, TableDifference};
use crate::validate::report::{key_phrase, place_phrase};
use std::fmt::Write as _;

/// Changes of one table, or findings of one rule, that are written out; JSON lists more.
const WRITTEN: usize = 20;

/// What changed, tables first, then findings by rule.
pub fn text(difference: &Difference) -> String {
    let mut out = String::new();
    let sum = |count: fn(&TableDifference) -> u64| difference.tables.iter().map(count).sum::<u64>();
    let total = |count: fn(&RuleDifference) -> u64| difference.rules.iter().map(count).sum::<u64>();
    // Unwrap safety, here and below: writing to a String cannot fail, so the result carries nothing.
    let _ = writeln!(
        out,
        "Records: {} added, {} removed, {} changed, {} the same.",
        sum(|table| table.added),
        sum(|table| table.removed),
        sum(|table| table.changed),
        sum(|table| table.same)
    );
    let mut findings = format!(
        "Findings: {} fixed, {} new, {} the same",
        total(|rule| rule.fixed),
        total(|rule| rule.new),
        total(|rule| rule.same)
    );
    match total(|rule| rule.unknown) {
        0 => {}
        unknown => {
            let _ = write!(findings, ", {unknown} of which it cannot be told");
        }
    }
    let _ = writeln!(out, "{findings}.");
    let _ = writeln!(out, "  Earlier: {}, SHA-256 {}", difference.since.outcome, difference.since.input);
    let _ = writeln!(out, "  Now: {}, SHA-256 {}", difference.now.outcome, difference.now.input);
    for note in &difference.notes {
        let _ = writeln!(out, "  {note}");
    }
    for table in difference.tables.iter().filter(|table| table.added + table.removed + table.changed > 0) {
        write_table(&mut out, table);
    }
    let mut rules: Vec<&RuleDifference> = difference.rules.iter().collect();
    rules.sort_by_key(|rule| (rule.severity, &rule.code));
    for rule in rules {
        write_rule(&mut out, rule);
    }
    out
}

fn write_table(out: &mut String, table: &TableDifference) {
    let _ = writeln!(
        out,
        "\n{}: {} added, {} removed, {} changed, {} the same",
        table.table, table.added, table.removed, table.changed, table.same
    );
    for record in table.records.iter().take(WRITTEN) {
        let _ = writeln!(out, "  {} {}", record.fate.name(), phrase(record));
    }
    let shown = table.records.len().min(WRITTEN) as u64;
    let more = table.added + table.removed + table.changed - shown;
    if more > 0 {
        let _ = writeln!(out, "  … and {more} more");
    }
}

/// `CHILD Kestrel01: SEX M → F`
fn phrase(record: &RecordChange) -> String {
    let shown = |cell: &Cell| match cell {
        Cell::Value(text) => text.reveal().clone(),
        Cell::Empty => "(empty)".to_owned(),
        Cell::Unreadable => "(cannot be read)".to_owned(),
    };
    let field = |change: &FieldChange| match record.fate {
        RecordFate::Added => format!("{} {}", change.field, shown(&change.now)),
        RecordFate::Removed => format!("{} {}", change.field, shown(&change.was)),
        RecordFate::Changed => format!("{} {} → {}", change.field, shown(&change.was), shown(&change.now)),
    };
    let fields: Vec<String> = record.fields.iter().map(field).collect();
    match (key_phrase(&record.key), fields.join("; ")) {
        (key, fields) if key.is_empty() => format!("a row without a key: {fields}"),
        (key, fields) if fields.is_empty() => key,
        (key, fields) => format!("{key}: {fields}"),
    }
}

fn write_rule(out: &mut String, rule: &RuleDifference) {
    let mut counts = format!("{} fixed, {} new, {} the same", rule.fixed, rule.new, rule.same);
    if rule.unknown > 0 {
        let _ = write!(counts, ", {} of which it cannot be told", rule.unknown);
    }
    let _ = writeln!(
        out,
        "\n{} {}: {}\n  {counts} ({} before, {} now)",
        rule.severity, rule.code, rule.statement, rule.since, rule.now
    );
    if rule.cut {
        let _ = writeln!(out, "  Only the findings that the reports list were compared.");
    }
    for (fate, finding) in rule.findings.iter().take(WRITTEN) {
        let key = key_phrase(&finding.key);
        let of = if key.is_empty() { String::new() } else { format!(" ({key})") };
        let file = if *fate == FindingFate::Fixed { "in the earlier version, " } else { "" };
        let _ = writeln!(out, "  {} {file}{}{of}", fate.name(), place_phrase(&finding.at));
    }
    let more = rule.findings.len().saturating_sub(WRITTEN);
    if more > 0 {
        let _ = writeln!(out, "  … and {more} more");
    }
}
