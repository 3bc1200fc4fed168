//! Reads the sheets of an XLSX workbook with `calamine`, which is given only containers that have been measured.

use super::findings::shown;
use super::grid::Grid;
use super::reading::{Named, Reading};
use super::sheet::{COLUMNS_READ, CellValue, Sheet, cell_bytes, iso_date, number_text, text};
use super::workbook::refuse;
use crate::domain::finding::Location;
use crate::domain::place::{Container, ContainerKind};
use calamine::{DataRef, ExcelDateTime, Reader, SheetType, Xlsx, XlsxError};
use std::fs::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom};
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Bytes that may be read beside each part once: the directory, and what buffers read ahead.
const READ_AHEAD: u64 = 32 << 20;

/// A file of which only so many bytes are read: a workbook can name one sheet many times.
struct Metered {
    file: File,
    left: u64,
}

impl Read for Metered {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.file.read(buffer)?;
        self.left = self
            .left
            .checked_sub(count as u64)
            .ok_or_else(|| io::Error::other("the workbook has its parts read again and again"))?;
        Ok(count)
    }
}

impl Seek for Metered {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.file.seek(to)
    }
}

/// Reads every sheet.
pub(super) fn read(mut file: File, bytes: u64, reading: &mut Reading<'_>) -> io::Result<()> {
    file.seek(SeekFrom::Start(0))?;
    let metered = BufReader::new(Metered { file, left: bytes.saturating_add(READ_AHEAD) });
    // A workbook that trips the reader is a corrupt workbook, and must not take the service with it.
    let outcome = catch_unwind(AssertUnwindSafe(|| sheets(metered, reading)));
    if outcome.is_err() {
        refuse(None, reading);
    }
    Ok(())
}

fn sheets(file: BufReader<Metered>, reading: &mut Reading<'_>) {
    let mut workbook = match Xlsx::new(file) {
        Ok(workbook) => workbook,
        Err(_) => return refuse(None, reading),
    };
    let most = reading.limits.archive_members;
    for (index, sheet) in workbook.sheets_metadata().to_vec().into_iter().enumerate() {
        if index as u64 >= most {
            return refuse(None, reading);
        }
        reading.containers += 1;
        let container = Container { kind: ContainerKind::Sheet, name: sheet.name };
        let named = reading.look_up(&container.name);
        if sheet.typ != SheetType::WorkSheet {
            reading.meet(Named::Unknown, &container);
            continue;
        }
        one_sheet(&mut workbook, named, &container, reading);
    }
}

fn one_sheet<'a>(
    workbook: &mut Xlsx<BufReader<Metered>>,
    named: Named<'a>,
    container: &Container,
    reading: &mut Reading<'a>,
) {
    let table = match named {
        Named::Table(table) => reading.meet(Named::Table(table), container),
        Named::Twice(_) | Named::Unknown => None,
    };
    let mut sheet = Sheet::new(Grid::new(table, container, reading.limits, reading.held));
    let longest = cell_bytes(reading.limits);
    let mut complete = true;
    match workbook.worksheet_cells_reader(&container.name) {
        Err(_) => complete = false,
        Ok(mut cells) => loop {
            match cells.next_cell() {
                Ok(None) => break,
                Ok(Some(cell)) => {
                    let (row, column) = cell.get_position();
                    let read = match cell.get_value() {
                        // What stands past the last column is refused, whatever it is.
                        found if column >= COLUMNS_READ && !matches!(found, DataRef::Empty) => {
                            CellValue::Text(String::new())
                        }
                        found => value(found, longest),
                    };
                    match sheet.cell(row, column, read, &mut reading.findings) {
                        Ok(flow) if flow.is_continue() => {}
                        Ok(_) => break,
                        Err(_) => {
                            complete = false;
                            break;
                        }
                    }
                }
                Err(XlsxError::CellError(_)) => newer_error(container, reading),
                Err(_) => {
                    complete = false;
                    break;
                }
            }
        },
    }
    if !complete {
        refuse(Some(&container.name), reading);
    }
    let read = sheet.finish_reporting(complete, &mut reading.findings);
    if table.is_none() && read.anything {
        reading.meet(named, container);
    }
    reading.keep(read, table.is_some());
}

fn value(cell: &DataRef<'_>, longest: usize) -> CellValue {
    match cell {
        DataRef::Empty => CellValue::Empty,
        DataRef::Int(number) => CellValue::Text(number.to_string()),
        DataRef::Float(number) => CellValue::Text(number_text(*number)),
        DataRef::String(found) => text(found, longest),
        DataRef::SharedString(found) => text(found, longest),
        DataRef::Bool(truth) => CellValue::Text(if *truth { "TRUE" } else { "FALSE" }.to_owned()),
        DataRef::DateTime(moment) => date(moment),
        DataRef::DateTimeIso(found) | DataRef::DurationIso(found) if found.len() > longest => CellValue::Overlong,
        DataRef::DateTimeIso(found) => iso_date(found),
        DataRef::DurationIso(found) => CellValue::Text(found.clone()),
        DataRef::Error(_) => CellValue::Error,
    }
}

/// A number that the workbook shows as a date, in the system of 1900 or of 1904; a time of day alone stays a number.
fn date(moment: &ExcelDateTime) -> CellValue {
    if moment.is_duration() || !(1.0..2_958_466.0).contains(&moment.as_f64()) {
        return CellValue::Text(number_text(moment.as_f64()));
    }
    let (year, month, day, hour, minute, second, _) = moment.to_ymd_hms_milli();
    let midnight = (hour, minute, second) == (0, 0, 0);
    CellValue::Date { year, month, day, time: (!midnight).then(|| format!("{hour:02}:{minute:02}:{second:02}")) }
}

/// An error of a newer kind, such as that of a spilt range, of which the reader tells no place.
fn newer_error(container: &Container, reading: &mut Reading<'_>) {
    let message = format!(
        "A cell of {} holds the error of a formula. Correct the formula, or write the value itself.",
        shown(&container.name)
    );
    let at = Location { container: Some(container.name.clone()), ..Location::default() };
    reading.findings.add("F15", at, message, "the result of the formula");
}
