//! Files that are broken in many ways: each gives the same code at the same place, and never anything else.

use crate::intake_support::*;
use homeward::domain::digest::Digest;
use homeward::intake::IntakeResult;
use std::fmt::Write as _;

const HEADINGS: &str = "CHILD,SEX,BIRTH_MONTH,ETHNIC,DISABILITY,UASC";
const ROW: &str = "Kestrel01,M,2014-06,WBRI,NONE,0";

/// The smallest return with these bytes as its table of children.
fn children(bytes: &[u8]) -> IntakeResult {
    let mut all = members(&without("children"));
    all.push(("children.csv".to_owned(), bytes.to_vec()));
    upload("return.zip", &zip(&all))
}

fn text(text: &str) -> IntakeResult {
    children(text.as_bytes())
}

/// The findings of a result: code, row, line and byte of each.
fn places(result: &IntakeResult) -> String {
    let mut told = String::new();
    for finding in &result.findings {
        if !told.is_empty() {
            told.push_str(" | ");
        }
        told.push_str(&finding.code);
        let at = &finding.at;
        let parts = [("row", at.row.map(u64::from)), ("line", at.line.map(u64::from)), ("byte", at.byte)];
        for (name, number) in parts {
            if let Some(number) = number {
                write!(told, " {name} {number}").expect("text is written");
            }
        }
    }
    told
}

fn utf16(text: &str, mark: bool, big: bool) -> Vec<u8> {
    let order = |unit: u16| if big { unit.to_be_bytes() } else { unit.to_le_bytes() };
    let mark = mark.then_some(0xfeff);
    mark.into_iter().chain(text.encode_utf16()).flat_map(order).collect()
}

fn long(cell: usize) -> String {
    format!("{HEADINGS}\nKestrel01,M,2014-06,{},NONE,0\n", "x".repeat(cell))
}

/// Kinds of malformed table, each with the findings that it gives.
fn kinds() -> Vec<(&'static str, IntakeResult, &'static str)> {
    let whole = format!("{HEADINGS}\n{ROW}\n");
    let with = |from: &str, to: &str| text(&whole.replacen(from, to, 1));
    let bytes = |from: &str, to: &[u8]| {
        let (before, after) = whole.split_once(from).expect("what is replaced is there");
        children(&[before.as_bytes(), to, after.as_bytes()].concat())
    };
    vec![
        ("no bytes", children(b""), "F09"),
        ("blanks alone", text(" \r\n\n  "), "F09"),
        ("a mark alone", children(b"\xef\xbb\xbf"), "F09"),
        ("no heading row", text(&format!("{ROW}\n{ROW}\n")), "F09 row 1 line 1"),
        ("a title above", text(&format!("Children\n\n{whole}")), "F09 row 1 line 1"),
        ("two titles above", text(&format!("Children\n\"of\n2026\"\n{whole}")), "F09 row 1 line 1"),
        ("separator line", text(&format!("sep=,\n{whole}")), "F09 row 1 line 1"),
        ("a heading twice", with("UASC\n", "UASC,sex\n"), "F09 row 1 line 1 | F08 row 2 line 2"),
        ("bars between cells", text(&whole.replace(',', "|")), "F09"),
        (
            "semicolons and commas",
            with("SEX,BIRTH", "SEX;BIRTH"),
            "F11 row 1 line 1 | F10 row 1 line 1 | F10 row 1 line 1 | F08 row 2 line 2",
        ),
        ("a required column missing", text("CHILD,SEX,ETHNIC,DISABILITY,UASC\n"), "F10 row 1 line 1"),
        ("an unknown column", with("UASC\n", "UASC,X\n"), "F11 row 1 line 1 | F08 row 2 line 2"),
        (
            "a heading too many over every row",
            text(&format!("{},NOTE\n{ROW}\n{ROW}\n", HEADINGS)),
            "F11 row 1 line 1 | F08 row 1 line 1",
        ),
        ("a row too short", text(&format!("{whole}Kestrel02,F\n")), "F08 row 3 line 3"),
        ("a row too long", text(&format!("{whole}{ROW},x\n")), "F08 row 3 line 3"),
        ("cut in the middle of a row", text(&format!("{whole}Kestrel02,F,2014")), "F08 row 3 line 3"),
        ("a row broken in two", with("2014-06,", "2014-06,\n"), "F08 row 2 line 2 | F08 row 3 line 3"),
        (
            "after quoted line breaks",
            text(&format!("{HEADINGS}\n{}\nx\n", ROW.replace("NONE", "\"NO\n\nNE\""))),
            "F08 row 3 line 5",
        ),
        ("after blank lines", text(&format!("\n{HEADINGS}\r\n\r\n{ROW}\r\n\r\nx\r\n")), "F08 row 6 line 6"),
        ("an unclosed quote", with("WBRI", "\"WBRI"), "F07 row 2 line 2 byte 65"),
        ("an unclosed quote at the end", text(&format!("{whole}\"")), "F07 row 3 line 3 byte 77"),
        ("text after a quote", with("WBRI", "\"WB\"RI"), "F07 row 2 line 2 byte 69"),
        ("text after a quote, lines later", with("WBRI", "\"WB\nRI\" x"), "F07 row 2 line 3 byte 73"),
        (
            "a quote that opens in the headings",
            text(&format!("\"{whole}")),
            "F07 row 1 line 1 byte 0 | F09 row 1 line 1",
        ),
        ("a NUL", bytes("WBRI", b"WB\0RI"), "F06 line 2 byte 67"),
        ("a vertical tab", bytes("WBRI", b"WB\x0bRI"), "F06 line 2 byte 67"),
        ("DEL", bytes("WBRI", b"\x7f"), "F06 line 2 byte 65"),
        ("a next-line character", with("WBRI", "\u{85}"), "F06 line 2 byte 65"),
        ("an end-of-file character", text(&format!("{whole}\u{1a}")), "F08 row 3 line 3 | F06 line 3 byte 77"),
        (
            "NULs on two lines",
            text(&format!("{HEADINGS}\n{}\n{}\n", ROW.replace('W', "\0"), ROW.replace('W', "\0"))),
            "F06 line 2 byte 65 | F06 line 3 byte 97",
        ),
        ("Windows-1252", bytes("WBRI", b"caf\xe9"), "F05 line 2 byte 68"),
        (
            "half a character at the end",
            children(&[whole.as_bytes(), b"\xe2\x82"].concat()),
            "F08 row 3 line 3 | F05 line 3 byte 77",
        ),
        ("an overlong form", bytes("WBRI", b"\xc0\xaf"), "F05 line 2 byte 65"),
        ("half a surrogate", bytes("WBRI", b"\xed\xa0\x80"), "F05 line 2 byte 65"),
        ("UTF-16, little-endian", children(&utf16(&whole, true, false)), "F05 line 1 byte 0"),
        ("UTF-16, big-endian", children(&utf16(&whole, true, true)), "F05 line 1 byte 0"),
        ("UTF-16 without a mark", children(&utf16(&whole, false, false)), "F05 line 1 byte 0"),
        (
            "UTF-16 with a ragged row",
            children(&utf16(&format!("{whole}x\n"), true, false)),
            "F08 row 3 line 3 | F05 line 1 byte 0",
        ),
        ("a cell too long", text(&long(10_001)), "F17 row 2 line 2"),
        ("a cell much too long", text(&long(1_000_000)), "F17 row 2 line 2"),
        ("a web page", text("<!DOCTYPE html><html></html>"), "F02 byte 0"),
        ("XML", text("<?xml version=\"1.0\"?><a/>"), "F02 byte 0"),
        ("JSON", text("{\"children\": []}"), "F02 byte 0"),
        ("a picture", children(b"\x89PNG\r\n\x1a\n"), "F02 byte 0"),
        ("a PDF", children(b"%PDF-1.7"), "F02 byte 0"),
        ("a database", children(b"SQLite format 3\0"), "F02 byte 0"),
        ("random bytes", children(&Digest::of(b"seed").as_bytes().map(|byte| byte % 32)), "F02 byte 0"),
        ("an older workbook", children(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"), "F02 byte 0"),
        ("gzip", children(b"\x1f\x8b\x08"), "F04 byte 0"),
        ("an archive", children(&zip(&[])), "F04 byte 0"),
        ("a 7-Zip archive", children(b"7z\xbc\xaf\x27\x1c"), "F04 byte 0"),
    ]
}

#[test]
fn every_kind_of_malformed_table_is_found_at_its_place() {
    let kinds = kinds();
    assert!(kinds.len() >= 40, "{} kinds", kinds.len());
    let mut wrong = String::new();
    for (kind, result, expected) in &kinds {
        let found = places(result);
        if found != *expected {
            writeln!(wrong, "{kind}: expected {expected}, found {found}\n{}", told(result)).expect("text is written");
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

/// What was wrong, where, what is expected and what to do: in every message.
#[test]
fn every_message_is_whole_and_tells_what_was_expected() {
    for (kind, result, _) in kinds() {
        for finding in &result.findings {
            let message = finding.message.reveal();
            assert!(message.ends_with(['.', '?']) && message.matches(['.', '?']).count() >= 2, "{kind}: {message}");
            assert!(finding.expected.as_ref().is_some_and(|expected| !expected.is_empty()), "{kind}: {message}");
            assert!(finding.at.container.is_some(), "{kind}: {message}");
            assert!(!message.contains("Kestrel01"), "{kind}: no cell is shown: {message}");
        }
    }
}

/// Near misses: what looks as if it were malformed, and is not.
#[test]
fn what_is_only_unusual_is_read() {
    let whole = format!("{HEADINGS}\n{ROW}\n");
    for (kind, bytes) in [
        ("CR alone", whole.replace('\n', "\r")),
        ("mixed line ends", format!("{HEADINGS}\r\n{ROW}\n{ROW}\r")),
        ("no line end at the end", format!("{HEADINGS}\n{ROW}")),
        ("blank lines at the end", format!("{whole}\n\n\r\n")),
        ("rows of commas at the end", format!("{whole},,,,,\n,,,,,,,,,\n")),
        ("every cell quoted", format!("\"{}\"\n\"{}\"\n", HEADINGS.replace(',', "\",\""), ROW.replace(',', "\",\""))),
        ("blanks after a closing quote", whole.replace("WBRI,", "\"WBRI\" ,")),
        ("a tab within a cell", whole.replace("WBRI", "WB\tRI")),
        ("letters of other scripts", whole.replace("WBRI", "Ŵ字🦅")),
        ("the longest cell", long(10_000)),
        ("the longest cell, in wide letters", long(0).replace(",,", &format!(",{},", "字".repeat(10_000)))),
    ] {
        let result = text(&bytes);
        assert_eq!(places(&result), "", "{kind}: {}", told(&result));
        assert_eq!(result.read.table("children").map(|table| table.rows() > 0), Some(true), "{kind}");
    }
}

#[test]
fn independent_faults_are_all_found_in_one_round() {
    let mut all = members(&without("totals"));
    all[1].1 = format!("{HEADINGS},TEAM\n{ROW}\n").into_bytes();
    all[0].1 = b"LA,COLLECTION,PERIOD_START,PERIOD_END,SPEC_VERSION\n999,x,1/4/2025,31/3/2026,9.9\n".to_vec();
    all.push(("children2.csv".to_owned(), b"a,b\n".to_vec()));
    all.push(("costs.csv".to_owned(), b"COST,AMOUNT\n\"1,2\n".to_vec()));
    all.push(("practice.csv".to_owned(), b"QUESTION,ANSWER\n\xff,\0\n".to_vec()));
    let result = upload("return.zip", &zip(&all));
    let mut found = codes(&result);
    found.sort_unstable();
    let expected = ["F05", "F06", "F07", "F08", "F11", "F12", "F13", "F18", "F19", "F19"];
    assert_eq!(found, expected, "{}", told(&result));
}

#[test]
fn what_stands_above_the_headings_is_searched_too() {
    let result = text(&format!("Return of the north team,made in May\n{HEADINGS}\n{ROW}\n"));
    assert_eq!(result.aside[0].columns[1].text(0), "made in May");
    assert_eq!(result.read.table("children").map(|table| table.rows()), Some(1));
}

/// A table under the name of another, as raw exports have them: its columns are still known by their headings.
#[test]
fn the_columns_of_another_table_keep_their_names() {
    let result = text("PUPIL,DOB,UPN\nKestrel01,01/06/2014,x\n");
    assert_eq!(places(&result), "F09 row 1 line 1", "{}", told(&result));
    let headings: Vec<_> = result.aside[0].columns.iter().map(|column| column.field.as_str()).collect();
    assert_eq!((headings.as_slice(), result.aside[0].rows()), (["PUPIL", "DOB", "UPN"].as_slice(), 1));
}

#[test]
fn counts_are_exact_where_the_list_is_cut() {
    // Rows that all differ in the same way are one fault, of the headings.
    let rows = "x\nx,y\n".repeat(2500);
    let result = text(&format!("{HEADINGS}\n{rows}"));
    assert_eq!((result.findings.len(), result.counts["F08"]), (1000, 5000));
    assert_eq!(result.aside[0].rows(), 5000, "every row can be searched");
}
