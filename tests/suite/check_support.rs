//! Checks of uploads made in code.

use crate::intake_support::{specification, upload_tables};
use homeward::cli::sample::{Authorities, SampleOptions, SampleReturn, generate};
use homeward::domain::finding::Finding;
use homeward::domain::report::Report;
use homeward::intake::IntakeResult;
use homeward::spec::Specification;
use homeward::validate::{CheckContext, CheckOutcome, Validator};
use std::sync::{Arc, OnceLock};

/// One validator for all tests: it plans every rule.
pub(crate) fn validator() -> &'static Validator {
    static VALIDATOR: OnceLock<Validator> = OnceLock::new();
    VALIDATOR.get_or_init(|| {
        let specification = Arc::new(Specification::clone(specification()));
        Validator::new(specification).expect("the pages of the built-in rules are there")
    })
}

pub(crate) fn check(intake: IntakeResult) -> CheckOutcome {
    validator().check(intake, &CheckContext::default())
}

pub(crate) fn report_on(tables: &[(String, String)]) -> Report {
    check(upload_tables(tables)).report
}

/// One authority's sample return as texts by table.
pub(crate) fn sample(collection: &str) -> Vec<(String, String)> {
    let options = SampleOptions {
        authorities: Authorities::Some(vec!["330".to_owned()]),
        returns_a_year: Some(12.0),
        ..SampleOptions::new(collection, 7)
    };
    let mut made = generate(&options, specification()).expect("a sample");
    let made: SampleReturn = made.next().expect("one authority").expect("a return");
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).expect("UTF-8");
    made.tables.iter().map(|table| (table.name.to_string(), text(&table.bytes))).collect()
}

/// The findings of a rule as (table, row, field).
pub(crate) fn places(report: &Report, code: &str) -> Vec<(String, Option<u32>, String)> {
    let found = report.findings.iter().filter(|finding| finding.code == code);
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    found.map(|finding| (text(&finding.at.table), finding.at.row, text(&finding.at.field))).collect()
}

/// Changes one cell of a table in CSV without quotes; `row` as a person sees it.
pub(crate) fn set(tables: &mut [(String, String)], table: &str, row: usize, field: &str, value: &str) {
    let (_, text) = tables.iter_mut().find(|(name, _)| name == table).expect("the table is there");
    let column = text.lines().next().expect("headings").split(',').position(|heading| heading == field);
    let column = column.expect("the column is there");
    let lines = text.lines().enumerate().map(|(at, line)| {
        if at + 1 != row {
            return line.to_owned();
        }
        let mut cells: Vec<&str> = line.split(',').collect();
        cells[column] = value;
        cells.join(",")
    });
    let changed = lines.collect::<Vec<_>>().join("\n") + "\n";
    *text = changed;
}

/// The findings as text, for messages of tests.
pub(crate) fn told(findings: &[Finding]) -> String {
    let lines = findings.iter().map(|one| format!("{} {:?} {}", one.code, one.at, one.message.reveal()));
    lines.collect::<Vec<_>>().join("\n")
}
