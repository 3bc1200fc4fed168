//! What can be proved afterwards: receipts of decisions, the keys they are verified with, checkpoints of the history, and who
//! read what.

use super::Service;
use super::authorise::Account;
use super::error::FlowError;
use crate::domain::evidence::KeySet;
use crate::domain::identifier::ReturnId;
use crate::domain::state::ReturnState;
use crate::store::{Access, SignedReceipt};
use std::future::Future;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

impl Service {
    /// The receipt of a decision on a return: of the one that is named, or of the last. While nothing is decided, and where
    /// it was decided before receipts were signed, there is none.
    pub async fn signed_receipt(
        &self,
        account: &Account,
        id: ReturnId,
        decision: Option<ReturnState>,
    ) -> Result<SignedReceipt, FlowError> {
        self.readable(account, id).await?;
        let receipts = self.ledger().signed_receipts(id).await.map_err(FlowError::store("read the receipts"))?;
        let wanted = receipts.into_iter().rev().find(|one| decision.is_none_or(|decision| one.decision == decision));
        wanted.ok_or(FlowError::NotFound)
    }

    /// The public keys of this service, those of earlier times included. Everybody may have them.
    pub async fn receipt_keys(&self) -> Result<KeySet, FlowError> {
        self.ledger().signing_keys().await.map_err(FlowError::store("read the keys"))
    }

    /// Writes a checkpoint of the history if something happened since the last, and adds it to the file.
    pub async fn write_checkpoint(&self, file: Option<&Path>) -> Result<bool, FlowError> {
        let written = self.ledger().write_checkpoint(self.now()).await;
        let Some(envelope) = written.map_err(FlowError::store("write a checkpoint"))? else { return Ok(false) };
        if let Some(file) = file {
            add_line(file, &envelope).map_err(|error| FlowError::internal("keep the checkpoint elsewhere", error))?;
        }
        Ok(true)
    }

    /// Writes a checkpoint again and again until `stop` is ready, and one more then.
    pub async fn keep_checkpointing(&self, every: Duration, file: Option<PathBuf>, stop: impl Future<Output = ()>) {
        let mut stop = std::pin::pin!(stop);
        loop {
            let stopped = tokio::time::timeout(every, &mut stop).await.is_ok();
            if let Err(error) = self.write_checkpoint(file.as_deref()).await {
                tracing::error!(%error, cause = error.cause(), "a checkpoint of the history could not be written");
            }
            if stopped {
                return;
            }
        }
    }

    /// Writes down that somebody reads something of a return or a collection. Where that fails, the log says who read what,
    /// and an authority still gets its findings.
    pub(super) async fn note_reading(&self, account: &Account, what: &str, subject: &str, subject_id: &str) {
        let access = Access {
            at: self.now(),
            by: account.key,
            what: what.to_owned(),
            subject: subject.to_owned(),
            subject_id: subject_id.to_owned(),
        };
        if let Err(error) = self.ledger().note_access(&access).await {
            tracing::error!(%error, key = %account.key, what, subject, subject_id, "an access could not be written down");
        }
    }
}

/// Adds a line to a file and makes it durable.
fn add_line(file: &Path, line: &str) -> std::io::Result<()> {
    let mut file = std::fs::OpenOptions::new().append(true).create(true).open(file)?;
    file.write_all(format!("{line}\n").as_bytes())?;
    file.sync_all()
}
