//! The order of results: by what a query asks for, then by the rows' own order, so that pages never overlap.

use super::geography::Level;
use super::model::DataSet;
use super::query::{Message, Query, QueryError, Sort};
use serde_json::{Value, json};

/// A column to sort by: for each row a number of something, and for each number its rank.
struct Key<'d> {
    numbers: &'d [u32],
    ranks: Vec<usize>,
    descending: bool,
}

/// Sorts rows. Without sorts the latest period comes first, which is the rows' own order.
pub(super) fn sort(data: &DataSet, query: &Query, rows: &mut [u32]) -> Result<(), Vec<QueryError>> {
    let (mut keys, mut unknown) = (Vec::new(), Vec::new());
    for sort in &query.sorts {
        match column(data, &sort.field) {
            Some((numbers, ranks)) => keys.push(Key { numbers, ranks, descending: sort.descending }),
            None => unknown.push(written(sort, query.in_address)),
        }
    }
    if !unknown.is_empty() {
        return Err(vec![Message::not_found("SortFieldsNotFound", "sort fields", "sorts", unknown)]);
    }
    let rank = |key: &Key<'_>, row: u32| key.ranks[key.numbers[row as usize] as usize];
    rows.sort_by(|one, other| {
        for key in &keys {
            let order = rank(key, *one).cmp(&rank(key, *other));
            let order = if key.descending { order.reverse() } else { order };
            if order.is_ne() {
                return order;
            }
        }
        one.cmp(other)
    });
    Ok(())
}

fn written(sort: &Sort, in_address: bool) -> Value {
    let direction = if sort.descending { "Desc" } else { "Asc" };
    if in_address {
        json!(format!("{}|{direction}", sort.field))
    } else {
        json!({ "field": sort.field, "direction": direction })
    }
}

fn column<'d>(data: &'d DataSet, field: &str) -> Option<(&'d [u32], Vec<usize>)> {
    match field.split_once('|') {
        None if field == "timePeriod" => Some((&data.period_of, (0..data.periods.len()).collect())),
        None if field == "geographicLevel" => Some((&data.level_of, ranked(&data.levels, |level| level.label))),
        Some(("location", code)) => {
            let level = Level::of_code(code)?;
            let group = data.groups.iter().position(|group| group.level == level)?;
            let ranks = ranked(&data.groups[group].options, |place| (place.label.clone(), place.id.clone()));
            Some((&data.places[group].0, nothing_first(ranks)))
        }
        // Options keep the order of the file, in which "5 to 9" comes before "10 to 15".
        Some(("filter", id)) => {
            let filter = data.filters.iter().position(|filter| *filter.id == *id)?;
            Some((&data.items[filter].0, nothing_first((0..data.filters[filter].options.len()).collect())))
        }
        Some(("indicator", id)) => {
            let column = data.indicators.iter().position(|column| *column.id == *id)?;
            let figures = &data.figures[column];
            let texts: Vec<&str> = figures.texts.iter().map(AsRef::as_ref).collect();
            Some((&figures.cells, nothing_first(ranked(&texts, |text| Figure::of(text)))))
        }
        _ => None,
    }
}

/// A figure's place in an order: numbers by their size, then symbols by their letters.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Figure {
    Number(i64, u64),
    Symbol(String),
}

impl Figure {
    fn of(text: &str) -> Self {
        match text.parse::<f64>() {
            Ok(number) if number.is_finite() => {
                let whole = number.floor();
                // The fraction of a number from nought up to one keeps its order as bits.
                Self::Number(whole as i64, (number - whole).to_bits())
            }
            _ => Self::Symbol(text.to_owned()),
        }
    }
}

/// For each thing its rank; things with the same key have the same.
fn ranked<T, K: Ord>(things: &[T], key: impl Fn(&T) -> K) -> Vec<usize> {
    let mut keys: Vec<K> = things.iter().map(&key).collect();
    keys.sort();
    keys.dedup();
    things.iter().map(|thing| keys.binary_search(&key(thing)).unwrap_or_default()).collect()
}

/// Ranks with one more for nothing, which stands after the last number and ranks before everything.
fn nothing_first(ranks: Vec<usize>) -> Vec<usize> {
    ranks.into_iter().map(|rank| rank + 1).chain([0]).collect()
}
