//! Reads a JSON document: an object with a member for each table, each a list of row objects.

use super::findings::shown;
use super::json_text::{Fault, Parser, Scalar};
use super::reading::Reading;
use super::table::{RowPlace, TableBuilder};
use super::text::TextStream;
use crate::domain::finding::Location;
use crate::domain::place::{Container, ContainerKind};
use crate::domain::table::{RowPlaces, TextColumn, TextTable};
use crate::spec::Table;
use std::collections::BTreeSet;
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
    let mut repeated = Repeated::default();
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
    repeated: &mut Repeated,
    reading: &mut Reading<'a>,
) -> Result<(), Fault> {
    let mut row: u32 = 1;
    let mut cells = Vec::new();
    parser.begin_list()?;
    while parser.next_item()? {
        row = row.saturating_add(1);
        if builder.is_full() {
            parser.skip_value()?;
            continue;
        }
        if parser.peek() != Some(b'{') {
            let message =
                format!("Row {row} of {} is not an object. Write each row as an object of its cells.", builder.name());
            let line = Some(parser.place(parser.at()).0);
            reading.findings.add("F16", Location { row: Some(row), line, ..builder.location() }, message, DOCUMENT);
            parser.skip_value()?;
            continue;
        }
        row_cells(parser, row, &mut cells, repeated, builder, reading)?;
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
    repeated: &mut Repeated,
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
        let twice = cells.iter().any(|(seen, _)| *seen == name);
        if twice {
            let message = format!("Row {row} of {} has {} twice. Keep one of the two.", builder.name(), shown(&name));
            reading.findings.add("F16", at(parser), message, "each name once in a row");
        }
        if matches!(parser.peek(), Some(b'{' | b'[')) {
            let message = format!(
                "{} of row {row} of {} is a list or an object. Write a cell as a string or a number, and a list of codes \
                 as one string, joined with semicolons.",
                shown(&name),
                builder.name()
            );
            reading.findings.add("F16", at(parser), message, "a string, a number or null");
            parser.skip_value()?;
            continue;
        }
        let text = match parser.scalar()? {
            Scalar::Text(text) => text,
            Scalar::Number(digits) => digits.to_owned(),
            Scalar::Truth(truth) => if truth { "TRUE" } else { "FALSE" }.to_owned(),
            Scalar::Null => String::new(),
        };
        if twice {
            repeated.0.push((row, text));
        } else {
            cells.push((name, text));
        }
    }
    Ok(())
}

/// What stood under a name that its row had already: no part of the table, and searched for identifiers all the same.
#[derive(Default)]
struct Repeated(Vec<(u32, String)>);

impl Repeated {
    fn table(&self, builder: &TableBuilder<'_>) -> Option<TextTable> {
        let Location { table, container, .. } = builder.location();
        let container = Container { kind: ContainerKind::Json, name: container.unwrap_or_default() };
        let name = table.unwrap_or_else(|| container.name.clone());
        let mut column = TextColumn::new("", 0);
        self.0.iter().for_each(|(_, text)| column.push(text));
        let places = RowPlaces { rows: self.0.iter().map(|(row, _)| *row).collect(), lines: None };
        (!self.0.is_empty()).then(|| TextTable { name, container, columns: vec![column], places, blank_rows: 0 })
    }
}
