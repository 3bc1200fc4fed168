//! The keys of the API in the ledger.

use super::history::{self, Change};
use super::rows::{every, named, optional_text, optional_time, parsed, required_time, text, time};
use super::transaction::Work;
use crate::domain::account::Role;
use crate::domain::digest::Digest;
use crate::domain::identifier::KeyId;
use crate::store::error::StoreError;
use crate::store::records::{EventSubject, KeyRecord};
use chrono::{DateTime, Utc};
use sqlx::SqlitePool;
use sqlx::sqlite::SqliteRow;

fn read(row: &SqliteRow) -> Result<KeyRecord, StoreError> {
    Ok(KeyRecord {
        id: parsed(row, "id")?,
        prefix: text(row, "prefix")?,
        secret: parsed(row, "secret")?,
        role: named(row, "role", Role::from_name)?,
        authority: optional_text(row, "authority")?,
        label: text(row, "label")?,
        created: required_time(row, "created")?,
        expires: optional_time(row, "expires")?,
        revoked: optional_time(row, "revoked")?,
        last_used: optional_time(row, "last_used")?,
    })
}

pub(super) async fn add(mut work: Work, key: &KeyRecord) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO keys (id, prefix, secret, role, authority, label, created, expires, updated_by) \
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
    )
    .bind(key.id.to_string())
    .bind(&key.prefix)
    .bind(key.secret.to_string())
    .bind(key.role.name())
    .bind(&key.authority)
    .bind(&key.label)
    .bind(time(key.created))
    .bind(key.expires.map(time))
    .bind(work.name())
    .execute(work.on()?)
    .await?;
    history::add(
        &mut work,
        EventSubject::Key(key.id),
        key.created,
        Change { from: None, to: Some("in use"), by: None, note: None },
    )
    .await?;
    work.commit().await
}

pub(super) async fn by_secret(readers: &SqlitePool, secret: &Digest) -> Result<Option<KeyRecord>, StoreError> {
    let query = sqlx::query("SELECT * FROM keys WHERE secret = ?").bind(secret.to_string());
    query.fetch_optional(readers).await?.as_ref().map(read).transpose()
}

pub(super) async fn all(readers: &SqlitePool) -> Result<Vec<KeyRecord>, StoreError> {
    every(sqlx::query("SELECT * FROM keys ORDER BY created, id"), readers, read).await
}

pub(super) async fn revoke(mut work: Work, id: KeyId, at: DateTime<Utc>) -> Result<(), StoreError> {
    let query = sqlx::query("UPDATE keys SET revoked = ?, updated_by = ? WHERE id = ? AND revoked IS NULL");
    let query = query.bind(time(at)).bind(work.name()).bind(id.to_string());
    if query.execute(work.on()?).await?.rows_affected() == 0 {
        let known = sqlx::query("SELECT 1 FROM keys WHERE id = ?").bind(id.to_string());
        return match known.fetch_optional(work.on()?).await? {
            Some(_) => Ok(()),
            None => Err(StoreError::NotFound { what: format!("the key {id}") }),
        };
    }
    history::add(
        &mut work,
        EventSubject::Key(id),
        at,
        Change { from: Some("in use"), to: Some("revoked"), by: None, note: None },
    )
    .await?;
    work.commit().await
}

pub(super) async fn note_use(mut work: Work, id: KeyId, at: DateTime<Utc>) -> Result<(), StoreError> {
    let query = sqlx::query("UPDATE keys SET last_used = ?, updated_by = ? WHERE id = ?");
    query.bind(time(at)).bind(work.name()).bind(id.to_string()).execute(work.on()?).await?;
    work.commit().await
}
