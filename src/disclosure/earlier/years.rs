//! Other years' releases among what everybody knows, where a number of this year's release is a sum of theirs.
//!
//! A pooled number counts the units of several years, and is published again a year later: from one release to the next
//! it changes by the newest year less the oldest, and single years are numbers of one release or another. The policy
//! says over which months each number counts ([`Series`](super::super::policy::Series)). What joins two years holds only
//! as far as the same was told again, so it is taken to hold wherever nothing that is published contradicts it: an
//! attacker will do the same. Where something does, those numbers are left apart.

use super::super::audit::published::OPEN;
use super::super::cleared::Place;
use super::super::error::DisclosureError;
use super::super::grid::{CellName, Grid};
use super::super::policy::Policies;
use super::known::{Joining, Known};
use super::repair;
use super::shown::{Earlier, EarlierRow, EarlierTable, EarlierTables};
use super::successive::{Months, Numbers, Successive};
use crate::aggregate::{Definition, RawTable, RawTables};
use std::collections::{BTreeMap, BTreeSet};

/// What became of another year's releases in the audit.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize)]
pub struct JoinedYear {
    pub year: i32,
    /// The digests of the manifests of its releases, oldest first.
    pub releases: Vec<String>,
    /// Numbers that the attacker has of them, and the bounds and sums of these among themselves.
    pub numbers: usize,
    pub facts: usize,
    /// Of all years together, on the latest of them: numbers that are sums of months, in an authority, and combinations of
    /// categories in one that nothing joins, because what is published contradicts their sums or no values fit those of the
    /// authority.
    pub sums: usize,
    pub contradicted: usize,
}

/// The numbers that a linear programme may change where years are joined: a sum that takes more is left out.
const NEAR: [usize; 3] = [10, 40, 200];

pub(super) fn join(
    known: &mut Known,
    raw: &RawTables,
    grid: &Grid,
    policies: &Policies,
    earlier: &Earlier,
) -> Result<(), DisclosureError> {
    let Some(reach) = policies.series.iter().flat_map(|series| &series.numbers).map(|one| one.from).max() else {
        return Ok(());
    };
    let known_years: BTreeSet<i32> = earlier.releases.iter().map(|release| release.year).collect();
    let years = known_years.into_iter().rev().filter(|year| *year < raw.year);
    let years: Vec<i32> = years.filter(|year| 12 * i64::from(raw.year - year) <= reach).collect();
    if years.is_empty() {
        return Ok(());
    }
    let numbers = Numbers::new(raw, grid, policies);
    let tables = tables_with(&numbers, raw);
    let mut placed: Vec<(u32, Months)> = Vec::new();
    for year in years {
        let releases: Vec<EarlierTables> =
            earlier.of_year(year).map(|release| narrowed(release, &tables, &numbers)).collect();
        let given: Vec<&EarlierTables> = releases.iter().collect();
        let Some(last) = given.last() else { continue };
        let mut of_year = Joining::new(raw, grid, policies, &given, &last.returns, false)?.join();
        let apart = i64::from(raw.year - year) * 12;
        let months: Vec<Option<Months>> =
            of_year.numbers.iter().map(|one| numbers.months(&one.name).map(|months| months.earlier(apart))).collect();
        for (one, months) in of_year.numbers.iter_mut().zip(&months) {
            let told_again = months
                .as_ref()
                .and_then(|months| numbers.truth(grid, one.place, months.of(), (months.from, months.to)));
            one.truth = told_again.unwrap_or(one.truth).clamp(one.low, one.high);
        }
        let mut joined = JoinedYear {
            year,
            releases: releases.into_iter().map(|release| release.name).collect(),
            ..JoinedYear::default()
        };
        // Published under definitions that no longer fit: its numbers are others' than those of now.
        if repair::repair(&mut of_year, &repair::NEIGHBOURHOODS).is_ok() {
            joined.numbers = of_year.numbers.len();
            let first = known.numbers.len() as u32;
            let found = months.into_iter().zip(&of_year.numbers).enumerate();
            let found = found.filter(|(_, (_, one))| matches!(one.place, Place::Authority(_)));
            placed.extend(found.filter_map(|(at, (months, _))| Some((first + at as u32, months?))));
            joined.facts = append(known, of_year, year);
        }
        known.years.push(joined);
    }
    add_sums(known, &Successive { raw, grid, policies, numbers: &numbers, placed: &placed });
    Ok(())
}

/// The sums over months, without those of places where no values fit all of them; where that is not to be had, none.
fn add_sums(known: &mut Known, successive: &Successive<'_>) {
    let mut without: BTreeSet<Place> = BTreeSet::new();
    let (numbers, facts) = (known.numbers.len(), known.facts.len());
    let before: Vec<i64> = known.numbers.iter().map(|one| one.truth).collect();
    let mut set_apart = true;
    while set_apart {
        let added = successive.add(known, &without);
        let repaired = repair::repair(known, &NEAR);
        if let Some(latest) = known.years.first_mut() {
            // Until values are found that fit, nothing joins the years.
            (latest.sums, latest.contradicted) = (0, added.joined + added.contradicted);
            if repaired.is_ok() {
                (latest.sums, latest.contradicted) = (added.sums, added.contradicted);
            }
        }
        let Err(places) = repaired else { return };
        known.numbers.truncate(numbers);
        known.facts.truncate(facts);
        for (one, truth) in known.numbers.iter_mut().zip(&before) {
            (one.truth, one.hidden) = (*truth, one.hidden && !one.other_year);
        }
        let count = without.len();
        without.extend(places);
        set_apart = without.len() > count;
    }
}

/// Adds what is known of another year, under names of its own, and gives the number of its bounds and sums. Nothing of it
/// needs protection but what stands in a sum with numbers of now.
fn append(known: &mut Known, of_year: Known, year: i32) -> usize {
    let named = |name: CellName| (format!("{} ({year})", name.0), name.1);
    let first = known.numbers.len() as u32;
    known.numbers.extend(of_year.numbers.into_iter().map(|one| {
        let hidden = false;
        super::known::KnownNumber { name: named(one.name), hidden, ..one }
    }));
    let before = known.facts.len();
    known.facts.extend(of_year.facts.into_iter().filter(|fact| fact.terms.len() > 1 || fact.high < OPEN).map(
        |mut fact| {
            fact.terms.iter_mut().for_each(|(at, _)| *at += first);
            (fact.sensitive, fact.about) = (None, named(fact.about));
            fact
        },
    ));
    known.facts.len() - before
}

/// The indicators that print all numbers of the series between them, those with the most rows first, each with the
/// columns that are read of it.
fn tables_with(numbers: &Numbers<'_>, raw: &RawTables) -> BTreeMap<String, Vec<String>> {
    let mut found = BTreeMap::new();
    let mut seen: BTreeSet<CellName> = BTreeSet::new();
    let rows = |table: &RawTable| table.definition.rows().len();
    let mut tables: Vec<&RawTable> = raw.tables.iter().filter(|one| one.definition.analysis.is_none()).collect();
    tables.sort_by_key(|table| (std::cmp::Reverse(rows(table)), table.definition.id.clone()));
    for table in tables {
        let (names, columns) = printed(&table.definition, numbers);
        if names.iter().any(|name| !seen.contains(name)) {
            seen.extend(names);
            found.insert(table.definition.id.clone(), columns);
        }
    }
    found
}

/// The numbers of the series that a table prints for authorities, and their columns.
fn printed(definition: &Definition, numbers: &Numbers<'_>) -> (Vec<CellName>, Vec<String>) {
    use super::super::grid::{count_name, share_name};
    let mut names = Vec::new();
    let mut columns = vec![definition.count.name.clone()];
    for row in definition.rows().iter().filter(|row| definition.at_authority(row)) {
        let shares =
            (0..definition.shares.len()).map(|share| Some(share).zip(Some(share_name(definition, row, share))));
        for (share, name) in
            shares.flatten().map(|(at, name)| (Some(at), name)).chain([(None, count_name(definition, row))])
        {
            if numbers.months(&name).is_none() {
                continue;
            }
            if let Some(column) = share.map(|at| &definition.shares[at].count).filter(|one| !columns.contains(one)) {
                columns.push(column.clone());
            }
            names.push(name);
        }
    }
    (names, columns)
}

/// A release with these tables and columns only, without authorities that were counted together with another then and
/// are not now.
fn narrowed(release: &EarlierTables, tables: &BTreeMap<String, Vec<String>>, numbers: &Numbers<'_>) -> EarlierTables {
    let one = |table: &EarlierTable, columns: &[String]| {
        let kept: Vec<usize> = (0..table.columns.len()).filter(|at| columns.contains(&table.columns[*at])).collect();
        let figures = |row: &EarlierRow| kept.iter().map(|at| row.figures[*at]).collect();
        let rows = table.rows.iter().map(|row| EarlierRow { figures: figures(row), ..row.clone() });
        let names = kept.iter().map(|at| table.columns[*at].clone());
        EarlierTable { filters: table.filters.clone(), columns: names.collect(), rows: rows.collect() }
    };
    let kept = tables.iter().filter_map(|(id, columns)| Some((id.clone(), one(release.tables.get(id)?, columns))));
    let mut returns = release.returns.clone();
    returns.retain(|code, _| !numbers.merged_then(code, release));
    EarlierTables { name: release.name.clone(), year: release.year, tables: kept.collect(), returns }
}
