//! The shape of a table, known before there is any data.

use arrow::datatypes::SchemaRef;

/// A table that queries may name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TableShape {
    /// The schema in which it lies: `previous`, `others`; none for the return's own tables.
    pub schema: Option<String>,
    pub name: String,
    /// Its columns, `_row` among them.
    pub columns: SchemaRef,
}

impl TableShape {
    /// The name by which queries and [`super::Tables`] know it: `episodes`, `previous.children`.
    pub fn qualified_name(&self) -> String {
        match &self.schema {
            Some(schema) => format!("{schema}.{}", self.name),
            None => self.name.clone(),
        }
    }
}
