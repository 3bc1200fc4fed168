//! Chooses what to hide: first what policy names, then as few further cells as give every hidden one another table.

use super::earlier::{self, Known};
use super::grid::Grid;
use super::programme;
use super::search::{Effort, Search, Witness};
use super::system::{Figure, PAST, System};
use crate::aggregate::RawTables;
use std::collections::{BTreeMap, BTreeSet};

/// What is hidden, with a witness for each hidden cell.
pub(super) struct Protection {
    pub(super) system: System,
    /// Regions' and England's figures that had to be hidden.
    pub(super) figures: BTreeSet<Figure>,
    pub(super) witnesses: Vec<Witness>,
}

const EASY: Effort = Effort { nodes: 60, hide: false, relax: None };
const CHEAP: Effort = Effort { nodes: 400, hide: true, relax: None };
const DEAR: Effort = Effort { nodes: 1_000, hide: true, relax: None };
/// Where no table is found among the authorities, a region's or England's figure goes.
const LAST: Effort = Effort { nodes: 500, hide: true, relax: Some(1_500) };
const DESPERATE: Effort = Effort { nodes: 4_000, hide: true, relax: Some(200) };
/// Few numbers come so far; each that does is worth the time, because one that is left stops the release.
const ENDLESS: Effort = Effort { nodes: 40_000, hide: true, relax: Some(50) };
const EFFORTS: [Effort; 6] = [EASY, CHEAP, DEAR, LAST, DESPERATE, ENDLESS];
/// A number of the past may have been no more uncertain than this in its own release: the audit knows.
const LAST_OF_THE_PAST: usize = 60;
const AGAIN: Effort = Effort { nodes: 600, hide: false, relax: None };

struct Protector<'a> {
    system: System,
    search: Search,
    width: i64,
    figures: BTreeSet<Figure>,
    witnesses: Vec<Option<Witness>>,
    /// For each variable, the witnesses that move it at all, and those that move it far enough.
    moving: Vec<Vec<u32>>,
    covering: Vec<Vec<u32>>,
    grid: &'a Grid,
    /// Whether earlier releases of the year have settled most of what is hidden.
    is_revision: bool,
}

pub(super) fn protect(raw: &RawTables, grid: &Grid, known: &Known) -> Protection {
    let mut system = System::new(raw, grid);
    let hidden_before = earlier::join(&mut system, grid, raw, known);
    let primary: BTreeSet<usize> = hidden(&system).collect();
    let search = Search::new(&system);
    let none = vec![Vec::new(); system.variables.len()];
    let mut protector = Protector {
        system,
        search,
        width: grid.width,
        figures: hidden_before.into_iter().collect(),
        witnesses: Vec::new(),
        moving: none.clone(),
        covering: none,
        grid,
        is_revision: !known.numbers.is_empty(),
    };
    let targets: Vec<usize> = (0..protector.system.variables.len())
        .filter(|at| protector.system.variables[*at].sensitive || primary.contains(at))
        .collect();
    protector.cover(&targets);
    protector.reveal(&primary);
    protector.cover_small_figures();
    // Whatever lost its table on the way gets another.
    let needed: Vec<usize> = (0..protector.system.variables.len()).filter(|at| protector.needs_another(*at)).collect();
    protector.cover(&needed);
    Protection {
        system: protector.system,
        figures: protector.figures,
        witnesses: protector.witnesses.into_iter().flatten().collect(),
    }
}

fn hidden(system: &System) -> impl Iterator<Item = usize> {
    system.variables.iter().enumerate().filter(|(_, variable)| variable.hidden).map(|(at, _)| at)
}

impl Protector<'_> {
    fn needs_another(&self, at: usize) -> bool {
        let variable = &self.system.variables[at];
        (variable.hidden || variable.sensitive) && self.covering[at].is_empty()
    }

    fn width_of(&self, at: usize) -> i64 {
        self.system.variables[at].width
    }

    fn cover(&mut self, targets: &[usize]) {
        for effort in EFFORTS {
            if self.is_revision && effort.nodes == CHEAP.nodes {
                self.cover_by_programme(targets);
            }
            for &target in targets {
                let given_up = self.system.variables[target].slot == PAST && effort.nodes > LAST_OF_THE_PAST;
                if self.covering[target].is_empty()
                    && !given_up
                    && let Some(witness) =
                        self.search.find(&self.system, target as u32, self.width_of(target), effort, None)
                {
                    self.keep(witness);
                }
            }
        }
    }

    /// What earlier releases have settled leaves little to choose: tables among what is hidden come before hiding more.
    fn cover_by_programme(&mut self, targets: &[usize]) {
        for &target in targets {
            if self.covering[target].is_empty()
                && let Some(witness) = programme::find(&self.system, target as u32)
            {
                self.keep(witness);
            }
        }
    }

    fn keep(&mut self, witness: Witness) {
        for &(variable, by) in &witness.moves {
            let variable = variable as usize;
            if self.system.variables[variable].printed {
                self.system.variables[variable].hidden = true;
            }
            self.moving[variable].push(self.witnesses.len() as u32);
            if by.abs() >= self.width_of(variable) {
                self.covering[variable].push(self.witnesses.len() as u32);
            }
        }
        for &relation in &witness.relaxed {
            self.system.relations[relation as usize].relaxed = true;
            self.figures.extend(self.system.relations[relation as usize].figure);
        }
        self.witnesses.push(Some(witness));
    }

    /// Shows again what turned out not to be needed, the largest numbers first.
    fn reveal(&mut self, primary: &BTreeSet<usize>) {
        let mut secondary: Vec<usize> = hidden(&self.system).filter(|at| !primary.contains(at)).collect();
        secondary.sort_by_key(|at| {
            let variable = &self.system.variables[*at];
            std::cmp::Reverse((variable.total, variable.truth))
        });
        for at in secondary {
            self.try_to_reveal(at);
        }
    }

    fn try_to_reveal(&mut self, at: usize) {
        let using: BTreeSet<u32> = self.moving[at].iter().copied().collect();
        // Cells that only these witnesses cover need others that leave this one where it is.
        let mut orphans: BTreeSet<usize> = BTreeSet::new();
        for number in &using {
            let Some(witness) = &self.witnesses[*number as usize] else { continue };
            for &(variable, _) in &witness.moves {
                let variable = variable as usize;
                let needs = self.system.variables[variable].hidden || self.system.variables[variable].sensitive;
                let covered = !self.covering[variable].is_empty();
                if variable != at
                    && needs
                    && covered
                    && self.covering[variable].iter().all(|other| using.contains(other))
                {
                    orphans.insert(variable);
                }
            }
        }
        self.system.variables[at].hidden = false;
        let mut found: Vec<Witness> = Vec::new();
        for orphan in orphans {
            let width = self.width_of(orphan);
            let far = |(moved, by): &(u32, i64)| *moved as usize == orphan && by.abs() >= width;
            if found.iter().any(|witness| witness.moves.iter().any(far)) {
                continue;
            }
            match self.search.find(&self.system, orphan as u32, width, AGAIN, None) {
                Some(witness) => found.push(witness),
                None => {
                    self.system.variables[at].hidden = true;
                    return;
                }
            }
        }
        for number in using {
            if let Some(witness) = self.witnesses[number as usize].take() {
                for (variable, _) in witness.moves {
                    self.moving[variable as usize].retain(|other| *other != number);
                    self.covering[variable as usize].retain(|other| *other != number);
                }
            }
        }
        for witness in found {
            self.keep(witness);
        }
    }

    /// A region's or England's figure that stands for so few children must be uncertain by the width too; where the
    /// authorities below it leave no room, the figure itself is hidden.
    fn cover_small_figures(&mut self) {
        let mut moved: BTreeMap<u32, i64> = BTreeMap::new();
        for witness in self.witnesses.iter().flatten() {
            let mut sums: BTreeMap<u32, i64> = BTreeMap::new();
            for &(variable, by) in &witness.moves {
                for &(relation, sign) in &self.system.within[variable as usize] {
                    if self.system.relations[relation as usize].figure.is_some() {
                        *sums.entry(relation).or_default() += i64::from(sign) * by;
                    }
                }
            }
            for (relation, by) in sums {
                let furthest = moved.entry(relation).or_default();
                *furthest = (*furthest).max(by.abs());
            }
        }
        for number in 0..self.system.relations.len() {
            let relation = &self.system.relations[number];
            let Some(figure) = relation.figure else { continue };
            let truth: i64 = relation.terms.iter().map(|(at, _)| self.system.variables[*at as usize].truth).sum();
            let small = (1..=self.grid.slots[figure.slot as usize].small).contains(&truth);
            if !small || moved.get(&(number as u32)).is_some_and(|by| *by >= self.width) {
                continue;
            }
            let terms: Vec<u32> = relation.terms.iter().map(|(at, _)| *at).collect();
            if let Some(witness) = self.move_figure(number as u32, &terms, &[EASY, CHEAP, DEAR]) {
                self.keep(witness);
                continue;
            }
            self.system.relations[number].relaxed = true;
            self.figures.insert(figure);
            // Hidden, it must not follow from the figures around it either.
            if let Some(witness) = self.move_figure(number as u32, &terms, &EFFORTS) {
                self.keep(witness);
            }
        }
    }

    /// Another table in which one of the figure's numbers moves and no other of them does.
    fn move_figure(&mut self, relation: u32, terms: &[u32], efforts: &[Effort]) -> Option<Witness> {
        efforts.iter().find_map(|effort| {
            terms.iter().find_map(|at| {
                let variable = &self.system.variables[*at as usize];
                let open = effort.hide || !variable.printed || variable.hidden;
                if open { self.search.find(&self.system, *at, self.width, *effort, Some(relation)) } else { None }
            })
        })
    }
}
