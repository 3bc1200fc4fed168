//! An authority's own figures, as they are, for itself alone: its own small numbers are its own.
//!
//! Nothing is rounded or hidden here, so nothing of this can be made part of a release: it is another type than a
//! cleared table, and no file of a release takes it.

use super::clear::{Clearing, Pattern};
use super::cleared::{ClearedTable, Column, Shown};
use super::error::DisclosureError;
use super::policy::{Policies, Policy};
use crate::aggregate::{Definition, Geography, RawTables, RowKey};
use std::fmt;

/// One indicator's figures of one authority. Its `Debug` tells sizes only.
pub struct OwnTable(ClearedTable);

impl OwnTable {
    pub const fn definition(&self) -> &Definition {
        self.0.definition()
    }

    pub fn columns(&self) -> &[Column] {
        self.0.columns()
    }

    /// Every row of the definition with its figures, in their order.
    pub fn rows(&self) -> impl Iterator<Item = (&RowKey, &[Shown])> {
        self.0.rows().iter().map(|row| (&row.key, row.figures.as_slice()))
    }
}

impl fmt::Debug for OwnTable {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "OwnTable({}, {} rows)", self.0.definition().id, self.0.rows().len())
    }
}

/// All figures of one authority.
#[derive(Debug)]
pub struct OwnFigures {
    pub year: i32,
    pub geography: Geography,
    /// The number of the authority in the geography.
    pub authority: usize,
    /// In the order of the indicators' ids.
    pub tables: Vec<OwnTable>,
}

/// The figures of one authority, for nobody but itself.
pub fn own(raw: &RawTables, policies: &Policies, authority: usize) -> Result<OwnFigures, DisclosureError> {
    let mut tables = Vec::new();
    // Analyses are of England as a whole: one authority has none of its own.
    for table in raw.tables.iter().filter(|table| table.definition.analysis.is_none()) {
        let published = policies.of(&table.definition.id, &table.definition.policy)?;
        // The steps of medians stay, so that they can be read beside England's.
        let policy = Policy { protect: false, mean_from: 1, quantiles_from: 1, ..published.clone() };
        let clearing = Clearing { raw, table, policy: &policy, pattern: Pattern::Own(authority) };
        tables.push(OwnTable(clearing.table()?));
    }
    Ok(OwnFigures { year: raw.year, geography: raw.geography.clone(), authority, tables })
}
