//! The files in `schemas/` are those that the specification gives, and describe what the program writes.

use crate::check_support::{check, report_on, sample, set};
use crate::intake_support::{specification, tables, upload_tables, with};
use homeward::spec::schema_files;
use homeward::validate::CheckOutcome;
use homeward::validate::difference::{Version, difference, json as changes};
use homeward::validate::report::json;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::Path;

fn folder() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("schemas")
}

fn schema(name: &str) -> jsonschema::Validator {
    let text = std::fs::read_to_string(folder().join(name)).expect("the schema is there");
    let schema: Value = serde_json::from_str(&text).expect("the schema is JSON");
    jsonschema::draft202012::meta::validate(&schema).expect("the schema is a schema");
    jsonschema::draft202012::options().should_validate_formats(true).build(&schema).expect("the schema compiles")
}

#[test]
fn the_schemas_of_the_tables_are_those_of_the_specification() {
    let mut there = BTreeMap::new();
    for collection in &specification().collections {
        for entry in std::fs::read_dir(folder().join(&collection.id)).expect("a folder for each collection") {
            let path = entry.expect("a file").path();
            let name = path.file_name().expect("a name").to_string_lossy().into_owned();
            there.insert(format!("{}/{name}", collection.id), std::fs::read_to_string(&path).expect("text"));
        }
    }
    let given = schema_files(specification());
    let names = |files: &BTreeMap<String, String>| files.keys().cloned().collect::<Vec<_>>();
    assert_eq!(names(&there), names(&given), "write them again: homeward spec schemas");
    for (name, text) in &given {
        assert!(there[name] == *text, "{name} differs from the specification; write it again: homeward spec schemas");
        schema(name);
    }
}

#[test]
fn a_row_is_judged_as_a_reader_of_the_schema_would_think() {
    let children = schema("reunification-2026/children.schema.json");
    let row = json!({"CHILD": "Kestrel01", "SEX": "M", "BIRTH_MONTH": "2014-06", "ETHNIC": "WBRI", "DISABILITY": ["NONE"], "UASC": 0});
    assert!(children.is_valid(&row));
    for (field, value) in [
        ("SEX", json!("X")),
        ("BIRTH_MONTH", json!("2014-13")),
        ("DISABILITY", json!(["NONE", "MOB"])),
        ("DISABILITY", json!(["MOB", "MOB"])),
        ("DISABILITY", json!([])),
        ("UASC", json!(2)),
        ("CHILD", json!("12")),
        ("SIBLINGS_IN_CARE", json!(21)),
        ("DOB", json!("2014-06-12")),
    ] {
        let mut wrong = row.clone();
        wrong[field] = value;
        assert!(!children.is_valid(&wrong), "{field}");
    }
}

#[test]
fn reports_are_as_their_schema_says() {
    let schema = schema("report.schema.json");
    let mut faulty = sample("reunification-2026");
    set(&mut faulty, "children", 2, "SEX", "X");
    set(&mut faulty, "children", 3, "CHILD", "12");
    let private = with("children", "CHILD,SEX,BIRTH_MONTH,ETHNIC,DISABILITY,UASC,DOB\n123,M,2014-06,WBRI,NONE,0,\n");
    for tables in [tables(), sample("reunification-2026"), faulty, private, Vec::new()] {
        let report: Value = serde_json::from_slice(&json(&report_on(&tables))).expect("JSON");
        let errors: Vec<String> =
            schema.iter_errors(&report).map(|error| format!("{}: {error}", error.instance_path())).collect();
        assert!(errors.is_empty(), "{}", errors.join("\n"));
    }
    assert!(!schema.is_valid(&json!({"outcome": "fine"})));
}

#[test]
fn changes_are_as_their_schema_says() {
    let schema = schema("changes.schema.json");
    let whole = sample("reunification-2026");
    let (mut queries, mut errors) = (whole.clone(), whole.clone());
    set(&mut queries, "children", 2, "SIBLINGS_IN_CARE", "1");
    set(&mut queries, "reunifications", 2, "SIBLINGS_RETURNED", "9");
    set(&mut errors, "children", 2, "SEX", "X");
    set(&mut errors, "children", 3, "CHILD", "Kestrel99999");
    let outcome = |tables: &[(String, String)]| check(upload_tables(tables));
    for (since, now) in [(&whole, &whole), (&whole, &queries), (&queries, &errors), (&errors, &whole)] {
        let (since, now) = (outcome(since), outcome(now));
        let version = |outcome: &'_ CheckOutcome| (outcome.report.clone(), outcome.typed.clone().expect("is kept"));
        let (since, now) = (version(&since), version(&now));
        let compared = difference(
            specification(),
            Version { report: &since.0, typed: &since.1 },
            Version { report: &now.0, typed: &now.1 },
        );
        let document: Value = serde_json::from_slice(&changes(&compared.expect("compares"))).expect("JSON");
        let errors: Vec<String> =
            schema.iter_errors(&document).map(|error| format!("{}: {error}", error.instance_path())).collect();
        assert!(errors.is_empty(), "{}", errors.join("\n"));
    }
    assert!(!schema.is_valid(&json!({"tables": []})));
}

#[test]
fn problems_are_as_their_schema_says() {
    use homeward::api::problems::{ALL, Problem, ProblemItem};
    let schema = schema("problem.schema.json");
    for kind in ALL {
        let text = || "a part".to_owned();
        let item = ProblemItem { message: text(), path: text(), code: text(), detail: text().into() };
        let problem = serde_json::to_value(Problem::new(*kind, "a detail").with(item)).expect("JSON");
        assert!(schema.is_valid(&problem), "{problem}");
    }
    assert!(!schema.is_valid(&json!({"title": "no"})));
}
