//! Reads an export of CSV files: columns in any order and case, further columns not looked at.

use super::cells::{Cells, Reading};
use super::error::PrepareError;
use super::export::{CsvFiles, EPISODES, EPISODES_REQUIRED, HEADER, HEADER_REQUIRED, file_name, text};
use std::path::Path;

pub(super) fn read(files: &CsvFiles, reading: &mut Reading) -> Result<(), PrepareError> {
    rows(&files.header, &HEADER, HEADER_REQUIRED, |place, cells| reading.child(place, cells))?;
    if let Some(asylum) = &files.asylum {
        rows(asylum, &["CHILD"], 1, |place, cells| reading.asylum(place, cells))?;
    }
    rows(&files.episodes, &EPISODES, EPISODES_REQUIRED, |place, cells| reading.episode(place, cells))?;
    if let Some(outcomes) = &files.outcomes {
        let mut scores = 0;
        rows(outcomes, &["CHILD", "SDQ_SCORE"], 1, |_, cells| {
            scores += usize::from(!cells.get("SDQ_SCORE").is_empty())
        })?;
        reading.export.scores += scores;
    }
    Ok(())
}

/// Gives each row of a file that is not blank, with its place as a spreadsheet shows it.
pub(super) fn rows(
    path: &Path,
    columns: &[&'static str],
    required: usize,
    mut take: impl FnMut(&dyn Fn() -> String, &Cells<'_>),
) -> Result<(), PrepareError> {
    let file = file_name(path);
    let text = text(path)?;
    let broken = |error: csv::Error| {
        let line = error.position().map_or(0, csv::Position::line);
        PrepareError::BrokenCsv { file: file.clone(), line }
    };
    let mut reader = csv::ReaderBuilder::new().flexible(false).from_reader(text.as_bytes());
    let headings = reader.headers().map_err(broken)?.clone();
    let places = columns
        .iter()
        .enumerate()
        .map(|(index, column)| {
            let mut found =
                headings.iter().enumerate().filter(|(_, heading)| is_named(heading, column)).map(|(place, _)| place);
            match (found.next(), found.next()) {
                (_, Some(_)) => Err(PrepareError::RepeatedColumn { file: file.clone(), column }),
                (None, None) if index < required => Err(PrepareError::MissingColumn { file: file.clone(), column }),
                (place, None) => Ok((*column, place)),
            }
        })
        .collect::<Result<Vec<_>, _>>()?;
    for record in reader.records() {
        let record = record.map_err(broken)?;
        if record.iter().all(|cell| cell.trim().is_empty()) {
            continue;
        }
        let row = record.position().map_or(0, csv::Position::line);
        let cell = |place: Option<usize>| place.and_then(|place| record.get(place)).unwrap_or("");
        let cells = Cells(places.iter().map(|(column, place)| (*column, cell(*place))).collect());
        take(&|| format!("{file}, row {row}"), &cells);
    }
    Ok(())
}

/// Whether a heading names a column: in any case, and by the other names that systems give it.
pub(super) fn is_named(heading: &str, column: &str) -> bool {
    let heading = heading.trim();
    let also = match column {
        "CHILD" => "CHILDID",
        "PLACE" => "PL",
        "NHS_NUMBER" => "NHSNUMBER",
        _ => column,
    };
    heading.eq_ignore_ascii_case(column) || heading.eq_ignore_ascii_case(also)
}
