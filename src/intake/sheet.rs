//! Turns the cells of a sheet, as they come, into rows of text.

use super::findings::Findings;
use super::grid::{Extent, Grid, GridRead};
use super::table::RowPlace;
use crate::spec::{FieldType, Limits};
use std::ops::ControlFlow;

/// Columns of a sheet that are read; no table has nearly as many.
pub(super) const COLUMNS_READ: u32 = 256;

/// What a cell of a workbook holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum CellValue {
    Empty,
    Text(String),
    /// A date cell, and its time of day when it is not midnight.
    Date {
        year: u16,
        month: u8,
        day: u8,
        time: Option<String>,
    },
    /// The error of a formula.
    Error,
    /// More text than a cell may hold; it is not kept.
    Overlong,
}

/// The bytes of a cell that are read at most, white space around it included.
pub(super) fn cell_bytes(limits: &Limits) -> usize {
    usize::try_from(limits.characters_per_cell).unwrap_or(usize::MAX).saturating_mul(4)
}

/// A cell of text. What is longer than is read is not copied: a workbook can name one text in every cell.
pub(super) fn text(text: &str, longest: usize) -> CellValue {
    if text.len() > longest { CellValue::Overlong } else { CellValue::Text(text.to_owned()) }
}

/// The cells did not come row by row and column by column, as every program writes them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct OutOfOrder;

/// A sheet while its cells come in.
pub(super) struct Sheet<'a> {
    grid: Grid<'a>,
    /// The present row, from 0, and its cells from the first column on.
    row: Option<u32>,
    cells: Vec<CellValue>,
    texts: Vec<String>,
    too_wide: bool,
    /// Rows before this one, from 0, are accounted for.
    next_row: u32,
}

impl<'a> Sheet<'a> {
    pub(super) const fn new(grid: Grid<'a>) -> Self {
        Self { grid, row: None, cells: Vec::new(), texts: Vec::new(), too_wide: false, next_row: 0 }
    }

    /// Takes a cell; rows and columns count from 0. Breaks when nothing more is to be read.
    pub(super) fn cell(
        &mut self,
        row: u32,
        column: u32,
        value: CellValue,
        findings: &mut Findings,
    ) -> Result<ControlFlow<()>, OutOfOrder> {
        if value == CellValue::Empty {
            return Ok(ControlFlow::Continue(()));
        }
        let mut flow = ControlFlow::Continue(());
        if self.row != Some(row) {
            if row < self.next_row {
                return Err(OutOfOrder);
            }
            flow = self.end_row(findings);
            self.grid.skip_blank(row - self.next_row);
            self.row = Some(row);
            self.next_row = row + 1;
        }
        if column >= COLUMNS_READ {
            self.refuse_width(row, column, findings);
            return Ok(flow);
        }
        let column = column as usize;
        if column < self.cells.len() {
            return Err(OutOfOrder);
        }
        self.cells.resize(column, CellValue::Empty);
        self.cells.push(value);
        Ok(flow)
    }

    /// Takes the rows from the present one on again, `times` more times, as ODS repeats them.
    pub(super) fn repeat_row(&mut self, times: u32, findings: &mut Findings) -> ControlFlow<()> {
        if self.row.is_none() {
            return ControlFlow::Continue(());
        }
        let count = |wanted: &CellValue| self.cells.iter().filter(|cell| *cell == wanted).count() as u64;
        let (errors, overlong) = (count(&CellValue::Error), count(&CellValue::Overlong));
        let is_blank = |cell: &CellValue| match cell {
            CellValue::Empty | CellValue::Error | CellValue::Overlong => true,
            CellValue::Text(text) => text.trim().is_empty(),
            CellValue::Date { .. } => false,
        };
        // Neither is stopped by the limit of rows, and a few bytes can repeat them millions of times.
        if errors + overlong > 0 || self.cells.iter().all(is_blank) {
            // The row itself first, so that its findings are among those that are listed.
            self.end_row(findings)?;
            findings.count_more("F15", errors.saturating_mul(u64::from(times)));
            findings.count_more("F17", overlong.saturating_mul(u64::from(times)));
            self.grid.skip_blank(times);
            self.next_row = self.next_row.saturating_add(times);
            return ControlFlow::Continue(());
        }
        for _ in 0..times {
            let cells = self.cells.clone();
            self.end_row(findings)?;
            self.row = Some(self.next_row);
            self.next_row = self.next_row.saturating_add(1);
            self.cells = cells;
        }
        ControlFlow::Continue(())
    }

    fn refuse_width(&mut self, row: u32, column: u32, findings: &mut Findings) {
        if std::mem::replace(&mut self.too_wide, true) {
            return;
        }
        let builder = self.grid.builder();
        let at = builder.cell_location(RowPlace { row: row + 1, line: None }, column as usize, None);
        let message = format!(
            "{} holds something past its {COLUMNS_READ}th column, in row {}, where no table has columns. Delete what \
             stands there.",
            builder.name(),
            row + 1
        );
        findings.add("F11", at, message, "a heading above every cell");
    }

    fn end_row(&mut self, findings: &mut Findings) -> ControlFlow<()> {
        let Some(row) = self.row.take() else { return ControlFlow::Continue(()) };
        let place = RowPlace { row: row + 1, line: None };
        self.texts.resize_with(self.cells.len(), String::new);
        for (position, cell) in self.cells.drain(..).enumerate() {
            let builder = self.grid.builder();
            self.texts[position] = match cell {
                CellValue::Empty => String::new(),
                CellValue::Text(text) => text,
                CellValue::Date { year, month, day, time } => {
                    let monthly = builder.field_at(position).is_some_and(|field| field.kind == FieldType::Month);
                    match time {
                        Some(time) => format!("{year:04}-{month:02}-{day:02}T{time}"),
                        None if monthly && day == 1 => format!("{year:04}-{month:02}"),
                        None => format!("{year:04}-{month:02}-{day:02}"),
                    }
                }
                CellValue::Error => {
                    findings.add_made("F15", || {
                        let field = builder.field_at(position).map(|field| field.name.as_str());
                        let at = builder.cell_location(place, position, field);
                        let message = format!(
                            "The cell {} of {} holds the error of a formula. Correct the formula, or write the value itself.",
                            at.cell.as_deref().unwrap_or(""),
                            builder.name()
                        );
                        (at, message, "the result of the formula".to_owned())
                    });
                    String::new()
                }
                CellValue::Overlong => {
                    builder.overlong(place, position, findings);
                    String::new()
                }
            };
        }
        let texts = std::mem::take(&mut self.texts);
        let bytes = texts.iter().map(|text| text.len() as u64).sum();
        self.grid.take_text(bytes, place, findings)?;
        let extent = Extent { cells: texts.len(), filled_past: false };
        let flow = self.grid.row(place, texts.iter().map(String::as_str), extent, findings);
        self.texts = texts;
        flow
    }

    /// What the sheet became. A sheet that broke off is not blamed for the headings that were not reached.
    pub(super) fn finish_reporting(mut self, complete: bool, findings: &mut Findings) -> GridRead {
        // The end of the sheet and the end of what may be read are the same here.
        let _ = self.end_row(findings);
        if complete {
            return self.grid.finish(findings);
        }
        self.grid.finish(&mut Findings::new(0))
    }
}

/// A date as ISO 8601 writes it, with or without a time of day; anything else stays text.
pub(super) fn iso_date(text: &str) -> CellValue {
    let (day, time) = text.trim().split_once('T').unwrap_or((text.trim(), ""));
    let Ok(date) = day.parse::<chrono::NaiveDate>() else { return CellValue::Text(text.to_owned()) };
    let Ok(year) = u16::try_from(chrono::Datelike::year(&date)) else { return CellValue::Text(text.to_owned()) };
    let midnight = time.chars().all(|one| matches!(one, '0' | ':' | '.' | 'Z'));
    CellValue::Date {
        year,
        month: u8::try_from(chrono::Datelike::month(&date)).unwrap_or(0),
        day: u8::try_from(chrono::Datelike::day(&date)).unwrap_or(0),
        time: (!midnight).then(|| time.to_owned()),
    }
}

/// A number as a person would write it: whole numbers without a point, others by their shortest digits.
pub(super) fn number_text(number: f64) -> String {
    // Past this, whole numbers are no longer exact, and exponents say so.
    if number.abs() < 1e15 || (number.fract() != 0.0) { format!("{number}") } else { format!("{number:e}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_as_people_write_them() {
        for (number, text) in [(12.0, "12"), (-0.5, "-0.5"), (61614.25, "61614.25"), (1e300, "1e300"), (0.1, "0.1")] {
            assert_eq!(number_text(number), text);
        }
    }
}
