//! Chooses what to hide: first what policy names, then as few further cells as give every hidden one another table.

use super::blocks;
use super::earlier::{self, Known};
use super::grid::Grid;
use super::pattern::Pattern;
use super::search::Witness;
use super::system::{Figure, System};
use crate::aggregate::RawTables;
use std::collections::{BTreeMap, BTreeSet};

/// What is hidden, with a witness for each hidden cell.
pub(super) struct Protection {
    pub(super) system: System,
    /// Regions' and England's figures that had to be hidden.
    pub(super) figures: BTreeSet<Figure>,
    pub(super) witnesses: Vec<Witness>,
    /// The cells of numbers without another table, where they are so many that the search was given up.
    pub(super) given_up: BTreeSet<u32>,
}

/// Each region by itself first, then what only England as a whole can settle.
pub(super) fn protect(raw: &RawTables, grid: &Grid, known: &Known) -> Protection {
    let mut system = System::new(raw, grid);
    let hidden_before = earlier::join(&mut system, grid, raw, known);
    let is_revision = !known.releases.is_empty();
    let parts = blocks::protect_each(raw, &system, is_revision);
    let mut pattern = Pattern::new(system, is_revision);
    let mut given_up = BTreeMap::new();
    for (region, part) in (0..).zip(parts) {
        if part.left > 0 {
            given_up.insert(region, part.left);
        }
        pattern.add(part);
    }
    pattern.finish(&given_up);
    let mut protection = pattern.into_protection();
    protection.figures.extend(hidden_before);
    protection
}
