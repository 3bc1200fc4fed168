//! What is found, and near misses that are not.

use super::detect::{CODES, Detector};
use super::withhold::withhold;
use crate::spec::{FieldType, Specification};

fn found(text: &str, kind: Option<FieldType>) -> Vec<&'static str> {
    let marks = Detector::default().cell(text, kind);
    CODES.into_iter().enumerate().filter(|(at, _)| marks & (1 << at) != 0).map(|(_, code)| code).collect()
}

#[track_caller]
fn finds(code: &str, texts: &[&str]) {
    for text in texts {
        assert_eq!(found(text, None), [code], "{text}");
    }
}

#[track_caller]
fn finds_nothing(texts: &[&str]) {
    for text in texts {
        assert!(found(text, None).is_empty(), "{text}: {:?}", found(text, None));
    }
}

#[test]
fn postcodes_of_every_form() {
    let forms = ["M1 1AE", "B33 8TH", "CR2 6XH", "DN55 1PT", "W1A 1HQ", "EC1A 1BB", "GIR 0AA", "E8 1AB"];
    finds("P02", &forms);
    let whole: Vec<String> = forms.iter().map(|form| form.replace(' ', "").to_lowercase()).collect();
    finds("P02", &whole.iter().map(String::as_str).collect::<Vec<_>>());
    finds("P02", &["at DN55 1PT, since 2020", "(EC1A1BB)", "E8\u{a0}1AB", "E8  1AB", "x;M1 1AE;y"]);
}

#[test]
fn codes_and_words_are_no_postcodes() {
    finds("P02", &["E8-1AB", "E8 - 1AB", "e8.1ab", "E8/1AB", "E8\u{200b} 1AB", "\u{ff25}\u{ff18} 1AB"]);
    finds_nothing(&[
        "E8", "N1", "U1", "E8 1", "E8;1AB", "E8--1AB", "E8, 1AB", "M12PLUS", "Q1 1AA", "M1 1CE", "EI1 1AA", "1AB E8",
    ]);
    finds_nothing(&["Kestrel01", "XM1 1AEX", "éM11AE", "GIR 1AA", "GIR", "A1B2C 3DE", "AAA1 1AA", "M1A1AE2"]);
}

#[test]
fn nhs_numbers_with_a_right_check_digit() {
    finds("P03", &["9434765919", "943 476 5919", "943-476-5919", "no. 9434765919.", "401 023 2137", "4010232137"]);
    finds("P03", &["943.476.5919", "943/476/5919", "943  476  5919", "943 4765919", "943476 5919", "nhs9434765919"]);
    finds("P03", &["943\u{200b}4765919", "94347\u{ad}65919", "943\u{2060}-476-5919", "\u{ff19}434765919"]);
    finds_nothing(&["9434765918", "943 476 5918", "94347659190", "943476591", "943.476.5918", "NHS9434765918"]);
    finds_nothing(&["x9434765919", "9434765919x", "94 34765919", "943;476;5919", "943--4765919", "943,4765919"]);
}

#[test]
fn a_fraction_is_no_number_of_a_person_and_a_whole_part_is() {
    assert!(found("33.3333333333", Some(FieldType::Decimal)).is_empty());
    assert!(found("0.0123456789", Some(FieldType::Decimal)).is_empty());
    assert_eq!(found("9434765919.0", Some(FieldType::Decimal)), ["P03"]);
    assert_eq!(found("33.3333333333", Some(FieldType::Text)), ["P03"]);
}

#[test]
fn upns_with_a_right_check_letter() {
    finds("P04", &["H801200001001", "h801200001001", "upn:H801200001001", "U80120000100A"]);
    finds_nothing(&[
        "A801200001001",
        "H80120000100",
        "H8012000010011",
        "H80120000100I",
        "HH01200001001",
        "I801200001001",
    ]);
}

#[test]
fn national_insurance_numbers_that_are_issued() {
    finds(
        "P05",
        &["AB123456C", "ab123456d", "AB 12 34 56 C", "AB-12-34-56-C", "AB 123456 C", "AB123456 C", "(JC123456A)"],
    );
    finds_nothing(&[
        "QQ123456C",
        "AB123456E",
        "AO123456A",
        "BG123456A",
        "GB123456A",
        "ZZ123456A",
        "AB12345C",
        "AB1234567C",
    ]);
    finds_nothing(&["DA123456A", "AV123456A", "AB123456", "XAB123456C", "AB 12 34 56 CD"]);
}

#[test]
fn addresses_and_telephones() {
    finds("P06", &["a.b@example.org", "to <x_y+z@sub.example.co.uk>;", "o'neil@example.org."]);
    finds("P06", &["020 7946 0018", "02079460018", "(0161) 496 0000", "07700 900123", "07700900123", "+447700900123"]);
    finds("P06", &["020.7946.0018", "0161/496/0000", "07700\u{200b}900123"]);
    finds("P06", &["+44 (0)161 496 0000", "0044 161 496 0000", "tel 01632-960-001", "0800 111 1111"]);
    finds_nothing(&["@", "a@b", "a @ b.org", "@example.org", "user@localhost", "4.2@2"]);
    finds_nothing(&[
        "01/02/2025",
        "2025-01-02",
        "01-02-2025 10:15",
        "2025-01-02 10-15-00",
        "0123456",
        "00000",
        "12345678901",
    ]);
    finds_nothing(&["04123456789", "020 79460", "01 02 03 04 05 06", "+33 1 23 45 67 89", "012345678901"]);
}

#[test]
fn what_returns_are_made_of_is_no_identifier() {
    let key = "0123456789abcdef".repeat(4);
    finds_nothing(&[
        &key,
        &"9".repeat(64),
        "reunification-2026",
        "0.1",
        "MOB;HAND;NONE",
        "2014-06",
        "06/2014",
        "12345.67",
    ]);
    finds_nothing(&["Kestrel01", "k7f3a9d2e1", "A1B2C3D4E5F6", "E08000035", "WBRI", "100000", "-12.5", "10000000", ""]);
}

#[test]
fn types_have_their_own_rules() {
    assert_eq!(found("12/06/2014", Some(FieldType::Month)), ["P07"]);
    assert!(found("12/06/2014", Some(FieldType::Date)).is_empty());
    assert_eq!(found("40012345", Some(FieldType::Pseudonym)), ["P08"]);
    assert_eq!(found("4001\u{200b}2345", Some(FieldType::Pseudonym)), ["P08"]);
    assert!(found("Kestrel01", Some(FieldType::Pseudonym)).is_empty());
    assert!(found("456", Some(FieldType::Integer)).is_empty());
}

#[test]
fn identifiers_are_withheld_and_the_rest_stays() {
    assert_eq!(withhold("The column “943 476 5919” of E8 1AB.csv"), "The column “[withheld]” of [withheld].csv");
    assert_eq!(withhold("“943\u{200b}476\u{ad}5919” of x"), "“[withheld]” of x");
    assert_eq!(withhold("Row 12 of “children.csv” ends here."), "Row 12 of “children.csv” ends here.");
}

#[test]
fn no_field_of_the_specification_is_named_for_an_identifier() {
    let specification = Specification::embedded().expect("the specification");
    let headings = super::Headings::of(&specification).expect("the headings");
    for table in &specification.tables {
        for field in &table.fields {
            assert!(!headings.names_an_identifier(&field.name), "{}.{}", table.name, field.name);
        }
    }
    for heading in ["DOB", "MC_DOB", "HOME_POST", "PL_POST", "URN", "Placement URN", "NHS Number", "e-mail", "Forename"]
    {
        assert!(headings.names_an_identifier(heading), "{heading}");
    }
    for heading in ["", "MOTHER", "MISSING", "REVIEW", "PERIOD_START", "NATIONALITY", "DOBSON", "FGDM_POST"] {
        assert!(!headings.names_an_identifier(heading), "{heading}");
    }
}

/// Nothing that a return may hold is taken for an identifier: every code and every label of every list.
#[test]
fn no_code_or_label_of_the_specification_is_an_identifier() {
    let specification = Specification::embedded().expect("the specification");
    for list in specification.codes.values() {
        for code in &list.codes {
            for text in [&code.code, &code.label] {
                assert!(found(text, None).is_empty(), "{}: {text}", list.name);
            }
        }
    }
}
