//! The accepted returns of a year, put together under one name for each table.

use super::error::AggregateError;
use crate::domain::authority::Authority;
use crate::engine::Tables;
use crate::spec::{Collection, Specification, code_columns, conformed, table_shape};
use arrow::array::{ArrayRef, RecordBatch, StringArray};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

/// The column of every national table that says whose row it is: the authority's three-digit code.
pub(super) const AUTHORITY: &str = "LA";

/// The typed tables of one accepted return.
#[derive(Clone)]
pub struct AcceptedReturn {
    /// The authority's three-digit code.
    pub authority: String,
    /// By name; each has the columns of [`table_shape`], or those of the specification that it was kept under. A table that
    /// is not here has no rows.
    pub tables: BTreeMap<String, RecordBatch>,
}

impl fmt::Debug for AcceptedReturn {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "AcceptedReturn({}, {} tables)", self.authority, self.tables.len())
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Region {
    pub gss: String,
    pub name: String,
}

/// The authorities live at the end of the period and their regions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Geography {
    /// In the order of their three-digit codes.
    pub authorities: Vec<Authority>,
    /// In the order of their GSS codes.
    pub regions: Vec<Region>,
    /// For each authority, the number of its region.
    pub region_of: Vec<usize>,
}

impl Geography {
    fn of(specification: &Specification, collection: &Collection) -> Self {
        let mut authorities: Vec<Authority> = specification.register.live_on(collection.period.end).cloned().collect();
        authorities.sort_by(|one, other| one.code.cmp(&other.code));
        let by_gss: BTreeMap<String, String> =
            authorities.iter().map(|one| (one.region_gss.clone(), one.region.clone())).collect();
        let regions: Vec<Region> = by_gss.into_iter().map(|(gss, name)| Region { gss, name }).collect();
        let number = |one: &Authority| regions.iter().position(|region| region.gss == one.region_gss).unwrap_or(0);
        let region_of = authorities.iter().map(number).collect();
        Self { authorities, regions, region_of }
    }

    pub fn number_of(&self, code: &str) -> Option<usize> {
        self.authorities.iter().position(|one| one.code == code)
    }

    /// The numbers of a region's authorities.
    pub fn within(&self, region: usize) -> impl Iterator<Item = usize> {
        self.region_of.iter().enumerate().filter(move |(_, of)| **of == region).map(|(authority, _)| authority)
    }
}

/// The national tables of one collection. Its `Debug` tells sizes only.
#[derive(Clone)]
pub struct NationalData {
    pub collection: Collection,
    pub geography: Geography,
    /// For each authority, whether it made an accepted return.
    pub has_return: Vec<bool>,
    pub(super) tables: Tables,
}

impl fmt::Debug for NationalData {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let returns = self.has_return.iter().filter(|has| **has).count();
        write!(out, "NationalData({}, {returns} of {} authorities)", self.collection.id, self.has_return.len())
    }
}

impl NationalData {
    /// Puts the returns together. The order in which they are given does not matter.
    pub fn new(
        specification: &Specification,
        collection: &Collection,
        mut returns: Vec<AcceptedReturn>,
    ) -> Result<Self, AggregateError> {
        let geography = Geography::of(specification, collection);
        let mut has_return = vec![false; geography.authorities.len()];
        returns.sort_by(|one, other| one.authority.cmp(&other.authority));
        for one in &returns {
            let authority = one.authority.clone();
            let Some(number) = geography.number_of(&authority) else {
                return Err(AggregateError::NotLive { authority });
            };
            if std::mem::replace(&mut has_return[number], true) {
                return Err(AggregateError::Twice { authority });
            }
        }
        let mut tables = Tables::new();
        for table in &specification.tables {
            let shape = table_shape(table);
            let mut batches = Vec::new();
            for one in &returns {
                let Some(batch) = one.tables.get(&table.name).filter(|batch| batch.num_rows() > 0) else { continue };
                let columns = AggregateError::Columns { authority: one.authority.clone(), table: table.name.clone() };
                let batch = conformed(table, batch)
                    .map_err(|source| AggregateError::Kept { authority: one.authority.clone(), source })?;
                batches.push(with_authority(&shape, &batch, &one.authority).ok_or(columns)?);
            }
            tables.insert(&table.name, batches);
        }
        for list in specification.codes.values() {
            tables.insert(format!("codes_{}", list.name), vec![code_columns(list)?]);
        }
        tables.insert("register", vec![register(&geography)?]);
        Ok(Self { collection: collection.clone(), geography, has_return, tables })
    }
}

/// The shape of a national table: the return's columns, with the authority's three-digit code as `LA`.
pub(super) fn national_shape(own: &SchemaRef) -> SchemaRef {
    let kept = own.fields().iter().filter(|field| field.name() != AUTHORITY).cloned();
    let code = Arc::new(Field::new(AUTHORITY, DataType::Utf8, true));
    Arc::new(Schema::new(kept.chain([code]).collect::<Vec<_>>()))
}

/// The shape of `register`: the authorities live at the end of the period.
pub(super) fn register_shape() -> SchemaRef {
    let names = ["code", "gss", "name", "region", "region_gss"];
    Arc::new(Schema::new(names.map(|name| Field::new(name, DataType::Utf8, true)).to_vec()))
}

fn with_authority(own: &SchemaRef, batch: &RecordBatch, code: &str) -> Option<RecordBatch> {
    let shape = national_shape(own);
    let columns = shape.fields().iter().map(|field| -> Option<ArrayRef> {
        if field.name() == AUTHORITY {
            return Some(Arc::new(StringArray::from(vec![code; batch.num_rows()])));
        }
        batch.column_by_name(field.name()).filter(|column| column.data_type() == field.data_type()).cloned()
    });
    RecordBatch::try_new(Arc::clone(&shape), columns.collect::<Option<Vec<_>>>()?).ok()
}

fn register(geography: &Geography) -> Result<RecordBatch, AggregateError> {
    let text = |pick: &dyn Fn(&Authority) -> String| -> ArrayRef {
        Arc::new(geography.authorities.iter().map(|one| Some(pick(one))).collect::<StringArray>())
    };
    let columns = vec![
        text(&|one| one.code.clone()),
        text(&|one| one.gss.clone()),
        text(&|one| one.name.clone()),
        text(&|one| one.region.clone()),
        text(&|one| one.region_gss.clone()),
    ];
    Ok(RecordBatch::try_new(register_shape(), columns)?)
}
