//! An authority's own profile: its figures, for itself alone, beside what is published.

use super::Service;
use super::authorise::Account;
use super::build_release::refused;
use super::error::FlowError;
use super::folder_release::judge;
use crate::aggregate::AcceptedReturn;
use crate::domain::report::Outcome;
use crate::domain::state::ReturnState;
use crate::publish::{EarlierRelease, Profile};
use crate::spec::{Collection, Specification};
use crate::store::{Page, ReturnFilter, ReturnRecord};
use crate::validate::Validator;
use std::path::Path;
use std::sync::Arc;

/// The profile of a return on this machine, with no service: of other authorities nothing is at hand, so care that began
/// again elsewhere is not seen. It blocks for seconds: call it from a plain thread.
pub fn profile_of_path(
    specification: &Specification,
    validator: &Validator,
    collection: &Collection,
    path: &Path,
    published: Option<&EarlierRelease>,
) -> Result<Profile, FlowError> {
    let judged = judge(specification, validator, collection, path);
    let unfit = |reason| FlowError::RequestInvalid(format!("{} has no profile: {reason}", path.display()));
    Profile::build(specification, collection, judged.map_err(unfit)?, Vec::new(), published).map_err(refused)
}

impl Service {
    /// The profile of the account's authority, from its latest version without errors, accepted or not yet. Care that began
    /// again elsewhere is seen once it is accepted.
    pub async fn profile(&self, account: &Account, collection: &str) -> Result<Profile, FlowError> {
        let authority = account.sees_profile_of()?.to_owned();
        let collection = self.specification().collection(collection).ok_or(FlowError::NotFound)?.clone();
        let version = self.latest_sound(&authority, &collection).await?;
        self.must_have_content(version.id).await?;
        self.note_reading(account, "profile", "return", &version.id.to_string()).await;
        // It is the authority's own and counted for itself alone, so it need not be accepted yet.
        let own = AcceptedReturn { authority, tables: self.tables_of(version.id).await? };
        // What became of its children elsewhere it learns of a version that the department accepted: anybody can send one
        // with the keys of some children, look, and withdraw it.
        let others = match version.state {
            ReturnState::Accepted => self.linkage_of_others(&own.authority, &collection).await?,
            _ => Vec::new(),
        };
        let published = self.published_releases(&self.specification().id).await?;
        let published = published.last().map(std::slice::from_ref).unwrap_or_default();
        let published = self.earlier_releases(published).await?.pop();
        let specification = Arc::clone(self.specification());
        let worker = self.pool().admit()?;
        let worker = worker.worker().await?;
        let made = worker.run("make a profile", move || {
            Profile::build(&specification, &collection, own, others, published.as_ref())
        });
        made.await?.map_err(refused)
    }

    /// The authority's latest version of a collection that has no errors and still stands.
    async fn latest_sound(&self, authority: &str, collection: &Collection) -> Result<ReturnRecord, FlowError> {
        let filter = ReturnFilter {
            authority: Some(authority.to_owned()),
            collection: Some(collection.id.clone()),
            state: None,
        };
        let failed = FlowError::store("list the returns");
        let versions = self.ledger().returns(&filter, Page::ALL).await.map_err(failed)?;
        let stands = |record: &ReturnRecord| {
            let is_sound = record
                .verdict
                .as_ref()
                .is_some_and(|verdict| matches!(verdict.outcome, Outcome::Clean | Outcome::Queries));
            is_sound && matches!(record.state, ReturnState::Checked | ReturnState::Signed | ReturnState::Accepted)
        };
        versions.into_iter().filter(stands).max_by_key(|record| record.version).ok_or(FlowError::NotFound)
    }

    /// What other authorities' accepted returns tell of where children came into care again.
    async fn linkage_of_others(
        &self,
        authority: &str,
        collection: &Collection,
    ) -> Result<Vec<AcceptedReturn>, FlowError> {
        let mut others = Vec::new();
        let gone = self.returns_without_content().await?;
        for record in self.in_force(&collection.id, None).await? {
            if record.authority != authority && !gone.contains(&record.id) {
                let tables = self.some_tables_of(record.id, &self.specification().linkage).await?;
                others.push(AcceptedReturn { authority: record.authority, tables });
            }
        }
        Ok(others)
    }
}
