//! Releases in the ledger, and their moves, each on the condition that nothing happened meanwhile that it must know of.

use super::confirmations::actor;
use super::history::{self, Change};
use super::rows::{
    every, json, named, optional_parsed, optional_text, optional_time, parsed, required_time, text, time, to_json,
};
use super::transaction::Work;
use crate::domain::digest::Digest;
use crate::domain::identifier::{KeyId, ReleaseId};
use crate::domain::release::{ReleaseKind, ReleaseMove, ReleaseState};
use crate::store::error::StoreError;
use crate::store::records::{EventSubject, ReleaseAction, ReleaseRecord, ReleaseStep};
use sqlx::sqlite::SqliteRow;
use sqlx::{SqliteConnection, SqlitePool};

fn read(row: &SqliteRow) -> Result<ReleaseRecord, StoreError> {
    let manifest = text(row, "manifest")?;
    let digest = optional_parsed(row, "digest")?.unwrap_or_else(|| Digest::of(manifest.as_bytes()));
    Ok(ReleaseRecord {
        id: parsed(row, "id")?,
        collection: text(row, "collection")?,
        family: text(row, "family")?,
        state: named(row, "state", ReleaseState::from_name)?,
        kind: named(row, "kind", ReleaseKind::from_name)?,
        label: text(row, "label")?,
        revises: optional_parsed(row, "revises")?,
        follows: optional_parsed(row, "follows")?,
        reason: optional_text(row, "reason")?,
        manifest,
        digest,
        files: json(row, "files")?,
        versions: json(row, "versions")?,
        built: required_time(row, "built")?,
        built_by: parsed(row, "built_by")?,
        approved: optional_time(row, "approved")?,
        approved_by: optional_parsed(row, "approved_by")?,
        publish_at: optional_time(row, "publish_at")?,
        scheduled_by: optional_parsed(row, "scheduled_by")?,
        published: optional_time(row, "published")?,
        published_by: optional_parsed(row, "published_by")?,
        discarded: optional_time(row, "discarded")?,
        discarded_by: optional_parsed(row, "discarded_by")?,
        discard_reason: optional_text(row, "discard_reason")?,
    })
}

pub(super) async fn add(mut work: Work, release: &ReleaseRecord) -> Result<(), StoreError> {
    let state = ReleaseState::Draft;
    sqlx::query(
        "INSERT INTO releases (id, collection, family, kind, label, revises, follows, reason, manifest, digest, files, \
         versions, built, built_by, state, updated_by) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    )
    .bind(release.id.to_string())
    .bind(&release.collection)
    .bind(&release.family)
    .bind(release.kind.name())
    .bind(&release.label)
    .bind(release.revises.map(|id| id.to_string()))
    .bind(release.follows.map(|id| id.to_string()))
    .bind(&release.reason)
    .bind(&release.manifest)
    .bind(release.digest.to_string())
    .bind(to_json(&release.files)?)
    .bind(to_json(&release.versions)?)
    .bind(time(release.built))
    .bind(release.built_by.to_string())
    .bind(state.name())
    .bind(work.name())
    .execute(work.on()?)
    .await?;
    let note = release.reason.as_deref();
    let change = Change { to: Some(state.name()), by: Some(release.built_by), note, ..Change::default() };
    history::add(&mut work, EventSubject::Release(release.id), release.built, change).await?;
    work.commit().await
}

/// The transaction's name.
pub(super) const fn name(step: ReleaseMove) -> &'static str {
    match step {
        ReleaseMove::Approve => "approve release",
        ReleaseMove::Schedule => "schedule release",
        ReleaseMove::Publish => "publish release",
        ReleaseMove::Discard => "discard release",
    }
}

pub(super) async fn advance(mut work: Work, step: &ReleaseStep) -> Result<ReleaseRecord, StoreError> {
    let found = within(work.on()?, step.id).await?;
    let by = step.action.step();
    let moved = StoreError::ReleaseMoved { id: step.id, step: by, found: found.state };
    let to = found.state.after(by).ok_or(moved)?;
    if by == ReleaseMove::Approve {
        is_approved_by_another(&mut work, &found, step.by).await?;
    }
    if by != ReleaseMove::Discard {
        follows_the_latest(&mut work, &found).await?;
    }
    if matches!(by, ReleaseMove::Schedule | ReleaseMove::Publish) {
        is_alone_in_waiting(&mut work, &found).await?;
    }
    let update = match by {
        ReleaseMove::Approve => {
            "UPDATE releases SET state = ?1, updated_by = ?2, approved = ?3, approved_by = ?4 WHERE id = ?6"
        }
        ReleaseMove::Schedule => {
            "UPDATE releases SET state = ?1, updated_by = ?2, scheduled_by = ?4, publish_at = ?5 WHERE id = ?6"
        }
        ReleaseMove::Publish => {
            "UPDATE releases SET state = ?1, updated_by = ?2, published = ?3, published_by = ?4 WHERE id = ?6"
        }
        ReleaseMove::Discard => {
            "UPDATE releases SET state = ?1, updated_by = ?2, discarded = ?3, discarded_by = ?4, discard_reason = ?5 \
             WHERE id = ?6"
        }
    };
    let query = sqlx::query(update)
        .bind(to.name())
        .bind(work.name())
        .bind(time(step.at))
        .bind(step.by.map(|key| key.to_string()));
    let (query, note) = match &step.action {
        ReleaseAction::Schedule { publish_at } => (query.bind(time(*publish_at)), Some(publish_at.to_rfc3339())),
        ReleaseAction::Discard { reason } => (query.bind(reason), Some(reason.clone())),
        ReleaseAction::Approve | ReleaseAction::Publish => (query.bind(None::<i64>), None),
    };
    query.bind(step.id.to_string()).execute(work.on()?).await?;
    let (from, to, note) = (Some(found.state.name()), Some(to.name()), note.as_deref());
    let change = Change { from, to, by: step.by, note };
    history::add(&mut work, EventSubject::Release(step.id), step.at, change).await?;
    let record = within(work.on()?, step.id).await?;
    work.commit().await?;
    Ok(record)
}

/// Whoever approves is another than whoever built.
async fn is_approved_by_another(work: &mut Work, release: &ReleaseRecord, by: Option<KeyId>) -> Result<(), StoreError> {
    let Some(by) = by else { return Ok(()) };
    let (one, other) = (actor(work, by).await?, actor(work, release.built_by).await?);
    if one.is_another_than(&other) { Ok(()) } else { Err(StoreError::ApprovedByBuilder) }
}

/// The latest published release of the family is still the one that this was built after.
async fn follows_the_latest(work: &mut Work, release: &ReleaseRecord) -> Result<(), StoreError> {
    let query = sqlx::query(
        "SELECT id FROM releases WHERE family = ? AND state = 'published' ORDER BY published DESC, id DESC LIMIT 1",
    );
    let row = query.bind(&release.family).fetch_optional(work.on()?).await?;
    match row.as_ref().map(|row| parsed::<ReleaseId>(row, "id")).transpose()? {
        Some(latest) if release.follows != Some(latest) => Err(StoreError::ReleaseOvertaken { latest }),
        _ => Ok(()),
    }
}

async fn is_alone_in_waiting(work: &mut Work, release: &ReleaseRecord) -> Result<(), StoreError> {
    let query = sqlx::query("SELECT * FROM releases WHERE family = ? AND state = 'scheduled' AND id <> ?");
    let row = query.bind(&release.family).bind(release.id.to_string()).fetch_optional(work.on()?).await?;
    match row {
        Some(row) => {
            Err(StoreError::AnotherScheduled { scheduled: parsed(&row, "id")?, at: required_time(&row, "publish_at")? })
        }
        None => Ok(()),
    }
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
