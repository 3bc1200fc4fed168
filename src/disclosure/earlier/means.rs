//! Means of earlier releases of the year: they stay known beside those of now.

use super::super::cleared::{Place, Shown};
use super::release::place;
use super::shown::{Earlier, EarlierRow, EarlierTable};
use crate::aggregate::{Definition, RawTables, RowKey};
use std::collections::BTreeMap;

/// A row of an indicator: its place and the items of its filters, as people read them.
type Row<'a> = (&'a str, Place, &'a [String]);

/// Every row with means, for each earlier release of the year, oldest first.
#[derive(Debug, Default)]
pub(in crate::disclosure) struct EarlierMeans<'a>(Vec<BTreeMap<Row<'a>, (&'a EarlierTable, &'a EarlierRow)>>);

impl<'a> EarlierMeans<'a> {
    pub(super) fn new(raw: &RawTables, earlier: &'a Earlier) -> Self {
        let mut releases = Vec::new();
        for release in earlier.of_year(raw.year) {
            let mut rows = BTreeMap::new();
            for definition in raw.tables.iter().map(|table| &table.definition).filter(|one| !one.means.is_empty()) {
                let Some((id, then)) = release.tables.get_key_value(&definition.id) else { continue };
                for row in &then.rows {
                    let Some(place) = place(row, &raw.geography) else { continue };
                    rows.insert((id.as_str(), place, &row.items[..]), (then, row));
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
        let items = items(definition, key);
        let mut shown = Vec::new();
        for release in self.0.iter().rev() {
            let Some((table, row)) = release.get(&(definition.id.as_str(), place, &items[..])) else { continue };
            let figure = |name: &str| row.figures.get(table.columns.iter().position(|column| column == name)?).copied();
            if let [Some(mean), Some(units)] = columns.map(figure) {
                shown.push([mean, units]);
            }
        }
        shown
    }
}

/// The items of a row's filters, as the files have them.
pub(super) fn items(definition: &Definition, key: &RowKey) -> Vec<String> {
    let (topic, item) = definition.breakdown_labels(key);
    let topics = [topic, item].into_iter().filter(|_| !definition.topics.is_empty());
    let own = definition.filters.iter().zip(&key.filters).map(|(filter, item)| filter.items[*item].as_str());
    topics.chain(own).map(str::to_owned).collect()
}
