//! Decisions about collections, each on the condition that the collection is where its maker saw it.

use super::history::{self, Change};
use super::rows::{count, every, named, optional_parsed, optional_text, required_time, selected, text, time};
use super::transaction::Work;
use crate::domain::collecting::CollectionMove;
use crate::domain::course::{Course, Decided};
use crate::store::collecting::{CollectionDecision, NewDecision};
use crate::store::error::StoreError;
use crate::store::records::{EventSubject, ReturnRecord};
use chrono::{DateTime, Utc};
use sqlx::SqlitePool;
use sqlx::sqlite::SqliteRow;

/// The transaction's name.
pub(super) const fn name(step: CollectionMove) -> &'static str {
    match step {
        CollectionMove::Open => "open collection",
        CollectionMove::Extend => "extend deadline",
        CollectionMove::Close => "close collection",
        CollectionMove::Reopen => "reopen collection",
        // The calendar decides without the ledger; `decide` refuses it.
        CollectionMove::Begin => "move collection",
    }
}

fn read(row: &SqliteRow) -> Result<CollectionDecision, StoreError> {
    Ok(CollectionDecision {
        sequence: count(row, "sequence")?,
        collection: text(row, "collection")?,
        decided: Decided {
            step: named(row, "step", CollectionMove::from_name)?,
            authority: optional_text(row, "authority")?,
            last_day: optional_parsed(row, "last_day")?,
            at: required_time(row, "at")?,
        },
        reason: text(row, "reason")?,
        by: optional_parsed(row, "done_by")?,
    })
}

pub(super) async fn all(readers: &SqlitePool, collection: Option<&str>) -> Result<Vec<CollectionDecision>, StoreError> {
    let mut query = selected("*", "collection_decisions", [("collection", collection.map(str::to_owned))]);
    every(query.push(" ORDER BY sequence").build(), readers, read).await
}

async fn within(work: &mut Work, collection: &str) -> Result<Vec<CollectionDecision>, StoreError> {
    let query = sqlx::query("SELECT * FROM collection_decisions WHERE collection = ? ORDER BY sequence");
    query.bind(collection).fetch_all(work.on()?).await?.iter().map(read).collect()
}

pub(super) async fn decide(mut work: Work, new: &NewDecision) -> Result<CollectionDecision, StoreError> {
    let before = within(&mut work, &new.collection).await?.into_iter().map(|one| one.decided).collect();
    let course = Course { opens: new.opens, deadline: new.deadline, decided: before };
    let Decided { step, authority, last_day, at } = &new.decided;
    let from = course.state(*at);
    let moved = || StoreError::CollectionMoved { collection: new.collection.clone(), step: *step, found: from };
    let to = from.after(*step).filter(|_| !step.who().is_empty()).ok_or_else(moved)?;
    let deadline = course.deadline_of(authority.as_deref(), *at);
    if *step == CollectionMove::Extend && last_day.is_none_or(|day| day <= deadline) {
        return Err(StoreError::NotLater { deadline });
    }
    let query = sqlx::query(
        "INSERT INTO collection_decisions (collection, step, authority, last_day, reason, at, done_by) \
         VALUES (?, ?, ?, ?, ?, ?, ?) RETURNING *",
    );
    let query = query
        .bind(&new.collection)
        .bind(step.name())
        .bind(authority)
        .bind(last_day.map(|day| day.to_string()))
        .bind(&new.reason)
        .bind(time(*at))
        .bind(new.by.map(|key| key.to_string()));
    let decision = read(&query.fetch_one(work.on()?).await?)?;
    let parts = [
        authority.as_ref().map(|code| format!("authority {code}")),
        last_day.map(|day| format!("until {day}")),
        Some(new.reason.clone()),
    ];
    let note = parts.into_iter().flatten().collect::<Vec<_>>().join("; ");
    let change = Change { from: Some(from.name()), to: Some(to.name()), by: new.by, note: Some(&note) };
    history::add(&mut work, EventSubject::Collection(new.collection.clone()), *at, change).await?;
    work.commit().await?;
    Ok(decision)
}

/// Refuses what a closed collection does not take, within the transaction that would take it.
pub(super) async fn must_take(work: &mut Work, record: &ReturnRecord, at: DateTime<Utc>) -> Result<(), StoreError> {
    let Some(collection) = &record.collection else { return Ok(()) };
    let decided = within(work, collection).await?.into_iter().map(|one| one.decided).collect();
    let course = Course::begun(decided);
    match course.closed_since(at) {
        Some(since) if !course.takes(&record.authority, at) => {
            Err(StoreError::CollectionClosed { collection: collection.clone(), since })
        }
        _ => Ok(()),
    }
}
