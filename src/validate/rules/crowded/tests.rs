//! Rules over a return, or a last return, in which one subject has too many rows.

use super::*;
use crate::domain::place::{Container, ContainerKind};
use crate::domain::table::{RowPlaces, TextColumn, TextReturn, TextTable};
use crate::validate::collect::Collected;
use crate::validate::refused::Refused;
use crate::validate::rules::plan::{PlannedRule, YearPlans};
use crate::validate::rules::run::{RulesContext, RulesRun, run};
use crate::validate::templates::Templates;
use crate::validate::values::{self, TypedReturn, ValuesContext, YearSchemas};
use arrow::array::{Date32Array, StringArray};
use chrono::{Days, NaiveDate};
use std::collections::BTreeSet;
use std::sync::{Arc, OnceLock};

const SUBJECT: &str = "Kestrel0000001";

struct Planned {
    specification: Specification,
    schemas: YearSchemas,
    plans: YearPlans,
}

/// The latest year, planned once for all tests here.
fn planned() -> &'static Planned {
    static PLANNED: OnceLock<Planned> = OnceLock::new();
    PLANNED.get_or_init(|| {
        let specification = Specification::embedded().expect("the specification");
        let latest = specification.latest().expect("a collection");
        let schemas = YearSchemas::compile(&specification, latest).expect("schemas");
        let plans = YearPlans::plan(&specification, latest).expect("plans");
        Planned { schemas, plans, specification }
    })
}

/// A table whose columns are cells by heading.
fn table(name: &str, columns: Vec<(&str, Vec<String>)>) -> TextTable {
    let rows = columns.first().map_or(0, |(_, cells)| cells.len());
    let column = |(position, (heading, cells)): (u32, (&str, Vec<String>))| {
        let mut column = TextColumn::new(heading, position);
        cells.iter().for_each(|cell| column.push(cell));
        column
    };
    let places = RowPlaces { rows: (2..).take(rows).collect(), ..RowPlaces::default() };
    let container = Container { kind: ContainerKind::Csv, name: name.to_owned() };
    TextTable {
        name: name.to_owned(),
        container,
        columns: (0..).zip(columns).map(column).collect(),
        places,
        blank_rows: 0,
    }
}

/// A return of one child with so many rows of children and episodes, each episode on a day of its own.
fn of_one_child(children: usize, episodes: usize) -> TextReturn {
    let first = NaiveDate::from_ymd_opt(2015, 1, 1).expect("a day");
    let days = (0..).take(episodes).map(|days| (first + Days::new(days)).to_string());
    let tables = vec![
        table("children", vec![("CHILD", vec![SUBJECT.to_owned(); children])]),
        table("episodes", vec![("CHILD", vec![SUBJECT.to_owned(); episodes]), ("DECOM", days.collect())]),
        table("reunifications", vec![("CHILD", Vec::new())]),
    ];
    TextReturn { tables, notes: Vec::new() }
}

fn typed(text: &TextReturn) -> TypedReturn {
    let Planned { specification, schemas, .. } = planned();
    let context = ValuesContext {
        specification,
        collection: specification.latest().expect("a collection"),
        schemas,
        templates: &Templates::of(specification),
        incomplete: &BTreeSet::new(),
        absent_is_missing: false,
        show_values: true,
        refused: &Refused::default(),
    };
    let (typed, not_checked) = values::check(&context, text, &mut Collected::default()).expect("values");
    assert!(typed.unusable.is_empty() && not_checked.is_empty());
    typed
}

fn run_over(own: &TextReturn, previous: &TextReturn) -> RulesRun {
    let Planned { specification, plans, .. } = planned();
    let context = RulesContext {
        specification,
        plans,
        text: own,
        typed: &typed(own),
        previous: Some(&typed(previous)),
        others: None,
        incomplete: &BTreeSet::new(),
    };
    run(&context, &mut Collected::default()).expect("the rules run")
}

/// The codes of the rules that block.
fn blocked(run: &RulesRun) -> BTreeSet<&str> {
    run.not_checked.iter().filter(|entry| entry.blocks).map(|entry| entry.code.as_str()).collect()
}

/// The codes of the rules that read a table.
fn readers(table: &str) -> BTreeSet<&'static str> {
    let reads = |rule: &&PlannedRule| rule.query.tables().iter().any(|read| read == table);
    planned().plans.rules.iter().filter(reads).map(|rule| rule.rule.code.as_str()).collect()
}

#[test]
fn exactly_the_limit_runs() {
    let run = run_over(&of_one_child(1, 1000), &of_one_child(1, 1000));
    assert_eq!(blocked(&run), BTreeSet::new());
    let all = planned().plans.rules.len();
    assert_eq!(run.ran as usize + run.not_checked.len(), all);
    assert!(run.not_checked.iter().all(|entry| entry.because.contains("other authorities")), "{:?}", run.not_checked);
}

#[test]
fn one_row_more_keeps_the_rules_of_that_table_from_running_and_no_other() {
    let own = run_over(&of_one_child(1, 1001), &of_one_child(1, 1));
    assert_eq!(blocked(&own), readers("episodes"));
    let others = readers("others.children").union(&readers("others.episodes")).count();
    assert!(own.ran as usize >= planned().plans.rules.len() - readers("episodes").len() - others);
    let because = &own.not_checked.iter().find(|entry| entry.blocks).expect("a rule is not checked").because;
    insta::assert_snapshot!(because, @"Not checked: in the table episodes, 1001 rows have the same CHILD, and at most 1000 may (rows_of_one_subject). Most often rows were exported many times over, or many were given the same CHILD. Put that right and check again; if so many rows truly belong to one, tell the collection team.");

    let previous = run_over(&of_one_child(1, 1), &of_one_child(1, 1001));
    assert_eq!(blocked(&previous), readers("previous.episodes"));
    let because = &previous.not_checked.iter().find(|entry| entry.blocks).expect("a rule is not checked").because;
    insta::assert_snapshot!(because, @"Not checked: in the table episodes of the last return, 1001 rows have the same CHILD, and at most 1000 may (rows_of_one_subject). Most often rows were exported many times over, or many were given the same CHILD. Put that right and check again; if so many rows truly belong to one, tell the collection team.");
}

#[test]
fn a_key_of_one_field_is_counted_too() {
    let run = run_over(&of_one_child(1001, 1), &of_one_child(1, 1));
    assert_eq!(blocked(&run), readers("children"));
}

#[test]
fn the_commonest_value_is_counted_and_empty_cells_are_none() {
    let most = |column: ArrayRef| most_of_one_value(&column);
    let texts = [Some("Kestrel01"), None, Some("Kestrel02"), None, Some("Kestrel01"), None];
    assert_eq!(most(Arc::new(StringArray::from(texts.to_vec()))), Some(2));
    assert_eq!(most(Arc::new(Date32Array::from(vec![1, 2, 2, 2]))), Some(3));
    assert_eq!(most(Arc::new(StringArray::from(vec![None::<&str>; 3]))), Some(0));
}
