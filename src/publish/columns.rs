//! The same tables as Parquet and as JSON.

use super::error::PublishError;
use super::layout::{PLACES, filters, lines};
use super::release::About;
use crate::disclosure::{ClearedTable, ClearedTables, Shown};
use arrow::array::{ArrayRef, Float64Array, Int32Array, RecordBatch, StringArray};
use arrow::datatypes::{DataType, Field, Schema};
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, ZstdLevel};
use parquet::file::properties::WriterProperties;
use serde_json::{Map, Value, json};
use std::sync::Arc;

/// Parquet: each column of figures as numbers, with its symbols in a column beside it where there is no number.
pub(super) fn parquet(tables: &ClearedTables, table: &ClearedTable) -> Result<Vec<u8>, PublishError> {
    let mut fields = vec![Field::new("time_period", DataType::Int32, false)];
    let lines = lines(tables, table);
    let years: Vec<i32> = lines.iter().map(|line| line.year).collect();
    let mut columns: Vec<ArrayRef> = vec![Arc::new(Int32Array::from(years))];
    for (at, name) in PLACES.iter().enumerate() {
        let cells = lines.iter().map(|line| Some(line.place[at]).filter(|cell| !cell.is_empty()));
        fields.push(Field::new(*name, DataType::Utf8, true));
        columns.push(Arc::new(cells.collect::<StringArray>()));
    }
    for (at, filter) in filters(table.definition()).into_iter().enumerate() {
        let cells = lines.iter().map(|line| Some(line.items[at]));
        fields.push(Field::new(filter.name, DataType::Utf8, false));
        columns.push(Arc::new(cells.collect::<StringArray>()));
    }
    for (at, column) in table.columns().iter().enumerate() {
        let numbers = lines.iter().map(|line| number(line.figures[at]));
        let symbols = lines.iter().map(|line| symbol(line.figures[at]));
        fields.push(Field::new(&column.name, DataType::Float64, true));
        columns.push(Arc::new(numbers.collect::<Float64Array>()));
        fields.push(Field::new(format!("{}_symbol", column.name), DataType::Utf8, true));
        columns.push(Arc::new(symbols.collect::<StringArray>()));
    }
    let batch = RecordBatch::try_new(Arc::new(Schema::new(fields)), columns)?;
    // Nothing of the machine, the day or the version of the writer goes into the file.
    let properties = WriterProperties::builder()
        .set_created_by("homeward".to_owned())
        .set_compression(Compression::ZSTD(ZstdLevel::try_new(3)?))
        .build();
    let mut writer = ArrowWriter::try_new(Vec::new(), batch.schema(), Some(properties))?;
    writer.write(&batch)?;
    Ok(writer.into_inner()?)
}

/// JSON: what the table is, its fields, and its rows as arrays in the order of the fields.
pub(super) fn json(tables: &ClearedTables, table: &ClearedTable, about: &About<'_>) -> Vec<u8> {
    let definition = table.definition();
    let names = filters(table.definition());
    let mut fields = vec![json!({"name": "time_period", "kind": "time"})];
    fields.extend(PLACES.iter().map(|name| json!({"name": name, "kind": "place"})));
    fields.extend(names.iter().map(|filter| {
        json!({"name": filter.name, "kind": "filter", "label": filter.label, "default": filter.default.as_deref().unwrap_or("Total")})
    }));
    fields.extend(table.columns().iter().map(|column| {
        json!({"name": column.name, "kind": "figure", "label": column.label, "unit": column.unit, "decimals": column.decimals})
    }));
    let rows = lines(tables, table).into_iter().map(|line| {
        let place = line.place.map(|cell| if cell.is_empty() { Value::Null } else { cell.into() });
        let figures = line.figures.iter().map(|figure| match (figure, number(*figure)) {
            (Shown::Number(number), _) => Value::from(*number),
            (_, Some(number)) => Value::from(number),
            (_, None) => Value::from(figure.to_string()),
        });
        let items = line.items.into_iter().map(Value::from);
        let year = std::iter::once(Value::from(line.year));
        Value::Array(year.chain(place).chain(items).chain(figures).collect())
    });
    let notes: Vec<&String> =
        tables.notes().iter().filter(|(indicator, _)| *indicator == definition.id).map(|(_, note)| note).collect();
    let mut object = Map::new();
    for (name, value) in [
        ("indicator", json!(definition.id)),
        ("label", json!(definition.label)),
        ("domain", json!(definition.domain)),
        ("definition", json!(definition.about)),
        ("population", json!(definition.population)),
        ("time_period", json!(tables.year())),
        ("time_identifier", json!(super::ees::TIME_IDENTIFIER)),
        (
            "symbols",
            json!({"c": "hidden to protect children", "low": "rounds to zero and is not zero", "x": "the authority made no accepted return", "z": "there is nothing that could be counted"}),
        ),
        ("notes", json!(notes)),
        ("release", json!(about.edition)),
        ("coverage", json!(about.coverage)),
        ("fields", Value::Array(fields)),
        ("rows", rows.collect()),
    ] {
        object.insert(name.to_owned(), value);
    }
    let mut text = Value::Object(object).to_string();
    text.push('\n');
    text.into_bytes()
}

fn number(figure: Shown) -> Option<f64> {
    match figure {
        Shown::Number(number) => Some(number as f64),
        Shown::Decimal(value, _) => Some(value),
        _ => None,
    }
}

fn symbol(figure: Shown) -> Option<String> {
    number(figure).is_none().then(|| figure.to_string())
}
