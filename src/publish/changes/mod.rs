//! What is different for a reader of a data set since the release before, in the terms of DfE's Explore education
//! statistics, and the version that follows from it.
//!
//! A data set is an indicator over all years of its series: in each year the latest published release of that year.
//! Something removed or renamed is a *major* change, because a reader's program that names it breaks; something added, a
//! label or unit, and every changed value is a *minor* one; where only the words about the figures or the standing of the
//! release (provisional, final) changed, it is a *patch*. A data set in which nothing changed keeps its version.

mod compare;
mod words;

pub use words::in_words;

use super::earlier::EarlierRelease;
use super::edition::Edition;
use super::published::Words;
use crate::disclosure::EarlierTable;
use crate::domain::digest::Digest;
use crate::domain::release::DataVersion;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// How large the difference is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Size {
    /// Nothing changed.
    None,
    Patch,
    Minor,
    Major,
    /// The data set was not published before.
    New,
}

/// The state before and after. What was removed has no state after, what was added none before.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Change<T> {
    pub previous: Option<T>,
    pub current: Option<T>,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct FilterState {
    pub column: String,
    pub label: String,
    /// The option that is shown at first.
    pub default: String,
}

/// A column of figures, which EES calls an indicator.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct ColumnState {
    pub column: String,
    pub label: String,
    pub unit: String,
    pub decimals: u8,
}

/// A place. Authorities are told apart by their three-digit code, which stays when the nine-character one changes.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct LocationState {
    pub code: String,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub old_code: Option<String>,
    pub name: String,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct PeriodState {
    pub period: String,
    pub identifier: String,
}

/// The changes of one size, by what changed. Lists and maps are in the order of what they name.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ChangeSet {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub filters: Vec<Change<FilterState>>,
    /// By the filter's column: its options.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub filter_options: BTreeMap<String, Vec<Change<String>>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub geographic_levels: Vec<Change<String>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub indicators: Vec<Change<ColumnState>>,
    /// The levels that have places of their own.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub location_groups: Vec<Change<String>>,
    /// By the level: its places.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub location_options: BTreeMap<String, Vec<Change<LocationState>>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub time_periods: Vec<Change<PeriodState>>,
}

impl ChangeSet {
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// Figures that are not what they were.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ValueChanges {
    /// Cells that are in both and differ.
    pub changed: u64,
    /// The same by column; columns in which nothing changed are left out.
    pub columns: BTreeMap<String, u64>,
    pub rows_added: u64,
    pub rows_removed: u64,
}

impl ValueChanges {
    const fn any(&self) -> bool {
        self.changed + self.rows_added + self.rows_removed > 0
    }
}

/// The changes of one data set.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct IndicatorChanges {
    pub label: String,
    pub size: Size,
    pub version: DataVersion,
    pub previous_version: Option<DataVersion>,
    /// No release has rows of it any more.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub withdrawn: bool,
    #[serde(default, skip_serializing_if = "ChangeSet::is_empty")]
    pub major: ChangeSet,
    #[serde(default, skip_serializing_if = "ChangeSet::is_empty")]
    pub minor: ChangeSet,
    pub values: ValueChanges,
    /// The words about the figures that changed: `definition`, `notes`, `coverage`, `release kind`…
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub words: Vec<String>,
}

/// The document of changes of a release.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Changes {
    pub collection: String,
    #[serde(flatten)]
    pub edition: Edition,
    /// SHA-256 of the manifest of the release of the same collection that this one revises.
    pub revises: Option<Digest>,
    /// SHA-256 of the manifest of the latest release of the series that was published before.
    pub follows: Option<Digest>,
    /// By indicator; those of which this release holds nothing, and held nothing before, are left out.
    pub indicators: BTreeMap<String, IndicatorChanges>,
}

impl Changes {
    /// The version of each data set with this release.
    pub fn versions(&self) -> BTreeMap<String, DataVersion> {
        self.indicators.iter().map(|(indicator, changes)| (indicator.clone(), changes.version)).collect()
    }

    pub fn to_json(&self) -> String {
        // Unwrap safety: texts, numbers and digests always serialise.
        serde_json::to_string_pretty(self).unwrap_or_default() + "\n"
    }
}

/// A release as it is compared: its year, whether it is provisional or final, and its tables.
pub(super) struct Compared<'a> {
    pub(super) collection: &'a str,
    pub(super) year: i32,
    pub(super) edition: &'a Edition,
    /// By indicator.
    pub(super) tables: BTreeMap<&'a str, (&'a Words, &'a EarlierTable)>,
}

/// What changes when a release is published after the series so far, oldest first.
pub(super) fn between(series: &[EarlierRelease], new: &Compared<'_>) -> Changes {
    let standing = standing(series);
    let revised = standing.iter().find(|release| release.collection() == new.collection).copied();
    let standing: Vec<Compared<'_>> = standing.into_iter().map(EarlierRelease::compared).collect();
    let mut ids: BTreeSet<&str> = new.tables.keys().copied().collect();
    let of_revised = standing.iter().filter(|release| release.collection == new.collection);
    ids.extend(of_revised.flat_map(|release| release.tables.keys().copied()));
    let mut indicators = BTreeMap::new();
    for id in ids {
        let before: Vec<&Compared<'_>> = standing.iter().filter(|one| one.tables.contains_key(id)).collect();
        // In the order of publication, so that of two releases that hold a row the later one counts.
        let mut after: Vec<&Compared<'_>> =
            before.iter().copied().filter(|one| one.collection != new.collection).collect();
        after.extend(new.tables.contains_key(id).then_some(new));
        let last = series.iter().rev().find_map(|release| release.versions.get(id)).copied();
        indicators.insert(id.to_owned(), compare::data_set(id, &before, &after, last));
    }
    Changes {
        collection: new.collection.to_owned(),
        edition: new.edition.clone(),
        revises: revised.map(|release| release.digest),
        follows: series.last().map(|release| release.digest),
        indicators,
    }
}

/// Of each collection the latest release, in the order of publication.
fn standing(series: &[EarlierRelease]) -> Vec<&EarlierRelease> {
    let mut standing: Vec<&EarlierRelease> = Vec::new();
    for release in series {
        standing.retain(|earlier| earlier.collection() != release.collection());
        standing.push(release);
    }
    standing
}

#[cfg(test)]
mod tests;
