//! Units of nested items of a filter that are of a share at one item and are still there at a later one.
//!
//! Of each item the table has how many units there are and how many of them are of the share. Whoever knows two items
//! knows something of the units between them, and how much depends on those that count in both: they are counted here,
//! one unit known again over the items by the columns that the filter names.

use super::definition::{Definition, Filter, RowKey};
use super::error::AggregateError;
use super::national::AUTHORITY;
use super::query::PlannedIndicator;
use super::raw::RawTable;
use crate::engine::PlannedQuery;
use arrow::array::{ArrayRef, AsArray, RecordBatch};
use arrow::datatypes::Int64Type;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// The planned query that counts units by the last item that they are in, and the first at which they are of each share.
#[derive(Debug)]
pub(super) struct NestedQuery {
    pub(super) plan: Arc<dyn PlannedQuery>,
}

/// The filter whose items are nested, where a share's units are known again over them in authorities' own rows.
pub(super) fn filter(definition: &Definition) -> Option<(usize, &Filter)> {
    let wanted = definition.staying().next().is_some() && !definition.nested_at_authority().is_empty();
    definition.filters.iter().enumerate().find(|(_, filter)| filter.nested && wanted)
}

/// The breakdowns whose lines authorities are given at more than one item.
fn topics(definition: &Definition) -> BTreeSet<usize> {
    let lines = definition.nested_at_authority().into_iter().filter_map(|(outer, _)| outer.breakdown);
    lines.map(|(topic, _)| topic).collect()
}

/// The query; none where nothing is nested.
pub(super) fn sql(definition: &Definition, sql: &str) -> Option<String> {
    let (at, nested) = filter(definition)?;
    let quoted = |name: &str| format!("\"{name}\"");
    let others = definition.filters.iter().enumerate().filter(|(other, _)| *other != at);
    let keys: Vec<String> =
        std::iter::once(AUTHORITY).chain(others.map(|(_, one)| one.column.as_str())).map(quoted).collect();
    let mut columns: Vec<String> = Vec::new();
    for column in topics(definition).into_iter().flat_map(|topic| &definition.topics[topic].columns) {
        if !columns.contains(column) {
            columns.push(column.clone());
        }
    }
    let text = |item: &String| format!("'{}'", item.replace('\'', "''"));
    let items = nested.items.iter().enumerate();
    let whens: Vec<String> = items.map(|(number, item)| format!("WHEN {} THEN {number}", text(item))).collect();
    let number = format!("CASE {} {} END", quoted(&nested.column), whens.join(" "));
    let firsts: Vec<String> = definition.staying().map(|share| format!("\"_first_{share}\"")).collect();
    let mut inner = keys.clone();
    inner.extend(columns.iter().map(|column| format!("COALESCE(\"{column}\", '') AS \"{column}\"")));
    inner.push(format!("MAX({number}) AS \"_last\""));
    for (share, first) in definition.staying().zip(&firsts) {
        let column = quoted(&definition.shares[share].column);
        let never = nested.items.len();
        inner.push(format!("COALESCE(MIN(CASE WHEN {column} = 1 THEN {number} END), {never}) AS {first}"));
    }
    let with = nested.nested_with.iter().map(|(column, items)| {
        let items: Vec<String> = items.iter().map(text).collect();
        format!("{} IN ({})", quoted(column), items.join(", "))
    });
    let with: Vec<String> = std::iter::once("TRUE".to_owned()).chain(with).collect();
    let mut unit: Vec<String> = keys.clone();
    unit.extend(columns.iter().chain(&nested.known_by).map(|column| quoted(column)));
    let set = |more: &[String]| {
        let named = keys.iter().cloned().chain(["\"_last\"".to_owned()]).chain(firsts.iter().cloned());
        format!("({})", named.chain(more.iter().map(|column| quoted(column))).collect::<Vec<_>>().join(", "))
    };
    let mut sets = vec![set(&[])];
    sets.extend(topics(definition).into_iter().map(|topic| set(&definition.topics[topic].columns)));
    let outer = keys.iter().cloned().chain(["\"_last\"".to_owned()]).chain(firsts.iter().cloned());
    let outer: Vec<String> = outer.chain(columns.iter().map(|column| quoted(column))).collect();
    Some(format!(
        "SELECT {}, COUNT(*) AS \"_units\" FROM (SELECT {} FROM ({sql}) WHERE {} GROUP BY {}) GROUP BY GROUPING SETS ({})",
        outer.join(", "),
        inner.join(", "),
        with.join(" AND "),
        unit.join(", "),
        sets.join(", ")
    ))
}

/// Units of one line of one authority: by the last item that they are in and the first at which they are of a share.
type Counts = BTreeMap<(usize, RowKey), Vec<(i64, Vec<i64>, i64)>>;

impl NestedQuery {
    /// Counts the units of every two rows, and sees that they are nested as the specification says.
    pub(super) fn read(
        &self,
        indicator: &PlannedIndicator,
        answer: &RecordBatch,
        place: impl Fn(&str) -> Result<usize, AggregateError>,
        table: &mut RawTable,
    ) -> Result<(), AggregateError> {
        let definition = table.definition.clone();
        let Some((at, nested)) = filter(&definition) else { return Ok(()) };
        let counts = counts(indicator, answer, &definition, at, place)?;
        let rows: BTreeMap<RowKey, usize> =
            definition.rows().into_iter().enumerate().map(|(number, row)| (row, number)).collect();
        let wrong = || AggregateError::NotNested { file: indicator.file.clone(), column: nested.column.clone() };
        let shares: Vec<usize> = definition.staying().collect();
        for (outer, inner) in definition.nested_at_authority() {
            let mut line = outer.clone();
            line.filters[at] = 0;
            let [first, last] = [outer.filters[at] as i64, inner.filters[at] as i64];
            for authority in 0..table.authorities() {
                let groups = counts.get(&(authority, line.clone())).map_or(&[][..], Vec::as_slice);
                for (number, share) in shares.iter().enumerate() {
                    let units = |from: i64, until: i64| -> i64 {
                        let counted =
                            groups.iter().filter(|(last, firsts, _)| *last >= from && firsts[number] <= until);
                        counted.map(|(.., units)| units).sum()
                    };
                    let all = nested.items.len() as i64;
                    for (row, item) in [(rows[&outer], first), (rows[&inner], last)] {
                        let counted = [units(item, all), units(item, item)];
                        if counted != [0, share + 1].map(|quantity| table.count(authority, row, quantity)) {
                            return Err(wrong());
                        }
                    }
                    table.set_within((authority, rows[&outer], rows[&inner], *share), units(last, first));
                }
            }
        }
        Ok(())
    }
}

fn counts(
    indicator: &PlannedIndicator,
    answer: &RecordBatch,
    definition: &Definition,
    at: usize,
    place: impl Fn(&str) -> Result<usize, AggregateError>,
) -> Result<Counts, AggregateError> {
    let file = &indicator.file;
    let authority = super::query::texts(file, answer, AUTHORITY)?;
    let number = |name: &str| super::query::integers(file, answer, name);
    let (last, units) = (number("_last")?, number("_units")?);
    let firsts: Vec<ArrayRef> =
        definition.staying().map(|share| number(&format!("_first_{share}"))).collect::<Result<_, _>>()?;
    let others: Vec<(usize, ArrayRef)> = (0..definition.filters.len())
        .filter(|other| *other != at)
        .map(|other| Ok((other, super::query::texts(file, answer, &definition.filters[other].column)?)))
        .collect::<Result<_, AggregateError>>()?;
    let mut by_name: BTreeMap<&str, ArrayRef> = BTreeMap::new();
    for column in topics(definition).into_iter().flat_map(|topic| &definition.topics[topic].columns) {
        by_name.insert(column, super::query::texts(file, answer, column)?);
    }
    let mut counts = Counts::new();
    for line in 0..answer.num_rows() {
        let whole = |column: &ArrayRef| column.as_primitive::<Int64Type>().value(line);
        let mut filters = vec![0; definition.filters.len()];
        for (other, column) in &others {
            let filter = &definition.filters[*other];
            let text = column.as_string::<i32>().value(line);
            let item = filter.items.iter().position(|item| item == text);
            filters[*other] = item.ok_or_else(|| indicator.unknown_category(&filter.column))?;
        }
        let breakdown = indicator.breakdown(&by_name, line)?;
        let key = (place(authority.as_string::<i32>().value(line))?, RowKey { filters, breakdown });
        counts.entry(key).or_default().push((whole(&last), firsts.iter().map(&whole).collect(), whole(&units)));
    }
    Ok(counts)
}
