//! The records of one table in two versions: sorted by key and walked side by side.
//!
//! Rows of one key that are alike cancel out first, so that a key that stands twice is compared fairly. A row whose key is
//! not whole, and every row of a table without a key, is compared as it is: it is there or not, and never changed.

use super::{Cell, FieldChange, RecordChange, RecordFate, TableDifference};
use crate::spec::{Field, FieldType, Table, arrow_type, conformed};
use crate::validate::ValidateError;
use crate::validate::collect::LISTED_AT_MOST;
use crate::validate::place::shown_value;
use crate::validate::rules::shown;
use crate::validate::values::{TypedReturn, Unusable};
use arrow::array::{Array, ArrayRef, AsArray, BooleanArray, RecordBatch, new_null_array};
use arrow::datatypes::Date32Type;
use arrow::error::ArrowError;
use arrow::row::{RowConverter, Rows, SortField};
use std::cmp::Ordering;

/// One version of the table.
struct Side<'a> {
    rows: usize,
    /// In the order of the table's fields.
    columns: Vec<ArrayRef>,
    unusable: Option<&'a Unusable>,
}

impl<'a> Side<'a> {
    fn of(table: &Table, typed: &'a TypedReturn) -> Result<Self, ValidateError> {
        let batch = typed.tables.get(&table.name).map(|batch| conformed(table, batch)).transpose();
        let batch = batch.map_err(ValidateError::Kept)?;
        let rows = batch.as_ref().map_or(0, RecordBatch::num_rows);
        let column = |field: &Field| {
            let found = batch.as_ref().and_then(|batch| batch.column_by_name(&field.name));
            found.cloned().unwrap_or_else(|| new_null_array(&arrow_type(field.kind), rows))
        };
        let columns = table.fields.iter().map(column).collect();
        Ok(Self { rows, columns, unusable: typed.unusable.get(&table.name) })
    }

    fn unreadable(&self, field: &str) -> Option<&[u32]> {
        self.unusable?.cells.get(field).map(Vec::as_slice)
    }

    /// For each row, whether its cell of the field could not be read.
    fn mask(&self, field: &str) -> ArrayRef {
        let rows = self.unreadable(field).unwrap_or_default();
        let is_unreadable = |row: usize| u32::try_from(row).is_ok_and(|row| rows.binary_search(&row).is_ok());
        std::sync::Arc::new((0..self.rows).map(|row| Some(is_unreadable(row))).collect::<BooleanArray>())
    }

    fn cell(&self, field: &Field, at: usize, row: usize) -> Cell {
        let Some(column) = self.columns.get(at) else { return Cell::Empty };
        if column.is_null(row) {
            let rows = self.unreadable(&field.name).unwrap_or_default();
            let is_unreadable = u32::try_from(row).is_ok_and(|row| rows.binary_search(&row).is_ok());
            return if is_unreadable { Cell::Unreadable } else { Cell::Empty };
        }
        let text = match field.kind {
            FieldType::Month => {
                column.as_primitive::<Date32Type>().value_as_date(row).map(|day| day.format("%Y-%m").to_string())
            }
            _ => Some(shown(column.as_ref(), row)),
        };
        Cell::Value(shown_value(&text.unwrap_or_default()))
    }
}

/// The rows of both versions in a form in which they can be compared.
struct Comparable {
    since: Rows,
    now: Rows,
}

impl Comparable {
    fn of(since: &[ArrayRef], now: &[ArrayRef]) -> Result<Self, ArrowError> {
        let fields = now.iter().map(|column| SortField::new(column.data_type().clone())).collect();
        let converter = RowConverter::new(fields)?;
        Ok(Self { since: converter.convert_columns(since)?, now: converter.convert_columns(now)? })
    }
}

/// What became of a table's records; none where neither version has the table.
pub(super) fn compare(
    table: &Table,
    since: &TypedReturn,
    now: &TypedReturn,
) -> Result<Option<TableDifference>, ValidateError> {
    if !since.tables.contains_key(&table.name) && !now.tables.contains_key(&table.name) {
        return Ok(None);
    }
    let (since, now) = (Side::of(table, since)?, Side::of(table, now)?);
    let walk = Walk::new(table, &since, &now).map_err(|_| ValidateError::Columns { table: table.name.clone() })?;
    Ok(Some(walk.compare()))
}

struct Walk<'a> {
    table: &'a Table,
    since: &'a Side<'a>,
    now: &'a Side<'a>,
    /// Absent for a table without a key.
    keys: Option<Comparable>,
    /// Whole rows, with what of them could not be read.
    whole: Comparable,
    found: TableDifference,
}

impl<'a> Walk<'a> {
    fn new(table: &'a Table, since: &'a Side<'a>, now: &'a Side<'a>) -> Result<Self, ArrowError> {
        let whole = |side: &Side<'_>| {
            let is_doubtful =
                |field: &&Field| since.unreadable(&field.name).is_some() || now.unreadable(&field.name).is_some();
            let masks = table.fields.iter().filter(is_doubtful).map(|field| side.mask(&field.name));
            side.columns.iter().cloned().chain(masks).collect::<Vec<_>>()
        };
        let of_key = |side: &Side<'_>| key_columns(table).filter_map(|at| side.columns.get(at).cloned()).collect();
        let (keys_since, keys_now): (Vec<_>, Vec<_>) = (of_key(since), of_key(now));
        let keys = if keys_now.is_empty() { None } else { Some(Comparable::of(&keys_since, &keys_now)?) };
        let found = TableDifference {
            table: table.name.clone(),
            key: table.key.clone(),
            rows_since: since.rows as u64,
            rows_now: now.rows as u64,
            added: 0,
            removed: 0,
            changed: 0,
            same: 0,
            records: Vec::new(),
        };
        Ok(Self { table, since, now, keys, whole: Comparable::of(&whole(since), &whole(now))?, found })
    }

    fn compare(mut self) -> TableDifference {
        let (mut since, loose_since) = self.keyed(self.since);
        let (mut now, loose_now) = self.keyed(self.now);
        if let Some(keys) = &self.keys {
            let whole = &self.whole;
            since.sort_by(|one, other| {
                let by_key = keys.since.row(*one).cmp(&keys.since.row(*other));
                by_key.then_with(|| whole.since.row(*one).cmp(&whole.since.row(*other)))
            });
            now.sort_by(|one, other| {
                let by_key = keys.now.row(*one).cmp(&keys.now.row(*other));
                by_key.then_with(|| whole.now.row(*one).cmp(&whole.now.row(*other)))
            });
        }
        self.groups(&since, &now);
        self.loose(loose_since, loose_now);
        self.found
    }

    /// The rows whose key is whole, and the others.
    fn keyed(&self, side: &Side<'_>) -> (Vec<usize>, Vec<usize>) {
        if self.keys.is_none() {
            return (Vec::new(), (0..side.rows).collect());
        }
        let keys: Vec<&ArrayRef> = key_columns(self.table).filter_map(|at| side.columns.get(at)).collect();
        (0..side.rows).partition(|row| keys.iter().all(|column| column.is_valid(*row)))
    }

    /// Walks the sorted rows of both versions, one key after the other.
    fn groups(&mut self, since: &[usize], now: &[usize]) {
        let (mut from, mut to) = (0, 0);
        while from < since.len() || to < now.len() {
            let (left, right) = self.next_group(&since[from..], &now[to..]);
            let (gone, come) = self.cancel(&since[from..from + left], &now[to..to + right]);
            let pairs = gone.len().min(come.len());
            for (was, is) in gone.iter().zip(&come) {
                self.change(RecordFate::Changed, Some(*was), Some(*is));
            }
            for was in &gone[pairs..] {
                self.change(RecordFate::Removed, Some(*was), None);
            }
            for is in &come[pairs..] {
                self.change(RecordFate::Added, None, Some(*is));
            }
            (from, to) = (from + left, to + right);
        }
    }

    /// How many rows of each version have the least key that is left.
    fn next_group(&self, since: &[usize], now: &[usize]) -> (usize, usize) {
        let Some(keys) = &self.keys else { return (since.len(), now.len()) };
        let order = match (since.first(), now.first()) {
            (Some(was), Some(is)) => keys.since.row(*was).cmp(&keys.now.row(*is)),
            (Some(_), None) => Ordering::Less,
            (None, _) => Ordering::Greater,
        };
        let left = if order == Ordering::Greater { 0 } else { alike(&keys.since, since) };
        let right = if order == Ordering::Less { 0 } else { alike(&keys.now, now) };
        (left, right)
    }

    /// Counts rows that are alike in both lists, which are sorted by whole rows, and gives back the others.
    fn cancel(&mut self, since: &[usize], now: &[usize]) -> (Vec<usize>, Vec<usize>) {
        let (mut gone, mut come) = (Vec::new(), Vec::new());
        let (mut from, mut to) = (0, 0);
        while let (Some(was), Some(is)) = (since.get(from), now.get(to)) {
            match self.whole.since.row(*was).cmp(&self.whole.now.row(*is)) {
                Ordering::Less => {
                    gone.push(*was);
                    from += 1;
                }
                Ordering::Greater => {
                    come.push(*is);
                    to += 1;
                }
                Ordering::Equal => {
                    self.found.same += 1;
                    from += 1;
                    to += 1;
                }
            }
        }
        gone.extend(&since[from..]);
        come.extend(&now[to..]);
        (gone, come)
    }

    /// Rows without a whole key.
    fn loose(&mut self, mut since: Vec<usize>, mut now: Vec<usize>) {
        since.sort_by(|one, other| self.whole.since.row(*one).cmp(&self.whole.since.row(*other)));
        now.sort_by(|one, other| self.whole.now.row(*one).cmp(&self.whole.now.row(*other)));
        let (gone, come) = self.cancel(&since, &now);
        for was in gone {
            self.change(RecordFate::Removed, Some(was), None);
        }
        for is in come {
            self.change(RecordFate::Added, None, Some(is));
        }
    }

    /// Counts a change, and lists it while there is room for one of its kind.
    fn change(&mut self, fate: RecordFate, was: Option<usize>, is: Option<usize>) {
        let count = match fate {
            RecordFate::Added => &mut self.found.added,
            RecordFate::Removed => &mut self.found.removed,
            RecordFate::Changed => &mut self.found.changed,
        };
        *count += 1;
        if *count > LISTED_AT_MOST {
            return;
        }
        let (side, row) = match (was, is) {
            (_, Some(row)) => (self.now, row),
            (Some(row), None) => (self.since, row),
            (None, None) => return,
        };
        let key = self.key(side, row);
        let told = fate == RecordFate::Changed || key.is_empty();
        let fields = if told { self.fields(was, is) } else { Vec::new() };
        self.found.records.push(RecordChange { fate, key, fields });
    }

    /// The key of a row, when it is whole.
    fn key(&self, side: &Side<'_>, row: usize) -> Vec<(String, crate::domain::guarded::Guarded<String>)> {
        let part = |at: usize| {
            let field = self.table.fields.get(at)?;
            match side.cell(field, at, row) {
                Cell::Value(value) => Some((field.name.clone(), value)),
                Cell::Empty | Cell::Unreadable => None,
            }
        };
        key_columns(self.table).map(part).collect::<Option<_>>().unwrap_or_default()
    }

    fn fields(&self, was: Option<usize>, is: Option<usize>) -> Vec<FieldChange> {
        let change = |(at, field): (usize, &Field)| {
            let was = was.map_or(Cell::Empty, |row| self.since.cell(field, at, row));
            let now = is.map_or(Cell::Empty, |row| self.now.cell(field, at, row));
            (was != now).then(|| FieldChange { field: field.name.clone(), was, now })
        };
        self.table.fields.iter().enumerate().filter_map(change).collect()
    }
}

/// The places of the key's fields among the table's.
fn key_columns(table: &Table) -> impl Iterator<Item = usize> {
    table.key.iter().filter_map(|name| table.fields.iter().position(|field| field.name == *name))
}

/// How many of the first rows have the key of the very first.
fn alike(keys: &Rows, rows: &[usize]) -> usize {
    let Some(first) = rows.first() else { return 0 };
    rows.iter().take_while(|row| keys.row(**row) == keys.row(*first)).count()
}
