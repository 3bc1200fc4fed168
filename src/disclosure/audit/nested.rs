//! What the attacker knows of nested items of a filter: whose units lie within whose, and whose shares stay.

use super::super::cleared::Place;
use super::super::grid::{CellName, within_name};
use super::super::policy::ClassDisclosure;
use super::published::{Number, OPEN, Published, Sensitive, Table};
use crate::aggregate::{RawTables, RowKey};

impl Published {
    /// The units between two nested items, and those of a share in one of them, in both and in the other only.
    pub(super) fn add_nested(&mut self, table: &Table<'_>, raw: &RawTables) {
        let definition = table.definition;
        for (outer, inner) in definition.nested() {
            let at_authority = definition.at_authority(&outer) && definition.at_authority(&inner);
            if !at_authority {
                if definition.is_next(&outer, &inner) {
                    self.add_nested_of_regions(table, &outer, &inner, raw);
                }
                continue;
            }
            self.count_relation("two nested cohorts and the units between them");
            let (all, some) = (table.name(&outer, 0), table.name(&inner, 0));
            for place in self.places(table, &outer, raw) {
                self.add_difference(&[&all], &[&some], place, table.policy.small, &all, raw);
                for share in definition.staying() {
                    self.add_nested_share(table, (&outer, &inner), share, place, raw);
                }
            }
        }
    }

    /// Of an authority's units in both items, those that were of the share at the first: a number that nobody prints.
    fn add_nested_share(
        &mut self,
        table: &Table<'_>,
        (outer, inner): (&RowKey, &RowKey),
        share: usize,
        place: Place,
        raw: &RawTables,
    ) {
        let Place::Authority(at) = place else { return };
        let number = |name: CellName| self.terms(&name, place, raw).and_then(|terms| terms.first().copied());
        let [all, more] = [0, share + 1].map(|quantity| number(table.name(outer, quantity)));
        let [some, fewer] = [0, share + 1].map(|quantity| number(table.name(inner, quantity)));
        let (Some(all), Some(more), Some(some), Some(fewer)) = (all, more, some, fewer) else { return };
        let name = within_name(table.definition, outer, inner, share);
        let of = [outer, inner].map(|row| table.definition.population_of(row));
        self.of_two.insert(name.0.clone(), of);
        let cell = self.cell(&name);
        let truth = table.truth.within(at, table.index[outer], table.index[inner], share);
        self.numbers.push(Number { truth, low: 0, high: OPEN });
        let both = (self.numbers.len() - 1) as u32;
        self.number_of.insert((cell, place), both);
        self.count_relation("a share at two nested items and the units of it at both");
        let left = vec![(all, 1), (some, -1), (more, -1), (both, 1)];
        let class = table.policy.class_disclosure == ClassDisclosure::All;
        let all_of_them = class && self.truth_of(&left) == 0 && self.truth_of(&[(all, 1), (some, -1)]) > 0;
        let open_rest = table.definition.shares[share].open_rest;
        for (terms, what, is_rest) in [
            (vec![(both, 1)], "of the share at both", false),
            (vec![(more, 1), (both, -1)], "of the share, and not in the longer", false),
            (vec![(fewer, 1), (both, -1)], "of the share in the longer only", false),
            (left, "neither of the share nor in the longer", true),
        ] {
            let small = if is_rest && open_rest { 0 } else { table.policy.small };
            let sensitive = match self.truth_of(&terms) {
                0 if is_rest && all_of_them && !open_rest => Some(Sensitive::Class),
                left => (1..=small).contains(&left).then_some(Sensitive::Implied),
            };
            self.add_fact(terms, 0, OPEN, sensitive, (format!("{}, {what}", name.0), name.1.clone()), place);
        }
    }

    /// In a region too no cohort is larger than the one that holds it, and no fewer are left of that one.
    fn add_nested_of_regions(&mut self, table: &Table<'_>, outer: &RowKey, inner: &RowKey, raw: &RawTables) {
        self.count_relation("two nested cohorts of a region, rounded, and the units between them");
        let places: Vec<Place> = (0..raw.geography.regions.len()).map(Place::Region).collect();
        let (all, some) = (table.name(outer, 0), table.name(inner, 0));
        self.relate(&all, std::slice::from_ref(&some), &places, raw, (0, OPEN));
        for share in table.definition.staying() {
            let (more, fewer) = (table.name(outer, share + 1), table.name(inner, share + 1));
            for &place in &places {
                let signed = [(&all, 1_i8), (&fewer, 1), (&some, -1), (&more, -1)];
                let found = signed.map(|(name, sign)| {
                    let terms = self.terms(name, place, raw)?;
                    Some(terms.into_iter().map(|at| (at, sign)).collect::<Vec<_>>())
                });
                let Some(terms) = found.into_iter().collect::<Option<Vec<_>>>() else { continue };
                self.add_fact(terms.concat(), 0, OPEN, None, all.clone(), place);
            }
        }
    }
}
