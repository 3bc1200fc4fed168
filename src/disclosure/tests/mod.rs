mod cases;
mod few;
mod methods;
mod nested;
mod over_time;
mod related;
mod revisions;
pub(crate) mod simulated;
mod years;

use super::earlier::Known;
use super::*;
use crate::aggregate::{CountColumn, Definition, Geography, Item, Mean, RawTable, RawTables, Region, Topic};
use crate::domain::authority::Authority;
use std::collections::BTreeMap;

/// The invented table of `tests/data/disclosure/README.md`.
const CASE_A: &str = include_str!("../../../tests/data/disclosure/case_a.csv");
const ONE_REGION: Option<&str> = Some("North East");

fn policies() -> Policies {
    Policies::load(&crate::spec::Specification::embedded().expect("the specification")).expect("the policies")
}

/// The invented table by age, sex and planned with every cross, of one region or of England.
fn crossed(region: Option<&str>) -> RawTables {
    let mut reader = csv::Reader::from_reader(CASE_A.as_bytes());
    let headings = reader.headers().expect("headings").clone();
    let at = |name: &str| headings.iter().position(|heading| heading == name).expect("a column");
    let columns = ["age_group", "sex", "planned"].map(at);
    let mut authorities: BTreeMap<String, Authority> = BTreeMap::new();
    let mut counts: BTreeMap<(String, [String; 3]), i64> = BTreeMap::new();
    let mut categories: [Vec<String>; 3] = Default::default();
    for record in reader.records() {
        let record = record.expect("a record");
        if region.is_some_and(|region| &record[at("region_name")] != region) {
            continue;
        }
        let code = record[at("old_la_code")].to_owned();
        authorities.entry(code.clone()).or_insert_with(|| Authority {
            code: code.clone(),
            gss: record[at("new_la_code")].to_owned(),
            name: record[at("la_name")].to_owned(),
            region_gss: record[at("region_code")].to_owned(),
            region: record[at("region_name")].to_owned(),
            live_from: "2009-01-01".parse().expect("a date"),
            live_to: None,
        });
        let cell = columns.map(|column| record[column].to_owned());
        for (known, category) in categories.iter_mut().zip(&cell) {
            if !known.contains(category) {
                known.push(category.clone());
            }
        }
        let count: i64 = record[at("children_returned")].parse().expect("a count");
        for totals in 0..8_usize {
            let total = |(at, category): (usize, &String)| {
                if totals & (1 << at) == 0 { category.clone() } else { "Total".to_owned() }
            };
            let above: Vec<String> = cell.iter().enumerate().map(total).collect();
            let above = [above[0].clone(), above[1].clone(), above[2].clone()];
            *counts.entry((code.clone(), above)).or_default() += count;
        }
    }
    let authorities: Vec<Authority> = authorities.into_values().collect();
    let mut regions: Vec<Region> =
        authorities.iter().map(|one| Region { gss: one.region_gss.clone(), name: one.region.clone() }).collect();
    regions.sort_by(|one, other| one.gss.cmp(&other.gss));
    regions.dedup();
    let region_of = authorities
        .iter()
        .map(|one| regions.iter().position(|region| region.gss == one.region_gss).expect("a region"))
        .collect();
    let geography = Geography { authorities, regions, region_of };
    let definition = crossed_definition(&categories);
    let codes: Vec<String> = geography.authorities.iter().map(|one| one.code.clone()).collect();
    let table = RawTable::with_counts(definition.clone(), codes.len(), |authority, key, _| {
        let given = definition.categories_of(key);
        let cell = NAMES.map(|name| given.get(name).cloned().unwrap_or_else(|| "Total".to_owned()));
        counts[&(codes[authority].clone(), cell)]
    });
    RawTables { year: 2026, has_return: vec![true; codes.len()], geography, tables: vec![table], notes: Vec::new() }
}

const NAMES: [&str; 3] = ["age_group", "sex", "planned"];

fn crossed_definition(categories: &[Vec<String>; 3]) -> Definition {
    let mut topics = Vec::new();
    for set in 1..8_usize {
        let columns: Vec<usize> = (0..3).filter(|at| set & (1 << at) != 0).collect();
        let mut items: Vec<Vec<String>> = vec![Vec::new()];
        for column in &columns {
            items = items
                .into_iter()
                .flat_map(|before| {
                    categories[*column].iter().map(move |one| [before.clone(), vec![one.clone()]].concat())
                })
                .collect();
        }
        topics.push(Topic {
            label: columns.iter().map(|at| NAMES[*at]).collect::<Vec<_>>().join(" by "),
            columns: columns.iter().map(|at| NAMES[*at].to_owned()).collect(),
            items: items.into_iter().map(|categories| Item { label: categories.join(", "), categories }).collect(),
        });
    }
    Definition {
        id: "case".to_owned(),
        label: "Returns home".to_owned(),
        domain: "test".to_owned(),
        definition: "invented".to_owned(),
        population: "invented returns".to_owned(),
        policy: "children".to_owned(),
        needs_return: true,
        authority_total: true,
        authority_breakdowns: None,
        exhaustive: Vec::new(),
        topics,
        count: CountColumn { name: "return_count".to_owned(), label: "Returns home".to_owned(), weight: None },
        ..Definition::default()
    }
}

fn without_implied(policies: Policies) -> Policies {
    Policies { impossible: Vec::new(), implied: Vec::new(), ..policies }
}

#[test]
fn a_region_of_the_invented_table_is_protected_and_the_audit_agrees() {
    let raw = crossed(ONE_REGION);
    let (tables, report) = clear(&raw, &without_implied(policies()), &Earlier::default()).expect("a safe release");
    assert!(report.passed && report.failures.is_empty(), "{report}");
    let hidden = report.tables["case"].hidden;
    let small = small_cells(&raw);
    assert_eq!(report.settled["hidden counts of authorities"].numbers, hidden);
    assert!(hidden > small, "small numbers alone do not protect each other");
    assert!(hidden < small + small / 2, "{hidden} cells are hidden for {small} small ones");
    assert!(!tables.tables()[0].rows().is_empty());
}

fn small_cells(raw: &RawTables) -> usize {
    let table = &raw.tables[0];
    let rows = table.definition.rows().len();
    let all = (0..raw.has_return.len()).flat_map(|at| (0..rows).map(move |row| (at, row)));
    all.filter(|(at, row)| (1..=5).contains(&table.count(*at, *row, 0))).count()
}

#[test]
fn a_hidden_number_that_is_shown_again_makes_the_audit_fail() {
    let raw = crossed(ONE_REGION);
    let policies = without_implied(policies());
    let grid = grid::Grid::new(&raw, &policies).expect("a grid");
    let protection = protect::protect(&raw, &grid, &Known::default());
    let hints = audit::hints(&grid, &protection);
    let tables = clear::clear(&raw, &policies, &grid, &protection).expect("tables");
    let keys = raw.tables[0].definition.rows();
    let secondary: Vec<(usize, i64)> = (0..tables.tables()[0].rows().len())
        .filter_map(|at| {
            let row = &tables.tables()[0].rows()[at];
            let Place::Authority(authority) = row.place else { return None };
            let index = keys.iter().position(|key| *key == row.key)?;
            let truth = raw.tables[0].count(authority, index, 0);
            (row.figures[0] == Shown::Confidential && !(1..=5).contains(&truth)).then_some((at, truth))
        })
        .collect();
    assert!(secondary.len() > 5, "there is something to show again");
    let mut broken = tables.clone();
    for (at, truth) in &secondary {
        broken.table_mut("case").expect("the table").show_again(*at, 0, Shown::Number(*truth));
    }
    let report = audit::audit(&broken, &raw, &policies, &hints, &Known::default()).expect("a report");
    assert!(!report.passed);
    let settled = report.settled["hidden counts of authorities"];
    assert!(settled.exact + settled.within_width > 0, "{report}");
    let mut contradicting = tables;
    let (at, truth) = secondary[0];
    contradicting.table_mut("case").expect("the table").show_again(at, 0, Shown::Number(truth + 1));
    let report = audit::audit(&contradicting, &raw, &policies, &hints, &Known::default()).expect("a report");
    assert!(report.contradictions > 0);
}

/// The real indicators over invented units, with the first breakdowns of each.
#[test]
fn the_indicators_are_protected_together_and_the_audit_agrees() {
    let raw = simulated::simulated(7, 1, 40.0, 4);
    let policies = policies();
    let (tables, report) = clear(&raw, &policies, &Earlier::default()).unwrap_or_else(|refusal| {
        panic!("{refusal}\n{}", refusal.report.as_ref().map(ToString::to_string).unwrap_or_default())
    });
    assert!(report.passed && report.failures.is_empty(), "{report}");
    for kind in [
        "hidden counts of authorities",
        "small counts that follow by subtraction",
        "small figures of regions and England",
    ] {
        assert!(report.settled[kind].numbers > 0, "{kind}: {report}");
    }
    let distances: usize = report.distances.values().sum();
    assert_eq!(distances, report.settled.values().map(|settled| settled.numbers).sum::<usize>());
    assert!(report.distances.keys().all(|distance| *distance >= 2));
    // The share of planned returns has the numbers of the year's returns in it: hidden in one, hidden in the other.
    let shown = |indicator: &str, breakdown: (&str, &str), column: &str| {
        let table = tables.table(indicator).expect("the table");
        (0..raw.has_return.len())
            .map(|at| table.figure(Place::Authority(at), &[], breakdown, column).expect("a figure"))
            .collect::<Vec<_>>()
    };
    let planned = shown("returns", ("Planned or unplanned", "Planned"), "return_count");
    assert_eq!(planned, shown("returns_planned", ("Total", "Total"), "planned_count"));
    assert_eq!(
        shown("returns", ("Sex", "Male"), "return_count"),
        shown("support_pre", ("Sex", "Male"), "return_count")
    );
    let impossible =
        ("Type of return by Planned or unplanned", "To a person with parental responsibility, planned, Unplanned");
    assert!(shown("returns", impossible, "return_count").iter().all(|figure| *figure == Shown::NotApplicable));
    // Both files say what the audit did, and neither repeats what is hidden.
    assert!(report.to_json().contains("\"passed\": true") && report.to_string().contains("Passed."));
}

#[test]
fn two_tables_that_hide_differently_are_found_out() {
    let raw = simulated::simulated(7, 1, 40.0, 2);
    let policies = policies();
    let grid = grid::Grid::new(&raw, &policies).expect("a grid");
    let protection = protect::protect(&raw, &grid, &Known::default());
    let mut tables = clear::clear(&raw, &policies, &grid, &protection).expect("tables");
    // A small number of the year's returns, shown in the table of support alone.
    let table = tables.table("support_pre").expect("the table");
    let keys = table.definition().rows();
    let raw_table = raw.tables.iter().find(|one| one.definition.id == "support_pre").expect("the table");
    let (row, truth) = (0..table.rows().len())
        .find_map(|at| {
            let Place::Authority(authority) = table.rows()[at].place else { return None };
            let index = keys.iter().position(|key| *key == table.rows()[at].key)?;
            let truth = raw_table.count(authority, index, 0);
            (1..=5).contains(&truth).then_some((at, truth))
        })
        .expect("a small number");
    assert_eq!(table.rows()[row].figures[0], Shown::Confidential);
    tables.table_mut("support_pre").expect("the table").show_again(row, 0, Shown::Number(truth));
    let report =
        audit::audit(&tables, &raw, &policies, &audit::hints(&grid, &protection), &Known::default()).expect("a report");
    assert!(!report.passed && report.printed_small > 0, "{report}");
    let mut percent = clear::clear(&raw, &policies, &grid, &protection).expect("tables");
    percent.table_mut("support_pre").expect("the table").show_again(0, 2, Shown::Number(1));
    let report = audit::audit(&percent, &raw, &policies, &audit::hints(&grid, &protection), &Known::default())
        .expect("a report");
    assert!(report.contradictions > 0, "a percentage that its counts do not give is found");
}

#[test]
fn nobody_else_reads_raw_figures() {
    let mut files = vec![std::path::PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/src"))];
    let mut readers = std::collections::BTreeSet::new();
    while let Some(path) = files.pop() {
        if path.is_dir() {
            files.extend(std::fs::read_dir(path).expect("a folder").map(|entry| entry.expect("an entry").path()));
            continue;
        }
        let text = std::fs::read_to_string(&path).expect("a source file");
        if text.contains("RawTable") {
            let inside =
                path.strip_prefix(env!("CARGO_MANIFEST_DIR")).expect("under the root").to_string_lossy().into_owned();
            readers.insert(inside.split('/').nth(1).unwrap_or_default().to_owned());
        }
    }
    let readers: Vec<&str> = readers.iter().map(String::as_str).collect();
    assert_eq!(readers, ["aggregate", "disclosure", "publish"], "publish names it in its tests only");
    let publish =
        std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/src/publish/release.rs")).expect("a file");
    assert!(!publish.contains("RawTable"));
}

/// What the attacker makes of cells that somebody was given, and of nothing else: the report, and the rows that it could
/// not name. The other tables that the protection knows are only offered to it; each must fit the cells.
pub(crate) fn attack_cells(raw: &RawTables, policies: &Policies, cells: &EarlierTables) -> (AuditReport, usize) {
    let grid = grid::Grid::new(raw, policies).expect("a grid");
    let protection = protect::protect(raw, &grid, &Known::default());
    let (tables, truth, strange) = earlier::given(cells, raw);
    let hints = audit::hints(&grid, &protection);
    (audit::audit(&tables, &truth, policies, &hints, &Known::default()).expect("a report"), strange)
}

#[test]
fn the_mean_of_a_small_group_does_not_follow_from_other_means() {
    let mut raw = simulated::simulated(7, 1, 6.0, 2);
    let mean = Mean {
        column: "score".to_owned(),
        of: None,
        name: "score_mean".to_owned(),
        label: "Mean score".to_owned(),
        decimals: 1,
        measure: "points".to_owned(),
    };
    let definition = Definition { means: vec![mean], ..crossed_definition(&Default::default()) };
    let definition = Definition { topics: Vec::new(), ..definition };
    // The third authority has too few units for a mean; the region's and the others' means give it.
    let counts = |at: usize, _: &crate::aggregate::RowKey, _: usize| [12, 13, 8].get(at).copied().unwrap_or(0);
    raw.tables = vec![RawTable::with_counts(definition, raw.has_return.len(), counts)];
    let mut policies = without_implied(policies());
    let grid = grid::Grid::new(&raw, &policies).expect("a grid");
    let protection = protect::protect(&raw, &grid, &Known::default());
    let tables = clear::clear(&raw, &policies, &grid, &protection).expect("tables");
    let leaks = means::attack(&tables, &raw, &policies, &Default::default()).expect("an attack").leaks;
    assert!(!leaks.is_empty(), "means of wholes give away those of small groups");
    let hints = audit::hints(&grid, &protection);
    let report = audit::audit(&tables, &raw, &policies, &hints, &Known::default()).expect("a report");
    assert!(!report.passed && report.mean_leaks == leaks.len() && report.failures.len() == leaks.len(), "{report}");
    let (safe, report) = clear(&raw, &policies, &Earlier::default()).expect("a safe release");
    assert!(report.passed && report.mean_leaks == 0, "{report}");
    let shown = |tables: &ClearedTables| {
        let figures = tables.tables().iter().flat_map(ClearedTable::rows).flat_map(|row| &row.figures);
        figures.filter(|figure| matches!(figure, Shown::Decimal(..))).count()
    };
    let hidden = shown(&tables) - shown(&safe);
    assert_eq!((leaks.len(), hidden), (1, 1), "the mean of the smallest of the others is hidden too");
    // What is wide for a score is not for money, and of what has no width no mean is published.
    policies.policies.get_mut("children").expect("the policy").mean_widths.remove("points");
    let refusal = clear(&raw, &policies, &Earlier::default()).expect_err("no width for points");
    assert!(refusal.to_string().contains("gives a mean of points") && refusal.to_string().contains("mean_widths"));
}
