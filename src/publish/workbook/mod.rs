//! The tables as a workbook for people, as XLSX and as ODS: a cover, contents, notes, then one sheet for each table.
//!
//! It follows the public sector's guidance, Releasing statistics in spreadsheets (Analysis Function, 2023): one table on
//! a sheet, marked as one; the title in the first cell; no merged, blank or hidden cells; symbols in brackets; a font
//! without serifs of at least 12 points, in its automatic colour; nothing told by colour alone. England is given in full, regions and authorities in total: the whole is in the CSV files.

mod ods;
mod pages;
mod xlsx;

use super::error::PublishError;
use super::release::About;
use crate::disclosure::ClearedTables;

const FONT: &str = "Arial";
/// In points, of all that is no title.
const SIZE: u8 = 12;
const TITLE_SIZE: u8 = 16;

/// A cell: what stands there, never nothing.
#[derive(Debug, Clone, PartialEq)]
enum Cell {
    Text(String),
    /// A number that is shown with so many decimals.
    Number(f64, u8),
    /// The name of another sheet, which a click opens.
    Link(String),
}

/// A table of a sheet: every row has a cell for each heading.
#[derive(Debug, Clone, PartialEq)]
struct Marked {
    /// What programs call it: letters, digits and underscores.
    name: String,
    headings: Vec<String>,
    rows: Vec<Vec<Cell>>,
}

/// A sheet: its title in the first cell, lines of text below it, then its table where it has one.
#[derive(Debug, Clone, PartialEq)]
struct Sheet {
    name: String,
    title: String,
    lines: Vec<String>,
    table: Option<Marked>,
}

/// A workbook, whatever the form it is written in.
#[derive(Debug, Clone, PartialEq)]
struct Book {
    title: String,
    sheets: Vec<Sheet>,
}

/// The files of the workbook by their names.
pub(super) fn files(tables: &ClearedTables, about: &About<'_>) -> Result<[(String, Vec<u8>); 2], PublishError> {
    let book = pages::book(tables, about);
    Ok([("tables.ods".to_owned(), ods::write(&book)?), ("tables.xlsx".to_owned(), xlsx::write(&book)?)])
}

/// How wide a column should be, in characters: as its longest cell, within reason.
fn width(table: &Marked, column: usize) -> usize {
    let cells = table.rows.iter().map(|row| match &row[column] {
        Cell::Text(text) | Cell::Link(text) => text.chars().count(),
        Cell::Number(..) => 10,
    });
    cells.max().unwrap_or(0).clamp(12, 60)
}

#[cfg(test)]
mod tests;
