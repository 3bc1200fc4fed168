//! Reads one CSV file into a table of text.

use super::findings::{Findings, shown};
use super::grid::{Extent, Grid, GridRead};
use super::held::Held;
use super::records::{FaultPlace, QuoteFault, Record, Records};
use super::table::{RowPlace, TableBuilder};
use super::text::TextStream;
use crate::domain::finding::Location;
use crate::domain::place::Container;
use crate::spec::{Limits, Specification, Table};
use std::io::{self, Read};

/// Lines at the beginning that are looked through for the delimiter.
const LINES_SEARCHED: usize = 10;

/// What the reading of one file needs to know.
#[derive(Debug, Clone, Copy)]
pub(super) struct CsvContext<'a> {
    pub(super) specification: &'a Specification,
    pub(super) limits: &'a Limits,
    pub(super) held: &'a Held,
    pub(super) listed_at_most: u64,
}

/// Reads a CSV file; `table` is none for a file that is no table, which is read only to be searched.
pub(super) fn read<'a>(
    input: &mut dyn Read,
    table: Option<&'a Table>,
    container: &Container,
    context: CsvContext<'a>,
    findings: &mut Findings,
) -> io::Result<GridRead> {
    let mut text = TextStream::new(input, context.listed_at_most);
    text.fill()?;
    let delimiter = delimiter(text.piece(), table, context.specification);
    let name = table.map(|table| table.name.as_str());
    let mut grid = Grid::new(table, container, context.limits, context.held);
    let delimiter = match delimiter {
        Ok(delimiter) => delimiter,
        Err(found) => {
            refuse_delimiter(found, &grid, findings);
            found
        }
    };
    let cell_bytes = usize::try_from(context.limits.characters_per_cell).unwrap_or(usize::MAX).saturating_mul(4);
    let mut records = Records::new(text, delimiter, cell_bytes);
    while records.next()? {
        if take(&mut grid, records.record(), findings) {
            break;
        }
    }
    records.text().report(findings, name, &container.name);
    Ok(grid.finish(findings))
}

/// Hands a record to the grid; true when nothing more is to be read.
fn take(grid: &mut Grid<'_>, record: &Record, findings: &mut Findings) -> bool {
    let place = RowPlace { row: record.row, line: Some(record.line) };
    for position in &record.overlong {
        grid.builder().overlong(place, *position, findings);
    }
    let cells = record.cells().enumerate();
    let cells = cells.map(|(position, cell)| if record.overlong.contains(&position) { "" } else { cell });
    if let Some(fault) = record.fault {
        quote_fault(fault, record.row, grid.builder(), findings);
        return grid.set_aside(place, cells, findings).is_break();
    }
    let extent = Extent { cells: record.cells, filled_past: record.filled_past };
    grid.row(place, cells, extent, findings).is_break()
}

fn quote_fault(fault: FaultPlace, row: u32, builder: &TableBuilder<'_>, findings: &mut Findings) {
    let name = builder.name();
    let message = match fault.fault {
        QuoteFault::Unclosed => format!(
            "A quote that opens on line {} of {name} (row {row}) is never closed, so everything below it was taken for \
             one cell. Close the quote, or remove it; a quote inside a quoted cell is written twice.",
            fault.line
        ),
        QuoteFault::TextAfter => format!(
            "On line {} of {name} (row {row}) text follows a closing quote; the quoted cell begins on line {}. Put the \
             whole cell between quotes and write each quote inside it twice, or close the quote that was left open.",
            fault.line, fault.opened
        ),
    };
    let at = Location { row: Some(row), line: Some(fault.line), byte: fault.byte, ..builder.location() };
    findings.add("F07", at, message, "a delimiter or the end of the line after a closing quote");
}

fn refuse_delimiter(found: u8, grid: &Grid<'_>, findings: &mut Findings) {
    let builder = grid.builder();
    let is = shown(&char::from(found).to_string());
    let message = format!(
        "The cells of {} are separated by {is}, and its heading row holds commas too or {is} is not a separator that is \
         read. Save it again as CSV with commas: in Excel choose the file type “CSV UTF-8 (Comma delimited)”.",
        builder.name()
    );
    findings.add("F09", builder.location(), message, "cells separated by commas");
}

/// The delimiter of a file, from its first lines: the one that parts the most names of columns. Semicolons and tabs are
/// taken when no comma stands in that line; otherwise, and for any other delimiter, the file is refused.
fn delimiter(start: &[u8], table: Option<&Table>, specification: &Specification) -> Result<u8, u8> {
    let is_column = |cell: &str| match table {
        Some(table) => table.field_named(cell).is_some(),
        None => specification.tables.iter().any(|table| table.field_named(cell).is_some()),
    };
    let lines = start.split(|byte| matches!(byte, b'\n' | b'\r')).filter(|line| !line.trim_ascii().is_empty());
    for line in lines.take(LINES_SEARCHED) {
        let line = String::from_utf8_lossy(line);
        let columns =
            |delimiter: char| line.split(delimiter).filter(|cell| is_column(cell.trim().trim_matches('"'))).count();
        // The first of the best is taken, so that a line of one column is read with commas.
        let mut best = (',', columns(','));
        for other in [';', '\t', '|'] {
            let parted = columns(other);
            if parted > best.1 {
                best = (other, parted);
            }
        }
        let byte = u8::try_from(best.0).unwrap_or(b',');
        match best {
            (_, 0) => {}
            (',', _) => return Ok(byte),
            (';' | '\t', _) if !line.contains(',') => return Ok(byte),
            _ => return Err(byte),
        }
    }
    Ok(b',')
}
