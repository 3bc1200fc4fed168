//! An identifier planted anywhere is found, and no form of the report repeats it.

use crate::check_support::{check, report_on};
use crate::intake_support::{specification, tables, upload, upload_tables, with};
use homeward::domain::report::{Outcome, Report};
use homeward::validate::report::{csv, html, json, text, xlsx};
use proptest::prelude::*;
use std::io::Read as _;

/// Every form of a report as text; the workbook's parts are taken out of their archive.
fn all_forms(report: &Report) -> String {
    let mut all = format!("{report:?}{}", text(report, true));
    for bytes in [json(report), csv(report), html(report)] {
        all.push_str(&String::from_utf8(bytes).expect("UTF-8"));
    }
    let workbook = xlsx(report).expect("a workbook");
    let mut archive =
        zip::ZipArchive::with_config(Default::default(), std::io::Cursor::new(workbook)).expect("an archive");
    for at in 0..archive.len() {
        archive.by_index(at).expect("a part").read_to_string(&mut all).expect("XML");
    }
    all
}

fn identifiers() -> impl Strategy<Value = (&'static str, String)> {
    let nhs = (100_000_000_u64..1_000_000_000).prop_filter_map("a check digit of ten", |nine| {
        let digits = nine.to_string();
        let sum: u64 =
            digits.bytes().zip((2..=10).rev()).map(|(digit, weight): (u8, u64)| u64::from(digit - b'0') * weight).sum();
        let check = (11 - sum % 11) % 11;
        (check < 10).then(|| format!("{digits}{check}"))
    });
    let upn = (0_u64..1_000_000_000_000).prop_map(|number| {
        let digits = format!("{number:012}");
        let sum: usize = digits.bytes().zip(2..).map(|(digit, weight)| usize::from(digit - b'0') * weight).sum();
        format!("{}{digits}", char::from(b"ABCDEFGHJKLMNPQRTUVWXYZ"[sum % 23]))
    });
    prop_oneof![
        nhs.clone().prop_map(|number| ("P03", number)),
        nhs.prop_map(|number| ("P03", format!("{} {} {}", &number[..3], &number[3..6], &number[6..]))),
        upn.prop_map(|upn| ("P04", upn)),
        "[ABCEGHJKLMNPRSTWXY][ABCEHJLMPRSTWXY][0-9]{6}[ABCD]"
            .prop_filter("a prefix that is issued", |number| !["NT", "TN", "NK", "KN", "BG", "GB", "ZZ"]
                .contains(&&number[..2]))
            .prop_map(|number| ("P05", number)),
        "[ABCDEFGHJKLMNOPRSTUWYZ][ABCDEFGHKLMNOPQRSTUVWXY][0-9] [0-9][ABDEFGHJLNPQRSTUWXYZ]{2}"
            .prop_map(|code| ("P02", code)),
        "[a-z]{3,8}\\.[a-z]{3,8}@[a-z]{4,9}\\.example\\.org".prop_map(|address| ("P06", address)),
        "07[0-9]{9}".prop_map(|number| ("P06", number)),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn an_identifier_planted_in_any_column_is_found_and_never_repeated(
        (code, identifier) in identifiers(),
        place in 0_usize..200,
        around in prop_oneof![Just(("", "")), Just(("see ", " there")), Just(("(", ")"))],
    ) {
        let columns: Vec<(&str, &str)> = specification()
            .tables
            .iter()
            .filter(|table| table.name != "header")
            .flat_map(|table| table.fields.iter().map(|field| (table.name.as_str(), field.name.as_str())))
            .collect();
        let (table, field) = columns[place % columns.len()];
        let fields: Vec<&str> =
            specification().table(table).expect("a table").fields.iter().map(|field| field.name.as_str()).collect();
        let planted = format!("{}{identifier}{}", around.0, around.1);
        let cells: Vec<&str> = fields.iter().map(|name| if *name == field { planted.as_str() } else { "" }).collect();
        let report = report_on(&with(table, &format!("{}\n{}\n", fields.join(","), cells.join(","))));
        prop_assert_eq!(report.outcome, Outcome::Rejected);
        let found = report.findings.iter().any(|finding| {
            finding.code == code
                && finding.at.table.as_deref() == Some(table)
                && finding.at.field.as_deref() == Some(field)
                && finding.at.row == Some(2)
        });
        prop_assert!(found, "{} in {}.{}", code, table, field);
        prop_assert!(!all_forms(&report).contains(&identifier), "{} in {}.{} is repeated", code, table, field);
    }

    #[test]
    fn an_identifier_in_a_heading_or_a_name_of_a_file_is_never_repeated((_, identifier) in identifiers()) {
        let heading = format!("CHILD,SEX,BIRTH_MONTH,ETHNIC,DISABILITY,UASC,{identifier}\nKestrel01,M,2014-06,WBRI,NONE,0,\n");
        let report = report_on(&with("children", &heading));
        prop_assert_eq!(report.outcome, Outcome::Rejected);
        prop_assert!(!all_forms(&report).contains(&identifier));
        let mut with_file = tables();
        with_file.push((identifier.clone(), "A,B\n1,2\n".to_owned()));
        let report = check(upload_tables(&with_file)).report;
        prop_assert_eq!(report.outcome, Outcome::Rejected);
        prop_assert!(!all_forms(&report).contains(&identifier));
    }
}

#[test]
fn a_file_that_is_no_table_is_searched_too() {
    let mut tables = tables();
    tables.push(("notes".to_owned(), "ABOUT,REMARK\n1,lives at E8 1AB\n".to_owned()));
    let report = check(upload_tables(&tables)).report;
    assert!(report.counts.by_code.contains_key("P02"), "{:?}", report.counts.by_code);
    assert!(!all_forms(&report).contains("E8 1AB"));
}

#[test]
fn where_an_identifier_stands_no_value_at_all_is_shown() {
    let mut tables =
        with("children", "CHILD,SEX,BIRTH_MONTH,ETHNIC,DISABILITY,UASC\nKestrel01,Wrong,2014-06,WBRI,NONE,0\n");
    tables.iter_mut().filter(|(name, _)| name == "header").for_each(|(_, text)| {
        *text = "LA,COLLECTION,PERIOD_START,PERIOD_END,SPEC_VERSION,SOFTWARE\n\
                 330,reunification-2026,01/04/2025,31/03/2026,0.1,9434765919\n"
            .to_owned();
    });
    let report = report_on(&tables);
    let codes: Vec<&str> = report.counts.by_code.keys().map(String::as_str).collect();
    assert_eq!(codes, ["P03", "V02"]);
    assert!(report.findings.iter().all(|finding| finding.value.is_none() && finding.key.is_empty()));
    assert!(!all_forms(&report).contains("Wrong") && !all_forms(&report).contains("Kestrel01"));
    assert!(report.notes.iter().any(|note| note.contains("not run")), "{:?}", report.notes);
}

#[test]
fn where_an_identifier_stands_the_header_is_not_quoted_either() {
    let shown = |software: &str| {
        let header = "LA,COLLECTION,PERIOD_START,PERIOD_END,SPEC_VERSION,SOFTWARE\n\
                      Kestrelshire,of Kestrel01,01/04/2025,31/03/2026,0.1,";
        all_forms(&report_on(&with("header", &format!("{header}{software}\n"))))
    };
    let plain = shown("Tables 2");
    assert!(plain.contains("Kestrelshire") && plain.contains("of Kestrel01"), "its own authority is helped");
    let shown = shown("9434765919");
    assert!(!shown.contains("Kestrel"), "nothing of a return with an identifier is shown");
}

#[test]
fn an_identifier_beside_the_cells_is_found_and_never_repeated() {
    let mut archive = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    archive.set_comment("of 943 476 5919").expect("a short comment");
    for (name, text) in tables() {
        archive.start_file(format!("E8 1AB/{name}.csv"), zip::write::SimpleFileOptions::default()).expect("begins");
        std::io::Write::write_all(&mut archive, text.as_bytes()).expect("is written");
    }
    let report = check(upload("return.zip", &archive.finish().expect("ends").into_inner())).report;
    let codes: Vec<&str> = report.counts.by_code.keys().map(String::as_str).collect();
    assert_eq!(codes, ["P02", "P03"]);
    let said: Vec<&str> = report.findings.iter().map(|finding| finding.message.reveal().as_str()).collect();
    assert!(said.iter().any(|one| one.starts_with("A comment of the archive (the comment) holds an NHS number")));
    assert!(
        said.iter()
            .any(|one| one.starts_with("A name of a file or folder in the archive (the archive) holds a postcode"))
    );
    assert!(!all_forms(&report).contains("943") && !all_forms(&report).contains("1AB"));
}

#[test]
fn what_a_json_row_says_twice_is_searched_and_not_repeated() {
    let document = br#"{"children": [{"CHILD": "Kestrel01", "SEX": "M", "SEX": "CV1 1AA"}]}"#;
    let report = check(upload("return.json", document)).report;
    let codes: Vec<&str> = report.findings.iter().map(|finding| finding.code.as_str()).collect();
    assert!(codes.contains(&"F16") && codes.iter().any(|code| code.starts_with('P')), "{codes:?}");
    assert!(!all_forms(&report).contains("CV1"), "what was found is nowhere");
}

#[test]
fn the_beginning_of_an_identifier_in_a_long_heading_is_not_shown() {
    // The sixtieth character falls into the identifier: what would be left of it is no identifier any more.
    let heading = "notes on the child and on what was agreed with them 943 476 5919";
    let children =
        format!("CHILD,SEX,BIRTH_MONTH,ETHNIC,DISABILITY,UASC,{heading}\nKestrel01,M,2014-06,WBRI,NONE,0,x\n");
    let report = report_on(&with("children", &children));
    assert!(report.counts.by_code.contains_key("F11"));
    assert!(!all_forms(&report).contains("943 47"), "{}", text(&report, false));
}
