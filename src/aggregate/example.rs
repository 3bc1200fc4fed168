//! Worked examples in tests: the CSV fences of an indicator's file, made into accepted returns.
//!
//! A fence `csv 330.children` is that table of authority 330. Columns that are left out are empty. A column
//! `times` repeats its row, and `#` stands for the number of the repetition: `Heron#` is Heron001, Heron002 and so on.

use super::AcceptedReturn;
use crate::spec::{MarkdownFile, Specification, arrow_type, table_shape};
use arrow::array::{ArrayRef, Date32Array, Float64Array, Int64Array, RecordBatch, StringArray};
use arrow::datatypes::DataType;
use chrono::NaiveDate;
use std::collections::BTreeMap;
use std::sync::Arc;

pub(crate) fn returns(specification: &Specification, page: &MarkdownFile) -> Vec<AcceptedReturn> {
    let mut returns: BTreeMap<String, BTreeMap<String, RecordBatch>> = BTreeMap::new();
    for fence in page.fences.iter().filter(|fence| fence.language == "csv") {
        let (authority, table) = fence.argument.split_once('.').expect("a fence `csv AUTHORITY.table`");
        let batch = batch(specification, table, &fence.text);
        returns.entry(authority.to_owned()).or_default().insert(table.to_owned(), batch);
    }
    returns.into_iter().map(|(authority, tables)| AcceptedReturn { authority, tables }).collect()
}

/// The raw tables of every indicator, counted from the worked example of one.
pub(crate) fn raw_of(indicator: &str) -> (Specification, super::RawTables) {
    let specification = Specification::embedded().expect("the specification");
    let collection = specification.latest().expect("a collection").clone();
    let returns = returns(&specification, &specification.indicators[indicator].page);
    let national = super::NationalData::new(&specification, &collection, returns).expect("national data");
    let raw = super::Aggregator::new(&specification, &collection).expect("plans").run(&national).expect("counts");
    (specification, raw)
}

/// A table from CSV with dates as dd/mm/yyyy and months as yyyy-mm.
pub(crate) fn batch(specification: &Specification, table: &str, csv: &str) -> RecordBatch {
    let table = specification.table(table).expect("a table of the specification");
    let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(csv.as_bytes());
    let headings = reader.headers().expect("headings").clone();
    let times = headings.iter().position(|heading| heading == "times");
    let mut records: Vec<csv::StringRecord> = Vec::new();
    for record in reader.records() {
        let record = record.expect("CSV");
        let repeat = times.map_or(1, |at| record[at].parse::<usize>().expect("how many times"));
        records.extend((1..=repeat).map(|number| {
            record.iter().map(|cell| cell.replace('#', &format!("{number:03}"))).collect::<csv::StringRecord>()
        }));
    }
    let cells = |field: &str| -> Vec<Option<String>> {
        let at = headings.iter().position(|heading| heading == field);
        let cell = |record: &csv::StringRecord| record.get(at?).filter(|text| !text.is_empty()).map(str::to_owned);
        records.iter().map(cell).collect()
    };
    for heading in headings.iter().filter(|heading| *heading != "times") {
        assert!(table.field(heading).is_some(), "{heading} is not a field of {}", table.name);
    }
    let mut columns: Vec<ArrayRef> = vec![Arc::new(Int64Array::from_iter_values(0..records.len() as i64))];
    for field in &table.fields {
        let cells = cells(&field.name);
        columns.push(match arrow_type(field.kind) {
            DataType::Date32 => Arc::new(cells.iter().map(|cell| cell.as_deref().map(day)).collect::<Date32Array>()),
            DataType::Int64 => {
                let number = |cell: &Option<String>| cell.as_deref().map(|text| text.parse().expect("a whole number"));
                Arc::new(cells.iter().map(number).collect::<Int64Array>())
            }
            DataType::Float64 => {
                let number = |cell: &Option<String>| cell.as_deref().map(|text| text.parse().expect("a number"));
                Arc::new(cells.iter().map(number).collect::<Float64Array>())
            }
            _ => Arc::new(cells.into_iter().collect::<StringArray>()),
        });
    }
    RecordBatch::try_new(table_shape(table), columns).expect("the columns of the table")
}

fn day(text: &str) -> i32 {
    let day = NaiveDate::parse_from_str(text, "%d/%m/%Y")
        .or_else(|_| NaiveDate::parse_from_str(&format!("{text}-01"), "%Y-%m-%d"))
        .expect("a date dd/mm/yyyy or a month yyyy-mm");
    let epoch = NaiveDate::from_ymd_opt(1970, 1, 1).expect("a date");
    i32::try_from(day.signed_duration_since(epoch).num_days()).expect("a day in range")
}
