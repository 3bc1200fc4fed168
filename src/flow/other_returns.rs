//! What rules compare a return with: the authority's own last one, and the accepted returns of other authorities.

use super::Service;
use super::error::FlowError;
use super::workers::Worker;
use crate::domain::identifier::ReturnId;
use crate::spec::{NotConformed, conformed, others_shape};
use crate::validate::{CheckContext, OtherTables, TypedReturn};
use arrow::array::{ArrayRef, RecordBatch, StringArray, new_null_array};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;
use tokio::sync::Mutex;

/// For each table that rules read of others, the columns that they read.
type Columns = BTreeMap<String, BTreeSet<String>>;

/// The accepted returns that were read for the rules, kept in memory until another is accepted in their place.
/// They are found by the version in force, so that what was accepted meanwhile is never missed.
#[derive(Default)]
pub(super) struct OtherReturns(Mutex<BTreeMap<String, InForce>>);

/// The tables of the versions in force of one collection.
type InForce = BTreeMap<ReturnId, Arc<BTreeMap<String, RecordBatch>>>;

impl fmt::Debug for OtherReturns {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("OtherReturns")
    }
}

impl Service {
    /// The tables of the authority's accepted return of the collection before this one.
    pub(super) async fn previous_return(
        &self,
        authority: &str,
        collection: &str,
    ) -> Result<Option<TypedReturn>, FlowError> {
        let specification = self.specification();
        let before = specification
            .collection(collection)
            .and_then(|this| specification.collections.iter().rev().find(|earlier| earlier.year < this.year));
        let Some(before) = before else { return Ok(None) };
        let found = self.in_force(&before.id, Some(authority)).await?;
        let Some(record) = found.first() else { return Ok(None) };
        if self.is_without_content(record.id).await? {
            return Ok(None);
        }
        let tables = self.tables_of(record.id).await?;
        Ok(Some(TypedReturn { tables, ..TypedReturn::default() }))
    }

    /// What rules compare with of every other authority's accepted return of the collection; nothing where no rule reads them.
    pub(super) async fn tables_of_others(
        &self,
        worker: &Worker,
        authority: &str,
        collection: &str,
    ) -> Result<CheckContext, FlowError> {
        let nothing = CheckContext::default();
        let Some(this) = self.specification().collection(collection).cloned() else { return Ok(nothing) };
        let (validator, doing) = (Arc::clone(self.validator()), "read accepted returns");
        // The first return of a year has its rules planned, which must not hold up the threads that listen.
        let columns = worker.run(doing, move || validator.columns_of_others(&this)).await?;
        let columns = columns.map_err(|error| FlowError::internal(doing, error))?;
        if columns.is_empty() {
            return Ok(nothing);
        }
        let mut in_force = self.in_force(collection, None).await?;
        let gone = self.returns_without_content().await?;
        in_force.retain(|record| !gone.contains(&record.id));
        let mut tables: OtherTables = columns.keys().map(|table| (table.clone(), Vec::new())).collect();
        let mut unreadable = BTreeSet::new();
        let mut collections = self.other_returns().0.lock().await;
        let known = collections.entry(collection.to_owned()).or_default();
        for record in &in_force {
            let one = match known.get(&record.id) {
                Some(one) => Arc::clone(one),
                None => {
                    let own = self.tables_of(record.id).await?;
                    let read = match self.only(&own, &columns, &record.authority) {
                        Ok(read) => Arc::new(read),
                        Err(error) => {
                            tracing::error!(return_id = %record.id, %error, "an accepted return cannot be compared with");
                            unreadable.insert(format!("of an accepted return of another authority {error}"));
                            continue;
                        }
                    };
                    known.insert(record.id, Arc::clone(&read));
                    read
                }
            };
            for (name, batch) in one.iter().filter(|_| record.authority != authority) {
                tables.entry(name.clone()).or_default().push(batch.clone());
            }
        }
        let wanted: BTreeSet<ReturnId> = in_force.iter().map(|record| record.id).collect();
        known.retain(|id, _| wanted.contains(id));
        Ok(CheckContext { others: Some(tables), unreadable: unreadable.into_iter().collect(), previous: None })
    }

    /// The columns that rules read, in the shape of others' tables; every other column is empty.
    fn only(
        &self,
        own: &BTreeMap<String, RecordBatch>,
        columns: &Columns,
        authority: &str,
    ) -> Result<BTreeMap<String, RecordBatch>, NotConformed> {
        let mut tables = BTreeMap::new();
        for (name, wanted) in columns {
            let (Some(batch), Some(table)) = (own.get(name), self.specification().table(name)) else { continue };
            let batch = conformed(table, batch)?;
            let shape = others_shape(table);
            let arrays = shape.fields().iter().map(|field| -> ArrayRef {
                if field.name() == "LA" {
                    return Arc::new(StringArray::from(vec![authority; batch.num_rows()]));
                }
                let read = wanted.contains(field.name()).then(|| batch.column_by_name(field.name())).flatten();
                read.map_or_else(|| new_null_array(field.data_type(), batch.num_rows()), Arc::clone)
            });
            let arrays = arrays.collect();
            tables.insert(name.clone(), RecordBatch::try_new(shape, arrays)?);
        }
        Ok(tables)
    }
}
