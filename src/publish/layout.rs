//! The columns that every published form of a table shares: time, place, filters, then the figures.

use crate::aggregate::{Definition, RowKey};
use crate::disclosure::{ClearedTable, ClearedTables, Place, Shown};

pub(super) const COUNTRY: (&str, &str) = ("E92000001", "England");
pub(super) const PLACES: [&str; 8] = [
    "geographic_level",
    "country_code",
    "country_name",
    "region_code",
    "region_name",
    "old_la_code",
    "new_la_code",
    "la_name",
];
pub(super) const TOTAL: &str = "Total";

/// A filter of the published table.
pub(super) struct FilterColumn {
    pub(super) name: String,
    pub(super) label: String,
    /// The item shown at first, where it is not `Total`.
    pub(super) default: Option<String>,
}

/// The filters: the breakdown, where there is one, then the indicator's own.
pub(super) fn filters(definition: &Definition) -> Vec<FilterColumn> {
    let mut filters = Vec::new();
    if !definition.topics.is_empty() {
        let column =
            |name: &str, label: &str| FilterColumn { name: name.to_owned(), label: label.to_owned(), default: None };
        filters.push(column("breakdown_topic", "Breakdown topic"));
        filters.push(column("breakdown", "Breakdown"));
    }
    filters.extend(definition.filters.iter().map(|filter| FilterColumn {
        name: filter.column.clone(),
        label: filter.label.clone(),
        default: (filter.default != TOTAL).then(|| filter.default.clone()),
    }));
    filters
}

/// A row of a published file.
pub(super) struct Line<'a> {
    pub(super) year: i32,
    /// The cells of the columns [`PLACES`].
    pub(super) place: [&'a str; 8],
    /// In the order of [`filters`].
    pub(super) items: Vec<&'a str>,
    pub(super) figures: &'a [Shown],
}

/// Every row of a table: those of the release's year, then those of other years as they were published.
pub(super) fn lines<'a>(tables: &'a ClearedTables, table: &'a ClearedTable) -> Vec<Line<'a>> {
    let own = table.rows().iter().map(|row| Line {
        year: tables.year(),
        place: place(tables, row.place),
        items: items(table.definition(), &row.key),
        figures: &row.figures,
    });
    let carried = table.carried().iter().map(|carried| Line {
        year: carried.year,
        place: std::array::from_fn(|at| carried.row.place[at].as_str()),
        items: carried.row.items.iter().map(String::as_str).collect(),
        figures: &carried.row.figures,
    });
    own.chain(carried).collect()
}

/// The items of a row's filters, in the order of [`filters`].
pub(super) fn items<'a>(definition: &'a Definition, key: &RowKey) -> Vec<&'a str> {
    let mut items = Vec::new();
    if !definition.topics.is_empty() {
        let (topic, item) = definition.breakdown_labels(key);
        items.extend([topic, item]);
    }
    let own = definition.filters.iter().zip(&key.filters);
    items.extend(own.map(|(filter, item)| filter.items[*item].as_str()));
    items
}

/// The cells of the columns [`PLACES`].
pub(super) fn place(tables: &ClearedTables, place: Place) -> [&str; 8] {
    let geography = tables.geography();
    match place {
        Place::England => ["National", COUNTRY.0, COUNTRY.1, "", "", "", "", ""],
        Place::Region(at) => {
            let region = &geography.regions[at];
            ["Regional", COUNTRY.0, COUNTRY.1, &region.gss, &region.name, "", "", ""]
        }
        Place::Authority(at) => {
            let one = &geography.authorities[at];
            let (region, name) = (&one.region_gss, &one.region);
            ["Local authority", COUNTRY.0, COUNTRY.1, region, name, &one.code, &one.gss, &one.name]
        }
    }
}
