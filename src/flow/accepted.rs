//! The one place that makes accepted returns: from the ledger's word that a version counts and the tables it was kept with.

use super::Service;
use super::error::FlowError;
use crate::aggregate::AcceptedReturn;
use crate::domain::identifier::ReturnId;
use crate::domain::state::ReturnState;
use crate::spec::{Table, conformed};
use crate::store::{Folder, ObjectName, ReturnFilter, StoreError, VersionTimes, parquet};
use arrow::array::RecordBatch;
use std::collections::BTreeMap;

impl Service {
    /// The versions in force of a collection, in the order of the authorities: all that finding their tables takes.
    pub(super) async fn in_force(
        &self,
        collection: &str,
        authority: Option<&str>,
    ) -> Result<Vec<VersionTimes>, FlowError> {
        let accepted = ReturnFilter {
            collection: Some(collection.to_owned()),
            authority: authority.map(str::to_owned),
            state: Some(ReturnState::Accepted),
        };
        let found = self.ledger().version_times(&accepted).await;
        let mut found = found.map_err(FlowError::store("list the accepted returns"))?;
        found.sort_by(|one, other| one.authority.cmp(&other.authority));
        Ok(found)
    }

    /// The tables of a version, by name.
    pub(super) async fn tables_of(&self, id: ReturnId) -> Result<BTreeMap<String, RecordBatch>, FlowError> {
        self.tables_that(id, |_| true).await
    }

    /// Those of a version's tables that are named.
    pub(super) async fn some_tables_of(
        &self,
        id: ReturnId,
        names: &[String],
    ) -> Result<BTreeMap<String, RecordBatch>, FlowError> {
        self.tables_that(id, |table| names.iter().any(|name| name == table)).await
    }

    async fn tables_that(
        &self,
        id: ReturnId,
        wanted: impl Fn(&str) -> bool + Send,
    ) -> Result<BTreeMap<String, RecordBatch>, FlowError> {
        let doing = "read the tables of a return";
        let failed = |error: StoreError| FlowError::internal(doing, error);
        let names = self.archive().list(Folder::TablesOf(id)).await.map_err(failed)?;
        let mut files = Vec::new();
        for name in names {
            let ObjectName::Table(_, table) = &name else { continue };
            if !wanted(table.as_str()) {
                continue;
            }
            let bytes = self.archive().get(&name).await.map_err(failed)?;
            files.push((table.as_str().to_owned(), bytes));
        }
        let read = move || {
            files
                .into_iter()
                .map(|(table, bytes)| Ok((table, parquet::read(bytes)?)))
                .collect::<Result<_, StoreError>>()
        };
        self.at_work(doing, read).await?.map_err(failed)
    }

    /// A version as `aggregate` takes it: one in force, or one that was when a release counted it.
    pub(super) async fn accepted_return(
        &self,
        id: ReturnId,
        authority: &str,
        state: ReturnState,
    ) -> Result<AcceptedReturn, FlowError> {
        if !matches!(state, ReturnState::Accepted | ReturnState::Superseded) {
            return Err(FlowError::internal("count an accepted return", format!("the return {id} is {state}")));
        }
        let (kept, authority) = (self.tables_of(id).await?, authority.to_owned());
        // What is counted is what is digested, so it is read as this specification has it before either.
        let under_this =
            |table: &Table| Some(conformed(table, kept.get(&table.name)?).map(|read| (table.name.clone(), read)));
        let tables = self.specification().tables.iter().filter_map(under_this).collect::<Result<_, _>>();
        let tables = tables.map_err(|error| {
            FlowError::ReleaseRefused(format!("the return of {authority} cannot be counted: {error}"))
        })?;
        Ok(AcceptedReturn { authority, tables })
    }
}
