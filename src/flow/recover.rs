//! What a start finds of the run before it: uploads that were received and not decided, objects that nothing speaks of.

use super::Service;
use super::error::FlowError;
use super::examine::Asked;
use crate::domain::identifier::ReturnId;
use crate::domain::release::ReleaseState;
use crate::domain::state::ReturnState;
use crate::store::{Folder, ObjectName, Page, ReturnFilter, ReturnRecord, StoreError, expand};
use std::collections::BTreeSet;
use std::io::Write;

/// What a start put in order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Recovered {
    /// Received uploads that were decided now.
    pub decided: u64,
    /// Received uploads that could not be decided and are tried again at the next start, or when they are sent again.
    pub undecided: u64,
    /// Objects removed, because nothing in the ledger speaks of them.
    pub objects_removed: u64,
    /// Files removed from the spool.
    pub spool_files_removed: u64,
}

impl Service {
    /// Puts in order what an interrupted run left behind. To be called once, before the first upload.
    pub async fn recover(&self) -> Result<Recovered, FlowError> {
        let mut recovered = Recovered { spool_files_removed: self.empty_spool()?, ..Recovered::default() };
        recovered.objects_removed = self.remove_orphans().await?;
        let filter = ReturnFilter { state: Some(ReturnState::Received), ..ReturnFilter::default() };
        let received = self.ledger().returns(&filter, Page::ALL).await;
        for record in received.map_err(FlowError::store("list the received uploads"))? {
            let id = record.id;
            match self.decide_again(record).await {
                Ok(()) => recovered.decided += 1,
                Err(error) => {
                    tracing::error!(return_id = %id, %error, cause = error.cause(), "a received upload is undecided");
                    recovered.undecided += 1;
                }
            }
        }
        Ok(recovered)
    }

    fn empty_spool(&self) -> Result<u64, FlowError> {
        let failed = |error| FlowError::internal("empty the spool", error);
        std::fs::create_dir_all(self.spool()).map_err(failed)?;
        let mut removed = 0;
        for entry in std::fs::read_dir(self.spool()).map_err(failed)? {
            let path = entry.map_err(failed)?.path();
            if path.is_file() {
                std::fs::remove_file(path).map_err(failed)?;
                removed += 1;
            }
        }
        Ok(removed)
    }

    /// Removes every object of a return that is rejected or unknown, and of a release that is discarded or unknown.
    async fn remove_orphans(&self) -> Result<u64, FlowError> {
        let failed = FlowError::store("remove what nothing speaks of");
        let known = self.ledger().returns(&ReturnFilter::default(), Page::ALL).await.map_err(&failed)?;
        let kept = known.iter().filter(|record| record.state != ReturnState::Rejected);
        let kept: BTreeSet<ReturnId> = kept.map(|record| record.id).collect();
        let releases = self.ledger().releases().await.map_err(&failed)?;
        let with_files = releases.iter().filter(|release| release.state != ReleaseState::Discarded);
        let releases: BTreeSet<_> = with_files.map(|release| release.id).collect();
        let mut removed = 0;
        for folder in [Folder::Originals, Folder::Reports, Folder::Tables, Folder::Releases] {
            for name in self.archive().list(folder).await.map_err(&failed)? {
                let is_known = match &name {
                    ObjectName::ReleaseFile(release, _) => releases.contains(release),
                    _ => name.return_id().is_some_and(|id| kept.contains(&id)),
                };
                if !is_known {
                    self.archive().delete(&name).await.map_err(&failed)?;
                    removed += 1;
                }
            }
        }
        Ok(removed)
    }

    /// Decides a received upload from its kept bytes.
    async fn decide_again(&self, record: ReturnRecord) -> Result<(), FlowError> {
        let doing = "decide a received upload again";
        let failed = |error: std::io::Error| FlowError::internal(doing, error);
        let Some(_in_hand) = self.take_in_hand(record.id) else { return Ok(()) };
        let original = match self.archive().get(&ObjectName::original(record.id)).await {
            Ok(bytes) => bytes,
            Err(StoreError::NoObject { .. }) => return self.end_without_bytes(&record).await,
            Err(error) => return Err(FlowError::store(doing)(error)),
        };
        let place = self.pool().admit_own().await?;
        let worker = place.worker().await?;
        let (spool, size) = (self.spool().to_owned(), record.bytes);
        let file = worker.run(doing, move || {
            let bytes = expand(&original, size).map_err(|error| FlowError::internal(doing, error))?;
            let mut file = tempfile::NamedTempFile::new_in(spool).map_err(failed)?;
            file.write_all(&bytes).map_err(failed)?;
            file.flush().map_err(failed)?;
            Ok::<_, FlowError>(file)
        });
        let file = file.await??;
        drop(worker);
        let asked = Asked {
            path: file.path().to_owned(),
            name: None,
            authority: Some(record.authority.clone()),
            today: Some(record.received.date_naive()),
        };
        self.settle(record, asked, &place).await?;
        Ok(())
    }

    /// The bytes are gone only when a rejection was interrupted after its receipt; anything else is damage to the
    /// archive, which ends in the one clear state that is left: rejected, by no rule, to be sent again.
    async fn end_without_bytes(&self, record: &ReturnRecord) -> Result<(), FlowError> {
        let failed = FlowError::store("end an upload without bytes");
        if self.ledger().receipt(record.id).await.map_err(&failed)?.is_none() {
            tracing::error!(return_id = %record.id, "the bytes of a received upload are not in the archive");
            self.ledger().decide_rejected(record.id, &[]).await.map_err(&failed)?;
        }
        self.end_rejected(record.id, None).await?;
        Ok(())
    }
}
