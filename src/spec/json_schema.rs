//! JSON Schemas of the tables' rows, one per table and collection year, generated from the specification.
//!
//! A row is an object with a member for each cell that is not empty. Dates are ISO dates, months `yyyy-mm`, numbers and
//! flags numbers, lists arrays of codes. Codes are in the list's own spelling, before `read_as` is applied.

use super::model::{Code, Collection, Field, FieldType, Table};
use super::{CodeList, Specification};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

const BASE: &str = "urn:homeward:schema";

/// What a member of a row must be.
pub fn field_schema(specification: &Specification, table: &Table, field: &Field, collection: &Collection) -> Value {
    let mut schema = Map::new();
    schema.insert("description".into(), json!(field.about));
    match field.kind {
        FieldType::Text | FieldType::Pseudonym | FieldType::Hash => {
            schema.insert("type".into(), json!("string"));
            schema.insert("minLength".into(), json!(1));
        }
        FieldType::Date => {
            schema.insert("type".into(), json!("string"));
            schema.insert("format".into(), json!("date"));
        }
        FieldType::Month => {
            schema.insert("type".into(), json!("string"));
            schema.insert("pattern".into(), json!("^[0-9]{4}-(0[1-9]|1[0-2])$"));
        }
        FieldType::Integer => {
            schema.insert("type".into(), json!("integer"));
        }
        FieldType::Decimal => {
            schema.insert("type".into(), json!("number"));
        }
        FieldType::Flag => {
            schema.insert("type".into(), json!("integer"));
            schema.insert("enum".into(), json!([0, 1]));
        }
        FieldType::Flag9 => {
            schema.insert("type".into(), json!("integer"));
            schema.insert("enum".into(), json!([0, 1, 9]));
        }
        FieldType::Code => {
            schema.insert("type".into(), json!("string"));
            add_codes(&mut schema, specification, table, field, collection);
        }
        FieldType::Codes => {
            let mut item = Map::new();
            item.insert("type".into(), json!("string"));
            add_codes(&mut item, specification, table, field, collection);
            schema.insert("type".into(), json!("array"));
            schema.insert("minItems".into(), json!(1));
            schema.insert("items".into(), Value::Object(item));
            schema.insert("uniqueItems".into(), json!(true));
            let alone = code_list(specification, field).map(stands_alone).unwrap_or_default();
            if !alone.is_empty() {
                schema.insert("allOf".into(), Value::Array(alone));
            }
        }
    }
    if let Some(pattern) = &field.pattern {
        schema.insert("pattern".into(), json!(pattern));
    }
    for (keyword, limit) in [("minimum", field.min), ("maximum", field.max)] {
        if let Some(limit) = limit {
            schema.insert(keyword.into(), number(limit));
        }
    }
    Value::Object(schema)
}

/// The schema of a table's rows in one collection year.
pub fn table_schema(specification: &Specification, table: &Table, collection: &Collection) -> Value {
    let properties: Map<String, Value> = table
        .fields
        .iter()
        .map(|field| (field.name.clone(), field_schema(specification, table, field, collection)))
        .collect();
    let required: Vec<&str> =
        table.fields.iter().filter(|field| field.required).map(|field| field.name.as_str()).collect();
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": format!("{BASE}:{}:{}", collection.id, table.name),
        "title": format!("{}: a row of {}", collection.id, table.name),
        "description": table.about,
        "type": "object",
        "properties": properties,
        "required": required,
        "additionalProperties": false,
    })
}

/// Every generated file by its path under `schemas/`, with its text.
pub fn schema_files(specification: &Specification) -> BTreeMap<String, String> {
    let mut files = BTreeMap::new();
    for collection in &specification.collections {
        for table in &specification.tables {
            let schema = table_schema(specification, table, collection);
            files.insert(format!("{}/{}.schema.json", collection.id, table.name), format!("{schema:#}\n"));
        }
    }
    files
}

fn code_list<'a>(specification: &'a Specification, field: &Field) -> Option<&'a CodeList> {
    specification.codes.get(field.codes.as_ref()?)
}

fn add_codes(
    schema: &mut Map<String, Value>,
    specification: &Specification,
    table: &Table,
    field: &Field,
    collection: &Collection,
) {
    let Some(list) = code_list(specification, field) else {
        let live = specification.register.0.iter().filter(|line| line.live_in(collection.period));
        let mut codes: Vec<&str> = live.map(|line| line.code.as_str()).collect();
        codes.dedup();
        schema.insert("enum".into(), json!(codes));
        return;
    };
    // A code that is read as another is accepted in every year; SEX 1 is M whenever it was written.
    let current = |code: &&Code| code.read_as.is_some() || code.valid_in(collection.year);
    let ended: Vec<&Code> = match &table.dated_by {
        Some(_) => list.codes.iter().filter(|code| !current(code)).collect(),
        None => Vec::new(),
    };
    let codes: Vec<&str> = list
        .codes
        .iter()
        .filter(|code| current(code) || ended.iter().any(|known| known.code == code.code))
        .map(|code| code.code.as_str())
        .collect();
    schema.insert("enum".into(), json!(codes));
    if let (Some(dated_by), false) = (&table.dated_by, ended.is_empty()) {
        let ended: Vec<&str> = ended.iter().map(|code| code.code.as_str()).collect();
        let comment = format!("{} only where the collection year of {dated_by} is one of theirs", ended.join(", "));
        schema.insert("$comment".into(), json!(comment));
    }
}

/// A code that may not be listed with others: where it stands, every item is it.
fn stands_alone(list: &CodeList) -> Vec<Value> {
    let alone = list.codes.iter().filter(|code| code.alone);
    alone
        .map(
            |code| json!({ "if": { "contains": { "const": code.code } }, "then": { "items": { "const": code.code } } }),
        )
        .collect()
}

/// A limit as people write it: 20 and not 20.0.
fn number(limit: f64) -> Value {
    #[expect(clippy::cast_possible_truncation, reason = "the limit is whole and within 53 bits")]
    let whole = (limit.fract() == 0.0 && limit.abs() < 9e15).then_some(limit as i64);
    whole.map_or_else(|| json!(limit), |whole| json!(whole))
}
