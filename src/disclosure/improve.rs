//! Exchanges what is hidden to protect others for what does it at a lower price: a large-neighbourhood search.
//!
//! Companions are first chosen for one number after the other, and serve each other badly. Here a few of them are taken
//! away, and whatever relied on them is covered anew, in a random order; the new pattern stays where it costs no more.
//! Steps that cost the same lead out of dead ends. The method is Shaw's (Using constraint programming and local search
//! methods to solve vehicle routing problems, CP 1998, doi 10.1007/3-540-49481-2_30). One or two at a time hid fewest on
//! the invented case A; sets of up to 3, 4, 6, 8 and 16 were tried.
//!
//! How much is tried is counted in companions, never by the clock, and the random order has one seed: the same system
//! gives the same pattern, and the work grows as what is hidden.

use super::pattern::{AGAIN, Pattern};
use super::price::{price, price_of_figure};
use super::search::Effort;
use std::collections::BTreeSet;

const INSTEAD: Effort = Effort { nodes: 2_000, hide: true, relax: None, haste: 500, most: u64::MAX };
const EXCHANGE: Effort = Effort { nodes: 700, hide: true, relax: Some(1_000), haste: 500, most: u64::MAX };
/// How many companions in one place are taken away together at most.
const TOGETHER: usize = 12;
/// How often each companion and each hidden figure is tried with another.
const ROUNDS: usize = 4;
/// Where so many are tried, a round that brings the price down by less than one in [`WORTHWHILE`] is the last; of fewer
/// a round without gain is chance.
const MANY: usize = 400;
const WORTHWHILE: u64 = 250;

impl Pattern {
    /// Looks for a cheaper pattern for as long as it pays.
    pub(super) fn improve(&mut self) {
        self.exchange_places();
        let mut order = Shuffle::default();
        let mut before = self.price();
        for _ in 0..ROUNDS {
            self.exchange_pairs(&mut order);
            let after = self.price();
            if self.companions().len() > MANY && (before - after) * WORTHWHILE < before {
                break;
            }
            before = after;
        }
    }

    /// What all that is hidden beside the policy's numbers costs.
    fn price(&self) -> u64 {
        let numbers = self.companions().into_iter().map(|at| price(&self.system, at));
        let figures = self.hidden_figures().into_iter().map(|at| price_of_figure(&self.system, at as usize));
        numbers.chain(figures).sum()
    }

    /// Takes companions away together with their neighbours in the same place, where others at a lower price will do.
    fn exchange_places(&mut self) {
        for first in self.companions() {
            let together = self.neighbours(first);
            if self.is_companion(first) && together.len() > 1 {
                let hidden = self.without(&together, &[], INSTEAD);
                self.show_unneeded(hidden);
            }
        }
    }

    /// Takes each companion and each hidden figure away, alone or with another, where others at no higher price will do.
    fn exchange_pairs(&mut self, order: &mut Shuffle) {
        let numbers = self.companions().into_iter().map(|at| (vec![at], Vec::new()));
        let figures = self.hidden_figures().into_iter().map(|at| (Vec::new(), vec![at]));
        let mut all: Vec<(Vec<usize>, Vec<u32>)> = numbers.chain(figures).collect();
        order.shuffle(&mut all);
        for (mut numbers, mut figures) in all {
            // Earlier steps may have shown it.
            let is_hidden =
                numbers.iter().all(|at| self.is_companion(*at)) && figures.iter().all(|at| self.is_hidden_figure(*at));
            if !is_hidden {
                continue;
            }
            if order.below(2) == 0 {
                self.join(&mut numbers, &mut figures, order);
            }
            let hidden = self.exchange(&numbers, &figures, EXCHANGE, Some(order));
            self.show_unneeded(hidden);
        }
    }

    /// Adds a companion that shares a relation with the number, or is in the figure; or the hidden figure of the relation.
    fn join(&self, numbers: &mut Vec<usize>, figures: &mut Vec<u32>, order: &mut Shuffle) {
        let relation = match (&numbers[..], &figures[..]) {
            (&[number, ..], _) => {
                let within = &self.system.within[number];
                if within.is_empty() {
                    return;
                }
                within[order.below(within.len())].0
            }
            (_, &[figure, ..]) => figure,
            _ => return,
        };
        if self.is_hidden_figure(relation) && !figures.contains(&relation) && order.below(2) == 0 {
            figures.push(relation);
            return;
        }
        let terms = self.system.relations[relation as usize].terms.iter().map(|(at, _)| *at as usize);
        let near: Vec<usize> = terms.filter(|at| self.is_companion(*at) && !numbers.contains(at)).collect();
        if !near.is_empty() {
            numbers.push(near[order.below(near.len())]);
        }
    }

    /// Shows again what was hidden in an exchange and is not needed in the end.
    fn show_unneeded(&mut self, hidden: Option<Vec<usize>>) {
        for at in hidden.unwrap_or_default() {
            if self.is_companion(at) {
                self.without(&[at], &[], AGAIN);
            }
        }
    }

    /// The companions in one place that share a sum with one of them, itself among them.
    fn neighbours(&self, first: usize) -> Vec<usize> {
        let mut near = BTreeSet::from([first]);
        let place = self.system.variables[first].place;
        for (relation, _) in &self.system.within[first] {
            let terms = self.system.relations[*relation as usize].terms.iter();
            let same = terms.map(|(at, _)| *at as usize).filter(|at| self.system.variables[*at].place == place);
            near.extend(same.filter(|at| self.is_companion(*at)));
        }
        near.into_iter().take(TOGETHER).collect()
    }
}

/// Random numbers that are the same in every run: SplitMix64 (Steele, Lea and Flood 2014, doi 10.1145/2660193.2660195).
#[derive(Debug, Default)]
pub(super) struct Shuffle(u64);

impl Shuffle {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// A number below another, which is not 0.
    fn below(&mut self, end: usize) -> usize {
        (self.next() % end as u64) as usize
    }

    /// Fisher and Yates.
    pub(super) fn shuffle<T>(&mut self, list: &mut [T]) {
        for at in (1..list.len()).rev() {
            let other = self.below(at + 1);
            list.swap(at, other);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_order_is_mixed_and_the_same_in_every_run() {
        let mixed = || {
            let mut list: Vec<usize> = (0..50).collect();
            Shuffle::default().shuffle(&mut list);
            list
        };
        let first = mixed();
        assert_ne!(first, (0..50).collect::<Vec<_>>());
        assert_eq!(first.iter().collect::<BTreeSet<_>>().len(), 50, "nothing is lost");
        assert_eq!(first, mixed());
        // The first number that the reference gives for the seed 0.
        assert_eq!(Shuffle::default().next(), 0xE220_A839_7B1D_CDAF);
    }
}
