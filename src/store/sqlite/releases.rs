//! Releases in the ledger.

use super::history::{self, Change};
use super::rows::{every, json, named, optional_parsed, optional_time, parsed, required_time, text, time, to_json};
use super::transaction::Work;
use crate::domain::identifier::{KeyId, ReleaseId};
use crate::store::error::StoreError;
use crate::store::records::{EventSubject, ReleaseRecord, ReleaseState};
use chrono::{DateTime, Utc};
use sqlx::sqlite::SqliteRow;
use sqlx::{SqliteConnection, SqlitePool};

fn read(row: &SqliteRow) -> Result<ReleaseRecord, StoreError> {
    let state =
        |name: &str| [ReleaseState::Draft, ReleaseState::Published].into_iter().find(|state| state.name() == name);
    Ok(ReleaseRecord {
        id: parsed(row, "id")?,
        collection: text(row, "collection")?,
        state: named(row, "state", state)?,
        manifest: text(row, "manifest")?,
        files: json(row, "files")?,
        built: required_time(row, "built")?,
        built_by: parsed(row, "built_by")?,
        published: optional_time(row, "published")?,
        published_by: optional_parsed(row, "published_by")?,
    })
}

pub(super) async fn add(mut work: Work, release: &ReleaseRecord) -> Result<(), StoreError> {
    let state = ReleaseState::Draft;
    sqlx::query(
        "INSERT INTO releases (id, collection, manifest, files, built, built_by, state, updated_by) \
         VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
    )
    .bind(release.id.to_string())
    .bind(&release.collection)
    .bind(&release.manifest)
    .bind(to_json(&release.files)?)
    .bind(time(release.built))
    .bind(release.built_by.to_string())
    .bind(state.name())
    .bind(work.name())
    .execute(work.on()?)
    .await?;
    let change = Change { to: Some(state.name()), by: Some(release.built_by), ..Change::default() };
    history::add(&mut work, EventSubject::Release(release.id), release.built, change).await?;
    work.commit().await
}

pub(super) async fn publish(
    mut work: Work,
    id: ReleaseId,
    at: DateTime<Utc>,
    by: KeyId,
) -> Result<ReleaseRecord, StoreError> {
    let found = within(work.on()?, id).await?;
    let (from, to) = (ReleaseState::Draft, ReleaseState::Published);
    if found.state != from {
        return Err(StoreError::ReleaseMoved { id, expected: from, found: found.state });
    }
    let query =
        sqlx::query("UPDATE releases SET state = ?, published = ?, published_by = ?, updated_by = ? WHERE id = ?");
    let query = query.bind(to.name()).bind(time(at)).bind(by.to_string()).bind(work.name()).bind(id.to_string());
    query.execute(work.on()?).await?;
    let change = Change { from: Some(from.name()), to: Some(to.name()), by: Some(by), note: None };
    history::add(&mut work, EventSubject::Release(id), at, change).await?;
    let record = within(work.on()?, id).await?;
    work.commit().await?;
    Ok(record)
}

async fn within(connection: &mut SqliteConnection, id: ReleaseId) -> Result<ReleaseRecord, StoreError> {
    let query = sqlx::query("SELECT * FROM releases WHERE id = ?").bind(id.to_string());
    let row = query.fetch_optional(connection).await?;
    row.as_ref().map_or_else(|| Err(StoreError::NotFound { what: format!("the release {id}") }), read)
}

pub(super) async fn by_id(readers: &SqlitePool, id: ReleaseId) -> Result<Option<ReleaseRecord>, StoreError> {
    let query = sqlx::query("SELECT * FROM releases WHERE id = ?").bind(id.to_string());
    query.fetch_optional(readers).await?.as_ref().map(read).transpose()
}

pub(super) async fn all(readers: &SqlitePool) -> Result<Vec<ReleaseRecord>, StoreError> {
    every(sqlx::query("SELECT * FROM releases ORDER BY built, id"), readers, read).await
}
