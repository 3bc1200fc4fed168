//! Shares of shares, kinds of one thing, and numbers of several tables that add up.

use super::grid::CellName;
use super::*;
use crate::aggregate::{Filter, RowKey, Share};
use crate::spec::Specification;

const POPULATION: &str = "invented returns";

pub(super) fn share(column: &str) -> Share {
    let text = column.to_owned();
    Share {
        column: text.clone(),
        count: format!("{text}_count"),
        count_label: text.clone(),
        percent: format!("{text}_percent"),
        percent_label: text,
        dimension: None,
        category: None,
        rest: None,
        same_as: None,
        interval: false,
        of: None,
        within: None,
        stays: false,
        open_rest: false,
        never_at: Default::default(),
    }
}

pub(super) fn table(id: &str, shares: Vec<Share>) -> Definition {
    Definition {
        id: id.to_owned(),
        population: POPULATION.to_owned(),
        policy: "children".to_owned(),
        needs_return: true,
        authority_total: true,
        count: CountColumn { name: "return_count".to_owned(), label: "Returns home".to_owned(), weight: None },
        shares,
        ..Definition::default()
    }
}

pub(super) type Counts = dyn Fn(usize, &RowKey, usize) -> i64;

/// The authorities of one region, each with the counts that the closure gives: authority, row, quantity.
pub(super) fn raw(tables: Vec<(Definition, &Counts)>) -> RawTables {
    let geography = crossed(ONE_REGION).geography;
    let places = geography.authorities.len();
    let tables =
        tables.into_iter().map(|(definition, count)| RawTable::with_counts(definition, places, count)).collect();
    RawTables { year: 2026, has_return: vec![true; places], geography, tables, notes: Vec::new() }
}

pub(super) fn protected(raw: &RawTables, policies: &Policies) -> ClearedTables {
    let (tables, report) = clear(raw, policies, &Earlier::default()).unwrap_or_else(|refusal| {
        panic!("{refusal}\n{}", refusal.report.as_ref().map(ToString::to_string).unwrap_or_default())
    });
    assert!(report.passed && report.failures.is_empty(), "{report}");
    tables
}

pub(super) fn shown(tables: &ClearedTables, table: &str, authority: usize, filters: &[&str], column: &str) -> Shown {
    let table = tables.table(table).expect("the table");
    table.figure(Place::Authority(authority), filters, ("Total", "Total"), column).expect("the figure")
}

#[test]
fn what_lies_between_a_share_and_one_within_it_is_protected_like_a_number() {
    // The first authority's tools are 14 and its framework 12: two returns used another tool.
    let counts = |at: usize, _: &RowKey, quantity: usize| {
        [40, if at == 0 { 14 } else { 20 }, if at == 0 { 12 } else { 8 }][quantity]
    };
    let shares =
        |within: Option<&str>| vec![share("tool"), Share { within: within.map(str::to_owned), ..share("framework") }];
    let policies = without_implied(policies());
    let figures =
        |tables: &ClearedTables| ["tool_count", "framework_count"].map(|name| shown(tables, "tools", 0, &[], name));
    let apart = protected(&raw(vec![(table("tools", shares(None)), &counts)]), &policies);
    assert_eq!(figures(&apart), [Shown::Number(14), Shown::Number(12)], "nothing is small when they are not related");
    let within = protected(&raw(vec![(table("tools", shares(Some("tool"))), &counts)]), &policies);
    assert!(figures(&within).contains(&Shown::Confidential), "{:?}", figures(&within));
}

#[test]
fn a_percentage_of_a_share_is_of_its_units_and_what_is_not_known_may_be_small() {
    // Forty returns; of 38 it is known, of which 19 have it. The second authority has it for all but three.
    let counts = |at: usize, _: &RowKey, quantity: usize| [40, 38, if at == 1 { 35 } else { 19 }][quantity];
    let known = |open_rest| Share { open_rest, ..share("known") };
    let used = Share { of: Some("known".to_owned()), ..share("used") };
    let policies = without_implied(policies());
    let open = protected(&raw(vec![(table("used", vec![known(true), used.clone()]), &counts)]), &policies);
    assert_eq!(shown(&open, "used", 0, &[], "known_count"), Shown::Number(38));
    assert_eq!(shown(&open, "used", 0, &[], "used_percent"), Shown::Number(50), "19 of 38, and not of 40");
    assert!(
        ["known_count", "used_count"].iter().any(|name| shown(&open, "used", 1, &[], name) == Shown::Confidential),
        "35 of 38 tells three"
    );
    let closed = protected(&raw(vec![(table("used", vec![known(false), used]), &counts)]), &policies);
    let hidden = |name| shown(&closed, "used", 0, &[], name) == Shown::Confidential;
    assert!(hidden("known_count") || hidden("return_count"), "38 of 40 tells two");
}

#[test]
fn a_kind_of_support_lies_within_any_support() {
    let filter = Filter {
        column: "kind".to_owned(),
        label: "Kind".to_owned(),
        items: vec!["Any".to_owned(), "Money".to_owned()],
        default: "Any".to_owned(),
        nested: false,
        nested_with: Default::default(),
        known_by: Vec::new(),
        same_units: true,
        within_first: true,
        items_of: Default::default(),
        breakdowns: None,
        authority_total: None,
        authority_breakdowns: None,
    };
    let definition = Definition { filters: vec![filter], ..table("support", vec![share("supported")]) };
    let counts = |at: usize, row: &RowKey, quantity: usize| match (quantity, row.filters[0]) {
        (0, _) => 40,
        (_, 0) => 20,
        _ => {
            if at == 0 {
                17
            } else {
                10
            }
        }
    };
    let tables = protected(&raw(vec![(definition, &counts)]), &without_implied(policies()));
    let first = ["Any", "Money"].map(|kind| shown(&tables, "support", 0, &[kind], "supported_count"));
    assert!(first.contains(&Shown::Confidential), "17 of 20 with support tells three without this kind: {first:?}");
    assert_eq!(
        shown(&tables, "support", 0, &["Money"], "return_count"),
        shown(&tables, "support", 0, &["Any"], "return_count")
    );
}

#[test]
fn shares_that_make_up_the_whole_leave_nothing_over() {
    let bands = ["short", "long"].map(|column| Share { dimension: Some("length".to_owned()), ..share(column) });
    let counts = |at: usize, _: &RowKey, quantity: usize| {
        [20, if at == 0 { 3 } else { 9 }, if at == 0 { 17 } else { 11 }][quantity]
    };
    let definition = Definition { exhaustive: vec!["length".to_owned()], ..table("bands", bands.to_vec()) };
    let tables = protected(&raw(vec![(definition.clone(), &counts)]), &without_implied(policies()));
    assert_eq!(shown(&tables, "bands", 0, &[], "short_count"), Shown::Confidential);
    assert_eq!(shown(&tables, "bands", 0, &[], "long_count"), Shown::Confidential, "17 of 20 tells the other three");
    let wrong = |_: usize, _: &RowKey, quantity: usize| [20, 9, 10][quantity];
    let refused = clear(&raw(vec![(definition, &wrong)]), &without_implied(policies()), &Earlier::default());
    let refusal = refused.expect_err("one is in no band");
    assert!(matches!(refusal.error, DisclosureError::NotTheSum { .. }), "{refusal}");
}

#[test]
fn numbers_of_two_tables_that_add_up_are_protected_together() {
    let cell = |column: &str| Cell {
        population: POPULATION.to_owned(),
        cell: [(column.to_owned(), column.to_owned())].into(),
    };
    let equation = Equation { whole: cell("fostered"), parts: vec![cell("relative"), cell("stranger")] };
    let one = table("one", vec![share("fostered")]);
    let other = table("other", vec![share("relative"), share("stranger")]);
    // Four with a relative and sixteen with others are the twenty from foster care.
    let counts = |at: usize, _: &RowKey, quantity: usize| [40, if at == 0 { 20 } else { 24 }][quantity];
    let parts = |at: usize, _: &RowKey, quantity: usize| {
        [40, if at == 0 { 4 } else { 12 }, if at == 0 { 16 } else { 12 }][quantity]
    };
    let tables = vec![(one.clone(), &counts as &Counts), (other.clone(), &parts)];
    let apart = protected(&raw(tables.clone()), &without_implied(policies()));
    assert_eq!(shown(&apart, "one", 0, &[], "fostered_count"), Shown::Number(20));
    assert_eq!(shown(&apart, "other", 0, &[], "stranger_count"), Shown::Number(16));
    let policies = Policies { sums: vec![equation.clone()], ..without_implied(policies()) };
    let joined = protected(&raw(tables), &policies);
    let figures = [shown(&joined, "one", 0, &[], "fostered_count"), shown(&joined, "other", 0, &[], "stranger_count")];
    assert!(figures.contains(&Shown::Confidential), "20 less 16 tells four: {figures:?}");
    // The auditor finds it without the protector.
    let raw = raw(vec![(one, &counts), (other, &parts)]);
    let report = audit::audit(&apart, &raw, &policies, &audit::Hints::default(), &Known::default()).expect("a report");
    assert!(!report.passed, "{report}");
}

/// Each number that `disclosure.toml` names is one that a table has: a slip in a name would join nothing.
#[test]
fn every_number_that_the_policy_names_is_in_a_table() {
    let specification = Specification::embedded().expect("the specification");
    let nothing = |_: usize, _: &RowKey, _: usize| 0_i64;
    let definitions = Definition::all(&specification).expect("definitions");
    let tables = definitions.into_iter().map(|one| (one, &nothing as &Counts)).collect();
    let policies = policies();
    let raw = raw(tables);
    let grid = grid::Grid::new(&raw, &policies).expect("a grid");
    let totals = policies.implied.iter().flat_map(|one| one.plus.iter().chain(&one.minus));
    for population in totals {
        assert!(grid.by_name.contains_key(&(population.clone(), BTreeMap::new())), "{population}");
    }
    let series = policies.series.iter().flat_map(|series| &series.numbers);
    for name in series.map(|span| (span.population.clone(), span.share.clone())) {
        assert!(grid.by_name.contains_key(&name), "{name:?}");
    }
    // A number of a series is of rows that a table has.
    let tables = raw.tables.iter().map(|table| &table.definition);
    let counted: std::collections::BTreeSet<CellName> =
        tables.flat_map(|one| one.rows().into_iter().map(|row| grid::count_name(one, &row))).collect();
    for span in policies.series.iter().flat_map(|series| &series.numbers) {
        assert!(counted.contains(&(span.population.clone(), BTreeMap::new())), "{}", span.population);
    }
    let specification = Specification::embedded().expect("the specification");
    let text = specification.file("disclosure.toml").expect("the policy");
    let slip = text.replacen("within = \"returns home\"", "within = \"return home\"", 1);
    let refused = Policies::parse("disclosure.toml", &slip).expect_err("there is no such series").to_string();
    assert!(refused.contains("is said to be within return home, which is no series"), "{refused}");
    let cells = policies.sums.iter().flat_map(|sum| sum.parts.iter().chain([&sum.whole]));
    for cell in
        cells.map(Cell::name).chain(policies.impossible.iter().map(|one| (one.population.clone(), one.cell.clone())))
    {
        assert!(grid.by_name.contains_key(&cell), "{cell:?}");
    }
}
