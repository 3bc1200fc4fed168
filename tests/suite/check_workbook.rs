//! The report as a workbook, read back.

use crate::check_support::{report_on, sample, set};
use calamine::{Data, Reader as _, Xlsx};
use homeward::validate::report::xlsx;
use std::io::Cursor;

#[test]
fn a_workbook_has_a_summary_and_the_findings_as_text() {
    let mut tables = sample("reunification-2026");
    set(&mut tables, "children", 3, "ETHNIC", "=HYPERLINK(1)");
    let report = report_on(&tables);
    let bytes = xlsx(&report).expect("a workbook");
    assert_eq!(bytes, xlsx(&report).expect("again"), "the same report gives the same bytes");
    let mut workbook: Xlsx<_> = Xlsx::new(Cursor::new(bytes)).expect("reads");
    assert_eq!(workbook.sheet_names()[..2], ["Summary", "Findings"]);
    let findings = workbook.worksheet_range("Findings").expect("the findings");
    assert_eq!(findings.height(), report.findings.len() + 1);
    let at = report.findings.iter().position(|finding| finding.code == "V02").expect("a V02") + 1;
    let row = u32::try_from(at).expect("a row");
    assert_eq!(findings.get_value((row, 8)), Some(&Data::String("=HYPERLINK(1)".to_owned())));
    assert_eq!(findings.get_value((row, 4)), Some(&Data::Float(3.0)));
    assert!(workbook.worksheet_formula("Findings").expect("formulas").used_cells().next().is_none());
}

/// The text of a part of the workbook, which is a ZIP.
fn part(bytes: &[u8], name: &str) -> String {
    #[expect(clippy::disallowed_methods, reason = "the archive is our own, made a moment ago")]
    let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).expect("a ZIP");
    let mut text = String::new();
    let mut file = archive.by_name(name).expect("the part");
    std::io::Read::read_to_string(&mut file, &mut text).expect("reads");
    text
}

#[test]
fn a_sheet_for_each_table_shows_the_rows_at_fault_with_a_comment() {
    let mut tables = sample("reunification-2026");
    set(&mut tables, "children", 3, "ETHNIC", "=HYPERLINK(1)");
    let report = report_on(&tables);
    let bytes = xlsx(&report).expect("a workbook");
    let mut workbook: Xlsx<_> = Xlsx::new(Cursor::new(bytes.clone())).expect("reads");
    let tables: Vec<&str> = report.excerpts.iter().map(|excerpt| excerpt.table.as_str()).collect();
    assert_eq!(workbook.sheet_names()[2..], tables);
    let sheet = workbook.worksheet_range("children").expect("the children");
    let headings: Vec<String> = sheet.rows().next().expect("headings").iter().map(ToString::to_string).collect();
    let ethnic = headings.iter().position(|heading| heading == "ETHNIC").expect("a column");
    let row = sheet.rows().find(|row| row[0] == Data::Float(3.0)).expect("row 3");
    assert_eq!(row[ethnic], Data::String("=HYPERLINK(1)".to_owned()));
    assert!(workbook.worksheet_formula("children").expect("formulas").used_cells().next().is_none());
    let number = report.excerpts.iter().position(|excerpt| excerpt.table == "children").expect("the table") + 3;
    let xml = part(&bytes, &format!("xl/worksheets/sheet{number}.xml"));
    assert!(xml.contains("<autoFilter"), "filters are on");
    let comments: String = (1..=tables.len()).map(|number| part(&bytes, &format!("xl/comments{number}.xml"))).collect();
    assert!(comments.contains("V02 (error): "), "the cell says what is wrong with it");
}
