//! Compares a data set with itself: what it is made of, then every figure.

use super::{
    Change, ChangeSet, ColumnState, Compared, FilterState, IndicatorChanges, LocationState, PeriodState, Size,
    ValueChanges,
};
use crate::disclosure::Shown;
use crate::domain::release::DataVersion;
use std::collections::{BTreeMap, BTreeSet};

/// What a data set is made of.
#[derive(Default)]
struct Shape {
    filters: BTreeMap<String, FilterState>,
    /// By the filter's column.
    options: BTreeMap<String, BTreeSet<String>>,
    levels: BTreeSet<String>,
    columns: BTreeMap<String, ColumnState>,
    /// By level, and then by the code that stays.
    locations: BTreeMap<String, BTreeMap<String, LocationState>>,
    periods: BTreeSet<PeriodState>,
    /// The words about the figures of each year, by their name.
    words: BTreeMap<(i32, &'static str), String>,
}

/// A row: its period, its level and the code of its place that stays, its items.
type Key<'a> = (i32, &'a str, &'a str, Vec<(&'a str, &'a str)>);
/// A row's figures by the names of their columns.
type Row<'a> = (&'a [String], &'a [Shown]);

/// The changes of a data set from the releases in which it stood before to those in which it stands after.
pub(super) fn data_set(
    id: &str,
    before: &[&Compared<'_>],
    after: &[&Compared<'_>],
    last: Option<DataVersion>,
) -> IndicatorChanges {
    let latest = after.last().or_else(|| before.last());
    let label = latest.and_then(|one| one.tables.get(id)).map_or(id, |(words, _)| words.label.as_str()).to_owned();
    let (old, new) = (shape(id, before), shape(id, after));
    let (rows_before, rows_after) = (rows(id, before), rows(id, after));
    let (mut major, mut minor) = (ChangeSet::default(), ChangeSet::default());
    if !before.is_empty() {
        shapes(&old, &new, &mut major, &mut minor);
    }
    let values = values(&rows_before, &rows_after);
    let known = |(year, _): &(i32, &str)| before.iter().any(|one| one.year == *year);
    let is_new = |key: &&(i32, &'static str)| known(key) && old.words.get(key) != new.words.get(key);
    let words: BTreeSet<&str> = new.words.keys().filter(is_new).map(|(_, name)| *name).collect();
    let words: Vec<String> = words.into_iter().map(str::to_owned).collect();
    let size = match (before.is_empty(), major.is_empty(), minor.is_empty() && !values.any(), words.is_empty()) {
        (true, ..) => Size::New,
        (_, false, ..) => Size::Major,
        (_, _, false, _) => Size::Minor,
        (_, _, _, false) => Size::Patch,
        _ => Size::None,
    };
    // A data set that was withdrawn and comes back is new and goes on where it ended.
    let version = match (last, size) {
        (None, _) => DataVersion::FIRST,
        (Some(last), Size::None) => last,
        (Some(last), Size::Patch) => last.next_patch(),
        (Some(last), Size::Minor) => last.next_minor(),
        (Some(last), Size::Major | Size::New) => last.next_major(),
    };
    let withdrawn = after.is_empty();
    IndicatorChanges { label, size, version, previous_version: last, withdrawn, major, minor, values, words }
}

fn shape(id: &str, releases: &[&Compared<'_>]) -> Shape {
    let mut shape = Shape::default();
    for release in releases {
        let Some((words, table)) = release.tables.get(id) else { continue };
        for filter in &words.filters {
            let (column, label, default) = (filter.column.clone(), filter.label.clone(), filter.default.clone());
            shape.filters.insert(column.clone(), FilterState { column, label, default });
        }
        for column in &words.columns {
            let (name, label, unit) = (column.column.clone(), column.label.clone(), column.unit.clone());
            let state = ColumnState { column: name.clone(), label, unit, decimals: column.decimals };
            shape.columns.insert(name, state);
        }
        let (mut items, mut places) = (BTreeSet::new(), BTreeSet::new());
        for row in &table.rows {
            items.extend(table.filters.iter().map(String::as_str).zip(row.items.iter().map(String::as_str)));
            places.insert(&row.place);
        }
        for (filter, item) in items {
            shape.options.entry(filter.to_owned()).or_default().insert(item.to_owned());
        }
        for place in places {
            shape.levels.insert(place[0].clone());
            let of_level = shape.locations.entry(place[0].clone()).or_default();
            of_level.insert(stable(place).to_owned(), location(place));
        }
        let (period, identifier) = (release.year.to_string(), words.time_identifier.clone());
        shape.periods.insert(PeriodState { period, identifier });
        for (name, text) in &words.explanations {
            shape.words.insert((release.year, name), text.to_string());
        }
        shape.words.insert((release.year, "label"), words.label.clone());
        shape.words.insert((release.year, "release kind"), release.edition.kind.to_string());
    }
    shape
}

/// The code by which a place is known whatever else of it changes: an authority's three-digit one.
fn stable([_, country, _, region, _, old, _, _]: &[String; 8]) -> &str {
    [old, region].into_iter().find(|code| !code.is_empty()).unwrap_or(country)
}

fn location([_, country, country_name, region, region_name, old, new, name]: &[String; 8]) -> LocationState {
    if !old.is_empty() {
        LocationState { code: new.clone(), old_code: Some(old.clone()), name: name.clone() }
    } else if !region.is_empty() {
        LocationState { code: region.clone(), old_code: None, name: region_name.clone() }
    } else {
        LocationState { code: country.clone(), old_code: None, name: country_name.clone() }
    }
}

fn shapes(old: &Shape, new: &Shape, major: &mut ChangeSet, minor: &mut ChangeSet) {
    let never = |_: &FilterState, _: &FilterState| false;
    (major.filters, minor.filters) = changes(&old.filters, &new.filters, never);
    for filter in old.options.keys().chain(new.options.keys()).collect::<BTreeSet<_>>() {
        // The options of a filter that is new or gone are told with it.
        let (Some(before), Some(after)) = (old.options.get(filter), new.options.get(filter)) else { continue };
        put(filter, differences(before, after), &mut major.filter_options, &mut minor.filter_options);
    }
    (major.geographic_levels, minor.geographic_levels) = differences(&old.levels, &new.levels);
    let never = |_: &ColumnState, _: &ColumnState| false;
    (major.indicators, minor.indicators) = changes(&old.columns, &new.columns, never);
    let groups = |shape: &Shape| -> BTreeSet<String> { shape.locations.keys().cloned().collect() };
    (major.location_groups, minor.location_groups) = differences(&groups(old), &groups(new));
    for level in groups(old).intersection(&groups(new)) {
        // A reader's program may name either code.
        let renamed = |before: &LocationState, after: &LocationState| before.code != after.code;
        let found = changes(&old.locations[level], &new.locations[level], renamed);
        put(level, found, &mut major.location_options, &mut minor.location_options);
    }
    (major.time_periods, minor.time_periods) = differences(&old.periods, &new.periods);
}

type Found<T> = (Vec<Change<T>>, Vec<Change<T>>);

fn put<T>(
    name: &str,
    (large, small): Found<T>,
    major: &mut BTreeMap<String, Vec<Change<T>>>,
    minor: &mut BTreeMap<String, Vec<Change<T>>>,
) {
    for (found, into) in [(large, major), (small, minor)] {
        if !found.is_empty() {
            into.insert(name.to_owned(), found);
        }
    }
}

/// Major and minor changes of things that have a name: gone or renamed, then new or otherwise different.
fn changes<T: Clone + PartialEq>(
    before: &BTreeMap<String, T>,
    after: &BTreeMap<String, T>,
    renamed: impl Fn(&T, &T) -> bool,
) -> Found<T> {
    let (mut major, mut minor) = (Vec::new(), Vec::new());
    for key in before.keys().chain(after.keys()).collect::<BTreeSet<_>>() {
        let (previous, current) = (before.get(key).cloned(), after.get(key).cloned());
        let is_major = match (&previous, &current) {
            (Some(one), Some(other)) if one == other => continue,
            (Some(one), Some(other)) => renamed(one, other),
            (previous, _) => previous.is_some(),
        };
        if is_major { &mut major } else { &mut minor }.push(Change { previous, current });
    }
    (major, minor)
}

/// What is gone and what is new.
fn differences<T: Clone + Ord>(before: &BTreeSet<T>, after: &BTreeSet<T>) -> Found<T> {
    let gone = before.difference(after).map(|one| Change { previous: Some(one.clone()), current: None });
    let new = after.difference(before).map(|one| Change { previous: None, current: Some(one.clone()) });
    (gone.collect(), new.collect())
}

/// Every row; of two releases that hold one, the later counts.
fn rows<'a>(id: &str, releases: &[&'a Compared<'a>]) -> BTreeMap<Key<'a>, Row<'a>> {
    let mut rows = BTreeMap::new();
    for release in releases {
        let Some((_, table)) = release.tables.get(id) else { continue };
        for row in &table.rows {
            let mut items: Vec<(&str, &str)> =
                table.filters.iter().map(String::as_str).zip(row.items.iter().map(String::as_str)).collect();
            items.sort_unstable();
            rows.insert(
                (release.year, row.place[0].as_str(), stable(&row.place), items),
                (table.columns.as_slice(), row.figures.as_slice()),
            );
        }
    }
    rows
}

fn values(before: &BTreeMap<Key<'_>, Row<'_>>, after: &BTreeMap<Key<'_>, Row<'_>>) -> ValueChanges {
    let mut changes = ValueChanges::default();
    if before.is_empty() {
        return changes;
    }
    for (key, (columns, figures)) in after {
        let Some((old_columns, old_figures)) = before.get(key) else {
            changes.rows_added += 1;
            continue;
        };
        for (column, figure) in columns.iter().zip(*figures) {
            let old = old_columns.iter().position(|known| known == column).and_then(|at| old_figures.get(at));
            // 79 and 79.0 are read differently, so the figures are compared as they are written.
            if old.is_some_and(|old| old != figure && old.to_string() != figure.to_string()) {
                changes.changed += 1;
                *changes.columns.entry(column.clone()).or_default() += 1;
            }
        }
    }
    changes.rows_removed = before.keys().filter(|key| !after.contains_key(*key)).count() as u64;
    changes
}
