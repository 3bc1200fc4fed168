//! Every rule's examples run as its file gives them: no finding more and none fewer.

use arrow::array::{Array, ArrayRef, Date32Array, Float64Array, Int64Array, RecordBatch, StringArray};
use arrow::datatypes::{DataType, Schema, SchemaRef};
use chrono::NaiveDate;
use homeward::engine::{DataFusionEngine, Parameter, QueryEngine, TableShape, Tables};
use homeward::spec::{
    CheckKind, Example, FieldType, Rule, Specification, Table, code_columns, code_shape, table_shape,
};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

fn parameters(specification: &Specification) -> BTreeMap<String, Parameter> {
    let collection = specification.collection(&specification.examples_for).expect("the examples' collection");
    let date = |name: &str, day: NaiveDate| (name.to_owned(), Parameter::Date(day));
    BTreeMap::from([
        date("period_start", collection.period.start),
        date("period_end", collection.period.end),
        date("horizon_start", collection.horizon_start(specification.horizon)),
        date("window_start", collection.window_start(specification.horizon)),
        date("previous_end", collection.period.start.pred_opt().expect("a day")),
        ("year".to_owned(), Parameter::Integer(i64::from(collection.year))),
    ])
}

/// A table's columns; those of other authorities' tables say whose each row is.
fn shape(table: &Table, others: bool) -> SchemaRef {
    let own = table_shape(table);
    if !others {
        return own;
    }
    let whose = Arc::new(arrow::datatypes::Field::new("LA", DataType::Utf8, true));
    Arc::new(Schema::new(own.fields().iter().cloned().chain([whose]).collect::<Vec<_>>()))
}

fn engine(specification: &Specification) -> DataFusionEngine {
    let mut shapes = Vec::new();
    for table in &specification.tables {
        for schema in [None, Some("previous".to_owned()), Some("others".to_owned())] {
            let columns = shape(table, schema.as_deref() == Some("others"));
            shapes.push(TableShape { schema, name: table.name.clone(), columns });
        }
    }
    for (name, list) in &specification.codes {
        shapes.push(TableShape { schema: None, name: format!("codes_{name}"), columns: code_shape(list) });
    }
    DataFusionEngine::new(&shapes, &parameters(specification)).expect("an engine")
}

fn day(cell: &str) -> NaiveDate {
    NaiveDate::parse_from_str(cell, "%d/%m/%Y").or_else(|_| cell.parse()).unwrap_or_else(|_| panic!("a date: {cell}"))
}

fn month(cell: &str) -> NaiveDate {
    let text = if cell.contains('/') { format!("01/{cell}") } else { format!("{cell}-01") };
    day(&text)
}

fn days(day: NaiveDate) -> i32 {
    day.signed_duration_since(NaiveDate::default()).num_days() as i32
}

fn tables(specification: &Specification, example: &Example) -> Tables {
    let mut tables = Tables::new();
    for (name, list) in &specification.codes {
        tables.insert(format!("codes_{name}"), vec![code_columns(list).expect("codes")]);
    }
    for (name, text) in &example.tables {
        let table = specification.table(name.rsplit('.').next().expect("a name")).expect("a table");
        let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(text.as_bytes());
        let headings = reader.headers().expect("headings").clone();
        let others = name.starts_with("others.");
        for heading in &headings {
            assert!(table.field(heading).is_some() || others && heading == "LA", "{name} has no {heading}");
        }
        let rows: Vec<csv::StringRecord> = reader.records().map(|row| row.expect("a row")).collect();
        let mut columns: Vec<ArrayRef> = vec![Arc::new(Int64Array::from_iter_values(0..rows.len() as i64))];
        for field in &table.fields {
            let at = headings.iter().position(|heading| heading == field.name);
            let cells = rows.iter().map(|row| at.and_then(|at| row.get(at)).filter(|cell| !cell.is_empty()));
            columns.push(match field.kind {
                FieldType::Date => {
                    Arc::new(cells.map(|cell| cell.map(|cell| days(day(cell)))).collect::<Date32Array>())
                }
                FieldType::Month => {
                    Arc::new(cells.map(|cell| cell.map(|cell| days(month(cell)))).collect::<Date32Array>())
                }
                FieldType::Integer | FieldType::Flag | FieldType::Flag9 => {
                    Arc::new(cells.map(|cell| cell.map(|cell| cell.parse().expect("a number"))).collect::<Int64Array>())
                }
                FieldType::Decimal => Arc::new(
                    cells.map(|cell| cell.map(|cell| cell.parse().expect("a number"))).collect::<Float64Array>(),
                ),
                _ => Arc::new(cells.collect::<StringArray>()),
            });
        }
        if others {
            let at = headings.iter().position(|heading| heading == "LA");
            let cells = rows.iter().map(|row| at.and_then(|at| row.get(at)));
            columns.push(Arc::new(cells.collect::<StringArray>()));
        }
        tables.insert(name.clone(), vec![RecordBatch::try_new(shape(table, others), columns).expect("a batch")]);
    }
    tables
}

fn found(rule: &Rule, answer: &RecordBatch) -> Vec<(String, Option<u32>, Option<String>)> {
    let rows = answer.column_by_name("_row").expect("_row").as_any().downcast_ref::<Int64Array>().expect("integers");
    let fields = answer.column_by_name("_field").map(|column| {
        let column = column.as_any();
        column.downcast_ref::<StringArray>().expect("texts").clone()
    });
    for name in rule.message.split('{').skip(1).filter_map(|rest| rest.split('}').next()) {
        assert!(answer.column_by_name(name).is_some(), "{}: the message names {name}", rule.code);
    }
    let first = rule.fields.first().and_then(|name| name.split('.').next_back()).map(str::to_owned);
    let mut all: Vec<_> = (0..answer.num_rows())
        .map(|row| {
            let number = (!rows.is_null(row)).then(|| u32::try_from(rows.value(row)).expect("a row") + 2);
            let field = fields.as_ref().map(|fields| fields.value(row).to_owned()).or_else(|| first.clone());
            (rule.tables[0].clone(), number, field)
        })
        .collect();
    all.sort();
    all
}

/// The fields of a table that every rule needs which reads them: those of its key, and those that lead to its parent.
fn keys(table: &Table) -> Vec<String> {
    let parent = table.parent.iter().flat_map(|parent| &parent.on);
    table.key.iter().chain(parent).map(|field| format!("{}.{field}", table.name)).collect()
}

#[test]
fn rules_find_what_their_examples_say() {
    let specification = Specification::embedded().expect("the specification");
    let engine = engine(&specification);
    let mut wrong = Vec::new();
    for rule in specification.rules.values().filter(|rule| rule.kind == CheckKind::Query) {
        let planned = match engine.plan(rule.sql.as_deref().expect("SQL")) {
            Ok(planned) => planned,
            Err(error) => {
                wrong.push(format!("{}: {error}", rule.code));
                continue;
            }
        };
        let scanned: BTreeSet<String> = planned
            .scanned_columns()
            .iter()
            .flat_map(|(table, columns)| columns.iter().map(move |column| format!("{table}.{column}")))
            .filter(|name| !name.ends_with("._row") && !name.starts_with("codes_"))
            .filter(|name| !name.starts_with("previous.") && !name.starts_with("others."))
            .collect();
        let named: BTreeSet<String> = rule.fields.iter().cloned().collect();
        let keys: BTreeSet<String> = specification.tables.iter().flat_map(keys).collect();
        let unnamed: Vec<_> = scanned.difference(&named).filter(|name| !keys.contains(*name)).collect();
        if !unnamed.is_empty() {
            wrong.push(format!("{}: reads {unnamed:?} and does not name them", rule.code));
        }
        if planned.joins_without_equality() > 0 {
            wrong.push(format!("{}: a join without equality", rule.code));
        }
        for example in &rule.examples {
            let answer = match planned.run(&tables(&specification, example)) {
                Ok(answer) => answer,
                Err(error) => {
                    wrong.push(format!("{}, {}: {error}", rule.code, example.title));
                    continue;
                }
            };
            let mut expected: Vec<_> =
                example.findings.iter().map(|found| (found.table.clone(), found.row, found.field.clone())).collect();
            expected.sort();
            let found = found(rule, &answer);
            if found != expected {
                wrong.push(format!("{}, {}: found {found:?}, expected {expected:?}", rule.code, example.title));
            }
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}
