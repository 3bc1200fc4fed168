//! Whose return it is, and what it answers.

use crate::intake_support::*;
use homeward::intake::{HeaderFacts, IntakeOptions};

const HEADINGS: &str = "LA,COLLECTION,PERIOD_START,PERIOD_END,SPEC_VERSION";

/// The fields of F findings and the facts, of a header with this row.
fn header(row: &str, options: &IntakeOptions) -> (Vec<(String, Option<String>)>, HeaderFacts) {
    let archive = zip(&members(&with("header", &format!("{HEADINGS}\n{row}\n"))));
    let result = upload_with("return.zip", &archive, options);
    assert!(result.findings.iter().all(|one| one.at.row == Some(2)), "{}", told(&result));
    let fields = result.findings.into_iter().map(|one| (one.code, one.at.field));
    (fields.collect(), result.header)
}

fn facts(authority: &str) -> HeaderFacts {
    HeaderFacts { authority: Some(authority.to_owned()), collection: Some("reunification-2026".to_owned()) }
}

fn found(code: &str, field: &str) -> Vec<(String, Option<String>)> {
    vec![(code.to_owned(), Some(field.to_owned()))]
}

#[test]
fn the_account_that_uploads_must_be_the_authority_named() {
    let row = "E08000016,reunification-2026,01/04/2025,31/03/2026,0.1";
    let mut options = options();
    for own in ["370", "E08000016", "E08000038"] {
        options.expected_authority = Some(own.to_owned());
        assert_eq!(header(row, &options), (vec![], facts("370")), "either code, old or new: {own}");
    }
    options.expected_authority = Some("330".to_owned());
    let (findings, header) = header(row, &options);
    assert_eq!(findings, found("F18", "LA"));
    assert_eq!(header.authority, None, "nobody's return is read as another's");
}

#[test]
fn a_collection_is_open_from_its_first_day_on() {
    let row = "330,reunification-2026,01/04/2025,31/03/2026,0.1";
    let mut options = options();
    options.today = "2026-04-01".parse().ok();
    assert_eq!(header(row, &options), (vec![], facts("330")));
    options.today = "2026-03-31".parse().ok();
    assert_eq!(header(row, &options).0, found("F19", "COLLECTION"));
}

/// What cannot be read is for the rules on values, but for the collection: without it a return belongs nowhere. What is
/// wrong is found field by field.
#[test]
fn each_field_is_held_against_the_collection() {
    let options = options();
    for (row, expected) in [
        ("330,REUNIFICATION-2026,1/4/2025,2026-03-31,0.1", vec![]),
        ("330,reunification-2026,,31/03/2026,0.1", vec![]),
        ("330,reunification-2026,soon,31/03/2026,0.1", vec![]),
        (",reunification-2026,01/04/2025,31/03/2026,0.1", vec![]),
        ("330,,01/04/2025,31/03/2026,0.1", found("F19", "COLLECTION")),
        ("330,   ,01/04/2025,31/03/2026,0.1", found("F19", "COLLECTION")),
        ("330,reunification-2026,02/04/2025,31/03/2026,0.1", found("F19", "PERIOD_START")),
        ("330,reunification-2026,01/04/2025,30/03/2026,0.1", found("F19", "PERIOD_END")),
        ("330,reunification-2026,01/04/2025,31/03/2026,0.2", found("F19", "SPEC_VERSION")),
        ("330,reunification,01/04/2025,31/03/2026,0.1", found("F19", "COLLECTION")),
        ("000,reunification-2026,01/04/2025,31/03/2026,0.1", found("F18", "LA")),
        ("928,reunification-2026,01/04/2025,31/03/2026,0.1", found("F18", "LA")),
    ] {
        assert_eq!(header(row, &options).0, expected, "{row}");
    }
}

/// What the cell holds is not in the sentence: a check decides whether it may be shown.
#[test]
fn what_a_header_cell_holds_is_the_value_of_the_finding() {
    let row = "Kestrelshire,reunification of Kestrel01,01/04/2025,31/03/2026,0.1";
    let archive = zip(&members(&with("header", &format!("{HEADINGS}\n{row}\n"))));
    let result = upload("return.zip", &archive);
    assert_eq!(codes(&result), ["F19", "F18"], "{}", told(&result));
    assert!(!told(&result).contains("Kestrel"), "{}", told(&result));
    let values: Vec<_> =
        result.findings.iter().map(|one| one.value.as_ref().map(|value| value.reveal().as_str())).collect();
    assert_eq!(values, [Some("reunification of Kestrel01"), Some("Kestrelshire")]);
}
