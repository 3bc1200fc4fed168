//! The report as a workbook: a summary, the findings, and for each table the rows at fault with their cells coloured.

mod tables;

use super::groups::{groups, key, particulars, verdict};
use crate::domain::finding::{Finding, Severity};
use crate::domain::report::Report;
use crate::validate::ValidateError;
use rust_xlsxwriter::{Color, DocProperties, ExcelDateTime, Format, FormatAlign, Workbook, Worksheet, XlsxError};

/// The longest text that a cell of a workbook takes.
const LONGEST: usize = 32_767;

const COLUMNS: [(&str, f64); 12] = [
    ("Rule", 8.0),
    ("Severity", 10.0),
    ("Table", 16.0),
    ("File", 20.0),
    ("Row", 8.0),
    ("Field", 20.0),
    ("Cell", 8.0),
    ("What is wrong", 70.0),
    ("There stands", 24.0),
    ("Expected", 36.0),
    ("Record", 36.0),
    ("Other row", 10.0),
];

/// The bytes of the workbook: the same for the same report.
pub fn xlsx(report: &Report) -> Result<Vec<u8>, ValidateError> {
    let written = write(report);
    written.map_err(|error| ValidateError::Write { form: "XLSX", problem: error.to_string() })
}

fn write(report: &Report) -> Result<Vec<u8>, XlsxError> {
    let mut workbook = Workbook::new();
    // A report has no time of day; a workbook must have one, so it is always the same.
    let created = ExcelDateTime::from_ymd(2000, 1, 1)?;
    workbook.set_properties(&DocProperties::new().set_title("Report on a return").set_creation_datetime(&created));
    summary(workbook.add_worksheet(), report)?;
    findings(workbook.add_worksheet(), report)?;
    for excerpt in &report.excerpts {
        tables::sheet(workbook.add_worksheet(), excerpt, &report.findings)?;
    }
    workbook.save_to_buffer()
}

fn heading() -> Format {
    Format::new().set_bold().set_background_color(Color::RGB(0x00DE_E0E2)).set_text_wrap()
}

fn summary(sheet: &mut Worksheet, report: &Report) -> Result<(), XlsxError> {
    sheet.set_name("Summary")?;
    sheet.set_column_width(0, 16)?.set_column_width(1, 12)?.set_column_width(2, 90)?.set_column_width(3, 10)?;
    let bold = Format::new().set_bold();
    let wrapped = Format::new().set_text_wrap().set_align(FormatAlign::Top);
    sheet.write_string_with_format(0, 0, report.outcome.name(), &bold)?;
    put(sheet, 0, 2, &verdict(report), &wrapped)?;
    let mut row = 1;
    for (name, value) in particulars(report) {
        sheet.write_string_with_format(row, 0, name, &bold)?;
        put(sheet, row, 2, &value, &wrapped)?;
        row += 1;
    }
    for note in &report.notes {
        put(sheet, row, 2, note, &wrapped)?;
        row += 1;
    }
    row += 1;
    for (column, name) in (0_u16..).zip(["Rule", "Severity", "What is found", "Times"]) {
        sheet.write_string_with_format(row, column, name, &heading())?;
    }
    for group in groups(report) {
        row += 1;
        sheet.write_string(row, 0, group.code)?;
        sheet.write_string_with_format(row, 1, group.severity.name(), &coloured(group.severity))?;
        put(sheet, row, 2, group.statement, &wrapped)?;
        #[expect(clippy::cast_precision_loss, reason = "counts stay far below 53 bits")]
        sheet.write_number(row, 3, group.count as f64)?;
    }
    for entry in &report.not_checked {
        row += 1;
        sheet.write_string(row, 0, &entry.code)?;
        sheet.write_string(row, 1, "not checked")?;
        put(sheet, row, 2, &entry.because, &wrapped)?;
    }
    Ok(())
}

fn findings(sheet: &mut Worksheet, report: &Report) -> Result<(), XlsxError> {
    sheet.set_name("Findings")?;
    for (column, (name, width)) in (0_u16..).zip(COLUMNS) {
        sheet.write_string_with_format(0, column, name, &heading())?;
        sheet.set_column_width(column, width)?;
    }
    sheet.set_freeze_panes(1, 0)?;
    for (row, finding) in (1_u32..).zip(&report.findings) {
        finding_row(sheet, row, finding)?;
    }
    let last = u32::try_from(report.findings.len()).unwrap_or(u32::MAX);
    let last_column = u16::try_from(COLUMNS.len() - 1).unwrap_or(u16::MAX);
    sheet.autofilter(0, 0, last, last_column)?;
    Ok(())
}

fn finding_row(sheet: &mut Worksheet, row: u32, finding: &Finding) -> Result<(), XlsxError> {
    let top = Format::new().set_align(FormatAlign::Top);
    let wrapped = Format::new().set_text_wrap().set_align(FormatAlign::Top);
    let at = &finding.at;
    put(sheet, row, 0, &finding.code, &top)?;
    sheet.write_string_with_format(row, 1, finding.severity.name(), &coloured(finding.severity))?;
    put(sheet, row, 2, at.table.as_deref().unwrap_or_default(), &top)?;
    put(sheet, row, 3, at.container.as_deref().unwrap_or_default(), &top)?;
    if let Some(number) = at.row {
        sheet.write_number_with_format(row, 4, number, &top)?;
    }
    put(sheet, row, 5, at.field.as_deref().unwrap_or_default(), &top)?;
    put(sheet, row, 6, at.cell.as_deref().unwrap_or_default(), &top)?;
    put(sheet, row, 7, finding.message.reveal(), &wrapped)?;
    put(sheet, row, 8, finding.value.as_ref().map_or("", |value| value.reveal()), &top)?;
    put(sheet, row, 9, finding.expected.as_deref().unwrap_or_default(), &wrapped)?;
    put(sheet, row, 10, &key(finding), &wrapped)?;
    if let Some(number) = finding.also.as_ref().and_then(|also| also.row) {
        sheet.write_number_with_format(row, 11, number, &top)?;
    }
    Ok(())
}

/// Writes a text as a text, never as a formula or a link; an empty one is no cell.
fn put(sheet: &mut Worksheet, row: u32, column: u16, text: &str, format: &Format) -> Result<(), XlsxError> {
    if !text.is_empty() {
        let fitting: String = text.chars().take(LONGEST).collect();
        sheet.write_string_with_format(row, column, fitting, format)?;
    }
    Ok(())
}

fn coloured(severity: Severity) -> Format {
    Format::new().set_background_color(colour(severity)).set_align(FormatAlign::Top)
}

fn colour(severity: Severity) -> Color {
    Color::RGB(match severity {
        Severity::Reject => 0x00F4_B6AE,
        Severity::Error => 0x00F9_D5CF,
        Severity::Query => 0x00FF_F0B3,
        Severity::Info => 0x00D2_E2F1,
    })
}
