//! The functions as queries call them.

use super::super::functions::FUNCTIONS;
use super::{columns, message_of, plan, run, spells};
use arrow::array::{AsArray, DictionaryArray, Int64Array, RecordBatch, StringArray};
use arrow::datatypes::{DataType, Field, Schema, UInt32Type};
use std::collections::BTreeMap;
use std::sync::Arc;

#[test]
fn every_example_of_the_page_gives_its_answer() {
    for function in &FUNCTIONS {
        let (call, answer) = function.example;
        assert!(call.starts_with(function.name), "{call} is no example of {}", function.name);
        assert_eq!(run(&format!("SELECT {call} AS answer"), &super::Tables::new()), [answer], "{call}");
    }
}

#[test]
fn what_the_page_says_about_sql_is_so() {
    let nothing = super::Tables::new();
    assert_eq!(run("SELECT 3 / 2 AS a, 3 * 1.0 / 2 AS b, 3 / NULLIF(0, 0) AS c", &nothing), ["1|1.5|"]);
    assert_eq!(run("SELECT TRY_CAST('x' AS BIGINT) AS a, DATE '2026-03-31' AS b", &nothing), ["|2026-03-31"]);
    let tables = spells(&[(Some("a"), None, None, None), (Some("b"), None, None, Some("X"))]);
    assert_eq!(run("SELECT _row FROM spells WHERE CODE <> 'Y'", &tables), ["1"]);
    let with_null = "SELECT _row FROM spells WHERE CHILD NOT IN (SELECT CODE FROM spells)";
    assert_eq!(run(with_null, &tables), Vec::<String>::new());
    let two_levels = "SELECT a._row FROM spells a WHERE EXISTS (SELECT 1 FROM spells b WHERE b.CHILD = a.CHILD AND \
        NOT EXISTS (SELECT 1 FROM people p WHERE p.CHILD = a.CHILD AND p.START < b.START))";
    assert!(super::QueryEngine::plan(&super::engine(), two_levels).is_err());
    let by_equality = "SELECT a._row FROM spells a WHERE a._row < (SELECT MAX(b._row) + 1 FROM spells b \
        WHERE b.CHILD = a.CHILD) ORDER BY a._row";
    assert_eq!(run(by_equality, &tables), ["0", "1"]);
}

#[test]
fn a_null_argument_gives_null() {
    let tables = spells(&[(None, None, None, None), (Some("a"), Some("2026-01-31"), None, Some("X;Y"))]);
    let calls = "add_months(START, 1), add_days(START, NULL), days_between(START, FINISH), has_code(CODE, 'X'), \
                 code_count(CODE), codes_within(CODE, 'X|Y'), month_text(START)";
    let answer = run(&format!("SELECT {calls} FROM spells ORDER BY _row"), &tables);
    assert_eq!(answer, ["||||||", "2026-02-28|||true|2|true|2026-01"]);
}

#[test]
fn columns_and_constants_mix_in_any_place() {
    let tables = spells(&[
        (Some("1"), Some("2026-01-31"), Some("2026-02-01"), Some("X")),
        (Some("2"), Some("2024-02-29"), Some("2025-02-28"), Some("Y")),
    ]);
    let sql = "SELECT add_days(DATE '2026-01-01', _row), months_between(START, FINISH), has_code('X;Z', CODE), \
               youngest_age(START, DATE '2030-01-01') FROM spells ORDER BY _row";
    assert_eq!(run(sql, &tables), ["2026-01-01|0|true|3", "2026-01-02|12|false|5"]);
}

#[test]
fn a_dictionary_of_codes_is_read_like_text() {
    let mut fields: Vec<_> = columns().fields().iter().map(|field| field.as_ref().clone()).collect();
    fields.truncate(1);
    fields.push(Field::new("CODES", DataType::Dictionary(Box::new(DataType::UInt32), Box::new(DataType::Utf8)), true));
    let schema = Arc::new(Schema::new(fields));
    let shape = super::TableShape { schema: None, name: "lists".to_owned(), columns: Arc::clone(&schema) };
    let engine = super::DataFusionEngine::new(&[shape], &BTreeMap::new()).expect("an engine");
    let codes: DictionaryArray<UInt32Type> = [Some("A;B"), None, Some("C"), Some("A;B")].into_iter().collect();
    let numbers = Int64Array::from(vec![0, 1, 2, 3]);
    let mut tables = super::Tables::new();
    let batch = RecordBatch::try_new(schema, vec![Arc::new(numbers), Arc::new(codes)]).expect("a batch");
    tables.insert("lists", vec![batch]);
    let query = super::QueryEngine::plan(
        &engine,
        "SELECT has_code(CODES, 'B') AS has, codes_within(CODES, CODES) AS within FROM lists ORDER BY _row",
    )
    .expect("a query that plans");
    assert_eq!(super::text(&query.run(&tables).expect("an answer")), ["true|true", "|", "false|true", "true|true"]);
}

#[test]
fn a_wrong_call_is_told_with_the_way_it_is_written() {
    let (message, ..) = message_of("SELECT add_months('2026-01-01', 3)");
    assert!(message.contains("add_months takes a date (a literal is DATE '2026-03-31') for day"), "{message}");
    assert!(message.contains("add_months(day date, months integer) → date"), "{message}");
    let (message, ..) = message_of("SELECT code_count('A', 'B')");
    assert!(message.contains("code_count takes 1 arguments and has 2"), "{message}");
}

#[test]
fn a_text_answer_is_utf8() {
    let answer = plan("SELECT date_text(START) AS d FROM spells")
        .run(&spells(&[(None, Some("2026-04-01"), None, None)]))
        .expect("an answer");
    let texts: &StringArray = answer.column(0).as_string();
    assert_eq!(texts.value(0), "01/04/2026");
}
