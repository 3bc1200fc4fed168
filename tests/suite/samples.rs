//! Every sample return is clean under every rule, alone and beside last year's and other authorities'.

use arrow::array::{ArrayRef, RecordBatch, StringArray};
use arrow::datatypes::Field;
use homeward::cli::sample::{Authorities, SampleOptions, SampleReturn, generate};
use homeward::domain::report::{Outcome, Report};
use homeward::intake::{IntakeOptions, Source, read};
use homeward::spec::{Specification, others_shape};
use homeward::validate::{CheckContext, CheckOutcome, TypedReturn, Validator};
use std::collections::BTreeSet;
use std::sync::Arc;

struct Bench {
    specification: Arc<Specification>,
    validator: Validator,
    folder: tempfile::TempDir,
}

impl Bench {
    fn new() -> Self {
        let specification = Arc::new(Specification::embedded().expect("the specification loads"));
        let validator = Validator::new(Arc::clone(&specification)).expect("the validator is made");
        Self { specification, validator, folder: tempfile::tempdir().expect("a folder") }
    }

    fn sample(&self, year: i32, seed: u64) -> Vec<SampleReturn> {
        let options = SampleOptions {
            authorities: Authorities::First(4),
            scale: 0.25,
            ..SampleOptions::new(format!("reunification-{year}"), seed)
        };
        let returns = generate(&options, &self.specification).expect("the options are good");
        returns.map(|made| made.expect("a return is made")).collect()
    }

    fn check(&self, made: &SampleReturn, context: &CheckContext) -> CheckOutcome {
        let path = self.folder.path().join("return.zip");
        std::fs::write(&path, made.zip().expect("a ZIP is made")).expect("written");
        let options = IntakeOptions::new(self.specification.limits.clone());
        let taken = read(&Source::File(path), &self.specification, &options).expect("the file is read");
        self.validator.check(taken, context)
    }
}

fn assert_clean(report: &Report) {
    let of = report.authority.as_deref().unwrap_or("nobody");
    assert_eq!(report.outcome, Outcome::Clean, "{of}: {:?} {:?}", report.counts.by_code, report.not_checked);
    assert_eq!(report.authority.as_deref(), Some(of));
}

#[test]
fn consecutive_years_of_a_sample_are_clean() {
    let bench = Bench::new();
    let mut previous: Vec<Option<TypedReturn>> = Vec::new();
    for year in [2024, 2025, 2026] {
        let mut typed = Vec::new();
        for (number, made) in bench.sample(year, 11).iter().enumerate() {
            let context = CheckContext { previous: previous.get_mut(number).and_then(Option::take), others: None };
            let checked = bench.check(made, &context);
            assert_clean(&checked.report);
            assert!(made.rows() > 0 && checked.report.rules_run > 100, "{} rules ran", checked.report.rules_run);
            typed.push(checked.typed);
        }
        previous = typed;
    }
}

/// The rows of a table in the shape in which rules see other authorities' tables: with the authority's code in front.
fn others(bench: &Bench, table: &str, returns: &[(String, TypedReturn)]) -> Vec<RecordBatch> {
    let shape = others_shape(bench.specification.table(table).expect("the table is known"));
    let batch = |(authority, typed): &(String, TypedReturn)| {
        let own = typed.tables.get(table)?;
        let column = |field: &Arc<Field>| match own.column_by_name(field.name()) {
            Some(column) => Arc::clone(column),
            None => Arc::new(StringArray::from(vec![authority.as_str(); own.num_rows()])) as ArrayRef,
        };
        let columns = shape.fields().iter().map(column).collect();
        Some(RecordBatch::try_new(Arc::clone(&shape), columns).expect("the columns fit"))
    };
    returns.iter().filter_map(batch).collect()
}

/// The linkage keys of a table.
fn keys(made: &SampleReturn, table: &str) -> BTreeSet<String> {
    let bytes = &made.table(table).expect("the table is there").bytes;
    let mut reader = csv::Reader::from_reader(bytes.as_slice());
    let place = reader.headers().expect("headings").iter().position(|heading| heading == "LINKAGE_KEY");
    let place = place.expect("the table has linkage keys");
    let key = |row: csv::StringRecord| row[place].to_owned();
    reader.records().map(|row| key(row.expect("a row"))).filter(|key| !key.is_empty()).collect()
}

#[test]
fn authorities_of_a_sample_agree_about_a_child_who_moved() {
    let bench = Bench::new();
    let options = SampleOptions {
        authorities: Authorities::First(40),
        scale: 0.3,
        ..SampleOptions::new("reunification-2026", 3)
    };
    let returns = generate(&options, &bench.specification).expect("the options are good");
    let returns: Vec<SampleReturn> = returns.map(|made| made.expect("a return is made")).collect();
    let starts: Vec<BTreeSet<String>> = returns.iter().map(|made| keys(made, "starts")).collect();
    // A child of one authority's return who started to be looked after in another.
    let pair = returns.iter().enumerate().find_map(|(from, made)| {
        let children = keys(made, "children");
        let to = starts.iter().enumerate().find(|(to, starts)| *to != from && !starts.is_disjoint(&children));
        to.map(|(to, _)| (made, &returns[to]))
    });
    let (made, other) = pair.expect("somebody re-enters care elsewhere");
    let typed = bench.check(other, &CheckContext::default()).typed.expect("it is not rejected");
    let rest = [(other.authority.clone(), typed)];
    let tables = ["children", "episodes", "starts"].map(|name| (name.to_owned(), others(&bench, name, &rest)));
    let context = CheckContext { previous: None, others: Some(tables.into_iter().collect()) };
    let counts = bench.check(made, &context).report.counts.by_code;
    assert!(counts.keys().eq(["N901"]), "seen, and nothing else is wrong: {counts:?}");
}

#[test]
fn a_check_finds_every_planted_fault_and_nothing_else() {
    let bench = Bench::new();
    let options = SampleOptions {
        authorities: Authorities::Some(vec!["301".to_owned(), "330".to_owned()]),
        scale: 0.25,
        faults: Some(0.1),
        ..SampleOptions::new("reunification-2026", 21)
    };
    let mut codes = BTreeSet::new();
    for made in generate(&options, &bench.specification).expect("the options are good") {
        let made = made.expect("a return is made");
        let place = |code: &str, table: &str, row: u64| format!("{code} {table} row {row}");
        let planted: BTreeSet<String> =
            made.planted.iter().map(|fault| place(fault.code, fault.table, fault.row)).collect();
        let report = bench.check(&made, &CheckContext::default()).report;
        // A fault in the totals is found by the sum, on no row.
        let found: BTreeSet<String> = report
            .findings
            .iter()
            .map(|finding| {
                let at = &finding.at;
                place(&finding.code, at.table.as_deref().unwrap_or(""), at.row.map_or(0, u64::from))
            })
            .collect();
        let of_rows = |places: BTreeSet<String>| -> BTreeSet<String> {
            places.into_iter().filter(|place| !place.starts_with("T701")).collect()
        };
        assert_eq!(found.iter().any(|p| p.starts_with("T701")), planted.iter().any(|p| p.starts_with("T701")));
        let (found, planted) = (of_rows(found), of_rows(planted));
        let missed: Vec<&String> = planted.difference(&found).collect();
        let beside: Vec<&String> = found.difference(&planted).collect();
        assert!(missed.is_empty() && beside.is_empty(), "{}: missed {missed:?}, beside {beside:?}", made.authority);
        codes.extend(made.planted.iter().map(|fault| fault.code));
    }
    assert!(codes.len() >= 15, "{codes:?}");
}
