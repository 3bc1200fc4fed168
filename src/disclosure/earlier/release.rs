//! Puts an earlier release of the same year beside the tables of now: the same cells under the same names.

use super::super::cleared::{ClearedRow, ClearedTable, ClearedTables, Place, Shown};
use super::means::items;
use super::shown::{EarlierRow, EarlierTable, EarlierTables};
use crate::aggregate::{Definition, Geography, RawTable, RawTables, RowKey};
use std::collections::{BTreeMap, BTreeSet};

/// An earlier release as far as the definitions of now have names for its cells.
pub(super) struct Readable {
    pub(super) tables: ClearedTables,
    /// What it would have counted from the returns of now: where a return has not changed, what it did count.
    pub(super) supposed: RawTables,
    /// Rows without a name now: nothing joins them to the tables of now.
    pub(super) strange_rows: usize,
}

pub(super) fn read(release: &EarlierTables, raw: &RawTables) -> Readable {
    let mut tables = Vec::new();
    let mut supposed = Vec::new();
    let mut strange_rows = 0;
    for (indicator, table) in &release.tables {
        let now = raw.tables.iter().find(|one| one.definition.id == *indicator);
        // Curves and models show no count that adds up with another.
        if now.is_some_and(|now| now.definition.unit_analysis().is_some()) {
            continue;
        }
        let Some((now, definition)) = now.and_then(|now| Some((now, narrowed(&now.definition, table)?))) else {
            strange_rows += table.rows.len();
            continue;
        };
        let (rows, strange) = rows(&definition, table, &raw.geography);
        strange_rows += strange;
        let shown = ClearedTable::new(definition.clone(), rows);
        supposed.push(suppose(now, &shown, raw.has_return.len()));
        tables.push(shown);
    }
    let codes = raw.geography.authorities.iter().map(|one| release.returns.contains_key(&one.code));
    let has_return: Vec<bool> = codes.collect();
    let (year, geography) = (raw.year, raw.geography.clone());
    Readable {
        tables: ClearedTables {
            year,
            geography: geography.clone(),
            has_return: has_return.clone(),
            merged: Vec::new(),
            tables,
            notes: Vec::new(),
        },
        supposed: RawTables { year, geography, has_return, tables: supposed, notes: Vec::new() },
        strange_rows,
    }
}

/// The tables that given cells make, with the truth behind them, and how many rows have no name.
#[cfg(test)]
pub(in crate::disclosure) fn given(cells: &EarlierTables, raw: &RawTables) -> (ClearedTables, RawTables, usize) {
    let mut read = read(cells, raw);
    for (shown, truth) in read.tables.tables.iter().zip(&mut read.supposed.tables) {
        let now = raw.tables.iter().find(|one| one.definition.id == shown.definition().id);
        let blank = ClearedTable::new(shown.definition().clone(), Vec::new());
        *truth = suppose(now.expect("its table"), &blank, raw.has_return.len());
    }
    (read.tables, read.supposed, read.strange_rows)
}

/// What was shown then, and the count of now where it was hidden.
fn suppose(now: &RawTable, shown: &ClearedTable, authorities: usize) -> RawTable {
    let definition = shown.definition();
    let rows_now: BTreeMap<RowKey, usize> =
        now.definition.rows().into_iter().enumerate().map(|(at, key)| (key, at)).collect();
    let labels: Vec<&str> = now.definition.topics.iter().map(|topic| topic.label.as_str()).collect();
    let key_now = |key: &RowKey| {
        let topic = |topic: usize| labels.iter().position(|label| *label == definition.topics[topic].label);
        let breakdown = match key.breakdown {
            Some((at, item)) => Some((topic(at)?, item)),
            None => None,
        };
        rows_now.get(&RowKey { filters: key.filters.clone(), breakdown }).copied()
    };
    let names = now.definition.count_names();
    let quantities: Vec<Option<usize>> =
        definition.count_names().iter().map(|name| names.iter().position(|known| known == name)).collect();
    let then = counts_shown(shown);
    let count = |at: usize, key: &RowKey, quantity: usize| {
        let then = then.get(&(at, key)).and_then(|counts| counts[quantity]);
        let now = || Some(now.count(at, key_now(key)?, quantities[quantity]?));
        then.or_else(now).unwrap_or(0)
    };
    let table = RawTable::with_counts(definition.clone(), authorities, count);
    table.with_nested(|at, outer, inner, share| {
        let now = || {
            let share = quantities[share + 1]?.checked_sub(1)?;
            Some(now.within(at, key_now(outer)?, key_now(inner)?, share))
        };
        // As many as can be in both of what was counted then.
        let [all, some] = [outer, inner].map(|key| count(at, key, 0));
        let [more, fewer] = [outer, inner].map(|key| count(at, key, share + 1));
        now().unwrap_or(0).max(more - (all - some)).min(more.min(fewer)).max(0)
    })
}

/// The authorities' counts as they were shown; none where they were hidden.
fn counts_shown(table: &ClearedTable) -> BTreeMap<(usize, &RowKey), Vec<Option<i64>>> {
    let names = table.definition().count_names();
    let columns: Vec<usize> =
        names.iter().filter_map(|name| table.columns().iter().position(|column| column.name == *name)).collect();
    let counts = |row: &ClearedRow| {
        let count = |at: &usize| match row.figures[*at] {
            Shown::NotApplicable => Some(0),
            figure => figure.number(),
        };
        columns.iter().map(count).collect()
    };
    let rows = table.rows().iter().filter_map(|row| match row.place {
        Place::Authority(at) => Some(((at, &row.key), counts(row))),
        Place::England | Place::Region(_) => None,
    });
    rows.collect()
}

/// The definition of now without what the earlier release did not have; none when its rows are told apart otherwise.
fn narrowed(definition: &Definition, table: &EarlierTable) -> Option<Definition> {
    let mut definition = definition.clone();
    let breakdowns = ["breakdown_topic", "breakdown"].into_iter().filter(|_| !definition.topics.is_empty());
    let filters = breakdowns.chain(definition.filters.iter().map(|filter| filter.column.as_str()));
    if !filters.eq(table.filters.iter().map(String::as_str)) || !table.columns.contains(&definition.count.name) {
        return None;
    }
    definition.shares.retain(|share| table.columns.contains(&share.count));
    definition.counts.retain(|count| table.columns.contains(&count.name));
    let first = if definition.topics.is_empty() { 0 } else { 2 };
    let given: BTreeSet<&[String]> = table.rows.iter().map(|row| &row.items[..first]).collect();
    let has = |topic: &str, item: &str| given.contains(&[topic.to_owned(), item.to_owned()][..]);
    definition.topics.retain(|topic| topic.items.iter().all(|item| has(&topic.label, &item.label)));
    for (at, filter) in definition.filters.iter().enumerate() {
        let items: BTreeSet<&String> = table.rows.iter().map(|row| &row.items[first + at]).collect();
        if !filter.items.iter().all(|item| items.contains(item)) {
            return None;
        }
    }
    Some(definition)
}

pub(super) fn rows(definition: &Definition, table: &EarlierTable, geography: &Geography) -> (Vec<ClearedRow>, usize) {
    // The breakdowns of now may be fewer than those of then, and none.
    let with_topics = table.filters.first().is_some_and(|name| name == "breakdown_topic");
    let mut keys: BTreeMap<Vec<String>, RowKey> = BTreeMap::new();
    for key in definition.rows() {
        let mut items = items(definition, &key);
        if with_topics && definition.topics.is_empty() {
            let (topic, item) = definition.breakdown_labels(&key);
            items.splice(0..0, [topic.to_owned(), item.to_owned()]);
        }
        keys.insert(items, key);
    }
    let empty = ClearedTable::new(definition.clone(), Vec::new());
    let columns = empty.columns().iter().map(|column| table.columns.iter().position(|name| *name == column.name));
    let columns: Vec<Option<usize>> = columns.collect();
    let mut rows = Vec::new();
    let mut strange = 0;
    for row in &table.rows {
        let key = keys.get(&row.items);
        let (Some(key), Some(place)) = (key, place(row, geography)) else {
            strange += 1;
            continue;
        };
        let figure = |at: &Option<usize>| at.map_or(Shown::NotAvailable, |at| row.figures[at]);
        rows.push(ClearedRow { place, key: key.clone(), figures: columns.iter().map(figure).collect() });
    }
    (rows, strange)
}

/// The place of a row among those of now: a region by its code, an authority by its three-digit code.
pub(super) fn place(row: &EarlierRow, geography: &Geography) -> Option<Place> {
    let [level, .., region, _, authority, _, _] = &row.place;
    match level.as_str() {
        "National" => Some(Place::England),
        "Regional" => geography.regions.iter().position(|one| one.gss == *region).map(Place::Region),
        "Local authority" => geography.number_of(authority).map(Place::Authority),
        _ => None,
    }
}
