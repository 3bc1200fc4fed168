//! A published table, read back from its JSON file: its rows, and the words that stand beside them.

use super::error::PublishError;
use super::layout::PLACES;
use crate::disclosure::{EarlierRow, EarlierTable, Shown};
use serde::Deserialize;
use serde_json::Value;

/// What a published table says of itself.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Words {
    pub(super) label: String,
    pub(super) time_identifier: String,
    /// The texts that explain the figures: definition, population, symbols, notes, coverage; by their names.
    pub(super) explanations: Vec<(&'static str, Value)>,
    pub(super) filters: Vec<FilterWords>,
    pub(super) columns: Vec<ColumnWords>,
}

/// A filter as readers know it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct FilterWords {
    pub(super) column: String,
    pub(super) label: String,
    pub(super) default: String,
}

/// A column of figures as readers know it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ColumnWords {
    pub(super) column: String,
    pub(super) label: String,
    pub(super) unit: String,
    pub(super) decimals: u8,
}

/// The table of one indicator.
#[derive(Debug)]
pub(super) struct PublishedTable {
    pub(super) indicator: String,
    pub(super) words: Words,
    /// The rows of the release's own year.
    pub(super) table: EarlierTable,
}

#[derive(Deserialize)]
struct IndicatorFile {
    indicator: String,
    label: String,
    time_identifier: String,
    #[serde(default)]
    definition: Value,
    #[serde(default)]
    population: Value,
    #[serde(default)]
    symbols: Value,
    #[serde(default)]
    notes: Value,
    #[serde(default)]
    coverage: Value,
    fields: Vec<FieldOfFile>,
    rows: Vec<Vec<Value>>,
}

#[derive(Deserialize)]
struct FieldOfFile {
    name: String,
    kind: String,
    #[serde(default)]
    label: String,
    #[serde(default)]
    default: String,
    #[serde(default)]
    unit: String,
    #[serde(default)]
    decimals: u8,
}

/// Reads the table in a file; none for a JSON file that holds no indicator.
pub(super) fn read(name: &str, bytes: &[u8], year: i32) -> Result<Option<PublishedTable>, PublishError> {
    let unreadable = |error| wrong(format!("{name} cannot be read: {error}"));
    let value: Value = serde_json::from_slice(bytes).map_err(unreadable)?;
    if value.get("indicator").is_none() {
        return Ok(None);
    }
    let file: IndicatorFile = serde_json::from_value(value).map_err(unreadable)?;
    let at = |kind: &str| -> Vec<usize> { (0..file.fields.len()).filter(|at| file.fields[*at].kind == kind).collect() };
    let names = |columns: &[usize]| columns.iter().map(|at| file.fields[*at].name.clone()).collect::<Vec<_>>();
    let (time, places, filters, figures) = (at("time"), at("place"), at("filter"), at("figure"));
    if time.len() != 1 || names(&places) != PLACES {
        return Err(wrong(format!("{name} does not have the columns of a published table")));
    }
    let mut rows = Vec::new();
    for row in &file.rows {
        let cell = |at: usize| row.get(at).ok_or_else(|| wrong(format!("{name} has a row that is too short")));
        if cell(time[0])?.as_i64() != Some(i64::from(year)) {
            continue;
        }
        let mut place: [String; 8] = Default::default();
        for (known, at) in place.iter_mut().zip(&places) {
            *known = cell(*at)?.as_str().unwrap_or_default().to_owned();
        }
        let items = filters.iter().map(|at| Ok(cell(*at)?.as_str().unwrap_or_default().to_owned()));
        let items = items.collect::<Result<Vec<_>, PublishError>>()?;
        let figure = |at: &usize| {
            let unknown = || wrong(format!("{name} has a figure that is neither a number nor a known symbol"));
            shown(cell(*at)?, file.fields[*at].decimals).ok_or_else(unknown)
        };
        let figures = figures.iter().map(figure).collect::<Result<Vec<_>, _>>()?;
        rows.push(EarlierRow { place, items, figures });
    }
    let table = EarlierTable { filters: names(&filters), columns: names(&figures), rows };
    let words = Words {
        filters: filters.iter().map(|at| filter(&file.fields[*at])).collect(),
        columns: figures.iter().map(|at| column(&file.fields[*at])).collect(),
        label: file.label,
        time_identifier: file.time_identifier,
        explanations: vec![
            ("definition", file.definition),
            ("population", file.population),
            ("symbols", file.symbols),
            ("notes", file.notes),
            ("coverage", file.coverage),
        ],
    };
    Ok(Some(PublishedTable { indicator: file.indicator, words, table }))
}

fn filter(field: &FieldOfFile) -> FilterWords {
    FilterWords { column: field.name.clone(), label: field.label.clone(), default: field.default.clone() }
}

fn column(field: &FieldOfFile) -> ColumnWords {
    let (column, label, unit) = (field.name.clone(), field.label.clone(), field.unit.clone());
    ColumnWords { column, label, unit, decimals: field.decimals }
}

fn shown(cell: &Value, decimals: u8) -> Option<Shown> {
    match (cell, decimals) {
        (Value::Number(number), 0) => number.as_i64().map(Shown::Number),
        (Value::Number(number), _) => number.as_f64().map(|value| Shown::Decimal(value, decimals)),
        (Value::String(symbol), _) => Shown::of_symbol(symbol),
        _ => None,
    }
}

fn wrong(problem: impl Into<String>) -> PublishError {
    PublishError::Earlier(problem.into())
}
