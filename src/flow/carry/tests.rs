use super::*;
use crate::domain::finding::{Finding, Severity};
use crate::domain::guarded::Guarded;
use crate::domain::identifier::{KeyId, ReturnId};
use crate::domain::report::{Counts, NotChecked};
use crate::spec::Specification;
use crate::validate::difference::fingerprint;
use chrono::DateTime;
use std::sync::LazyLock;

const CODE: &str = "S414";

fn specification() -> Specification {
    Specification::embedded().expect("the specification")
}

/// A query about a child, with one fact.
fn query(child: &str, fact: &str) -> Finding {
    let mut finding = Finding::new(CODE, Severity::Query, "something is odd");
    finding.at.table = Some("episodes".to_owned());
    finding.key = vec![("CHILD".to_owned(), Guarded::new(child.to_owned()))];
    finding.facts.insert("DAYS".to_owned(), Guarded::new(fact.to_owned()));
    finding
}

fn report(findings: &[Finding]) -> Report {
    Report {
        counts: Counts { by_code: [(CODE.to_owned(), findings.len() as u64)].into(), ..Counts::default() },
        findings: findings.to_vec(),
        ..Report::example()
    }
}

/// The version before, and who explained it.
static FROM: LazyLock<(VersionId, KeyId)> = LazyLock::new(|| {
    let id = ReturnId::new(DateTime::UNIX_EPOCH);
    (VersionId { id, version: 4 }, KeyId::new(DateTime::UNIX_EPOCH))
});

fn from() -> VersionId {
    FROM.0
}

fn reason(about: Explained, text: &str) -> Explanation {
    let (by, at) = (FROM.1, DateTime::UNIX_EPOCH);
    Explanation { about, code: CODE.to_owned(), text: text.to_owned(), by, at, carried_from: None }
}

fn about(finding: &Finding) -> Explained {
    Explained::Finding(fingerprint(&specification(), finding))
}

fn rule() -> Explained {
    Explained::Rule(CODE.to_owned())
}

/// What is carried, what is dropped, and the notes.
fn carried(
    reasons: &[Explanation],
    before: &Report,
    now: &Report,
) -> (Vec<Explained>, Vec<(WhyDropped, u64)>, Vec<String>) {
    let specification = specification();
    let name = |finding: &Finding| fingerprint(&specification, finding);
    let (before, now) = (Facts::of(&specification, before, name), Facts::of(&specification, now, name));
    let (entered, told) = carry(from(), reasons.to_vec(), Some(&before), &now);
    assert_eq!(told.carried, entered.explanations.len() as u64);
    assert!(entered.explanations.iter().all(|one| one.carried_from == Some(from()) && one.by == FROM.1));
    let dropped = told.dropped.iter().map(|one| (one.why, one.count)).collect();
    (entered.explanations.into_iter().map(|one| one.about).collect(), dropped, entered.notes)
}

#[test]
fn a_reason_goes_with_its_facts_and_says_why_when_it_does_not() {
    let (same, changed, gone) = (query("child0001", "3"), query("child0002", "5"), query("child0003", "7"));
    let before = report(&[same.clone(), changed.clone(), gone.clone()]);
    let mut moved = same.clone();
    moved.at.row = Some(99);
    let now = report(&[moved, query("child0002", "6"), query("child0009", "1")]);
    let reasons = [&same, &changed, &gone].map(|one| reason(about(one), "it is so"));
    let (held, dropped, notes) = carried(&reasons, &before, &now);
    assert_eq!(held, [about(&same)]);
    assert_eq!(dropped, [(WhyDropped::FactsChanged, 1), (WhyDropped::Gone, 1)]);
    insta::assert_snapshot!(notes.join("\n"), @r"
    1 explanation was carried over from version 4.
    S414: 1 explanation of version 4 was not carried over, because the facts of this finding changed.
    S414: 1 explanation of version 4 was not carried over, because the finding is gone.
    ");
}

#[test]
fn a_reason_for_the_rule_goes_whole_while_no_other_finding_comes() {
    let (one, two) = (query("child0001", "3"), query("child0002", "5"));
    let before = report(&[one.clone(), two]);
    let fewer = report(std::slice::from_ref(&one));
    assert_eq!(carried(&[reason(rule(), "all")], &before, &fewer).0, [rule()]);
    let (held, dropped, _) = carried(&[reason(rule(), "all")], &before, &report(&[]));
    assert_eq!((held, dropped), (Vec::new(), vec![(WhyDropped::Gone, 1)]));
}

#[test]
fn with_other_findings_the_rules_reason_becomes_one_for_each_unchanged_finding() {
    let (one, two, three) = (query("child0001", "3"), query("child0002", "5"), query("child0003", "7"));
    let before = report(&[one.clone(), two.clone(), three.clone()]);
    let now = report(&[one.clone(), two.clone(), query("child0003", "8"), query("child0004", "1")]);
    let reasons = [reason(rule(), "all"), reason(about(&two), "its own")];
    let (held, dropped, notes) = carried(&reasons, &before, &now);
    assert_eq!(held.len(), 2, "{held:?}");
    assert!(held.contains(&about(&one)) && held.contains(&about(&two)));
    assert_eq!(dropped, [(WhyDropped::OtherFindings, 2)]);
    assert!(notes[1].starts_with("S414: 2 findings need a reason of their own"), "{}", notes[1]);
}

#[test]
fn a_rule_that_was_not_checked_drops_nothing() {
    let (one, two) = (query("child0001", "3"), query("child0002", "5"));
    let before = report(&[one.clone(), two.clone()]);
    let mut now = report(&[]);
    now.not_checked = vec![NotChecked {
        code: CODE.to_owned(),
        because: "Not checked: a column could not be read.".to_owned(),
        rows: BTreeMap::new(),
        blocks: true,
    }];
    let (held, dropped, _) = carried(&[reason(about(&one), "it is so")], &before, &now);
    assert_eq!((held, dropped), (vec![about(&one)], Vec::new()));
    let (held, dropped, _) = carried(&[reason(rule(), "all")], &before, &now);
    assert_eq!((held.len(), dropped), (2, Vec::new()), "the version after can take them up again");
    // What was changed is told all the same.
    now.findings = vec![query("child0001", "4")];
    assert_eq!(carried(&[reason(about(&one), "x")], &before, &now).1, [(WhyDropped::FactsChanged, 1)]);
}

#[test]
fn a_cut_list_does_not_pass_for_everything() {
    let one = query("child0001", "3");
    let before = report(std::slice::from_ref(&one));
    let mut now = before.clone();
    now.counts.by_code.insert(CODE.to_owned(), 5000);
    let (held, dropped, _) = carried(&[reason(rule(), "all")], &before, &now);
    assert_eq!((held, dropped), (vec![about(&one)], vec![(WhyDropped::OtherFindings, 4999)]));
}

#[test]
fn the_version_of_the_first_writing_is_kept_and_a_lost_report_is_told() {
    let specification = specification();
    let one = query("child0001", "3");
    let first = VersionId { id: ReturnId::new(DateTime::UNIX_EPOCH), version: 1 };
    let given = Explanation { carried_from: Some(first), ..reason(about(&one), "it is so") };
    let now =
        Facts::of(&specification, &report(std::slice::from_ref(&one)), |finding| fingerprint(&specification, finding));
    let (entered, told) = carry(from(), vec![given.clone(), reason(rule(), "all")], None, &now);
    assert_eq!(entered.explanations, [given], "a reason for one finding needs no earlier report");
    assert_eq!(told.dropped, [DroppedExplanations { code: CODE.to_owned(), count: 1, why: WhyDropped::ReportGone }]);
}
