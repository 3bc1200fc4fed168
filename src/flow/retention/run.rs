//! A run: what was interrupted is finished, then what is due is deleted, then it is certified.

use super::doomed::Parts;
use super::policy::RetentionPolicy;
use crate::domain::evidence::DeletionCause;
use crate::domain::identifier::CertificateId;
use crate::flow::Service;
use crate::flow::error::FlowError;
use crate::store::{Deletion, Doomed, ObjectName, Page, ReturnFilter, SignedCertificate};
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
    pub certificates: Vec<SignedCertificate>,
    /// Lines of who read what, and keys that ended.
    pub lines_removed: u64,
}

/// What is due now, by the setting that says so.
pub type Due = BTreeMap<String, Vec<Doomed>>;

impl Service {
    /// What the policy would delete now. Nothing is changed.
    pub async fn due(&self, policy: &RetentionPolicy) -> Result<Due, FlowError> {
        let failed = FlowError::store("look for what is due");
        let known = self.deleted_names().await?;
        let now = self.now();
        let mut due: Due = BTreeMap::new();
        for record in self.ledger().returns(&ReturnFilter::default(), Page::ALL).await.map_err(&failed)? {
            let content = policy.content(&record).filter(|term| term.since <= now);
            let original = policy.original(&record).filter(|term| term.since <= now);
            let (term, parts) = match (content, original) {
                (Some(term), _) => (term, Parts::Content),
                (None, Some(term)) => (term, Parts::Original),
                (None, None) => continue,
            };
            let objects = self.doomed(&record, parts, &known).await?;
            if !objects.is_empty() {
                due.entry(term.rule).or_default().extend(objects);
            }
        }
        Ok(due)
    }

    /// Deletes what is due, with evidence.
    pub async fn retain(&self, policy: &RetentionPolicy) -> Result<Retained, FlowError> {
        let mut retained = self.finish_deletions().await?;
        for (rule, objects) in self.due(policy).await? {
            let cause = DeletionCause::Schedule { rule };
            let certificate = CertificateId::new(self.now());
            retained.deleted += self.delete(certificate, &cause, &objects).await?;
        }
        retained.certificates.extend(self.certify().await?);
        let failed = FlowError::store("remove lines whose time is over");
        let now = self.now();
        let ago = |days: u32| now.checked_sub_days(Days::new(u64::from(days))).unwrap_or(now);
        retained.lines_removed += self.ledger().forget_accesses(ago(policy.accesses_days)).await.map_err(&failed)?;
        retained.lines_removed += self.ledger().forget_keys(ago(policy.keys_days)).await.map_err(&failed)?;
        if retained.deleted + retained.lines_removed > 0 {
            self.scrub().await?;
        }
        Ok(retained)
    }

    /// Ends what a run before was interrupted in.
    pub async fn finish_deletions(&self) -> Result<Retained, FlowError> {
        let failed = FlowError::store("finish a deletion");
        let mut open = self.ledger().deletions(None).await.map_err(&failed)?;
        open.retain(|deletion| deletion.confirmed.is_none());
        let count = open.len() as u64;
        self.carry_out(&open).await?;
        let certificates = self.certify().await?;
        Ok(Retained { finished: count, deleted: count, certificates, lines_removed: 0 })
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

    /// Both steps, return by return, so that little is in between at any moment. Says how many were deleted.
    pub(super) async fn delete(
        &self,
        certificate: CertificateId,
        cause: &DeletionCause,
        objects: &[Doomed],
    ) -> Result<u64, FlowError> {
        let failed = FlowError::store("plan a deletion");
        let mut deleted = 0;
        for of_return in objects.chunk_by(|one, other| one.return_id == other.return_id) {
            self.ledger().plan_deletions(certificate, cause, of_return, self.now()).await.map_err(&failed)?;
            let names: BTreeSet<&str> = of_return.iter().map(|object| object.name.as_str()).collect();
            let id = of_return.first().map(|object| object.return_id);
            let mut planned = self.ledger().deletions(id).await.map_err(&failed)?;
            planned.retain(|one| one.confirmed.is_none() && names.contains(one.object.name.as_str()));
            self.carry_out(&planned).await?;
            deleted += planned.len() as u64;
        }
        Ok(deleted)
    }

    /// Deletes what is written to be deleted, and confirms it.
    async fn carry_out(&self, planned: &[Deletion]) -> Result<(), FlowError> {
        let failed = FlowError::store("delete what is due");
        for of_return in planned.chunk_by(|one, other| one.object.return_id == other.object.return_id) {
            for deletion in of_return {
                // What is no object of the archive is the ledger's own, and goes with the confirmation.
                if let Some(name) = ObjectName::from_path(&deletion.object.name) {
                    self.archive().delete(&name).await.map_err(&failed)?;
                }
            }
            self.ledger().confirm_deletions(of_return, self.now()).await.map_err(&failed)?;
        }
        Ok(())
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
