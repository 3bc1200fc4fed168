//! Tests of whole samples. The rules are run over samples in `tests/suite`.

use super::*;
use crate::domain::digest::{Digest, Digester};
use crate::domain::period::add_months;
use std::collections::BTreeSet;

fn specification() -> Specification {
    Specification::embedded().expect("the specification loads")
}

fn made(options: &SampleOptions, specification: &Specification) -> Vec<SampleReturn> {
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
fn rows(made: &SampleReturn, table: &str, fields: &[&str]) -> Vec<Vec<String>> {
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

fn day(text: &str) -> NaiveDate {
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
fn the_nation_is_as_published() {
    let specification = specification();
    let options = SampleOptions { scale: 0.1, ..SampleOptions::new("reunification-2026", 1) };
    let end = day("2026-03-31");
    let (mut planned, mut returns_in_year) = (0, 0);
    let (mut total, mut home) = (0, 0);
    // For each follow-up: returns observed to the end of it, and those re-entered by then.
    let mut followed = [(3, 0, 0), (12, 0, 0), (72, 0, 0)];
    let returns = made(&options, &specification);
    assert_eq!(returns.len(), 153, "every authority that is live at the end of the period");
    let mut started_elsewhere: BTreeMap<String, BTreeSet<NaiveDate>> = BTreeMap::new();
    for row in returns.iter().flat_map(|made| rows(made, "starts", &["LINKAGE_KEY", "DECOM"])) {
        started_elsewhere.entry(row[0].clone()).or_default().insert(day(&row[1]));
    }
    for made in &returns {
        let keys: BTreeMap<String, String> = rows(made, "children", &["CHILD", "LINKAGE_KEY"])
            .into_iter()
            .map(|row| (row[0].clone(), row[1].clone()))
            .collect();
        for row in rows(made, "totals", &["MEASURE", "COUNT"]) {
            let count: i32 = row[1].parse().expect("a count");
            match row[0].as_str() {
                "CEASED" => total += count,
                "CEASED_E4A" | "CEASED_E4B" | "CEASED_E13" => home += count,
                _ => {}
            }
        }
        for row in rows(made, "reunifications", &["CHILD", "RETURN_DATE", "PLANNED"]) {
            let back = day(&row[1]);
            if back > day("2025-03-31") {
                returns_in_year += 1;
                planned += i32::from(row[2] == "P");
            }
            let again = started_elsewhere.get(&keys[&row[0]]).and_then(|starts| starts.range(back..).next()).copied();
            for (months, all, reentered) in &mut followed {
                let until = add_months(back, *months).expect("a date");
                if until <= end {
                    *all += 1;
                    *reentered += i32::from(again.is_some_and(|again| again <= until));
                }
            }
        }
    }
    let share = |part: i32, whole: i32| f64::from(part) / f64::from(whole);
    assert!((700..900).contains(&returns_in_year), "a tenth of 8,000 returns: {returns_in_year}");
    assert!((0.60..0.66).contains(&share(planned, returns_in_year)), "planned {planned} of {returns_in_year}");
    assert!((0.24..0.30).contains(&share(home, total)), "home {home} of {total}");
    // Only children with a linkage key are followed here, nine in ten.
    for ((months, all, reentered), published) in followed.into_iter().zip([0.12, 0.20, 0.35]) {
        let found = share(reentered, all) / 0.9;
        assert!((found - published).abs() < 0.03, "{months} months: {found}");
    }
}

#[test]
fn two_years_tell_one_history() {
    let specification = specification();
    let options = |year: i32| SampleOptions {
        authorities: Authorities::Some(vec!["330".to_owned(), "E06000017".to_owned()]),
        scale: 0.3,
        ..SampleOptions::new(format!("reunification-{year}"), 5)
    };
    let facts = |made: &SampleReturn, table, fields: &[&str]| -> BTreeSet<Vec<String>> {
        rows(made, table, fields).into_iter().collect()
    };
    let mut compared = 0;
    for (last, this) in made(&options(2025), &specification).iter().zip(&made(&options(2026), &specification)) {
        assert_eq!(last.authority, this.authority);
        for (table, fields) in [
            ("reunifications", &["CHILD", "RETURN_DATE", "RETURN_TYPE", "PLANNED"][..]),
            ("breakdowns", &["CHILD", "RETURN_DATE", "REENTRY_DATE"]),
            ("outcomes", &["CHILD", "RETURN_DATE", "MONTHS", "MEASURE", "VALUE"]),
        ] {
            let now = facts(this, table, fields);
            for fact in facts(last, table, fields) {
                let observed = fact.last().is_some_and(|value| !value.is_empty());
                if observed && day(&fact[1]) >= day("2019-04-01") {
                    assert!(now.contains(&fact), "a row of {table} of the last year is gone");
                    compared += 1;
                }
            }
        }
    }
    assert!(compared > 500, "{compared} rows compared");
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
    assert_eq!(said(good), "made");
}
