//! Reading versions and receipts.

use super::rows::{
    count, every, json, named, number, optional_parsed, optional_text, optional_time, parsed, read_verdict,
    required_time, text,
};
use crate::domain::identifier::ReturnId;
use crate::domain::state::ReturnState;
use crate::store::error::StoreError;
use crate::store::records::{Page, Receipt, ReturnFilter, ReturnRecord};
use chrono::{DateTime, Utc};
use sqlx::sqlite::SqliteRow;
use sqlx::{Row, SqliteConnection, SqlitePool};
use std::collections::BTreeMap;

pub(super) fn read(row: &SqliteRow) -> Result<ReturnRecord, StoreError> {
    let version: Option<i64> = row.try_get("version")?;
    Ok(ReturnRecord {
        id: parsed(row, "id")?,
        authority: text(row, "authority")?,
        collection: optional_text(row, "collection")?,
        version: version.and_then(|version| u32::try_from(version).ok()),
        state: named(row, "state", ReturnState::from_name)?,
        digest: parsed(row, "digest")?,
        bytes: count(row, "bytes")?,
        idempotency_key: optional_text(row, "idempotency_key")?,
        uploaded_by: parsed(row, "uploaded_by")?,
        received: required_time(row, "received")?,
        verdict: read_verdict(row)?,
        signed: optional_time(row, "signed")?,
        signed_by: optional_parsed(row, "signed_by")?,
        accepted: optional_time(row, "accepted")?,
        accepted_by: optional_parsed(row, "accepted_by")?,
        ended: optional_time(row, "ended")?,
        ended_by: optional_parsed(row, "ended_by")?,
        note: optional_text(row, "note")?,
    })
}

/// A version within a transaction; an error when there is none.
pub(super) async fn within(connection: &mut SqliteConnection, id: ReturnId) -> Result<ReturnRecord, StoreError> {
    let query = sqlx::query("SELECT * FROM returns WHERE id = ?").bind(id.to_string());
    let row = query.fetch_optional(connection).await?;
    row.as_ref().map_or_else(|| Err(StoreError::NotFound { what: format!("the return {id}") }), read)
}

pub(super) async fn by_id(readers: &SqlitePool, id: ReturnId) -> Result<Option<ReturnRecord>, StoreError> {
    let query = sqlx::query("SELECT * FROM returns WHERE id = ?").bind(id.to_string());
    query.fetch_optional(readers).await?.as_ref().map(read).transpose()
}

pub(super) async fn of(
    readers: &SqlitePool,
    authority: &str,
    id: ReturnId,
) -> Result<Option<ReturnRecord>, StoreError> {
    let query =
        sqlx::query("SELECT * FROM returns WHERE id = ? AND authority = ?").bind(id.to_string()).bind(authority);
    query.fetch_optional(readers).await?.as_ref().map(read).transpose()
}

pub(super) async fn states(readers: &SqlitePool) -> Result<BTreeMap<ReturnId, ReturnState>, StoreError> {
    let rows = sqlx::query("SELECT id, state FROM returns").fetch_all(readers).await?;
    rows.iter().map(|row| Ok((parsed(row, "id")?, named(row, "state", ReturnState::from_name)?))).collect()
}

pub(super) async fn counts_by_state(readers: &SqlitePool) -> Result<BTreeMap<ReturnState, u64>, StoreError> {
    let query = sqlx::query("SELECT state, COUNT(*) AS returns FROM returns GROUP BY state");
    let rows = query.fetch_all(readers).await?;
    rows.iter().map(|row| Ok((named(row, "state", ReturnState::from_name)?, count(row, "returns")?))).collect()
}

/// The latest of a version's times is that of its last move.
pub(super) async fn longest_in_states(
    readers: &SqlitePool,
) -> Result<BTreeMap<ReturnState, DateTime<Utc>>, StoreError> {
    let query = sqlx::query(
        "SELECT state, MIN(COALESCE(ended, accepted, signed, decided, received)) AS since FROM returns GROUP BY state",
    );
    let rows = query.fetch_all(readers).await?;
    rows.iter().map(|row| Ok((named(row, "state", ReturnState::from_name)?, required_time(row, "since")?))).collect()
}

pub(super) async fn list(
    readers: &SqlitePool,
    filter: &ReturnFilter,
    page: Page,
) -> Result<Vec<ReturnRecord>, StoreError> {
    let query = sqlx::query(
        "SELECT * FROM returns WHERE (?1 IS NULL OR authority = ?1) AND (?2 IS NULL OR collection = ?2) \
         AND (?3 IS NULL OR state = ?3) ORDER BY received, id LIMIT ?4 OFFSET ?5",
    );
    let query = query.bind(&filter.authority).bind(&filter.collection).bind(filter.state.map(ReturnState::name));
    every(query.bind(number(page.take)).bind(number(page.skip)), readers, read).await
}

fn read_receipt(row: &SqliteRow) -> Result<Receipt, StoreError> {
    Ok(Receipt {
        id: parsed(row, "return_id")?,
        authority: text(row, "authority")?,
        received: required_time(row, "received")?,
        digest: parsed(row, "digest")?,
        bytes: count(row, "bytes")?,
        codes: json(row, "codes")?,
    })
}

pub(super) async fn receipts(
    readers: &SqlitePool,
    authority: Option<&str>,
    page: Page,
) -> Result<Vec<Receipt>, StoreError> {
    let query = sqlx::query(
        "SELECT * FROM receipts WHERE ?1 IS NULL OR authority = ?1 ORDER BY received, return_id LIMIT ?2 OFFSET ?3",
    );
    let query = query.bind(authority).bind(number(page.take)).bind(number(page.skip));
    every(query, readers, read_receipt).await
}

pub(super) async fn receipt(readers: &SqlitePool, id: ReturnId) -> Result<Option<Receipt>, StoreError> {
    let query = sqlx::query("SELECT * FROM receipts WHERE return_id = ?").bind(id.to_string());
    query.fetch_optional(readers).await?.as_ref().map(read_receipt).transpose()
}
