//! What an interrupted run left behind: uploads that were received and not decided, objects of what was rejected, and objects
//! of which the ledger does not speak, which are noted and never removed here.
//!
//! Only what must be done before the first request is waited for at a start. The rest is safe beside requests: whoever
//! receives or decides an upload has it in hand, and what is in hand is left alone.

use super::Service;
use super::attempts::Turn;
use super::error::FlowError;
use super::examine::Asked;
use crate::domain::digest::Digest;
use crate::domain::identifier::ReturnId;
use crate::domain::local_time::local_day;
use crate::domain::release::ReleaseState;
use crate::domain::state::ReturnState;
use crate::intake::spool::SpoolFile;
use crate::store::{Folder, ObjectName, Page, ReturnFilter, ReturnRecord, StoreError, expand};
use bytes::Bytes;
use std::collections::{BTreeMap, BTreeSet};
use std::future::Future;
use std::time::Duration;

/// What was put in order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Recovered {
    /// Received uploads that were decided now.
    pub decided: u64,
    /// Received uploads that could not be decided and are tried again.
    pub undecided: u64,
    /// Objects removed of returns that are rejected and releases that are discarded.
    pub objects_removed: u64,
    /// Objects that were found now and of which nothing in the ledger speaks. They stay where they lie.
    pub objects_unknown: u64,
    /// Files removed from the spool.
    pub spool_files_removed: u64,
}

impl Service {
    /// What must be done before the first request, and takes a moment however much the ledger holds: publishes the key that signs
    /// receipts, names what an earlier program explained, empties the spool, and removes the files of discarded releases. What was
    /// never entered is noted here, while nobody builds a release.
    pub async fn prepare(&self) -> Result<Recovered, FlowError> {
        let now = self.now();
        self.ledger().enter_signing_key(now).await.map_err(FlowError::store("publish the signing key"))?;
        self.name_old_findings().await?;
        let spool_files_removed = self.empty_spool()?;
        let (objects_removed, objects_unknown) = self.look_at_releases().await?;
        Ok(Recovered { spool_files_removed, objects_removed, objects_unknown, ..Recovered::default() })
    }

    /// Puts in order all that an interrupted run left behind.
    pub async fn recover(&self) -> Result<Recovered, FlowError> {
        let mut recovered = self.prepare().await?;
        self.look_at_returns(&mut recovered).await?;
        self.decide_received(&mut recovered).await?;
        Ok(recovered)
    }

    /// Decides what an earlier run received, and from then on looks every so often for received uploads that nobody decides,
    /// until the service ends. Once a day it looks at the objects that no return of the ledger has.
    pub async fn keep_deciding(&self, every: Duration, ended: impl Future<Output = ()>) {
        let mut ended = std::pin::pin!(ended);
        let mut looked_at = None;
        loop {
            let mut recovered = Recovered::default();
            let work = async {
                self.decide_received(&mut recovered).await?;
                let today = local_day(self.now());
                if looked_at != Some(today) {
                    self.look_at_returns(&mut recovered).await?;
                    looked_at = Some(today);
                }
                Ok::<_, FlowError>(())
            };
            tokio::select! {
                () = &mut ended => return,
                done = work => match done {
                    Ok(()) if recovered == Recovered::default() => {}
                    Ok(()) => tracing::info!(
                        decided = recovered.decided,
                        undecided = recovered.undecided,
                        objects_removed = recovered.objects_removed,
                        objects_unknown = recovered.objects_unknown,
                        "put in order what was interrupted"
                    ),
                    Err(error) => tracing::error!(%error, cause = error.cause(), "what was interrupted is tried again"),
                },
            }
            if tokio::time::timeout(every, &mut ended).await.is_ok() {
                return;
            }
        }
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

    /// Removes every file of a release that is discarded, and notes those of releases that are unknown: how many of each.
    async fn look_at_releases(&self) -> Result<(u64, u64), FlowError> {
        let failed = FlowError::store("look for files of releases that are not known");
        let releases = self.ledger().releases().await.map_err(&failed)?;
        let states: BTreeMap<_, _> = releases.iter().map(|release| (release.id, release.state)).collect();
        let (mut removed, mut unknown) = (0, BTreeSet::new());
        for name in self.archive().list(Folder::Releases).await.map_err(&failed)? {
            let ObjectName::ReleaseFile(release, _) = &name else { continue };
            match states.get(release) {
                Some(ReleaseState::Discarded) => {
                    self.archive().delete(&name).await.map_err(&failed)?;
                    removed += 1;
                }
                Some(_) => {}
                None => _ = unknown.insert(name),
            }
        }
        Ok((removed, self.note_unknown(unknown, |name| name.return_id().is_none()).await?))
    }

    /// Removes every object of a return that is rejected, and notes those of returns that are unknown: another ledger may
    /// have acknowledged them.
    async fn look_at_returns(&self, recovered: &mut Recovered) -> Result<(), FlowError> {
        let failed = FlowError::store("look for objects of returns that are not known");
        let mut unknown = BTreeSet::new();
        recovered.objects_removed += self.remove_unreceived().await?;
        for folder in [Folder::Originals, Folder::Reports, Folder::Tables] {
            // The objects first: what is put later is not looked at, what was put before the ledger knows or has in hand.
            let names = self.archive().list(folder).await.map_err(&failed)?;
            let states = self.ledger().return_states().await.map_err(&failed)?;
            let has_content = |id: ReturnId| states.get(&id).is_some_and(|state| *state != ReturnState::Rejected);
            for name in names {
                let Some(id) = name.return_id().filter(|id| !has_content(*id)) else { continue };
                let Some(_in_hand) = self.take_in_hand(id) else { continue };
                match self.ledger().return_by_id(id).await.map_err(&failed)? {
                    None => _ = unknown.insert(name),
                    Some(record) if record.state == ReturnState::Rejected => {
                        self.archive().delete(&name).await.map_err(&failed)?;
                        recovered.objects_removed += 1;
                    }
                    Some(_) => {}
                }
            }
        }
        recovered.objects_unknown += self.note_unknown(unknown, |name| name.return_id().is_some()).await?;
        Ok(())
    }

    /// Removes the bytes of uploads that were on their way into the archive and never received: nobody was told that they are
    /// kept.
    async fn remove_unreceived(&self) -> Result<u64, FlowError> {
        let failed = FlowError::store("remove uploads that were never received");
        let mut removed = 0;
        for id in self.ledger().announced().await.map_err(&failed)? {
            let Some(_in_hand) = self.take_in_hand(id) else { continue };
            if self.ledger().return_by_id(id).await.map_err(&failed)?.is_none() {
                let original = ObjectName::original(id);
                match self.archive().get(&original).await {
                    Err(StoreError::NoObject { .. }) => {}
                    _ => {
                        self.archive().delete(&original).await.map_err(&failed)?;
                        removed += 1;
                    }
                }
            }
            self.ledger().forget_announced(id).await.map_err(&failed)?;
        }
        Ok(removed)
    }

    /// Decides every received upload that nobody has in hand.
    async fn decide_received(&self, recovered: &mut Recovered) -> Result<(), FlowError> {
        let filter = ReturnFilter { state: Some(ReturnState::Received), ..ReturnFilter::default() };
        let received = self.ledger().returns(&filter, Page::ALL).await;
        for record in received.map_err(FlowError::store("list the received uploads"))? {
            let id = record.id;
            let service = self.clone();
            let deciding = tokio::spawn(async move { service.decide_again(id).await });
            let Ok(decided) = tokio::time::timeout(self.limits().wedged, deciding).await else {
                // It keeps the upload in hand and its worker; what came after it need not wait.
                tracing::error!(return_id = %id, "the check of a received upload does not end");
                recovered.undecided += 1;
                continue;
            };
            let panicked = |_| FlowError::internal("decide a received upload again", "the task ended in a panic");
            match decided.map_err(panicked).and_then(|decided| decided) {
                Ok(true) => recovered.decided += 1,
                Ok(false) => {}
                Err(error) => {
                    tracing::error!(return_id = %id, %error, cause = error.cause(), "a received upload is undecided");
                    recovered.undecided += 1;
                }
            }
        }
        Ok(())
    }

    /// Decides a received upload from its kept bytes; says whether it was still to be decided.
    async fn decide_again(&self, id: ReturnId) -> Result<bool, FlowError> {
        let doing = "decide a received upload again";
        let failed = |error: std::io::Error| FlowError::internal(doing, error);
        let Some(_in_hand) = self.take_in_hand(id) else { return Ok(false) };
        let current = self.ledger().return_by_id(id).await.map_err(FlowError::store(doing))?;
        let Some(record) = current.filter(|record| record.state == ReturnState::Received) else { return Ok(false) };
        if self.turn_of(id).await? != Turn::Now {
            return Ok(false);
        }
        let place = self.pool().admit_own().await?;
        let worker = place.worker().await?;
        let Some(original) = self.original(&record).await? else {
            self.end_without_bytes(&record).await?;
            return Ok(true);
        };
        let (spool, size, digest) = (self.spool().to_owned(), record.bytes, record.digest);
        let file = worker.run(doing, move || {
            let Some(bytes) = expand(&original, size).ok().filter(|bytes| Digest::of(bytes) == digest) else {
                return Ok(None);
            };
            let mut file = SpoolFile::new_in(&spool).map_err(failed)?;
            file.write_all(&bytes).map_err(failed)?;
            Ok::<_, FlowError>(Some(file))
        });
        let file = file.await??;
        drop(worker);
        let Some(file) = file else {
            self.end_without_bytes(&record).await?;
            return Ok(true);
        };
        let asked = Asked {
            path: file.path().to_owned(),
            name: None,
            authority: Some(record.authority.clone()),
            today: Some(local_day(record.received)),
            received: record.received,
            beside_others: true,
        };
        self.settle_again(record, asked, &place).await?;
        Ok(true)
    }

    /// The kept bytes of an upload; none where they are gone or altered.
    async fn original(&self, record: &ReturnRecord) -> Result<Option<Bytes>, FlowError> {
        let failed = FlowError::store("read the kept bytes of an upload");
        match self.archive().get(&ObjectName::original(record.id)).await {
            Ok(bytes) => Ok(Some(bytes)),
            Err(StoreError::NoObject { .. }) => Ok(None),
            // With the right key it is the object that is damaged; with a wrong one nothing is decided.
            Err(StoreError::SealBroken { .. }) if self.archive().ready().await.is_ok() => Ok(None),
            Err(error) => Err(failed(error)),
        }
    }

    /// The bytes are gone when a rejection was interrupted after its receipt; anything else is damage to the archive, which
    /// ends in the one clear state that is left: rejected, by no rule, to be sent again.
    async fn end_without_bytes(&self, record: &ReturnRecord) -> Result<(), FlowError> {
        let failed = FlowError::store("end an upload without bytes");
        if self.ledger().receipt(record.id).await.map_err(&failed)?.is_none() {
            tracing::error!(return_id = %record.id, "the bytes of a received upload are gone from the archive or altered");
            self.ledger().decide_rejected(record.id, &[]).await.map_err(&failed)?;
        }
        self.end_rejected(record.id, None).await?;
        Ok(())
    }
}
