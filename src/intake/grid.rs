//! Reads a grid of rows, from a CSV file or a sheet: finds its heading row and hands the rows below it to the table.

use super::findings::Findings;
use super::held::Held;
use super::records::CELLS_KEPT;
use super::table::{RowPlace, TableBuilder};
use crate::domain::finding::Location;
use crate::domain::place::{Container, ContainerKind};
use crate::domain::table::TextTable;
use crate::spec::{Limits, Table};
use std::collections::BTreeSet;
use std::ops::ControlFlow;

/// Rows above the headings that are looked through for them.
const ROWS_SEARCHED: usize = 10;

/// How far a row goes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Extent {
    /// The number of its cells, also those past the ones that are given.
    pub(super) cells: usize,
    /// Whether any cell past the ones that are given holds something.
    pub(super) filled_past: bool,
}

enum Stage {
    /// The rows so far, none of which holds the name of a column.
    Searching(Vec<(RowPlace, Vec<String>)>),
    Reading,
    /// There is no heading row: what is left is only searched for identifiers.
    Lost,
}

/// A table of a CSV file or a sheet while its rows come in.
pub(super) struct Grid<'a> {
    table: Option<&'a Table>,
    kind: ContainerKind,
    builder: TableBuilder<'a>,
    /// Rows whose cells cannot be matched to columns: kept apart, only to be searched for identifiers.
    ragged: TableBuilder<'a>,
    stage: Stage,
    heading_cells: usize,
    headings_at: Option<RowPlace>,
    /// The rows below the headings while every one of them has another number of cells, and all the same number.
    uneven: Uneven,
    anything: bool,
}

/// Rows of one number of cells that is not that of their headings: where all are so, the headings are at fault.
#[derive(Default)]
struct Uneven {
    cells: usize,
    /// The first of them.
    rows: Vec<RowPlace>,
    count: u64,
    /// Whether a row was met that is not so; then each is told for itself.
    told: bool,
}

/// Uneven rows whose places are kept until it is known how they are told: as many as a report lists.
const UNEVEN_KEPT: usize = 1_000;

fn in_words(cells: usize) -> String {
    if cells == 1 { "1 cell".to_owned() } else { format!("{cells} cells") }
}

/// What a grid became.
pub(super) struct GridRead {
    pub(super) table: Option<TextTable>,
    pub(super) aside: Option<TextTable>,
    /// Whether it held anything but empty cells.
    pub(super) anything: bool,
}

impl<'a> Grid<'a> {
    pub(super) fn new(table: Option<&'a Table>, container: &Container, limits: &'a Limits, held: &'a Held) -> Self {
        Self {
            table,
            kind: container.kind,
            builder: TableBuilder::new(table, container.clone(), limits, held),
            ragged: TableBuilder::new(None, container.clone(), limits, held),
            stage: Stage::Searching(Vec::new()),
            heading_cells: 0,
            headings_at: None,
            uneven: Uneven::default(),
            anything: false,
        }
    }

    pub(super) const fn builder(&self) -> &TableBuilder<'a> {
        &self.builder
    }

    /// Takes note of the text of a workbook's row; breaks where an upload has more than it may expand to.
    pub(super) fn take_text(&mut self, bytes: u64, place: RowPlace, findings: &mut Findings) -> ControlFlow<()> {
        self.builder.take_text(bytes, place, findings)
    }

    /// Rows of which the container holds nothing.
    pub(super) fn skip_blank(&mut self, rows: u32) {
        self.builder.skip_blank(rows);
    }

    /// Takes the next row.
    pub(super) fn row<'c>(
        &mut self,
        place: RowPlace,
        cells: impl Iterator<Item = &'c str> + Clone,
        extent: Extent,
        findings: &mut Findings,
    ) -> ControlFlow<()> {
        if !extent.filled_past && cells.clone().all(|cell| cell.trim().is_empty()) {
            self.builder.skip_blank(1);
            return ControlFlow::Continue(());
        }
        self.anything = true;
        match &mut self.stage {
            Stage::Searching(above) => {
                if self.table.is_some_and(|table| !cells.clone().any(|cell| table.field_named(cell).is_some())) {
                    above.push((place, cells.map(str::to_owned).collect()));
                    return self.give_up_after(ROWS_SEARCHED, findings);
                }
                let above = std::mem::take(above);
                self.stage = Stage::Reading;
                self.heading_cells = extent.cells;
                self.headings_at = Some(place);
                self.titles(place, &above, findings);
                if extent.filled_past {
                    self.too_wide(place, findings);
                }
                self.builder.headings(place, cells, findings);
                for (place, cells) in above {
                    self.ragged.row(place, cells.iter().map(String::as_str), findings)?;
                }
                ControlFlow::Continue(())
            }
            Stage::Reading => self.data(place, cells, extent, findings),
            Stage::Lost => self.set_aside(place, cells, findings),
        }
    }

    fn data<'c>(
        &mut self,
        place: RowPlace,
        cells: impl Iterator<Item = &'c str> + Clone,
        extent: Extent,
        findings: &mut Findings,
    ) -> ControlFlow<()> {
        let count = extent.cells;
        let fewer = count < self.builder.width();
        let more = extent.filled_past || cells.clone().skip(self.heading_cells).any(|cell| !cell.trim().is_empty());
        if self.kind != ContainerKind::Csv || self.table.is_none() || !(fewer || more) {
            self.tell_uneven(findings);
            return self.builder.row(place, cells, findings);
        }
        let uneven = &mut self.uneven;
        if !uneven.told && (uneven.count == 0 || uneven.cells == count) {
            uneven.cells = count;
            uneven.count += 1;
            if uneven.rows.len() < UNEVEN_KEPT {
                uneven.rows.push(place);
            }
        } else {
            self.tell_uneven(findings);
            self.tell_row(place, count, findings);
        }
        self.set_aside(place, cells, findings)
    }

    /// Tells each of the uneven rows so far for itself.
    fn tell_uneven(&mut self, findings: &mut Findings) {
        if std::mem::replace(&mut self.uneven.told, true) {
            return;
        }
        let rows = std::mem::take(&mut self.uneven.rows);
        let kept = rows.len() as u64;
        for place in rows {
            self.tell_row(place, self.uneven.cells, findings);
        }
        findings.count_more("F08", self.uneven.count - kept);
    }

    /// Tells the uneven rows at the end of the table: where they are all its rows, once and of the headings.
    fn tell_uneven_at_end(&mut self, findings: &mut Findings) {
        if self.uneven.told || self.uneven.count < 2 {
            return self.tell_uneven(findings);
        }
        let Uneven { cells, count, .. } = self.uneven;
        let expected = self.heading_cells;
        let message = format!(
            "All {count} rows of {} have {}, but its heading row has {expected}: most likely the heading row is at fault. \
             Give it one heading for each cell of the rows, or save the table again from the program that made it.",
            self.builder.name(),
            in_words(cells)
        );
        let (row, line) = (self.headings_at.map(|place| place.row), self.headings_at.and_then(|place| place.line));
        let at = Location { row, line, ..self.builder.location() };
        findings.add("F08", at, message, "as many headings as the rows have cells");
    }

    fn tell_row(&self, place: RowPlace, count: usize, findings: &mut Findings) {
        let fewer = count < self.builder.width();
        let expected = self.heading_cells;
        let line =
            place.line.filter(|line| *line != place.row).map_or_else(String::new, |line| format!(" (line {line})"));
        let cure = if fewer {
            "a separator is missing, or the row was broken in two by a line break without quotes"
        } else {
            "a cell holds a separator and has no quotes around it"
        };
        findings.add_made("F08", || {
            let message = format!(
                "Row {}{line} of {} has {}, but its heading row has {expected}. Most often {cure}: save the table \
                 again from the program that made it, or correct this row.",
                place.row,
                self.builder.name(),
                in_words(count)
            );
            let at = Location { row: Some(place.row), line: place.line, ..self.builder.location() };
            (at, message, format!("{expected} cells, as in the heading row"))
        });
    }

    /// Keeps a row that no column can take, so that it is searched all the same.
    pub(super) fn set_aside<'c>(
        &mut self,
        place: RowPlace,
        cells: impl Iterator<Item = &'c str>,
        findings: &mut Findings,
    ) -> ControlFlow<()> {
        self.anything = true;
        if let Stage::Searching(above) = &mut self.stage {
            // It waits with the rows above it, so that the rows set aside stay in the order of the file.
            above.push((place, cells.map(str::to_owned).collect()));
            return self.give_up_after(ROWS_SEARCHED, findings);
        }
        self.ragged.row(place, cells, findings)
    }

    /// The headings go on past the cells that are read: what they name can be neither taken nor searched.
    fn too_wide(&self, place: RowPlace, findings: &mut Findings) {
        let message = format!(
            "The heading row of {} goes on past its {CELLS_KEPT}th cell, where no table has columns. Delete what stands \
             there.",
            self.builder.name()
        );
        let at = Location { row: Some(place.row), line: place.line, ..self.builder.location() };
        findings.add("F11", at, message, "only columns of the specification");
    }

    fn titles(&self, place: RowPlace, above: &[(RowPlace, Vec<String>)], findings: &mut Findings) {
        let Some((first, _)) = above.first() else { return };
        let rows = if above.len() == 1 { "A row stands" } else { "Rows stand" };
        let message = format!(
            "{rows} above the headings of {}, from row {}; the headings are in row {}. Delete everything above the \
             headings, so that they come first.",
            self.builder.name(),
            first.row,
            place.row
        );
        let at = Location { row: Some(first.row), line: first.line, ..self.builder.location() };
        findings.add("F09", at, message, "the heading row first");
    }

    /// After enough rows without a heading, or at the end, the table has none.
    fn give_up_after(&mut self, rows: usize, findings: &mut Findings) -> ControlFlow<()> {
        let Stage::Searching(above) = &mut self.stage else { return ControlFlow::Continue(()) };
        if above.len() < rows {
            return ControlFlow::Continue(());
        }
        let above = std::mem::take(above);
        self.no_headings(above.first().map(|(place, _)| *place), findings);
        self.stage = Stage::Lost;
        let mut above = above.into_iter().peekable();
        // The headings of another table: their names tell what the columns hold, so that P01 can name them.
        if let Some((place, cells)) = above.next_if(|(_, cells)| look_like_headings(cells)) {
            self.ragged.headings(place, cells.iter().map(String::as_str), findings);
        }
        for (place, cells) in above {
            self.ragged.row(place, cells.iter().map(String::as_str), findings)?;
        }
        ControlFlow::Continue(())
    }

    fn no_headings(&self, first: Option<RowPlace>, findings: &mut Findings) {
        let Some(table) = self.table else { return };
        let message = format!(
            "{} has no heading row: none of its first rows names a column of the table {}. Put the names of the columns \
             into the first row, as the specification writes them.",
            self.builder.name(),
            table.name
        );
        let row = first.map(|place| place.row);
        let at = Location { row, line: first.and_then(|place| place.line), ..self.builder.location() };
        let names = table.fields.iter().map(|field| field.name.as_str()).collect::<Vec<_>>().join(", ");
        findings.add("F09", at, message, format!("a row with the columns {names}"));
    }

    pub(super) fn finish(mut self, findings: &mut Findings) -> GridRead {
        self.tell_uneven_at_end(findings);
        match &self.stage {
            Stage::Searching(above) if above.is_empty() => self.no_headings(None, findings),
            // Every row has been looked at, so there is nothing left to break off.
            Stage::Searching(_) => drop(self.give_up_after(1, findings)),
            Stage::Reading | Stage::Lost => {}
        }
        let anything = self.anything;
        let table = self.builder.finish(false);
        let aside = self.ragged.finish(false);
        GridRead { table, aside, anything }
    }
}

/// Whether a row could be headings: several different plain words, none with digits enough to be an identifier.
fn look_like_headings(cells: &[String]) -> bool {
    let words: Vec<&str> = cells.iter().map(|cell| cell.trim()).filter(|cell| !cell.is_empty()).collect();
    let is_word = |word: &&str| {
        let digits = word.bytes().filter(u8::is_ascii_digit).count();
        let plain = word.chars().all(|one| one.is_ascii_alphanumeric() || matches!(one, '_' | '-' | ' '));
        digits <= 1 && plain && word.starts_with(|first: char| first.is_ascii_alphabetic())
    };
    let distinct: BTreeSet<&&str> = words.iter().collect();
    words.len() > 1 && distinct.len() == words.len() && words.iter().all(is_word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_look_like_headings_and_rows_do_not() {
        let row = |text: &str| look_like_headings(&text.split(',').map(str::to_owned).collect::<Vec<_>>());
        assert!(row("CHILD,DOB,,NHS number,Address 1"));
        for data in ["Kestrel01,M", "CHILD,CHILD", "Children", "M,01/02/2003", "12,CHILD", "SW1A 1AA,M", "a@b.uk,M"] {
            assert!(!row(data), "{data}");
        }
    }
}
