//! The values of single units, kept where sums do not do: for medians and for times that are not over.

use super::analysis;
use super::definition::{Definition, Filter, RowKey, Topic};
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
#[derive(Default, Clone)]
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

    /// Counts an authority's units in another's rows.
    pub(super) fn move_to(&mut self, from: usize, to: usize) {
        for unit in self.all.iter_mut().filter(|unit| unit.0 as usize == from) {
            unit.0 = to as u32;
        }
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
    // The steps of a curve are no column of the query.
    let filters = definition.filters.iter().filter(|_| definition.unit_analysis().is_none());
    columns.extend(filters.map(|filter| format!("\"{}\"", filter.column)));
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

/// A unit as the query gives it.
pub(super) struct Line {
    pub(super) authority: usize,
    /// Its value, with whether that is an event; none where it has no value.
    pub(super) reading: Option<(f64, bool)>,
    /// For each breakdown, the number of its item.
    pub(super) items: Vec<usize>,
    /// For each filter, the number of its item.
    filters: Vec<usize>,
}

impl UnitQuery {
    /// Puts the units into the table. Where a median needs them the counts are read already, and each unit that is
    /// counted must have its value.
    pub(super) fn read(
        &self,
        file: &str,
        answer: &RecordBatch,
        national: &NationalData,
        table: &mut RawTable,
    ) -> Result<(), AggregateError> {
        let definition = table.definition.clone();
        if let Some(analysis) = definition.unit_analysis() {
            let lines = lines(file, answer, national, &definition, &[], &analysis.groups, 0)?;
            return analysis::fill(file, lines, national, table);
        }
        let keys = definition.rows();
        let rows: BTreeMap<&RowKey, usize> = keys.iter().enumerate().map(|(number, row)| (row, number)).collect();
        for (at, reading) in definition.readings().iter().enumerate() {
            let mut found: Vec<(u32, f64, bool, Vec<usize>)> = Vec::new();
            for line in lines(file, answer, national, &definition, &definition.filters, &definition.topics, at)? {
                let Some((value, event)) = line.reading else { continue };
                let breakdowns = line.items.iter().enumerate().map(|(topic, item)| Some((topic, *item)));
                let keys = std::iter::once(None)
                    .chain(breakdowns)
                    .map(|breakdown| RowKey { filters: line.filters.clone(), breakdown });
                // A definition may have fewer rows than its filters and breakdowns crossed.
                let of = keys.filter_map(|key| rows.get(&key).copied()).collect();
                found.push((line.authority as u32, value, event, of));
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
            for row in 0..keys.len() {
                let counts = units.counts(row, national.geography.authorities.len());
                if counts.iter().enumerate().any(|(place, count)| table.count(place, row, quantity) != *count) {
                    return Err(AggregateError::NoValue { file: file.to_owned(), column: reading.value.to_owned() });
                }
            }
            table.units[at] = units;
        }
        Ok(())
    }
}

/// The units of a reading, one by one.
fn lines(
    file: &str,
    answer: &RecordBatch,
    national: &NationalData,
    definition: &Definition,
    filters: &[Filter],
    topics: &[Topic],
    reading: usize,
) -> Result<Vec<Line>, AggregateError> {
    let number = |name: &str| converted(file, answer, name, &DataType::Float64);
    let known = &definition.readings()[reading];
    let event = known.event.map(|_| number(&format!("_event_{reading}"))).transpose()?;
    let read = Read { value: number(&format!("_value_{reading}"))?, event };
    let items = ItemsOf::new(file, answer, filters, topics)?;
    let authority = texts(file, answer, AUTHORITY)?;
    let authority = authority.as_string::<i32>();
    let mut lines = Vec::with_capacity(answer.num_rows());
    for line in 0..answer.num_rows() {
        let no_value = |()| AggregateError::NoValue { file: file.to_owned(), column: known.value.to_owned() };
        let unknown = || AggregateError::UnknownAuthority { file: file.to_owned() };
        let place = national.geography.number_of(authority.value(line)).ok_or_else(unknown)?;
        if definition.needs_return && !national.has_return[place] {
            return Err(unknown());
        }
        let (filters, items) = items.of(line)?;
        lines.push(Line { authority: place, reading: read.at(line).map_err(no_value)?, items, filters });
    }
    Ok(lines)
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

/// Finds the items that a unit belongs to: one of each filter and of each breakdown.
struct ItemsOf<'a> {
    file: &'a str,
    filters: Vec<(&'a Filter, ArrayRef)>,
    topics: Vec<TopicItems<'a>>,
}

/// A breakdown with its columns, and the numbers of its items by their categories.
type TopicItems<'a> = (&'a Topic, Vec<ArrayRef>, BTreeMap<Vec<&'a str>, usize>);

impl<'a> ItemsOf<'a> {
    fn new(
        file: &'a str,
        answer: &RecordBatch,
        filters: &'a [Filter],
        topics: &'a [Topic],
    ) -> Result<Self, AggregateError> {
        let column = |name: &String| texts(file, answer, name);
        let filters = filters.iter().map(|filter| Ok((filter, column(&filter.column)?)));
        let filters = filters.collect::<Result<Vec<_>, AggregateError>>()?;
        let mut known = Vec::new();
        for topic in topics {
            let columns = topic.columns.iter().map(column).collect::<Result<Vec<_>, _>>()?;
            let categories = topic.items.iter().map(|item| item.categories.iter().map(String::as_str).collect());
            known.push((topic, columns, categories.enumerate().map(|(number, all)| (all, number)).collect()));
        }
        Ok(Self { file, filters, topics: known })
    }

    /// The items of the filters, then of the breakdowns.
    fn of(&self, line: usize) -> Result<(Vec<usize>, Vec<usize>), AggregateError> {
        let unknown = |column: String| AggregateError::UnknownCategory { file: self.file.to_owned(), column };
        let mut filters = Vec::new();
        for (filter, column) in &self.filters {
            let text = column.as_string::<i32>().value(line);
            let item = filter.items.iter().position(|item| item == text);
            filters.push(item.ok_or_else(|| unknown(filter.column.clone()))?);
        }
        let mut items = Vec::new();
        for (topic, columns, known) in &self.topics {
            let categories: Vec<&str> = columns.iter().map(|column| column.as_string::<i32>().value(line)).collect();
            items.push(*known.get(&categories).ok_or_else(|| unknown(topic.columns.join(", ")))?);
        }
        Ok((filters, items))
    }
}
