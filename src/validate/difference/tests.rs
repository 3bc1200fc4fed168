//! Two small versions of a return, made by hand.

use super::*;
use crate::domain::finding::Finding;
use crate::domain::report::{Counts, NotChecked, RuleNote};
use crate::spec::{Specification, Table};
use crate::validate::values::Unusable;
use arrow::array::{ArrayRef, Date32Array, Float64Array, Int64Array, RecordBatch, StringArray};
use arrow::datatypes::DataType;
use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};

static SPECIFICATION: LazyLock<Specification> = LazyLock::new(|| Specification::embedded().expect("the specification"));

fn table(name: &str) -> &'static Table {
    SPECIFICATION.table(name).expect("a table")
}

/// A table from texts, in the fields that are named; the others are empty.
fn batch(table: &Table, fields: &[&str], rows: &[&[&str]]) -> RecordBatch {
    let shape = crate::spec::table_shape(table);
    let columns = shape.fields().iter().map(|field| -> ArrayRef {
        let at = fields.iter().position(|name| *name == field.name());
        let cells = rows.iter().map(|row| at.map(|at| row[at]).filter(|cell| !cell.is_empty()));
        match field.data_type() {
            DataType::Int64 => Arc::new(
                cells.map(|cell| cell.map(|cell| cell.parse::<i64>().expect("a number"))).collect::<Int64Array>(),
            ),
            DataType::Float64 => Arc::new(
                cells.map(|cell| cell.map(|cell| cell.parse::<f64>().expect("a number"))).collect::<Float64Array>(),
            ),
            DataType::Date32 => Arc::new(
                cells.map(|cell| cell.map(|cell| cell.parse::<i32>().expect("a day"))).collect::<Date32Array>(),
            ),
            _ => Arc::new(cells.collect::<StringArray>()),
        }
    });
    let columns = columns.collect();
    RecordBatch::try_new(Arc::clone(&shape), columns).expect("a table")
}

fn typed(tables: Vec<(&str, RecordBatch)>) -> TypedReturn {
    let tables = tables.into_iter().map(|(name, batch)| (name.to_owned(), batch)).collect();
    TypedReturn { tables, ..TypedReturn::default() }
}

fn children(rows: &[&[&str]]) -> TypedReturn {
    typed(vec![("children", batch(table("children"), &["CHILD", "SEX", "BIRTH_MONTH", "SIBLINGS_IN_CARE"], rows))])
}

fn compared(name: &str, since: &TypedReturn, now: &TypedReturn) -> TableDifference {
    records::compare(table(name), since, now).expect("compares").expect("has the table")
}

fn counts(found: &TableDifference) -> [u64; 4] {
    [found.added, found.removed, found.changed, found.same]
}

fn report(findings: Vec<Finding>) -> Report {
    let mut counts = Counts::default();
    for finding in &findings {
        *counts.by_code.entry(finding.code.clone()).or_default() += 1;
    }
    let note = |finding: &Finding| RuleNote {
        severity: finding.severity,
        statement: "Something is odd".to_owned(),
        cure: String::new(),
    };
    Report {
        outcome: Outcome::Queries,
        specification: SPECIFICATION.stamp(Some("reunification-2026")),
        input: Digest::of(b"input"),
        authority: Some("330".to_owned()),
        counts,
        rules: findings.iter().map(|finding| (finding.code.clone(), note(finding))).collect(),
        findings,
        listed_at_most: 1000,
        not_checked: Vec::new(),
        notes: Vec::new(),
        rules_run: 1,
        excerpts: Vec::new(),
    }
}

fn query(code: &str, child: &str, day: &str) -> Finding {
    let mut finding = Finding::new(code, Severity::Query, "something is odd");
    finding.at.table = Some("episodes".to_owned());
    finding.at.field = Some("DECOM".to_owned());
    finding.at.row = Some(2);
    let guarded = |text: &str| Guarded::new(text.to_owned());
    finding.key = vec![("CHILD".to_owned(), guarded(child)), ("DECOM".to_owned(), guarded(day))];
    finding.value = Some(guarded(day));
    finding
}

#[test]
fn records_are_added_removed_and_changed_by_their_key() {
    let since = children(&[
        &["Kestrel01", "M", "16222", "2"],
        &["Kestrel02", "F", "16222", ""],
        &["Kestrel03", "F", "16222", "1"],
    ]);
    let now = children(&[
        &["Kestrel04", "F", "16222", "1"],
        &["Kestrel03", "F", "16222", "1"],
        &["Kestrel01", "F", "16253", ""],
    ]);
    let found = compared("children", &since, &now);
    assert_eq!(counts(&found), [1, 1, 1, 1]);
    assert_eq!((found.rows_since, found.rows_now, found.is_cut()), (3, 3, false));
    let both = Difference {
        specification: SPECIFICATION.stamp(None),
        authority: None,
        since: Compared { input: Digest::of(b"since"), outcome: Outcome::Clean },
        now: Compared { input: Digest::of(b"now"), outcome: Outcome::Clean },
        tables: vec![found],
        rules: Vec::new(),
        notes: Vec::new(),
        listed_at_most: LISTED_AT_MOST,
    };
    insta::assert_snapshot!(text(&both), @r"
    Records: 1 added, 1 removed, 1 changed, 1 the same.
    Findings: 0 fixed, 0 new, 0 the same.
      Earlier: clean, SHA-256 6b5a3ded016ab78269898c6e38d09f71e71e9311d53569f668e76378de0a798a
      Now: clean, SHA-256 ed5eb9a37e2d8231af3388319b941995f6dc8755c56043d0cc52b5fe405a87de

    children: 1 added, 1 removed, 1 changed, 1 the same
      changed CHILD Kestrel01: SEX M → F; BIRTH_MONTH 2014-06 → 2014-07; SIBLINGS_IN_CARE 2 → (empty)
      removed CHILD Kestrel02
      added CHILD Kestrel04
    ");
    assert!(!format!("{both:?}").contains("Kestrel"), "nothing prints a value by accident");
}

#[test]
fn the_order_of_rows_changes_nothing() {
    let rows: [&[&str]; 3] =
        [&["Kestrel01", "M", "1", "2"], &["Kestrel02", "F", "2", ""], &["Kestrel03", "F", "3", "1"]];
    let turned: Vec<&[&str]> = rows.iter().rev().copied().collect();
    assert_eq!(counts(&compared("children", &children(&rows), &children(&turned))), [0, 0, 0, 3]);
}

#[test]
fn a_key_that_stands_twice_is_compared_row_by_row() {
    let since = children(&[&["Kestrel01", "M", "1", "2"], &["Kestrel01", "F", "1", "2"]]);
    let now = children(&[&["Kestrel01", "F", "1", "2"], &["Kestrel01", "M", "1", "3"], &["Kestrel01", "M", "1", "4"]]);
    assert_eq!(counts(&compared("children", &since, &now)), [1, 0, 1, 1]);
}

#[test]
fn rows_without_a_key_are_there_or_not() {
    let keyless = Table { key: Vec::new(), ..table("costs").clone() };
    let costs = |rows: &[&[&str]]| typed(vec![("costs", batch(&keyless, &["COST", "AMOUNT"], rows))]);
    let since = costs(&[&["A", "1"], &["A", "1"], &["B", "2.5"]]);
    let now = costs(&[&["B", "2.5"], &["A", "1"], &["A", "3"]]);
    let found = records::compare(&keyless, &since, &now).expect("compares").expect("has the table");
    assert_eq!(counts(&found), [1, 1, 0, 2]);
    assert!(found.records.iter().all(|record| record.key.is_empty() && record.fields.len() == 2));
    // A key that is not whole is no key.
    let (since, now) = (children(&[&["", "M", "1", "2"]]), children(&[&["", "F", "1", "2"]]));
    assert_eq!(counts(&compared("children", &since, &now)), [1, 1, 0, 0]);
}

#[test]
fn a_table_that_one_version_has_not_is_wholly_new_or_gone() {
    let (none, one) = (TypedReturn::default(), children(&[&["Kestrel01", "M", "1", "2"]]));
    assert_eq!(counts(&compared("children", &none, &one)), [1, 0, 0, 0]);
    assert_eq!(counts(&compared("children", &one, &none)), [0, 1, 0, 0]);
    assert!(records::compare(table("children"), &none, &none).expect("compares").is_none());
}

#[test]
fn counts_are_exact_past_the_cap_and_say_so() {
    let names: Vec<String> = (0..LISTED_AT_MOST + 5).map(|at| format!("Kestrel{at:05}")).collect();
    let rows: Vec<[&str; 4]> = names.iter().map(|name| [name.as_str(), "M", "1", ""]).collect();
    let rows: Vec<&[&str]> = rows.iter().map(<[&str; 4]>::as_slice).collect();
    let found = compared("children", &TypedReturn::default(), &children(&rows));
    assert_eq!((found.added, found.records.len() as u64, found.is_cut()), (LISTED_AT_MOST + 5, LISTED_AT_MOST, true));
}

#[test]
fn a_cell_that_cannot_be_read_is_no_empty_cell() {
    let (since, mut now) = (children(&[&["Kestrel01", "M", "1", ""]]), children(&[&["Kestrel01", "M", "1", ""]]));
    assert_eq!(counts(&compared("children", &since, &now)), [0, 0, 0, 1]);
    let unusable = Unusable { cells: BTreeMap::from([("SIBLINGS_IN_CARE".to_owned(), vec![0])]), orphans: Vec::new() };
    now.unusable.insert("children".to_owned(), unusable);
    let found = compared("children", &since, &now);
    assert_eq!(counts(&found), [0, 0, 1, 0]);
    let field = &found.records[0].fields[0];
    assert_eq!((field.field.as_str(), &field.was, &field.now), ("SIBLINGS_IN_CARE", &Cell::Empty, &Cell::Unreadable));
}

#[test]
fn findings_are_fixed_new_or_the_same_by_their_facts_and_not_their_row() {
    let since = report(vec![query("S414", "Kestrel01", "01/05/2025"), query("S414", "Kestrel02", "01/05/2025")]);
    let mut moved = query("S414", "Kestrel01", "2025-05-01");
    moved.at.row = Some(40);
    let now = report(vec![moved, query("S414", "Kestrel03", "01/05/2025")]);
    let found = rules::compare(&SPECIFICATION, &since, &now);
    let rule = &found[0];
    assert_eq!([rule.since, rule.now, rule.fixed, rule.new, rule.same, rule.unknown], [2, 2, 1, 1, 1, 0]);
    let fates: Vec<FindingFate> = rule.findings.iter().map(|(fate, _)| *fate).collect();
    assert_eq!(fates, [FindingFate::New, FindingFate::Fixed]);
}

#[test]
fn a_rule_that_was_not_checked_has_fixed_nothing() {
    let since = report(vec![query("S414", "Kestrel01", "01/05/2025")]);
    let mut now = report(Vec::new());
    let because = "Not checked.".to_owned();
    now.not_checked = vec![NotChecked { code: "S414".to_owned(), because, rows: BTreeMap::new(), blocks: true }];
    let found = rules::compare(&SPECIFICATION, &since, &now);
    assert_eq!([found[0].fixed, found[0].unknown], [0, 1]);
    let mut cut = report(vec![query("S414", "Kestrel01", "01/05/2025")]);
    cut.counts.by_code.insert("S414".to_owned(), 7);
    let found = rules::compare(&SPECIFICATION, &cut, &report(vec![query("S414", "Kestrel09", "01/05/2025")]));
    assert_eq!(([found[0].since, found[0].fixed, found[0].unknown], found[0].cut), ([7, 1, 1], true));
}

#[test]
fn a_fact_that_names_a_row_moves_and_a_value_counts() {
    let one = query("V07", "Kestrel01", "01/05/2025");
    let same = |other: &Finding| fingerprint(&SPECIFICATION, &one) == fingerprint(&SPECIFICATION, other);
    let mut other = one.clone();
    other.facts.insert("OTHER_ROW".to_owned(), Guarded::new("7".to_owned()));
    assert!(same(&other));
    other.facts.insert("DAYS".to_owned(), Guarded::new("7".to_owned()));
    assert!(!same(&other));
    let mut other = one.clone();
    other.value = Some(Guarded::new("02/05/2025".to_owned()));
    assert!(!same(&other));
    other.value = Some(Guarded::new("1/5/2025".to_owned()));
    assert!(same(&other), "another writing of the same day");
}
