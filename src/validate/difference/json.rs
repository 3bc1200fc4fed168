//! The difference as one JSON object; `schemas/changes.schema.json` describes it.

use super::{Cell, Compared, Difference, FieldChange, RecordChange, RuleDifference, TableDifference};
use crate::validate::report::finding_value;
use serde_json::{Map, Value, json};

/// The difference as a document that people and programs read; the same bytes for the same two versions.
pub fn json(difference: &Difference) -> Vec<u8> {
    let compared = |one: Compared| json!({ "sha256": one.input, "outcome": one.outcome.name() });
    let stamp = &difference.specification;
    let cut = difference.tables.iter().any(TableDifference::is_cut) || difference.rules.iter().any(|rule| rule.cut);
    let document = json!({
        "spec": {
            "id": stamp.id,
            "version": stamp.version,
            "digest": stamp.digest,
            "collection": stamp.collection,
        },
        "authority": difference.authority,
        "since": compared(difference.since),
        "now": compared(difference.now),
        "listed_at_most": difference.listed_at_most,
        "cut": cut,
        "tables": difference.tables.iter().map(table).collect::<Vec<_>>(),
        "rules": difference.rules.iter().map(rule).collect::<Vec<_>>(),
        "notes": difference.notes,
    });
    format!("{document:#}\n").into_bytes()
}

fn table(table: &TableDifference) -> Value {
    json!({
        "table": table.table,
        "key": table.key,
        "rows": { "since": table.rows_since, "now": table.rows_now },
        "added": table.added,
        "removed": table.removed,
        "changed": table.changed,
        "same": table.same,
        "cut": table.is_cut(),
        "records": table.records.iter().map(record).collect::<Vec<_>>(),
    })
}

fn record(record: &RecordChange) -> Value {
    let key: Map<String, Value> =
        record.key.iter().map(|(field, part)| (field.clone(), json!(part.reveal()))).collect();
    let fields: Vec<Value> = record.fields.iter().map(field).collect();
    json!({ "change": record.fate.name(), "key": key, "fields": fields })
}

fn field(change: &FieldChange) -> Value {
    let mut value = Map::new();
    value.insert("field".into(), json!(change.field));
    for (name, cell) in [("was", &change.was), ("now", &change.now)] {
        let shown = match cell {
            Cell::Value(text) => json!(text.reveal()),
            Cell::Empty | Cell::Unreadable => Value::Null,
        };
        value.insert(name.into(), shown);
        if *cell == Cell::Unreadable {
            value.insert(format!("{name}_unreadable"), json!(true));
        }
    }
    Value::Object(value)
}

fn rule(rule: &RuleDifference) -> Value {
    let findings = rule.findings.iter().map(|(fate, finding)| {
        let mut value = finding_value(finding);
        value["change"] = json!(fate.name());
        value
    });
    json!({
        "code": rule.code,
        "severity": rule.severity.name(),
        "statement": rule.statement,
        "since": rule.since,
        "now": rule.now,
        "fixed": rule.fixed,
        "new": rule.new,
        "same": rule.same,
        "unknown": rule.unknown,
        "cut": rule.cut,
        "findings": findings.collect::<Vec<_>>(),
    })
}
