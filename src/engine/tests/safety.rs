//! One plan for many returns at once, limits, and that no cell leaves in an error.

use super::{Row, batch, engine, limited, plan, shapes, spells, text};
use crate::engine::{DataFusionEngine, EngineError, QueryEngine, Tables};
use arrow::array::Int64Array;
use arrow::datatypes::{DataType, Field, Schema};
use arrow::record_batch::RecordBatch;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Queries with every kind of state in them: build sides, sorts, groups, windows, unions, scalar subqueries.
const STATEFUL: [&str; 6] = [
    "SELECT a._row FROM spells a WHERE EXISTS \
     (SELECT 1 FROM spells b WHERE b.CHILD = a.CHILD AND b.START < a.START) ORDER BY a._row",
    "SELECT CHILD, COUNT(*) AS n FROM spells GROUP BY CHILD ORDER BY CHILD",
    "SELECT _row, LAG(_row) OVER (PARTITION BY CHILD ORDER BY START, _row) AS l FROM spells ORDER BY _row",
    "SELECT CHILD FROM spells UNION ALL SELECT CODE FROM spells",
    "SELECT _row FROM spells WHERE START = (SELECT MIN(START) FROM spells) ORDER BY _row",
    "SELECT a._row, b._row AS other FROM spells a JOIN spells b ON a.START < b.START ORDER BY a._row, b._row LIMIT 50",
];

fn return_number(number: usize) -> Tables {
    let children: Vec<String> = (0..40).map(|row| format!("child-{}-{}", number, row % (number + 2))).collect();
    let starts: Vec<String> = (0..40).map(|row| format!("2025-01-{:02}", (row * (number + 3)) % 28 + 1)).collect();
    let rows: Vec<Row<'_>> = children
        .iter()
        .zip(&starts)
        .map(|(child, start)| (Some(child.as_str()), Some(start.as_str()), None, Some("X")))
        .collect();
    spells(&rows)
}

#[test]
fn one_plan_serves_eight_threads_with_different_returns() {
    for sql in STATEFUL {
        let query = plan(sql);
        let alone: Vec<_> =
            (0..8).map(|number| text(&plan(sql).run(&return_number(number)).expect("an answer"))).collect();
        assert!(alone.windows(2).any(|pair| pair[0] != pair[1]), "the returns must differ for {sql}");
        std::thread::scope(|scope| {
            for (number, alone) in alone.iter().enumerate() {
                let query = Arc::clone(&query);
                scope.spawn(move || {
                    let tables = return_number(number);
                    for _ in 0..25 {
                        assert_eq!(&text(&query.run(&tables).expect("an answer")), alone, "{sql}");
                    }
                });
            }
        });
    }
}

#[test]
fn a_run_inside_a_task_of_a_runtime_comes_to_its_end() {
    let rows: Vec<Row<'_>> = vec![(Some("a"), Some("2025-01-01"), None, Some("X")); 30_000];
    let tables = spells(&rows);
    let query = plan("SELECT CHILD, COUNT(*) AS n FROM spells GROUP BY CHILD, _row");
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    let answer = runtime.block_on(async { query.run(&tables) }).expect("an answer");
    assert_eq!(answer.num_rows(), 30_000);
}

#[test]
fn planning_inside_a_task_of_a_runtime_comes_to_its_end() {
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    let engine = engine();
    let sql = "SELECT CHILD, COUNT(*) AS n FROM spells GROUP BY CHILD HAVING COUNT(*) > (SELECT COUNT(*) FROM spells)";
    // More plans than a task's budget has steps.
    runtime.block_on(async { (0..200).for_each(|_| drop(engine.plan(sql).expect("plans"))) });
}

#[test]
fn no_cell_stands_in_an_error() {
    let canary = "CANARY-7731";
    let tables = spells(&[(Some(canary), Some("2025-01-01"), None, Some(canary))]);
    for sql in [
        "SELECT CAST(CHILD AS BIGINT) AS n FROM spells",
        "SELECT CAST(CHILD AS DATE) AS n FROM spells",
        "SELECT CAST(CHILD AS TIMESTAMP) AS n FROM spells",
        "SELECT to_timestamp(CHILD) AS n FROM spells",
        "SELECT CHILD = 7731 AS n FROM spells WHERE CAST(CODE AS INT) > 1",
        "SELECT date_trunc(CHILD, START) AS n FROM spells",
    ] {
        let Ok(query) = engine().plan(sql) else {
            continue;
        };
        let error = query.run(&tables).expect_err(sql);
        let shown = format!("{error} {error:?} {query:?} {tables:?}");
        assert!(!shown.contains("CANARY") && !shown.contains("7731"), "{sql}: {shown}");
    }
    let cast = engine().plan("SELECT CAST(CHILD AS BIGINT) AS n FROM spells").expect("plans").run(&tables);
    let Err(EngineError::Execution { what }) = cast else { panic!("the cast must fail") };
    assert!(what.contains("TRY_CAST"), "{what}");
    let divided = engine().plan("SELECT _row / (_row - _row) AS n FROM spells").expect("plans").run(&tables);
    assert!(matches!(divided, Err(EngineError::Execution { what }) if what.contains("division by zero")));
}

#[test]
fn debug_shows_names_and_row_counts_only() {
    let tables = spells(&[(Some("CANARY"), None, None, None)]);
    assert_eq!(format!("{tables:?}"), r#"{"spells": 1}"#);
    assert!(!format!("{:?} {:?}", engine(), plan("SELECT _row FROM spells")).contains("CANARY"));
}

#[test]
fn a_query_that_needs_too_much_memory_fails_and_spills_nothing() {
    let rows: Vec<Row<'_>> = vec![(Some("a-rather-long-pseudonym"), Some("2025-01-01"), None, Some("X")); 20_000];
    let tables = spells(&rows);
    for sql in [
        "SELECT _row FROM spells ORDER BY CHILD, _row",
        "SELECT _row, CHILD, COUNT(*) AS n FROM spells GROUP BY _row, CHILD",
        "SELECT a._row FROM spells a JOIN spells b ON a.CHILD = b.CHILD AND a._row < b._row",
        "SELECT a._row FROM spells a JOIN spells b ON a._row < b._row",
    ] {
        let answer = limited(64 << 10).plan(sql).expect("plans").run(&tables);
        assert_eq!(answer.err(), Some(EngineError::OutOfMemory { limit_bytes: 64 << 10 }), "{sql}");
    }
    let simple = limited(64 << 10).plan("SELECT _row FROM spells WHERE CODE = 'Z'").expect("plans");
    assert_eq!(simple.run(&tables).expect("an answer").num_rows(), 0);
}

#[test]
fn memory_is_given_back_after_each_run() {
    let rows: Vec<Row<'_>> = vec![(Some("a"), Some("2025-01-01"), None, Some("X")); 2_000];
    let tables = spells(&rows);
    let query = limited(1 << 20).plan("SELECT _row FROM spells ORDER BY CHILD, _row DESC").expect("plans");
    for _ in 0..50 {
        assert_eq!(query.run(&tables).expect("an answer").num_rows(), 2_000);
    }
}

#[test]
fn a_table_of_another_shape_is_refused() {
    let query = plan("SELECT _row FROM spells");
    let other = Arc::new(Schema::new(vec![Field::new("_row", DataType::Int64, true)]));
    let mut tables = Tables::new();
    let wrong = RecordBatch::try_new(other, vec![Arc::new(Int64Array::from(vec![1]))]).expect("a batch");
    tables.insert("spells", vec![wrong]);
    assert_eq!(
        query.run(&tables).expect_err("a wrong shape").to_string(),
        "the table spells does not have the columns of its shape: it has 1 columns and should have 5"
    );
    let mut tables = Tables::new();
    tables.insert("Spells", vec![batch(0, &[])]);
    assert_eq!(query.run(&tables).expect_err("a wrong name"), EngineError::UnknownTable { table: "Spells".to_owned() });
}

#[test]
fn tables_serve_several_engines_and_changes_are_seen() {
    let mut tables = spells(&[(Some("a"), None, None, None)]);
    let first = plan("SELECT COUNT(*) AS n FROM spells");
    let few = DataFusionEngine::new(&shapes()[..1], &BTreeMap::new()).expect("an engine");
    let second = few.plan("SELECT COUNT(*) AS n FROM spells").expect("plans");
    assert_eq!(text(&first.run(&tables).expect("an answer")), ["1"]);
    assert_eq!(text(&second.run(&tables).expect("an answer")), ["1"]);
    let before = tables.clone();
    tables.insert("spells", vec![batch(0, &[(None, None, None, None), (None, None, None, None)])]);
    assert_eq!(text(&first.run(&tables).expect("an answer")), ["2"]);
    assert_eq!(text(&first.run(&before).expect("an answer")), ["1"]);
}
