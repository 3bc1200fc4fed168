//! The protector's view of all cells of all places: variables, the relations between them, and what is hidden so far.

use super::grid::Grid;
use super::round::{bounds, round};
use crate::aggregate::RawTables;

/// A number that is somewhere in the tables or follows from them.
#[derive(Debug, Clone)]
pub(super) struct Variable {
    /// Its cell, or [`PAST`].
    pub(super) slot: u32,
    /// The authority, or the region for a cell that is printed from regions upwards only; for a number of the past, its
    /// place among what is known from earlier releases.
    pub(super) place: u32,
    pub(super) truth: i64,
    /// Known to everybody whatever is hidden: an impossible cell, or a place without a return.
    pub(super) fixed: bool,
    /// An authority's printed number: known unless hidden.
    pub(super) printed: bool,
    pub(super) hidden: bool,
    pub(super) sensitive: bool,
    /// The total of its population: dearer to hide than a part.
    pub(super) total: bool,
    /// How far from the truth another table must put it, where it must stay uncertain.
    pub(super) width: i64,
}

/// The slot of a number that an earlier release had and that is another now.
pub(super) const PAST: u32 = u32::MAX;

/// A region's or England's figure of a cell, printed rounded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Figure {
    pub(super) slot: u32,
    /// None for England.
    pub(super) region: Option<u32>,
}

/// The sum of terms may move by so much from its true value.
#[derive(Debug, Clone)]
pub(super) struct Relation {
    pub(super) terms: Vec<(u32, i8)>,
    /// At most 0.
    pub(super) down: i64,
    /// At least 0.
    pub(super) up: i64,
    /// The rounded figure that it comes from; none for a sum.
    pub(super) figure: Option<Figure>,
    /// How much dearer the figure is to hide than others: England's totals are what people look at first.
    pub(super) weight: u64,
    pub(super) relaxed: bool,
}

impl Relation {
    /// Whether it leaves room, as rounding does; a sum leaves none.
    pub(super) const fn is_loose(&self) -> bool {
        self.figure.is_some() || self.down < self.up
    }
}

pub(super) struct System {
    pub(super) variables: Vec<Variable>,
    pub(super) relations: Vec<Relation>,
    /// For each variable, the relations it is in.
    pub(super) within: Vec<Vec<(u32, i8)>>,
    base: Vec<usize>,
    at_authority: Vec<bool>,
}

impl System {
    pub(super) fn new(raw: &RawTables, grid: &Grid) -> Self {
        let geography = &raw.geography;
        let mut system = Self {
            variables: Vec::new(),
            relations: Vec::new(),
            within: Vec::new(),
            base: Vec::new(),
            at_authority: grid.slots.iter().map(|slot| slot.at_authority).collect(),
        };
        for (number, slot) in grid.slots.iter().enumerate() {
            system.base.push(system.variables.len());
            let truth = &grid.truth[number];
            let variable = |place: usize, truth: i64| Variable {
                slot: number as u32,
                place: place as u32,
                truth,
                fixed: slot.impossible,
                printed: false,
                hidden: false,
                sensitive: false,
                total: slot.name.1.is_empty(),
                width: grid.width,
            };
            if slot.at_authority {
                for (place, &count) in truth.iter().enumerate() {
                    let small = (1..=slot.small).contains(&count);
                    let fixed = slot.impossible || !raw.has_return[place];
                    let sensitive = small && !fixed;
                    let printed = slot.printed;
                    system.variables.push(Variable {
                        fixed,
                        printed,
                        hidden: sensitive && printed,
                        sensitive,
                        ..variable(place, count)
                    });
                }
            } else {
                for region in 0..geography.regions.len() {
                    let count = geography.within(region).map(|at| truth[at]).sum();
                    let sensitive = slot.printed && (1..=slot.small).contains(&count);
                    system.variables.push(Variable { sensitive, ..variable(region, count) });
                }
            }
        }
        system.add_class_disclosure(grid, raw);
        system.add_sums(grid, raw);
        system.add_figures(grid, raw);
        system.within = vec![Vec::new(); system.variables.len()];
        for (number, relation) in system.relations.iter().enumerate() {
            for &(variable, sign) in &relation.terms {
                system.within[variable as usize].push((number as u32, sign));
            }
        }
        system
    }

    pub(super) fn add_variable(&mut self, variable: Variable) -> u32 {
        self.variables.push(variable);
        self.within.push(Vec::new());
        (self.variables.len() - 1) as u32
    }

    /// Adds what an earlier release says of a sum.
    pub(super) fn add_relation(&mut self, terms: Vec<(u32, i8)>, down: i64, up: i64) {
        let number = self.relations.len() as u32;
        for &(variable, sign) in &terms {
            self.within[variable as usize].push((number, sign));
        }
        self.relate(terms, down, up, None);
    }

    pub(super) fn variable(&self, slot: usize, place: usize) -> usize {
        self.base[slot] + place
    }

    /// Where all of an authority's group have the outcome, the number is hidden and what is left must stay uncertain.
    fn add_class_disclosure(&mut self, grid: &Grid, raw: &RawTables) {
        for (number, slot) in grid.slots.iter().enumerate().filter(|(_, slot)| slot.at_authority) {
            let Some((whole, rest)) = slot.class else { continue };
            for place in 0..raw.geography.authorities.len() {
                let count = grid.truth[number][place];
                if count > 0 && count == grid.truth[whole][place] {
                    let (part, rest) = (self.variable(number, place), self.variable(rest, place));
                    self.variables[part].hidden = true;
                    self.variables[part].sensitive = true;
                    self.variables[rest].sensitive = true;
                }
            }
        }
    }

    fn add_sums(&mut self, grid: &Grid, raw: &RawTables) {
        for sum in &grid.sums {
            let all = || sum.parts.iter().map(|part| (*part, 1_i8)).chain([(sum.whole, -1)]);
            let everywhere = all().all(|(slot, _)| grid.slots[slot].at_authority);
            if everywhere {
                for place in (0..raw.has_return.len()).filter(|place| raw.has_return[*place]) {
                    let terms = all().map(|(slot, sign)| (self.variable(slot, place) as u32, sign)).collect();
                    self.relate(terms, 0, 0, None);
                }
                continue;
            }
            for region in 0..raw.geography.regions.len() {
                let mut terms = Vec::new();
                for (slot, sign) in all() {
                    terms.extend(self.in_region(raw, slot, region).into_iter().map(|at| (at, sign)));
                }
                self.relate(terms, 0, 0, None);
            }
        }
    }

    /// The variables that add up to a cell in a region.
    fn in_region(&self, raw: &RawTables, slot: usize, region: usize) -> Vec<u32> {
        if self.at_authority[slot] {
            let authorities = raw.geography.within(region).filter(|at| raw.has_return[*at]);
            authorities.map(|at| self.variable(slot, at) as u32).collect()
        } else {
            vec![self.variable(slot, region) as u32]
        }
    }

    fn add_figures(&mut self, grid: &Grid, raw: &RawTables) {
        for (number, slot) in grid.slots.iter().enumerate().filter(|(_, slot)| slot.printed) {
            let mut england = Vec::new();
            for region in 0..raw.geography.regions.len() {
                let parts = self.in_region(raw, number, region);
                england.extend(parts.iter().copied());
                if !parts.is_empty() {
                    let figure = Figure { slot: number as u32, region: Some(region as u32) };
                    self.relate_figure(parts, slot.round_to, figure, slot.total);
                }
            }
            self.relate_figure(england, slot.round_to, Figure { slot: number as u32, region: None }, slot.total);
        }
    }

    fn relate_figure(&mut self, parts: Vec<u32>, round_to: i64, figure: Figure, total: bool) {
        let truth: i64 = parts.iter().map(|at| self.variables[*at as usize].truth).sum();
        let (low, high) = bounds(round(truth, round_to), round_to);
        self.relate(parts.into_iter().map(|at| (at, 1)).collect(), low - truth, high - truth, Some(figure));
        let weight = if total && figure.region.is_none() { 6 } else { 1 };
        if let Some(relation) = self.relations.last_mut() {
            relation.weight = weight;
        }
    }

    fn relate(&mut self, terms: Vec<(u32, i8)>, down: i64, up: i64, figure: Option<Figure>) {
        self.relations.push(Relation { terms, down, up, figure, weight: 1, relaxed: false });
    }
}
