//! A return taken apart into cells, so that it can be spoilt and put together again.
//!
//! A row keeps its number for as long as it lies here, whatever rows are added or taken out; which row of the file it is
//! is only known when the return is put together.

use crate::cli::rows::CsvTable;
use crate::domain::period::Period;
use chrono::NaiveDate;
use csv::StringRecord;
use std::collections::{BTreeMap, BTreeSet};

/// A cell, or a row where the field is empty.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place {
    pub table: &'static str,
    /// None where a finding stands on no row.
    pub row: Option<usize>,
    pub field: &'static str,
}

pub(super) const fn at(table: &'static str, row: usize, field: &'static str) -> Option<Place> {
    Some(Place { table, row: Some(row), field })
}

/// A place that is a whole table.
pub(super) const fn on(table: &'static str, field: &'static str) -> Option<Place> {
    Some(Place { table, row: None, field })
}

#[derive(Debug, Clone, Default)]
struct Sheet {
    name: String,
    headings: StringRecord,
    /// None where the row was taken out.
    rows: Vec<Option<StringRecord>>,
    /// The rows of each child, for tables of children.
    of_child: BTreeMap<String, Vec<usize>>,
}

impl Sheet {
    fn column(&self, field: &str) -> Option<usize> {
        self.headings.iter().position(|heading| heading == field)
    }

    fn child(&self, row: usize) -> Option<&str> {
        self.rows.get(row)?.as_ref()?.get(self.column("CHILD")?)
    }

    fn push(&mut self, record: StringRecord) -> usize {
        let row = self.rows.len();
        if let Some(child) = self.column("CHILD").and_then(|column| record.get(column)) {
            self.of_child.entry(child.to_owned()).or_default().push(row);
        }
        self.rows.push(Some(record));
        row
    }
}

/// A return in cells, with the days that its rules reckon from.
#[derive(Debug, Clone)]
pub(super) struct Book {
    sheets: Vec<Sheet>,
    pub period: Period,
    /// The first day of a return home that must be there.
    pub horizon: NaiveDate,
    /// The first day of a return home that may be there.
    pub window: NaiveDate,
    day_first: bool,
    /// Children in whose rows something was changed. Whatever is planted next keeps away from them.
    touched: BTreeSet<String>,
}

impl Book {
    /// Takes tables apart that the sample wrote.
    pub(super) fn open(tables: &[CsvTable], period: Period, horizon: NaiveDate, window: NaiveDate) -> Self {
        let sheets: Vec<Sheet> = tables.iter().map(sheet).collect();
        let mut book = Self { sheets, period, horizon, window, day_first: false, touched: BTreeSet::new() };
        book.day_first = book.get("header", 0, "PERIOD_START").contains('/');
        book
    }

    /// Puts the tables together again, in their order.
    pub(super) fn close(&self) -> Vec<CsvTable> {
        self.sheets.iter().map(table).collect()
    }

    fn sheet(&self, table: &str) -> Option<&Sheet> {
        self.sheets.iter().find(|sheet| sheet.name == table)
    }

    fn sheet_mut(&mut self, table: &str) -> Option<&mut Sheet> {
        self.sheets.iter_mut().find(|sheet| sheet.name == table)
    }

    /// The row of the file, headings being row 1.
    pub(super) fn shown(&self, table: &str, row: usize) -> u64 {
        let before = self.sheet(table).map_or(0, |sheet| sheet.rows[..row].iter().flatten().count());
        before as u64 + 2
    }

    /// For every row of a table the row of the file, for many at once.
    pub(super) fn all_shown(&self, table: &str) -> Vec<u64> {
        let mut number = 1;
        let rows = self.sheet(table).into_iter().flat_map(|sheet| &sheet.rows);
        rows.map(|row| {
            number += u64::from(row.is_some());
            number
        })
        .collect()
    }

    /// The rows of a table that are there.
    pub(super) fn rows(&self, table: &str) -> Vec<usize> {
        let rows = self.sheet(table).map_or(&[][..], |sheet| &sheet.rows);
        rows.iter().enumerate().filter(|(_, row)| row.is_some()).map(|(at, _)| at).collect()
    }

    /// The rows of a table in which each of these fields holds this text.
    pub(super) fn find(&self, table: &str, fields: &[(&str, &str)]) -> Vec<usize> {
        let holds = |row: &usize| fields.iter().all(|(field, text)| self.get(table, *row, field) == *text);
        match fields.iter().find(|(field, _)| *field == "CHILD") {
            Some((_, child)) => self.rows_of(table, child).into_iter().filter(holds).collect(),
            None => self.rows(table).into_iter().filter(holds).collect(),
        }
    }

    pub(super) fn rows_of(&self, table: &str, child: &str) -> Vec<usize> {
        let Some(sheet) = self.sheet(table) else { return Vec::new() };
        let rows = sheet.of_child.get(child).map_or(&[][..], Vec::as_slice);
        rows.iter().copied().filter(|row| sheet.rows[*row].is_some()).collect()
    }

    /// Every child of the return that nothing was planted in, in their order.
    pub(super) fn untouched(&self) -> Vec<String> {
        let children = self.rows("children").into_iter().map(|row| self.get("children", row, "CHILD").to_owned());
        children.filter(|child| !self.touched.contains(child)).collect()
    }

    /// Keeps what is planted next away from a child in whose rows of another return something was changed.
    pub(super) fn touch(&mut self, child: &str) {
        self.touched.insert(child.to_owned());
    }

    pub(super) fn is_touched(&self, child: &str) -> bool {
        self.touched.contains(child)
    }

    pub(super) fn get(&self, table: &str, row: usize, field: &str) -> &str {
        let cell = || {
            let sheet = self.sheet(table)?;
            sheet.rows.get(row)?.as_ref()?.get(sheet.column(field)?)
        };
        cell().unwrap_or("")
    }

    /// A row with the names of its fields.
    pub(super) fn cells(&self, table: &str, row: usize) -> Vec<(String, String)> {
        let Some(sheet) = self.sheet(table) else { return Vec::new() };
        let Some(Some(record)) = sheet.rows.get(row) else { return Vec::new() };
        let pairs = sheet.headings.iter().zip(record.iter());
        pairs.map(|(field, text)| (field.to_owned(), text.to_owned())).collect()
    }

    pub(super) fn has(&self, table: &str, row: usize, field: &str) -> bool {
        !self.get(table, row, field).is_empty()
    }

    pub(super) fn day(&self, table: &str, row: usize, field: &str) -> Option<NaiveDate> {
        read_day(self.get(table, row, field))
    }

    pub(super) fn number(&self, table: &str, row: usize, field: &str) -> Option<f64> {
        self.get(table, row, field).parse().ok()
    }

    pub(super) fn set(&mut self, table: &'static str, row: usize, field: &str, text: &str) {
        let Some(sheet) = self.sheet_mut(table) else { return };
        let child = sheet.child(row).map(str::to_owned);
        if let (Some(column), Some(Some(record))) = (sheet.column(field), sheet.rows.get_mut(row)) {
            *record = record.iter().enumerate().map(|(at, old)| if at == column { text } else { old }).collect();
        }
        if field == "CHILD" && child.as_deref() != Some(text) {
            sheet.of_child.entry(text.to_owned()).or_default().push(row);
            if let Some(rows) = child.as_ref().and_then(|child| sheet.of_child.get_mut(child)) {
                rows.retain(|other| *other != row);
            }
        }
        self.touched.extend(child);
    }

    pub(super) fn set_day(&mut self, table: &'static str, row: usize, field: &str, day: NaiveDate) {
        let text = self.written(day);
        self.set(table, row, field, &text);
    }

    /// A day as this return writes them.
    pub(super) fn written(&self, day: NaiveDate) -> String {
        day.format(if self.day_first { "%d/%m/%Y" } else { "%Y-%m-%d" }).to_string()
    }

    /// Adds a row at the end of a table with these cells and no others.
    pub(super) fn add(&mut self, table: &'static str, cells: &[(&str, &str)]) -> usize {
        let Some(sheet) = self.sheet_mut(table) else { return 0 };
        let cell = |heading: &str| cells.iter().find(|(field, _)| *field == heading).map_or("", |(_, text)| *text);
        let record: StringRecord = sheet.headings.iter().map(cell).collect();
        let row = sheet.push(record);
        let child = sheet.child(row).map(str::to_owned);
        self.touched.extend(child);
        row
    }

    /// Adds a copy of a row at the end of its table, with these cells changed.
    pub(super) fn copy(&mut self, table: &'static str, row: usize, changed: &[(&str, &str)]) -> usize {
        let Some(sheet) = self.sheet_mut(table) else { return 0 };
        let Some(Some(record)) = sheet.rows.get(row) else { return 0 };
        let cell = |(heading, old)| changed.iter().find(|(field, _)| *field == heading).map_or(old, |(_, text)| *text);
        let record: StringRecord = sheet.headings.iter().zip(record.iter()).map(cell).collect();
        let row = sheet.push(record);
        let child = sheet.child(row).map(str::to_owned);
        self.touched.extend(child);
        row
    }

    pub(super) fn take_out(&mut self, table: &'static str, row: usize) {
        let Some(sheet) = self.sheet_mut(table) else { return };
        let child = sheet.child(row).map(str::to_owned);
        if let Some(slot) = sheet.rows.get_mut(row) {
            *slot = None;
        }
        self.touched.extend(child);
    }
}

fn sheet(table: &CsvTable) -> Sheet {
    let mut reader = csv::Reader::from_reader(table.bytes.as_slice());
    let headings = reader.headers().cloned().unwrap_or_default();
    let mut sheet = Sheet { name: table.name.clone(), headings, ..Sheet::default() };
    // The sample wrote these bytes, so every row can be read.
    for record in reader.records().flatten() {
        sheet.push(record);
    }
    sheet
}

fn table(sheet: &Sheet) -> CsvTable {
    let mut writer = csv::Writer::from_writer(Vec::new());
    // Writing to memory cannot fail, and every record is as wide as the headings.
    let mut written = writer.write_record(&sheet.headings).is_ok();
    let mut rows = 0;
    for record in sheet.rows.iter().flatten() {
        written &= writer.write_record(record).is_ok();
        rows += 1;
    }
    debug_assert!(written, "a record of {} is not as wide as its headings", sheet.name);
    CsvTable { name: sheet.name.clone(), bytes: writer.into_inner().unwrap_or_default(), rows }
}

/// A day in either way of writing.
pub(super) fn read_day(text: &str) -> Option<NaiveDate> {
    let format = if text.contains('/') { "%d/%m/%Y" } else { "%Y-%m-%d" };
    NaiveDate::parse_from_str(text, format).ok()
}
