//! JSON documents: what is read, and what is found where.

use crate::intake_support::*;
use homeward::intake::IntakeResult;

const REST: &str =
    "\"episodes\": [], \"reunifications\": [], \"support\": [], \"breakdowns\": [], \"outcomes\": [], \"totals\": []";
const HEADER: &str = "{\"LA\": 330, \"COLLECTION\": \"reunification-2026\", \"PERIOD_START\": \"2025-04-01\", \
                      \"PERIOD_END\": \"2026-03-31\", \"SPEC_VERSION\": \"0.1\"}";
const CHILD: &str = "{\"CHILD\": \"Kestrel01\", \"SEX\": \"M\", \"BIRTH_MONTH\": \"2014-06\", \"ETHNIC\": \"WBRI\", \
                     \"DISABILITY\": \"NONE\", \"UASC\": 0}";

/// A whole document with these children, on its second line.
fn document(children: &str) -> String {
    format!("{{\"header\": [{HEADER}], {REST},\n\"children\": {children}}}")
}

fn json(text: &str) -> IntakeResult {
    upload("return.json", text.as_bytes())
}

#[test]
fn a_document_is_read_as_the_csv_files_are() {
    let second = "{\"child\": \"Kestrel02\", \"SEX\": \"F\", \"BIRTH_MONTH\": \"2012-01\", \"ETHNIC\": \"WBRI\", \
                  \"DISABILITY\": \"NONE\", \"UASC\": 0, \"SEN\": null, \"SIBLINGS_IN_CARE\": 12345678901234567890.50}";
    let result = json(&document(&format!("[{CHILD}, {{}}, {second}]")));
    assert_eq!(codes(&result), [] as [&str; 0], "{}", told(&result));
    let expected = [(2, "Kestrel01".to_owned()), (4, "Kestrel02".to_owned())];
    assert_eq!(cells(&result.read, "children", "CHILD"), expected);
    let numbers = cells(&result.read, "children", "SIBLINGS_IN_CARE");
    assert_eq!(numbers[1].1, "12345678901234567890.50", "digits are kept as they are written");
    assert_eq!(result.header.authority.as_deref(), Some("330"));
    let marked = format!("\u{feff}{}", document("[]"));
    assert_eq!(codes(&json(&marked)), [] as [&str; 0], "a byte-order mark is no part of the document");
}

#[test]
fn broken_documents_are_found_at_their_place() {
    let child = |from: &str, to: &str| document(&format!("[{}]", CHILD.replacen(from, to, 1)));
    let deep = "[".repeat(9) + &"]".repeat(9);
    for (kind, text, expected) in [
        ("a list", "[1]".to_owned(), ("F16", None, Some(1))),
        ("cut off", document("[")[..200].to_owned(), ("F16", None, Some(1))),
        ("something after its end", document("[]") + "\nx", ("F16", None, Some(3))),
        ("a comma before the end", document("[1,]"), ("F16", Some(2), Some(2))),
        ("no quotes around a name", child("\"SEX\"", "SEX"), ("F16", None, Some(2))),
        ("single quotes", child("\"M\"", "'M'"), ("F16", None, Some(2))),
        ("a comment", child("\"M\"", "/* */ \"M\""), ("F16", None, Some(2))),
        ("NaN", child("0}", "NaN}"), ("F16", None, Some(2))),
        ("Infinity", child("0}", "-Infinity}"), ("F16", None, Some(2))),
        ("a leading nought", child("0}", "00}"), ("F16", None, Some(2))),
        ("half a surrogate", child("\"M\"", "\"\\ud800\""), ("F16", None, Some(2))),
        ("a line break in a string", child("\"M\"", "\"M\n\""), ("F16", None, Some(2))),
        ("too deep", document(&deep), ("F16", Some(2), Some(2))),
        ("a cell twice", child("\"SEX\"", "\"CHILD\""), ("F16", Some(2), Some(2))),
        (
            "a cell twice in another case",
            child("\"SEX\": \"M\"", "\"SEX\": \"M\", \"sex\": \"M\""),
            ("F16", Some(2), None),
        ),
        ("a list in a cell", child("\"NONE\"", "[\"NONE\"]"), ("F16", Some(2), Some(2))),
        ("a row that is a list", document("[[1]]"), ("F16", Some(2), Some(2))),
        ("a table that is an object", document("{}"), ("F16", None, Some(2))),
        ("a table twice", document("[], \"children\": []"), ("F16", None, Some(2))),
        ("a table twice in another case", document("[], \"Children\": []"), ("F20", None, None)),
        ("an unknown member", document("[], \"notes\": []"), ("F13", None, None)),
        ("an unknown cell", child("\"UASC\"", "\"UASC\": 0, \"X\""), ("F11", Some(2), None)),
        ("a control character in a cell", child("\"M\"", "\"\\u0007\""), ("F06", Some(2), None)),
        ("a NUL in the text", child("\"M\"", "\"\0\""), ("F06", None, Some(2))),
        ("a cell too long", child("\"M\"", &format!("\"{}\"", "x".repeat(10_001))), ("F17", Some(2), None)),
    ] {
        let result = json(&text);
        let found = result.findings.iter().find(|one| one.code == expected.0);
        let found = found.map(|one| (one.code.as_str(), one.at.row, one.at.line));
        assert_eq!(found, Some(expected), "{kind}: {}", told(&result));
    }
}

#[test]
fn a_document_that_breaks_off_still_gives_what_it_held() {
    let text = document(&format!("[{CHILD}, {CHILD}, {{\"CHILD\": \"Kestrel03\""));
    let result = json(&text);
    assert_eq!(codes(&result), ["F16"], "nothing is missing that may have followed: {}", told(&result));
    assert_eq!(result.findings[0].at.byte, Some(text.len() as u64), "{}", told(&result));
    assert_eq!(result.read.table("children").map(|table| table.rows()), Some(3));
}

/// As deep as is allowed, and one deeper.
#[test]
fn depth_is_counted_from_the_document() {
    let cell = |depth: usize| format!("[{{\"CHILD\": {}{}}}]", "[".repeat(depth), "]".repeat(depth));
    let allowed = json(&document(&cell(5)));
    assert!(only(&allowed, "F16").message.reveal().contains("is a list or an object"), "{}", told(&allowed));
    let result = json(&document(&cell(6)));
    assert!(result.findings.iter().any(|one| one.message.reveal().contains("json_depth")), "{}", told(&result));
}
