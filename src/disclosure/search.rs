//! Finds another table: whole numbers that fit everything published and put a hidden cell elsewhere than the truth.
//!
//! A best-first search. It moves the hidden cell, looks at the relations that no longer hold, and mends the one with the
//! fewest ways to mend it by moving another of its numbers; numbers that are shown may be moved at the price of hiding
//! them. What it finds is a proof that anybody can check by adding up, whichever way it was found.

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
    /// The price of hiding a region's rounded figure of a category, where figures may be hidden.
    pub(super) relax: Option<u64>,
}

const HIDE: u64 = 1_000;
const HIDE_TOTAL: u64 = 4_000;
/// A relation that does not hold yet will cost something to mend: the weight of that guess.
const OPEN: u64 = 250;
/// Moving a total moves a part of every breakdown, so other tables can be long.
const MOST_MOVES: u16 = 400;
const MOST_BRANCHES: usize = 14;
const RELAXED: u32 = 1 << 31;

struct Node {
    parent: u32,
    /// A variable, or a relation with [`RELAXED`].
    moved: u32,
    by: i64,
    cost: u64,
    depth: u16,
}

/// Room for searches, kept from one to the next.
pub(super) struct Search {
    residual: Vec<i64>,
    touched: Vec<u32>,
    nodes: Vec<Node>,
    queue: BinaryHeap<Reverse<(u64, Reverse<u16>, u32)>>,
}

impl Search {
    pub(super) fn new(system: &System) -> Self {
        Self {
            residual: vec![0; system.relations.len()],
            touched: Vec::new(),
            nodes: Vec::new(),
            queue: BinaryHeap::new(),
        }
    }

    /// Another table in which `target` is at least `width` from its truth, the cheapest that was met first. The sum of
    /// `kept`, when given, moves with the target alone.
    pub(super) fn find(
        &mut self,
        system: &System,
        target: u32,
        width: i64,
        effort: Effort,
        kept: Option<u32>,
    ) -> Option<Witness> {
        self.nodes.clear();
        self.queue.clear();
        for by in [width, -width] {
            if fits(system, target, by) {
                self.push(u32::MAX, target, by, 0);
            }
        }
        let mut looked_at = 0;
        while let Some(Reverse((_, _, number))) = self.queue.pop() {
            looked_at += 1;
            if looked_at > effort.nodes {
                return None;
            }
            self.apply(system, number);
            let open = self.open(system, number);
            if open.is_empty() {
                self.clear();
                return Some(self.witness(number));
            }
            if self.nodes[number as usize].depth < MOST_MOVES {
                self.expand(system, number, &open, effort, kept);
            }
            self.clear();
        }
        None
    }

    fn push(&mut self, parent: u32, moved: u32, by: i64, cost: u64) -> u32 {
        let depth = if parent == u32::MAX { 0 } else { self.nodes[parent as usize].depth + 1 };
        self.nodes.push(Node { parent, moved, by, cost, depth });
        let number = (self.nodes.len() - 1) as u32;
        if parent == u32::MAX {
            self.queue.push(Reverse((cost, Reverse(depth), number)));
        }
        number
    }

    fn apply(&mut self, system: &System, mut number: u32) {
        while number != u32::MAX {
            let node = &self.nodes[number as usize];
            if node.moved & RELAXED == 0 {
                for &(relation, sign) in &system.within[node.moved as usize] {
                    self.residual[relation as usize] += i64::from(sign) * node.by;
                    self.touched.push(relation);
                }
            }
            number = node.parent;
        }
        self.touched.sort_unstable();
        self.touched.dedup();
    }

    fn clear(&mut self) {
        for relation in self.touched.drain(..) {
            self.residual[relation as usize] = 0;
        }
    }

    /// The relations that do not hold.
    fn open(&self, system: &System, number: u32) -> Vec<u32> {
        let broken = |relation: &&u32| {
            let relation = **relation as usize;
            !holds(system, relation, self.residual[relation])
        };
        let open = self.touched.iter().filter(broken).copied();
        open.filter(|relation| !self.on_path(number, RELAXED | relation)).collect()
    }

    fn on_path(&self, mut number: u32, moved: u32) -> bool {
        while number != u32::MAX {
            let node = &self.nodes[number as usize];
            if node.moved == moved {
                return true;
            }
            number = node.parent;
        }
        false
    }

    fn expand(&mut self, system: &System, number: u32, open: &[u32], effort: Effort, kept: Option<u32>) {
        // Sums before rounded figures, and short ones before long ones: they leave the fewest ways to go on.
        let mut order: Vec<u32> = open.to_vec();
        order.sort_by_key(|relation| {
            let relation = &system.relations[*relation as usize];
            (relation.is_loose(), relation.terms.len())
        });
        let mut best: Option<Vec<(u64, u32, i64, u64)>> = None;
        for (index, &relation) in order.iter().enumerate() {
            let figure = system.relations[relation as usize].figure.is_some();
            // The first few tell enough; figures are looked at only when all sums hold.
            if best.is_some() && (system.relations[relation as usize].is_loose() || index >= 3) {
                break;
            }
            let mut found = self.mends(system, number, relation, open.len(), effort, kept);
            if let Some(price) = effort.relax.filter(|_| figure) {
                let cost = self.nodes[number as usize].cost + price * system.relations[relation as usize].weight;
                found.push((cost + OPEN * (open.len() as u64 - 1), RELAXED | relation, 0, cost));
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
        for (priority, moved, by, cost) in found {
            let child = self.push(number, moved, by, cost);
            let depth = self.nodes[child as usize].depth;
            self.queue.push(Reverse((priority, Reverse(depth), child)));
        }
    }

    /// The moves that bring a relation back to its true sum: (priority, variable, by how much, cost).
    fn mends(
        &self,
        system: &System,
        number: u32,
        relation: u32,
        open: usize,
        effort: Effort,
        kept: Option<u32>,
    ) -> Vec<(u64, u32, i64, u64)> {
        let residual = self.residual[relation as usize];
        let so_far = self.nodes[number as usize].cost;
        let mut found = Vec::new();
        for &(variable, sign) in &system.relations[relation as usize].terms {
            let mut by = -residual * i64::from(sign);
            let Some(cost) = cost(system, variable, effort) else { continue };
            let truth = system.variables[variable as usize].truth;
            if by + truth < 0 && truth > 0 {
                // Too small to mend it alone: it gives what it has, and another gives the rest.
                by = -truth;
            }
            if !fits(system, variable, by) || self.on_path(number, variable) {
                continue;
            }
            let within = &system.within[variable as usize];
            if kept.is_some_and(|kept| within.iter().any(|(relation, _)| *relation == kept)) {
                continue;
            }
            let mut still_open = open as i64;
            for &(other, sign) in within {
                let before = self.residual[other as usize];
                let after = before + i64::from(sign) * by;
                still_open += i64::from(holds(system, other as usize, before));
                still_open -= i64::from(holds(system, other as usize, after));
            }
            let cost = so_far + cost;
            found.push((cost + OPEN * still_open.max(0) as u64, variable, by, cost));
        }
        found
    }

    fn witness(&self, mut number: u32) -> Witness {
        let mut witness = Witness { cost: self.nodes[number as usize].cost, ..Witness::default() };
        while number != u32::MAX {
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

fn holds(system: &System, relation: usize, residual: i64) -> bool {
    let relation = &system.relations[relation];
    relation.relaxed || (relation.down <= residual && residual <= relation.up)
}

fn fits(system: &System, variable: u32, by: i64) -> bool {
    let variable = &system.variables[variable as usize];
    !variable.fixed && variable.truth + by >= 0
}

/// What it costs to move a number; none when it may not be moved.
fn cost(system: &System, variable: u32, effort: Effort) -> Option<u64> {
    let variable = &system.variables[variable as usize];
    if variable.fixed {
        return None;
    }
    if !variable.printed || variable.hidden {
        return Some(0);
    }
    let size = (variable.truth.unsigned_abs() + 1).ilog2();
    effort.hide.then_some(if variable.total { HIDE_TOTAL } else { HIDE } + u64::from(size) * 20)
}
