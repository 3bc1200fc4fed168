//! Reports as people and programs read them.

use super::*;
use crate::domain::finding::{Finding, Location, Severity};
use crate::domain::guarded::Guarded;
use crate::domain::report::{Counts, NotChecked, Outcome, Report, RuleNote};
use std::collections::BTreeMap;

fn report() -> Report {
    let at = |row, field: &str| Location {
        table: Some("episodes".to_owned()),
        container: Some("Episodes.csv".to_owned()),
        row: Some(row),
        field: Some(field.to_owned()),
        line: Some(row + 1),
        ..Location::default()
    };
    let mut odd = Finding::new("J201", Severity::Error, "The episode ceased on 01/01/2025 <before> it commenced.")
        .at(at(3, "DEC"));
    odd.key = vec![("CHILD".to_owned(), Guarded::new("Kestrel01".to_owned()))];
    odd.value = Some(Guarded::new("=HYPERLINK(\"x\")".to_owned()));
    odd.facts = BTreeMap::from([("DEC".to_owned(), Guarded::new("01/01/2025".to_owned()))]);
    let mut twice =
        Finding::new("V07", Severity::Error, "The same key as row 2.").at(at(4, "CHILD")).expected("one row");
    twice.also = Some(at(2, "CHILD"));
    let note = |statement: &str| RuleNote {
        severity: Severity::Error,
        statement: statement.to_owned(),
        cure: "Compare *both* with the record. <script>no</script>".to_owned(),
    };
    Report {
        outcome: Outcome::Errors,
        counts: Counts {
            by_code: BTreeMap::from([("J201".to_owned(), 5), ("V07".to_owned(), 1)]),
            by_severity: BTreeMap::from([(Severity::Error, 6)]),
            rows: BTreeMap::from([("episodes".to_owned(), 6)]),
        },
        findings: vec![odd, twice],
        listed_at_most: 1,
        not_checked: vec![NotChecked {
            code: "L801".to_owned(),
            because: "Not checked: there is no last return to compare with.".to_owned(),
            rows: BTreeMap::new(),
            blocks: false,
        }],
        notes: vec!["One file was left aside.".to_owned()],
        rules_run: 40,
        rules: BTreeMap::from([
            ("J201".to_owned(), note("The episode ceased before it commenced")),
            ("V07".to_owned(), note("Two rows of a table have the same key")),
        ]),
        ..Report::example()
    }
}

#[test]
fn text_is_by_rule_with_places_and_what_is_not_listed() {
    insta::assert_snapshot!(text(&report(), false), @r#"
    It has errors, which must be corrected before it can be signed: 6 errors.
      Authority: 330
      Collection: example-2026
      Rows read: episodes 6
      Rules run: 40
      Specification: example 0.1, SHA-256 83ae2f5a38db4ea1ec02e0210a84469fdc50dafe1b6a08a6d0904027baf6f32e
      Upload: SHA-256 c96c6d5be8d08a12e7b5cdc1b207fa6b2430974c86803d8891675e76fd992c20
      One file was left aside.

    error J201: The episode ceased before it commenced (5 times)
      Episodes.csv, row 3, line 4, DEC (CHILD Kestrel01)
        The episode ceased on 01/01/2025 <before> it commenced.
        There stands: =HYPERLINK("x")
      … and 4 more of J201

    error V07: Two rows of a table have the same key
      Episodes.csv, row 4, line 5, CHILD
        The same key as row 2.
        See also: Episodes.csv, row 2, line 3, CHILD

    Not checked
      L801: Not checked: there is no last return to compare with.
    "#);
}

#[test]
fn colours_are_put_on_only_when_asked_for() {
    assert!(text(&report(), true).contains("\u{1b}[31merror\u{1b}[0m J201"));
    assert!(!text(&report(), false).contains('\u{1b}'));
}

#[test]
fn csv_has_a_line_for_each_finding_and_no_formula() {
    let bytes = csv(&report());
    let mut lines = ::csv::Reader::from_reader(bytes.as_slice());
    assert_eq!(lines.headers().expect("headings").iter().take(3).collect::<Vec<_>>(), ["code", "severity", "table"]);
    let lines: Vec<::csv::StringRecord> = lines.records().map(|line| line.expect("a line")).collect();
    let codes: Vec<&str> = lines.iter().map(|line| &line[0]).collect();
    assert_eq!(codes, ["J201", "V07", "J201", "L801"]);
    assert_eq!(&lines[0][9], "'=HYPERLINK(\"x\")");
    assert_eq!((&lines[1][12], &lines[1][13]), ("episodes", "2"));
    assert_eq!(&lines[2][8], "4 more of J201 are counted and not listed.");
    assert_eq!(&lines[0][15], "DEC 01/01/2025");
    assert_eq!(&lines[0][16], "/v1/collections/example-2026/specification/rules/J201");
}

#[test]
fn html_escapes_everything_and_fetches_nothing() {
    let page = String::from_utf8(html(&report())).expect("UTF-8");
    assert!(page.contains("&lt;before&gt;") && !page.contains("<before>"));
    assert!(page.contains("<em>both</em>") && !page.contains("<script>"));
    for part in ["<html lang=\"en-GB\">", "<main>", "<caption>", "scope=\"col\"", "scope=\"row\"", "@media print"] {
        assert!(page.contains(part), "{part}");
    }
    for door in ["http://", "https://", "src=", "url(", "@import", "<link", "onload"] {
        assert!(!page.contains(door), "{door}");
    }
    for tag in ["section", "table", "tbody", "thead", "tr", "td", "th", "h2", "dl", "main"] {
        let (opened, closed) = (
            page.matches(&format!("<{tag}>")).count() + page.matches(&format!("<{tag} ")).count(),
            page.matches(&format!("</{tag}>")).count(),
        );
        assert_eq!(opened, closed, "{tag}");
    }
}

#[test]
fn json_has_the_members_that_clients_depend_on() {
    let value: serde_json::Value = serde_json::from_slice(&json(&report())).expect("JSON");
    assert_eq!(value["outcome"], "errors");
    assert_eq!(value["counts"]["by_rule"]["J201"], 5);
    assert_eq!(value["cut"], true);
    assert_eq!(value["rules"]["V07"]["page"], "/v1/collections/example-2026/specification/rules/V07");
    let first = &value["findings"][0];
    assert_eq!((&first["code"], &first["row"], &first["field"]), (&"J201".into(), &3.into(), &"DEC".into()));
    assert_eq!(value["findings"][1]["other"]["row"], 2);
    assert!(finding_value(&Finding::new("Q03", Severity::Query, "all"))["row"].is_null());
}

#[test]
fn a_clean_report_says_so() {
    let mut clean = report();
    clean.outcome = Outcome::Clean;
    clean.findings.clear();
    clean.counts = Counts::default();
    clean.not_checked.clear();
    assert!(text(&clean, false).starts_with("It is clean: nothing was found.\n"));
}
