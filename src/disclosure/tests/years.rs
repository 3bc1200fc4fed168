//! Releases of successive years: what a pooled number changes by is the newest year less the oldest.

use super::related::table;
use super::revisions::{attacked_together, published};
use super::*;
use crate::aggregate::RowKey;
use crate::domain::digest::Digest;

const KINDS: [&str; 3] = ["a", "b", "c"];

/// How many invented returns of a kind an authority has in a year.
type Told = dyn Fn(usize, i32, usize) -> i64;

/// The year's returns, and those of the two years before it together, by kind.
fn release(year: i32, told: &Told) -> RawTables {
    let geography = crossed(ONE_REGION).geography;
    let item = |kind: &&str| Item { label: (*kind).to_owned(), categories: vec![(*kind).to_owned()] };
    let topic =
        Topic { label: "Kind".to_owned(), columns: vec!["kind".to_owned()], items: KINDS.iter().map(item).collect() };
    let count = |at: usize, key: &RowKey, years: &[i32]| -> i64 {
        let kinds = key.breakdown.map_or(0..KINDS.len(), |(_, item)| item..item + 1);
        kinds.flat_map(|kind| years.iter().map(move |year| told(at, *year, kind))).sum()
    };
    let one = |id: &str, population: &str, years: &[i32]| {
        let population = population.to_owned();
        let definition = Definition { topics: vec![topic.clone()], population, ..table(id, Vec::new()) };
        RawTable::with_counts(definition, geography.authorities.len(), |at, key, _| count(at, key, years))
    };
    let tables = vec![
        one("pooled", "invented returns of two years", &[year - 2, year - 1]),
        one("single", "invented returns", &[year]),
    ];
    RawTables { year, has_return: vec![true; geography.authorities.len()], geography, tables, notes: Vec::new() }
}

fn span(population: &str, from: i64, to: i64) -> Span {
    Span { population: population.to_owned(), share: BTreeMap::new(), from, to }
}

fn joined() -> Policies {
    let numbers = vec![span("invented returns", 12, 0), span("invented returns of two years", 36, 12)];
    let series = vec![Series { name: "invented returns".to_owned(), within: None, numbers }];
    Policies { series, ..without_implied(policies()) }
}

fn returns(raw: &RawTables) -> BTreeMap<String, Digest> {
    let codes = raw.geography.authorities.iter().map(|one| one.code.clone());
    codes.map(|code| (code, Digest::of(raw.year.to_string().as_bytes()))).collect()
}

/// The releases of some years, each protected with those before it.
fn published_before(years: &[i32], told: &Told) -> Earlier {
    let mut earlier = Earlier::default();
    for year in years {
        let raw = release(*year, told);
        earlier.returns = returns(&raw);
        let (tables, _) = clear(&raw, &joined(), &earlier).unwrap_or_else(|refusal| panic!("{year}: {refusal}"));
        earlier.releases.push(published(&tables, returns(&raw)));
    }
    earlier
}

fn after(earlier: &Earlier, raw: &RawTables) -> Earlier {
    Earlier { releases: earlier.releases.clone(), returns: returns(raw) }
}

fn shown(tables: &ClearedTables, table: &str, at: usize, kind: &str) -> Shown {
    let table = tables.table(table).expect("the table");
    table.figure(Place::Authority(at), &[], ("Kind", kind), "return_count").expect("the figure")
}

/// Protects a release with those before it; protected alone it is found out.
fn protected(raw: &RawTables, earlier: &Earlier) -> (ClearedTables, AuditReport) {
    let alone = attacked_together(raw, &joined(), earlier);
    assert!(!alone.passed, "{alone}");
    let (tables, report) = clear(raw, &joined(), earlier).unwrap_or_else(|refusal| {
        panic!("{refusal}\n{}", refusal.report.as_ref().map(ToString::to_string).unwrap_or_default())
    });
    assert!(report.passed && !report.years.is_empty(), "{report}");
    (tables, report)
}

#[test]
fn the_oldest_year_does_not_follow_from_two_pooled_numbers() {
    // Of the first authority's returns of kind a, 3 in 2023: 20 pooled in 2025, with 12 of 2025 less those 3 29 in 2026.
    let told = |at: usize, year: i32, kind: usize| match (at, year, kind) {
        (0, 2023, 0) => 3,
        (0, 2024, 0) => 17,
        (0, 2025, 0) => 12,
        _ => 20 + 5 * kind as i64 + at as i64,
    };
    let earlier = published_before(&[2025], &told);
    let raw = release(2026, &told);
    let earlier = after(&earlier, &raw);
    let alone = clear(&raw, &joined(), &Earlier::default()).expect("safe alone").0;
    assert_eq!(shown(&alone, "pooled", 0, "a"), Shown::Number(29), "nothing is small in it");
    let (tables, report) = protected(&raw, &earlier);
    assert_eq!(shown(&tables, "pooled", 0, "a"), Shown::Confidential, "20 and 12 less 29 would be 3");
    assert_eq!(shown(&tables, "pooled", 1, "a"), Shown::Number(42), "where the oldest year is large nothing is hidden");
    assert_eq!(report.years[0].year, 2025);
    assert!(report.years[0].sums > 0 && report.years[0].contradicted == 0, "{:?}", report.years);
    let [of_the_year, of_others] = ["an earlier release of the year", "another year's release"]
        .map(|whose| report.relations.get(&format!("a bound or a sum of {whose}")).copied());
    assert_eq!((of_the_year, of_others), (None, Some(report.years[0].facts)), "nothing of the year was published");
    let kind = "numbers of other years that stand in a sum with numbers of this one";
    assert!(report.settled[kind].numbers > 0, "{report}");
}

#[test]
fn a_single_year_does_not_follow_from_a_pooled_number_and_the_others() {
    // 3 in 2024, hidden then; with 12 in 2025 they are the 15 of two years that 2026 would show.
    let told = |at: usize, year: i32, kind: usize| match (at, year, kind) {
        (0, 2024, 0) => 3,
        (0, 2025, 0) => 12,
        _ => 20 + 5 * kind as i64 + at as i64,
    };
    let earlier = published_before(&[2024, 2025], &told);
    let raw = release(2026, &told);
    let earlier = after(&earlier, &raw);
    let (tables, report) = protected(&raw, &earlier);
    assert_eq!(shown(&tables, "pooled", 0, "a"), Shown::Confidential, "15 less 12 would be 3");
    assert_eq!(report.years.iter().map(|one| one.year).collect::<Vec<_>>(), [2025, 2024]);
}

#[test]
fn what_was_told_otherwise_since_is_joined_by_nothing() {
    let before = |at: usize, year: i32, kind: usize| 20 + 5 * kind as i64 + at as i64 + i64::from(year == 2024);
    let earlier = published_before(&[2025], &before);
    // Now the first authority tells 30 returns of kind a more for 2024 than it did: the oldest year would be below nothing.
    let now = move |at: usize, year: i32, kind: usize| {
        before(at, year, kind) + if (at, year, kind) == (0, 2024, 0) { 30 } else { 0 }
    };
    let raw = release(2026, &now);
    let (tables, report) = clear(&raw, &joined(), &after(&earlier, &raw)).expect("a safe release");
    assert!(report.passed && report.years[0].contradicted > 0, "{:?}", report.years);
    assert_eq!(shown(&tables, "pooled", 0, "a"), Shown::Number(21 + 30 + 20));
}
