//! A named transaction on the one connection that writes.

use crate::domain::evidence::Signer;
use crate::store::error::StoreError;
use crate::store::observer::{TransactionEnd, TransactionObserver};
use sqlx::{Sqlite, SqliteConnection, SqlitePool, Transaction};
use std::fmt;
use std::sync::Arc;
use tokio::time::Instant;

/// One transaction. Its name goes to the metrics, into the history, and into `updated_by` of the rows it writes.
/// Dropped without [`Work::commit`], it leaves nothing behind.
pub(super) struct Work {
    name: &'static str,
    transaction: Option<Transaction<'static, Sqlite>>,
    observer: Arc<dyn TransactionObserver>,
    signer: Option<Arc<Signer>>,
    started: Instant,
}

impl fmt::Debug for Work {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "Work({})", self.name)
    }
}

impl Work {
    /// Waits for the writing connection and begins. `IMMEDIATE` takes the write lock at once, so that what the
    /// transaction reads cannot be overtaken before it writes.
    pub(super) async fn begin(
        writer: &SqlitePool,
        observer: &Arc<dyn TransactionObserver>,
        signer: Option<&Arc<Signer>>,
        name: &'static str,
    ) -> Result<Self, StoreError> {
        let started = Instant::now();
        let transaction = writer.begin_with("BEGIN IMMEDIATE").await?;
        Ok(Self {
            name,
            transaction: Some(transaction),
            observer: Arc::clone(observer),
            signer: signer.cloned(),
            started,
        })
    }

    pub(super) const fn name(&self) -> &'static str {
        self.name
    }

    /// Who signs the receipts of what is decided.
    pub(super) fn signer(&self) -> Result<Arc<Signer>, StoreError> {
        self.signer.clone().ok_or(StoreError::NoSigningKey)
    }

    /// The connection, within the transaction.
    pub(super) fn on(&mut self) -> Result<&mut SqliteConnection, StoreError> {
        self.transaction.as_deref_mut().ok_or_else(|| StoreError::damaged("a transaction", "it was used after its end"))
    }

    pub(super) async fn commit(mut self) -> Result<(), StoreError> {
        if let Some(transaction) = self.transaction.take() {
            let done = transaction.commit().await;
            let end = if done.is_ok() { TransactionEnd::Committed } else { TransactionEnd::RolledBack };
            self.observer.ended(self.name, end, self.started.elapsed());
            done?;
        }
        Ok(())
    }
}

impl Drop for Work {
    fn drop(&mut self) {
        if self.transaction.is_some() {
            self.observer.ended(self.name, TransactionEnd::RolledBack, self.started.elapsed());
        }
    }
}
