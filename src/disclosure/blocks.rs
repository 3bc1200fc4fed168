//! The system cut into regions, each protected by itself: another table may leave all other regions at the truth.

use super::pattern::Pattern;
use super::search::Witness;
use super::system::System;
use crate::aggregate::RawTables;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

/// What was found for one region, in the numbers of the whole system.
#[derive(Default)]
pub(super) struct Part {
    pub(super) witnesses: Vec<Witness>,
    /// Relations of figures that are hidden.
    pub(super) relaxed: Vec<u32>,
}

/// Each region protected, in the order of the regions, whichever thread did it.
pub(super) fn protect_each(raw: &RawTables, system: &System, is_revision: bool) -> Vec<Part> {
    let regions = raw.geography.regions.len();
    let found: Vec<Mutex<Part>> = (0..regions).map(|_| Mutex::default()).collect();
    // The largest first, so that no thread is left alone with it.
    let mut order: Vec<usize> = (0..regions).collect();
    order.sort_by_key(|region| std::cmp::Reverse(raw.geography.within(*region).count()));
    let next = AtomicUsize::new(0);
    let threads = std::thread::available_parallelism().map_or(1, usize::from).min(regions.max(1));
    let work = || {
        while let Some(&region) = order.get(next.fetch_add(1, Ordering::Relaxed)) {
            let part = protect_one(system, is_revision, region);
            *found[region].lock().unwrap_or_else(PoisonError::into_inner) = part;
        }
    };
    std::thread::scope(|scope| {
        for _ in 1..threads {
            scope.spawn(work);
        }
        work();
    });
    found.into_iter().map(|one| one.into_inner().unwrap_or_else(PoisonError::into_inner)).collect()
}

fn protect_one(system: &System, is_revision: bool, region: usize) -> Part {
    let (part, variables, relations) = system.part(|variable| variable.region == Some(region as u32));
    let mut pattern = Pattern::new(part, is_revision);
    pattern.protect();
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
    }
}
