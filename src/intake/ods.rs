//! Reads the sheets of an OpenDocument spreadsheet as a stream.
//!
//! `calamine` builds each sheet of an ODS workbook in memory and repeats rows and cells as often as the file says, up to a
//! hundred million cells of a file of a kilobyte; read as a stream, a repeated row meets the limits like any other.

use super::active::{self, CHANGES, CHANGES_CURE, COMMENTS, COMMENTS_CURE, PICTURES, PICTURES_CURE};
use super::archive::{Container as Archive, Member, refuse_damaged};
use super::bounded::{Bounded, Produced};
use super::grid::Grid;
use super::reading::{Named, Reading};
use super::sheet::iso_date;
use super::sheet::{COLUMNS_READ, CellValue, Sheet, cell_bytes, text};
use super::workbook::refuse;
use crate::domain::place::{Container, ContainerKind, cell_reference};
use quick_xml::Reader;
use quick_xml::escape::unescape;
use quick_xml::events::{BytesRef, BytesStart, Event};
use std::io::{BufRead, BufReader};
use std::ops::ControlFlow;
use zip::result::ZipError;

const CONTENT: &str = "content.xml";
/// Twice the rows of the longest sheet that any program has.
const ROWS_AT_MOST: u32 = 1 << 25;

/// The content cannot be read to its end.
struct Corrupt;

impl From<quick_xml::Error> for Corrupt {
    fn from(_: quick_xml::Error) -> Self {
        Self
    }
}

/// Reads every sheet.
pub(super) fn read(archive: &mut Archive, members: &[Member], reading: &mut Reading<'_>) {
    let Some(member) = members.iter().find(|member| member.name == CONTENT) else {
        return refuse_damaged(&ZipError::FileNotFound, Some(CONTENT), reading);
    };
    let produced = Produced::default();
    let content = match archive.by_index(member.index) {
        Ok(content) => Bounded::new(content, member.compressed, reading.limits, &produced),
        Err(error) => return refuse_damaged(&error, Some(CONTENT), reading),
    };
    let mut reader = Reader::from_reader(BufReader::new(content));
    reader.config_mut().expand_empty_elements = true;
    if document(&mut reader, reading).is_err() {
        refuse(None, reading);
    }
}

fn document<R: BufRead>(reader: &mut Reader<R>, reading: &mut Reading<'_>) -> Result<(), Corrupt> {
    let mut buffer = Vec::new();
    let mut begun = false;
    let mut sheets = 0;
    loop {
        buffer.clear();
        match reader.read_event_into(&mut buffer)? {
            Event::Eof => return if begun { Ok(()) } else { Err(Corrupt) },
            Event::Start(element) => {
                begun = true;
                match element.name().as_ref() {
                    // As many as an archive may have members: each may repeat its rows.
                    "table:table" if sheets >= reading.limits.archive_members => return Err(Corrupt),
                    "table:table" => {
                        sheets += 1;
                        let name = attribute(&element, "table:name").unwrap_or_default();
                        one_sheet(reader, name, reading)?;
                    }
                    "table:tracked-changes" => {
                        refuse_element("table:tracked-changes", reading);
                        skip(reader, reading)?;
                    }
                    name => refuse_element(name, reading),
                }
            }
            _ => {}
        }
    }
}

fn one_sheet<R: BufRead>(reader: &mut Reader<R>, name: String, reading: &mut Reading<'_>) -> Result<(), Corrupt> {
    reading.containers += 1;
    let container = Container { kind: ContainerKind::Sheet, name };
    reading.standing.sheet = Some(container.name.clone());
    let named = reading.look_up(&container.name);
    let table = match named {
        Named::Table(table) => reading.meet(Named::Table(table), &container),
        Named::Twice(_) | Named::Unknown => None,
    };
    let mut sheet = Sheet::new(Grid::new(table, &container, reading.limits, reading.held));
    let outcome = rows(reader, &mut sheet, reading);
    let read = sheet.finish_reporting(outcome.is_ok(), &mut reading.findings);
    if table.is_none() && read.anything {
        reading.meet(named, &container);
    }
    reading.keep(read, table.is_some());
    reading.standing.sheet = None;
    outcome
}

/// Reads rows to the end of the sheet.
fn rows<R: BufRead>(reader: &mut Reader<R>, sheet: &mut Sheet<'_>, reading: &mut Reading<'_>) -> Result<(), Corrupt> {
    let mut buffer = Vec::new();
    let mut row: u32 = 0;
    let mut full = false;
    loop {
        buffer.clear();
        match reader.read_event_into(&mut buffer)? {
            Event::Start(element) => match element.name().as_ref() {
                "table:table-row" => {
                    let repeated = count(&element, "table:number-rows-repeated");
                    let any = one_row(reader, row, sheet, &mut full, reading)?;
                    if any && repeated > 1 && !full {
                        full = sheet.repeat_row(repeated - 1, &mut reading.findings).is_break();
                    }
                    row = row.saturating_add(repeated);
                }
                "table:table-header-rows" | "table:table-rows" | "table:table-row-group" => {}
                name => {
                    refuse_element(name, reading);
                    skip(reader, reading)?;
                }
            },
            Event::End(element) if element.name().as_ref() == "table:table" => return Ok(()),
            Event::Eof => return Err(Corrupt),
            _ => {}
        }
    }
}

/// Reads a row; true when it holds anything.
fn one_row<R: BufRead>(
    reader: &mut Reader<R>,
    row: u32,
    sheet: &mut Sheet<'_>,
    full: &mut bool,
    reading: &mut Reading<'_>,
) -> Result<bool, Corrupt> {
    let mut buffer = Vec::new();
    let mut column: u32 = 0;
    let mut any = false;
    loop {
        buffer.clear();
        match reader.read_event_into(&mut buffer)? {
            Event::Start(element) => {
                let is_cell = matches!(element.name().as_ref(), "table:table-cell" | "table:covered-table-cell");
                if !is_cell {
                    refuse_element(element.name().as_ref(), reading);
                    skip(reader, reading)?;
                    continue;
                }
                let repeated = count(&element, "table:number-columns-repeated");
                let value = one_cell(reader, &Kind::of(&element), (column, row), reading)?;
                if value != CellValue::Empty && row >= ROWS_AT_MOST {
                    return Err(Corrupt);
                }
                if value != CellValue::Empty && !*full {
                    any = true;
                    // One column more than the sheet reads is enough for it to tell that there are more.
                    let last = column.saturating_add(repeated).min((COLUMNS_READ + 1).max(column.saturating_add(1)));
                    for position in column..last {
                        match sheet.cell(row, position, value.clone(), &mut reading.findings) {
                            Ok(ControlFlow::Continue(())) => {}
                            Ok(ControlFlow::Break(())) => *full = true,
                            Err(_) => return Err(Corrupt),
                        }
                    }
                }
                column = column.saturating_add(repeated);
            }
            Event::End(element) if element.name().as_ref() == "table:table-row" => return Ok(any),
            Event::Eof => return Err(Corrupt),
            _ => {}
        }
    }
}

/// What the attributes of a cell say of its value.
struct Kind {
    kind: String,
    value: Option<String>,
    is_error: bool,
    has_formula: bool,
}

impl Kind {
    fn of(cell: &BytesStart<'_>) -> Self {
        let kind = attribute(cell, "office:value-type").unwrap_or_default();
        let value = attribute(
            cell,
            match kind.as_str() {
                "date" => "office:date-value",
                "time" => "office:time-value",
                "boolean" => "office:boolean-value",
                "string" => "office:string-value",
                _ => "office:value",
            },
        );
        Self {
            value,
            is_error: attribute(cell, "calcext:value-type").as_deref() == Some("error"),
            has_formula: attribute(cell, "table:formula").is_some(),
            kind,
        }
    }

    /// The value, given the text that the cell shows.
    fn value(&self, shown: &CellText) -> CellValue {
        const ERRORS: [&str; 7] = ["#REF!", "#DIV/0!", "#N/A", "#NAME?", "#VALUE!", "#NUM!", "Err:"];
        if self.is_error || (self.has_formula && ERRORS.iter().any(|error| shown.text.starts_with(error))) {
            return CellValue::Error;
        }
        match (self.kind.as_str(), &self.value) {
            (_, Some(value)) if value.len() > shown.longest => CellValue::Overlong,
            ("date", Some(day)) => iso_date(day),
            ("boolean", Some(truth)) => CellValue::Text(truth.to_ascii_uppercase()),
            (_, Some(value)) => CellValue::Text(value.clone()),
            (_, None) if shown.is_overlong => CellValue::Overlong,
            (_, None) if shown.text.is_empty() => CellValue::Empty,
            (_, None) => text(&shown.text, shown.longest),
        }
    }
}

/// The text that a cell shows, as it comes: nothing more is kept of one that is longer than is read, because an element of
/// a few bytes can stand for thousands of blanks.
struct CellText {
    text: String,
    longest: usize,
    is_overlong: bool,
}

impl CellText {
    const fn new(longest: usize) -> Self {
        Self { text: String::new(), longest, is_overlong: false }
    }

    fn push(&mut self, more: &str) {
        self.is_overlong |= self.text.len() + more.len() > self.longest;
        if !self.is_overlong {
            self.text.push_str(more);
        }
    }

    fn push_blanks(&mut self, count: usize) {
        self.is_overlong |= self.text.len().saturating_add(count) > self.longest;
        if !self.is_overlong {
            self.text.extend(std::iter::repeat_n(' ', count));
        }
    }
}

/// Reads the text of a cell to its end. Paragraphs are lines; comments are no part of it, and refused.
fn one_cell<R: BufRead>(
    reader: &mut Reader<R>,
    kind: &Kind,
    (column, row): (u32, u32),
    reading: &mut Reading<'_>,
) -> Result<CellValue, Corrupt> {
    let mut buffer = Vec::new();
    let mut text = CellText::new(cell_bytes(reading.limits));
    let (mut depth, mut paragraphs): (u32, u32) = (0, 0);
    loop {
        buffer.clear();
        match reader.read_event_into(&mut buffer)? {
            Event::Start(element) => {
                match element.name().as_ref() {
                    // Refused as what it is, and searched with everything that stands in the part.
                    name @ "office:annotation" => {
                        reading.standing.cell = Some(cell_reference(column, row.saturating_add(1)));
                        refuse_element(name, reading);
                        reading.standing.cell = None;
                        skip(reader, reading)?;
                        continue;
                    }
                    "text:p" => {
                        if paragraphs > 0 {
                            text.push("\n");
                        }
                        paragraphs += 1;
                    }
                    "text:s" => {
                        text.push_blanks(count(&element, "text:c") as usize);
                    }
                    "text:tab" => text.push("\t"),
                    "text:line-break" => text.push("\n"),
                    name => refuse_element(name, reading),
                }
                depth += 1;
            }
            Event::End(_) if depth == 0 => return Ok(kind.value(&text)),
            Event::End(_) => depth -= 1,
            Event::Text(more) if paragraphs > 0 => text.push(&more.xml10_content()),
            Event::CData(more) if paragraphs > 0 => text.push(&more.xml10_content()),
            Event::GeneralRef(entity) => text.push(&resolve(&entity)?),
            Event::Eof => return Err(Corrupt),
            _ => {}
        }
    }
}

fn resolve(entity: &BytesRef<'_>) -> Result<String, Corrupt> {
    let written = format!("&{};", entity.as_ref());
    unescape(&written).map(|text| text.into_owned()).map_err(|_| Corrupt)
}

/// Passes over the rest of an element whose start has been read.
fn skip<R: BufRead>(reader: &mut Reader<R>, reading: &mut Reading<'_>) -> Result<(), Corrupt> {
    let mut buffer = Vec::new();
    let mut depth: u64 = 0;
    loop {
        buffer.clear();
        match reader.read_event_into(&mut buffer)? {
            Event::Start(element) => {
                refuse_element(element.name().as_ref(), reading);
                depth += 1;
            }
            Event::End(_) if depth == 0 => return Ok(()),
            Event::End(_) => depth -= 1,
            Event::Eof => return Err(Corrupt),
            _ => {}
        }
    }
}

/// Elements that bring in other files or programs, or hold what is no plain table.
fn refuse_element(name: &str, reading: &mut Reading<'_>) {
    match name {
        "table:table-source" | "table:cell-range-source" | "table:database-source-table" => {
            active::refuse("links to other files or databases", "Break the links and save it again", name, reading);
        }
        "draw:object" | "draw:object-ole" | "draw:plugin" | "draw:applet" | "form:form" => {
            active::refuse(
                "embedded objects",
                "Delete the objects, charts and controls, and save it again",
                name,
                reading,
            );
        }
        "office:annotation" => active::refuse(COMMENTS, COMMENTS_CURE, name, reading),
        "table:tracked-changes" => active::refuse(CHANGES, CHANGES_CURE, name, reading),
        "table:data-pilot-table" => active::refuse(
            "pivot tables",
            "Copy the tables of the return as values into a new workbook and save that",
            name,
            reading,
        ),
        // A frame is told as what it holds, where that is an object.
        name if name.starts_with("draw:") && !matches!(name, "draw:frame" | "draw:g" | "draw:a") => {
            active::refuse(PICTURES, PICTURES_CURE, name, reading);
        }
        _ => {}
    }
}

fn attribute(element: &BytesStart<'_>, name: &str) -> Option<String> {
    let mut attributes = element.attributes();
    // Whether a name stands twice is not worth a comparison of each with each.
    let found = attributes.with_checks(false).flatten().find(|attribute| attribute.key.as_ref() == name)?;
    unescape(&found.value).ok().map(|value| value.into_owned())
}

/// A number of repetitions: one where none is given, and no more than a sheet has rows.
fn count(element: &BytesStart<'_>, name: &str) -> u32 {
    attribute(element, name).and_then(|text| text.trim().parse().ok()).unwrap_or(1).clamp(1, 1 << 24)
}
