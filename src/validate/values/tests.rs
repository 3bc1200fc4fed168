//! Values through the whole of this part: typed columns, faults, keys, parents.

use super::*;
use crate::domain::place::{Container, ContainerKind};
use crate::domain::table::{RowPlaces, TextColumn};
use arrow::array::{Array, AsArray};
use arrow::datatypes::{Date32Type, Int64Type};

struct Read {
    typed: TypedReturn,
    found: Vec<(String, String, u32, String)>,
    not_checked: Vec<NotChecked>,
}

fn table(name: &str, csv: &str) -> TextTable {
    let mut lines = csv.lines();
    let headings = lines.next().expect("headings").split(',');
    let mut columns: Vec<TextColumn> = (0..).zip(headings).map(|(at, heading)| TextColumn::new(heading, at)).collect();
    let mut places = RowPlaces::default();
    for (row, line) in (2..).zip(lines) {
        columns.iter_mut().zip(line.split(',')).for_each(|(column, cell)| column.push(cell));
        places.rows.push(row);
    }
    let container = Container { kind: ContainerKind::Csv, name: name.to_owned() };
    TextTable { name: name.to_owned(), container, columns, places, blank_rows: 0 }
}

fn read_in(collection: &str, tables: &[(&str, &str)]) -> Read {
    let specification = Specification::embedded().expect("the specification");
    let collection = specification.collection(collection).expect("a collection");
    let text = TextReturn { tables: tables.iter().map(|(name, csv)| table(name, csv)).collect(), notes: Vec::new() };
    let mut collected = Collected::default();
    let context = ValuesContext {
        specification: &specification,
        collection,
        schemas: &YearSchemas::compile(&specification, collection).expect("schemas"),
        templates: &Templates::of(&specification),
        incomplete: &BTreeSet::new(),
        absent_is_missing: false,
        show_values: true,
        refused: &Refused::default(),
    };
    let (typed, not_checked) = check(&context, &text, &mut collected).expect("values");
    let (findings, _) = collected.finish(&specification);
    let place = |finding: Finding| {
        let at = finding.at;
        (finding.code, at.table.unwrap_or_default(), at.row.unwrap_or(0), at.field.unwrap_or_default())
    };
    Read { typed, found: findings.into_iter().map(place).collect(), not_checked }
}

fn read(tables: &[(&str, &str)]) -> Read {
    read_in("reunification-2026", tables)
}

fn found(read: &Read) -> Vec<(&str, &str, u32, &str)> {
    read.found.iter().map(|(code, table, row, field)| (code.as_str(), table.as_str(), *row, field.as_str())).collect()
}

#[test]
fn columns_have_the_types_of_the_specification_and_missing_ones_are_null() {
    let read = read(&[("children", "CHILD,SEX,BIRTH_MONTH,UASC,DISABILITY\nKestrel01,1,6/2014,1.0,mob; hand\n")]);
    assert_eq!(found(&read), []);
    let batch = &read.typed.tables["children"];
    let column = |name: &str| batch.column_by_name(name).expect("the column").clone();
    assert_eq!(column("_row").as_primitive::<Int64Type>().value(0), 0);
    assert_eq!(column("SEX").as_string::<i32>().value(0), "M");
    assert_eq!(column("DISABILITY").as_string::<i32>().value(0), "MOB;HAND");
    assert_eq!(column("UASC").as_primitive::<Int64Type>().value(0), 1);
    let month = column("BIRTH_MONTH").as_primitive::<Date32Type>().value_as_date(0).expect("a day");
    assert_eq!(month.to_string(), "2014-06-01");
    assert!(column("ETHNIC").is_null(0));
}

#[test]
fn a_cell_has_one_finding_of_a_rule_and_counts_as_empty() {
    let read = read(&[("children", "CHILD,SEX,DISABILITY,UASC\nKestrel01,X,WRONG;NONE;WRONG;;MOB,2\n")]);
    let expected = [
        ("V02", "children", 2, "DISABILITY"),
        ("V02", "children", 2, "SEX"),
        ("V03", "children", 2, "UASC"),
        ("V05", "children", 2, "DISABILITY"),
        ("V06", "children", 2, "DISABILITY"),
    ];
    assert_eq!(found(&read), expected);
    let batch = &read.typed.tables["children"];
    assert!(["SEX", "DISABILITY", "UASC"].iter().all(|name| batch.column_by_name(name).expect("a column").is_null(0)));
    let unusable = &read.typed.unusable["children"];
    assert_eq!(unusable.cells.keys().collect::<Vec<_>>(), ["DISABILITY", "SEX", "UASC"]);
}

#[test]
fn what_is_repeated_or_not_alone_can_still_be_used() {
    let read = read(&[("children", "CHILD,DISABILITY\nKestrel01,MOB;NONE\nKestrel02,MOB;MOB\n")]);
    assert!(read.typed.unusable.is_empty());
    let column = read.typed.tables["children"].column_by_name("DISABILITY").expect("the column").clone();
    assert_eq!(column.as_string::<i32>().value(0), "MOB;NONE");
}

#[test]
fn older_codes_are_read_in_every_year_and_newer_ones_only_in_theirs() {
    let sexes = [("children", "CHILD,SEX\nKestrel01,1\nKestrel02,M\n")];
    assert_eq!(found(&read_in("reunification-2024", &sexes)), [("V02", "children", 3, "SEX")]);
    assert_eq!(found(&read_in("reunification-2026", &sexes)), []);
}

#[test]
fn the_two_codes_of_an_authority_read_the_same() {
    let read = read(&[("header", "LA\nE08000025\n330\n999\n")]);
    assert_eq!(found(&read), [("V07", "header", 3, "LA"), ("V02", "header", 4, "LA")]);
}

#[test]
fn parents_are_found_across_ways_of_writing() {
    let read = read(&[
        ("children", "CHILD,SEX\nKestrel01,M\nKestrel02,F\n"),
        ("reunifications", "CHILD,RETURN_DATE\nKestrel01,03/09/2025\nKestrel02,31/02/2025\n"),
        (
            "support",
            "CHILD,RETURN_DATE,PHASE\nKestrel01,2025-09-03,PRE\nKestrel02,01/02/2025,PRE\nKestrel01,4/9/2025,PRE\n",
        ),
    ]);
    let expected = [("V03", "reunifications", 3, "RETURN_DATE"), ("V08", "support", 4, "CHILD")];
    assert_eq!(found(&read), expected);
    assert_eq!(read.typed.unusable["support"].orphans, [1, 2], "one has no parent and one cannot be told");
    assert_eq!(read.not_checked.iter().map(|entry| entry.rows["support"]).collect::<Vec<_>>(), [1]);
}

#[test]
fn rows_with_an_unreadable_key_clash_with_none() {
    let read = read(&[("children", "CHILD,SEX\nKes,M\nKes,M\n,F\n,F\n")]);
    assert!(read.found.iter().all(|(code, ..)| code != "V07"), "{:?}", read.found);
}
