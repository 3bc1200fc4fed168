//! Means and analyses of earlier releases of the year beside those of now.

use super::methods::{count, specification};
use super::related::table;
use super::revisions::{attacked_together, published};
use super::*;
use crate::aggregate::RowKey;
use crate::aggregate::example;
use crate::domain::digest::Digest;

fn digests(raw: &RawTables, version: impl Fn(usize) -> u32) -> BTreeMap<String, Digest> {
    let counted = raw.geography.authorities.iter().enumerate().filter(|(at, _)| raw.has_return[*at]);
    counted.map(|(at, one)| (one.code.clone(), Digest::of(&version(at).to_be_bytes()))).collect()
}

/// Scores of one region: the first authority has these units and this sum, the others 20 with a mean of 10.
fn scored(units: i64, sum: f64) -> RawTables {
    let mean = Mean {
        column: "score".to_owned(),
        of: None,
        name: "score_mean".to_owned(),
        label: "Mean score".to_owned(),
        decimals: 1,
        measure: "points".to_owned(),
    };
    let definition = Definition { means: vec![mean], ..table("scores", Vec::new()) };
    let geography = crossed(ONE_REGION).geography;
    let places = geography.authorities.len();
    let count = |at: usize, _: &RowKey, _: usize| if at == 0 { units } else { 20 };
    let table = RawTable::with_counts(definition, places, count);
    let table = table.with_sums(|at, _, _| if at == 0 { sum } else { 200.0 });
    RawTables { year: 2026, has_return: vec![true; places], geography, tables: vec![table], notes: Vec::new() }
}

#[test]
fn the_mean_of_those_who_came_since_does_not_follow_from_two_means() {
    let policies = without_implied(policies());
    let mean = |tables: &ClearedTables, at: usize| {
        tables.table("scores").expect("it").figure(Place::Authority(at), &[], ("Total", "Total"), "score_mean")
    };
    let first = scored(12, 120.0);
    let (tables, _) = clear(&first, &policies, &Earlier::default()).expect("a safe release");
    let before = published(&tables, digests(&first, |_| 1));
    let after = |raw: &RawTables| Earlier {
        releases: vec![before.clone()],
        returns: digests(raw, |at| if at == 0 { 2 } else { 1 }),
    };
    // Three more with 20 each: 15 times 12.0 less 12 times 10.0 is 60, to within 2.7.
    let raw = scored(15, 180.0);
    let (alone, report) = clear(&raw, &policies, &Earlier::default()).expect("a safe release");
    assert!(report.mean_leaks == 0 && mean(&alone, 0) == Some(Shown::Decimal(12.0, 1)));
    let found = attacked_together(&raw, &policies, &after(&raw));
    assert!(!found.passed && found.mean_leaks > 0, "{found}");
    let (revised, report) = clear(&raw, &policies, &after(&raw)).expect("a safe release");
    assert!(report.passed && report.mean_leaks == 0, "{report}");
    assert_eq!(mean(&revised, 0), Some(Shown::Confidential));
    assert_eq!(mean(&revised, 1), Some(Shown::Decimal(10.0, 1)), "nobody came there");
    // Of one more it tells less than the policy's width leaves, and of fifteen more as much as any mean of fifteen.
    for (units, sum) in [(13, 140.0), (27, 420.0)] {
        let raw = scored(units, sum);
        let (revised, _) = clear(&raw, &policies, &after(&raw)).expect("a safe release");
        assert!(matches!(mean(&revised, 0), Some(Shown::Decimal(..))), "{units}");
    }
}

#[test]
fn an_analysis_is_made_anew_only_when_enough_may_have_changed() {
    let specification = specification(&["reentry_km", "reentry_logrank", "reentry_hazard"], None);
    let page = &specification.indicators["reentry_km"].page;
    let raw = count(&specification, example::returns(&specification, page)).expect("counts");
    let policies = policies();
    let (tables, _) = clear(&raw, &policies, &Earlier::default()).expect("a safe release");
    let own = tables.table("reentry_km").expect("it").rows();
    let row = own.iter().position(|row| matches!(row.figures[2], Shown::Number(2..99))).expect("a point of a curve");
    // What was published before differed by a percentage point there.
    let Shown::Number(percent) = own[row].figures[2] else { panic!("a number") };
    let mut before = published(&tables, digests(&raw, |_| 1));
    let then = Shown::Number(percent - 1);
    before.tables.get_mut("reentry_km").expect("it").rows[row].figures[2] = then;
    let point = |version: u32| {
        let earlier = Earlier { releases: vec![before.clone()], returns: digests(&raw, |_| version) };
        let (revised, report) = clear(&raw, &policies, &earlier).expect("a safe release");
        assert!(report.passed, "{report}");
        let told = revised.notes().iter().any(|(id, sentence)| id == "reentry_km" && sentence.contains("stand as"));
        (revised.table("reentry_km").expect("it").rows()[row].figures[2], told)
    };
    assert_eq!(point(1), (then, true), "nobody sent again: it stands as it stood");
    assert_eq!(point(2), (Shown::Number(percent), false), "all sent again: it is made anew");
    // A figure that moved while nobody sent again is found.
    let earlier = Earlier { releases: vec![before.clone()], returns: digests(&raw, |_| 1) };
    let report = attacked_together(&raw, &policies, &earlier);
    assert!(!report.passed && report.contradictions == 1, "{report}");
}
