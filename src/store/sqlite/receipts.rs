//! Signed receipts of decisions, and the public keys by which they are verified.

use super::history::{self, Change};
use super::returns::within;
use super::rows::{count, every, json, named, number, parsed, required_time, text, time};
use super::transaction::Work;
use crate::domain::digest::Digest;
use crate::domain::evidence::{
    ChainedEvent, DecisionEvent, FindingCounts, KeySet, PublishedKey, ReceiptBody, ReceivedFile, seal,
};
use crate::domain::finding::Severity;
use crate::domain::identifier::ReturnId;
use crate::domain::report::Outcome;
use crate::domain::state::ReturnState;
use crate::store::error::StoreError;
use crate::store::records::{EventSubject, SignedReceipt};
use chrono::{DateTime, TimeZone as _, Utc};
use sqlx::SqlitePool;

/// What signs its decisions, as receipts name it.
pub(super) const PROGRAM: &str = concat!("homeward ", env!("CARGO_PKG_VERSION"));

/// Writes the receipt of a decision: of every state that a return takes but the first, which decides nothing.
pub(super) async fn issue(
    work: &mut Work,
    id: ReturnId,
    at: DateTime<Utc>,
    to: Option<&str>,
    event: &ChainedEvent,
) -> Result<(), StoreError> {
    let Some(decision) = to.and_then(ReturnState::from_name).filter(|state| *state != ReturnState::Received) else {
        return Ok(());
    };
    let signer = work.signer()?;
    let body = body(work, id, decision, at, DecisionEvent::from(event)).await?;
    let envelope = seal(&signer, &body);
    let query =
        sqlx::query("INSERT INTO signed_receipts (sequence, return_id, decision, envelope) VALUES (?, ?, ?, ?)");
    let query = query.bind(number(event.sequence)).bind(id.to_string()).bind(decision.name()).bind(envelope);
    query.execute(work.on()?).await?;
    Ok(())
}

async fn body(
    work: &mut Work,
    id: ReturnId,
    decision: ReturnState,
    at: DateTime<Utc>,
    event: DecisionEvent,
) -> Result<ReceiptBody, StoreError> {
    let record = within(work.on()?, id).await?;
    let row = sqlx::query("SELECT received_under FROM returns WHERE id = ?").bind(id.to_string());
    let received_under: Digest = parsed(&row.fetch_one(work.on()?).await?, "received_under")?;
    let row = sqlx::query("SELECT codes FROM receipts WHERE return_id = ?").bind(id.to_string());
    let row = row.fetch_optional(work.on()?).await?;
    let rejected_by = row.map(|row| json(&row, "codes")).transpose()?.unwrap_or_default();
    let verdict = record.verdict;
    let findings = verdict.as_ref().map(|verdict| FindingCounts {
        error: verdict.counts.of(Severity::Error),
        query: verdict.counts.of(Severity::Query),
        info: verdict.counts.of(Severity::Info),
    });
    Ok(ReceiptBody {
        id,
        authority: record.authority,
        collection: record.collection,
        version: record.version,
        decision,
        outcome: verdict.as_ref().map_or(Outcome::Rejected, |verdict| verdict.outcome),
        at: to_the_millisecond(at),
        received: record.received,
        file: ReceivedFile { sha256: record.digest, bytes: record.bytes },
        rows: verdict.as_ref().map(|verdict| verdict.counts.rows.clone()).unwrap_or_default(),
        findings,
        rejected_by,
        specification_version: verdict.as_ref().map(|verdict| verdict.specification.version.clone()),
        specification_digest: verdict.map_or(received_under, |verdict| verdict.specification.digest),
        program: PROGRAM.to_owned(),
        event,
    })
}

/// The time as the ledger keeps it, so that a receipt and the ledger say the same.
pub(super) fn to_the_millisecond(at: DateTime<Utc>) -> DateTime<Utc> {
    Utc.timestamp_millis_opt(time(at)).single().unwrap_or(at)
}

pub(super) async fn of_return(readers: &SqlitePool, id: ReturnId) -> Result<Vec<SignedReceipt>, StoreError> {
    let query = sqlx::query("SELECT * FROM signed_receipts WHERE return_id = ? ORDER BY sequence");
    every(query.bind(id.to_string()), readers, |row| {
        Ok(SignedReceipt {
            sequence: count(row, "sequence")?,
            decision: named(row, "decision", ReturnState::from_name)?,
            envelope: text(row, "envelope")?,
        })
    })
    .await
}

/// Publishes the key that the ledger signs with, unless it is published already.
pub(super) async fn enter_key(mut work: Work, at: DateTime<Utc>) -> Result<(), StoreError> {
    let signer = work.signer()?;
    let id = signer.id().to_string();
    let known = sqlx::query("SELECT 1 FROM signing_keys WHERE id = ?").bind(&id);
    if known.fetch_optional(work.on()?).await?.is_some() {
        return work.commit().await;
    }
    let query = sqlx::query("INSERT INTO signing_keys (id, public_key, since) VALUES (?, ?, ?)");
    let query = query.bind(&id).bind(signer.public().to_string()).bind(time(at));
    query.execute(work.on()?).await?;
    let change = Change { to: Some("in use"), ..Change::default() };
    history::add(&mut work, EventSubject::SigningKey(signer.id()), at, change).await?;
    work.commit().await
}

/// The keys in the order in which they came into use; each ends when the next begins.
pub(super) async fn keys(readers: &SqlitePool) -> Result<KeySet, StoreError> {
    let query = sqlx::query("SELECT * FROM signing_keys ORDER BY since, rowid");
    let mut keys = every(query, readers, |row| {
        Ok(PublishedKey { key: parsed(row, "public_key")?, since: required_time(row, "since")?, until: None })
    })
    .await?;
    for at in 1..keys.len() {
        keys[at - 1].until = Some(keys[at].since);
    }
    Ok(KeySet(keys))
}
