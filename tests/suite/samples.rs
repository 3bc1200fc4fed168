//! Every sample return is clean under every rule, alone and beside last year's and other authorities'; and of one with
//! faults, those that were planted are found and no others.

use crate::sample_support::{Bench, bench, found, planted};
use homeward::cli::sample::{Authorities, SampleOptions, SampleReturn};
use homeward::domain::report::{Outcome, Report};
use homeward::validate::{CheckContext, TypedReturn};
use std::collections::BTreeSet;

fn assert_clean(report: &Report) {
    let of = report.authority.as_deref().unwrap_or("nobody");
    assert_eq!(report.outcome, Outcome::Clean, "{of}: {:?} {:?}", report.counts.by_code, report.not_checked);
    assert_eq!(report.authority.as_deref(), Some(of));
}

/// Checks returns of consecutive years, each beside the one before, and gives the last year's typed.
fn clean_years(bench: &Bench, options: &SampleOptions, years: &[i32]) -> Vec<(String, TypedReturn)> {
    let mut previous: Vec<Option<TypedReturn>> = Vec::new();
    let mut last = Vec::new();
    for year in years {
        let options = SampleOptions { collection: format!("reunification-{year}"), ..options.clone() };
        let (made, mut typed) = (bench.made(&options), Vec::new());
        for (number, made) in made.iter().enumerate() {
            let previous = previous.get_mut(number).and_then(Option::take);
            let context = CheckContext { previous, ..CheckContext::default() };
            let checked = bench.check(made, &context);
            assert_clean(&checked.report);
            assert!(made.rows() > 0 && checked.report.rules_run > 100, "{} rules ran", checked.report.rules_run);
            typed.push(checked.typed);
        }
        last = made.into_iter().map(|made| made.authority).zip(typed.iter().flatten().cloned()).collect();
        previous = typed;
    }
    last
}

#[test]
fn consecutive_years_of_a_sample_are_clean() {
    let options = SampleOptions {
        authorities: Authorities::First(4),
        scale: 0.25,
        ..SampleOptions::new("reunification-2026", 11)
    };
    clean_years(bench(), &options, &[2024, 2025, 2026]);
}

#[test]
fn what_is_put_right_is_asked_about_beside_the_year_before_and_nowhere_else() {
    let bench = bench();
    let made = |year: i32| {
        bench.made(&SampleOptions {
            authorities: Authorities::Some(vec!["330".to_owned()]),
            corrections: 0.2,
            ..SampleOptions::new(format!("reunification-{year}"), 12)
        })
    };
    let alone = |made: &SampleReturn| {
        let checked = bench.check(made, &CheckContext::default());
        assert_clean(&checked.report);
        checked.typed
    };
    let (before, after) = (made(2025), made(2026));
    alone(&after[0]);
    let context = CheckContext { previous: alone(&before[0]), ..CheckContext::default() };
    let counts = bench.check(&after[0], &context).report.counts.by_code;
    assert!(counts.keys().all(|code| code.starts_with('L')), "{counts:?}");
    // Another ethnic origin, a return home that is gone, and one that was not there.
    assert!(["L801", "L802", "L806"].iter().all(|code| counts.contains_key(*code)), "{counts:?}");
}

/// A county, a unitary authority, the largest city, the tiniest, one with nothing to report, and one whose code changed.
const KINDS: [&str; 6] = ["881", "857", "330", "201", "420", "373"];

#[test]
fn authorities_of_every_kind_are_clean_under_several_seeds() {
    let bench = bench();
    for seed in [2, 33] {
        let options = SampleOptions {
            authorities: Authorities::Some(KINDS.map(str::to_owned).to_vec()),
            scale: 0.3,
            ..SampleOptions::new("reunification-2026", seed)
        };
        let typed = clean_years(bench, &options, &[2025, 2026]);
        // Beside the others, a child who moved between two of them is told and nothing else is.
        for (number, made) in bench.made(&options).iter().enumerate() {
            let mut rest = typed.clone();
            rest.remove(number);
            let context = CheckContext { others: Some(bench.others(&rest)), ..CheckContext::default() };
            let counts = bench.check(made, &context).report.counts.by_code;
            assert!(counts.keys().all(|code| code == "N901"), "{}: {counts:?}", made.authority);
        }
    }
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
    let bench = bench();
    let options = SampleOptions {
        authorities: Authorities::First(40),
        scale: 0.3,
        ..SampleOptions::new("reunification-2026", 3)
    };
    let returns = bench.made(&options);
    let starts: Vec<BTreeSet<String>> = returns.iter().map(|made| keys(made, "starts")).collect();
    // A child of one authority's return who started to be looked after in another.
    let pair = returns.iter().enumerate().find_map(|(from, made)| {
        let children = keys(made, "children");
        let to = starts.iter().enumerate().find(|(to, starts)| *to != from && !starts.is_disjoint(&children));
        to.map(|(to, _)| (made, &returns[to]))
    });
    let (made, other) = pair.expect("somebody re-enters care elsewhere");
    let typed = bench.check(other, &CheckContext::default()).typed.expect("it is not rejected");
    let others = bench.others(&[(other.authority.clone(), typed)]);
    let context = CheckContext { others: Some(others), ..CheckContext::default() };
    let counts = bench.check(made, &context).report.counts.by_code;
    assert!(counts.keys().eq(["N901"]), "seen, and nothing else is wrong: {counts:?}");
}

#[test]
fn a_check_finds_every_fault_that_a_rate_plants_and_nothing_else() {
    let bench = bench();
    let mut codes = BTreeSet::new();
    for (seed, rate) in [(21, 0.1), (22, 0.02), (23, 1.0)] {
        let options = SampleOptions {
            authorities: Authorities::Some(vec!["301".to_owned(), "330".to_owned()]),
            scale: 0.5,
            faults: Some(rate),
            ..SampleOptions::new("reunification-2026", seed)
        };
        for made in bench.made(&options) {
            assert!(!made.planted.is_empty());
            let report = bench.check(&made, &CheckContext::default()).report;
            let counted = made.planted.len() as u64;
            let total: u64 = report.counts.by_code.values().sum();
            let (told, seen): (BTreeSet<_>, BTreeSet<_>) =
                (planted(&made.planted).into_iter().collect(), found(&report).into_iter().collect());
            let missed: Vec<_> = told.difference(&seen).collect();
            let beside: Vec<_> = seen.difference(&told).collect();
            // A rule lists its first thousand.
            let cut = report.counts.by_code.values().any(|count| *count > report.listed_at_most);
            assert!(beside.is_empty(), "{} at {rate}: beside {beside:?}", made.authority);
            assert!(cut || missed.is_empty(), "{} at {rate}: missed {missed:?}", made.authority);
            assert_eq!(total, counted, "{} at {rate}", made.authority);
            codes.extend(made.planted.iter().map(|fault| fault.code));
        }
    }
    assert!(codes.len() >= 80, "{} rules: {codes:?}", codes.len());
}
