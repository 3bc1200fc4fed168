//! The report as one JSON object; `schemas/report.schema.json` describes it.

use super::groups::page;
use crate::domain::finding::{Finding, Location};
use crate::domain::report::{NotChecked, Report, RuleNote};
use serde_json::{Map, Value, json};

/// The report as a document that people and programs read; the same bytes for the same report.
pub fn json(report: &Report) -> Vec<u8> {
    format!("{:#}\n", json_value(report)).into_bytes()
}

/// The report as a value. The time of day is not in it.
pub fn json_value(report: &Report) -> Value {
    let by_severity: Map<String, Value> =
        report.counts.by_severity.iter().map(|(severity, count)| (severity.name().to_owned(), json!(count))).collect();
    json!({
        "outcome": report.outcome.name(),
        "spec": {
            "id": report.specification.id,
            "version": report.specification.version,
            "digest": report.specification.digest,
            "collection": report.specification.collection,
        },
        "input": { "sha256": report.input },
        "authority": report.authority,
        "counts": {
            "by_severity": by_severity,
            "by_rule": report.counts.by_code,
            "rows": report.counts.rows,
        },
        "rules_run": report.rules_run,
        "listed_at_most": report.listed_at_most,
        "cut": report.is_cut(),
        "rules": rules(report),
        "findings": report.findings.iter().map(finding_value).collect::<Vec<_>>(),
        "not_checked": report.not_checked.iter().map(not_checked_value).collect::<Vec<_>>(),
        "notes": report.notes,
    })
}

fn rules(report: &Report) -> Map<String, Value> {
    let rule = |(code, note): (&String, &RuleNote)| {
        let mut value = json!({ "severity": note.severity, "statement": note.statement, "cure": note.cure });
        if let Some(page) = page(report, code) {
            value["page"] = json!(page);
        }
        (code.clone(), value)
    };
    report.rules.iter().map(rule).collect()
}

/// One finding as a value. The first six members are always there; the others where they say something.
pub fn finding_value(finding: &Finding) -> Value {
    let mut value = Map::new();
    value.insert("code".into(), json!(finding.code));
    value.insert("severity".into(), json!(finding.severity.name()));
    value.insert("table".into(), json!(finding.at.table));
    value.insert("row".into(), json!(finding.at.row));
    value.insert("field".into(), json!(finding.at.field));
    value.insert("message".into(), json!(finding.message.reveal()));
    add_place(&mut value, &finding.at);
    let mut add = |name: &str, text: Option<&String>| {
        if let Some(text) = text {
            value.insert(name.into(), json!(text));
        }
    };
    add("value", finding.value.as_ref().map(|value| value.reveal()));
    add("expected", finding.expected.as_ref());
    if let Some(also) = &finding.also {
        let mut other = Map::new();
        other.insert("table".into(), json!(also.table));
        other.insert("row".into(), json!(also.row));
        add_place(&mut other, also);
        value.insert("other".into(), Value::Object(other));
    }
    if !finding.key.is_empty() {
        let key: Map<String, Value> =
            finding.key.iter().map(|(field, part)| (field.clone(), json!(part.reveal()))).collect();
        value.insert("key".into(), Value::Object(key));
    }
    if !finding.facts.is_empty() {
        let facts: Map<String, Value> =
            finding.facts.iter().map(|(name, fact)| (name.clone(), json!(fact.reveal()))).collect();
        value.insert("facts".into(), Value::Object(facts));
    }
    Value::Object(value)
}

fn add_place(value: &mut Map<String, Value>, at: &Location) {
    if let Some(container) = &at.container {
        value.insert("file".into(), json!(container));
    }
    if let Some(cell) = &at.cell {
        value.insert("cell".into(), json!(cell));
    }
    if let Some(line) = at.line {
        value.insert("line".into(), json!(line));
    }
    if let Some(byte) = at.byte {
        value.insert("byte".into(), json!(byte));
    }
}

fn not_checked_value(entry: &NotChecked) -> Value {
    json!({ "code": entry.code, "because": entry.because, "rows": entry.rows, "blocks": entry.blocks })
}
