//! Plans the views and indicators of a specification and runs them over the national tables.

use super::definition::{Definition, RowKey};
use super::error::AggregateError;
use super::national::{AUTHORITY, NationalData, national_shape, register_shape};
use super::nested::{self, NestedQuery};
use super::raw::{RawTable, RawTables};
use super::units::{self, UnitQuery};
use crate::domain::side_by_side::side_by_side;
use crate::engine::{DataFusionEngine, Limits, Parameter, PlannedQuery, QueryEngine, TableShape, Tables};
use crate::spec::{Collection, Indicator, Specification, code_shape, table_shape};
use arrow::array::{Array, ArrayRef, AsArray, RecordBatch};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Float64Type, Int64Type};
use chrono::Days;
use std::collections::BTreeMap;
use std::sync::Arc;

/// What all queries of a release may hold beside the tables, in bytes.
const MEMORY_BYTES: usize = 4 << 30;

/// Every view and indicator of a specification, planned for one collection.
#[derive(Debug)]
pub struct Aggregator {
    views: Vec<(String, String, Arc<dyn PlannedQuery>)>,
    indicators: Vec<PlannedIndicator>,
}

#[derive(Debug)]
pub(super) struct PlannedIndicator {
    pub(super) file: String,
    definition: Definition,
    plan: Arc<dyn PlannedQuery>,
    /// The values of the units one by one, where a median or an analysis needs them.
    units: Option<UnitQuery>,
    /// The units known again over the items of a nested filter.
    nested: Option<NestedQuery>,
    notes: Vec<(String, Arc<dyn PlannedQuery>)>,
    amounts: Vec<Arc<dyn PlannedQuery>>,
}

impl Aggregator {
    /// Plans everything; a query that does not plan is an error with the file and the line of its SQL.
    pub fn new(specification: &Specification, collection: &Collection) -> Result<Self, AggregateError> {
        let mut shapes: Vec<TableShape> = Vec::new();
        let mut shape = |name: String, columns| shapes.push(TableShape { schema: None, name, columns });
        for table in &specification.tables {
            shape(table.name.clone(), national_shape(&table_shape(table)));
        }
        for list in specification.codes.values() {
            shape(format!("codes_{}", list.name), code_shape(list));
        }
        shape("register".to_owned(), register_shape());
        let parameters = parameters(specification, collection);
        let engine = |shapes: &[TableShape]| {
            DataFusionEngine::with_limits(shapes, &parameters, Limits { memory_bytes: MEMORY_BYTES })
        };
        let mut views = Vec::new();
        for view in &specification.views {
            let line = view.page.require("sql")?.line;
            let plan = engine(&shapes)?.plan(&view.sql).map_err(|source| AggregateError::Plan {
                file: view.page.path.clone(),
                line,
                source,
            })?;
            let columns = Arc::clone(plan.columns());
            shapes.push(TableShape { schema: None, name: view.name.clone(), columns });
            views.push((view.page.path.clone(), view.name.clone(), plan));
        }
        let engine = engine(&shapes)?;
        let definitions = Definition::all(specification)?;
        let indicators = definitions
            .into_iter()
            .zip(specification.indicators.values())
            .map(|(definition, indicator)| plan_indicator(&engine, definition, indicator))
            .collect::<Result<Vec<_>, _>>()?;
        Ok(Self { views, indicators })
    }

    /// The indicators as they are defined, in the order of their ids.
    pub fn definitions(&self) -> impl Iterator<Item = &Definition> {
        self.indicators.iter().map(|indicator| &indicator.definition)
    }

    /// Counts: the views one after the other, then the indicators side by side. It blocks: call it from a plain thread.
    pub fn run(&self, national: &NationalData) -> Result<RawTables, AggregateError> {
        let mut tables = national.tables.clone();
        for (file, name, plan) in &self.views {
            let rows = plan.run(&tables).map_err(|source| AggregateError::Run { file: file.clone(), source })?;
            tables.insert(name, vec![rows]);
        }
        let counted = side_by_side(&self.indicators, |indicator| indicator.count(&tables, national));
        let mut raw = Vec::new();
        let mut notes = Vec::new();
        for counted in counted {
            let (table, sentences) = counted?;
            notes.extend(sentences.into_iter().map(|sentence| (table.definition.id.clone(), sentence)));
            raw.push(table);
        }
        Ok(RawTables {
            year: national.collection.year,
            geography: national.geography.clone(),
            has_return: national.has_return.clone(),
            tables: raw,
            notes,
        })
    }
}

fn parameters(specification: &Specification, collection: &Collection) -> BTreeMap<String, Parameter> {
    let start = collection.period.start;
    let days = [
        ("period_start", start),
        ("period_end", collection.period.end),
        ("horizon_start", collection.horizon_start(specification.horizon)),
        ("window_start", collection.window_start(specification.horizon)),
        ("previous_end", start.checked_sub_days(Days::new(1)).unwrap_or(start)),
    ];
    let mut parameters: BTreeMap<String, Parameter> =
        days.into_iter().map(|(name, day)| (name.to_owned(), Parameter::Date(day))).collect();
    parameters.insert("year".to_owned(), Parameter::Integer(i64::from(collection.year)));
    parameters
}

fn plan_indicator(
    engine: &DataFusionEngine,
    definition: Definition,
    indicator: &Indicator,
) -> Result<PlannedIndicator, AggregateError> {
    let file = indicator.page.path.clone();
    let line = indicator.page.require("sql")?.line;
    let planned =
        |sql: &str| engine.plan(sql).map_err(|source| AggregateError::Plan { file: file.clone(), line, source });
    // The indicator's own text is planned first, so that a fault in it is told with the place in that text.
    let own = planned(&indicator.sql)?;
    // The steps of a curve are no column of the query.
    let filters = definition.filters.iter().filter(|_| definition.unit_analysis().is_none());
    let used = filters.map(|filter| &filter.column);
    let used = used.chain(definition.topics.iter().flat_map(|topic| &topic.columns));
    let used = used.chain(&definition.count.weight).chain(definition.shares.iter().map(|share| &share.column));
    let used = used.chain(definition.counts.iter().map(|count| &count.column));
    let used = used.chain(definition.means.iter().map(|mean| &mean.column)).map(String::as_str);
    let readings = definition.readings();
    let known_by = nested::filter(&definition).into_iter().flat_map(|(_, filter)| &filter.known_by);
    let used = used.chain(known_by.map(String::as_str));
    for column in used.chain(readings.iter().flat_map(|reading| [reading.value].into_iter().chain(reading.event))) {
        if own.columns().field_with_name(column).is_err() {
            return Err(AggregateError::NoColumn { file, column: column.to_owned() });
        }
    }
    let units = match units::sql(&definition, &indicator.sql) {
        Some(sql) => Some(UnitQuery { plan: planned(&sql)? }),
        None => None,
    };
    let nested = match nested::sql(&definition, &indicator.sql) {
        Some(sql) => Some(NestedQuery { plan: planned(&sql)? }),
        None => None,
    };
    let plan = match &units {
        // An analysis is made from its units and has no groups to count.
        Some(units) if definition.unit_analysis().is_some() => Arc::clone(&units.plan),
        _ => planned(&grouped(&definition, &indicator.sql))?,
    };
    let notes = definition.notes.iter().map(|note| Ok((note.label.clone(), planned(&note.sql)?)));
    let notes = notes.collect::<Result<Vec<_>, AggregateError>>()?;
    let amounts = definition.amounts.iter().map(|amount| planned(&amount.sql)).collect::<Result<Vec<_>, _>>()?;
    Ok(PlannedIndicator { file, definition, plan, units, nested, notes, amounts })
}

/// The indicator's rows counted by authority and each of its breakdowns. A missing category is made an empty text,
/// which no breakdown has, so that it is found; null then means only "not grouped by this".
fn grouped(definition: &Definition, sql: &str) -> String {
    let mut columns: Vec<&str> = Vec::new();
    for column in definition.topics.iter().flat_map(|topic| &topic.columns) {
        if !columns.contains(&column.as_str()) {
            columns.push(column);
        }
    }
    let filters: Vec<&str> = definition.filters.iter().map(|filter| filter.column.as_str()).collect();
    let keys = || std::iter::once(AUTHORITY).chain(filters.iter().copied());
    let quoted = |name: &str| format!("\"{name}\"");
    let set = |more: &[String]| {
        let all: Vec<String> = keys().map(quoted).chain(more.iter().map(|column| quoted(column))).collect();
        format!("({})", all.join(", "))
    };
    let mut sets = vec![set(&[])];
    sets.extend(definition.topics.iter().map(|topic| set(&topic.columns)));
    let mut inner: Vec<String> = keys().map(quoted).collect();
    inner.extend(columns.iter().map(|column| format!("COALESCE(\"{column}\", '') AS \"{column}\"")));
    let mut outer: Vec<String> = keys().chain(columns.iter().copied()).map(quoted).collect();
    let mut measure = |name: String, column: &str, aggregate: &str| {
        inner.push(format!("\"{column}\" AS \"{name}\""));
        outer.push(format!("{aggregate}(\"{name}\") AS \"{name}\""));
    };
    if let Some(weight) = &definition.count.weight {
        measure("_count_0".to_owned(), weight, "SUM");
    }
    for (index, share) in definition.shares.iter().enumerate() {
        measure(format!("_count_{}", index + 1), &share.column, "SUM");
    }
    for (index, count) in definition.counts.iter().enumerate() {
        measure(format!("_count_{}", 1 + definition.shares.len() + index), &count.column, "SUM");
    }
    for (index, mean) in definition.means.iter().enumerate() {
        measure(format!("_sum_{index}"), &mean.column, "SUM");
    }
    if definition.count.weight.is_none() {
        outer.push("COUNT(*) AS \"_count_0\"".to_owned());
    }
    format!(
        "SELECT {} FROM (SELECT {} FROM ({sql})) GROUP BY GROUPING SETS ({})",
        outer.join(", "),
        inner.join(", "),
        sets.join(", ")
    )
}

impl PlannedIndicator {
    /// Its table, and its notes as sentences.
    fn count(&self, tables: &Tables, national: &NationalData) -> Result<(RawTable, Vec<String>), AggregateError> {
        let failed = |source| AggregateError::Run { file: self.file.clone(), source };
        let mut table = if self.definition.unit_analysis().is_some() {
            RawTable::empty(self.definition.clone(), national.geography.authorities.len())
        } else {
            self.read(&self.plan.run(tables).map_err(failed)?, national)?
        };
        if let Some(units) = &self.units {
            let answer = units.plan.run(tables).map_err(failed)?;
            units.read(&self.file, &answer, national, &mut table)?;
        }
        if let Some(nested) = &self.nested {
            let answer = nested.plan.run(tables).map_err(failed)?;
            nested.read(self, &answer, |code| self.place(code, national), &mut table)?;
        }
        for plan in &self.amounts {
            table.amounts.push(self.costs(&plan.run(tables).map_err(failed)?, national)?);
        }
        let notes = self.notes.iter().map(|(label, plan)| {
            let answer = plan.run(tables).map_err(failed)?;
            let number = integers(&self.file, &answer, "number")?;
            let count = number.as_primitive::<Int64Type>().iter().flatten().next().unwrap_or(0);
            Ok(format!("{count} {label}"))
        });
        let notes = notes.collect::<Result<Vec<_>, AggregateError>>()?;
        Ok((table, notes))
    }

    /// Puts the counted groups into the matrix.
    fn read(&self, answer: &RecordBatch, national: &NationalData) -> Result<RawTable, AggregateError> {
        let definition = &self.definition;
        let rows: BTreeMap<RowKey, usize> =
            definition.rows().into_iter().enumerate().map(|(index, row)| (row, index)).collect();
        let mut table = RawTable::empty(definition.clone(), national.geography.authorities.len());
        let authority = texts(&self.file, answer, AUTHORITY)?;
        let filters = self.columns(definition.filters.iter().map(|filter| &filter.column), answer)?;
        let mut by_name: BTreeMap<&str, ArrayRef> = BTreeMap::new();
        for column in definition.topics.iter().flat_map(|topic| &topic.columns) {
            by_name.insert(column, texts(&self.file, answer, column)?);
        }
        let counts = (0..definition.quantities())
            .map(|index| integers(&self.file, answer, &format!("_count_{index}")))
            .collect::<Result<Vec<_>, _>>()?;
        let sums = (0..definition.means.len())
            .map(|index| converted(&self.file, answer, &format!("_sum_{index}"), &DataType::Float64))
            .collect::<Result<Vec<_>, _>>()?;
        for line in 0..answer.num_rows() {
            let number = self.place(authority.as_string::<i32>().value(line), national)?;
            let mut items = Vec::new();
            for (filter, column) in definition.filters.iter().zip(&filters) {
                let text = column.as_string::<i32>().value(line);
                let item = filter.items.iter().position(|item| item == text);
                items.push(item.ok_or_else(|| self.unknown_category(&filter.column))?);
            }
            let breakdown = self.breakdown(&by_name, line)?;
            // The grouping makes every breakdown of every item; the definition may have fewer.
            let Some(&row) = rows.get(&RowKey { filters: items.clone(), breakdown }) else {
                if breakdown.is_some() {
                    continue;
                }
                return Err(self.unknown_category(&definition.filters[items.len() - 1].column));
            };
            for (quantity, column) in counts.iter().enumerate() {
                let column = column.as_primitive::<Int64Type>();
                let count = if column.is_null(line) { 0 } else { column.value(line) };
                table.set_count(number, row, quantity, count);
            }
            for (mean, column) in sums.iter().enumerate() {
                let column = column.as_primitive::<Float64Type>();
                let sum = if column.is_null(line) { 0.0 } else { column.value(line) };
                table.set_sum(number, row, mean, sum);
            }
        }
        Ok(table)
    }

    /// The number of an authority that may be counted.
    fn place(&self, code: &str, national: &NationalData) -> Result<usize, AggregateError> {
        let counted = |at: &usize| !self.definition.needs_return || national.has_return[*at];
        let unknown = || AggregateError::UnknownAuthority { file: self.file.clone() };
        national.geography.number_of(code).filter(counted).ok_or_else(unknown)
    }

    /// What one costs in each authority that has figures; an authority of which the query says nothing costs nothing.
    fn costs(&self, answer: &RecordBatch, national: &NationalData) -> Result<Vec<f64>, AggregateError> {
        let authority = texts(&self.file, answer, AUTHORITY)?;
        let amount = converted(&self.file, answer, "amount", &DataType::Float64)?;
        let (codes, amounts) = (authority.as_string::<i32>(), amount.as_primitive::<Float64Type>());
        let mut costs = vec![0.0; national.geography.authorities.len()];
        for line in 0..answer.num_rows() {
            let number = national.geography.number_of(codes.value(line));
            let number = number.ok_or_else(|| AggregateError::UnknownAuthority { file: self.file.clone() })?;
            costs[number] = if amounts.is_null(line) { 0.0 } else { amounts.value(line) };
        }
        Ok(costs)
    }

    fn columns<'a>(
        &self,
        names: impl Iterator<Item = &'a String>,
        answer: &RecordBatch,
    ) -> Result<Vec<ArrayRef>, AggregateError> {
        names.map(|name| texts(&self.file, answer, name)).collect()
    }

    /// The topic and item of a counted group, by the columns that are not null.
    pub(super) fn breakdown(
        &self,
        by_name: &BTreeMap<&str, ArrayRef>,
        line: usize,
    ) -> Result<Option<(usize, usize)>, AggregateError> {
        let given: Vec<(&str, &str)> = by_name
            .iter()
            .filter(|(_, column)| !column.is_null(line))
            .map(|(name, column)| (*name, column.as_string::<i32>().value(line)))
            .collect();
        let Some((first, _)) = given.first() else { return Ok(None) };
        let value = |column: &String| given.iter().find(|(name, _)| name == column).map(|(_, text)| *text);
        for (number, topic) in self.definition.topics.iter().enumerate() {
            if topic.columns.len() != given.len() || !topic.columns.iter().all(|column| value(column).is_some()) {
                continue;
            }
            let fits = |categories: &[String]| {
                topic.columns.iter().zip(categories).all(|(column, category)| value(column) == Some(category))
            };
            let item = topic.items.iter().position(|item| fits(&item.categories));
            return item
                .map(|item| Some((number, item)))
                .ok_or_else(|| self.unknown_category(&topic.columns.join(", ")));
        }
        Err(self.unknown_category(first))
    }

    pub(super) fn unknown_category(&self, column: &str) -> AggregateError {
        AggregateError::UnknownCategory { file: self.file.clone(), column: column.to_owned() }
    }
}

pub(super) fn converted(
    file: &str,
    answer: &RecordBatch,
    name: &str,
    to: &DataType,
) -> Result<ArrayRef, AggregateError> {
    let missing = || AggregateError::NoColumn { file: file.to_owned(), column: name.to_owned() };
    Ok(cast(answer.column_by_name(name).ok_or_else(missing)?, to)?)
}

pub(super) fn texts(file: &str, answer: &RecordBatch, name: &str) -> Result<ArrayRef, AggregateError> {
    converted(file, answer, name, &DataType::Utf8)
}

pub(super) fn integers(file: &str, answer: &RecordBatch, name: &str) -> Result<ArrayRef, AggregateError> {
    converted(file, answer, name, &DataType::Int64)
}
