//! A return as typed columns, with what could not be used of it.

use crate::spec::{NotConformed, Specification, conformed};
use arrow::array::RecordBatch;
use std::collections::BTreeMap;
use std::fmt;

/// What of one table counts as empty or is not checked further. Rows are counted from 0, in order.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Unusable {
    /// For each field, the rows whose cell failed V01 to V04.
    pub cells: BTreeMap<String, Vec<u32>>,
    /// The rows whose parent is missing (V08) or could not be told.
    pub orphans: Vec<u32>,
}

impl Unusable {
    pub fn is_empty(&self) -> bool {
        self.cells.is_empty() && self.orphans.is_empty()
    }
}

impl fmt::Debug for Unusable {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let cells: usize = self.cells.values().map(Vec::len).sum();
        write!(out, "Unusable({cells} cells, {} orphans)", self.orphans.len())
    }
}

/// The tables of a return as `spec::table_shape` gives them. An unusable or empty cell is null.
#[derive(Clone, Default)]
pub struct TypedReturn {
    pub tables: BTreeMap<String, RecordBatch>,
    /// By table; tables with nothing unusable are not in it.
    pub unusable: BTreeMap<String, Unusable>,
}

impl TypedReturn {
    /// A return that was kept under an earlier specification, in the tables and columns of this one.
    pub(in crate::validate) fn conformed(&self, specification: &Specification) -> Result<Self, NotConformed> {
        let kept = specification.tables.iter().filter_map(|table| Some((table, self.tables.get(&table.name)?)));
        let tables = kept.map(|(table, batch)| Ok((table.name.clone(), conformed(table, batch)?)));
        let tables = tables.collect::<Result<_, NotConformed>>()?;
        Ok(Self { tables, unusable: self.unusable.clone() })
    }
}

impl fmt::Debug for TypedReturn {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_map().entries(self.tables.iter().map(|(name, batch)| (name, batch.num_rows()))).finish()
    }
}
