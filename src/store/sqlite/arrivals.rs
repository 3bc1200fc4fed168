//! Uploads on their way into the archive, before the ledger receives them.

use super::rows::{every, parsed, time};
use super::transaction::Work;
use crate::domain::identifier::ReturnId;
use crate::store::error::StoreError;
use chrono::{DateTime, Utc};
use sqlx::SqlitePool;
use std::collections::BTreeSet;

pub(super) async fn announce(mut work: Work, id: ReturnId, at: DateTime<Utc>) -> Result<(), StoreError> {
    let query = sqlx::query("INSERT INTO arrivals (return_id, since, updated_by) VALUES (?, ?, ?)");
    query.bind(id.to_string()).bind(time(at)).bind(work.name()).execute(work.on()?).await?;
    work.commit().await
}

/// Within the transaction that receives the upload.
pub(super) async fn arrived(work: &mut Work, id: ReturnId) -> Result<(), StoreError> {
    sqlx::query("DELETE FROM arrivals WHERE return_id = ?").bind(id.to_string()).execute(work.on()?).await?;
    Ok(())
}

pub(super) async fn forget(mut work: Work, id: ReturnId) -> Result<(), StoreError> {
    arrived(&mut work, id).await?;
    work.commit().await
}

pub(super) async fn all(readers: &SqlitePool) -> Result<BTreeSet<ReturnId>, StoreError> {
    let query = sqlx::query("SELECT return_id FROM arrivals");
    Ok(every(query, readers, |row| parsed(row, "return_id")).await?.into_iter().collect())
}
