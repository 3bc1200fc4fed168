//! The protector's view of all cells of all places: variables, the relations between them, and what is hidden so far.

use super::audit::published::OPEN;
use super::grid::{Grid, Slot};
use super::round::{bounds, round};
use crate::aggregate::RawTables;
use std::collections::BTreeMap;

/// A number that is somewhere in the tables or follows from them.
#[derive(Debug, Clone)]
pub(super) struct Variable {
    /// Its cell, or [`PAST`] or [`OTHER_YEAR`].
    pub(super) slot: u32,
    /// The authority, or the region for a cell that is printed from regions upwards only; for a number of the past, its
    /// place among what is known from earlier releases; [`FIGURE`] for a figure.
    pub(super) place: u32,
    /// Where it lies; none for what belongs to England as a whole.
    pub(super) region: Option<u32>,
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

/// The slot of a number of another year.
pub(super) const OTHER_YEAR: u32 = u32::MAX - 1;

impl Variable {
    /// Whether it is a number of an earlier release and of no cell of now.
    pub(super) const fn is_past(&self) -> bool {
        self.slot >= OTHER_YEAR
    }
}

/// The place of a variable that is the sum of a region's or England's numbers, not one of them.
pub(super) const FIGURE: u32 = u32::MAX;

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
    width: i64,
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
            width: grid.width,
            base: Vec::new(),
            at_authority: grid.slots.iter().map(|slot| slot.at_authority).collect(),
        };
        for (number, slot) in grid.slots.iter().enumerate() {
            system.base.push(system.variables.len());
            let truth = &grid.truth[number];
            let variable = |place: usize, truth: i64| Variable {
                slot: number as u32,
                place: place as u32,
                region: Some(if slot.at_authority { geography.region_of[place] } else { place } as u32),
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
        system.add_at_least(grid, raw);
        system.add_figures(grid, raw);
        system.index();
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

    /// Some of the variables, with what is left of their relations while all others stay at the truth, and the numbers
    /// that both have in the whole.
    pub(super) fn part(&self, keep: impl Fn(&Variable) -> bool) -> (Self, Vec<u32>, Vec<u32>) {
        let numbers = 0..self.variables.len() as u32;
        let variables: Vec<u32> = numbers.filter(|at| keep(&self.variables[*at as usize])).collect();
        let mut inside = vec![None; self.variables.len()];
        for (number, at) in variables.iter().enumerate() {
            inside[*at as usize] = Some(number as u32);
        }
        let mut relations = Vec::new();
        let mut kept = Vec::new();
        for (number, relation) in self.relations.iter().enumerate() {
            // What a sum of the whole comes to follows from the parts: it holds none of them.
            let follows = |at: &u32| inside[*at as usize].is_none() && self.variables[*at as usize].place == FIGURE;
            if relation.terms.iter().any(|(at, _)| follows(at)) {
                continue;
            }
            let terms: Vec<(u32, i8)> =
                relation.terms.iter().filter_map(|(at, sign)| Some((inside[*at as usize]?, *sign))).collect();
            if !terms.is_empty() {
                kept.push(Relation { terms, ..relation.clone() });
                relations.push(number as u32);
            }
        }
        let mut part = Self {
            variables: variables.iter().map(|at| self.variables[*at as usize].clone()).collect(),
            relations: kept,
            within: Vec::new(),
            width: self.width,
            base: Vec::new(),
            at_authority: self.at_authority.clone(),
        };
        part.index();
        (part, variables, relations)
    }

    /// Whether it is a number of one authority, and not of a region as a whole or of the past.
    pub(super) fn is_of_authority(&self, variable: &Variable) -> bool {
        variable.place != FIGURE && self.at_authority.get(variable.slot as usize).is_some_and(|is_given| *is_given)
    }

    /// Adds to a table of a part what it moves of sums of the whole.
    pub(super) fn complete(&self, moves: &mut Vec<(u32, i64)>) {
        let mut sums: BTreeMap<u32, i64> = BTreeMap::new();
        for &(at, by) in moves.iter() {
            for &(relation, sign) in &self.within[at as usize] {
                let follower = self.relations[relation as usize].terms.last().map(|(at, _)| *at);
                let Some(follower) = follower.filter(|at| self.variables[*at as usize].place == FIGURE) else {
                    continue;
                };
                if self.variables[follower as usize].region.is_none() {
                    *sums.entry(follower).or_default() += i64::from(sign) * by;
                }
            }
        }
        moves.extend(sums.into_iter().filter(|(_, by)| *by != 0));
    }

    /// Lists for each variable the relations it is in.
    fn index(&mut self) {
        self.within = vec![Vec::new(); self.variables.len()];
        for (number, relation) in self.relations.iter().enumerate() {
            for &(variable, sign) in &relation.terms {
                self.within[variable as usize].push((number as u32, sign));
            }
        }
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

    fn add_at_least(&mut self, grid: &Grid, raw: &RawTables) {
        for (some, others) in &grid.at_least {
            let signed = || some.iter().map(|slot| (*slot, 1)).chain(others.iter().map(|slot| (*slot, -1)));
            for region in 0..raw.geography.regions.len() {
                let of = |(slot, sign)| self.in_region(raw, slot, region).into_iter().map(move |at| (at, sign));
                let terms: Vec<(u32, i8)> = signed().flat_map(of).collect();
                let left: i64 =
                    terms.iter().map(|(at, sign)| self.variables[*at as usize].truth * i64::from(*sign)).sum();
                self.relate(terms, -left, OPEN, None);
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
                    self.relate_figure(parts, slot, figure);
                }
            }
            self.relate_figure(england, slot, Figure { slot: number as u32, region: None });
        }
    }

    fn relate_figure(&mut self, parts: Vec<u32>, slot: &Slot, figure: Figure) {
        let truth: i64 = parts.iter().map(|at| self.variables[*at as usize].truth).sum();
        if (1..=slot.small).contains(&truth) && parts.len() > 1 {
            self.add_small_figure(&parts, truth, figure);
        }
        let (low, high) = bounds(round(truth, slot.round_to), slot.round_to);
        self.relate(parts.into_iter().map(|at| (at, 1)).collect(), low - truth, high - truth, Some(figure));
        let weight = match (slot.total, figure.region.is_none()) {
            (true, true) => 40,
            (true, false) => 12,
            (false, true) => 2,
            (false, false) => 1,
        };
        if let Some(relation) = self.relations.last_mut() {
            relation.weight = weight;
        }
    }

    /// A figure that stands for so few children must be uncertain like an authority's number.
    fn add_small_figure(&mut self, parts: &[u32], truth: i64, figure: Figure) {
        self.variables.push(Variable {
            slot: figure.slot,
            place: FIGURE,
            region: figure.region,
            truth,
            fixed: false,
            printed: false,
            hidden: false,
            sensitive: true,
            total: false,
            width: self.width,
        });
        let sum = (self.variables.len() - 1) as u32;
        self.relate(parts.iter().map(|at| (*at, 1)).chain([(sum, -1)]).collect(), 0, 0, None);
    }

    fn relate(&mut self, terms: Vec<(u32, i8)>, down: i64, up: i64, figure: Option<Figure>) {
        self.relations.push(Relation { terms, down, up, figure, weight: 1, relaxed: false });
    }
}
