//! The history: one event for every change of state, only ever added, each chained to the one before by its digest.
//!
//! An event of a decision on a return brings its receipt with it, in the same transaction.

use super::receipts;
use super::rows::{count, every, optional_parsed, optional_text, parsed, required_time, text, time};
use super::transaction::Work;
use crate::domain::digest::Digest;
use crate::domain::evidence::{BEGINNING, ChainedEvent};
use crate::domain::identifier::KeyId;
use crate::store::error::StoreError;
use crate::store::records::{Event, EventSubject};
use chrono::{DateTime, Utc};
use sqlx::sqlite::SqliteRow;
use sqlx::{Connection as _, Row as _, SqliteConnection, SqlitePool};

/// What changed, and by whom.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Change<'a> {
    pub(super) from: Option<&'a str>,
    pub(super) to: Option<&'a str>,
    pub(super) by: Option<KeyId>,
    pub(super) note: Option<&'a str>,
}

/// Every column of `events` but the words of the note and the digest itself: what is digested.
#[cfg(test)]
const CHAINED: [&str; 10] =
    ["at", "done_by", "note_digest", "previous", "sequence", "state_from", "state_to", "subject", "subject_id", "what"];

fn columns(subject: &EventSubject) -> (&'static str, String) {
    match subject {
        EventSubject::Collection(name) => ("collection", name.clone()),
        EventSubject::Return(id) => ("return", id.to_string()),
        EventSubject::Release(id) => ("release", id.to_string()),
        EventSubject::Key(id) => ("key", id.to_string()),
        EventSubject::Person(id) => ("person", id.to_string()),
        EventSubject::Organisation(organisation) => ("organisation", organisation.id().to_owned()),
        EventSubject::SigningKey(id) => ("signing key", id.to_string()),
        EventSubject::Certificate(id) => ("certificate", id.to_string()),
    }
}

/// Adds an event that is named after its transaction.
pub(super) async fn add(
    work: &mut Work,
    subject: EventSubject,
    at: DateTime<Utc>,
    change: Change<'_>,
) -> Result<(), StoreError> {
    add_numbered(work, subject, at, change).await.map(|_| ())
}

/// The same, and gives the number of the event.
pub(super) async fn add_numbered(
    work: &mut Work,
    subject: EventSubject,
    at: DateTime<Utc>,
    change: Change<'_>,
) -> Result<u64, StoreError> {
    let (kind, id) = columns(&subject);
    let last = last(work.on()?).await?;
    let event = ChainedEvent {
        at: time(at),
        done_by: change.by.map(|key| key.to_string()),
        note_digest: change.note.map(|note| Digest::of(note.as_bytes())),
        previous: last.map_or(BEGINNING, |(_, digest)| digest),
        sequence: last.map_or(0, |(sequence, _)| sequence) + 1,
        state_from: change.from.map(str::to_owned),
        state_to: change.to.map(str::to_owned),
        subject: kind.to_owned(),
        subject_id: id,
        what: work.name().to_owned(),
    };
    let query = sqlx::query(
        "INSERT INTO events (sequence, at, what, subject, subject_id, state_from, state_to, done_by, note, \
         note_digest, previous, digest) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    );
    query
        .bind(super::rows::number(event.sequence))
        .bind(event.at)
        .bind(&event.what)
        .bind(&event.subject)
        .bind(&event.subject_id)
        .bind(&event.state_from)
        .bind(&event.state_to)
        .bind(&event.done_by)
        .bind(change.note)
        .bind(event.note_digest.map(|digest| digest.to_string()))
        .bind(event.previous.to_string())
        .bind(event.digest().to_string())
        .execute(work.on()?)
        .await?;
    if let EventSubject::Return(id) = subject {
        receipts::issue(work, id, at, change.to, &event).await?;
    }
    Ok(event.sequence)
}

/// The number and the digest of the last event.
pub(super) async fn last(connection: &mut SqliteConnection) -> Result<Option<(u64, Digest)>, StoreError> {
    let query = sqlx::query("SELECT sequence, digest FROM events ORDER BY sequence DESC LIMIT 1");
    let row = query.fetch_optional(connection).await?;
    row.map(|row| Ok((count(&row, "sequence")?, parsed(&row, "digest")?))).transpose()
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

/// An event as it is digested, from its row.
pub(super) fn chained(row: &SqliteRow) -> Result<ChainedEvent, StoreError> {
    Ok(ChainedEvent {
        at: row.try_get("at")?,
        done_by: optional_text(row, "done_by")?,
        note_digest: optional_parsed(row, "note_digest")?,
        previous: parsed(row, "previous")?,
        sequence: count(row, "sequence")?,
        state_from: optional_text(row, "state_from")?,
        state_to: optional_text(row, "state_to")?,
        subject: text(row, "subject")?,
        subject_id: text(row, "subject_id")?,
        what: text(row, "what")?,
    })
}

/// Chains the events of a file of an earlier schema: once, in one transaction. Interrupted, the next opening does it.
pub(super) async fn chain_old_events(connection: &mut SqliteConnection) -> Result<(), StoreError> {
    let mut work = connection.begin_with("BEGIN IMMEDIATE").await?;
    let begun = "SELECT count(*) FROM event_chain";
    if sqlx::query_scalar::<_, i64>(begun).fetch_one(&mut *work).await? > 0 {
        return Ok(());
    }
    let numbers = "SELECT sequence FROM events ORDER BY sequence";
    let numbers: Vec<i64> = sqlx::query_scalar(numbers).fetch_all(&mut *work).await?;
    let mut previous = BEGINNING;
    for number in &numbers {
        let query = sqlx::query("SELECT * FROM events WHERE sequence = ?").bind(number);
        let row = query.fetch_one(&mut *work).await?;
        let note = optional_text(&row, "note")?;
        let event = ChainedEvent {
            at: row.try_get("at")?,
            done_by: optional_text(&row, "done_by")?,
            note_digest: note.map(|note| Digest::of(note.as_bytes())),
            previous,
            sequence: count(&row, "sequence")?,
            state_from: optional_text(&row, "state_from")?,
            state_to: optional_text(&row, "state_to")?,
            subject: text(&row, "subject")?,
            subject_id: text(&row, "subject_id")?,
            what: text(&row, "what")?,
        };
        let digest = event.digest();
        sqlx::query("UPDATE events SET note_digest = ?, previous = ?, digest = ? WHERE sequence = ?")
            .bind(event.note_digest.map(|digest| digest.to_string()))
            .bind(previous.to_string())
            .bind(digest.to_string())
            .bind(number)
            .execute(&mut *work)
            .await?;
        previous = digest;
    }
    let query = sqlx::query("INSERT INTO event_chain (one, begun) VALUES (1, ?)");
    query.bind(i64::try_from(numbers.len()).unwrap_or(i64::MAX)).execute(&mut *work).await?;
    work.commit().await?;
    Ok(())
}

#[cfg(test)]
mod tests;
