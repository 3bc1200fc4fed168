//! From the ledger's door to the verdict.

use super::arrivals;
use super::deletions;
use super::explanations;
use super::history::{self, Change};
use super::returns::{read, within};
use super::rows::{number, time, to_json, write_verdict};
use super::transaction::Work;
use crate::domain::identifier::ReturnId;
use crate::domain::state::ReturnState;
use crate::store::error::StoreError;
use crate::store::records::{CarriedOver, EventSubject, NewReturn, Reception, ReturnRecord, Verdict};
use chrono::{DateTime, Utc};

pub(super) async fn receive(mut work: Work, new: &NewReturn) -> Result<Reception, StoreError> {
    if let Some(earlier) = sent_before(&mut work, new).await? {
        return Ok(Reception::Replay(earlier));
    }
    let state = ReturnState::Received;
    sqlx::query(
        "INSERT INTO returns (id, authority, digest, bytes, idempotency_key, uploaded_by, received, received_under, \
         state, updated_by) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    )
    .bind(new.id.to_string())
    .bind(&new.authority)
    .bind(new.digest.to_string())
    .bind(number(new.bytes))
    .bind(&new.idempotency_key)
    .bind(new.uploaded_by.to_string())
    .bind(time(new.received))
    .bind(new.specification.to_string())
    .bind(state.name())
    .bind(work.name())
    .execute(work.on()?)
    .await?;
    let change = Change { to: Some(state.name()), by: Some(new.uploaded_by), ..Change::default() };
    history::add(&mut work, EventSubject::Return(new.id), new.received, change).await?;
    arrivals::arrived(&mut work, new.id).await?;
    let record = within(work.on()?, new.id).await?;
    work.commit().await?;
    Ok(Reception::New(record))
}

/// The earlier upload that this one repeats: of the same key, whatever became of it; or else of the same bytes, while it
/// stands, its content is there, and no later version stands: whoever goes back to an earlier file sends a new version.
async fn sent_before(work: &mut Work, new: &NewReturn) -> Result<Option<ReturnRecord>, StoreError> {
    if let Some(key) = &new.idempotency_key {
        let query = sqlx::query("SELECT * FROM returns WHERE authority = ? AND idempotency_key = ?");
        let row = query.bind(&new.authority).bind(key).fetch_optional(work.on()?).await?;
        match row.as_ref().map(read).transpose()? {
            Some(earlier) if earlier.digest != new.digest => return Err(StoreError::IdempotencyKeyReused),
            Some(earlier) => return Ok(Some(earlier)),
            None => {}
        }
    }
    let query = sqlx::query(
        "SELECT * FROM returns WHERE authority = ? AND digest = ? AND received_under = ? \
         AND state IN ('received', 'checked', 'signed', 'accepted') ORDER BY received DESC",
    );
    let query = query.bind(&new.authority).bind(new.digest.to_string()).bind(new.specification.to_string());
    for row in query.fetch_all(work.on()?).await? {
        let earlier = read(&row)?;
        if deletions::of_content(work, earlier.id).await?.is_none() && !is_overtaken(work, &earlier).await? {
            return Ok(Some(earlier));
        }
    }
    Ok(None)
}

/// Whether a later version of the same return stands.
async fn is_overtaken(work: &mut Work, earlier: &ReturnRecord) -> Result<bool, StoreError> {
    let query = sqlx::query(
        "SELECT 1 FROM returns WHERE authority = ? AND collection = ? AND version > ? \
         AND state IN ('checked', 'signed', 'accepted') LIMIT 1",
    );
    let query = query.bind(&earlier.authority).bind(&earlier.collection).bind(earlier.version);
    Ok(query.fetch_optional(work.on()?).await?.is_some())
}

/// The version, which must still be received.
pub(super) async fn still_received(work: &mut Work, id: ReturnId) -> Result<ReturnRecord, StoreError> {
    let record = within(work.on()?, id).await?;
    if record.state == ReturnState::Received {
        Ok(record)
    } else {
        Err(StoreError::Moved { id, expected: ReturnState::Received, found: record.state })
    }
}

pub(super) async fn decide_checked(
    mut work: Work,
    id: ReturnId,
    verdict: &Verdict,
    carried: &CarriedOver,
) -> Result<ReturnRecord, StoreError> {
    let record = still_received(&mut work, id).await?;
    let collection = verdict.specification.collection.as_deref();
    let query = sqlx::query(
        "UPDATE returns SET state = ?1, collection = ?2, outcome = ?3, verdict = ?4, decided = ?5, updated_by = ?6, \
         version = 1 + (SELECT coalesce(max(version), 0) FROM returns WHERE collection = ?2 AND authority = ?7) \
         WHERE id = ?8",
    );
    let state = ReturnState::Checked;
    query
        .bind(state.name())
        .bind(collection)
        .bind(verdict.outcome.name())
        .bind(write_verdict(verdict)?)
        .bind(time(verdict.decided))
        .bind(work.name())
        .bind(&record.authority)
        .bind(id.to_string())
        .execute(work.on()?)
        .await?;
    let change = Change {
        from: Some(record.state.name()),
        to: Some(state.name()),
        note: Some(verdict.outcome.name()),
        ..Change::default()
    };
    history::add(&mut work, EventSubject::Return(id), verdict.decided, change).await?;
    explanations::insert(&mut work, id, &carried.explanations).await?;
    for note in &carried.notes {
        let said = Change { note: Some(note), ..Change::default() };
        history::add(&mut work, EventSubject::Return(id), verdict.decided, said).await?;
    }
    let record = within(work.on()?, id).await?;
    work.commit().await?;
    Ok(record)
}

pub(super) async fn decide_rejected(mut work: Work, id: ReturnId, codes: &[String]) -> Result<(), StoreError> {
    let record = still_received(&mut work, id).await?;
    let query = sqlx::query(
        "INSERT INTO receipts (return_id, authority, received, digest, bytes, codes) VALUES (?, ?, ?, ?, ?, ?) \
         ON CONFLICT (return_id) DO NOTHING",
    );
    query
        .bind(id.to_string())
        .bind(&record.authority)
        .bind(time(record.received))
        .bind(record.digest.to_string())
        .bind(number(record.bytes))
        .bind(to_json(&codes)?)
        .execute(work.on()?)
        .await?;
    work.commit().await
}

pub(super) async fn close_rejected(
    mut work: Work,
    id: ReturnId,
    at: DateTime<Utc>,
) -> Result<ReturnRecord, StoreError> {
    let record = still_received(&mut work, id).await?;
    let receipt = sqlx::query("SELECT 1 FROM receipts WHERE return_id = ?").bind(id.to_string());
    if receipt.fetch_optional(work.on()?).await?.is_none() {
        return Err(StoreError::NotFound { what: format!("the receipt of the return {id}") });
    }
    let state = ReturnState::Rejected;
    let query = sqlx::query("UPDATE returns SET state = ?, decided = ?, updated_by = ? WHERE id = ?");
    query.bind(state.name()).bind(time(at)).bind(work.name()).bind(id.to_string()).execute(work.on()?).await?;
    let change = Change { from: Some(record.state.name()), to: Some(state.name()), ..Change::default() };
    history::add(&mut work, EventSubject::Return(id), at, change).await?;
    let record = within(work.on()?, id).await?;
    work.commit().await?;
    Ok(record)
}
