//! Releases of few and tiny returns: what cannot be protected is published without authorities' own rows.

use super::*;
use withdraw::Withdrawing;

/// The indicators with rows of authorities: their breakdowns, their totals.
fn with_rows(raw: &RawTables) -> [Vec<String>; 2] {
    [false, true].map(|totals| {
        let has = |definition: &&Definition| {
            let rows = definition.rows();
            rows.iter().any(|row| row.breakdown.is_none() == totals && definition.at_authority(row))
        };
        raw.tables.iter().map(|table| &table.definition).filter(has).map(|one| one.id.clone()).collect()
    })
}

#[test]
fn rows_of_authorities_go_step_by_step_and_open_tables_keep_theirs() {
    let mut raw = simulated::simulated(7, 1, 3.0, 2);
    let policies = policies();
    let [breakdowns, totals] = with_rows(&raw);
    assert!(breakdowns.contains(&"reentry".to_owned()) && totals.contains(&"coverage".to_owned()));
    let mut withdrawing = Withdrawing::default();
    let names = BTreeSet::from(["returns home followed up: 1 year, All years, what is left beside it".to_owned()]);
    let mut next = |raw: &mut RawTables| withdrawing.next(raw, &policies, &names).expect("its policies");
    assert!(next(&mut raw));
    let [left, all] = with_rows(&raw);
    assert_eq!(left, breakdowns.into_iter().filter(|id| id != "reentry").collect::<Vec<_>>(), "its breakdowns only");
    assert_eq!(all, totals);
    assert!(next(&mut raw));
    let [left, all] = with_rows(&raw);
    assert!(left.is_empty() && all == totals.into_iter().filter(|id| id != "reentry").collect::<Vec<_>>());
    assert!(next(&mut raw));
    assert_eq!(with_rows(&raw), [Vec::new(), vec!["coverage".to_owned()]], "it says nothing about children");
    assert!(!next(&mut raw), "nothing is left to take out");
    let told = withdrawing.told();
    assert!(told.iter().any(|(table, what)| table == "reentry" && what.contains("any row of an authority")));
    // What is left of the tables is protected and published, with a row of no authority.
    let (tables, report) = clear(&raw, &policies, &Earlier::default()).expect("a safe release");
    assert!(report.passed && report.withdrawn.is_empty(), "{report}");
    let of_authorities = |table: &ClearedTable| table.rows().iter().any(|row| matches!(row.place, Place::Authority(_)));
    assert!(tables.tables().iter().all(|table| of_authorities(table) == (table.definition().id == "coverage")));
}

/// What no search came to was left before, and whole tables lost their rows for it.
#[test]
fn the_last_numbers_of_few_returns_are_protected_by_hiding_a_little_more() {
    let raw = simulated::simulated(7, 1, 12.0, 2);
    let (_, report) = clear(&raw, &policies(), &Earlier::default()).unwrap_or_else(|refusal| panic!("{refusal}"));
    assert!(report.passed && report.withdrawn.is_empty(), "{report}");
}

#[test]
fn a_programme_finds_tables_that_fit_all_that_stays_shown() {
    let raw = crossed(ONE_REGION);
    let grid = grid::Grid::new(&raw, &without_implied(policies())).expect("a grid");
    let system = system::System::new(&raw, &grid);
    let targets: Vec<u32> =
        (0..system.variables.len() as u32).filter(|at| system.variables[*at as usize].hidden).step_by(7).collect();
    let (mut dearest, mut figures) = (0, 0);
    for &target in &targets {
        let witness = hiding::find(&system, target).expect("a region has room for another table");
        let mut sums: BTreeMap<u32, i64> = BTreeMap::new();
        for &(at, by) in &witness.moves {
            let variable = &system.variables[at as usize];
            assert!(variable.truth + by >= 0 && !variable.fixed);
            assert!(at != target || by.abs() >= variable.width);
            for &(relation, sign) in &system.within[at as usize] {
                *sums.entry(relation).or_default() += i64::from(sign) * by;
            }
        }
        assert!(witness.moves.iter().any(|(at, _)| *at == target));
        for (number, by) in sums {
            let relation = &system.relations[number as usize];
            let fits = (relation.down..=relation.up).contains(&by);
            assert!(fits || (relation.figure.is_some() && witness.relaxed.contains(&number)));
        }
        dearest = dearest.max(witness.moves.len());
        figures += witness.relaxed.len();
    }
    assert!(targets.len() > 10 && dearest > 4, "{} numbers, {dearest} moves", targets.len());
    assert!(figures < targets.len(), "figures are dear: {figures}");
}

#[test]
#[ignore = "takes minutes without optimisation; cargo test --release --lib tiny_returns -- --ignored"]
fn tiny_returns_are_published_without_what_cannot_be_protected() {
    let raw = simulated::simulated(7, 1, 0.5, 3);
    let (tables, report) = clear(&raw, &policies(), &Earlier::default()).unwrap_or_else(|refusal| panic!("{refusal}"));
    assert!(report.passed && !report.withdrawn.is_empty(), "{report}");
    assert!(report.to_string().contains("published without authorities' own breakdowns"));
    for (table, _) in &report.withdrawn {
        let rows = tables.table(table).expect("it").rows();
        assert!(rows.iter().all(|row| row.key.breakdown.is_none() || !matches!(row.place, Place::Authority(_))));
        assert!(tables.notes().iter().any(|(known, _)| known == table));
    }
}
