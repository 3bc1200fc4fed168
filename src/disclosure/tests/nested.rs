//! Cohorts at points that lie within each other, and how many of each came back by its point.

use super::related::{protected, raw, share, shown, table};
use super::*;
use crate::aggregate::{Filter, RowKey, Share};

const POINTS: [&str; 3] = ["3 months", "6 months", "1 year"];

/// Returns followed up at three points; `stays` says that who came back by one came back by every later one.
fn followed_up(stays: bool) -> Definition {
    let filter = Filter {
        column: "follow_up".to_owned(),
        label: "Time since the return".to_owned(),
        items: POINTS.map(str::to_owned).to_vec(),
        default: "1 year".to_owned(),
        nested: true,
        known_by: vec!["child".to_owned()],
        ..Filter::default()
    };
    let policy = "outcomes".to_owned();
    Definition { policy, filters: vec![filter], ..table("reentry", vec![Share { stays, ..share("reentered") }]) }
}

/// For each point, the cohort and how many came back; for each two of them, how many of the longer cohort came back by
/// the shorter point.
#[derive(Clone, Copy)]
struct Told {
    cohorts: [[i64; 2]; 3],
    within: [[i64; 3]; 3],
}

/// Everybody's children are many and come back evenly, but the first authority's.
fn followed(first: Told, stays: bool) -> RawTables {
    let others = Told { cohorts: [[90, 20], [70, 30], [50, 40]], within: [[0, 12, 9], [0, 0, 20], [0, 0, 0]] };
    let told = move |at: usize| if at == 0 { first } else { others };
    let counts = move |at: usize, row: &RowKey, quantity: usize| told(at).cohorts[row.filters[0]][quantity];
    let mut raw = raw(vec![(followed_up(stays), &counts)]);
    let table = raw.tables.remove(0);
    let within =
        |at: usize, outer: &RowKey, inner: &RowKey, _: usize| told(at).within[outer.filters[0]][inner.filters[0]];
    raw.tables.push(table.with_nested(within));
    raw
}

fn came_back(tables: &ClearedTables) -> [Shown; 3] {
    POINTS.map(|point| shown(tables, "reentry", 0, &[point], "reentered_count"))
}

/// Protects without knowing that the share stays, shows the tables to an attacker who knows, and protects again.
fn found_out_and_mended(first: Told, when_not_related: [Shown; 3]) -> ClearedTables {
    let policies = without_implied(policies());
    let mut apart = protected(&followed(first, false), &policies);
    assert_eq!(came_back(&apart), when_not_related, "when the points are not related");
    let raw = followed(first, true);
    apart.tables[0] = ClearedTable::new(followed_up(true), apart.tables()[0].rows().to_vec());
    let report = audit::audit(&apart, &raw, &policies, &audit::Hints::default(), &Known::default()).expect("a report");
    let settled = report.settled["small counts that follow by subtraction"];
    assert!(!report.passed && settled.exact + settled.within_width > 0, "{report}");
    assert!(report.failures.iter().all(|(_, what, _)| what.contains("of the share")), "{report}");
    protected(&raw, &policies)
}

#[test]
fn those_who_came_back_between_two_points_are_protected_where_the_children_are_the_same() {
    // Forty at the first two points, of whom twelve came back by the first and fifteen by the second.
    let first = Told { cohorts: [[40, 12], [40, 15], [30, 15]], within: [[0, 12, 6], [0, 0, 8], [0, 0, 0]] };
    let shown = [12, 15, 15].map(Shown::Number);
    let tables = found_out_and_mended(first, shown);
    assert!(came_back(&tables)[..2].contains(&Shown::Confidential), "15 less 12 is 3: {:?}", came_back(&tables));
}

#[test]
fn a_point_in_the_middle_hidden_alone_does_not_do() {
    // Fourteen by the second and fifteen by the third: two and one, and three between the first and the third.
    let first = Told { cohorts: [[40, 12], [40, 14], [40, 15]], within: [[0, 12, 12], [0, 0, 14], [0, 0, 0]] };
    let tables = found_out_and_mended(first, [12, 14, 15].map(Shown::Number));
    let [by_first, _, by_third] = came_back(&tables);
    assert!([by_first, by_third].contains(&Shown::Confidential), "15 less 12 is 3: {:?}", came_back(&tables));
}

#[test]
fn of_all_that_left_the_cohort_nobody_is_told_to_have_come_back() {
    // Eight are in the shorter cohort only; twenty came back in it and twelve in the longer: all of the eight, and nobody
    // of the others later.
    let first = Told { cohorts: [[48, 20], [40, 12], [30, 10]], within: [[0, 12, 6], [0, 0, 6], [0, 0, 0]] };
    let policies = without_implied(policies());
    let tables = protected(&followed(first, true), &policies);
    let cohorts = ["3 months", "6 months"].map(|point| shown(&tables, "reentry", 0, &[point], "return_count"));
    let all = [cohorts, [came_back(&tables)[0], came_back(&tables)[1]]].concat();
    assert!(all.contains(&Shown::Confidential), "20 less 12 are the 48 less 40: {all:?}");
    let loosely = protected(&followed(first, false), &policies);
    assert_eq!(came_back(&loosely)[..2], [20, 12].map(Shown::Number), "which the shares alone do not tell");
}

#[test]
fn cohorts_that_lose_many_children_tell_nothing_of_those_who_came_back_between() {
    // Three of the thirty came back between the points; of the ten that are not among them nobody knows how many did.
    let first = Told { cohorts: [[40, 12], [30, 9], [20, 8]], within: [[0, 6, 4], [0, 0, 6], [0, 0, 0]] };
    let tables = protected(&followed(first, true), &without_implied(policies()));
    assert_eq!(came_back(&tables), [12, 9, 8].map(Shown::Number));
}
