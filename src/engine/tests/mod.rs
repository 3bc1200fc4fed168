//! Tests of the engine over small invented tables.

mod functions;
mod planning;
mod queries;
mod safety;

use super::{DataFusionEngine, EngineError, Limits, Parameter, PlannedQuery, QueryEngine, TableShape, Tables};
use arrow::array::{ArrayRef, Date32Array, Int64Array, StringArray};
use arrow::datatypes::{DataType, Date32Type, Field, Schema, SchemaRef};
use arrow::record_batch::RecordBatch;
use arrow::util::display::array_value_to_string;
use chrono::NaiveDate;
use std::collections::BTreeMap;
use std::sync::Arc;

fn day(text: &str) -> NaiveDate {
    text.parse().expect("a date in a test")
}

fn columns() -> SchemaRef {
    Arc::new(Schema::new(vec![
        Field::new("_row", DataType::Int64, true),
        Field::new("CHILD", DataType::Utf8, true),
        Field::new("START", DataType::Date32, true),
        Field::new("FINISH", DataType::Date32, true),
        Field::new("CODE", DataType::Utf8, true),
    ]))
}

fn shapes() -> Vec<TableShape> {
    let shape = |schema: Option<&str>, name: &str| TableShape {
        schema: schema.map(str::to_owned),
        name: name.to_owned(),
        columns: columns(),
    };
    vec![shape(None, "spells"), shape(None, "people"), shape(Some("previous"), "spells")]
}

fn parameters() -> BTreeMap<String, Parameter> {
    BTreeMap::from([
        ("period_end".to_owned(), Parameter::Date(day("2026-03-31"))),
        ("least".to_owned(), Parameter::Integer(-2)),
        ("quoted".to_owned(), Parameter::Text("it's".to_owned())),
    ])
}

fn engine() -> DataFusionEngine {
    DataFusionEngine::new(&shapes(), &parameters()).expect("an engine")
}

fn plan(sql: &str) -> Arc<dyn PlannedQuery> {
    engine().plan(sql).expect("a query that plans")
}

type Row<'a> = (Option<&'a str>, Option<&'a str>, Option<&'a str>, Option<&'a str>);

/// A batch of rows of child, start, finish and code; `_row` counts from the given number.
fn batch(first_row: i64, rows: &[Row<'_>]) -> RecordBatch {
    let days = |of: fn(&Row<'_>) -> Option<String>| -> ArrayRef {
        let number = |text: String| Date32Type::from_naive_date(day(&text));
        Arc::new(rows.iter().map(|row| of(row).map(number)).collect::<Date32Array>())
    };
    let numbers = (first_row..).take(rows.len());
    RecordBatch::try_new(
        columns(),
        vec![
            Arc::new(numbers.collect::<Int64Array>()),
            Arc::new(rows.iter().map(|row| row.0).collect::<StringArray>()),
            days(|row| row.1.map(str::to_owned)),
            days(|row| row.2.map(str::to_owned)),
            Arc::new(rows.iter().map(|row| row.3).collect::<StringArray>()),
        ],
    )
    .expect("a batch of the shape")
}

fn spells(rows: &[Row<'_>]) -> Tables {
    let mut tables = Tables::new();
    tables.insert("spells", vec![batch(0, rows)]);
    tables
}

/// The answer as text: cells joined by `|`, one line a row.
fn text(answer: &RecordBatch) -> Vec<String> {
    let cell = |column: &ArrayRef, row| array_value_to_string(column, row).expect("a value as text");
    (0..answer.num_rows())
        .map(|row| answer.columns().iter().map(|column| cell(column, row)).collect::<Vec<_>>().join("|"))
        .collect()
}

fn run(sql: &str, tables: &Tables) -> Vec<String> {
    text(&plan(sql).run(tables).expect("a query that runs"))
}

fn message_of(sql: &str) -> (String, Option<u64>, Option<u64>) {
    match engine().plan(sql) {
        Err(EngineError::Plan { message, line, column }) => (message, line, column),
        other => panic!("expected a planning error, got {other:?}"),
    }
}

fn limited(memory_bytes: usize) -> DataFusionEngine {
    DataFusionEngine::with_limits(&shapes(), &parameters(), Limits { memory_bytes }).expect("an engine")
}
