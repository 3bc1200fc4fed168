//! Uploads that are no ZIP of CSV files: the F rules about archives, workbooks and JSON documents.

use super::{Spoiler, Way};
use crate::cli::sample::SampleReturn;
use rust_xlsxwriter::{Formula, Workbook};
use serde_json::{Map, Value};
use std::io::{Cursor, Write as _};
use zip::write::SimpleFileOptions;
use zip::{ZipArchive, ZipWriter};

pub(super) const SPOILERS: &[Spoiler] = &[
    Spoiler::new("F01", Way::Upload(|_| Some(Vec::new()))),
    Spoiler::new("F02", Way::Upload(|_| Some(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR".to_vec()))),
    Spoiler::new("F03", Way::Upload(cut_off)),
    Spoiler::new("F04", Way::Upload(archive_in_an_archive)),
    Spoiler::new("F14", Way::Upload(macros)),
    Spoiler::new("F15", Way::Upload(formula_error)),
    Spoiler::new("F16", Way::Upload(not_json)),
];

fn cut_off(made: &SampleReturn) -> Option<Vec<u8>> {
    let whole = made.zip().ok()?;
    Some(whole[..whole.len() / 2].to_vec())
}

/// The members of an archive in a new one: what appends to an archive leaves its old directory between the members.
#[allow(clippy::disallowed_methods, reason = "the archive was made a moment before, and nothing is expanded")]
fn copied(archive: &[u8]) -> Option<ZipWriter<Cursor<Vec<u8>>>> {
    let mut from = ZipArchive::new(Cursor::new(archive)).ok()?;
    let mut to = ZipWriter::new(Cursor::new(Vec::new()));
    for at in 0..from.len() {
        to.raw_copy_file(from.by_index_raw(at).ok()?).ok()?;
    }
    Some(to)
}

fn archive_in_an_archive(made: &SampleReturn) -> Option<Vec<u8>> {
    let inner = made.zip().ok()?;
    let mut outer = copied(&inner)?;
    outer.start_file("return.zip", SimpleFileOptions::default()).ok()?;
    outer.write_all(&inner).ok()?;
    Some(outer.finish().ok()?.into_inner())
}

/// The return as a workbook of texts, a sheet for each table; `error` puts a formula error in place of one cell.
fn workbook(made: &SampleReturn, error: bool) -> Option<Vec<u8>> {
    let mut workbook = Workbook::new();
    for table in &made.tables {
        let sheet = workbook.add_worksheet().set_name(&table.name).ok()?;
        let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(table.bytes.as_slice());
        for (row, record) in (0_u32..).zip(reader.records().flatten()) {
            for (column, cell) in (0_u16..).zip(record.iter()) {
                sheet.write_string(row, column, cell).ok()?;
            }
        }
        if error && table.name == "costs" {
            sheet.write_formula(1, 1, Formula::new("=1/0").set_result("#DIV/0!")).ok()?;
        }
    }
    workbook.save_to_buffer().ok()
}

fn formula_error(made: &SampleReturn) -> Option<Vec<u8>> {
    workbook(made, true)
}

fn macros(made: &SampleReturn) -> Option<Vec<u8>> {
    let mut packed = copied(&workbook(made, false)?)?;
    packed.start_file("xl/vbaProject.bin", SimpleFileOptions::default()).ok()?;
    packed.write_all(b"Attribute VB_Name").ok()?;
    Some(packed.finish().ok()?.into_inner())
}

/// The return as a JSON document of which the last bracket is missing.
fn not_json(made: &SampleReturn) -> Option<Vec<u8>> {
    let mut tables = Map::new();
    for table in &made.tables {
        let mut reader = csv::Reader::from_reader(table.bytes.as_slice());
        let headings = reader.headers().ok()?.clone();
        let row = |record: csv::StringRecord| {
            let cells = headings.iter().zip(record.iter()).filter(|(_, cell)| !cell.is_empty());
            Value::Object(cells.map(|(field, cell)| (field.to_owned(), Value::from(cell))).collect())
        };
        tables.insert(table.name.clone(), reader.records().flatten().map(row).collect());
    }
    let mut document = Value::Object(tables).to_string();
    document.pop();
    Some(document.into_bytes())
}
