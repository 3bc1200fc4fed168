//! Writes rows as CSV in the specification's order of fields, whatever order they are filled in. For `sample` and `prepare`.

use crate::spec::Specification;
use chrono::{Datelike, NaiveDate};
use std::fmt;

/// Why a table can't be written.
#[derive(Debug, thiserror::Error)]
pub enum RowsError {
    #[error("The specification has no table {0}, which this program fills. The two must be of one version.")]
    NoTable(String),
    #[error(
        "The specification has no field {table}.{field}, which this program fills. The two must be of one version."
    )]
    NoField { table: String, field: String },
    #[error(
        "The specification's field {table}.{field} is required and this program does not fill it. The two must be of one version."
    )]
    UnknownField { table: String, field: String },
}

/// A table as a CSV file.
#[derive(Clone, PartialEq, Eq)]
pub struct CsvTable {
    /// The table's name, also that of its file.
    pub name: String,
    /// CSV with a heading row.
    pub bytes: Vec<u8>,
    /// Rows without the heading.
    pub rows: u64,
}

impl fmt::Debug for CsvTable {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "CsvTable({}, {} rows)", self.name, self.rows)
    }
}

/// One table being written. The cells of a row are given in the order of the fields that the writer was made with.
pub(super) struct Rows {
    name: String,
    /// For each column of the specification, the place of its cell in the rows given, or none where it stays empty.
    places: Vec<Option<usize>>,
    bytes: Vec<u8>,
    rows: u64,
    day_first: bool,
    scratch: String,
}

/// One cell.
#[derive(Clone, Copy)]
pub(super) enum Cell<'a> {
    Text(&'a str),
    Day(NaiveDate),
    /// A day, or empty.
    MaybeDay(Option<NaiveDate>),
    Month(NaiveDate),
    Number(i64),
    MaybeNumber(Option<i64>),
    MaybeDecimal(Option<f64>),
}

impl Rows {
    /// A table whose required fields are all among those that will be filled.
    pub(super) fn new(
        specification: &Specification,
        name: &str,
        fields: &[&'static str],
        day_first: bool,
    ) -> Result<Self, RowsError> {
        let table = specification.table(name).ok_or(RowsError::NoTable(name.to_owned()))?;
        if let Some(field) = table.fields.iter().find(|field| field.required && !fields.contains(&field.name.as_str()))
        {
            return Err(RowsError::UnknownField { table: name.to_owned(), field: field.name.clone() });
        }
        Self::draft(specification, name, fields, day_first)
    }

    /// A table of which some required fields stay empty, for a person to fill in.
    pub(super) fn draft(
        specification: &Specification,
        name: &str,
        fields: &[&'static str],
        day_first: bool,
    ) -> Result<Self, RowsError> {
        let table = specification.table(name).ok_or(RowsError::NoTable(name.to_owned()))?;
        if let Some(field) = fields.iter().find(|field| table.field(field).is_none()) {
            return Err(RowsError::NoField { table: name.to_owned(), field: (*field).to_owned() });
        }
        let mut bytes = Vec::new();
        let mut places = Vec::with_capacity(table.fields.len());
        for (index, field) in table.fields.iter().enumerate() {
            let place = fields.iter().position(|known| *known == field.name);
            places.push(place);
            bytes.extend_from_slice(if index == 0 { b"" } else { b"," });
            bytes.extend_from_slice(field.name.as_bytes());
        }
        bytes.push(b'\n');
        Ok(Self { name: name.to_owned(), places, bytes, rows: 0, day_first, scratch: String::new() })
    }

    pub(super) fn push(&mut self, cells: &[Cell<'_>]) {
        for index in 0..self.places.len() {
            if index > 0 {
                self.bytes.push(b',');
            }
            if let Some(cell) = self.places[index].and_then(|place| cells.get(place)) {
                self.scratch.clear();
                cell.write(&mut self.scratch, self.day_first);
                quote(&mut self.bytes, &self.scratch);
            }
        }
        self.bytes.push(b'\n');
        self.rows += 1;
    }

    pub(super) fn finish(self) -> CsvTable {
        CsvTable { name: self.name, bytes: self.bytes, rows: self.rows }
    }
}

/// Writes a cell as CSV. Hardly any needs a quote, so the csv crate's general writer would cost more than it helps.
fn quote(to: &mut Vec<u8>, text: &str) {
    if text.contains([',', '"', '\n', '\r']) {
        to.push(b'"');
        to.extend_from_slice(text.replace('"', "\"\"").as_bytes());
        to.push(b'"');
    } else {
        to.extend_from_slice(text.as_bytes());
    }
}

impl Cell<'_> {
    fn write(self, to: &mut String, day_first: bool) {
        use std::fmt::Write as _;
        // Unwrap safety of each: writing to a String cannot fail, so the result carries nothing.
        match self {
            Self::Text(text) => to.push_str(text),
            Self::Day(day) | Self::MaybeDay(Some(day)) => write_day(to, day, day_first),
            Self::Month(day) => {
                let _ = write!(to, "{:04}-{:02}", day.year(), day.month());
            }
            Self::Number(number) | Self::MaybeNumber(Some(number)) => {
                let _ = write!(to, "{number}");
            }
            Self::MaybeDecimal(Some(number)) => {
                let _ = write!(to, "{number}");
            }
            Self::MaybeDay(None) | Self::MaybeNumber(None) | Self::MaybeDecimal(None) => {}
        }
    }
}

fn write_day(to: &mut String, day: NaiveDate, day_first: bool) {
    use std::fmt::Write as _;
    let _ = if day_first {
        write!(to, "{:02}/{:02}/{:04}", day.day(), day.month(), day.year())
    } else {
        write!(to, "{:04}-{:02}-{:02}", day.year(), day.month(), day.day())
    };
}
