//! Means of earlier releases of the year: they stay known beside those of now.

use super::super::cleared::{Place, Shown};
use super::release::place;
use super::shown::Earlier;
use crate::aggregate::{Definition, RawTables, RowKey};
use std::collections::BTreeMap;

/// A row of an indicator: its place and the items of its filters, as people read them.
type Row = (String, Place, Vec<String>);

/// The figures of every row with means, for each earlier release of the year, oldest first.
#[derive(Debug, Default)]
pub(in crate::disclosure) struct EarlierMeans(Vec<BTreeMap<Row, BTreeMap<String, Shown>>>);

impl EarlierMeans {
    pub(super) fn new(raw: &RawTables, earlier: &Earlier) -> Self {
        let mut releases = Vec::new();
        for release in earlier.of_year(raw.year) {
            let mut rows = BTreeMap::new();
            for definition in raw.tables.iter().map(|table| &table.definition).filter(|one| !one.means.is_empty()) {
                let Some(then) = release.tables.get(&definition.id) else { continue };
                for row in &then.rows {
                    let Some(place) = place(row, &raw.geography) else { continue };
                    let figures = then.columns.iter().cloned().zip(row.figures.iter().copied()).collect();
                    rows.insert((definition.id.clone(), place, row.items.clone()), figures);
                }
            }
            releases.push(rows);
        }
        Self(releases)
    }

    /// What two columns of a row showed, the latest release first.
    pub(in crate::disclosure) fn shown(
        &self,
        definition: &Definition,
        place: Place,
        key: &RowKey,
        columns: [&str; 2],
    ) -> Vec<[Shown; 2]> {
        if self.0.is_empty() {
            return Vec::new();
        }
        let row = (definition.id.clone(), place, items(definition, key));
        let figures = |release: &BTreeMap<Row, BTreeMap<String, Shown>>| {
            let figures = release.get(&row)?;
            Some([*figures.get(columns[0])?, *figures.get(columns[1])?])
        };
        self.0.iter().rev().filter_map(figures).collect()
    }
}

/// The items of a row's filters, as the files have them.
pub(super) fn items(definition: &Definition, key: &RowKey) -> Vec<String> {
    let (topic, item) = definition.breakdown_labels(key);
    let topics = [topic, item].into_iter().filter(|_| !definition.topics.is_empty());
    let own = definition.filters.iter().zip(&key.filters).map(|(filter, item)| filter.items[*item].as_str());
    topics.chain(own).map(str::to_owned).collect()
}
