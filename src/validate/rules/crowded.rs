//! Finds tables in which one subject has more rows than any has. Rules join the rows of one subject with each other, so
//! that an upload with hundreds of thousands of them would keep the process busy for hours.

use super::exclusion::Returns;
use crate::spec::Specification;
use crate::validate::ValidateError;
use arrow::array::{Array, ArrayRef};
use arrow::row::{RowConverter, SortField};
use indexmap::IndexMap;
use std::collections::BTreeMap;

/// A table with more rows of one subject than the limit. It holds no value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Crowded {
    table: String,
    is_previous: bool,
    /// The first field of the table's key, which tells whose row it is.
    field: String,
    /// The rows of the subject that has the most.
    rows: u64,
    limit: u64,
}

impl Crowded {
    /// Why no rule that reads the table is run, as a sentence for people.
    pub(super) fn told(&self) -> String {
        let Self { table, field, rows, limit, .. } = self;
        let whose = if self.is_previous { " of the last return" } else { "" };
        format!(
            "Not checked: in the table {table}{whose}, {rows} rows have the same {field}, and at most {limit} may \
             (rows_of_one_subject). Most often rows were exported many times over, or many were given the same {field}. \
             Put that right and check again; if so many rows truly belong to one, tell the collection team."
        )
    }
}

/// The crowded tables of a return and of the last one, by qualified name. The time is that of reading each row once.
pub(super) fn crowded(
    specification: &Specification,
    returns: Returns<'_>,
) -> Result<BTreeMap<String, Crowded>, ValidateError> {
    let limit = specification.limits.rows_of_one_subject;
    let mut found = BTreeMap::new();
    for table in &specification.tables {
        let Some(field) = table.key.first() else { continue };
        for (is_previous, qualified) in [(false, table.name.clone()), (true, format!("previous.{}", table.name))] {
            let Some(batch) = returns.batch(&qualified).filter(|batch| batch.num_rows() as u64 > limit) else {
                continue;
            };
            let wrong = || ValidateError::Columns { table: qualified.clone() };
            let column = batch.column_by_name(field).ok_or_else(wrong)?;
            let rows = most_of_one_value(column).ok_or_else(wrong)?;
            if rows > limit {
                let crowded = Crowded { table: table.name.clone(), is_previous, field: field.clone(), rows, limit };
                found.insert(qualified, crowded);
            }
        }
    }
    Ok(found)
}

/// On how many rows the commonest value stands. Empty cells are equal to nothing, so no join can bring them together.
fn most_of_one_value(column: &ArrayRef) -> Option<u64> {
    let converter = RowConverter::new(vec![SortField::new(column.data_type().clone())]).ok()?;
    let values = converter.convert_columns(std::slice::from_ref(column)).ok()?;
    let mut counts: IndexMap<&[u8], u64> = IndexMap::new();
    for row in (0..column.len()).filter(|row| column.is_valid(*row)) {
        *counts.entry(values.row(row).data()).or_default() += 1;
    }
    Some(counts.into_values().max().unwrap_or(0))
}

#[cfg(test)]
mod tests;
