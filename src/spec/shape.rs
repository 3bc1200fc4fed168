//! The Arrow form of the tables and code lists, as SQL sees them.

use super::model::{CodeList, FieldType, Table};
use arrow::array::{ArrayRef, Float64Array, Int64Array, RecordBatch, StringArray, new_null_array};
use arrow::datatypes::{DataType, Field as ArrowField, Schema, SchemaRef};
use arrow::error::ArrowError;
use std::sync::Arc;

/// The type of a field's column: dates and months (their first day) are days, whole numbers and flags are integers,
/// lists are their codes joined with semicolons.
pub const fn arrow_type(kind: FieldType) -> DataType {
    match kind {
        FieldType::Date | FieldType::Month => DataType::Date32,
        FieldType::Integer | FieldType::Flag | FieldType::Flag9 => DataType::Int64,
        FieldType::Decimal => DataType::Float64,
        FieldType::Text | FieldType::Code | FieldType::Codes | FieldType::Pseudonym | FieldType::Hash => DataType::Utf8,
    }
}

/// A table's columns: `_row`, the number of the row from 0, then its fields. All may be null.
pub fn table_shape(table: &Table) -> SchemaRef {
    let row = ArrowField::new("_row", DataType::Int64, true);
    let fields = table.fields.iter().map(|field| ArrowField::new(&field.name, arrow_type(field.kind), true));
    Arc::new(Schema::new(std::iter::once(row).chain(fields).collect::<Vec<_>>()))
}

/// A table of other authorities' returns: its columns, then `LA`, the three-digit code of the authority.
pub fn others_shape(table: &Table) -> SchemaRef {
    let own = table_shape(table);
    if own.index_of("LA").is_ok() {
        return own;
    }
    let authority = Arc::new(ArrowField::new("LA", DataType::Utf8, true));
    Arc::new(Schema::new(own.fields().iter().cloned().chain([authority]).collect::<Vec<_>>()))
}

/// A table that was kept under an earlier specification, in the columns of this one: a field that came since is empty in
/// every row, and one that has gone is left out.
pub fn conformed(table: &Table, kept: &RecordBatch) -> Result<RecordBatch, NotConformed> {
    let shape = table_shape(table);
    if *kept.schema_ref() == shape {
        return Ok(kept.clone());
    }
    let column = |wanted: &Arc<ArrowField>| match kept.column_by_name(wanted.name()) {
        None => Ok(new_null_array(wanted.data_type(), kept.num_rows())),
        Some(found) if found.data_type() == wanted.data_type() => Ok(Arc::clone(found)),
        Some(found) => Err(NotConformed::TypeChanged {
            table: table.name.clone(),
            field: wanted.name().clone(),
            kept: found.data_type().clone(),
            wanted: wanted.data_type().clone(),
        }),
    };
    let columns = shape.fields().iter().map(column).collect::<Result<Vec<_>, _>>()?;
    Ok(RecordBatch::try_new(shape, columns)?)
}

/// Why a kept table cannot be read under this specification.
#[derive(Debug, thiserror::Error)]
pub enum NotConformed {
    #[error(
        "the column {table}.{field} was kept as {kept}, and the specification makes it {wanted} now; a field whose type \
         changes takes a new name in collection.toml, so that what was kept under the old one stays readable"
    )]
    TypeChanged { table: String, field: String, kept: DataType, wanted: DataType },
    #[error(transparent)]
    Arrow(#[from] ArrowError),
}

/// The columns of a code list's table, which SQL names `codes_LIST`: `code`, `label`, `from_year`, `to_year`,
/// `category` (the published group), then the list's further columns; a column of numbers is a column of decimals.
pub fn code_shape(list: &CodeList) -> SchemaRef {
    let mut fields = vec![
        ArrowField::new("code", DataType::Utf8, true),
        ArrowField::new("label", DataType::Utf8, true),
        ArrowField::new("from_year", DataType::Int64, true),
        ArrowField::new("to_year", DataType::Int64, true),
        ArrowField::new("category", DataType::Utf8, true),
    ];
    fields.extend(list.further.iter().map(|name| {
        let kind = if is_numeric(list, name) { DataType::Float64 } else { DataType::Utf8 };
        ArrowField::new(name, kind, true)
    }));
    Arc::new(Schema::new(fields))
}

/// The rows of a code list's table.
pub fn code_columns(list: &CodeList) -> Result<RecordBatch, ArrowError> {
    let text = |pick: &dyn Fn(&super::Code) -> Option<String>| -> ArrayRef {
        Arc::new(list.codes.iter().map(pick).collect::<StringArray>())
    };
    let filled = |value: &String| Some(value.clone()).filter(|value| !value.is_empty());
    let mut columns: Vec<ArrayRef> = vec![
        text(&|code| Some(code.code.clone())),
        text(&|code| Some(code.label.clone())),
        Arc::new(list.codes.iter().map(|code| code.from.map(i64::from)).collect::<Int64Array>()),
        Arc::new(list.codes.iter().map(|code| code.to.map(i64::from)).collect::<Int64Array>()),
        text(&|code| filled(&code.group)),
    ];
    for name in &list.further {
        let cells = || list.codes.iter().map(|code| code.further.get(name).and_then(filled));
        columns.push(if is_numeric(list, name) {
            Arc::new(cells().map(|cell| cell.and_then(|cell| cell.parse().ok())).collect::<Float64Array>())
        } else {
            Arc::new(cells().collect::<StringArray>())
        });
    }
    RecordBatch::try_new(code_shape(list), columns)
}

fn is_numeric(list: &CodeList, name: &str) -> bool {
    let mut cells =
        list.codes.iter().filter_map(|code| code.further.get(name)).filter(|cell| !cell.is_empty()).peekable();
    cells.peek().is_some() && cells.all(|cell| cell.parse::<f64>().is_ok())
}
