//! Which rows a rule must leave out, because a cell it needs could not be read or a row has no parent.

use super::plan::PlannedRule;
use crate::spec::Scope;
use crate::validate::ValidateError;
use crate::validate::values::TypedReturn;
use arrow::array::{Array, ArrayRef, BooleanArray, RecordBatch};
use arrow::compute::filter_record_batch;
use arrow::util::display::{ArrayFormatter, FormatOptions};
use std::collections::{BTreeMap, BTreeSet};

/// What is left out for one rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum LeftOut {
    Nothing,
    /// Rows by qualified name of the table.
    Rows(BTreeMap<String, BTreeSet<u32>>),
    /// The rule does not run; the rows that keep it from running, by qualified name.
    Everything(BTreeMap<String, BTreeSet<u32>>),
}

/// The returns that a rule reads: its own and, where there is one, the last.
#[derive(Debug, Clone, Copy)]
pub(super) struct Returns<'a> {
    pub(super) own: &'a TypedReturn,
    pub(super) previous: Option<&'a TypedReturn>,
}

impl<'a> Returns<'a> {
    fn of(&self, qualified: &'a str) -> (Option<&'a TypedReturn>, &'a str) {
        match qualified.split_once('.') {
            None => (Some(self.own), qualified),
            Some(("previous", name)) => (self.previous, name),
            Some((_, name)) => (None, name),
        }
    }

    pub(super) fn batch(&self, qualified: &'a str) -> Option<&'a RecordBatch> {
        let (found, name) = self.of(qualified);
        found?.tables.get(name)
    }
}

/// What one rule must leave out.
pub(super) fn left_out(planned: &PlannedRule, returns: Returns<'_>) -> LeftOut {
    let mut bad: BTreeMap<String, BTreeSet<u32>> = BTreeMap::new();
    for (qualified, fields) in &planned.needs {
        // A rule that reads no cell of a table counts its rows, and a row without its parent is a row.
        if fields.is_empty() {
            continue;
        }
        // Where the last return is only shown beside this one, it decides nothing.
        if planned.rule.previous_optional && qualified.starts_with("previous.") {
            continue;
        }
        let (found, name) = returns.of(qualified);
        let Some(unusable) = found.and_then(|found| found.unusable.get(name)) else { continue };
        let cells = fields.iter().filter_map(|field| unusable.cells.get(field)).flatten();
        let rows: BTreeSet<u32> = cells.chain(&unusable.orphans).copied().collect();
        if !rows.is_empty() {
            bad.insert(qualified.clone(), rows);
        }
    }
    if bad.is_empty() {
        return LeftOut::Nothing;
    }
    match &planned.rule.scope {
        Scope::Row => LeftOut::Rows(bad),
        Scope::Whole => LeftOut::Everything(bad),
        Scope::Together(fields) => widen(planned, returns, fields, bad),
    }
}

/// Every row with the same values as a bad row falls with it. Where the values of a bad row cannot be read, any row
/// could belong to it, and the rule does not run.
fn widen(
    planned: &PlannedRule,
    returns: Returns<'_>,
    fields: &[String],
    bad: BTreeMap<String, BTreeSet<u32>>,
) -> LeftOut {
    let mut groups: BTreeSet<Vec<String>> = BTreeSet::new();
    for (qualified, rows) in &bad {
        let Some(columns) = returns.batch(qualified).and_then(|batch| columns(batch, fields)) else {
            return LeftOut::Everything(bad);
        };
        for row in rows {
            match values(&columns, *row as usize) {
                Some(group) => groups.insert(group),
                None => return LeftOut::Everything(bad),
            };
        }
    }
    let mut wide: BTreeMap<String, BTreeSet<u32>> = bad;
    for qualified in planned.needs.keys() {
        let Some(batch) = returns.batch(qualified) else { continue };
        // A table without these fields, such as one of totals, belongs to no group.
        let Some(columns) = columns(batch, fields) else { continue };
        let rows =
            (0..batch.num_rows()).filter(|row| values(&columns, *row).is_some_and(|group| groups.contains(&group)));
        let rows: Vec<u32> = rows.filter_map(|row| u32::try_from(row).ok()).collect();
        if !rows.is_empty() {
            wide.entry(qualified.clone()).or_default().extend(rows);
        }
    }
    LeftOut::Rows(wide)
}

fn columns(batch: &RecordBatch, fields: &[String]) -> Option<Vec<ArrayRef>> {
    fields.iter().map(|field| batch.column_by_name(field).cloned()).collect()
}

/// The texts of a row's cells in these columns; none where one is empty.
fn values(columns: &[ArrayRef], row: usize) -> Option<Vec<String>> {
    let options = FormatOptions::default();
    let text = |column: &ArrayRef| {
        if column.is_null(row) {
            return None;
        }
        Some(ArrayFormatter::try_new(column.as_ref(), &options).ok()?.value(row).to_string())
    };
    columns.iter().map(text).collect()
}

/// A table without some rows.
pub(super) fn without(batch: &RecordBatch, table: &str, rows: &BTreeSet<u32>) -> Result<RecordBatch, ValidateError> {
    let mut kept = vec![true; batch.num_rows()];
    for row in rows {
        if let Some(keep) = kept.get_mut(*row as usize) {
            *keep = false;
        }
    }
    filter_record_batch(batch, &BooleanArray::from(kept))
        .map_err(|_| ValidateError::Columns { table: table.to_owned() })
}
