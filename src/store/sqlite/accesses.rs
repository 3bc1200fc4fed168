//! Who read what: added, never changed, and removed when their time is over.

use super::rows::{every, paged, parsed, required_time, selected, text, time};
use super::transaction::Work;
use crate::store::error::StoreError;
use crate::store::records::{Access, Page};
use chrono::{DateTime, Utc};
use sqlx::SqlitePool;

pub(super) async fn note(mut work: Work, access: &Access) -> Result<(), StoreError> {
    let query = sqlx::query("INSERT INTO accesses (at, key_id, what, subject, subject_id) VALUES (?, ?, ?, ?, ?)");
    query
        .bind(time(access.at))
        .bind(access.by.to_string())
        .bind(&access.what)
        .bind(&access.subject)
        .bind(&access.subject_id)
        .execute(work.on()?)
        .await?;
    work.commit().await
}

/// Accesses in their order; to one thing, or to everything.
pub(super) async fn list(
    readers: &SqlitePool,
    subject_id: Option<&str>,
    page: Page,
) -> Result<Vec<Access>, StoreError> {
    let mut query = selected("*", "accesses", [("subject_id", subject_id.map(str::to_owned))]);
    query.push(" ORDER BY sequence");
    every(paged(&mut query, page).build(), readers, |row| {
        Ok(Access {
            at: required_time(row, "at")?,
            by: parsed(row, "key_id")?,
            what: text(row, "what")?,
            subject: text(row, "subject")?,
            subject_id: text(row, "subject_id")?,
        })
    })
    .await
}

/// Removes accesses before a time, and says how many.
pub(super) async fn forget(mut work: Work, before: DateTime<Utc>) -> Result<u64, StoreError> {
    let query = sqlx::query("UPDATE accesses_kept SET since = ?, updated_by = ?");
    query.bind(time(before)).bind(work.name()).execute(work.on()?).await?;
    let query = sqlx::query("DELETE FROM accesses WHERE at < ?").bind(time(before));
    let removed = query.execute(work.on()?).await?.rows_affected();
    work.commit().await?;
    Ok(removed)
}
