//! The history: one event for every change of state, only ever added.

use super::rows::{count, every, optional_parsed, optional_text, required_time, text, time};
use super::transaction::Work;
use crate::domain::identifier::KeyId;
use crate::store::error::StoreError;
use crate::store::records::{Event, EventSubject};
use chrono::{DateTime, Utc};
use sqlx::SqlitePool;
use sqlx::sqlite::SqliteRow;

/// What changed, and by whom.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Change<'a> {
    pub(super) from: Option<&'a str>,
    pub(super) to: Option<&'a str>,
    pub(super) by: Option<KeyId>,
    pub(super) note: Option<&'a str>,
}

fn columns(subject: &EventSubject) -> (&'static str, String) {
    match subject {
        EventSubject::Collection(name) => ("collection", name.clone()),
        EventSubject::Return(id) => ("return", id.to_string()),
        EventSubject::Release(id) => ("release", id.to_string()),
        EventSubject::Key(id) => ("key", id.to_string()),
        EventSubject::Person(id) => ("person", id.to_string()),
        EventSubject::Organisation(organisation) => ("organisation", organisation.id().to_owned()),
    }
}

/// Adds an event that is named after its transaction.
pub(super) async fn add(
    work: &mut Work,
    subject: EventSubject,
    at: DateTime<Utc>,
    change: Change<'_>,
) -> Result<(), StoreError> {
    let (kind, id) = columns(&subject);
    sqlx::query(
        "INSERT INTO events (at, what, subject, subject_id, state_from, state_to, done_by, note) \
         VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
    )
    .bind(time(at))
    .bind(work.name())
    .bind(kind)
    .bind(id)
    .bind(change.from)
    .bind(change.to)
    .bind(change.by.map(|key| key.to_string()))
    .bind(change.note)
    .execute(work.on()?)
    .await?;
    Ok(())
}

pub(super) async fn of(readers: &SqlitePool, subject: EventSubject) -> Result<Vec<Event>, StoreError> {
    let (kind, id) = columns(&subject);
    let query = sqlx::query("SELECT * FROM events WHERE subject = ? AND subject_id = ? ORDER BY sequence");
    every(query.bind(kind).bind(id), readers, |row| read(row, subject.clone())).await
}

fn read(row: &SqliteRow, subject: EventSubject) -> Result<Event, StoreError> {
    Ok(Event {
        sequence: count(row, "sequence")?,
        at: required_time(row, "at")?,
        what: text(row, "what")?,
        subject,
        from: optional_text(row, "state_from")?,
        to: optional_text(row, "state_to")?,
        by: optional_parsed(row, "done_by")?,
        note: optional_text(row, "note")?,
    })
}
