//! A run: what was interrupted is finished, then what is due is deleted, then it is certified.

use super::doomed::{Parts, identity};
use super::policy::RetentionPolicy;
use crate::domain::evidence::{DeletedOf, DeletionCause};
use crate::domain::identifier::CertificateId;
use crate::domain::state::ReturnState;
use crate::flow::Service;
use crate::flow::error::FlowError;
use crate::store::{Deletion, Doomed, ObjectName, Page, ReturnFilter, SignedCertificate, StoreError};
use chrono::{DateTime, Days, Utc};
use std::collections::{BTreeMap, BTreeSet};
use std::future::Future;
use std::time::Duration;

/// What a run did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Retained {
    /// Deletions of an interrupted run that were finished.
    pub finished: u64,
    /// Objects deleted, with those finished.
    pub deleted: u64,
    /// Returns and people of whom something is due and could not be deleted; the log says why, and the next run tries again.
    pub overdue: u64,
    pub certificates: Vec<SignedCertificate>,
    /// Lines of who read what, and keys that ended.
    pub lines_removed: u64,
    /// Objects deleted of which the ledger does not speak.
    pub unknown_deleted: u64,
}

/// What is due now, by the setting that says so.
pub type Due = BTreeMap<String, Vec<Doomed>>;

/// What is due of one return or person.
struct DueOfOne {
    /// The setting that says so.
    rule: String,
    /// The state in which a return is due.
    seen: Option<ReturnState>,
    objects: Vec<Doomed>,
}

/// What came of deleting.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Deleted {
    pub(super) objects: u64,
    /// Returns and people of whom something could not be deleted.
    pub(super) failed: u64,
}

impl Service {
    /// What the policy would delete now. Nothing is changed.
    pub async fn due(&self, policy: &RetentionPolicy) -> Result<Due, FlowError> {
        let mut due: Due = BTreeMap::new();
        for one in self.due_one_by_one(policy).await?.0 {
            due.entry(one.rule).or_default().extend(one.objects);
        }
        Ok(due)
    }

    /// What is due, return by return and person by person, and of how many it could not be told.
    async fn due_one_by_one(&self, policy: &RetentionPolicy) -> Result<(Vec<DueOfOne>, u64), FlowError> {
        let failed = FlowError::store("look for what is due");
        let known = self.deleted_names().await?;
        let now = self.now();
        let (mut due, mut untold) = (Vec::new(), 0);
        for record in self.ledger().returns(&ReturnFilter::default(), Page::ALL).await.map_err(&failed)? {
            let content = policy.content(&record).filter(|term| term.since <= now);
            let original = policy.original(&record).filter(|term| term.since <= now);
            let (term, parts) = match (content, original) {
                (Some(term), _) => (term, Parts::Content),
                (None, Some(term)) => (term, Parts::Original),
                (None, None) => continue,
            };
            match self.doomed(&record, parts, &known).await {
                Ok(objects) if objects.is_empty() => {}
                Ok(objects) => due.push(DueOfOne { rule: term.rule, seen: Some(record.state), objects }),
                Err(error) => {
                    self.passes_over(DeletedOf::Return(record.id), error).await?;
                    untold += 1;
                }
            }
        }
        for person in self.ledger().people(None).await.map_err(&failed)? {
            let object = identity(&person);
            let term = policy.identity(&person).filter(|term| term.since <= now && !known.contains(&object.name));
            due.extend(term.map(|term| DueOfOne { rule: term.rule, seen: None, objects: vec![object] }));
        }
        Ok((due, untold))
    }

    /// Logs what failed for one return or person, so that the others go on; where nothing works at all, that is the error.
    async fn passes_over(&self, of: DeletedOf, error: FlowError) -> Result<(), FlowError> {
        let failed = FlowError::store("ask whether the store is ready");
        self.ledger().ready().await.map_err(&failed)?;
        self.archive().ready().await.map_err(&failed)?;
        tracing::error!(%of, %error, cause = error.cause(), "what is due of a return or person could not be deleted");
        Ok(())
    }

    /// Deletes what is due, with evidence.
    pub async fn retain(&self, policy: &RetentionPolicy) -> Result<Retained, FlowError> {
        let mut retained = self.finish_deletions().await?;
        let (due, untold) = self.due_one_by_one(policy).await?;
        retained.overdue += untold;
        let mut certificates: BTreeMap<String, CertificateId> = BTreeMap::new();
        for one in due {
            let certificate = *certificates.entry(one.rule.clone()).or_insert_with(|| CertificateId::new(self.now()));
            let cause = DeletionCause::Schedule { rule: one.rule };
            let deleted = self.delete(certificate, &cause, &one.objects, one.seen).await?;
            retained.deleted += deleted.objects;
            retained.overdue += deleted.failed;
        }
        retained.certificates.extend(self.certify().await?);
        let failed = FlowError::store("remove lines whose time is over");
        let now = self.now();
        // Days that cannot be counted back are for ever, and not none.
        let ago = |days: u32| now.checked_sub_days(Days::new(u64::from(days))).unwrap_or(DateTime::UNIX_EPOCH);
        retained.lines_removed += self.ledger().forget_accesses(ago(policy.accesses_days)).await.map_err(&failed)?;
        retained.lines_removed += self.ledger().forget_keys(ago(policy.keys_days)).await.map_err(&failed)?;
        retained.unknown_deleted = self.delete_old_unknown(policy.unknown_days).await?;
        if retained.deleted + retained.lines_removed > 0 {
            self.scrub().await?;
        }
        let overdue = i64::try_from(retained.overdue).unwrap_or(i64::MAX);
        self.metrics().retention_overdue_returns.set(overdue);
        self.metrics().retention_completed_timestamp_seconds.set(now.timestamp());
        Ok(retained)
    }

    /// Ends what a run before was interrupted in.
    pub async fn finish_deletions(&self) -> Result<Retained, FlowError> {
        let failed = FlowError::store("finish a deletion");
        let mut open = self.ledger().deletions(None).await.map_err(&failed)?;
        open.retain(|deletion| deletion.confirmed.is_none());
        let finished = self.carry_out(&open).await?;
        let certificates = self.certify().await?;
        let (deleted, overdue) = (finished.objects, finished.failed);
        Ok(Retained { finished: deleted, deleted, overdue, certificates, ..Retained::default() })
    }

    /// Runs again and again until `stop` is ready; the first time at once, to finish what was interrupted.
    pub async fn keep_retaining(&self, policy: RetentionPolicy, every: Duration, stop: impl Future<Output = ()>) {
        let mut stop = std::pin::pin!(stop);
        loop {
            match self.retain(&policy).await {
                Ok(retained) if retained.deleted > 0 => {
                    let certificates = retained.certificates.len();
                    tracing::info!(deleted = retained.deleted, finished = retained.finished, certificates, "retention");
                }
                Ok(_) => {}
                Err(error) => tracing::error!(%error, cause = error.cause(), "what is due could not be deleted"),
            }
            if tokio::time::timeout(every, &mut stop).await.is_ok() {
                return;
            }
        }
    }

    /// Both steps, return by return and person by person, so that little is in between at any moment. A return that is not any more in the state
    /// in which it was due is left alone.
    pub(super) async fn delete(
        &self,
        certificate: CertificateId,
        cause: &DeletionCause,
        objects: &[Doomed],
        seen: Option<ReturnState>,
    ) -> Result<Deleted, FlowError> {
        let failed = FlowError::store("plan a deletion");
        let mut deleted = Deleted::default();
        for of_one in objects.chunk_by(|one, other| one.of == other.of) {
            match self.ledger().plan_deletions(certificate, cause, of_one, seen, self.now()).await {
                Err(StoreError::Moved { id, found, .. }) => {
                    tracing::info!(return_id = %id, state = %found, "a return moved on and is not due any more");
                    continue;
                }
                planned => planned.map_err(&failed)?,
            }
            let names: BTreeSet<&str> = of_one.iter().map(|object| object.name.as_str()).collect();
            let id = of_one.first().and_then(|object| object.of.return_id());
            let mut planned = self.ledger().deletions(id).await.map_err(&failed)?;
            planned.retain(|one| one.confirmed.is_none() && names.contains(one.object.name.as_str()));
            let done = self.carry_out(&planned).await?;
            deleted.objects += done.objects;
            deleted.failed += done.failed;
        }
        Ok(deleted)
    }

    /// Deletes what is written to be deleted, and confirms it.
    async fn carry_out(&self, planned: &[Deletion]) -> Result<Deleted, FlowError> {
        let mut deleted = Deleted::default();
        for of_one in planned.chunk_by(|one, other| one.object.of == other.object.of) {
            match self.carry_out_of_one(of_one).await {
                Ok(()) => deleted.objects += of_one.len() as u64,
                Err(error) => {
                    if let Some(deletion) = of_one.first() {
                        self.passes_over(deletion.object.of, error).await?;
                    }
                    deleted.failed += 1;
                }
            }
        }
        Ok(deleted)
    }

    async fn carry_out_of_one(&self, planned: &[Deletion]) -> Result<(), FlowError> {
        let failed = FlowError::store("delete what is due");
        for deletion in planned {
            // What is no object of the archive is the ledger's own, and goes with the confirmation.
            if let Some(name) = ObjectName::from_path(&deletion.object.name) {
                self.archive().delete(&name).await.map_err(&failed)?;
            }
        }
        self.ledger().confirm_deletions(planned, self.now()).await.map_err(&failed)
    }

    pub(super) async fn certify(&self) -> Result<Vec<SignedCertificate>, FlowError> {
        self.ledger().certify_deletions(self.now()).await.map_err(FlowError::store("sign a certificate"))
    }

    /// Makes sure that what was deleted from the ledger stands nowhere in its files. A reader can be in the way for a moment.
    pub(super) async fn scrub(&self) -> Result<(), FlowError> {
        for _ in 0..50 {
            if self.ledger().scrub().await.map_err(FlowError::store("empty the ledger's log"))? {
                return Ok(());
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        tracing::warn!("the ledger's write-ahead log could not be emptied; the next run does it");
        Ok(())
    }

    /// How many deletions are done, how many are not, and every certificate with its time.
    pub async fn deletion_counts(&self) -> Result<(u64, u64, Vec<(CertificateId, DateTime<Utc>)>), FlowError> {
        let failed = FlowError::store("list the deletions");
        let deletions = self.ledger().deletions(None).await.map_err(&failed)?;
        let done = deletions.iter().filter(|deletion| deletion.confirmed.is_some()).count() as u64;
        let certificates = self.ledger().certificates().await.map_err(&failed)?;
        let certificates = certificates.into_iter().map(|one| (one.id, one.at)).collect();
        Ok((done, deletions.len() as u64 - done, certificates))
    }

    /// A certificate as it was signed.
    pub async fn certificate(&self, id: CertificateId) -> Result<SignedCertificate, FlowError> {
        let all = self.ledger().certificates().await.map_err(FlowError::store("read the certificate"))?;
        all.into_iter().find(|one| one.id == id).ok_or(FlowError::NotFound)
    }

    pub(super) async fn deleted_names(&self) -> Result<BTreeSet<String>, FlowError> {
        let deletions = self.ledger().deletions(None).await.map_err(FlowError::store("list the deletions"))?;
        Ok(deletions.into_iter().map(|deletion| deletion.object.name).collect())
    }
}
