//! What it costs to hide a number or a figure, and the least that mending a relation can cost.

use super::system::System;

/// Hiding an authority's number. A larger one is a little dearer, because it tells more.
const HIDE: u64 = 1_000;
/// Hiding an authority's total: it is what people look for first.
const HIDE_TOTAL: u64 = 4_000;
const UNKNOWN: u64 = u64::MAX;
const NEVER: u64 = u64::MAX - 1;

/// For each relation, the cheapest of its numbers that can go down, and the cheapest that can go up.
pub(super) struct Prices {
    cheapest: Vec<[u64; 2]>,
}

impl Prices {
    pub(super) fn new(system: &System) -> Self {
        Self { cheapest: vec![[UNKNOWN; 2]; system.relations.len()] }
    }

    /// What it costs to move a number; none when it may not be moved.
    pub(super) fn of(&self, system: &System, variable: u32) -> Option<u64> {
        let known = &system.variables[variable as usize];
        if known.fixed {
            return None;
        }
        Some(if known.printed && !known.hidden { price(system, variable as usize) } else { 0 })
    }

    /// The least price of a move that brings a relation down (or up); none when no number of it can move so.
    pub(super) fn cheapest(&mut self, system: &System, relation: u32, down: bool) -> Option<u64> {
        let known = self.cheapest[relation as usize][usize::from(down)];
        if known != UNKNOWN {
            return Some(known).filter(|price| *price != NEVER);
        }
        let mut least = NEVER;
        for &(variable, sign) in &system.relations[relation as usize].terms {
            let falls = (sign > 0) == down;
            if falls && system.variables[variable as usize].truth == 0 {
                continue;
            }
            least = least.min(self.of(system, variable).unwrap_or(NEVER));
            if least == 0 {
                break;
            }
        }
        self.cheapest[relation as usize][usize::from(down)] = least;
        Some(least).filter(|price| *price != NEVER)
    }

    /// A number was hidden or is shown again.
    pub(super) fn changed(&mut self, system: &System, variable: usize) {
        for (relation, _) in &system.within[variable] {
            self.cheapest[*relation as usize] = [UNKNOWN; 2];
        }
    }
}

/// The price of hiding a number that is shown.
pub(super) fn price(system: &System, variable: usize) -> u64 {
    let known = &system.variables[variable];
    let size = u64::from((known.truth.unsigned_abs() + 1).ilog2());
    (if known.total { HIDE_TOTAL } else { HIDE }) + size * 20
}

/// The price of hiding a rounded figure.
pub(super) fn price_of_figure(system: &System, relation: usize) -> u64 {
    HIDE * system.relations[relation].weight
}

/// Whether a relation holds when its sum has moved so far.
pub(super) fn holds(system: &System, relation: u32, residual: i64) -> bool {
    let relation = &system.relations[relation as usize];
    relation.relaxed || (relation.down <= residual && residual <= relation.up)
}
