//! Rows that stand together: those with the same values in some fields, whichever table they are in.

use arrow::array::{Array, ArrayRef, RecordBatch};
use arrow::row::{RowConverter, SortField};
use indexmap::IndexSet;
use std::collections::BTreeMap;

/// The groups of one list of fields, numbered over all tables that have them.
#[derive(Debug)]
pub(super) struct Groups {
    by: Vec<String>,
    converter: Option<RowConverter>,
    seen: IndexSet<Box<[u8]>>,
    /// For each row of a table its group; none where one of its cells is empty. None for a table without the fields.
    tables: BTreeMap<String, Option<Vec<Option<u32>>>>,
}

impl Groups {
    pub(super) fn new(by: Vec<String>) -> Self {
        Self { by, converter: None, seen: IndexSet::new(), tables: BTreeMap::new() }
    }

    /// Numbers the rows of a table, once.
    pub(super) fn add(&mut self, table: &str, batch: &RecordBatch) {
        if !self.tables.contains_key(table) {
            let numbers = self.number(batch);
            self.tables.insert(table.to_owned(), numbers);
        }
    }

    fn number(&mut self, batch: &RecordBatch) -> Option<Vec<Option<u32>>> {
        let columns: Vec<ArrayRef> =
            self.by.iter().map(|field| batch.column_by_name(field).cloned()).collect::<Option<_>>()?;
        if self.converter.is_none() {
            let fields = columns.iter().map(|column| SortField::new(column.data_type().clone())).collect();
            self.converter = RowConverter::new(fields).ok();
        }
        let rows = self.converter.as_ref()?.convert_columns(&columns).ok()?;
        let number = |(at, row): (usize, arrow::row::Row<'_>)| {
            if columns.iter().any(|column| column.is_null(at)) {
                return None;
            }
            let bytes: &[u8] = row.as_ref();
            let found = self.seen.get_index_of(bytes).unwrap_or_else(|| self.seen.insert_full(bytes.into()).0);
            u32::try_from(found).ok()
        };
        Some(rows.iter().enumerate().map(number).collect())
    }

    pub(super) fn count(&self) -> usize {
        self.seen.len()
    }

    /// The groups of a table's rows; none for a table that was not added or has not the fields.
    pub(super) fn of(&self, table: &str) -> Option<&[Option<u32>]> {
        self.tables.get(table)?.as_deref()
    }
}
