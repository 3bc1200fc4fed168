//! One sheet for a table: the rows that findings name, each cell at fault coloured and with a comment.

use super::{colour, heading, put};
use crate::domain::finding::{Finding, Location, Severity};
use crate::domain::report::Excerpt;
use rust_xlsxwriter::{Format, Note, Worksheet, XlsxError};
use std::collections::BTreeMap;

/// The longest comment: beyond it nobody reads, and the sheet of findings says the rest.
const LONGEST_COMMENT: usize = 1_000;
const COMMENT_WIDTH: u32 = 320;
const FIELD_WIDTH: f64 = 18.0;

/// What is said of a cell: the worst severity, and a line for each finding.
struct Mark {
    severity: Severity,
    lines: Vec<String>,
}

/// Writes the sheet. The first column is the row's number in the person's own file; it is marked where a finding is about
/// the whole row.
pub(super) fn sheet(sheet: &mut Worksheet, excerpt: &Excerpt, findings: &[Finding]) -> Result<(), XlsxError> {
    sheet.set_name(&excerpt.table)?;
    put(sheet, 0, 0, "Row in your file", &heading())?;
    sheet.set_column_width(0, 10)?;
    for (column, field) in (1_u16..).zip(&excerpt.fields) {
        put(sheet, 0, column, field, &heading())?;
        sheet.set_column_width(column, FIELD_WIDTH)?;
    }
    sheet.set_freeze_panes(1, 1)?;
    let marks = marks(excerpt, findings);
    let plain = Format::new();
    for (at, row) in (1_u32..).zip(&excerpt.rows) {
        let mark = |column: u16| marks.get(&(row.row, column));
        let format = |column: u16| {
            mark(column).map_or_else(|| plain.clone(), |mark| Format::new().set_background_color(colour(mark.severity)))
        };
        sheet.write_number_with_format(at, 0, row.row, &format(0))?;
        for (column, cell) in (1_u16..).zip(&row.cells) {
            put(sheet, at, column, cell.reveal(), &format(column))?;
            // An empty cell has no text and still shows its colour.
            if cell.reveal().is_empty() && mark(column).is_some() {
                sheet.write_blank(at, column, &format(column))?;
            }
        }
        for column in 0..=u16::try_from(row.cells.len()).unwrap_or(u16::MAX) {
            if let Some(mark) = mark(column) {
                sheet.insert_note(at, column, &comment(mark))?;
            }
        }
    }
    let last = u32::try_from(excerpt.rows.len()).unwrap_or(u32::MAX);
    let last_column = u16::try_from(excerpt.fields.len()).unwrap_or(u16::MAX);
    sheet.autofilter(0, 0, last, last_column)?;
    if excerpt.left_out > 0 {
        let more = format!("{} more rows of findings are not shown here.", excerpt.left_out);
        // One row is left free, so that the filter does not take the sentence for a record.
        put(sheet, last + 2, 0, &more, &plain)?;
    }
    Ok(())
}

/// By row and column of the sheet, counted as the file does and from the first field as 1.
fn marks(excerpt: &Excerpt, findings: &[Finding]) -> BTreeMap<(u32, u16), Mark> {
    let mut marks: BTreeMap<(u32, u16), Mark> = BTreeMap::new();
    let mut add = |at: &Location, severity: Severity, line: String| {
        let Some(row) = at.row.filter(|_| at.table.as_ref() == Some(&excerpt.table)) else { return };
        let place = at.field.as_ref().and_then(|field| excerpt.fields.iter().position(|known| known == field));
        let column = place.and_then(|place| u16::try_from(place + 1).ok()).unwrap_or(0);
        let mark = marks.entry((row, column)).or_insert_with(|| Mark { severity, lines: Vec::new() });
        mark.severity = mark.severity.min(severity);
        if !mark.lines.contains(&line) {
            mark.lines.push(line);
        }
    };
    for finding in findings {
        let line = format!("{} ({}): {}", finding.code, finding.severity, finding.message.reveal());
        add(&finding.at, finding.severity, line);
        if let Some(also) = &finding.also {
            let of = finding.at.row.map_or_else(String::new, |row| format!(" of row {row}"));
            let of = match &finding.at.table {
                Some(table) if *table != excerpt.table => format!("{of} of {table}"),
                _ => of,
            };
            add(also, finding.severity, format!("{} ({}): see the finding{of}", finding.code, finding.severity));
        }
    }
    marks
}

fn comment(mark: &Mark) -> Note {
    let text: String = mark.lines.join("\n").chars().take(LONGEST_COMMENT).collect();
    Note::new(text).set_author("Homeward").add_author_prefix(false).set_width(COMMENT_WIDTH)
}
