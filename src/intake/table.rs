//! Builds one table of text from rows of cells, wherever they come from, within the limits.

use super::findings::{Findings, did_you_mean, shown};
use super::held::Held;
use super::text::has_control;
use crate::domain::finding::Location;
use crate::domain::place::{Container, ContainerKind, cell_reference};
use crate::domain::table::{RowPlaces, TextColumn, TextTable};
use crate::spec::{Field, Limits, Table};
use std::collections::BTreeMap;
use std::ops::ControlFlow;

/// What a distinct value takes beside its text: its entry, its hash and the allocation.
const VALUE_BYTES: u64 = 64;
/// What a row's cell takes in each column: the number of its value.
const CELL_BYTES: u64 = 4;
/// Columns of a table past this are left out; each further one would be refused anyway.
pub(super) const COLUMNS_KEPT: usize = 4096;

/// Where a row stands.
#[derive(Debug, Clone, Copy)]
pub(super) struct RowPlace {
    pub(super) row: u32,
    pub(super) line: Option<u32>,
}

/// A table that is being read: its columns, and which cell of a row goes to which of them.
pub(super) struct TableBuilder<'a> {
    /// The specification's table; none for a file that is no table, which is read only to be searched.
    table: Option<&'a Table>,
    container: Container,
    limits: &'a Limits,
    columns: Vec<TextColumn>,
    by_position: Vec<Option<usize>>,
    places: RowPlaces,
    blank_rows: u32,
    full: bool,
    /// The column of each name, in small letters, where rows name their cells.
    by_name: BTreeMap<String, usize>,
    held: &'a Held,
}

impl<'a> TableBuilder<'a> {
    /// `held` counts the memory of all tables of the upload together.
    pub(super) fn new(table: Option<&'a Table>, container: Container, limits: &'a Limits, held: &'a Held) -> Self {
        let places = RowPlaces { rows: Vec::new(), lines: None };
        let (columns, by_position, by_name) = (Vec::new(), Vec::new(), BTreeMap::new());
        Self { table, container, limits, columns, by_position, places, blank_rows: 0, full: false, by_name, held }
    }

    pub(super) fn location(&self) -> Location {
        Location {
            table: self.table.map(|table| table.name.clone()),
            container: Some(self.container.name.clone()),
            ..Location::default()
        }
    }

    pub(super) fn name(&self) -> String {
        shown(&self.container.name)
    }

    /// The place of a cell of a row, in the words of the container.
    pub(super) fn cell_location(&self, place: RowPlace, position: usize, field: Option<&str>) -> Location {
        let sheet = self.container.kind == ContainerKind::Sheet;
        Location {
            row: Some(place.row),
            line: place.line,
            field: field.map(str::to_owned),
            cell: sheet.then(|| cell_reference(u32::try_from(position).unwrap_or(u32::MAX), place.row)),
            ..self.location()
        }
    }

    /// Takes the heading row: finds columns that are named twice, are unknown, or are missing.
    pub(super) fn headings<'c>(
        &mut self,
        place: RowPlace,
        cells: impl Iterator<Item = &'c str>,
        findings: &mut Findings,
    ) {
        let mut first_at = BTreeMap::new();
        for (position, cell) in cells.enumerate() {
            let heading = cell.trim();
            if heading.is_empty() {
                self.by_position.push(None);
                continue;
            }
            self.column_named(heading, position, &mut first_at, place, findings);
        }
        // Every row asks how far the headings go.
        self.by_position.truncate(self.width());
        self.missing_columns(place, findings);
    }

    /// Adds the column of a heading at a position, and says so when it is a second one or unknown.
    fn column_named(
        &mut self,
        heading: &str,
        position: usize,
        first_at: &mut BTreeMap<String, usize>,
        place: RowPlace,
        findings: &mut Findings,
    ) {
        let known = self.table.and_then(|table| table.field_named(heading));
        let name = known.map_or(heading, |field| field.name.as_str());
        let at = |builder: &Self| builder.cell_location(place, position, Some(name));
        if let Some(first) = first_at.get(&name.to_ascii_lowercase()) {
            let message = format!(
                "The heading row of {} names the column {} twice, as columns {} and {}. Delete one of them, or correct \
                 its heading.",
                self.name(),
                shown(name),
                first + 1,
                position + 1
            );
            findings.add("F09", at(self), message, "each column once");
        } else if let (None, Some(table)) = (known, self.table) {
            let fields = || table.fields.iter().map(|field| field.name.as_str());
            findings.add_made("F11", || {
                let message = format!(
                    "The column {} of {} is not in the specification of the table {}.{} Delete the column or correct its \
                     heading; nothing is dropped in silence.",
                    shown(name),
                    self.name(),
                    table.name,
                    did_you_mean(name, fields())
                );
                (at(self), message, format!("only the columns {}", list(fields())))
            });
        }
        first_at.entry(name.to_ascii_lowercase()).or_insert(position);
        while self.by_position.len() <= position {
            self.by_position.push(None);
        }
        self.by_position[position] = Some(self.columns.len());
        self.add_column(name, position);
    }

    /// Adds a column. Where a row has begun, the rows before it have nothing in the column.
    fn add_column(&mut self, name: &str, position: usize) {
        let mut column = TextColumn::new(name, u32::try_from(position).unwrap_or(u32::MAX));
        for _ in 1..self.places.rows.len() {
            column.push("");
        }
        self.columns.push(column);
    }

    /// Whether there is memory for a column that begins in this row: it has a cell for every row before as well.
    fn has_room_for_column(&mut self, place: RowPlace, findings: &mut Findings) -> bool {
        let rows = self.places.rows.len().saturating_sub(1) as u64;
        !self.full && self.take_memory(rows * CELL_BYTES, place, findings).is_continue()
    }

    pub(super) fn missing_columns(&self, place: RowPlace, findings: &mut Findings) {
        let Some(table) = self.table else { return };
        for field in table.fields.iter().filter(|field| field.required) {
            if self.columns.iter().any(|column| column.field == field.name) {
                continue;
            }
            let message = format!(
                "The column {} is missing from {}, and the table {} requires it. Add it to the heading row, and fill it \
                 for every row.",
                field.name,
                self.name(),
                table.name
            );
            let row = Some(place.row).filter(|row| *row > 0);
            let at = Location { row, line: place.line, field: Some(field.name.clone()), ..self.location() };
            let required = table.fields.iter().filter(|field| field.required).map(|field| field.name.as_str());
            findings.add("F10", at, message, format!("the columns {}", list(required)));
        }
    }

    /// How many cells a row must have at least: those up to the last heading.
    pub(super) fn width(&self) -> usize {
        self.by_position.iter().rposition(Option::is_some).map_or(0, |last| last + 1)
    }

    pub(super) fn skip_blank(&mut self, rows: u32) {
        self.blank_rows = self.blank_rows.saturating_add(rows);
    }

    /// The specification's field of the column at a position.
    pub(super) fn field_at(&self, position: usize) -> Option<&'a Field> {
        let column = self.by_position.get(position).copied().flatten()?;
        self.table?.field(&self.columns[column].field)
    }

    pub(super) const fn is_full(&self) -> bool {
        self.full
    }

    pub(super) fn rows(&self) -> usize {
        self.places.rows.len()
    }

    /// Whether a text stands in the table already.
    pub(super) fn holds(&self, text: &str) -> bool {
        self.columns.iter().any(|column| column.holds(text))
    }

    /// Begins a row; breaks when the table has all the rows that the limits allow.
    fn begin_row(&mut self, place: RowPlace, findings: &mut Findings) -> ControlFlow<()> {
        if self.places.rows.len() as u64 >= self.limits.rows_per_table {
            if !self.full {
                self.full = true;
                let limit = self.limits.rows_per_table;
                let message = format!(
                    "{} has more than {limit} rows, the limit of rows_per_table; reading stopped at row {}. If the table \
                     truly is that large, ask the collection team; more often an export was joined to itself.",
                    self.name(),
                    place.row
                );
                let at = Location { row: Some(place.row), line: place.line, ..self.location() };
                findings.add("F17", at, message, format!("at most {limit} rows a table"));
            }
            return ControlFlow::Break(());
        }
        let line = place.line.unwrap_or(place.row);
        match &mut self.places.lines {
            Some(lines) => lines.push(line),
            None if line != place.row => {
                let mut lines = self.places.rows.clone();
                lines.push(line);
                self.places.lines = Some(lines);
            }
            None => {}
        }
        self.places.rows.push(place.row);
        ControlFlow::Continue(())
    }

    /// Adds a row of cells by position.
    pub(super) fn row<'c>(
        &mut self,
        place: RowPlace,
        cells: impl Iterator<Item = &'c str>,
        findings: &mut Findings,
    ) -> ControlFlow<()> {
        self.begin_row(place, findings)?;
        for (position, cell) in cells.enumerate() {
            let column = match self.by_position.get(position).copied().flatten() {
                Some(column) => column,
                None if cell.trim().is_empty() => continue,
                None if !self.has_room_for_column(place, findings) => break,
                None => self.unheaded(place, position, findings),
            };
            self.cell(place, column, cell, findings);
        }
        self.end_row();
        self.within_memory(place, findings)
    }

    /// A cell that is not empty stands under no heading: its column is kept under no name, so that it is searched.
    fn unheaded(&mut self, place: RowPlace, position: usize, findings: &mut Findings) -> usize {
        if self.table.is_some() {
            let message = format!(
                "Column {} of {} has no heading, but row {} holds something in it. Delete what stands there, or give the \
                 column its heading.",
                position + 1,
                self.name(),
                place.row
            );
            findings.add("F11", self.cell_location(place, position, None), message, "a heading above every cell");
        }
        while self.by_position.len() <= position {
            self.by_position.push(None);
        }
        self.by_position[position] = Some(self.columns.len());
        self.add_column("", position);
        self.columns.len() - 1
    }

    fn cell(&mut self, place: RowPlace, column: usize, text: &str, findings: &mut Findings) {
        let limit = self.limits.characters_per_cell;
        let position = self.columns[column].position as usize;
        if text.len() as u64 > limit && text.trim().chars().count() as u64 > limit {
            self.overlong(place, position, findings);
            return;
        }
        if self.container.kind != ContainerKind::Csv && has_control(text) {
            findings.add_made("F06", || {
                let message = format!(
                    "A cell of row {} of {} holds a NUL or another control character. Such characters come from a faulty \
                     export or a copied text: delete them.",
                    place.row,
                    self.name()
                );
                let at = self.cell_location(place, position, Some(&self.columns[column].field));
                (at, message, "no control characters but tab, carriage return and line feed".to_owned())
            });
        }
        self.push(column, text);
    }

    fn push(&mut self, column: usize, text: &str) {
        let column = &mut self.columns[column];
        let distinct = column.values().len();
        column.push(text);
        if column.values().len() > distinct {
            self.held.add_memory(text.len() as u64 + VALUE_BYTES);
        }
    }

    /// Breaks when the text of the upload takes more memory than the limits allow.
    fn within_memory(&mut self, place: RowPlace, findings: &mut Findings) -> ControlFlow<()> {
        if self.full {
            return ControlFlow::Break(());
        }
        self.take_memory(self.columns.len() as u64 * CELL_BYTES + 8, place, findings)
    }

    fn take_memory(&mut self, bytes: u64, place: RowPlace, findings: &mut Findings) -> ControlFlow<()> {
        let limit = self.limits.held_bytes;
        if self.held.add_memory(bytes) <= limit {
            return ControlFlow::Continue(());
        }
        self.full = true;
        let message = format!(
            "The different values of the upload take more than {limit} bytes of memory, the limit of held_bytes; reading \
             stopped at row {} of {}. A return repeats most of its values: look for a column of free text or numbers that \
             are different in every row.",
            place.row,
            self.name()
        );
        let at = Location { row: Some(place.row), line: place.line, ..self.location() };
        findings.add("F17", at, message, format!("at most {limit} bytes of different values"));
        ControlFlow::Break(())
    }

    /// Takes note of the text that a row of a workbook gives its cells; breaks when an upload of a few bytes has its texts
    /// repeated into more than any upload may expand to.
    pub(super) fn take_text(&mut self, bytes: u64, place: RowPlace, findings: &mut Findings) -> ControlFlow<()> {
        let limit = self.limits.expanded_bytes;
        if self.held.add_text(bytes) <= limit {
            return ControlFlow::Continue(());
        }
        self.full = true;
        let message = format!(
            "The cells of the workbook hold more than {limit} bytes of text together, the limit of expanded_bytes; reading \
             stopped at row {} of {}. Rows or cells are repeated far past the table: delete what stands below and beside it.",
            place.row,
            self.name()
        );
        let at = Location { row: Some(place.row), line: place.line, ..self.location() };
        findings.add("F17", at, message, format!("at most {limit} bytes of text in cells"));
        ControlFlow::Break(())
    }

    /// A cell passed the limit; it is not kept.
    pub(super) fn overlong(&self, place: RowPlace, position: usize, findings: &mut Findings) {
        let limit = self.limits.characters_per_cell;
        findings.add_made("F17", || {
            let column = self.by_position.get(position).copied().flatten();
            let field = column.map(|column| self.columns[column].field.as_str());
            let message = format!(
                "A cell of row {} of {} is longer than {limit} characters, the limit of characters_per_cell. No field of a \
                 return is that long: look for a quote that is not closed, or for notes copied into the cell.",
                place.row,
                self.name()
            );
            (self.cell_location(place, position, field), message, format!("at most {limit} characters"))
        });
    }

    /// Cells that the row did not have are empty.
    fn end_row(&mut self) {
        let rows = self.places.rows.len();
        for column in self.columns.iter_mut().filter(|column| column.len() < rows) {
            column.push("");
        }
    }

    /// Adds a row of cells by name, as JSON gives it; a name that is met for the first time becomes a column.
    pub(super) fn named_row(
        &mut self,
        row: u32,
        cells: &[(String, String)],
        findings: &mut Findings,
    ) -> ControlFlow<()> {
        let place = RowPlace { row, line: None };
        self.begin_row(place, findings)?;
        for (name, text) in cells {
            let lower = name.trim().to_ascii_lowercase();
            let column = match self.by_name.get(&lower).copied() {
                Some(column) if self.columns[column].len() == self.places.rows.len() => {
                    findings.add_made("F16", || {
                        let at = Location { row: Some(row), field: Some(name.trim().to_owned()), ..self.location() };
                        let message = format!(
                            "Row {row} of {} gives {} twice, in different letter case. Keep one of the two.",
                            self.name(),
                            shown(name)
                        );
                        (at, message, "each name once in a row".to_owned())
                    });
                    continue;
                }
                Some(column) => column,
                None if self.columns.len() >= COLUMNS_KEPT => continue,
                None if !self.has_room_for_column(place, findings) => break,
                None => {
                    let position = self.columns.len();
                    self.column_named(name.trim(), position, &mut BTreeMap::new(), place, findings);
                    self.by_name.insert(lower, position);
                    position
                }
            };
            self.cell(place, column, text, findings);
        }
        self.end_row();
        self.within_memory(place, findings)
    }

    /// The table as it was read; nothing when it has no column, unless a table without any is a table all the same.
    pub(super) fn finish(self, even_bare: bool) -> Option<TextTable> {
        let name = self.table.map_or_else(|| self.container.name.clone(), |table| table.name.clone());
        (even_bare || !self.columns.is_empty()).then_some(TextTable {
            name,
            container: self.container,
            columns: self.columns,
            places: self.places,
            blank_rows: self.blank_rows,
        })
    }
}

fn list<'n>(names: impl Iterator<Item = &'n str>) -> String {
    names.collect::<Vec<_>>().join(", ")
}
