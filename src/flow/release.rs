//! Releases are read: by everyone once published, by the department before; now, or as they stood at a time.

use super::Service;
use super::authorise::Account;
use super::error::FlowError;
use crate::domain::identifier::ReleaseId;
use crate::domain::release::ReleaseState;
use crate::publish;
use crate::store::{ObjectName, ReleaseFile, ReleaseRecord, StoreError};
use bytes::Bytes;
use chrono::{DateTime, Utc};

impl Service {
    /// The releases that may be seen, oldest first. Nobody needs a key for what is published.
    pub async fn releases(&self, account: Option<&Account>) -> Result<Vec<ReleaseRecord>, FlowError> {
        let releases = self.ledger().releases().await.map_err(FlowError::store("list the releases"))?;
        Ok(releases.into_iter().filter(|release| may_see(account, release)).map(for_readers).collect())
    }

    /// The published releases of a family, which is the identifier of a specification, in the order of their publication, as
    /// they are kept.
    pub(super) async fn published_releases(&self, family: &str) -> Result<Vec<ReleaseRecord>, FlowError> {
        let mut published = self.all_published().await?;
        published.retain(|release| release.family == family);
        Ok(published)
    }

    /// What stood at a time: of each collection the release that was the latest published, in the order of publication.
    pub async fn releases_as_of(&self, at: DateTime<Utc>) -> Result<Vec<ReleaseRecord>, FlowError> {
        let mut standing: Vec<ReleaseRecord> = Vec::new();
        for release in self.all_published().await? {
            if release.published.is_some_and(|published| published <= at) {
                standing.retain(|earlier| earlier.collection != release.collection);
                standing.push(for_readers(release));
            }
        }
        Ok(standing)
    }

    /// The release of a collection that stood at a time; none where none was published by then.
    pub async fn release_as_of(&self, collection: &str, at: DateTime<Utc>) -> Result<Option<ReleaseRecord>, FlowError> {
        let standing = self.releases_as_of(at).await?;
        Ok(standing.into_iter().find(|release| release.collection == collection))
    }

    /// As they are kept.
    async fn all_published(&self) -> Result<Vec<ReleaseRecord>, FlowError> {
        let mut releases = self.ledger().releases().await.map_err(FlowError::store("list the releases"))?;
        releases.retain(|release| release.state == ReleaseState::Published);
        releases.sort_by_key(|release| (release.published, release.id));
        Ok(releases)
    }

    pub async fn release(&self, account: Option<&Account>, id: ReleaseId) -> Result<ReleaseRecord, FlowError> {
        let found = self.ledger().release(id).await.map_err(FlowError::store("read the release"))?;
        found.filter(|release| may_see(account, release)).map(for_readers).ok_or(FlowError::NotFound)
    }

    /// One file of a release, by its path within it. A discarded release has none.
    pub async fn release_file(
        &self,
        account: Option<&Account>,
        id: ReleaseId,
        path: &str,
    ) -> Result<(ReleaseFile, Bytes), FlowError> {
        let release = self.release(account, id).await?;
        let is_gone = release.state == ReleaseState::Discarded;
        let file = release.files.into_iter().find(|file| file.name == path && !is_gone).ok_or(FlowError::NotFound)?;
        let bytes = self.kept_file(id, path).await?;
        Ok((file, bytes))
    }

    /// The bytes of a file that the ledger speaks of.
    pub(super) async fn kept_file(&self, id: ReleaseId, path: &str) -> Result<Bytes, FlowError> {
        let name = ObjectName::release_file(id, path).map_err(FlowError::store("read the file"))?;
        let bytes = self.archive().get(&name).await;
        // The ledger says that it is there, so its absence is our fault and not the reader's.
        bytes.map_err(|error: StoreError| FlowError::internal("read a file of a release", error))
    }
}

/// Without the file that nobody is given.
pub(super) fn for_readers(mut release: ReleaseRecord) -> ReleaseRecord {
    release.files.retain(|file| publish::is_for_readers(&file.name));
    release
}

fn may_see(account: Option<&Account>, release: &ReleaseRecord) -> bool {
    release.state == ReleaseState::Published || account.is_some_and(|account| account.may_see_drafts().is_ok())
}
