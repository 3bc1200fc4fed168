//! A release of the service is made again from the versions that it counted, and compared with what is kept of it.

use super::Service;
use super::build_release::refused;
use super::error::FlowError;
use super::retention::GoneInput;
use crate::domain::digest::Digest;
use crate::domain::identifier::ReleaseId;
use crate::domain::release::ReleaseState;
use crate::domain::stage::unmeasured;
use crate::publish::{self, Difference, INPUTS, Inputs, Manifest};
use crate::store::{ObjectName, ReleaseRecord, StoreError};
use std::sync::Arc;

/// What came of making a release again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerifiedRelease {
    pub release: ReleaseRecord,
    /// Files of it that are not in the archive, or not with the bytes that the ledger speaks of.
    pub damaged: Vec<String>,
    /// Inputs that were deleted since; where there are any, the release cannot be made again, and only its files are compared.
    pub gone: Vec<GoneInput>,
    /// What is different in the release that was made again; empty where every byte is the same.
    pub differences: Vec<Difference>,
}

impl VerifiedRelease {
    /// Whether the archive holds what the ledger says, and the same came out again where it could be made again.
    pub fn holds(&self) -> bool {
        self.damaged.is_empty() && self.differences.is_empty()
    }
}

impl Service {
    /// Makes a release again from the archive's versions that its manifest names, and compares. For who runs the service:
    /// it takes no account, and gives out no figure.
    pub async fn verify_release(&self, id: ReleaseId) -> Result<VerifiedRelease, FlowError> {
        let doing = "make the release again";
        let release = self.ledger().release(id).await.map_err(FlowError::store(doing))?.ok_or(FlowError::NotFound)?;
        if release.state == ReleaseState::Discarded {
            return Err(FlowError::RequestInvalid("the release is discarded, so its files are gone".to_owned()));
        }
        let damaged = self.damaged_files(&release).await?;
        let gone = self.gone_inputs(&release).await?;
        if !gone.is_empty() {
            return Ok(VerifiedRelease { release, damaged, gone, differences: Vec::new() });
        }
        let manifest: Manifest =
            serde_json::from_str(&release.manifest).map_err(|error| FlowError::internal(doing, error))?;
        let is_whole =
            |name: &str| release.files.iter().any(|file| file.name == name) && !damaged.iter().any(|one| one == name);
        let counted = match is_whole(INPUTS) {
            true => Some(Inputs::from_json(&self.kept_file(id, INPUTS).await?).map_err(refused)?),
            false => None,
        };
        let unknown =
            || FlowError::RequestInvalid(format!("the specification has no collection {}", release.collection));
        let collection = self.specification().collection(&manifest.collection).ok_or_else(unknown)?.clone();
        let mut returns = Vec::with_capacity(manifest.returns.len());
        for counted in &manifest.returns {
            let id = counted.id.as_deref().and_then(|id| id.parse().ok());
            let id =
                id.ok_or_else(|| FlowError::internal(doing, "its manifest names a return without an identifier"))?;
            let record = self.ledger().return_by_id(id).await.map_err(FlowError::store(doing))?;
            let record = record.ok_or_else(|| FlowError::internal(doing, "a return that it counted is not known"))?;
            returns.push(self.accepted_return(id, &record.authority, record.state).await?);
        }
        let mut earlier = self.published_releases(&release.family).await?;
        earlier.retain(|one| manifest.earlier.iter().any(|named| named.sha256 == one.digest));
        let earlier = self.earlier_releases(&earlier).await?;
        let place = self.pool().admit()?;
        let worker = place.worker().await?;
        let specification = Arc::clone(self.specification());
        let made = worker
            .run(doing, move || {
                let manifest = (&manifest, counted.as_ref());
                publish::rebuild(&specification, &collection, manifest, returns, &earlier, &unmeasured)
            })
            .await?
            .map_err(refused)?;
        Ok(VerifiedRelease { release, damaged, gone, differences: made.differences })
    }

    async fn damaged_files(&self, release: &ReleaseRecord) -> Result<Vec<String>, FlowError> {
        let failed = FlowError::store("read the files of the release");
        let mut damaged = Vec::new();
        for file in &release.files {
            let name = ObjectName::release_file(release.id, &file.name).map_err(&failed)?;
            match self.archive().get(&name).await {
                Ok(bytes) if Digest::of(&bytes) == file.digest => {}
                Ok(_) | Err(StoreError::NoObject { .. }) => damaged.push(file.name.clone()),
                Err(error) => return Err(failed(error)),
            }
        }
        Ok(damaged)
    }
}
