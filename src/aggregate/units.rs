//! The values of single units, kept where sums do not do: for medians and for times that are not over.

use super::definition::{Definition, RowKey};
use super::error::AggregateError;
use super::national::{AUTHORITY, NationalData};
use super::query::{converted, texts};
use super::raw::RawTable;
use crate::engine::PlannedQuery;
use arrow::array::{Array, ArrayRef, AsArray, RecordBatch};
use arrow::datatypes::{DataType, Float64Type};
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

/// The planned query that gives the units of an indicator one by one.
#[derive(Debug)]
pub(super) struct UnitQuery {
    pub(super) plan: Arc<dyn PlannedQuery>,
}

/// The units that have one reading: its values, and which rows of the table each belongs to. It has no way out of the
/// process: it prints its size only, and nothing writes it.
#[derive(Default)]
pub(super) struct Units {
    /// In an order that does not depend on how the query ran: authority, value, event.
    all: Vec<(u32, f64, bool)>,
    /// For each row of the table, the numbers of its units.
    by_row: BTreeMap<usize, Vec<u32>>,
}

impl Units {
    /// The readings of a row in these authorities, from the smallest value up; of the same value, those that are over
    /// come first.
    pub(super) fn within(&self, row: usize, authorities: &[usize]) -> Vec<(f64, bool)> {
        let numbers = self.by_row.get(&row).map_or(&[][..], Vec::as_slice);
        let mut wanted = vec![false; authorities.iter().max().map_or(0, |last| last + 1)];
        authorities.iter().for_each(|authority| wanted[*authority] = true);
        let units = numbers.iter().map(|number| self.all[*number as usize]);
        let mut found: Vec<(f64, bool)> = units
            .filter(|(authority, ..)| wanted.get(*authority as usize).is_some_and(|wanted| *wanted))
            .map(|(_, value, event)| (value, event))
            .collect();
        found.sort_by(|one, other| one.0.total_cmp(&other.0).then(other.1.cmp(&one.1)));
        found
    }

    /// How many units of a row each authority has.
    fn counts(&self, row: usize, authorities: usize) -> Vec<i64> {
        let mut counts = vec![0; authorities];
        for number in self.by_row.get(&row).into_iter().flatten() {
            counts[self.all[*number as usize].0 as usize] += 1;
        }
        counts
    }
}

impl fmt::Debug for Units {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "Units({})", self.all.len())
    }
}

/// The rows of an indicator's query with what is read of each; none where nothing is. A value of a unit that is not of
/// the reading's share is left out.
pub(super) fn sql(definition: &Definition, sql: &str) -> Option<String> {
    let readings = definition.readings();
    if readings.is_empty() {
        return None;
    }
    let mut columns = vec![format!("\"{AUTHORITY}\"")];
    columns.extend(definition.filters.iter().map(|filter| format!("\"{}\"", filter.column)));
    columns.extend(topic_columns(definition).map(|column| format!("COALESCE(\"{column}\", '') AS \"{column}\"")));
    for (number, reading) in readings.iter().enumerate() {
        let mut read = |name: &str, column: &str| {
            let column = format!("\"{column}\"");
            let within = match reading.of {
                Some(of) => format!("CASE WHEN \"{of}\" = 1 THEN {column} END"),
                None => column,
            };
            columns.push(format!("{within} AS \"_{name}_{number}\""));
        };
        read("value", reading.value);
        if let Some(event) = reading.event {
            read("event", event);
        }
    }
    Some(format!("SELECT {} FROM ({sql})", columns.join(", ")))
}

fn topic_columns(definition: &Definition) -> impl Iterator<Item = &str> {
    let mut columns: Vec<&str> = Vec::new();
    for column in definition.topics.iter().flat_map(|topic| &topic.columns) {
        if !columns.contains(&column.as_str()) {
            columns.push(column);
        }
    }
    columns.into_iter()
}

/// One reading's columns of the answer.
struct Read {
    value: ArrayRef,
    event: Option<ArrayRef>,
}

impl UnitQuery {
    /// Puts the units into the table, whose counts are read already: each unit that is counted must have its value.
    pub(super) fn read(
        &self,
        file: &str,
        answer: &RecordBatch,
        national: &NationalData,
        table: &mut RawTable,
    ) -> Result<(), AggregateError> {
        let definition = table.definition.clone();
        let readings = definition.readings();
        let places = RowsOf::new(file, answer, &definition)?;
        let authority = texts(file, answer, AUTHORITY)?;
        let authority = authority.as_string::<i32>();
        let number = |name: &str| converted(file, answer, name, &DataType::Float64);
        for (at, reading) in readings.iter().enumerate() {
            let event = reading.event.map(|_| number(&format!("_event_{at}"))).transpose()?;
            let read = Read { value: number(&format!("_value_{at}"))?, event };
            let no_value = || AggregateError::NoValue { file: file.to_owned(), column: reading.value.to_owned() };
            let mut found: Vec<(u32, f64, bool, Vec<usize>)> = Vec::new();
            for line in 0..answer.num_rows() {
                let Some((value, event)) = read.at(line).map_err(|()| no_value())? else { continue };
                let unknown = || AggregateError::UnknownAuthority { file: file.to_owned() };
                let place = national.geography.number_of(authority.value(line)).ok_or_else(unknown)?;
                found.push((place as u32, value, event, places.of(line)?));
            }
            found.sort_by(|one, other| {
                one.0.cmp(&other.0).then(one.1.total_cmp(&other.1)).then((one.2, &one.3).cmp(&(other.2, &other.3)))
            });
            let mut units = Units::default();
            for (place, value, event, rows) in found {
                for row in rows {
                    units.by_row.entry(row).or_default().push(units.all.len() as u32);
                }
                units.all.push((place, value, event));
            }
            let quantity = definition.quantity_of(reading.of);
            for row in 0..definition.rows().len() {
                let counts = units.counts(row, national.geography.authorities.len());
                if counts.iter().enumerate().any(|(place, count)| table.count(place, row, quantity) != *count) {
                    return Err(no_value());
                }
            }
            table.units[at] = units;
        }
        Ok(())
    }
}

impl Read {
    /// The value and whether it is an event, which it is where the reading has no events; none where there is no value.
    fn at(&self, line: usize) -> Result<Option<(f64, bool)>, ()> {
        if self.value.is_null(line) {
            return Ok(None);
        }
        let value = self.value.as_primitive::<Float64Type>().value(line);
        let event = match &self.event {
            None => 1.0,
            Some(column) if column.is_null(line) => return Err(()),
            Some(column) => column.as_primitive::<Float64Type>().value(line),
        };
        // A time from nought up; a plain value may be anything that is a number.
        let usable = value.is_finite() && (self.event.is_none() || value >= 0.0) && (event == 0.0 || event == 1.0);
        // Negative nought is nought, so that equal values have equal bits.
        if usable { Ok(Some((value + 0.0, event == 1.0))) } else { Err(()) }
    }
}

/// Finds the rows of the table that a unit belongs to: the total, and a line of each breakdown.
struct RowsOf<'a> {
    file: &'a str,
    definition: &'a Definition,
    rows: BTreeMap<RowKey, usize>,
    filters: Vec<ArrayRef>,
    topics: Vec<Vec<ArrayRef>>,
    /// For each topic, the numbers of its items by their categories.
    items: Vec<BTreeMap<Vec<&'a str>, usize>>,
}

impl<'a> RowsOf<'a> {
    fn new(file: &'a str, answer: &RecordBatch, definition: &'a Definition) -> Result<Self, AggregateError> {
        let column = |name: &String| texts(file, answer, name);
        let filters = definition.filters.iter().map(|filter| column(&filter.column)).collect::<Result<Vec<_>, _>>()?;
        let mut topics = Vec::new();
        let mut items = Vec::new();
        for topic in &definition.topics {
            topics.push(topic.columns.iter().map(column).collect::<Result<Vec<_>, _>>()?);
            let categories = |item: &'a super::definition::Item| item.categories.iter().map(String::as_str).collect();
            items.push(topic.items.iter().enumerate().map(|(number, item)| (categories(item), number)).collect());
        }
        let rows = definition.rows().into_iter().enumerate().map(|(number, row)| (row, number)).collect();
        Ok(Self { file, definition, rows, filters, topics, items })
    }

    fn of(&self, line: usize) -> Result<Vec<usize>, AggregateError> {
        let unknown = |column: String| AggregateError::UnknownCategory { file: self.file.to_owned(), column };
        let mut filters = Vec::new();
        for (filter, column) in self.definition.filters.iter().zip(&self.filters) {
            let text = column.as_string::<i32>().value(line);
            let item = filter.items.iter().position(|item| item == text);
            filters.push(item.ok_or_else(|| unknown(filter.column.clone()))?);
        }
        let mut rows = vec![self.rows[&RowKey { filters: filters.clone(), breakdown: None }]];
        for (number, columns) in self.topics.iter().enumerate() {
            let categories: Vec<&str> = columns.iter().map(|column| column.as_string::<i32>().value(line)).collect();
            let item = self.items[number].get(&categories);
            let item = *item.ok_or_else(|| unknown(self.definition.topics[number].columns.join(", ")))?;
            rows.push(self.rows[&RowKey { filters: filters.clone(), breakdown: Some((number, item)) }]);
        }
        Ok(rows)
    }
}
