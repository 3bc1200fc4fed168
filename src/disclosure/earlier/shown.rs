//! The figures of an earlier release as anybody may read them.

use super::super::cleared::Shown;
use crate::domain::digest::Digest;
use std::collections::BTreeMap;

/// A row of an earlier release, as it stands in the published file.
#[derive(Debug, Clone, PartialEq)]
pub struct EarlierRow {
    /// The level, then the codes and names of country, region and authority; empty where there is none.
    pub place: [String; 8],
    /// The items of the filters, in the order of the table's filters.
    pub items: Vec<String>,
    /// In the order of the table's columns.
    pub figures: Vec<Shown>,
}

/// The rows of one indicator in an earlier release, of that release's own year.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct EarlierTable {
    /// The names of the filters.
    pub filters: Vec<String>,
    /// The names of the columns of figures.
    pub columns: Vec<String>,
    pub rows: Vec<EarlierRow>,
}

/// The tables of an earlier release.
#[derive(Debug, Clone, PartialEq)]
pub struct EarlierTables {
    /// What the audit calls it: the digest of its manifest.
    pub name: String,
    pub year: i32,
    /// By the indicator's id.
    pub tables: BTreeMap<String, EarlierTable>,
    /// For each authority that was counted, one digest over the digests of its tables.
    pub returns: BTreeMap<String, Digest>,
}

/// Everything published before that a release must be safe together with.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Earlier {
    /// Oldest first; of the same year and of others.
    pub releases: Vec<EarlierTables>,
    /// For each authority that is counted now, one digest over the digests of its tables.
    pub returns: BTreeMap<String, Digest>,
}

impl Earlier {
    /// The earlier releases of a year, oldest first.
    pub(in crate::disclosure) fn of_year(&self, year: i32) -> impl Iterator<Item = &EarlierTables> {
        self.releases.iter().filter(move |release| release.year == year)
    }
}
