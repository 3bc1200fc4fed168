//! Invented units for the real indicators: every category of every breakdown by chance, with the same units wherever two
//! indicators count one population.

use crate::aggregate::{Definition, Geography, RawTable, RawTables, Region, RowKey};
use crate::spec::Specification;
use std::collections::BTreeMap;

/// A generator whose numbers depend on nothing but its seed (SplitMix64, Steele, Lea and Flood 2014).
pub(crate) struct Chance(pub(crate) u64);

impl Chance {
    pub(crate) fn next(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((mixed ^ (mixed >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// Earlier choices are likelier, as the first categories of real tables are.
    fn choose(&mut self, from: usize) -> usize {
        let skewed = self.next() * self.next().sqrt();
        ((skewed * from as f64) as usize).min(from - 1)
    }
}

/// A unit: its place in the nest of cohorts, and a category for each column.
struct Unit {
    reach: usize,
    latest: bool,
    categories: BTreeMap<String, String>,
    chance: f64,
}

/// Those whose units can be made without knowing what they mean.
const INDICATORS: [&str; 8] =
    ["coverage", "leavers_home", "reentry", "returns", "returns_planned", "sdq", "support_post", "support_pre"];

/// Tables for the authorities of the first regions; `mean` units a year for an authority of middle size, by the first
/// topics of each indicator and its crosses.
pub(crate) fn simulated(seed: u64, regions: usize, mean: f64, topics: usize) -> RawTables {
    revised(seed, regions, mean, topics, &[])
}

/// The same tables after some authorities sent again, with about 3 units in 100 corrected.
pub(super) fn revised(seed: u64, regions: usize, mean: f64, topics: usize, again: &[usize]) -> RawTables {
    let specification = Specification::embedded().expect("the specification");
    let day = specification.latest().expect("a collection").period.end;
    let mut all: Vec<_> = specification.register.live_on(day).cloned().collect();
    all.sort_by(|one, other| one.code.cmp(&other.code));
    let mut names: Vec<Region> =
        all.iter().map(|one| Region { gss: one.region_gss.clone(), name: one.region.clone() }).collect();
    names.sort_by(|one, other| one.gss.cmp(&other.gss));
    names.dedup();
    names.truncate(regions);
    all.retain(|one| names.iter().any(|region| region.gss == one.region_gss));
    let region_of: Vec<usize> =
        all.iter().map(|one| names.iter().position(|region| region.gss == one.region_gss).expect("a region")).collect();
    let geography = Geography { authorities: all, regions: names, region_of };
    let places = geography.authorities.len();
    let mut definitions = Definition::all(&specification).expect("definitions");
    definitions.retain(|definition| INDICATORS.contains(&definition.id.as_str()));
    for definition in &mut definitions {
        let mut kept = 0;
        definition.topics.retain(|topic| {
            kept += 1;
            kept <= topics || topic.columns.len() > 1
        });
    }
    let sizes: Vec<f64> = {
        let mut chance = Chance(seed);
        (0..places).map(|_| mean * (0.2 + 2.0 * chance.next() * chance.next() + chance.next() * 0.6)).collect()
    };
    let mut populations: BTreeMap<String, Vec<Vec<Unit>>> = BTreeMap::new();
    for definition in definitions.iter().filter(|definition| definition.id != "coverage") {
        let years = if definition.filters.is_empty() { 1.0 } else { 6.0 };
        if populations.contains_key(&definition.population) {
            continue;
        }
        let followed = populations.get("returns home followed up");
        let made = (0..places)
            .map(|at| {
                // The year's returns are those between one year and three months ago, and the last three months'.
                let within = |unit: &&Unit| [4, 5].contains(&unit.reach);
                let number = match followed.filter(|_| definition.population == "returns home in the year") {
                    Some(followed) => followed[at].iter().filter(within).count() + (sizes[at] * 0.25) as usize,
                    None => (sizes[at] * years) as usize,
                };
                units(seed, definition, &definitions, at, number, again.contains(&at))
            })
            .collect();
        populations.insert(definition.population.clone(), made);
    }
    let returns: Vec<i64> = populations["returns home in the year"].iter().map(|units| units.len() as i64).collect();
    let tables = definitions
        .into_iter()
        .map(|definition| {
            let units = populations.get(&definition.population);
            let number = |at: usize, counted: &dyn Fn(&Unit) -> bool| {
                units.map_or(0, |units| units[at].iter().filter(|unit| counted(unit)).count() as i64)
            };
            let table = RawTable::with_counts(definition.clone(), places, |at, key, quantity| match units {
                None => 1,
                Some(_) if definition.id == "leavers_home" => {
                    [3 * returns[at], returns[at], returns[at] / 3, returns[at] / 2][quantity]
                }
                Some(_) => number(at, &|unit| counts(&definition, key, quantity, unit)),
            });
            table.with_nested(|at, outer, inner, share| {
                number(at, &|unit| counts(&definition, outer, share + 1, unit) && counts(&definition, inner, 0, unit))
            })
        })
        .collect();
    RawTables { year: 2026, has_return: vec![true; places], geography, tables, notes: Vec::new() }
}

fn units(seed: u64, own: &Definition, all: &[Definition], place: usize, number: usize, again: bool) -> Vec<Unit> {
    let mut chance = Chance(seed ^ (place as u64 + 1) << 20 ^ own.population.len() as u64);
    let mut columns: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for definition in all.iter().filter(|one| one.population == own.population) {
        for topic in definition.topics.iter().filter(|topic| topic.columns.len() == 1) {
            let items = topic.items.iter().map(|item| item.categories[0].clone()).collect();
            columns.insert(topic.columns[0].clone(), items);
        }
    }
    let unit = |chance: &mut Chance| {
        let mut categories: BTreeMap<String, String> =
            columns.iter().map(|(column, items)| (column.clone(), items[chance.choose(items.len())].clone())).collect();
        if let (Some(kind), Some(planned)) = (categories.get("return_type").cloned(), categories.get_mut("planned")) {
            for (ending, word) in [(", planned", "Planned"), (", unplanned", "Unplanned")] {
                if kind.ends_with(ending) {
                    *planned = word.to_owned();
                }
            }
        }
        let reach = chance.choose(7);
        Unit { reach, latest: chance.next() < 0.2, categories, chance: chance.next() }
    };
    let mut made: Vec<Unit> = (0..number).map(|_| unit(&mut chance)).collect();
    if again {
        let mut corrected = Chance(seed + 1);
        for one in made.iter_mut().filter(|one| (one.chance * 1000.0).fract() < 0.03) {
            *one = unit(&mut corrected);
        }
    }
    made
}

/// Of the cohorts of whole years the latest are those that the next cohort does not hold.
fn is_latest(follow_up: usize, unit: &Unit) -> bool {
    if [2, 3].contains(&follow_up) { unit.reach + follow_up == 5 } else { unit.latest }
}

fn counts(definition: &Definition, key: &RowKey, quantity: usize, unit: &Unit) -> bool {
    let filters = definition.filters.iter().zip(&key.filters).all(|(filter, item)| match filter.column.as_str() {
        "cohort" => *item == 0 || is_latest(key.filters[0], unit),
        _ if filter.same_units => true,
        _ if filter.nested => *item < filter.items.len() - unit.reach.min(filter.items.len()),
        _ => unit.reach % filter.items.len() <= *item && *item <= unit.reach % filter.items.len() + 2,
    });
    let categories = definition.categories_of(key);
    // A kind of what any of the units may have.
    let kind =
        definition.filters.iter().zip(&key.filters).filter(|(filter, _)| filter.same_units).map(|(_, item)| *item);
    let has_kind = kind.filter(|item| *item > 0).all(|item| (unit.chance * 97.0 * item as f64).fract() < 0.3);
    filters
        && (quantity == 0 || has_kind)
        && categories.iter().all(|(column, category)| unit.categories[column] == *category)
        && (quantity == 0
            || definition.shares.get(quantity - 1).is_none_or(|share| match share.column.as_str() {
                "is_planned" => unit.categories["planned"] == "Planned",
                "reentered" => unit.chance < 0.1 + 0.05 * key.filters[0] as f64,
                "of_concern" => unit.chance < 0.4,
                "supported_before" => (unit.chance * 7.0).fract() < 0.75,
                _ => unit.chance < 0.75,
            }))
}
