//! Contacts, and the outbox of reminders: written with what happened, tried until they have arrived or are given up.

use super::history::{self, Change};
use super::rows::{count, every, named, number, optional_parsed, optional_text, parsed, required_time, text, time};
use super::transaction::Work;
use crate::domain::identifier::{KeyId, ReminderId};
use crate::domain::organisation::Organisation;
use crate::domain::reminder::{Channel, ReminderKind};
use crate::store::collecting::{Contact, NewReminder, Reminder, ReminderEnd};
use crate::store::error::StoreError;
use crate::store::records::EventSubject;
use chrono::{DateTime, Utc};
use sqlx::sqlite::SqliteRow;
use sqlx::{Row, SqlitePool};
use std::collections::BTreeMap;

fn read_contact(row: &SqliteRow) -> Result<Contact, StoreError> {
    Ok(Contact { organisation: text(row, "organisation")?, address: text(row, "address")? })
}

pub(super) async fn contacts(readers: &SqlitePool) -> Result<Vec<Contact>, StoreError> {
    every(sqlx::query("SELECT * FROM contacts ORDER BY organisation, address"), readers, read_contact).await
}

pub(super) async fn add_contact(mut work: Work, contact: &Contact, at: DateTime<Utc>) -> Result<(), StoreError> {
    let query = sqlx::query(
        "INSERT INTO contacts (organisation, address, added, updated_by) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING",
    );
    let query = query.bind(&contact.organisation).bind(&contact.address).bind(time(at)).bind(work.name());
    if query.execute(work.on()?).await?.rows_affected() > 0 {
        said(&mut work, contact, at, "a contact").await?;
    }
    work.commit().await
}

/// The address itself stands in no event.
async fn said(work: &mut Work, contact: &Contact, at: DateTime<Utc>, note: &str) -> Result<(), StoreError> {
    let subject = EventSubject::Organisation(contact.organisation.clone().into());
    history::add(work, subject, at, Change { note: Some(note), ..Change::default() }).await
}

pub(super) async fn remove_contact(mut work: Work, contact: &Contact, at: DateTime<Utc>) -> Result<bool, StoreError> {
    let query = sqlx::query("DELETE FROM contacts WHERE organisation = ? AND address = ?");
    let query = query.bind(&contact.organisation).bind(&contact.address);
    let removed = query.execute(work.on()?).await?.rows_affected() > 0;
    if removed {
        said(&mut work, contact, at, "a contact").await?;
    }
    work.commit().await?;
    Ok(removed)
}

/// Removes every address of an organisation, gives up what still waits to be sent to it, and says how many addresses there were.
pub(super) async fn forget_organisation(
    work: &mut Work,
    organisation: &Organisation,
    at: DateTime<Utc>,
    by: Option<KeyId>,
) -> Result<u64, StoreError> {
    let query = sqlx::query("DELETE FROM contacts WHERE organisation = ?").bind(organisation.id());
    let contacts = query.execute(work.on()?).await?.rows_affected();
    let query = sqlx::query(
        "UPDATE reminders SET given_up = ?, recipient = NULL, updated_by = ? \
         WHERE organisation = ? AND delivered IS NULL AND given_up IS NULL",
    );
    let query = query.bind(time(at)).bind(work.name()).bind(organisation.id());
    let unsent = query.execute(work.on()?).await?.rows_affected();
    if contacts + unsent > 0 {
        let note = format!("{contacts} contacts removed, {unsent} reminders not sent");
        let change = Change { by, note: Some(&note), ..Change::default() };
        history::add(work, EventSubject::Organisation(organisation.clone()), at, change).await?;
    }
    Ok(contacts)
}

/// Writes the reminders that are not there, and says how many were new, with one event for each collection and kind.
pub(super) async fn insert(work: &mut Work, reminders: &[NewReminder], at: DateTime<Utc>) -> Result<u64, StoreError> {
    let mut new: BTreeMap<(&str, ReminderKind, Channel), u64> = BTreeMap::new();
    for one in reminders {
        let query = sqlx::query(
            "INSERT INTO reminders (id, kind, occasion, collection, authority, organisation, channel, recipient, \
             recipient_digest, deadline, days, return_id, planned, attempts, next_attempt, updated_by) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, 0, ?13, ?14) ON CONFLICT DO NOTHING",
        );
        let query = query
            .bind(ReminderId::new(at).to_string())
            .bind(one.kind.name())
            .bind(&one.occasion)
            .bind(&one.collection)
            .bind(&one.authority)
            .bind(&one.organisation)
            .bind(one.channel.name())
            .bind(&one.recipient)
            .bind(one.recipient_digest().to_string())
            .bind(one.deadline.map(|day| day.to_string()))
            .bind(one.days.map(i64::from))
            .bind(one.return_id.map(|id| id.to_string()))
            .bind(time(at))
            .bind(work.name());
        let written = query.execute(work.on()?).await?.rows_affected();
        if written > 0 {
            *new.entry((&one.collection, one.kind, one.channel)).or_default() += written;
        }
    }
    for ((collection, kind, channel), count) in &new {
        let note = format!("{count} reminders of kind {kind} by {channel}");
        let change = Change { to: Some("planned"), note: Some(&note), ..Change::default() };
        history::add(work, EventSubject::Collection((*collection).to_owned()), at, change).await?;
    }
    Ok(new.values().sum())
}

pub(super) async fn plan(mut work: Work, reminders: &[NewReminder], at: DateTime<Utc>) -> Result<u64, StoreError> {
    let new = insert(&mut work, reminders, at).await?;
    work.commit().await?;
    Ok(new)
}

fn read(row: &SqliteRow) -> Result<Reminder, StoreError> {
    let days: Option<i64> = row.try_get("days")?;
    Ok(Reminder {
        id: parsed(row, "id")?,
        what: NewReminder {
            kind: named(row, "kind", ReminderKind::from_name)?,
            occasion: text(row, "occasion")?,
            collection: text(row, "collection")?,
            authority: text(row, "authority")?,
            organisation: text(row, "organisation")?,
            channel: named(row, "channel", Channel::from_name)?,
            recipient: optional_text(row, "recipient")?,
            deadline: optional_parsed(row, "deadline")?,
            days: days.and_then(|days| u32::try_from(days).ok()),
            return_id: optional_parsed(row, "return_id")?,
        },
        planned: required_time(row, "planned")?,
        attempts: count(row, "attempts")?,
    })
}

pub(super) async fn due(
    readers: &SqlitePool,
    channel: Channel,
    at: DateTime<Utc>,
    most: u64,
) -> Result<Vec<Reminder>, StoreError> {
    let query = sqlx::query(
        "SELECT * FROM reminders WHERE channel = ? AND next_attempt <= ? AND delivered IS NULL AND given_up IS NULL \
         ORDER BY next_attempt, id LIMIT ?",
    );
    every(query.bind(channel.name()).bind(time(at)).bind(number(most)), readers, read).await
}

/// Takes a reminder for one attempt; false where somebody else took it, or it ended.
pub(super) async fn attempt(mut work: Work, reminder: &Reminder, next: DateTime<Utc>) -> Result<bool, StoreError> {
    let query = sqlx::query(
        "UPDATE reminders SET attempts = attempts + 1, next_attempt = ?, updated_by = ? \
         WHERE id = ? AND attempts = ? AND delivered IS NULL AND given_up IS NULL",
    );
    let query = query.bind(time(next)).bind(work.name()).bind(reminder.id.to_string()).bind(number(reminder.attempts));
    let taken = query.execute(work.on()?).await?.rows_affected() > 0;
    work.commit().await?;
    Ok(taken)
}

/// Ends a reminder and forgets the address it went to. What is given up stands in the history.
pub(super) async fn end(
    mut work: Work,
    reminder: &Reminder,
    end: ReminderEnd,
    at: DateTime<Utc>,
) -> Result<(), StoreError> {
    let update = match end {
        ReminderEnd::Delivered => {
            "UPDATE reminders SET delivered = ?, recipient = NULL, updated_by = ? \
             WHERE id = ? AND delivered IS NULL AND given_up IS NULL"
        }
        ReminderEnd::GivenUp => {
            "UPDATE reminders SET given_up = ?, recipient = NULL, updated_by = ? \
             WHERE id = ? AND delivered IS NULL AND given_up IS NULL"
        }
    };
    let query = sqlx::query(update).bind(time(at)).bind(work.name()).bind(reminder.id.to_string());
    let ended = query.execute(work.on()?).await?.rows_affected() > 0;
    if ended && end == ReminderEnd::GivenUp {
        let what = &reminder.what;
        let (kind, authority, channel, attempts) = (what.kind, &what.authority, what.channel, reminder.attempts + 1);
        let note = format!("reminder {kind} about authority {authority} by {channel}, after {attempts} attempts");
        let change = Change { from: Some("planned"), to: Some("given-up"), note: Some(&note), ..Change::default() };
        history::add(&mut work, EventSubject::Collection(what.collection.clone()), at, change).await?;
    }
    work.commit().await
}

pub(super) async fn waiting(readers: &SqlitePool) -> Result<BTreeMap<Channel, u64>, StoreError> {
    let query = sqlx::query(
        "SELECT channel, count(*) AS waiting FROM reminders WHERE delivered IS NULL AND given_up IS NULL GROUP BY channel",
    );
    let read = |row: &SqliteRow| Ok((named(row, "channel", Channel::from_name)?, count(row, "waiting")?));
    Ok(every(query, readers, read).await?.into_iter().collect())
}

/// The addresses that were entered, and those of people who send, sign or collect returns.
pub(super) async fn addresses(readers: &SqlitePool) -> Result<Vec<Contact>, StoreError> {
    let query = sqlx::query(
        "SELECT organisation, address FROM contacts \
         UNION SELECT organisation, email FROM people WHERE disabled IS NULL AND email IS NOT NULL AND EXISTS \
         (SELECT 1 FROM json_each(people.roles) WHERE value IN ('submitter', 'signatory', 'collector')) \
         ORDER BY organisation, address",
    );
    every(query, readers, read_contact).await
}
