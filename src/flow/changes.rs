//! What changed since an earlier version of a return.

use super::Service;
use super::authorise::Account;
use super::error::FlowError;
use crate::domain::identifier::ReturnId;
use crate::domain::report::{Outcome, Report};
use crate::domain::state::ReturnState;
use crate::store::{Page, ReturnFilter, ReturnRecord};
use crate::validate::difference::{Difference, Version, difference};
use crate::validate::{TypedReturn, ValidateError};
use std::sync::Arc;

/// Two versions compared.
#[derive(Debug)]
pub struct Changes {
    /// The earlier of the two.
    pub since: ReturnRecord,
    pub difference: Difference,
}

impl Service {
    /// Compares a version with another of the same authority and collection: the one that is named, or the last one before
    /// it whose tables are kept.
    pub async fn changes(
        &self,
        account: &Account,
        id: ReturnId,
        since: Option<ReturnId>,
    ) -> Result<Changes, FlowError> {
        let now = self.readable(account, id).await?;
        must_have_tables(&now)?;
        let since = match since {
            Some(since) => self.readable(account, since).await?,
            None => self.version_before(&now).await?,
        };
        must_have_tables(&since)?;
        if (&since.authority, &since.collection) != (&now.authority, &now.collection) {
            let problem = "only versions of one authority's return of one collection can be compared".to_owned();
            return Err(FlowError::NothingToCompare(problem));
        }
        self.must_have_content(now.id).await?;
        self.must_have_content(since.id).await?;
        self.note_reading(account, "changes", "return", &now.id.to_string()).await;
        let place = self.pool().admit()?;
        let worker = place.worker().await?;
        let (earlier, later) = (self.kept(since.id).await?, self.kept(now.id).await?);
        let (specification, doing) = (Arc::clone(self.specification()), "compare two versions");
        let compared = worker.run(doing, move || {
            let since = Version { report: &earlier.0, typed: &earlier.1 };
            difference(&specification, since, Version { report: &later.0, typed: &later.1 })
        });
        let difference = compared.await?.map_err(|error| match error {
            ValidateError::Kept(kept) => {
                FlowError::NothingToCompare(format!("the versions cannot be compared: {kept}"))
            }
            error => FlowError::internal(doing, error),
        })?;
        Ok(Changes { since, difference })
    }

    async fn version_before(&self, now: &ReturnRecord) -> Result<ReturnRecord, FlowError> {
        let filter =
            ReturnFilter { authority: Some(now.authority.clone()), collection: now.collection.clone(), state: None };
        let versions = self.ledger().returns(&filter, Page::ALL).await;
        let mut versions = versions.map_err(FlowError::store("read the version before"))?;
        versions.retain(|one| one.version < now.version && must_have_tables(one).is_ok());
        versions.sort_by_key(|one| one.version);
        for earlier in versions.into_iter().rev() {
            if !self.is_without_content(earlier.id).await? {
                return Ok(earlier);
            }
        }
        let problem = "there is no earlier version of this return whose tables are kept".to_owned();
        Err(FlowError::NothingToCompare(problem))
    }

    /// The report of a version and its tables, in which every cell could be read.
    async fn kept(&self, id: ReturnId) -> Result<(Report, TypedReturn), FlowError> {
        let tables = self.tables_of(id).await?;
        Ok((self.kept_report(id).await?, TypedReturn { tables, ..TypedReturn::default() }))
    }
}

/// The tables of a version with errors are not kept, because it can never be signed.
fn must_have_tables(record: &ReturnRecord) -> Result<(), FlowError> {
    if matches!(record.state, ReturnState::Received | ReturnState::Rejected) {
        let wanted = "comparing versions";
        return Err(FlowError::WrongState { found: record.state, needed: "checked", wanted });
    }
    if record.verdict.as_ref().is_none_or(|verdict| verdict.outcome == Outcome::Errors) {
        let problem = "the tables of a version with errors are not kept; compare the files where you have them, with \
                       `homeward check NEW --since OLD`";
        return Err(FlowError::NothingToCompare(problem.to_owned()));
    }
    Ok(())
}
