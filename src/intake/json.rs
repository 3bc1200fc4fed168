//! Reads a JSON document: an object with a member for each table, each a list of row objects.

use super::findings::{Findings, shown};
use super::held::Held;
use super::json_text::{Fault, Parser, Scalar};
use super::reading::Reading;
use super::sheet::cell_bytes;
use super::table::{COLUMNS_KEPT, RowPlace, TableBuilder};
use super::text::TextStream;
use crate::domain::finding::Location;
use crate::domain::place::{Container, ContainerKind};
use crate::domain::table::{RowPlaces, TextColumn, TextTable};
use crate::spec::Table;
use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Read};

const DOCUMENT: &str = "an object with a member for each table, each a list of objects, one for each row";

/// Reads a document.
pub(super) fn read(input: impl Read, reading: &mut Reading<'_>) -> io::Result<()> {
    let mut stream = TextStream::new(input, reading.listed_at_most);
    let mut bytes = Vec::new();
    while stream.fill()? {
        bytes.extend_from_slice(stream.piece());
    }
    stream.report(&mut reading.findings, None, "the document");
    reading.containers += 1;
    // Pieces are UTF-8 each, so their sum is.
    let text = String::from_utf8(bytes).unwrap_or_default();
    let mut parser = Parser::new(&text, reading.limits.json_depth);
    if let Err(fault) = document(&mut parser, reading) {
        let (line, column) = parser.place(fault.at);
        let message = format!(
            "The JSON document cannot be read at line {line}, column {column}: {}. Correct the program that wrote it; a JSON \
             library writes documents that can be read.",
            fault.problem
        );
        reading.cut_short = true;
        let at = Location {
            line: Some(line),
            byte: stream.origin().map(|origin| origin + fault.at as u64),
            ..Location::default()
        };
        reading.findings.add("F16", at, message, DOCUMENT);
    }
    Ok(())
}

fn document(parser: &mut Parser<'_>, reading: &mut Reading<'_>) -> Result<(), Fault> {
    if parser.peek() != Some(b'{') {
        return Err(parser.fault("the document is a list, and must be an object with a member for each table"));
    }
    let mut names = BTreeSet::new();
    parser.begin_object()?;
    while let Some(name) = parser.next_key()? {
        let most = reading.limits.archive_members;
        if names.len() as u64 >= most {
            let message = format!(
                "The document has more than {most} members, the limit of archive_members. A return has one member for each \
                 table."
            );
            let line = Some(parser.place(parser.at()).0);
            reading.cut_short = true;
            reading.findings.add(
                "F17",
                Location { line, ..Location::default() },
                message,
                format!("at most {most} members"),
            );
            return Ok(());
        }
        if name.len() > cell_bytes(reading.limits) {
            let line = Some(parser.place(parser.at()).0);
            overlong_name(
                Location { line, ..Location::default() },
                reading.limits.characters_per_cell,
                &mut reading.findings,
            );
            parser.skip_value()?;
            continue;
        }
        let container = Container { kind: ContainerKind::Json, name: name.clone() };
        let line = parser.place(parser.at()).0;
        let at = Location { container: Some(name.clone()), line: Some(line), ..Location::default() };
        if !names.insert(name.clone()) {
            let message =
                format!("The document has the member {} twice. Put all rows of a table into one list.", shown(&name));
            reading.findings.add("F16", at, message, "each member once");
            parser.skip_value()?;
            continue;
        }
        let table = reading.meet(reading.look_up(&name), &container);
        if parser.peek() != Some(b'[') {
            let message = format!(
                "The member {} on line {line} is not a list. Write the rows of a table as a list of objects, also where \
                 there is one or none.",
                shown(&name)
            );
            reading.findings.add("F16", at, message, DOCUMENT);
            parser.skip_value()?;
            continue;
        }
        rows(parser, table, container, reading)?;
    }
    parser.end()
}

fn rows<'a>(
    parser: &mut Parser<'_>,
    table: Option<&'a Table>,
    container: Container,
    reading: &mut Reading<'a>,
) -> Result<(), Fault> {
    let mut builder = TableBuilder::new(table, container, reading.limits, reading.held);
    let mut repeated = Repeated::new(reading.held, reading.limits.held_bytes);
    let outcome = row_objects(parser, &mut builder, &mut repeated, reading);
    reading.aside.extend(repeated.table(&builder));
    if outcome.is_ok() && builder.rows() > 0 {
        builder.missing_columns(RowPlace { row: 0, line: None }, &mut reading.findings);
    }
    if let Some(read) = builder.finish(table.is_some()) {
        if table.is_some() { &mut reading.tables } else { &mut reading.aside }.push(read);
    }
    outcome
}

fn row_objects<'a>(
    parser: &mut Parser<'_>,
    builder: &mut TableBuilder<'a>,
    repeated: &mut Repeated<'_>,
    reading: &mut Reading<'a>,
) -> Result<(), Fault> {
    let mut row: u32 = 1;
    let mut names = Names::default();
    let mut cells = Vec::new();
    parser.begin_list()?;
    while parser.next_item()? {
        row = row.saturating_add(1);
        if builder.is_full() {
            parser.skip_value()?;
            continue;
        }
        if parser.peek() != Some(b'{') {
            reading.findings.add_made("F16", || {
                let name = builder.name();
                let message =
                    format!("Row {row} of {name} is not an object. Write each row as an object of its cells.");
                let line = Some(parser.place(parser.at()).0);
                (Location { row: Some(row), line, ..builder.location() }, message, DOCUMENT.to_owned())
            });
            parser.skip_value()?;
            continue;
        }
        row_cells(parser, row, &mut cells, (&mut names, repeated), builder, reading)?;
        if cells.iter().all(|(_, text): &(String, String)| text.trim().is_empty()) {
            builder.skip_blank(1);
        } else {
            // A table that is full takes no more rows; the rest of the document is still looked at.
            let _ = builder.named_row(row, &cells, &mut reading.findings);
        }
    }
    Ok(())
}

fn row_cells(
    parser: &mut Parser<'_>,
    row: u32,
    cells: &mut Vec<(String, String)>,
    (names, repeated): (&mut Names, &mut Repeated<'_>),
    builder: &TableBuilder<'_>,
    reading: &mut Reading<'_>,
) -> Result<(), Fault> {
    cells.clear();
    parser.begin_object()?;
    while let Some(name) = parser.next_key()? {
        let at = |parser: &Parser<'_>| Location {
            row: Some(row),
            line: Some(parser.place(parser.at()).0),
            field: Some(name.clone()),
            ..builder.location()
        };
        let is_overlong = name.len() > cell_bytes(reading.limits);
        let met = if is_overlong { Met::First } else { names.meet(&name, row) };
        if is_overlong {
            let line = Some(parser.place(parser.at()).0);
            let at = Location { row: Some(row), line, ..builder.location() };
            overlong_name(at, reading.limits.characters_per_cell, &mut reading.findings);
        } else if met == Met::Twice {
            reading.findings.add_made("F16", || {
                let message =
                    format!("Row {row} of {} has {} twice. Keep one of the two.", builder.name(), shown(&name));
                (at(parser), message, "each name once in a row".to_owned())
            });
        } else if met == Met::OneTooMany {
            let message = format!(
                "{} has more than {COLUMNS_KEPT} different names of cells, and what stands under further ones is not read. \
                 No table has nearly as many columns.",
                builder.name()
            );
            let at = Location { field: None, ..at(parser) };
            reading.findings.add("F17", at, message, format!("at most {COLUMNS_KEPT} names"));
        }
        if matches!(parser.peek(), Some(b'{' | b'[')) {
            let shown = if is_overlong { "A cell".to_owned() } else { shown(&name) };
            reading.findings.add_made("F16", || {
                let message = format!(
                    "{shown} of row {row} of {} is a list or an object. Write a cell as a string or a number, and a list of \
                     codes as one string, joined with semicolons.",
                    builder.name()
                );
                let field = Some(name.clone()).filter(|_| !is_overlong);
                (Location { field, ..at(parser) }, message, "a string, a number or null".to_owned())
            });
            parser.skip_value()?;
            continue;
        }
        let text = match parser.scalar()? {
            Scalar::Text(text) => text,
            Scalar::Number(digits) => digits.to_owned(),
            Scalar::Truth(truth) => if truth { "TRUE" } else { "FALSE" }.to_owned(),
            Scalar::Null => String::new(),
        };
        if is_overlong || met == Met::Twice {
            repeated.push(row, &text);
        } else if met == Met::First {
            cells.push((name, text));
        }
    }
    Ok(())
}

fn overlong_name(at: Location, limit: u64, findings: &mut Findings) {
    let message = format!(
        "A name is longer than {limit} characters, the limit of characters_per_cell. Names are those of tables and columns: \
         look for a quote that is not closed."
    );
    findings.add("F17", at, message, format!("at most {limit} characters"));
}

/// What a name of a cell is in its row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Met {
    First,
    Twice,
    /// The first name that is one more than a table may have columns.
    OneTooMany,
    TooMany,
}

/// The names of the cells of a table, as they are written, each with the last row that had it.
#[derive(Default)]
struct Names {
    rows: BTreeMap<String, u32>,
    is_full: bool,
}

impl Names {
    fn meet(&mut self, name: &str, row: u32) -> Met {
        if let Some(last) = self.rows.get_mut(name) {
            return if std::mem::replace(last, row) == row { Met::Twice } else { Met::First };
        }
        if self.rows.len() >= COLUMNS_KEPT {
            return if std::mem::replace(&mut self.is_full, true) { Met::TooMany } else { Met::OneTooMany };
        }
        self.rows.insert(name.to_owned(), row);
        Met::First
    }
}

/// What stood under a name that its row had already, or that is no name: no part of the table, and searched for identifiers
/// all the same.
struct Repeated<'h> {
    rows: Vec<u32>,
    column: TextColumn,
    held: &'h Held,
    most: u64,
}

impl<'h> Repeated<'h> {
    fn new(held: &'h Held, most: u64) -> Self {
        Self { rows: Vec::new(), column: TextColumn::new("", 0), held, most }
    }

    fn push(&mut self, row: u32, text: &str) {
        // A document that takes more memory than it may is refused for that, and read no further.
        if self.held.add_memory(text.len() as u64 + 64) <= self.most {
            self.rows.push(row);
            self.column.push(text);
        }
    }

    fn table(self, builder: &TableBuilder<'_>) -> Option<TextTable> {
        let Location { table, container, .. } = builder.location();
        let container = Container { kind: ContainerKind::Json, name: container.unwrap_or_default() };
        let name = table.unwrap_or_else(|| container.name.clone());
        let places = RowPlaces { rows: self.rows, lines: None };
        (!places.rows.is_empty()).then(|| TextTable {
            name,
            container,
            columns: vec![self.column],
            places,
            blank_rows: 0,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_has_so_many_names_and_each_is_met_once_in_a_row() {
        let mut names = Names::default();
        let met =
            |names: &mut Names, row: u32| (0..5000).map(|at| names.meet(&format!("N{at}"), row)).collect::<Vec<_>>();
        let first = met(&mut names, 2);
        assert!(first[..COLUMNS_KEPT].iter().all(|met| *met == Met::First));
        assert_eq!(first[COLUMNS_KEPT..COLUMNS_KEPT + 2], [Met::OneTooMany, Met::TooMany]);
        assert_eq!(names.rows.len(), COLUMNS_KEPT, "no more are kept");
        assert_eq!((names.meet("N7", 2), names.meet("N7", 3)), (Met::Twice, Met::First));
    }
}
