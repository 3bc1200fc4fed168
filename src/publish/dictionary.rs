//! The data dictionary of a release: what every column of every table means, and which items its filters have.

use super::ees;
use super::layout::{PLACES, filters, items};
use crate::disclosure::{ClearedTable, ClearedTables};
use std::collections::BTreeSet;

const HEADINGS: [&str; 8] = ["file", "column", "kind", "label", "unit", "decimals", "items", "definition"];

/// What the columns of time and place mean, which every table has.
const SHARED: [(&str, &str); 10] = [
    ("time_period", "The year in which the period of the collection ends"),
    ("time_identifier", "What kind of year it is"),
    ("geographic_level", "National, Regional or Local authority"),
    ("country_code", "The country's nine-character code"),
    ("country_name", "The country's name"),
    ("region_code", "The region's nine-character code; empty for England"),
    ("region_name", "The region's name; empty for England"),
    ("old_la_code", "The authority's three-digit code, which stays"),
    ("new_la_code", "The authority's nine-character code, which can change"),
    ("la_name", "The authority's name"),
];

/// One line for each column of each table.
pub(super) fn csv(tables: &ClearedTables) -> Vec<u8> {
    debug_assert_eq!(SHARED.len(), PLACES.len() + 2);
    let mut file = ees::Lines::default();
    file.line(HEADINGS);
    for line in tables.tables().iter().flat_map(of) {
        file.line(line.iter().map(String::as_str));
    }
    file.into_bytes()
}

fn of(table: &ClearedTable) -> Vec<[String; 8]> {
    let definition = table.definition();
    let file = format!("{}.csv", definition.id);
    let line = |column: &str, kind: &str, label: &str, unit: &str, decimals: &str, items: String, meaning: &str| {
        [&file, column, kind, label, unit, decimals, &items, meaning].map(str::to_owned)
    };
    let mut lines: Vec<[String; 8]> = SHARED
        .iter()
        .map(|(column, meaning)| line(column, "time or place", "", "", "", String::new(), meaning))
        .collect();
    for (at, filter) in filters(definition).into_iter().enumerate() {
        let mut seen = BTreeSet::new();
        // In the order in which they first stand in the file.
        let in_order = table.rows().iter().map(|row| items(definition, &row.key)[at]).filter(|item| seen.insert(*item));
        let listed = in_order.collect::<Vec<_>>().join("; ");
        lines.push(line(&filter.name, "filter", &filter.label, "", "", listed, "What the figures are broken down by"));
    }
    for column in table.columns() {
        let decimals = column.decimals.to_string();
        let meaning = format!("{}. Of: {}", definition.about.trim_end_matches('.'), definition.population);
        lines.push(line(&column.name, "figure", &column.label, column.unit, &decimals, String::new(), &meaning));
    }
    lines
}
