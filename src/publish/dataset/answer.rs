//! The answer to a query: a page of rows, as the API writes them.

use super::evaluate::Evaluation;
use super::geography::Level;
use super::model::{DataSet, Filter, FilterOption, IndicatorColumn, Location};
use super::order;
use super::query::{Message, Query, QueryError, Warning};
use super::time::TimePeriod;
use serde::ser::{SerializeMap as _, SerializeSeq as _, SerializeStruct as _};
use serde::{Serialize, Serializer};
use serde_json::json;

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

/// A page of results. It serialises as the API answers it.
#[derive(Debug)]
pub struct Answer<'d> {
    data: &'d DataSet,
    rows: Vec<u32>,
    columns: Vec<usize>,
    debug: bool,
    pub paging: Paging,
    pub warnings: Vec<Warning>,
}

/// One result: what it is about and its figures, as they were published.
#[derive(Debug, Clone, PartialEq)]
pub struct AnswerRow<'d> {
    pub period: TimePeriod,
    pub level: &'static Level,
    /// The place and those that it lies in.
    pub locations: Vec<(&'static Level, &'d Location)>,
    pub filters: Vec<(&'d Filter, &'d FilterOption)>,
    /// Numbers and symbols alike are texts.
    pub values: Vec<(&'d IndicatorColumn, &'d str)>,
}

impl DataSet {
    /// Answers a query. What it asks for and the data set lacks is a warning where it is a criterion, and an error where
    /// it is a column of figures or something to sort by.
    pub fn query(&self, query: &Query) -> Result<Answer<'_>, Vec<QueryError>> {
        let mut faults = Vec::new();
        let columns = self.columns(query, &mut faults);
        let mut evaluation = Evaluation::new(self, query.in_address);
        // A faulty field to sort by is found on no rows as well, and everything that is wrong is said at once.
        let mut rows = if faults.is_empty() { evaluation.rows(query.criteria.as_ref()) } else { Vec::new() };
        if let Err(errors) = order::sort(self, query, &mut rows) {
            faults.extend(errors);
        }
        if !faults.is_empty() {
            return Err(faults);
        }
        let mut warnings = evaluation.warnings;
        if query.debug {
            warnings.push(Message::debug_enabled());
        }
        if rows.is_empty() {
            warnings.push(Message::no_results());
        }
        let paging = Paging::new(query.page, query.page_size, rows.len() as u64);
        let rows = rows[paging.range()].to_vec();
        Ok(Answer { data: self, rows, columns, debug: query.debug, paging, warnings })
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

impl<'d> Answer<'d> {
    /// The results of the page.
    pub fn rows(&self) -> impl Iterator<Item = AnswerRow<'d>> + '_ {
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

impl Serialize for Answer<'_> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let mut object = to.serialize_struct("Answer", 3)?;
        object.serialize_field("paging", &self.paging)?;
        object.serialize_field("warnings", &self.warnings)?;
        object.serialize_field("results", &Results(self))?;
        object.end()
    }
}

struct Results<'a, 'd>(&'a Answer<'d>);

impl Serialize for Results<'_, '_> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let mut list = to.serialize_seq(Some(self.0.rows.len()))?;
        for row in self.0.rows() {
            list.serialize_element(&Written { row: &row, debug: self.0.debug })?;
        }
        list.end()
    }
}

struct Written<'a, 'd> {
    row: &'a AnswerRow<'d>,
    debug: bool,
}

impl Serialize for Written<'_, '_> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let row = self.row;
        let mut object = to.serialize_struct("Result", 5)?;
        object.serialize_field("timePeriod", &Period(row.period))?;
        object.serialize_field("geographicLevel", row.level.code)?;
        let locations = row.locations.iter().map(|(level, place)| {
            let label = || format!("{}{}", place.label, codes(level, place));
            (Told(level.code, None), self.told(&place.id, label))
        });
        object.serialize_field("locations", &Members(locations.collect()))?;
        let filters = row.filters.iter().map(|(filter, option)| {
            (self.told(&filter.id, || filter.column.to_string()), self.told(&option.id, || option.label.to_string()))
        });
        object.serialize_field("filters", &Members(filters.collect()))?;
        let values = row
            .values
            .iter()
            .map(|(column, text)| (self.told(&column.id, || column.column.to_string()), Told(text, None)));
        object.serialize_field("values", &Members(values.collect()))?;
        object.end()
    }
}

impl Written<'_, '_> {
    fn told<'t>(&self, id: &'t str, label: impl FnOnce() -> String) -> Told<'t> {
        Told(id, self.debug.then(label))
    }
}

/// ` (code = E08000025, oldCode = 330)`.
fn codes(level: &Level, place: &Location) -> String {
    let codes = level.properties.iter().zip(&place.codes);
    let codes: Vec<String> = codes.map(|((name, _), code)| format!("{name} = {code}")).collect();
    if codes.is_empty() { String::new() } else { format!(" ({})", codes.join(", ")) }
}

/// An identifier or a figure; with its label when the query asked for labels.
struct Told<'t>(&'t str, Option<String>);

impl Serialize for Told<'_> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        match &self.1 {
            None => to.serialize_str(self.0),
            Some(label) => to.collect_str(&format_args!("{} :: {label}", self.0)),
        }
    }
}

struct Members<'t>(Vec<(Told<'t>, Told<'t>)>);

impl Serialize for Members<'_> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let mut object = to.serialize_map(Some(self.0.len()))?;
        for (name, value) in &self.0 {
            object.serialize_entry(name, value)?;
        }
        object.end()
    }
}

struct Period(TimePeriod);

impl Serialize for Period {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let mut object = to.serialize_struct("TimePeriod", 2)?;
        object.serialize_field("code", &self.0.identifier().code)?;
        object.serialize_field("period", &self.0.period())?;
        object.end()
    }
}
