//! Whether the figures of a file add up as far as they are shown: places to those above them, parts to their total.

use super::layout::{TOTAL, filters};
use crate::disclosure::{ClearedTable, ClearedTables};
use std::collections::BTreeMap;

/// The first of the columns that say where; the file begins with the time.
const LEVEL: usize = 2;
const REGION: usize = 5;
const AUTHORITY: usize = 7;
const FILTERS: usize = 10;

type Row = Vec<String>;
type Faults = Vec<(&'static str, String)>;
/// For each region, or England, and each row: how many places, and their sum where all are shown.
type PlaceSums<'a> = BTreeMap<(&'a str, &'a [String]), (usize, Option<i64>)>;
/// For each place, other items and topic: the least and greatest that the parts can come to.
type PartSums<'a> = BTreeMap<(&'a [String], &'a [String], &'a str), Option<(i64, i64)>>;

/// A count as it is shown: the least and greatest that it can stand for. Nothing where it is hidden.
fn range(cell: &str, round_to: i64) -> Option<(i64, i64)> {
    match cell {
        // No return, or nothing that could be counted: neither adds to a sum.
        "x" | "z" => Some((0, 0)),
        "low" => Some((1, (round_to - 1) / 2)),
        number => {
            let number: i64 = number.parse().ok()?;
            Some((number - round_to / 2, number + (round_to - 1) / 2))
        }
    }
}

/// Checks the rows of a year. Sums with a hidden part are not looked at.
pub(super) fn check(rows: &[Row], year: &str, table: &ClearedTable, tables: &ClearedTables, round_to: i64) -> Faults {
    let definition = table.definition();
    if definition.analysis.is_some() {
        return Vec::new();
    }
    let filters = filters(table.definition()).len();
    let topics = usize::from(!definition.topics.is_empty()) * 2;
    let first = FILTERS + filters;
    let counts = table.columns().iter().enumerate().filter(|(_, column)| {
        column.name == definition.count.name || definition.shares.iter().any(|share| share.count == column.name)
    });
    let rows: Vec<&Row> = rows.iter().filter(|row| row[0] == year).collect();
    let mut faults = Vec::new();
    for (at, column) in counts {
        let column_at = first + at;
        if !places_add_up(&rows, filters, column_at, tables, round_to) {
            faults.push(("place_is_sum", format!("{}: a place is not the sum of the places within it", column.name)));
        }
        if topics > 0 && column.name == definition.count.name && !parts_add_up(&rows, filters, column_at, round_to) {
            faults.push(("total_is_sum", format!("{}: a total is not the sum of its parts", column.name)));
        }
    }
    faults
}

/// England against the sum of the authorities, and each region against the sum of its own.
fn places_add_up(rows: &[&Row], filters: usize, column: usize, tables: &ClearedTables, round_to: i64) -> bool {
    let authorities = tables.geography().authorities.len();
    let mut sums: PlaceSums<'_> = BTreeMap::new();
    for row in rows.iter().filter(|row| !row[AUTHORITY].is_empty()) {
        let exact = range(&row[column], 1).map(|(number, _)| number);
        for above in [row[REGION].as_str(), ""] {
            let sum = sums.entry((above, &row[FILTERS..FILTERS + filters])).or_insert((0, Some(0)));
            sum.0 += 1;
            sum.1 = sum.1.zip(exact).map(|(sum, number)| sum + number);
        }
    }
    rows.iter().filter(|row| row[AUTHORITY].is_empty()).all(|row| {
        let above = if row[LEVEL] == "National" { "" } else { row[REGION].as_str() };
        let Some((places, sum)) = sums.get(&(above, &row[FILTERS..FILTERS + filters])) else { return true };
        let whole = row[LEVEL] != "National" || *places == authorities;
        match (whole, sum, range(&row[column], round_to)) {
            // Where no authority has a figure, the place above has none either, whatever its symbol.
            (true, Some(sum), Some((least, most))) => row[column] == "x" || (least..=most).contains(sum),
            _ => true,
        }
    })
}

/// In each place the parts of each breakdown against the total.
fn parts_add_up(rows: &[&Row], filters: usize, column: usize, round_to: i64) -> bool {
    let (topic, item) = (FILTERS, FILTERS + 1);
    let mut totals: BTreeMap<(&[String], &[String]), &Row> = BTreeMap::new();
    let mut parts: PartSums<'_> = BTreeMap::new();
    for row in rows {
        let (place, others) = (&row[LEVEL..FILTERS], &row[item + 1..FILTERS + filters]);
        if row[topic] == TOTAL {
            totals.insert((place, others), row);
            continue;
        }
        let step = if row[AUTHORITY].is_empty() { round_to } else { 1 };
        let shown = range(&row[column], step);
        let sum = parts.entry((place, others, row[topic].as_str())).or_insert(Some((0, 0)));
        *sum = sum.zip(shown).map(|(sum, shown)| (sum.0 + shown.0, sum.1 + shown.1));
    }
    parts.into_iter().all(|((place, others, _), sum)| {
        let Some(row) = totals.get(&(place, others)) else { return true };
        let step = if row[AUTHORITY].is_empty() { round_to } else { 1 };
        match (sum, range(&row[column], step)) {
            (Some((least, most)), Some((lowest, highest))) => least <= highest && lowest <= most,
            _ => true,
        }
    })
}
