//! The files that the demonstration expects to be refused: each is a good return with one thing wrong.

use crate::cli::rows::CsvTable;
use crate::cli::sample::{SampleError, SampleReturn};

/// One file that must be refused.
#[derive(Debug)]
pub(super) struct Broken {
    /// What is wrong with it, for the reader.
    pub(super) what: &'static str,
    pub(super) bytes: Vec<u8>,
    /// The rule that must refuse it.
    pub(super) code: &'static str,
}

/// A handful of broken and identifying files, made from one good return.
pub(super) fn broken_files(good: &SampleReturn) -> Result<Vec<Broken>, SampleError> {
    let whole = good.zip()?;
    let utf16 = "\u{feff}CHILD,DECOM\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
    Ok(vec![
        Broken {
            what: "an archive that was cut off on its way",
            bytes: whole[..whole.len() / 2].to_vec(),
            code: "F03",
        },
        Broken { what: "a picture", bytes: b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR".to_vec(), code: "F02" },
        Broken { what: "a CSV file saved as UTF-16", bytes: utf16, code: "F05" },
        Broken {
            what: "a row with a cell too many",
            bytes: edited(good, "support", |text| with_last_row(text, |row| format!("{row},1"))).zip()?,
            code: "F08",
        },
        Broken {
            what: "a column with postcodes",
            bytes: edited(good, "episodes", |text| with_column(text, "HOME_POST", "SW1A 1AA")).zip()?,
            code: "P01",
        },
        Broken {
            what: "an NHS number in place of a pseudonym",
            bytes: edited(good, "children", |text| with_first_cell(text, "943 476 5919")).zip()?,
            code: "P03",
        },
        Broken {
            what: "an e-mail address in a cell",
            bytes: edited(good, "header", |text| with_last_cell(text, "ask team@example.org")).zip()?,
            code: "P06",
        },
    ])
}

/// A return that is well formed and says something that cannot be: checked, and not to be signed.
pub(super) fn with_an_error(good: &SampleReturn) -> Result<Vec<u8>, SampleError> {
    let odd = |row: &str| format!("{},199999", row.split(',').next().unwrap_or_default());
    edited(good, "totals", |text| with_last_row(text, odd)).zip()
}

fn edited(good: &SampleReturn, name: &str, edit: impl Fn(&str) -> String) -> SampleReturn {
    let tables = good.tables.iter().map(|table| {
        if table.name != name {
            return table.clone();
        }
        let text = edit(&String::from_utf8_lossy(&table.bytes));
        CsvTable { bytes: text.into_bytes(), ..table.clone() }
    });
    SampleReturn { authority: good.authority.clone(), tables: tables.collect(), planted: Vec::new() }
}

/// Every line changed as asked; the first is the headings.
fn lines(text: &str, change: impl Fn(usize, &str) -> String) -> String {
    text.lines().enumerate().map(|(number, line)| change(number, line) + "\n").collect()
}

fn with_last_row(text: &str, change: impl Fn(&str) -> String) -> String {
    let last = text.lines().count().saturating_sub(1);
    lines(text, |number, line| if number == last { change(line) } else { line.to_owned() })
}

fn with_column(text: &str, heading: &str, cell: &str) -> String {
    lines(text, |number, line| format!("{line},{}", if number == 0 { heading } else { cell }))
}

fn with_first_cell(text: &str, cell: &str) -> String {
    lines(text, |number, line| match line.split_once(',') {
        Some((_, rest)) if number == 1 => format!("{cell},{rest}"),
        _ => line.to_owned(),
    })
}

fn with_last_cell(text: &str, cell: &str) -> String {
    lines(text, |number, line| match line.rsplit_once(',') {
        Some((rest, _)) if number == 1 => format!("{rest},{cell}"),
        _ => line.to_owned(),
    })
}
