//! What the attacker knows of shares: what is left beside each, what lies between two of them, and which numbers of
//! different tables are one by their definitions.

use super::super::cleared::Place;
use super::super::grid::{CellName, count_name};
use super::super::policy::{Cell, ClassDisclosure, Policies};
use super::published::{OPEN, Published, Sensitive, Table};
use crate::aggregate::RawTables;
use std::collections::BTreeMap;

/// A share that is another table's total, by a rule of the specification, is one number under two names.
pub(super) fn find_same(published: &mut Published, open: &mut [Table<'_>], raw: &RawTables) {
    let mut totals: BTreeMap<CellName, Vec<i64>> = BTreeMap::new();
    let counts = |table: &Table<'_>, row: usize, quantity: usize| -> Vec<i64> {
        (0..raw.has_return.len()).map(|place| table.truth.count(place, row, quantity)).collect()
    };
    for table in open.iter() {
        for (row, key) in table.keys.iter().enumerate().filter(|(_, key)| key.breakdown.is_none()) {
            totals.entry(count_name(table.definition, key)).or_insert_with(|| counts(table, row, 0));
        }
    }
    for table in open {
        for (number, share) in table.definition.shares.iter().enumerate() {
            let Some(population) = &share.same_as else { continue };
            for (row, key) in table.keys.iter().enumerate().filter(|(_, key)| key.breakdown.is_none()) {
                let name = (table.definition.filled(population, key), BTreeMap::new());
                let own = counts(table, row, number + 1);
                // The first table that counts it gives it the name.
                if *totals.entry(name.clone()).or_insert_with(|| own.clone()) == own {
                    published.count_relation("a share that is another table's total by a rule of the specification");
                    table.same.insert((key.clone(), number + 1), name);
                }
            }
        }
    }
}

impl Published {
    /// A share and what is left of its denominator; shares that exclude each other and what is left beside all of them.
    pub(super) fn add_shares(&mut self, table: &Table<'_>, raw: &RawTables) {
        let definition = table.definition;
        for key in &table.keys {
            let places = self.places(table, key, raw);
            let whole = table.name(key, 0);
            let mut dimensions: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
            for (number, share) in definition.shares.iter().enumerate() {
                dimensions.entry(share.dimension()).or_default().push(number);
                let part = table.name(key, number + 1);
                let base = definition.part_of(number).map_or_else(|| whole.clone(), |of| table.name(key, of + 1));
                if let Some(rest) = &share.rest {
                    let mut other = count_name(definition, key);
                    other.1.insert(definition.dimension_of(key, number), rest.clone());
                    // What is left may be a number that another table prints.
                    if self.by_name.contains_key(&other) {
                        self.relate(&base, &[part.clone(), other], &places, raw, (0, 0));
                    }
                }
                let small = if share.open_rest { 0 } else { table.policy.small };
                self.add_left(table, &base, std::slice::from_ref(&part), &places, small, raw);
                let above = definition.row_above(key).map(|above| table.name(&above, number + 1));
                let holder = definition.held_by(number).map(|holder| table.name(key, holder + 1));
                for holder in above.into_iter().chain(holder) {
                    self.add_left(table, &holder, std::slice::from_ref(&part), &places, table.policy.small, raw);
                }
            }
            for (dimension, shares) in dimensions.into_iter().filter(|(_, shares)| shares.len() > 1) {
                let parts: Vec<CellName> = shares.iter().map(|number| table.name(key, number + 1)).collect();
                if definition.exhaustive.iter().any(|known| known == dimension) {
                    self.count_relation("shares that make up the whole");
                    self.relate(&whole, &parts, &places, raw, (0, 0));
                } else {
                    self.add_left(table, &whole, &parts, &places, table.policy.small, raw);
                }
            }
        }
    }

    /// What is left of the whole beside some parts: not less than nothing, and uncertain where it is small.
    fn add_left(
        &mut self,
        table: &Table<'_>,
        whole: &CellName,
        parts: &[CellName],
        places: &[Place],
        small: i64,
        raw: &RawTables,
    ) {
        self.count_relation("a share and what is left of its denominator");
        for &place in places {
            let Some(numbers) = self.terms(whole, place, raw) else { continue };
            let mut terms: Vec<(u32, i8)> = numbers.into_iter().map(|at| (at, 1)).collect();
            let found: Option<Vec<Vec<u32>>> = parts.iter().map(|part| self.terms(part, place, raw)).collect();
            let Some(found) = found else { continue };
            terms.extend(found.into_iter().flatten().map(|at| (at, -1)));
            let left = self.truth_of(&terms);
            let all = self.truth_of(&terms[..1]);
            let authority = matches!(place, Place::Authority(_));
            let telling = table.policy.class_disclosure == ClassDisclosure::All && small > 0;
            let class = telling && left == 0 && all > 0 && parts.len() == 1;
            let sensitive = if authority && (1..=small).contains(&left) {
                Some(Sensitive::Implied)
            } else if authority && class {
                Some(Sensitive::Class)
            } else {
                None
            };
            let about = (format!("{}, what is left beside {}", whole.0, texts(parts)), whole.1.clone());
            self.add_fact(terms, 0, OPEN, sensitive, about, place);
        }
    }

    /// Numbers of different tables that add up by their definitions.
    pub(super) fn add_equations(&mut self, policies: &Policies, raw: &RawTables) {
        let authorities = (0..raw.has_return.len()).filter(|at| raw.has_return[*at]).map(Place::Authority);
        let places: Vec<Place> = authorities.chain((0..raw.geography.regions.len()).map(Place::Region)).collect();
        for equation in &policies.sums {
            let parts: Vec<CellName> = equation.parts.iter().map(Cell::name).collect();
            self.count_relation("numbers of several tables that add up by their definitions");
            self.relate(&equation.whole.name(), &parts, &places, raw, (0, 0));
        }
    }
}

fn texts(names: &[CellName]) -> String {
    names.iter().map(|name| name.1.values().cloned().collect::<Vec<_>>().join(", ")).collect::<Vec<_>>().join(" and ")
}
