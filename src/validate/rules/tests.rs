//! What a rule leaves out, how far that reaches, and rules that cannot run.

use super::*;
use crate::domain::place::{Container, ContainerKind};
use crate::domain::report::NotChecked;
use crate::domain::table::{RowPlaces, TextColumn, TextReturn, TextTable};
use crate::spec::{Specification, SpecificationFiles};
use crate::validate::ValidateError;
use crate::validate::collect::Collected;
use crate::validate::values::{TypedReturn, Unusable};
use arrow::array::{ArrayRef, Int64Array, RecordBatch, StringArray, new_null_array};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// The specification with this one query rule.
fn with_rule(head: &str, sql: &str) -> Specification {
    let files = SpecificationFiles::embedded().expect("files");
    let others = files.iter().filter(|(path, _)| !path.contains("/rules/"));
    let page = format!(
        "# X999: Odd\n\n```toml\ncode = \"X999\"\nseverity = \"error\"\n{head}\n```\n\n```sql\n{sql}\n```\n\n\
         ## Why it matters\n\nIt does.\n\n## How to put it right\n\nLook.\n"
    );
    let texts = others.map(|(path, text)| (path.to_owned(), text.to_owned()));
    let rule = [("reunification/rules/X999.md".to_owned(), page)];
    Specification::load(SpecificationFiles::from_texts(texts.chain(rule))).expect("the specification loads")
}

fn plan(specification: &Specification) -> Result<YearPlans, ValidateError> {
    YearPlans::plan(specification, specification.latest().expect("a collection"))
}

/// Episodes of these children, the value of PLACE beside each; an empty text is an empty cell.
fn episodes(specification: &Specification, rows: &[(&str, &str)]) -> (TextReturn, TypedReturn) {
    let table = specification.table("episodes").expect("the table");
    let shape = crate::spec::table_shape(table);
    let cells = |pick: fn(&(&str, &str)) -> String| -> ArrayRef {
        Arc::new(rows.iter().map(|row| Some(pick(row)).filter(|cell| !cell.is_empty())).collect::<StringArray>())
    };
    let columns = shape.fields().iter().map(|field| match field.name().as_str() {
        "_row" => Arc::new((0..).take(rows.len()).collect::<Int64Array>()) as ArrayRef,
        "CHILD" => cells(|row| row.0.to_owned()),
        "PLACE" => cells(|row| row.1.to_owned()),
        _ => new_null_array(field.data_type(), rows.len()),
    });
    let batch = RecordBatch::try_new(Arc::clone(&shape), columns.collect()).expect("a batch");
    let mut child = TextColumn::new("CHILD", 0);
    rows.iter().for_each(|row| child.push(row.0));
    let places = RowPlaces { rows: (2..).take(rows.len()).collect(), lines: None };
    let container = Container { kind: ContainerKind::Csv, name: "episodes.csv".to_owned() };
    let text = TextTable { name: "episodes".to_owned(), container, columns: vec![child], places, blank_rows: 0 };
    let tables = BTreeMap::from([("episodes".to_owned(), batch)]);
    (TextReturn { tables: vec![text], notes: Vec::new() }, TypedReturn { tables, unusable: BTreeMap::new() })
}

const ROWS: [(&str, &str); 4] = [("Kestrel01", "U1"), ("Kestrel01", "U2"), ("Kestrel02", "U3"), ("Kestrel03", "U4")];

/// Runs the rule where these cells of PLACE and CHILD cannot be used; gives the rows found and what was not checked.
fn found(scope: &str, places: &[u32], children: &[u32]) -> (Vec<u32>, Vec<NotChecked>) {
    let head = format!(
        "message = \"odd\"\ntables = [\"episodes\"]\nfields = [\"episodes.PLACE\", \"episodes.CHILD\"]\nscope = {scope}"
    );
    let specification = with_rule(&head, "SELECT _row FROM episodes WHERE PLACE IS NULL OR CHILD IS NOT NULL");
    let mut rows = ROWS;
    children.iter().for_each(|row| rows[*row as usize].0 = "");
    places.iter().for_each(|row| rows[*row as usize].1 = "");
    let (text, mut typed) = episodes(&specification, &rows);
    let cells = [("PLACE", places), ("CHILD", children)].into_iter().filter(|(_, rows)| !rows.is_empty());
    let cells = cells.map(|(field, rows)| (field.to_owned(), rows.to_vec())).collect();
    typed.unusable.insert("episodes".to_owned(), Unusable { cells, orphans: Vec::new() });
    let mut collected = Collected::default();
    let context = RulesContext {
        specification: &specification,
        plans: &plan(&specification).expect("plans"),
        text: &text,
        typed: &typed,
        previous: None,
        others: None,
        incomplete: &BTreeSet::new(),
    };
    let done = run(&context, &mut collected).expect("runs");
    let (findings, _) = collected.finish(&specification);
    (findings.iter().filter_map(|finding| finding.at.row).collect(), done.not_checked)
}

#[test]
fn a_rule_on_single_rows_leaves_out_the_row_alone() {
    let (rows, not_checked) = found("\"row\"", &[1], &[]);
    assert_eq!(rows, [2, 4, 5]);
    assert_eq!(not_checked.len(), 1);
    assert_eq!((not_checked[0].rows["episodes"], not_checked[0].blocks), (1, true));
}

#[test]
fn what_stands_together_falls_together() {
    let (rows, not_checked) = found("[\"CHILD\"]", &[1], &[]);
    assert_eq!(rows, [4, 5], "both rows of the child are left out");
    assert_eq!(not_checked[0].rows["episodes"], 2);
}

#[test]
fn a_row_that_could_be_any_childs_keeps_the_rule_from_running() {
    let (rows, not_checked) = found("[\"CHILD\"]", &[], &[2]);
    assert!(rows.is_empty());
    assert!(not_checked[0].because.starts_with("Not checked at all: 1 row of episodes"), "{}", not_checked[0].because);
}

#[test]
fn a_rule_on_the_whole_does_not_run_on_a_part() {
    let (rows, not_checked) = found("\"whole\"", &[1], &[]);
    assert!(rows.is_empty());
    assert!(not_checked[0].because.starts_with("Not checked at all"), "{}", not_checked[0].because);
}

#[test]
fn a_clean_return_leaves_out_nothing() {
    let (rows, not_checked) = found("[\"CHILD\"]", &[], &[]);
    assert_eq!(rows, [2, 3, 4, 5]);
    assert!(not_checked.is_empty());
}

#[test]
fn a_rule_that_fails_is_loud_and_blocks_and_says_no_value() {
    let head = "message = \"odd\"\ntables = [\"episodes\"]\nfields = [\"episodes.CHILD\"]";
    let specification = with_rule(head, "SELECT _row FROM episodes WHERE CAST(CHILD AS INTEGER) > 1");
    let (text, typed) = episodes(&specification, &ROWS);
    let context = RulesContext {
        specification: &specification,
        plans: &plan(&specification).expect("plans"),
        text: &text,
        typed: &typed,
        previous: None,
        others: None,
        incomplete: &BTreeSet::new(),
    };
    let done = run(&context, &mut Collected::default()).expect("runs");
    assert_eq!((done.ran, done.not_checked.len()), (0, 1));
    assert!(done.not_checked[0].blocks);
    assert!(!done.not_checked[0].because.contains("Kestrel"), "{}", done.not_checked[0].because);
}

#[test]
fn a_rule_with_nothing_to_compare_with_says_so_and_does_not_block() {
    let head = "message = \"odd\"\ntables = [\"episodes\"]\nfields = [\"episodes.CHILD\"]";
    let specification = with_rule(head, "SELECT CAST(NULL AS BIGINT) AS _row FROM previous.episodes");
    let (text, typed) = episodes(&specification, &ROWS);
    let plans = plan(&specification).expect("plans");
    let mut context = RulesContext {
        specification: &specification,
        plans: &plans,
        text: &text,
        typed: &typed,
        previous: None,
        others: None,
        incomplete: &BTreeSet::new(),
    };
    let done = run(&context, &mut Collected::default()).expect("runs");
    assert_eq!((done.ran, done.not_checked.len(), done.not_checked[0].blocks), (0, 1, false));
    context.previous = Some(&typed);
    let done = run(&context, &mut Collected::default()).expect("runs");
    assert_eq!((done.ran, done.not_checked.len()), (1, 0));
}

#[test]
fn what_is_wrong_with_a_rule_is_told_with_its_file_and_line() {
    let head = "message = \"odd {NOWHERE}\"\ntables = [\"episodes\"]\nfields = [\"episodes.CHILD\"]";
    let planned = |sql: &str| plan(&with_rule(head, sql)).expect_err("a fault").to_string();
    let text = planned("SELECT _row FROM episodes");
    assert!(text.contains("rules/X999.md, line 12") && text.contains("{NOWHERE}"), "{text}");
    let text = planned("SELECT _row FROM epsiodes");
    assert!(text.contains("X999") && text.contains("epsiodes"), "{text}");
    let text = planned("SELECT CHILD FROM episodes");
    assert!(text.contains("`_row`"), "{text}");
}
