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
    assert_eq!(workbook.sheet_names(), ["Summary", "Findings"]);
    let findings = workbook.worksheet_range("Findings").expect("the findings");
    assert_eq!(findings.height(), report.findings.len() + 1);
    let at = report.findings.iter().position(|finding| finding.code == "V02").expect("a V02") + 1;
    let row = u32::try_from(at).expect("a row");
    assert_eq!(findings.get_value((row, 8)), Some(&Data::String("=HYPERLINK(1)".to_owned())));
    assert_eq!(findings.get_value((row, 4)), Some(&Data::Float(3.0)));
    assert!(workbook.worksheet_formula("Findings").expect("formulas").used_cells().next().is_none());
}
