//! Tests of whole samples. The rules are run over samples in `tests/suite`.

use super::*;
use crate::domain::digest::{Digest, Digester};

pub(super) fn specification() -> Specification {
    Specification::embedded().expect("the specification loads")
}

pub(super) fn made(options: &SampleOptions, specification: &Specification) -> Vec<SampleReturn> {
    let returns = generate(options, specification).expect("the options are good");
    returns.map(|made| made.expect("a return is made")).collect()
}

fn digest(returns: &[SampleReturn]) -> Digest {
    let mut digester = Digester::default();
    for made in returns {
        for table in &made.tables {
            digester.update(&table.bytes);
        }
        digester.update(&made.zip().expect("a ZIP is made"));
    }
    digester.finish()
}

/// The rows of a table, each with its cells in the order of the fields named.
pub(super) fn rows(made: &SampleReturn, table: &str, fields: &[&str]) -> Vec<Vec<String>> {
    let bytes = &made.table(table).expect("the table is there").bytes;
    let mut reader = csv::Reader::from_reader(bytes.as_slice());
    let headings = reader.headers().expect("there are headings").clone();
    let places: Vec<usize> = fields
        .iter()
        .map(|field| headings.iter().position(|heading| heading == *field).expect("the field is there"))
        .collect();
    let record = |record: csv::Result<csv::StringRecord>| record.expect("the row is CSV");
    reader.records().map(record).map(|row| places.iter().map(|at| row[*at].to_owned()).collect()).collect()
}

pub(super) fn day(text: &str) -> NaiveDate {
    let parsed = NaiveDate::parse_from_str(text, "%Y-%m-%d").or_else(|_| NaiveDate::parse_from_str(text, "%d/%m/%Y"));
    parsed.expect("a date of the sample")
}

#[test]
fn one_seed_gives_one_sample() {
    let specification = specification();
    let options =
        SampleOptions { authorities: Authorities::First(3), scale: 0.1, ..SampleOptions::new("reunification-2026", 7) };
    let first = digest(&made(&options, &specification));
    assert_eq!(first, digest(&made(&options, &specification)));
    assert_ne!(first, digest(&made(&SampleOptions { seed: 8, ..options }, &specification)));
}

#[test]
fn an_authority_without_returns_says_so() {
    let specification = specification();
    let options = SampleOptions {
        authorities: Authorities::Some(vec!["420".to_owned()]),
        ..SampleOptions::new("reunification-2026", 1)
    };
    let made = made(&options, &specification);
    assert_eq!(rows(&made[0], "header", &["LA", "NIL_RETURN"]), [["420", "1"]]);
    for table in specification.tables.iter().filter(|table| table.record) {
        assert_eq!(made[0].table(&table.name).expect("the table is there").rows, 0, "{}", table.name);
    }
    assert_eq!(made[0].table("totals").expect("the table is there").rows, 9);
}

#[test]
fn a_large_return_is_as_large_as_asked() {
    let specification = specification();
    let made = made(&SampleOptions::of_rows("reunification-2026", 1, "330", 20_000), &specification);
    let rows = made[0].rows();
    assert!((17_000..23_000).contains(&rows), "{rows}");
}

#[test]
fn what_cannot_be_made_is_said_before_anything_is() {
    let specification = specification();
    let good = SampleOptions::new("reunification-2026", 1);
    let said = |options: SampleOptions| match generate(&options, &specification) {
        Ok(_) => "made".to_owned(),
        Err(error) => error.to_string(),
    };
    assert!(said(SampleOptions::new("reunification-1999", 1)).starts_with("The collection reunification-1999 is not"));
    let elsewhere = Authorities::Some(vec!["999".to_owned()]);
    assert!(said(SampleOptions { authorities: elsewhere, ..good.clone() }).starts_with("The authority 999 is not"));
    assert!(said(SampleOptions { scale: f64::NAN, ..good.clone() }).starts_with("The size NaN is not"));
    assert!(said(SampleOptions { faults: Some(1.5), ..good.clone() }).starts_with("The share of faults 1.5 is not"));
    let corrections = SampleOptions { corrections: -0.1, ..good.clone() };
    assert!(said(corrections).starts_with("The share of corrected children -0.1 is not"));
    assert_eq!(said(good), "made");
}
