use super::*;
use crate::domain::guarded::Guarded;
use crate::domain::identifier::KeyId;
use crate::domain::report::{Counts, NotChecked};
use crate::spec::Specification;
use crate::validate::difference::fingerprint;
use chrono::DateTime;
use std::collections::BTreeMap;

fn specification() -> Specification {
    Specification::embedded().expect("the specification")
}

fn finding(code: &str, severity: Severity, child: &str) -> Finding {
    let mut finding = Finding::new(code, severity, "something is odd");
    finding.key = vec![("CHILD".to_owned(), Guarded::new(child.to_owned()))];
    finding
}

fn report(findings: Vec<Finding>) -> Report {
    let mut counts = Counts::default();
    for found in &findings {
        *counts.by_code.entry(found.code.clone()).or_default() += 1;
    }
    Report { counts, findings, ..Report::example() }
}

fn explained(about: Explained) -> Explanation {
    Explanation {
        about,
        code: "Q601".to_owned(),
        text: "it is so".to_owned(),
        by: KeyId::new(DateTime::UNIX_EPOCH),
        at: DateTime::UNIX_EPOCH,
        carried_from: None,
    }
}

fn open(report: &Report, explanations: &[Explanation]) -> Vec<(String, u64)> {
    let specification = specification();
    let name = |finding: &Finding| fingerprint(&specification, finding);
    remaining(name, report, explanations).into_iter().map(|rule| (rule.code, rule.findings)).collect()
}

#[test]
fn each_query_needs_its_own_explanation_or_its_rules() {
    let one = finding("Q601", Severity::Query, "child0001");
    let report = report(vec![
        one.clone(),
        finding("Q601", Severity::Query, "child0002"),
        finding("N901", Severity::Info, "child0003"),
    ]);
    assert_eq!(open(&report, &[]), [("Q601".to_owned(), 2)]);
    let own = explained(Explained::Finding(fingerprint(&specification(), &one)));
    assert_eq!(open(&report, std::slice::from_ref(&own)), [("Q601".to_owned(), 1)]);
    assert!(open(&report, &[explained(Explained::Rule("Q601".to_owned()))]).is_empty());
    assert_eq!(open(&report, &[explained(Explained::Rule("Q602".to_owned()))]).len(), 1);
}

#[test]
fn an_error_and_a_blocking_rule_cannot_be_explained_away() {
    let mut report = report(vec![finding("V01", Severity::Error, "child0001")]);
    let not_checked = |code: &str, blocks| NotChecked {
        code: code.to_owned(),
        because: "Not checked: a column could not be read.".to_owned(),
        rows: BTreeMap::from([("children".to_owned(), 4)]),
        blocks,
    };
    report.not_checked = vec![not_checked("J201", true), not_checked("L801", false)];
    let explanations = [explained(Explained::Rule("V01".to_owned())), explained(Explained::Rule("J201".to_owned()))];
    assert_eq!(open(&report, &explanations), [("V01".to_owned(), 1), ("J201".to_owned(), 4)]);
}

#[test]
fn findings_past_the_list_need_the_whole_rule() {
    let one = finding("Q601", Severity::Query, "child0001");
    let mut report = report(vec![one.clone()]);
    report.counts.by_code.insert("Q601".to_owned(), 5000);
    let own = explained(Explained::Finding(fingerprint(&specification(), &one)));
    assert_eq!(open(&report, &[own]), [("Q601".to_owned(), 4999)]);
    assert!(open(&report, &[explained(Explained::Rule("Q601".to_owned()))]).is_empty());
}

#[test]
fn a_fingerprint_is_of_the_record_and_its_facts_and_not_of_the_row() {
    let mut one = finding("Q601", Severity::Query, "child0001");
    let first = fingerprint(&specification(), &one);
    one.at.row = Some(99);
    assert_eq!(fingerprint(&specification(), &one), first);
    one.facts.insert("DEC".to_owned(), Guarded::new("2026-01-01".to_owned()));
    let with_fact = fingerprint(&specification(), &one);
    assert_ne!(with_fact, first);
    one.facts.insert("DEC".to_owned(), Guarded::new("2026-01-02".to_owned()));
    assert_ne!(fingerprint(&specification(), &one), with_fact);
}
