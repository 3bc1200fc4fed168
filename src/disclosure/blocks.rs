//! The system cut into regions, each protected by itself: another table may leave all other regions at the truth.

use super::pattern::Pattern;
use super::search::Witness;
use super::system::System;
use crate::aggregate::RawTables;
use crate::domain::side_by_side::side_by_side;
use std::collections::BTreeMap;

/// What was found for one region, in the numbers of the whole system.
pub(super) struct Part {
    pub(super) witnesses: Vec<Witness>,
    /// Relations of figures that are hidden.
    pub(super) relaxed: Vec<u32>,
    /// How many numbers have no other table, where they were so many that the search was given up.
    pub(super) left: usize,
}

/// Each region protected, in the order of the regions, whichever thread did it.
pub(super) fn protect_each(raw: &RawTables, system: &System, is_revision: bool) -> Vec<Part> {
    let regions = raw.geography.regions.len();
    // The largest first, so that no thread is left alone with it.
    let mut order: Vec<usize> = (0..regions).collect();
    order.sort_by_key(|region| std::cmp::Reverse(raw.geography.within(*region).count()));
    let found = side_by_side(&order, |region| protect_one(system, is_revision, *region));
    let by_region: BTreeMap<usize, Part> = order.into_iter().zip(found).collect();
    by_region.into_values().collect()
}

fn protect_one(system: &System, is_revision: bool, region: usize) -> Part {
    let (part, variables, relations) = system.part(|variable| variable.region == Some(region as u32));
    let mut pattern = Pattern::new(part, is_revision);
    let left = pattern.protect();
    let named = |mut witness: Witness| {
        witness.moves.iter_mut().for_each(|(at, _)| *at = variables[*at as usize]);
        // They are given with the part.
        witness.relaxed.clear();
        witness
    };
    let relaxed = pattern.system.relations.iter().zip(relations).filter(|(known, _)| known.relaxed);
    Part {
        relaxed: relaxed.map(|(_, number)| number).collect(),
        witnesses: pattern.witnesses.into_iter().flatten().map(named).collect(),
        left,
    }
}
