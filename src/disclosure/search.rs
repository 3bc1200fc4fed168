//! Finds another table: whole numbers that fit everything published and put a hidden cell elsewhere than the truth.
//!
//! A best-first search. It moves the hidden cell, looks at the relations that no longer hold, and mends the one with the
//! fewest ways to mend it by moving another of its numbers; numbers that are shown may be moved at the price of hiding
//! them. What it finds is a proof that anybody can check by adding up, whichever way it was found.

use super::price::{Prices, holds};
use super::system::System;
use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// Another table, as its differences from the truth.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Witness {
    /// (variable, how far it moves).
    pub(super) moves: Vec<(u32, i64)>,
    /// Relations of rounded figures that must be hidden for it.
    pub(super) relaxed: Vec<u32>,
    pub(super) cost: u64,
}

/// What a search may do.
#[derive(Debug, Clone, Copy)]
pub(super) struct Effort {
    /// How many partial tables may be looked at.
    pub(super) nodes: usize,
    /// Whether shown numbers may be moved, to be hidden.
    pub(super) hide: bool,
    /// The price of hiding a rounded figure of a category, where figures may be hidden.
    pub(super) relax: Option<u64>,
    /// How much of what mending a relation will cost at least is counted in advance, in hundredths: the more, the sooner
    /// a long table is found, and the dearer it may be.
    pub(super) haste: u64,
    /// The table may cost so much at most: whatever would cost more is not looked at.
    pub(super) most: u64,
}

/// A relation that does not hold yet costs something to mend even where it hides nothing more.
const OPEN: u64 = 250;
/// Moving a total moves a part of every breakdown, so other tables can be long.
const MOST_MOVES: u16 = 1_500;
const MOST_BRANCHES: usize = 14;
/// How many open relations are looked at closely before one is mended.
const CLOSELY: usize = 3;
const RELAXED: u32 = 1 << 31;
const NONE: u32 = u32::MAX;

struct Node {
    parent: u32,
    /// A variable, or a relation with [`RELAXED`].
    moved: u32,
    by: i64,
    cost: u64,
    /// What the open relations are thought to cost.
    guess: u64,
    depth: u16,
}

/// A way to go on: what moves, by how much, the cost so far and the guess of the rest.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Step {
    priority: u64,
    moved: u32,
    by: i64,
    cost: u64,
    guess: u64,
}

/// Room for searches, kept from one to the next. The table of one node stands in it at a time.
pub(super) struct Search {
    pub(super) prices: Prices,
    residual: Vec<i64>,
    /// The relations that do not hold, and for each relation its place among them.
    open: Vec<u32>,
    place: Vec<u32>,
    moved: Vec<bool>,
    lifted: Vec<bool>,
    standing: u32,
    nodes: Vec<Node>,
    queue: BinaryHeap<Reverse<(u64, Reverse<u16>, u32)>>,
}

impl Search {
    pub(super) fn new(system: &System) -> Self {
        Self {
            prices: Prices::new(system),
            residual: vec![0; system.relations.len()],
            open: Vec::new(),
            place: vec![NONE; system.relations.len()],
            moved: vec![false; system.variables.len()],
            lifted: vec![false; system.relations.len()],
            standing: NONE,
            nodes: Vec::new(),
            queue: BinaryHeap::new(),
        }
    }

    /// Another table in which `target` is at least `width` from its truth, the cheapest that was met first.
    pub(super) fn find(&mut self, system: &System, target: u32, width: i64, effort: Effort) -> Option<Witness> {
        self.nodes.clear();
        self.queue.clear();
        for by in [width, -width] {
            if !fits(system, target, by) {
                continue;
            }
            let mut guess = 0;
            for &(relation, sign) in &system.within[target as usize] {
                guess += self.guess(system, relation, i64::from(sign) * by, effort).unwrap_or(0);
            }
            self.push(NONE, Step { priority: guess, moved: target, by, cost: 0, guess });
        }
        let found = self.look(system, effort);
        self.stand(system, NONE);
        found
    }

    fn look(&mut self, system: &System, effort: Effort) -> Option<Witness> {
        let mut left = effort.nodes;
        while let Some(Reverse((_, _, number))) = self.queue.pop() {
            if left == 0 {
                return None;
            }
            left -= 1;
            self.stand(system, number);
            if self.open.is_empty() {
                return Some(self.witness(number));
            }
            if self.nodes[number as usize].depth < MOST_MOVES {
                self.expand(system, number, effort);
            }
        }
        None
    }

    fn push(&mut self, parent: u32, step: Step) {
        let depth = if parent == NONE { 0 } else { self.nodes[parent as usize].depth + 1 };
        let Step { priority, moved, by, cost, guess } = step;
        self.nodes.push(Node { parent, moved, by, cost, guess, depth });
        self.queue.push(Reverse((priority, Reverse(depth), (self.nodes.len() - 1) as u32)));
    }

    /// Makes the table of another node stand, by way of the node that both come from.
    fn stand(&mut self, system: &System, number: u32) {
        let depth = |search: &Self, number: u32| {
            if number == NONE { -1 } else { i32::from(search.nodes[number as usize].depth) }
        };
        let mut coming = Vec::new();
        let (mut from, mut to) = (self.standing, number);
        while from != to {
            if depth(self, from) >= depth(self, to) {
                self.step(system, from, -1);
                from = self.nodes[from as usize].parent;
            } else {
                coming.push(to);
                to = self.nodes[to as usize].parent;
            }
        }
        for number in coming.into_iter().rev() {
            self.step(system, number, 1);
        }
        self.standing = number;
    }

    /// Takes one move, or takes it back.
    fn step(&mut self, system: &System, number: u32, direction: i64) {
        let Node { moved, by, .. } = self.nodes[number as usize];
        if moved & RELAXED != 0 {
            let relation = moved & !RELAXED;
            self.lifted[relation as usize] = direction > 0;
            self.note(system, relation);
            return;
        }
        self.moved[moved as usize] = direction > 0;
        for &(relation, sign) in &system.within[moved as usize] {
            self.residual[relation as usize] += i64::from(sign) * by * direction;
            self.note(system, relation);
        }
    }

    /// Notes whether a relation holds.
    fn note(&mut self, system: &System, relation: u32) {
        let at = relation as usize;
        let open = !self.lifted[at] && !holds(system, relation, self.residual[at]);
        let place = self.place[at];
        if open && place == NONE {
            self.place[at] = self.open.len() as u32;
            self.open.push(relation);
        } else if !open && place != NONE {
            self.place[at] = NONE;
            self.open.swap_remove(place as usize);
            if let Some(&other) = self.open.get(place as usize) {
                self.place[other as usize] = place;
            }
        }
    }

    /// What an open relation will cost; none when nothing can mend it.
    fn guess(&mut self, system: &System, relation: u32, residual: i64, effort: Effort) -> Option<u64> {
        Some(self.least(system, relation, residual, effort)?.map_or(0, |least| OPEN + least * effort.haste / 100))
    }

    /// The least that mending a relation costs; none inside when it holds, none when nothing can mend it.
    fn least(&mut self, system: &System, relation: u32, residual: i64, effort: Effort) -> Option<Option<u64>> {
        if holds(system, relation, residual) {
            return Some(None);
        }
        let moving = self.prices.cheapest(system, relation, residual > 0).filter(|price| effort.hide || *price == 0);
        let known = &system.relations[relation as usize];
        let lifting = effort.relax.filter(|_| known.figure.is_some()).map(|price| price * known.weight);
        moving.into_iter().chain(lifting).min().map(Some)
    }

    fn expand(&mut self, system: &System, number: u32, effort: Effort) {
        // Sums before rounded figures, and short ones before long ones: they leave the fewest ways to go on.
        let key = |relation: &u32| {
            let known = &system.relations[*relation as usize];
            (known.is_loose(), known.terms.len(), *relation)
        };
        let mut first: Vec<u32> = self.open.clone();
        if first.len() > CLOSELY {
            first.select_nth_unstable_by_key(CLOSELY - 1, key);
            first.truncate(CLOSELY);
        }
        first.sort_unstable_by_key(key);
        let mut best: Option<Vec<Step>> = None;
        for relation in first {
            let known = &system.relations[relation as usize];
            // Figures are looked at only when all sums hold.
            if best.is_some() && known.is_loose() {
                break;
            }
            let mut found = self.mends(system, number, relation, effort);
            if let Some(price) = effort.relax.filter(|_| known.figure.is_some()) {
                let node = &self.nodes[number as usize];
                let (cost, before) = (node.cost + price * known.weight, node.guess);
                let mended = self.guess(system, relation, self.residual[relation as usize], effort).unwrap_or(0);
                let guess = before.saturating_sub(mended);
                if cost <= effort.most {
                    found.push(Step { priority: cost + guess, moved: RELAXED | relation, by: 0, cost, guess });
                }
            }
            if found.is_empty() {
                return;
            }
            if best.as_ref().is_none_or(|known| found.len() < known.len()) {
                best = Some(found);
            }
        }
        let Some(mut found) = best else { return };
        found.sort_unstable();
        found.truncate(MOST_BRANCHES);
        for step in found {
            self.push(number, step);
        }
    }

    /// The moves that bring a relation back to its true sum, or towards it.
    fn mends(&mut self, system: &System, number: u32, relation: u32, effort: Effort) -> Vec<Step> {
        let residual = self.residual[relation as usize];
        let (cost, guess) = (self.nodes[number as usize].cost, self.nodes[number as usize].guess);
        let mut found = Vec::new();
        'terms: for &(variable, sign) in &system.relations[relation as usize].terms {
            let mut by = -residual * i64::from(sign);
            let Some(price) = self.prices.of(system, variable).filter(|price| effort.hide || *price == 0) else {
                continue;
            };
            if cost + price > effort.most {
                continue;
            }
            let truth = system.variables[variable as usize].truth;
            if by + truth < 0 && truth > 0 {
                // Too small to mend it alone: it gives what it has, and another gives the rest.
                by = -truth;
            }
            if self.moved[variable as usize] || !fits(system, variable, by) {
                continue;
            }
            let within = &system.within[variable as usize];
            let (mut added, mut taken) = (0, 0);
            for &(other, sign) in within {
                if self.lifted[other as usize] {
                    continue;
                }
                let before = self.residual[other as usize];
                match self.least(system, other, before + i64::from(sign) * by, effort) {
                    None => continue 'terms,
                    Some(None) => {}
                    Some(Some(least)) if cost + price + least > effort.most => continue 'terms,
                    Some(Some(least)) => added += OPEN + least * effort.haste / 100,
                }
                taken += self.guess(system, other, before, effort).unwrap_or(0);
            }
            let (cost, guess) = (cost + price, (guess + added).saturating_sub(taken));
            found.push(Step { priority: cost + guess, moved: variable, by, cost, guess });
        }
        found
    }

    fn witness(&self, mut number: u32) -> Witness {
        let mut witness = Witness { cost: self.nodes[number as usize].cost, ..Witness::default() };
        while number != NONE {
            let node = &self.nodes[number as usize];
            if node.moved & RELAXED == 0 {
                witness.moves.push((node.moved, node.by));
            } else {
                witness.relaxed.push(node.moved & !RELAXED);
            }
            number = node.parent;
        }
        witness
    }
}

fn fits(system: &System, variable: u32, by: i64) -> bool {
    let variable = &system.variables[variable as usize];
    !variable.fixed && variable.truth + by >= 0
}
