//! Tables of text with a location for every cell.
//!
//! Each distinct value of a column is held once. A code column of a million rows has a dozen values, so looking for
//! identifiers, parsing and checking cost what the distinct values cost, not what the rows do.

use super::place::ContainerKind;
use super::place::{Container, cell_reference};
use indexmap::IndexSet;
use std::fmt;

/// The number of an empty cell's value in every column.
pub const EMPTY: u32 = 0;

/// A column as it was read: trimmed text, interned.
#[derive(Clone)]
pub struct TextColumn {
    /// The field's name as the specification writes it.
    pub field: String,
    /// The column's place in the file, counted from 0.
    pub position: u32,
    values: IndexSet<Box<str>>,
    cells: Vec<u32>,
}

impl TextColumn {
    pub fn new(field: impl Into<String>, position: u32) -> Self {
        let mut values = IndexSet::new();
        values.insert(Box::from(""));
        Self { field: field.into(), position, values, cells: Vec::new() }
    }

    /// Adds the next row's cell. White space around it is not part of it.
    pub fn push(&mut self, text: &str) {
        let text = text.trim();
        let number = match self.values.get_index_of(text) {
            Some(found) => found,
            None => self.values.insert_full(Box::from(text)).0,
        };
        // Unwrap safety of the default: rows are capped far below u32::MAX before they are pushed.
        self.cells.push(u32::try_from(number).unwrap_or(EMPTY));
    }

    pub fn len(&self) -> usize {
        self.cells.len()
    }

    pub fn is_empty(&self) -> bool {
        self.cells.is_empty()
    }

    /// The value of a row's cell; empty where there is none.
    pub fn text(&self, row: usize) -> &str {
        self.value(self.number(row))
    }

    /// The number of a row's value among [`TextColumn::values`].
    pub fn number(&self, row: usize) -> u32 {
        self.cells.get(row).copied().unwrap_or(EMPTY)
    }

    pub fn value(&self, number: u32) -> &str {
        self.values.get_index(number as usize).map_or("", |value| value.as_ref())
    }

    /// The distinct values in the order in which they first stand; the first is always the empty one.
    pub fn values(&self) -> impl ExactSizeIterator<Item = &str> {
        self.values.iter().map(AsRef::as_ref)
    }

    /// Whether any row has this text.
    pub fn holds(&self, text: &str) -> bool {
        self.values.contains(text.trim())
    }

    /// For each row, the number of its value.
    pub fn cells(&self) -> &[u32] {
        &self.cells
    }
}

impl fmt::Debug for TextColumn {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "TextColumn({}, {} rows, {} distinct values)", self.field, self.cells.len(), self.values.len())
    }
}

/// Where each row of a table stands in the file.
#[derive(Debug, Clone, Default)]
pub struct RowPlaces {
    /// For each row, its number as a spreadsheet shows it: headings are row 1, blank rows count.
    pub rows: Vec<u32>,
    /// For each row, the line of the file where it begins, when quoted line breaks made lines and rows differ.
    pub lines: Option<Vec<u32>>,
}

impl RowPlaces {
    pub fn row(&self, index: usize) -> Option<u32> {
        self.rows.get(index).copied()
    }

    pub fn line(&self, index: usize) -> Option<u32> {
        self.lines.as_ref().map_or_else(|| self.row(index), |lines| lines.get(index).copied())
    }
}

/// A table of the return, as it was read.
#[derive(Debug, Clone)]
pub struct TextTable {
    /// The table's name as the specification writes it.
    pub name: String,
    pub container: Container,
    pub columns: Vec<TextColumn>,
    pub places: RowPlaces,
    /// Blank rows that were skipped; they still count in the rows' numbers.
    pub blank_rows: u32,
}

impl TextTable {
    pub fn rows(&self) -> usize {
        self.places.rows.len()
    }

    pub fn column(&self, field: &str) -> Option<&TextColumn> {
        self.columns.iter().find(|column| column.field == field)
    }

    /// The reference of a cell, for workbooks only.
    pub fn cell(&self, index: usize, field: &str) -> Option<String> {
        if self.container.kind != ContainerKind::Sheet {
            return None;
        }
        Some(cell_reference(self.column(field)?.position, self.places.row(index)?))
    }
}

/// What was read of an upload: its tables, and what is worth telling about how they were found.
#[derive(Debug, Clone, Default)]
pub struct TextReturn {
    pub tables: Vec<TextTable>,
    /// Plain sentences such as "Two files that systems add by themselves were left aside".
    pub notes: Vec<String>,
}

impl TextReturn {
    pub fn table(&self, name: &str) -> Option<&TextTable> {
        self.tables.iter().find(|table| table.name == name)
    }

    /// The rows of all tables together.
    pub fn rows(&self) -> usize {
        self.tables.iter().map(TextTable::rows).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_held_once_and_debug_shows_none() {
        let mut column = TextColumn::new("SEX", 2);
        for cell in ["M", " F ", "M", ""] {
            column.push(cell);
        }
        assert_eq!(column.cells(), [1, 2, 1, EMPTY]);
        assert_eq!(column.text(1), "F");
        assert_eq!(format!("{column:?}"), "TextColumn(SEX, 4 rows, 3 distinct values)");
    }
}
