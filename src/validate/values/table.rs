//! One table: every column read, its values judged (V01 to V06), and its keys.

use super::column::{ColumnContext, Identity, NOTHING, ReadColumn, read};
use super::schema::{Fault, FieldRule, YearSchemas};
use super::typed::Unusable;
use crate::domain::table::{TextColumn, TextTable};
use crate::spec::{Collection, Specification, Table, table_shape};
use crate::validate::ValidateError;
use arrow::array::{ArrayRef, Int64Array, RecordBatch, new_null_array};
use std::collections::BTreeMap;
use std::sync::Arc;

/// A table as it was read and judged.
pub(super) struct ReadTable<'a> {
    pub(super) table: &'a Table,
    pub(super) text: &'a TextTable,
    pub(super) batch: RecordBatch,
    /// By field and fault, the rows at fault in order.
    pub(super) faults: Vec<(&'a FieldRule, Fault, Vec<u32>)>,
    pub(super) unusable: Unusable,
    identities: BTreeMap<&'a str, (Identity, &'a TextColumn)>,
}

impl<'a> ReadTable<'a> {
    pub(super) fn read(
        specification: &'a Specification,
        collection: &'a Collection,
        schemas: &'a YearSchemas,
        table: &'a Table,
        text: &'a TextTable,
        absent_is_missing: bool,
    ) -> Result<Self, ValidateError> {
        let rows = text.rows();
        let mut dates: Option<ArrayRef> = None;
        let mut arrays: BTreeMap<&str, ArrayRef> = BTreeMap::new();
        let mut read_table = (Vec::new(), Unusable::default(), BTreeMap::new());
        let (faults, unusable, identities) = (&mut read_table.0, &mut read_table.1, &mut read_table.2);
        // The date of the rows first: codes may be accepted by it.
        let is_date = |rule: &&FieldRule| Some(&rule.field.name) == table.dated_by.as_ref();
        // Where a column is not known, one that is not there may be it under another name.
        let may_be_renamed = text.columns.iter().any(|column| table.field(&column.field).is_none());
        let rules = schemas.fields(&table.name);
        for rule in rules.iter().filter(is_date).chain(rules.iter().filter(|rule| !is_date(rule))) {
            let name = rule.field.name.as_str();
            let Some(column) = text.column(name) else {
                if absent_is_missing && (rule.field.required || may_be_renamed) {
                    unusable.cells.insert(name.to_owned(), (0..u32::try_from(rows).unwrap_or(u32::MAX)).collect());
                }
                continue;
            };
            let is_key =
                table.key.iter().chain(table.parent.iter().flat_map(|parent| &parent.on)).any(|key| key == name)
                    || specification.tables.iter().any(|other| {
                        other
                            .parent
                            .as_ref()
                            .is_some_and(|parent| parent.table == table.name && parent.on.iter().any(|key| key == name))
                    });
            let context = ColumnContext { specification, collection, dates: dates.as_ref(), is_key };
            let ReadColumn { array, faults: found, unusable: rows, identity } = read(column, rule, &context);
            if is_date(&rule) {
                dates = Some(Arc::clone(&array));
            }
            arrays.insert(name, array);
            faults.extend(found.into_iter().map(|(fault, rows)| (rule, fault, rows)));
            if !rows.is_empty() {
                unusable.cells.insert(name.to_owned(), rows);
            }
            if is_key {
                identities.insert(name, (identity, column));
            }
        }
        let shape = table_shape(table);
        let numbers: ArrayRef = Arc::new((0..).take(rows).collect::<Int64Array>());
        let fields = shape.fields().iter().skip(1);
        let columns = fields.map(|field| {
            arrays.remove(field.name().as_str()).unwrap_or_else(|| new_null_array(field.data_type(), rows))
        });
        let columns: Vec<ArrayRef> = std::iter::once(numbers).chain(columns).collect();
        let batch = RecordBatch::try_new(Arc::clone(&shape), columns)
            .map_err(|_| ValidateError::Columns { table: table.name.clone() })?;
        let (faults, unusable, identities) = read_table;
        Ok(Self { table, text, batch, faults, unusable, identities })
    }

    /// For each row, what its cells in these fields read as; none where one is empty or unusable.
    pub(super) fn parts(&self, fields: &[String]) -> Option<Vec<Vec<u32>>> {
        fields
            .iter()
            .map(|field| {
                let (identity, column) = self.identities.get(field.as_str())?;
                let mut part: Vec<u32> = column.cells().iter().map(|number| identity.of_value(*number)).collect();
                for row in self.unusable.cells.get(field).into_iter().flatten() {
                    if let Some(cell) = part.get_mut(*row as usize) {
                        *cell = NOTHING;
                    }
                }
                Some(part)
            })
            .collect()
    }

    pub(super) fn identity(&self, field: &str) -> Option<&Identity> {
        self.identities.get(field).map(|(identity, _)| identity)
    }
}
