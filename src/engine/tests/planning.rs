//! What plans, what does not, and how a plan looks.

use super::super::planned::Planned;
use super::{day, engine, message_of, parameters, plan, run, shapes, spells};
use crate::engine::{DataFusionEngine, EngineError, Parameter, QueryEngine, Tables};
use std::collections::BTreeMap;

#[test]
fn unknown_names_are_named_with_their_place() {
    let (message, line, column) = message_of("SELECT _row\nFROM spells\nWHERE WRONG = 'a'");
    assert!(message.contains("WRONG"), "{message}");
    assert_eq!((line, column), (Some(3), Some(7)));
    let (message, line, _) = message_of("SELECT _row\nFROM nowhere");
    assert!(message.contains("nowhere") && !message.contains("public"), "{message}");
    assert_eq!(line, Some(2));
    let (message, ..) = message_of("SELECT wrong_function(CODE) FROM spells");
    assert!(message.contains("wrong_function"), "{message}");
    let (message, ..) = message_of("SELECT child FROM spells");
    assert!(message.contains("child"), "names are taken as written: {message}");
}

#[test]
fn a_slip_of_the_pen_has_its_line_and_column() {
    let (message, line, column) = message_of("SELECT _row\nFROM spells\nWHERE AND");
    assert!(message.contains("AND"), "{message}");
    assert_eq!((line, column), (Some(3), Some(7)));
    let error = engine().plan("SELECT _row\nFROM spells\nWHERE AND").expect_err("does not plan");
    assert!(error.to_string().starts_with("the query does not plan (line 3, column 7 of the SQL): "), "{error}");
}

#[test]
fn a_subquery_that_cannot_become_a_join_is_told_with_a_way_out() {
    let (message, ..) = message_of(
        "SELECT a._row FROM spells a WHERE a.START > \
         (SELECT MAX(b.START) FROM spells b WHERE b.CHILD = a.CHILD AND b._row <> a._row)",
    );
    assert!(message.contains("use EXISTS or a window function"), "{message}");
}

#[test]
fn only_one_query_runs() {
    for sql in ["DROP TABLE spells", "INSERT INTO spells VALUES (1)", "EXPLAIN SELECT 1", "COPY spells TO 'x'", ""] {
        assert!(engine().plan(sql).is_err(), "{sql}");
    }
    assert!(engine().plan("SELECT 1; SELECT 2").is_err());
    assert!(
        engine().plan("WITH RECURSIVE n AS (SELECT 1 AS x UNION ALL SELECT x + 1 FROM n) SELECT x FROM n").is_err()
    );
}

#[test]
fn nothing_that_changes_by_itself_can_be_called() {
    for call in ["now()", "random()", "current_date()", "current_date", "uuid()", "current_timestamp"] {
        assert!(engine().plan(&format!("SELECT {call}")).is_err(), "{call}");
    }
}

#[test]
fn parameters_become_literals() {
    let tables = spells(&[(Some("it's"), Some("2026-03-31"), None, None), (Some("b"), Some("2026-04-01"), None, None)]);
    let sql = "SELECT _row, $least AS least FROM spells WHERE START <= $period_end AND CHILD = $quoted";
    assert_eq!(run(sql, &tables), ["0|-2"]);
    assert_eq!(run("SELECT add_months($period_end, -1) AS d", &Tables::new()), ["2026-02-28"]);
    let (message, line, column) = message_of("SELECT _row FROM spells\nWHERE START > $period_start");
    assert!(message.contains("$period_start") && message.contains("$period_end"), "{message}");
    assert_eq!((line, column), (Some(2), Some(15)));
}

#[test]
fn another_collection_gives_another_literal() {
    let mut later = parameters();
    later.insert("period_end".to_owned(), Parameter::Date(day("2027-03-31")));
    let engine = DataFusionEngine::new(&shapes(), &later).expect("an engine");
    let query = engine.plan("SELECT _row FROM spells WHERE START <= $period_end").expect("plans");
    let answer = query.run(&spells(&[(None, Some("2026-12-01"), None, None)])).expect("an answer");
    assert_eq!(answer.num_rows(), 1);
}

#[test]
fn a_plan_says_which_columns_it_reads() {
    let query = plan(
        "SELECT s._row FROM spells s WHERE s.FINISH < s.START AND EXISTS \
         (SELECT 1 FROM previous.spells p WHERE p.CHILD = s.CHILD AND p.START < s.START)",
    );
    assert_eq!(query.tables(), ["previous.spells", "spells"]);
    let of = |table: &str| query.scanned_columns()[table].iter().map(String::as_str).collect::<Vec<_>>();
    assert_eq!(of("spells"), ["CHILD", "FINISH", "START", "_row"]);
    assert_eq!(of("previous.spells"), ["CHILD", "START"]);
    assert_eq!(query.columns().field(0).name(), "_row");
}

fn operators(sql: &str) -> Vec<String> {
    let query = engine().planned(sql).expect("a query that plans");
    Planned::operators(&query)
}

#[test]
fn equality_with_inequality_is_a_hash_join() {
    for sql in [
        "SELECT a._row FROM spells a WHERE EXISTS (SELECT 1 FROM spells b WHERE b.CHILD = a.CHILD AND b.START < a.START)",
        "SELECT a._row FROM spells a WHERE NOT EXISTS \
         (SELECT 1 FROM people b WHERE b.CHILD = a.CHILD AND (b.START > a.FINISH OR b.FINISH IS NULL))",
        "SELECT a._row FROM spells a JOIN spells b ON a.CHILD = b.CHILD AND a._row < b._row",
        "SELECT a._row FROM spells a, people b WHERE a.CHILD = b.CHILD AND a.START < b.START",
        "SELECT a._row FROM spells a LEFT JOIN people b ON a.CHILD = b.CHILD AND b.START < a.START WHERE b.CHILD IS NULL",
        "SELECT a._row FROM spells a WHERE a.CODE = 'X' OR EXISTS \
         (SELECT 1 FROM people b WHERE b.CHILD = a.CHILD AND b.START < a.START)",
    ] {
        let operators = operators(sql);
        assert!(operators.iter().any(|name| name == "HashJoinExec"), "{sql}: {operators:?}");
        assert_eq!(plan(sql).joins_without_equality(), 0, "{sql}: {operators:?}");
    }
    let every_pair = plan("SELECT a._row FROM spells a JOIN spells b ON a.START < b.START");
    assert_eq!(every_pair.joins_without_equality(), 1);
    for one_row in ["SELECT MAX(START) AS M FROM people", "SELECT START AS M FROM people ORDER BY START LIMIT 1"] {
        let query = plan(&format!("SELECT s._row FROM spells s CROSS JOIN ({one_row}) m WHERE s.START > m.M"));
        assert_eq!(query.joins_without_equality(), 0, "{one_row}: {query:?}");
    }
}

#[test]
fn a_plan_holds_no_operator_that_does_nothing_on_one_thread() {
    let idle = ["RepartitionExec", "CoalesceBatchesExec", "CoalescePartitionsExec", "CooperativeExec", "UnionExec"];
    for sql in [
        "SELECT _row FROM spells WHERE CODE = 'X'",
        "SELECT CHILD, COUNT(*) AS n FROM (SELECT CHILD FROM spells UNION ALL SELECT CHILD FROM people) GROUP BY CHILD",
        "SELECT _row, LAG(START) OVER (PARTITION BY CHILD ORDER BY START) AS l FROM spells",
    ] {
        let operators = operators(sql);
        assert!(!operators.iter().any(|name| idle.contains(&name.as_str())), "{sql}: {operators:?}");
    }
    assert_eq!(operators("SELECT _row FROM spells WHERE CODE = 'X'"), ["FilterExec", "ScanExec"]);
}

#[test]
fn every_left_out_optimiser_rule_is_one_that_there_is() {
    let known = datafusion::physical_optimizer::optimizer::PhysicalOptimizer::new().rules;
    for name in super::super::session::LEFT_OUT {
        assert!(known.iter().any(|rule| rule.name() == name), "{name}");
    }
}

#[test]
fn two_tables_of_one_name_are_refused() {
    let mut twice = shapes();
    twice.extend(shapes());
    let made = DataFusionEngine::new(&twice, &BTreeMap::new());
    assert!(matches!(made, Err(EngineError::Plan { ref message, .. }) if message.contains("spells")), "{made:?}");
}
