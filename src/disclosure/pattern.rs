//! The pattern of what is hidden in a system, and the other tables that make each hidden number uncertain.

use super::blocks::Part;
use super::hiding;
use super::improve::Shuffle;
use super::price::{price, price_of_figure};
use super::programme;
use super::protect::Protection;
use super::search::{Effort, Search, Witness};
use super::system::{OTHER_YEAR, PAST, System, Variable};
use std::collections::{BTreeMap, BTreeSet};

/// Among what is hidden already.
const EASY: Effort = Effort { nodes: 1_000, hide: false, relax: None, haste: 100, most: u64::MAX };
const CHEAP: Effort = Effort { nodes: 2_000, hide: true, relax: None, haste: 500, most: u64::MAX };
/// Where no table is found among the authorities, a region's or England's figure goes.
const DEAR: Effort = Effort { nodes: 2_000, hide: true, relax: Some(1_000), haste: 300, most: u64::MAX };
const LAST: Effort = Effort { nodes: 2_000, hide: true, relax: Some(1_000), haste: 100, most: u64::MAX };
const DESPERATE: Effort = Effort { nodes: 8_000, hide: true, relax: Some(50), haste: 150, most: u64::MAX };
const EFFORTS: [Effort; 5] = [EASY, CHEAP, DEAR, LAST, DESPERATE];
/// Few numbers come so far; each that does is worth the time, because one that is left stops the release.
const ENDLESS: [Effort; 2] = [
    Effort { nodes: 40_000, hide: true, relax: Some(50), haste: 400, most: u64::MAX },
    Effort { nodes: 40_000, hide: true, relax: Some(4), haste: 100, most: u64::MAX },
];
/// So many numbers at most are left to linear programming: the audit would do no more for them.
const PROGRAMMES: usize = 400;
/// And so many to the endless searches.
const LEFT: usize = 60;
/// Where more than [`PROGRAMMES`] are left, and more than one in so many of all that must be uncertain, the tables are too
/// small to be protected whole, and looking on would only take time.
const HOPELESS: usize = 50;
pub(super) const AGAIN: Effort = Effort { nodes: 4_000, hide: false, relax: None, haste: 100, most: u64::MAX };
/// A number of the past may have been no more uncertain than this in its own release: the audit knows.
const LAST_OF_THE_PAST: usize = 1_000;

pub(super) struct Pattern {
    pub(super) system: System,
    search: Search,
    /// Hidden by policy: never shown again.
    primary: Vec<bool>,
    /// Figures that were hidden before: never shown again either.
    kept_hidden: Vec<bool>,
    /// Whether so many numbers are left without another table that looking on would only take time.
    gave_up: bool,
    /// Whether earlier releases of the year have settled most of what is hidden.
    is_revision: bool,
    pub(super) witnesses: Vec<Option<Witness>>,
    /// For each variable, the witnesses that move it at all, and those that move it far enough.
    moving: Vec<Vec<u32>>,
    covering: Vec<Vec<u32>>,
    /// For each hidden figure, the witnesses that need it hidden.
    lifting: BTreeMap<u32, Vec<u32>>,
}

impl Pattern {
    pub(super) fn new(system: System, is_revision: bool) -> Self {
        let none = vec![Vec::new(); system.variables.len()];
        Self {
            search: Search::new(&system),
            primary: system.variables.iter().map(|variable| variable.hidden).collect(),
            witnesses: Vec::new(),
            moving: none.clone(),
            covering: none,
            lifting: BTreeMap::new(),
            kept_hidden: system.relations.iter().map(|relation| relation.relaxed).collect(),
            gave_up: false,
            is_revision,
            system,
        }
    }

    /// Hides what it takes to make every number uncertain that must be, and shows again what it does not take. Gives how
    /// many numbers were left where the search was given up, and shows nothing again then.
    pub(super) fn protect(&mut self) -> usize {
        self.cover_needed();
        if self.gave_up {
            return self.needed().len();
        }
        self.reveal();
        self.improve();
        0
    }

    /// Covers what only the whole can, and mends what the parts did twice; and all of the regions that were given up with
    /// so many numbers left.
    pub(super) fn finish(&mut self, given_up: &BTreeMap<u32, usize>) {
        let was_mended = |variable: &Variable| !variable.region.is_some_and(|region| given_up.contains_key(&region));
        let before: Vec<bool> =
            self.system.variables.iter().map(|variable| variable.hidden && was_mended(variable)).collect();
        self.gave_up = self.is_hopeless(given_up.values().sum());
        self.cover_needed();
        if self.gave_up {
            return;
        }
        if self.needed().len() <= PROGRAMMES {
            self.cover_by_programme(&self.needed());
        }
        if self.needed().len() <= LEFT {
            self.cover(&self.needed(), &ENDLESS);
            self.cover_needed();
        }
        self.reveal_figures();
        for (at, was_hidden) in before.into_iter().enumerate() {
            if self.is_companion(at) && !was_hidden {
                self.without(&[at], &[], AGAIN);
            }
        }
    }

    /// Hidden to protect others, and not by policy.
    pub(super) fn is_companion(&self, at: usize) -> bool {
        self.system.variables[at].hidden && !self.primary[at]
    }

    pub(super) fn companions(&self) -> Vec<usize> {
        (0..self.system.variables.len()).filter(|at| self.is_companion(*at)).collect()
    }

    pub(super) fn into_protection(self) -> Protection {
        let relaxed = self.system.relations.iter().filter(|relation| relation.relaxed);
        let given_up = if self.gave_up { self.needed() } else { Vec::new() };
        Protection {
            given_up: given_up.into_iter().map(|at| self.system.variables[at].slot).collect(),
            figures: relaxed.filter_map(|relation| relation.figure).collect(),
            system: self.system,
            witnesses: self.witnesses.into_iter().flatten().collect(),
        }
    }

    /// Takes over what was found for a part of the system.
    pub(super) fn add(&mut self, part: Part) {
        for relation in part.relaxed {
            self.system.relations[relation as usize].relaxed = true;
        }
        for mut witness in part.witnesses {
            self.system.complete(&mut witness.moves);
            self.keep(witness);
        }
    }

    fn needs(&self, at: usize) -> bool {
        let variable = &self.system.variables[at];
        variable.hidden || variable.sensitive
    }

    fn needs_another(&self, at: usize) -> bool {
        self.needs(at) && self.covering[at].is_empty()
    }

    fn needed(&self) -> Vec<usize> {
        (0..self.system.variables.len()).filter(|at| self.needs_another(*at)).collect()
    }

    /// Whatever has no other table gets one, and so does what is hidden for it.
    fn cover_needed(&mut self) {
        let mut before = usize::MAX;
        loop {
            let needed = self.needed();
            if self.gave_up || needed.is_empty() || needed.len() >= before {
                break;
            }
            before = needed.len();
            self.cover(&needed, &EFFORTS);
            if !self.gave_up {
                self.cover_by_hiding(&needed);
            }
        }
    }

    fn cover(&mut self, targets: &[usize], efforts: &[Effort]) {
        for &effort in efforts {
            if self.is_revision && effort.nodes == CHEAP.nodes {
                self.cover_by_programme(targets);
            }
            if !self.is_revision && effort.nodes == DESPERATE.nodes {
                let left = targets.iter().filter(|at| self.covering[**at].is_empty()).count();
                self.gave_up = self.is_hopeless(left);
                if self.gave_up {
                    return;
                }
            }
            for &target in targets {
                let most = match self.system.variables[target].slot {
                    PAST => LAST_OF_THE_PAST,
                    OTHER_YEAR => LAST.nodes,
                    _ => usize::MAX,
                };
                let given_up = effort.nodes > most;
                if self.covering[target].is_empty()
                    && !given_up
                    && let Some(witness) = self.find(target, effort)
                {
                    self.keep(witness);
                }
            }
        }
    }

    fn is_hopeless(&self, left: usize) -> bool {
        let all = (0..self.system.variables.len()).filter(|at| self.needs(*at)).count();
        left > PROGRAMMES && left * HOPELESS > all
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

    /// Whatever no search came to. Of the past the audit knows how uncertain it was.
    fn cover_by_hiding(&mut self, targets: &[usize]) {
        for &target in targets {
            if self.covering[target].is_empty()
                && !self.system.variables[target].is_past()
                && let Some(witness) = hiding::find(&self.system, target as u32)
            {
                self.keep(witness);
            }
        }
    }

    fn is_far(&self, at: usize, by: i64) -> bool {
        by.abs() >= self.system.variables[at].width
    }

    fn find(&mut self, target: usize, effort: Effort) -> Option<Witness> {
        self.search.find(&self.system, target as u32, self.system.variables[target].width, effort)
    }

    fn set_hidden(&mut self, variable: usize, hidden: bool) {
        self.system.variables[variable].hidden = hidden;
        self.search.prices.changed(&self.system, variable);
    }

    fn keep(&mut self, witness: Witness) {
        let number = self.witnesses.len() as u32;
        for &relation in &witness.relaxed {
            self.system.relations[relation as usize].relaxed = true;
        }
        let mut sums: BTreeMap<u32, i64> = BTreeMap::new();
        for &(variable, by) in &witness.moves {
            let variable = variable as usize;
            if self.system.variables[variable].printed && !self.system.variables[variable].hidden {
                self.set_hidden(variable, true);
            }
            self.moving[variable].push(number);
            if self.is_far(variable, by) {
                self.covering[variable].push(number);
            }
            for &(relation, sign) in &self.system.within[variable] {
                if self.system.relations[relation as usize].relaxed {
                    *sums.entry(relation).or_default() += i64::from(sign) * by;
                }
            }
        }
        for (relation, by) in sums {
            let known = &self.system.relations[relation as usize];
            if by < known.down || known.up < by {
                self.lifting.entry(relation).or_default().push(number);
            }
        }
        self.witnesses.push(Some(witness));
    }

    fn forget(&mut self, number: u32) {
        let Some(witness) = self.witnesses[number as usize].take() else { return };
        for (variable, _) in witness.moves {
            self.moving[variable as usize].retain(|other| *other != number);
            self.covering[variable as usize].retain(|other| *other != number);
        }
        for users in self.lifting.values_mut() {
            users.retain(|other| *other != number);
        }
    }

    /// Shows again what turned out not to be needed, the largest numbers first.
    fn reveal(&mut self) {
        self.reveal_figures();
        let mut companions = self.companions();
        companions.sort_by_key(|at| {
            let variable = &self.system.variables[*at];
            std::cmp::Reverse((variable.total, variable.truth))
        });
        for at in companions {
            self.without(&[at], &[], AGAIN);
        }
    }

    /// Whether it is hidden, and was not before.
    pub(super) fn is_hidden_figure(&self, relation: u32) -> bool {
        self.system.relations[relation as usize].relaxed && !self.kept_hidden[relation as usize]
    }

    pub(super) fn hidden_figures(&self) -> Vec<u32> {
        (0..self.system.relations.len() as u32).filter(|at| self.is_hidden_figure(*at)).collect()
    }

    fn reveal_figures(&mut self) {
        let mut figures = self.hidden_figures();
        figures.sort_by_key(|at| std::cmp::Reverse(self.system.relations[*at as usize].weight));
        for at in figures {
            self.without(&[], &[at], AGAIN);
        }
    }

    /// Shows some hidden numbers and figures, if other tables can be found for all that relied on them at a lower
    /// price; gives the numbers that are hidden instead. Leaves everything as it was otherwise.
    pub(super) fn without(&mut self, numbers: &[usize], figures: &[u32], effort: Effort) -> Option<Vec<usize>> {
        self.exchange(numbers, figures, effort, None)
    }

    /// As [`Self::without`]; with an order, what relied on them is covered in that order and the same price will do.
    pub(super) fn exchange(
        &mut self,
        numbers: &[usize],
        figures: &[u32],
        effort: Effort,
        order: Option<&mut Shuffle>,
    ) -> Option<Vec<usize>> {
        let mut using: BTreeSet<u32> = numbers.iter().flat_map(|at| self.moving[*at].iter().copied()).collect();
        using.extend(figures.iter().filter_map(|at| self.lifting.get(at)).flatten());
        // Cells that only these witnesses cover need others that leave these numbers where they are.
        let mut orphans: BTreeSet<usize> = BTreeSet::new();
        for number in &using {
            let Some(witness) = &self.witnesses[*number as usize] else { continue };
            for &(variable, _) in &witness.moves {
                let at = variable as usize;
                let shown = numbers.contains(&at) && !self.system.variables[at].sensitive;
                if !shown
                    && self.needs(at)
                    && !self.covering[at].is_empty()
                    && self.covering[at].iter().all(|other| using.contains(other))
                {
                    orphans.insert(at);
                }
            }
        }
        let mut worth = 0;
        for &at in numbers {
            worth += price(&self.system, at);
            self.set_hidden(at, false);
        }
        for &at in figures {
            worth += price_of_figure(&self.system, at as usize);
            self.system.relations[at as usize].relaxed = false;
        }
        let (mut hidden, mut relaxed): (Vec<usize>, Vec<u32>) = (Vec::new(), Vec::new());
        let mut orphans: Vec<usize> = orphans.into_iter().rev().collect();
        let most = if let Some(order) = order {
            order.shuffle(&mut orphans);
            worth
        } else {
            worth.saturating_sub(1)
        };
        let found = self.cover_orphans(orphans, Effort { most, ..effort }, &mut hidden, &mut relaxed);
        let Some(found) = found else {
            for at in hidden {
                self.set_hidden(at, false);
            }
            for at in relaxed {
                self.system.relations[at as usize].relaxed = false;
            }
            for &at in numbers {
                self.set_hidden(at, true);
            }
            for &at in figures {
                self.system.relations[at as usize].relaxed = true;
            }
            return None;
        };
        for number in using {
            self.forget(number);
        }
        for witness in found {
            self.keep(witness);
        }
        Some(hidden)
    }

    /// Other tables for these numbers, the last first, and for those hidden on the way, for a price at most.
    fn cover_orphans(
        &mut self,
        mut waiting: Vec<usize>,
        mut effort: Effort,
        hidden: &mut Vec<usize>,
        relaxed: &mut Vec<u32>,
    ) -> Option<Vec<Witness>> {
        let mut found: Vec<Witness> = Vec::new();
        let mut covered: BTreeSet<usize> = BTreeSet::new();
        while let Some(orphan) = waiting.pop() {
            if covered.contains(&orphan) {
                continue;
            }
            let witness = self.find(orphan, effort)?;
            effort.most -= witness.cost;
            for &(variable, by) in &witness.moves {
                let at = variable as usize;
                if self.system.variables[at].printed && !self.system.variables[at].hidden {
                    self.set_hidden(at, true);
                    hidden.push(at);
                    waiting.push(at);
                }
                if self.is_far(at, by) {
                    covered.insert(at);
                }
            }
            for &at in &witness.relaxed {
                self.system.relations[at as usize].relaxed = true;
                relaxed.push(at);
            }
            found.push(witness);
        }
        Some(found)
    }
}
