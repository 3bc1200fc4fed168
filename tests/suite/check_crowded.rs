//! A return made to keep the process busy: all rows of a table belong to one child.

use crate::check_support::{report_on, told};
use crate::intake_support::with;
use chrono::{Days, NaiveDate};
use homeward::domain::report::{NotChecked, Outcome};
use homeward::validate::report::{json, text};

const EPISODES: &str = "CHILD,DECOM,RNE,LS,CIN,PLACE,PLACE_PROVIDER,DEC,REC,REASON_PLACE_CHANGE\n";

/// Episodes of one child, each on a day of its own, so that nothing but their number is at fault with the key.
fn episodes_of_one_child(rows: u64) -> String {
    let first = NaiveDate::from_ymd_opt(1960, 1, 1).expect("a day");
    let line = |days| format!("Kestrel01,{},P,C2,N1,U6,PR1,{0},X1,OTHER\n", first + Days::new(days));
    std::iter::once(EPISODES.to_owned()).chain((0..rows).map(line)).collect()
}

#[test]
fn a_table_of_one_child_ends_with_its_rules_not_checked_and_never_names_the_child() {
    let report = report_on(&with("episodes", &episodes_of_one_child(20_000)));
    assert_eq!(report.counts.rows["episodes"], 20_000);
    assert_eq!(report.outcome, Outcome::Errors, "{}", told(&report.findings[..report.findings.len().min(5)]));
    let crowded = |entry: &&NotChecked| entry.because.contains("20000 rows");
    let entries: Vec<_> = report.not_checked.iter().filter(crowded).collect();
    assert!(entries.iter().any(|entry| entry.code == "J205"), "{:?}", report.not_checked);
    assert!(entries.iter().all(|entry| entry.blocks && entry.rows.is_empty()), "{entries:?}");
    assert!(report.counts.by_code.keys().all(|code| !code.starts_with('J')), "{:?}", report.counts.by_code);
    let of_children = report.counts.by_code.get("C106").copied();
    assert_eq!(of_children, Some(2), "rules on other tables run: neither child has a return home");
    let messages = report.findings.iter().map(|finding| finding.message.reveal().as_str());
    let because = report.not_checked.iter().map(|entry| entry.because.as_str());
    let mut said = messages.chain(because).chain(report.notes.iter().map(String::as_str));
    assert!(said.all(|sentence| !sentence.contains("Kestrel")), "{}", told(&report.findings));
    let json = String::from_utf8(json(&report)).expect("UTF-8");
    assert!([json, text(&report, false)].iter().all(|form| form.contains("rows_of_one_subject")));
}
