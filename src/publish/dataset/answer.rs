//! The answer to a query: a page of rows, as the API writes them.

use super::evaluate::Evaluation;
use super::mask::Mask;
use super::model::DataSet;
use super::order;
use super::query::{Criteria, Message, Query, QueryError, Warning};
use super::written::Pieces;
use serde::Serialize;
use serde_json::json;

/// So many cells are written in about a tenth of a millisecond.
const QUICK_CELLS: usize = 10_000;
/// So many words are compared in about a tenth of a millisecond.
const QUICK_LOOKS: usize = 100_000;
/// About how many names are compared to find one.
const LOOKS_FOR_A_NAME: usize = 200;

/// About how many bytes a row takes as JSON.
const ROW_BYTES: usize = 288;

/// Which page of how many.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Paging {
    pub page: u64,
    pub page_size: u64,
    pub total_results: u64,
    /// At least one, also where there is no result.
    pub total_pages: u64,
}

impl Paging {
    /// The paging of so many results.
    pub fn new(page: u64, page_size: u64, total_results: u64) -> Self {
        let total_pages = total_results.div_ceil(page_size.max(1)).max(1);
        Self { page, page_size, total_results, total_pages }
    }

    /// The numbers of the results on this page.
    pub fn range(&self) -> std::ops::Range<usize> {
        let first = (self.page - 1).saturating_mul(self.page_size).min(self.total_results);
        let end = first.saturating_add(self.page_size).min(self.total_results);
        let size = |number| usize::try_from(number).unwrap_or(usize::MAX);
        size(first)..size(end)
    }
}

/// A page of results.
#[derive(Debug)]
pub struct Answer<'d> {
    data: &'d DataSet,
    rows: Vec<u32>,
    columns: Vec<usize>,
    debug: bool,
    pub paging: Paging,
    pub warnings: Vec<Warning>,
}

impl DataSet {
    /// Answers a query. What it asks for and the data set lacks is a warning where it is a criterion, and an error where
    /// it is a column of figures or something to sort by.
    pub fn query(&self, query: &Query) -> Result<Answer<'_>, Vec<QueryError>> {
        let mut faults = Vec::new();
        let columns = self.columns(query, &mut faults);
        let mut evaluation = Evaluation::new(self, query.in_address);
        let taken = if faults.is_empty() { evaluation.rows(query.criteria.as_ref()) } else { Mask::default() };
        let total = taken.count();
        let paging = Paging::new(query.page, query.page_size, total as u64);
        let rows = if query.sorts.is_empty() {
            // The rows' own order, in which the latest period comes first: only those of the page are looked at.
            taken.rows_after(paging.range().start).take(paging.range().len()).collect()
        } else {
            let mut rows: Vec<u32> = taken.rows_after(0).collect();
            // A faulty field to sort by is found on no rows as well, and everything that is wrong is said at once.
            if let Err(errors) = order::sort(self, query, &mut rows) {
                faults.extend(errors);
            }
            rows.get(paging.range()).unwrap_or_default().to_vec()
        };
        if !faults.is_empty() {
            return Err(faults);
        }
        let mut warnings = evaluation.warnings;
        if query.debug {
            warnings.push(Message::debug_enabled());
        }
        if total == 0 {
            warnings.push(Message::no_results());
        }
        Ok(Answer { data: self, rows, columns, debug: query.debug, paging, warnings })
    }

    /// Whether the answer takes far less than a millisecond, so that it may be made where it is asked for: no more than a
    /// page of the usual size, in the rows' own order, of few comparisons for the number of rows.
    pub fn is_quick(&self, query: &Query) -> bool {
        let results = self.rows.min(usize::try_from(query.page_size).unwrap_or(usize::MAX));
        let columns = self.groups.len() + self.filters.len() + self.indicators.len();
        let comparisons = query.criteria.as_ref().map_or(0, Criteria::comparisons);
        let looks = comparisons.saturating_mul(self.rows / 64 + LOOKS_FOR_A_NAME);
        query.sorts.is_empty() && !query.debug && results * columns <= QUICK_CELLS && looks <= QUICK_LOOKS
    }

    fn columns(&self, query: &Query, faults: &mut Vec<QueryError>) -> Vec<usize> {
        let Some(wanted) = &query.indicators else { return (0..self.indicators.len()).collect() };
        let (mut columns, mut unknown) = (Vec::new(), Vec::new());
        for id in wanted {
            match self.indicators.iter().position(|column| *column.id == **id) {
                Some(at) if columns.contains(&at) => {}
                Some(at) => columns.push(at),
                None => unknown.push(json!(id)),
            }
        }
        if !unknown.is_empty() {
            faults.push(Message::not_found("IndicatorsNotFound", "indicators", "indicators", unknown));
        }
        columns
    }
}

impl Answer<'_> {
    /// As the API answers it.
    pub fn to_json(&self) -> String {
        let labelled;
        let pieces = if self.debug {
            labelled = Pieces::of(self.data, true);
            &labelled
        } else {
            &self.data.pieces
        };
        let mut json = String::with_capacity(512 + self.rows.len() * ROW_BYTES);
        // Unwrap safety: both hold texts, numbers and lists only, which always serialise.
        let paging = serde_json::to_string(&self.paging).unwrap_or_default();
        let warnings = serde_json::to_string(&self.warnings).unwrap_or_default();
        json.push_str(&format!("{{\"paging\":{paging},\"warnings\":{warnings},\"results\":["));
        for (number, row) in self.rows.iter().enumerate() {
            if number > 0 {
                json.push(',');
            }
            pieces.write(self.data, *row as usize, &self.columns, &mut json);
        }
        json.push_str("]}");
        json
    }
}

/// The results one by one, as tests read them.
#[cfg(test)]
mod rows {
    use super::super::geography::Level;
    use super::super::model::{Filter, FilterOption, IndicatorColumn, Location};
    use super::super::time::TimePeriod;
    use super::Answer;

    /// One result: what it is about and its figures, as they were published.
    #[derive(Debug, Clone, PartialEq)]
    pub(in crate::publish) struct AnswerRow<'d> {
        pub period: TimePeriod,
        pub level: &'static Level,
        /// The place and those that it lies in.
        pub locations: Vec<(&'static Level, &'d Location)>,
        pub filters: Vec<(&'d Filter, &'d FilterOption)>,
        /// Numbers and symbols alike are texts.
        pub values: Vec<(&'d IndicatorColumn, &'d str)>,
    }

    impl<'d> Answer<'d> {
        /// The results of the page.
        pub(in crate::publish) fn rows(&self) -> impl Iterator<Item = AnswerRow<'d>> + '_ {
            let data = self.data;
            self.rows.iter().map(move |row| {
                let row = *row as usize;
                let groups = 0..data.groups.len();
                let filters = 0..data.filters.len();
                AnswerRow {
                    period: data.period(row),
                    level: data.level(row),
                    locations: groups.filter_map(|at| Some((data.groups[at].level, data.place(at, row)?))).collect(),
                    filters: filters.filter_map(|at| Some((&data.filters[at], data.option(at, row)?))).collect(),
                    values: self
                        .columns
                        .iter()
                        .filter_map(|at| Some((&data.indicators[*at], data.figure(*at, row)?)))
                        .collect(),
                }
            })
        }
    }
}
