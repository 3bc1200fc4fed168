//! Releases: read by everyone once published, by the department before.

use super::Service;
use super::authorise::Account;
use super::error::FlowError;
use crate::domain::identifier::ReleaseId;
use crate::store::{ObjectName, ReleaseFile, ReleaseRecord, ReleaseState};
use bytes::Bytes;

impl Service {
    /// Publishes a draft. From then on nothing about it changes.
    pub async fn publish_release(&self, account: &Account, id: ReleaseId) -> Result<ReleaseRecord, FlowError> {
        account.may_collect()?;
        let doing = "publishing";
        self.ledger().publish_release(id, self.now(), account.key).await.map_err(FlowError::store(doing))
    }

    /// The releases that may be seen, oldest first. Nobody needs a key for what is published.
    pub async fn releases(&self, account: Option<&Account>) -> Result<Vec<ReleaseRecord>, FlowError> {
        let releases = self.ledger().releases().await.map_err(FlowError::store("list the releases"))?;
        Ok(releases.into_iter().filter(|release| may_see(account, release)).collect())
    }

    pub async fn release(&self, account: Option<&Account>, id: ReleaseId) -> Result<ReleaseRecord, FlowError> {
        let found = self.ledger().release(id).await.map_err(FlowError::store("read the release"))?;
        found.filter(|release| may_see(account, release)).ok_or(FlowError::NotFound)
    }

    /// One file of a release, by its path within it.
    pub async fn release_file(
        &self,
        account: Option<&Account>,
        id: ReleaseId,
        path: &str,
    ) -> Result<(ReleaseFile, Bytes), FlowError> {
        let release = self.release(account, id).await?;
        let file = release.files.into_iter().find(|file| file.name == path).ok_or(FlowError::NotFound)?;
        let name = ObjectName::release_file(id, path).map_err(FlowError::store("read the file"))?;
        let bytes = self.archive().get(&name).await;
        // The ledger says that it is there, so its absence is our fault and not the reader's.
        let bytes = bytes.map_err(|error| FlowError::internal("read a file of a release", error))?;
        Ok((file, bytes))
    }
}

fn may_see(account: Option<&Account>, release: &ReleaseRecord) -> bool {
    release.state == ReleaseState::Published || account.is_some_and(|account| account.may_see_drafts().is_ok())
}
