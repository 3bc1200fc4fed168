//! Which rows a rule must leave out, because a cell it needs could not be read or a row has no parent.
//!
//! Rules that need the same cells leave out the same rows, so each set of rows is worked out once for all of them: a
//! return in which every row is wrong costs little more than a clean one.

use super::groups::Groups;
use super::plan::PlannedRule;
use crate::spec::Scope;
use crate::validate::ValidateError;
use crate::validate::values::TypedReturn;
use arrow::array::{BooleanArray, RecordBatch};
use arrow::compute::filter_record_batch;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Rows of one table: for each row whether it is one of them.
#[derive(Debug, Default)]
pub(super) struct Rows {
    is_in: Vec<bool>,
    pub(super) count: u64,
}

impl Rows {
    fn of(rows: usize, chosen: impl Iterator<Item = usize>) -> Self {
        let mut made = Self { is_in: vec![false; rows], count: 0 };
        for row in chosen {
            if let Some(slot) = made.is_in.get_mut(row) {
                made.count += u64::from(!*slot);
                *slot = true;
            }
        }
        made
    }

    fn iter(&self) -> impl Iterator<Item = usize> + '_ {
        self.is_in.iter().enumerate().filter(|(_, is_in)| **is_in).map(|(row, _)| row)
    }
}

/// Rows by qualified name of the table; tables without any are not in it.
pub(super) type RowsByTable = BTreeMap<String, Arc<Rows>>;

/// What is left out for a rule.
#[derive(Debug, Clone)]
pub(super) enum LeftOut {
    Nothing,
    Rows(RowsByTable),
    /// The rule does not run; the rows that keep it from running.
    Everything(RowsByTable),
}

/// The returns that a rule reads: its own and, where there is one, the last.
#[derive(Debug, Clone, Copy)]
pub(super) struct Returns<'a> {
    pub(super) own: &'a TypedReturn,
    pub(super) previous: Option<&'a TypedReturn>,
}

impl<'a> Returns<'a> {
    fn of<'n>(&self, qualified: &'n str) -> (Option<&'a TypedReturn>, &'n str) {
        match qualified.split_once('.') {
            None => (Some(self.own), qualified),
            Some(("previous", name)) => (self.previous, name),
            Some((_, name)) => (None, name),
        }
    }

    pub(super) fn batch(&self, qualified: &str) -> Option<&'a RecordBatch> {
        let (found, name) = self.of(qualified);
        found?.tables.get(name)
    }
}

/// What decides which rows are left out: rules for which it is equal share them.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Cause {
    /// For each table, the needed fields of which some cell cannot be used; none for rows without a parent alone.
    fields: BTreeMap<String, Vec<String>>,
    scope: CauseScope,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum CauseScope {
    Row,
    Whole,
    /// The fields by which rows stand together, and the tables that the rule reads.
    Together(Vec<String>, Vec<String>),
}

/// What keeps a rule from seeing every row; none where nothing does.
pub(super) fn cause(planned: &PlannedRule, returns: Returns<'_>) -> Option<Cause> {
    let mut fields = BTreeMap::new();
    for (qualified, needed) in &planned.needs {
        // A rule that reads no cell of a table counts its rows, and a row without its parent is a row.
        // Where the last return is only shown beside this one, it decides nothing.
        if needed.is_empty() || planned.rule.previous_optional && qualified.starts_with("previous.") {
            continue;
        }
        let (found, name) = returns.of(qualified);
        let Some(unusable) = found.and_then(|found| found.unusable.get(name)) else { continue };
        let bad: Vec<String> = needed.iter().filter(|field| unusable.cells.contains_key(*field)).cloned().collect();
        if !bad.is_empty() || !unusable.orphans.is_empty() {
            fields.insert(qualified.clone(), bad);
        }
    }
    let scope = match &planned.rule.scope {
        Scope::Row => CauseScope::Row,
        Scope::Whole => CauseScope::Whole,
        Scope::Together(by) => CauseScope::Together(by.clone(), planned.needs.keys().cloned().collect()),
    };
    (!fields.is_empty()).then_some(Cause { fields, scope })
}

/// Works out the rows of causes; keeps what several share.
#[derive(Debug)]
pub(super) struct Exclusions<'a> {
    returns: Returns<'a>,
    groups: BTreeMap<Vec<String>, Groups>,
}

impl<'a> Exclusions<'a> {
    pub(super) const fn new(returns: Returns<'a>) -> Self {
        Self { returns, groups: BTreeMap::new() }
    }

    pub(super) fn left_out(&mut self, cause: Option<&Cause>) -> LeftOut {
        let Some(cause) = cause else { return LeftOut::Nothing };
        let bad: RowsByTable = cause.fields.iter().filter_map(|(table, fields)| self.bad(table, fields)).collect();
        if bad.is_empty() {
            return LeftOut::Nothing;
        }
        match &cause.scope {
            CauseScope::Row => LeftOut::Rows(bad),
            CauseScope::Whole => LeftOut::Everything(bad),
            CauseScope::Together(by, tables) => self.widen(by, tables, bad),
        }
    }

    /// The rows of a table with an unusable cell in one of the fields, or without a parent.
    fn bad(&self, qualified: &str, fields: &[String]) -> Option<(String, Arc<Rows>)> {
        let (found, name) = self.returns.of(qualified);
        let unusable = found?.unusable.get(name)?;
        let cells = fields.iter().filter_map(|field| unusable.cells.get(field)).flatten();
        let rows = cells.chain(&unusable.orphans).map(|row| *row as usize);
        let rows = Rows::of(self.returns.batch(qualified)?.num_rows(), rows);
        (rows.count > 0).then(|| (qualified.to_owned(), Arc::new(rows)))
    }

    /// Every row with the same values as a bad row falls with it. Where the values of a bad row cannot be read, any row
    /// could belong to it, and the rule does not run.
    fn widen(&mut self, by: &[String], tables: &[String], bad: RowsByTable) -> LeftOut {
        let groups = self.groups.entry(by.to_vec()).or_insert_with(|| Groups::new(by.to_vec()));
        for table in tables {
            if let Some(batch) = self.returns.batch(table) {
                groups.add(table, batch);
            }
        }
        let Some(fallen) = fallen(groups, &bad) else { return LeftOut::Everything(bad) };
        let mut wide = bad;
        for table in tables {
            // A table without these fields, such as one of totals, belongs to no group.
            let Some(of_rows) = groups.of(table) else { continue };
            let has_fallen = |group: &Option<u32>| group.is_some_and(|group| fallen[group as usize]);
            let rows = of_rows.iter().enumerate().filter(|(_, group)| has_fallen(group)).map(|(row, _)| row);
            let rows = Rows::of(of_rows.len(), rows);
            if rows.count > 0 {
                wide.insert(table.clone(), Arc::new(rows));
            }
        }
        LeftOut::Rows(wide)
    }
}

/// Which groups have a bad row; none when it cannot be told of one to which group it belongs.
fn fallen(groups: &Groups, bad: &RowsByTable) -> Option<Vec<bool>> {
    let mut fallen = vec![false; groups.count()];
    for (table, rows) in bad {
        let of_rows = groups.of(table)?;
        for row in rows.iter() {
            let group = of_rows.get(row).copied().flatten()?;
            *fallen.get_mut(group as usize)? = true;
        }
    }
    Some(fallen)
}

/// A table without some rows.
pub(super) fn without(batch: &RecordBatch, table: &str, rows: &Rows) -> Result<RecordBatch, ValidateError> {
    let kept: BooleanArray = rows.is_in.iter().map(|is_in| Some(!is_in)).collect();
    filter_record_batch(batch, &kept).map_err(|_| ValidateError::Columns { table: table.to_owned() })
}
