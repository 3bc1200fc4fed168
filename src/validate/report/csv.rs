//! The findings as CSV, one line each, for a spreadsheet or a script.

use super::groups::{figures, groups, key, page};
use crate::domain::finding::Finding;
use crate::domain::report::Report;

const COLUMNS: usize = 17;

const HEADINGS: [&str; COLUMNS] = [
    "code",
    "severity",
    "table",
    "file",
    "row",
    "field",
    "cell",
    "line",
    "message",
    "value",
    "expected",
    "key",
    "other_table",
    "other_row",
    "byte",
    "figures",
    "page",
];

/// The listed findings in the order of the report, then a line for each rule that found more than are listed, then a
/// line for each rule that was not checked.
pub fn csv(report: &Report) -> Vec<u8> {
    let mut out = ::csv::Writer::from_writer(Vec::new());
    let mut write = |cells: [String; COLUMNS]| out.write_record(cells.iter().map(|cell| inert(cell)));
    let mut lines = vec![HEADINGS.map(str::to_owned)];
    lines.extend(report.findings.iter().map(|finding| cells(report, finding)));
    for group in groups(report).iter().filter(|group| group.unlisted() > 0) {
        let message = format!("{} more of {} are counted and not listed.", group.unlisted(), group.code);
        lines.push(remark(group.code, group.severity.name(), message));
    }
    for entry in &report.not_checked {
        lines.push(remark(&entry.code, "not checked", entry.because.clone()));
    }
    // Unwrap safety: writing to memory cannot fail, and every line has the same number of cells.
    let written = lines.into_iter().try_for_each(&mut write);
    debug_assert!(written.is_ok());
    out.into_inner().unwrap_or_default()
}

fn cells(report: &Report, finding: &Finding) -> [String; COLUMNS] {
    let number = |number: Option<u32>| number.map(|number| number.to_string()).unwrap_or_default();
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    let (at, also) = (&finding.at, finding.also.as_ref());
    [
        finding.code.clone(),
        finding.severity.name().to_owned(),
        text(&at.table),
        text(&at.container),
        number(at.row),
        text(&at.field),
        text(&at.cell),
        number(at.line),
        finding.message.reveal().clone(),
        finding.value.as_ref().map(|value| value.reveal().clone()).unwrap_or_default(),
        text(&finding.expected),
        key(finding),
        also.and_then(|also| also.table.clone()).unwrap_or_default(),
        number(also.and_then(|also| also.row)),
        at.byte.map(|byte| byte.to_string()).unwrap_or_default(),
        figures(finding),
        page(report, &finding.code).unwrap_or_default(),
    ]
}

fn remark(code: &str, severity: &str, message: String) -> [String; COLUMNS] {
    let mut line = [const { String::new() }; COLUMNS];
    line[0] = code.to_owned();
    line[1] = severity.to_owned();
    line[8] = message;
    line
}

/// A cell that no spreadsheet program takes for a formula.
pub(super) fn inert(cell: &str) -> String {
    if cell.starts_with(['=', '+', '-', '@', '\t', '\r']) { format!("'{cell}") } else { cell.to_owned() }
}
