//! What is said where something was deleted: to who reads a return, and of a release whose inputs are gone.

use crate::domain::identifier::{CertificateId, ReturnId};
use crate::flow::Service;
use crate::flow::error::FlowError;
use crate::publish::Manifest;
use crate::store::{Deletion, ReleaseRecord};
use chrono::{DateTime, Utc};
use std::collections::BTreeSet;
use std::fmt;

/// An input of a release that was deleted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GoneInput {
    /// The three-digit code.
    pub authority: String,
    pub version: Option<u32>,
    pub id: ReturnId,
    pub at: Option<DateTime<Utc>>,
    pub certificate: CertificateId,
    /// Whether its authority's data was removed, and not only its time was over.
    pub on_request: bool,
}

impl GoneInput {
    fn new(authority: &str, version: Option<u32>, id: ReturnId, deletion: &Deletion) -> Self {
        Self {
            authority: authority.to_owned(),
            version,
            id,
            at: deletion.confirmed.map(|(_, at)| at),
            certificate: deletion.certificate,
            on_request: deletion.is_removal(),
        }
    }
}

impl fmt::Display for GoneInput {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "the return of authority {}", self.authority)?;
        if let Some(version) = self.version {
            write!(out, " (version {version})")?;
        }
        let day = self.at.map_or_else(|| "now".to_owned(), |at| format!("on {}", at.date_naive()));
        write!(out, " was deleted {day} under certificate {}", self.certificate)
    }
}

impl Service {
    /// The deletion that took the content of a return; none while it is there.
    async fn deletion_of(&self, id: ReturnId) -> Result<Option<Deletion>, FlowError> {
        let deletions = self.ledger().deletions(Some(id)).await.map_err(FlowError::store("list the deletions"))?;
        Ok(Deletion::of_content(deletions))
    }

    /// Refuses where the content of a return was deleted.
    pub(in crate::flow) async fn must_have_content(&self, id: ReturnId) -> Result<(), FlowError> {
        match self.deletion_of(id).await? {
            None => Ok(()),
            Some(deletion) => {
                Err(FlowError::ContentDeleted { certificate: deletion.certificate, why: deletion.cause.told() })
            }
        }
    }

    /// Whether the content of a return was deleted, or is written to be.
    pub(in crate::flow) async fn is_without_content(&self, id: ReturnId) -> Result<bool, FlowError> {
        Ok(self.deletion_of(id).await?.is_some())
    }

    /// The returns whose content was deleted, so that nothing that is still in memory of them is used.
    pub(in crate::flow) async fn returns_without_content(&self) -> Result<BTreeSet<ReturnId>, FlowError> {
        let deletions = self.ledger().deletions(None).await.map_err(FlowError::store("list the deletions"))?;
        Ok(deletions
            .iter()
            .filter(|deletion| deletion.takes_content())
            .filter_map(|deletion| deletion.object.of.return_id())
            .collect())
    }

    /// A return as an input that is gone; none while it is there.
    pub(in crate::flow) async fn gone_input(
        &self,
        authority: &str,
        version: Option<u32>,
        id: ReturnId,
    ) -> Result<Option<GoneInput>, FlowError> {
        let gone = self.deletion_of(id).await?;
        Ok(gone.map(|deletion| GoneInput::new(authority, version, id, &deletion)))
    }

    /// The inputs of a release that were deleted since it was built.
    pub async fn gone_inputs(&self, release: &ReleaseRecord) -> Result<Vec<GoneInput>, FlowError> {
        let mut gone = Vec::new();
        for (authority, version, id) in counted_by(release)? {
            gone.extend(self.gone_input(&authority, version, id).await?);
        }
        Ok(gone)
    }

    /// The first input of a release that was removed on request since it was built.
    pub(in crate::flow) async fn removed_input(&self, release: &ReleaseRecord) -> Result<Option<GoneInput>, FlowError> {
        let removals = self.ledger().removals().await.map_err(FlowError::store("list what was removed"))?;
        let mut counted = counted_by(release)?.into_iter();
        let removed = |(authority, version, id): (String, _, _)| {
            removals.get(&id).map(|deletion| GoneInput::new(&authority, version, id, deletion))
        };
        Ok(counted.find_map(removed))
    }
}

/// The returns that a release counted: authority, version and identifier of each.
fn counted_by(release: &ReleaseRecord) -> Result<Vec<(String, Option<u32>, ReturnId)>, FlowError> {
    let manifest: Manifest = serde_json::from_str(&release.manifest)
        .map_err(|error| FlowError::internal("read the manifest of a release", error))?;
    let counted = manifest.returns.into_iter();
    Ok(counted.filter_map(|one| Some((one.authority, one.version, one.id?.parse().ok()?))).collect())
}
