//! The kinds of query that rules and indicators are made of.

use super::{batch, plan, run, spells, text};
use crate::engine::Tables;

type Rows = [super::Row<'static>; 5];

const ROWS: Rows = [
    (Some("a"), Some("2025-01-01"), Some("2025-03-01"), Some("X")),
    (Some("a"), Some("2025-03-01"), Some("2025-06-01"), Some("Y")),
    (Some("b"), Some("2025-02-01"), None, Some("X")),
    (Some("a"), Some("2025-05-01"), None, Some("X")),
    (None, Some("2025-07-01"), Some("2025-06-01"), None),
];

#[test]
fn a_simple_filter() {
    assert_eq!(run("SELECT _row FROM spells WHERE FINISH < START", &spells(&ROWS)), ["4"]);
}

#[test]
fn exists_and_not_exists_with_equality_and_inequality() {
    let overlapping = "SELECT a._row FROM spells a WHERE EXISTS (SELECT 1 FROM spells b \
        WHERE b.CHILD = a.CHILD AND b._row <> a._row AND b.START < a.START AND b.FINISH > a.START) ORDER BY a._row";
    assert_eq!(run(overlapping, &spells(&ROWS)), ["3"]);
    let first = "SELECT a._row FROM spells a WHERE NOT EXISTS \
        (SELECT 1 FROM spells b WHERE b.CHILD = a.CHILD AND b.START < a.START) ORDER BY a._row";
    assert_eq!(run(first, &spells(&ROWS)), ["0", "2", "4"]);
}

#[test]
fn exists_beside_another_condition() {
    let sql = "SELECT a._row FROM spells a WHERE a.CODE IS NULL OR EXISTS \
        (SELECT 1 FROM spells b WHERE b.CHILD = a.CHILD AND b.START > a.START) ORDER BY a._row";
    assert_eq!(run(sql, &spells(&ROWS)), ["0", "1", "4"]);
}

#[test]
fn window_functions() {
    let sql = "SELECT _row, LAG(FINISH) OVER w AS before, LEAD(START) OVER w AS after, ROW_NUMBER() OVER w AS place, \
        COUNT(*) OVER (PARTITION BY CHILD) AS many, SUM(_row) OVER w AS running \
        FROM spells WHERE CHILD IS NOT NULL WINDOW w AS (PARTITION BY CHILD ORDER BY START, _row) ORDER BY _row";
    assert_eq!(
        run(sql, &spells(&ROWS)),
        ["0||2025-03-01|1|3|0", "1|2025-03-01|2025-05-01|2|3|1", "2|||1|1|2", "3|2025-06-01||3|3|4"]
    );
}

#[test]
fn with_union_all_case_and_left_join() {
    let sql = "WITH pieces AS (SELECT CHILD, START FROM spells UNION ALL SELECT CHILD, FINISH FROM spells), \
        counted AS (SELECT CHILD, COUNT(START) AS n FROM pieces GROUP BY CHILD) \
        SELECT s._row, CASE WHEN c.n > 4 THEN 'many' WHEN c.n IS NULL THEN 'none' ELSE 'few' END AS how \
        FROM spells s LEFT JOIN counted c ON c.CHILD = s.CHILD ORDER BY s._row";
    assert_eq!(run(sql, &spells(&ROWS)), ["0|many", "1|many", "2|few", "3|many", "4|none"]);
}

#[test]
fn a_union_keeps_the_order_in_which_it_is_written() {
    let sql = "SELECT _row FROM spells WHERE CODE = 'Y' UNION ALL SELECT _row FROM spells WHERE CODE = 'X' \
        UNION ALL SELECT _row + 100 AS other FROM spells";
    let query = plan(sql);
    for _ in 0..20 {
        let answer = query.run(&spells(&ROWS)).expect("an answer");
        assert_eq!(text(&answer), ["1", "0", "2", "3", "100", "101", "102", "103", "104"]);
    }
}

#[test]
fn grouping_sets() {
    let sql = "SELECT CHILD, CODE, COUNT(*) AS n, GROUPING(CHILD) AS over_children FROM spells \
        WHERE CHILD IS NOT NULL GROUP BY GROUPING SETS ((CHILD, CODE), (CODE), ()) ORDER BY 4, 1, 2";
    assert_eq!(run(sql, &spells(&ROWS)), ["a|X|2|0", "a|Y|1|0", "b|X|1|0", "|X|3|1", "|Y|1|1", "||4|1"]);
}

#[test]
fn a_subquery_for_one_value_is_worked_out_for_each_run() {
    let query = plan("SELECT _row FROM spells WHERE START = (SELECT MAX(START) FROM spells)");
    assert_eq!(text(&query.run(&spells(&ROWS)).expect("an answer")), ["4"]);
    assert_eq!(text(&query.run(&spells(&ROWS[..2])).expect("an answer")), ["1"]);
    assert_eq!(text(&query.run(&spells(&[])).expect("an answer")), Vec::<String>::new());
}

#[test]
fn an_absent_table_is_empty_and_a_table_may_come_in_pieces() {
    assert_eq!(run("SELECT COUNT(*) AS n FROM previous.spells", &Tables::new()), ["0"]);
    assert_eq!(run("SELECT _row FROM previous.spells", &Tables::new()), Vec::<String>::new());
    let mut tables = Tables::new();
    tables.insert("spells", vec![batch(0, &ROWS[..2]), batch(2, &[]), batch(2, &ROWS[2..])]);
    assert_eq!(tables.rows("spells"), 5);
    assert_eq!(run("SELECT COUNT(*) AS n, SUM(_row) AS s FROM spells", &tables), ["5|10"]);
    assert_eq!(run("SELECT _row FROM spells ORDER BY START DESC LIMIT 2", &tables), ["4", "3"]);
}

#[test]
fn a_batch_larger_than_the_engines_step_is_read_to_its_end() {
    let rows: Vec<super::Row<'_>> = vec![(Some("a"), Some("2025-01-01"), None, Some("X")); 20_000];
    let tables = spells(&rows);
    assert_eq!(run("SELECT COUNT(*) AS n, MAX(_row) AS m FROM spells WHERE CODE = 'X'", &tables), ["20000|19999"]);
    assert_eq!(run("SELECT COUNT(*) AS n FROM spells", &tables), ["20000"]);
    let found = plan("SELECT _row FROM spells").run(&tables).expect("an answer");
    assert_eq!(found.num_rows(), 20_000);
}
