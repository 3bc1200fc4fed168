//! The series: rows of other years stand in the same files, as they were published and never made anew.

use super::super::cleared::{ClearedTable, ClearedTables, Shown};
use super::shown::{Earlier, EarlierRow, EarlierTable, EarlierTables};

/// A row of another year, with a figure for each of the table's columns of now.
#[derive(Debug, Clone, PartialEq)]
pub struct CarriedRow {
    pub year: i32,
    pub row: EarlierRow,
}

/// A year that stands beside the release's own.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct OtherYear {
    pub year: i32,
    /// The digest of the manifest of the latest release of that year.
    pub release: String,
    pub rows: usize,
}

impl Earlier {
    /// The latest release of each other year, the latest year first.
    fn of_other_years(&self, year: i32) -> Vec<&EarlierTables> {
        let mut latest: Vec<&EarlierTables> = Vec::new();
        for release in self.releases.iter().rev().filter(|release| release.year != year) {
            if latest.iter().all(|known| known.year != release.year) {
                latest.push(release);
            }
        }
        latest.sort_by_key(|release| std::cmp::Reverse(release.year));
        latest
    }
}

/// Carries the rows of other years into the tables. A column that a year did not have shows that it is not available; a
/// year whose rows are told apart by other filters is left out, and a note says so.
pub(in crate::disclosure) fn carry(tables: &mut ClearedTables, earlier: &Earlier) -> Vec<OtherYear> {
    let mut years = Vec::new();
    for release in earlier.of_other_years(tables.year) {
        let mut rows = 0;
        for at in 0..tables.tables.len() {
            let table = &mut tables.tables[at];
            let id = table.definition().id.clone();
            let Some(then) = release.tables.get(&id) else { continue };
            if filters(table) != then.filters {
                let sentence = format!(
                    "The figures of {} are not in this file: their rows were told apart by other filters",
                    release.year
                );
                tables.notes.push((id, sentence));
                continue;
            }
            let missing = add_rows(table, then, release.year);
            rows += then.rows.len();
            if !missing.is_empty() {
                let sentence = format!(
                    "x stands in the rows of {} for what was not published then: {}",
                    release.year,
                    missing.join(", ")
                );
                tables.notes.push((id, sentence));
            }
        }
        years.push(OtherYear { year: release.year, release: release.name.clone(), rows });
    }
    years
}

/// Adds the rows and gives the columns that they do not have.
fn add_rows(table: &mut ClearedTable, then: &EarlierTable, year: i32) -> Vec<String> {
    let names: Vec<String> = table.columns().iter().map(|column| column.name.clone()).collect();
    let columns: Vec<Option<usize>> =
        names.iter().map(|name| then.columns.iter().position(|column| column == name)).collect();
    for row in &then.rows {
        let figures = columns.iter().map(|at| at.map_or(Shown::NotAvailable, |at| row.figures[at])).collect();
        table.carried.push(CarriedRow { year, row: EarlierRow { figures, ..row.clone() } });
    }
    names.into_iter().zip(columns).filter(|(_, at)| at.is_none()).map(|(name, _)| name).collect()
}

/// The names of a table's filters as its files have them.
fn filters(table: &ClearedTable) -> Vec<String> {
    let definition = table.definition();
    let topics = ["breakdown_topic", "breakdown"].into_iter().filter(|_| !definition.topics.is_empty());
    topics.chain(definition.filters.iter().map(|filter| filter.column.as_str())).map(str::to_owned).collect()
}
