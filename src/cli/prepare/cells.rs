//! The cells of one row, and what is read so far of an export.

use super::error::{PrepareError, Problem, ProblemKind, Problems};
use super::export::Export;
use chrono::NaiveDate;

/// The cells of a row that are looked at, by their columns' names.
pub(super) struct Cells<'a>(pub Vec<(&'static str, &'a str)>);

impl Cells<'_> {
    /// A cell without the white space around it; empty where the row has none.
    pub(super) fn get(&self, column: &str) -> &str {
        self.0.iter().find(|(name, _)| *name == column).map_or("", |(_, cell)| cell.trim())
    }

    /// A code in the case of the code lists.
    pub(super) fn code(&self, column: &str) -> String {
        self.get(column).to_ascii_uppercase()
    }
}

/// An export while it is read, with everything that is wrong in it.
#[derive(Default)]
pub(super) struct Reading {
    pub export: Export,
    problems: Problems,
}

impl Reading {
    pub(super) fn problem(&mut self, place: &impl Fn() -> String, column: &'static str, kind: ProblemKind) {
        self.problems.0.push(Problem { place: place(), column, kind });
    }

    /// The day in a cell, or none where it is empty; what is neither is a problem.
    pub(super) fn day(
        &mut self,
        place: &impl Fn() -> String,
        cells: &Cells<'_>,
        column: &'static str,
    ) -> Option<NaiveDate> {
        let text = cells.get(column);
        let day = read_day(text);
        if day.is_none() && !text.is_empty() {
            self.problem(place, column, ProblemKind::NotADate);
        }
        day
    }

    /// Notes a cell that is empty and must not be.
    pub(super) fn must_have(&mut self, place: &impl Fn() -> String, cells: &Cells<'_>, column: &'static str) {
        if cells.get(column).is_empty() {
            self.problem(place, column, ProblemKind::Empty);
        }
    }

    /// The export, when nothing in it is wrong.
    pub(super) fn finish(self) -> Result<Export, PrepareError> {
        if self.problems.0.is_empty() { Ok(self.export) } else { Err(PrepareError::Cells(self.problems)) }
    }
}

/// A day as the SSDA903 writes it, leading noughts or not, or as yyyy-mm-dd. Never a year of two digits.
fn read_day(text: &str) -> Option<NaiveDate> {
    let parts = |separator| -> Option<[u32; 3]> {
        let numbers: Vec<&str> = text.split(separator).collect();
        let [one, two, three] = numbers.as_slice() else { return None };
        let number = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit()).then(|| part.parse().ok())?;
        Some([number(one)?, number(two)?, number(three)?])
    };
    let (year, month, day) = match (parts('/'), parts('-')) {
        (Some([day, month, year]), None) => (year, month, day),
        (None, Some([year, month, day])) => (year, month, day),
        _ => return None,
    };
    let year = i32::try_from(year).ok().filter(|year| (1900..=2200).contains(year))?;
    NaiveDate::from_ymd_opt(year, month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_read_as_the_case_systems_write_them() {
        let day = |text: &str| read_day(text).map(|day| day.to_string());
        assert_eq!(day("01/04/2025").as_deref(), Some("2025-04-01"));
        assert_eq!(day("1/4/2025").as_deref(), Some("2025-04-01"));
        assert_eq!(day("2025-04-01").as_deref(), Some("2025-04-01"));
        for wrong in ["01/04/25", "31/02/2025", "04/31/2025", "1 April 2025", "+1/04/2025", "01/04", "1/4-2025", "//"] {
            assert_eq!(day(wrong), None, "{wrong}");
        }
    }
}
