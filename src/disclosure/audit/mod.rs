//! The audit: an attacker of our own, who reads what is published and tries to work out what is hidden.
//!
//! It shares no code with the protection but the rounding rule and the names of cells. From the cleared tables it lists
//! every number, its bounds and every relation that the definitions give away. Each number that must stay uncertain is
//! settled by another table: whole numbers that fit all bounds and relations and put it at least the policy's width from
//! the truth. The protection hands over the tables it found as hints, and each is checked by adding up; where none
//! holds, linear programming looks for one. What cannot be settled is a failure. So is a small number that is printed,
//! a figure that contradicts the truth, and a percentage or a mean that does not follow the policy.

mod analyses;
mod attack;
mod earlier;
mod methods;
mod nested;
pub(super) mod published;
mod reach;
mod report;
mod shares;

pub use report::{AuditReport, Settled, TableCounts};

use super::cleared::{ClearedTables, Place, Shown};
use super::earlier::{Known, moves_of_the_past};
use super::error::DisclosureError;
use super::grid::{CellName, Grid};
use super::means;
use super::policy::Policies;
use super::protect::Protection;
use crate::aggregate::{Geography, RawTables, Share};
use attack::Attack;
use published::{Published, Sensitive};
use reach::Reach;
use std::collections::{BTreeMap, BTreeSet};

/// Other tables as the protection found them, by the names of cells.
#[derive(Default)]
pub(super) struct Hints {
    cells: Vec<(CellName, bool)>,
    tables: Vec<Vec<(u32, u32, i64)>>,
    /// What each of the tables moves of the past, by the number among what is known.
    past: Vec<BTreeMap<u32, i64>>,
}

pub(super) fn hints(grid: &Grid, protection: &Protection) -> Hints {
    let variables = &protection.system.variables;
    let moves = |moves: &[(u32, i64)]| {
        let now = moves.iter().filter(|(at, _)| !variables[*at as usize].is_past());
        now.map(|(at, by)| (variables[*at as usize].slot, variables[*at as usize].place, *by)).collect()
    };
    Hints {
        cells: grid.slots.iter().map(|slot| (slot.name.clone(), slot.at_authority)).collect(),
        tables: protection.witnesses.iter().map(|witness| moves(&witness.moves)).collect(),
        past: protection
            .witnesses
            .iter()
            .map(|witness| moves_of_the_past(&protection.system, &witness.moves))
            .collect(),
    }
}

const MEANS: &str = "means of wholes set against the means of their parts, and of the year's earlier releases against those of now, with fewer units between them than have a mean";

/// Linear programmes at most; more cells than that without another table are a failure of the protection.
const PROGRAMMES: usize = 400;

pub(super) fn audit(
    tables: &ClearedTables,
    raw: &RawTables,
    policies: &Policies,
    hints: &Hints,
    known: &Known,
) -> Result<AuditReport, DisclosureError> {
    let mut published = Published::new(tables, raw, policies)?;
    check_derived(tables, policies, &mut published)?;
    let mut policy_checks = methods::check_methods(tables, raw, policies, &known.kept, &mut published)?;
    let means = means::attack(tables, raw, policies, &known.means)?;
    if means.relations > 0 {
        policy_checks.insert(MEANS.to_owned(), means.relations);
    }
    let past = published.absorb(known);
    let attack = Attack::new(&published);
    let mut reach = Reach::new(&published);
    for (table, of_the_past) in hints.tables.iter().zip(&hints.past) {
        let mut moves = numbers_of(&published, hints, table);
        moves.extend(of_the_past.iter().map(|(number, by)| (past[*number as usize], *by)));
        if let Some(moved) = attack.moved_facts(&moves) {
            reach.note(moved);
        }
    }
    let sensitive: Vec<u32> =
        (0..published.facts.len() as u32).filter(|at| published.facts[*at as usize].sensitive.is_some()).collect();
    let open: Vec<u32> = sensitive.iter().copied().filter(|fact| !reach.is_far(*fact)).collect();
    let bounds = if open.is_empty() { Vec::new() } else { attack.propagate() };
    let mut programmes = 0;
    for &fact in &open {
        if reach.is_far(fact) || programmes == PROGRAMMES {
            continue;
        }
        let (low, high) = attack.bounds_of(fact, &bounds);
        if high - low < published.width {
            continue;
        }
        programmes += 1;
        for moves in attack.programme(fact, reach.wanted(fact)) {
            if let Some(moved) = attack.moved_facts(&moves) {
                reach.note(moved);
            }
        }
    }
    let mut settled: BTreeMap<String, Settled> = BTreeMap::new();
    let mut distances: BTreeMap<i64, usize> = BTreeMap::new();
    let mut failures = Vec::new();
    let mut unsafe_numbers = BTreeSet::new();
    for &fact in &sensitive {
        let known = &published.facts[fact as usize];
        let kind = settled.entry(kind(known.sensitive).to_owned()).or_default();
        kind.numbers += 1;
        if reach.is_far(fact) {
            *distances.entry(reach.distance(fact)).or_default() += 1;
            if open.binary_search(&fact).is_ok() {
                kind.by_linear_programme += 1;
            } else {
                kind.by_other_table += 1;
            }
            continue;
        }
        let (low, high) = attack.bounds_of(fact, &bounds);
        let what = if low == high {
            kind.exact += 1;
            "it can be worked out exactly"
        } else if high - low < published.width {
            kind.within_width += 1;
            "it can be worked out to within the width"
        } else {
            kind.unsettled += 1;
            "no other table was found"
        };
        unsafe_numbers.insert(known.about.0.clone());
        failures.push((what.to_owned(), cell_text(&known.about), place_text(known.place, tables.geography())));
    }
    for (what, cells) in [
        ("a small number is printed", &published.printed_small),
        ("it contradicts the truth", &published.contradictions),
    ] {
        let told = |(cell, place): &(CellName, Place)| {
            (what.to_owned(), cell_text(cell), place_text(*place, tables.geography()))
        };
        failures.extend(cells.iter().map(told));
    }
    failures.extend(means.leaks.iter().map(|leak| {
        let table = &tables.tables()[leak.table];
        let row = &table.rows()[leak.whole.0];
        let name = (table.definition().population_of(&row.key), table.definition().categories_of(&row.key));
        let what = "the mean of a small group within it can be worked out from other means".to_owned();
        (what, cell_text(&name), place_text(row.place, tables.geography()))
    }));
    let name = |at: usize| tables.geography().authorities[at].name.clone();
    Ok(AuditReport {
        mean_leaks: means.leaks.len(),
        passed: failures.is_empty(),
        width: published.width,
        numbers: published.numbers.len(),
        uncertain_numbers: published.numbers.iter().filter(|number| number.low < number.high).count(),
        relations: published.relations.iter().map(|(kind, number)| ((*kind).to_owned(), *number)).collect(),
        facts: published.facts.len(),
        settled,
        distances,
        tables: tables.tables().iter().map(|table| (table.definition().id.clone(), count(table))).collect(),
        policy_checks,
        failures,
        printed_small: published.printed_small.len(),
        contradictions: published.contradictions.len(),
        earlier: known.releases.clone(),
        other_years: Vec::new(),
        years: known.years.clone(),
        merged: tables.merged().iter().map(|(from, to)| (name(*from), name(*to))).collect(),
        withdrawn: Vec::new(),
        unsafe_numbers,
        limits: limits(),
        is_for_readers: false,
    })
}

/// The numbers that a hint moves. What it moves that is not printed follows from those, so it is left out.
fn numbers_of(published: &Published, hints: &Hints, table: &[(u32, u32, i64)]) -> BTreeMap<u32, i64> {
    let mut moves = BTreeMap::new();
    for &(slot, place, by) in table {
        let (name, at_authority) = &hints.cells[slot as usize];
        let place = if *at_authority { Place::Authority(place as usize) } else { Place::Region(place as usize) };
        let Some(cell) = published.by_name.get(name) else { continue };
        if let Some(number) = published.number_of.get(&(*cell, place)) {
            moves.insert(*number, by);
        }
    }
    moves
}

/// Percentages follow from the counts shown beside them, and means stand only beside a count that is shown.
fn check_derived(
    tables: &ClearedTables,
    policies: &Policies,
    published: &mut Published,
) -> Result<(), DisclosureError> {
    for table in tables.tables() {
        let definition = table.definition();
        let policy = policies.of(&definition.id, &definition.policy)?;
        let merged = |place: Place| tables.merged().iter().any(|(from, _)| place == Place::Authority(*from));
        for row in table.rows().iter().filter(|row| policy.protect && merged(row.place)) {
            if row.figures.iter().any(|figure| *figure != Shown::Confidential) {
                let name = (definition.population_of(&row.key), definition.categories_of(&row.key));
                published.contradictions.push((name, row.place));
            }
        }
        let at = |name: &str| table.columns().iter().position(|column| column.name == name).unwrap_or(0);
        for row in table.rows() {
            let whole = row.figures[0].number();
            let shares = definition.shares.iter().enumerate().all(|(number, share)| {
                let of = definition.part_of(number).map(|of| at(&definition.shares[of].count));
                let whole = row.figures[of.unwrap_or(0)].number();
                let part = row.figures[at(&share.count)].number();
                match (row.figures[at(&share.percent)], part, whole) {
                    (Shown::Number(percent), Some(part), Some(whole)) => {
                        whole > 0 && (percent * whole - 100 * part).abs() * 2 <= whole
                    }
                    (Shown::Number(_) | Shown::Decimal(..), _, _) => false,
                    _ => true,
                }
            });
            let means = definition.means.iter().all(|mean| {
                let of = definition.shares.iter().find(|share| mean.of.as_ref() == Some(&share.column));
                let units = of.map_or(whole, |share| row.figures[at(&share.count)].number());
                let authority = matches!(row.place, Place::Authority(_));
                match row.figures[at(&mean.name)] {
                    Shown::Number(_) | Shown::Decimal(..) => {
                        let enough = units.is_some_and(|units| !authority || units >= policy.mean_from);
                        // An authority's mean stands beside a row that is shown as a whole: it tells of the others else.
                        let hidden = |share: &Share| row.figures[at(&share.count)] == Shown::Confidential;
                        let telling = row.key.breakdown.is_some() || definition.shares.iter().any(hidden);
                        enough && !(policy.protect && authority && telling)
                    }
                    _ => true,
                }
            });
            if !(shares && means) {
                let name = (definition.population_of(&row.key), definition.categories_of(&row.key));
                published.contradictions.push((name, row.place));
            }
        }
    }
    Ok(())
}

fn count(table: &super::cleared::ClearedTable) -> TableCounts {
    let definition = table.definition();
    let names = definition.count_names();
    let columns: Vec<usize> =
        (0..table.columns().len()).filter(|at| names.contains(&table.columns()[*at].name.as_str())).collect();
    let mut counts = TableCounts::default();
    for row in table.rows() {
        for at in &columns {
            match (row.figures[*at], row.place) {
                (Shown::Confidential, Place::Authority(_)) => counts.hidden += 1,
                (Shown::Confidential, _) => counts.hidden_figures += 1,
                (Shown::Number(_), Place::Authority(_)) => counts.shown += 1,
                _ => {}
            }
        }
    }
    counts
}

const fn kind(sensitive: Option<Sensitive>) -> &'static str {
    match sensitive {
        Some(Sensitive::Hidden) | None => report::HIDDEN,
        Some(Sensitive::Implied) => "small counts that follow by subtraction",
        Some(Sensitive::Class) => "groups all of whose children have the outcome",
        Some(Sensitive::SmallFigure) => "small figures of regions and England",
        Some(Sensitive::Earlier) => "hidden numbers of earlier releases that are other numbers now",
        Some(Sensitive::OtherYear) => "numbers of other years that stand in a sum with numbers of this one",
    }
}

fn cell_text(cell: &CellName) -> String {
    let categories: Vec<String> =
        cell.1.iter().map(|(dimension, category)| format!("{dimension} = {category}")).collect();
    if categories.is_empty() { cell.0.clone() } else { format!("{} ({})", cell.0, categories.join("; ")) }
}

fn place_text(place: Place, geography: &Geography) -> String {
    match place {
        Place::England => "England".to_owned(),
        Place::Region(region) => geography.regions[region].name.clone(),
        Place::Authority(at) => geography.authorities[at].name.clone(),
    }
}

fn limits() -> Vec<String> {
    [
        "Means are attacked among themselves (a whole's, its parts' and what is left; those of the year's earlier releases and those of now), with the numbers of units that are shown; they are not in the linear programme of counts. Medians are not attacked: they are shown for authorities' totals only, from the policy's number of children on, and beside a count that is shown.",
        "Curves, tests and models are not set against those of the year's earlier releases figure by figure: a line is made anew only when the authorities that sent again since it was made have as many units, events and units without one in it as a group must have to be shown, and stands as it stood until then, which is checked. Those of other years rest on other cohorts and are not compared.",
        "Analyses of England as a whole are not in the relations: each of their groups, and all others beside it, is held to the policy's least numbers of units and events, and what they count is rounded.",
        "Of follow-up points that are not next to each other, the number that came back by the first and is still counted at the second is related to those two points only, and to none between them. Of regions' and England's rounded rows no number between two points is held to be uncertain: what is related is that none is below nothing.",
        "The least and greatest value of a hidden number are not computed where another table already settles it: the distance given is what is proved, and the true uncertainty may be larger.",
    ]
    .map(str::to_owned)
    .to_vec()
}
