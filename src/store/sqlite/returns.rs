//! Reading versions and receipts.

use super::rows::{
    count, every, json, named, optional_parsed, optional_text, optional_time, paged, parsed, read_verdict,
    required_time, selected, text,
};
use crate::domain::identifier::ReturnId;
use crate::domain::state::ReturnState;
use crate::store::error::StoreError;
use crate::store::records::{Page, Receipt, ReturnFilter, ReturnRecord, VersionId, VersionTimes};
use chrono::{DateTime, Utc};
use sqlx::sqlite::SqliteRow;
use sqlx::{QueryBuilder, Row, Sqlite, SqliteConnection, SqlitePool};
use std::collections::BTreeMap;

pub(super) fn read(row: &SqliteRow) -> Result<ReturnRecord, StoreError> {
    Ok(ReturnRecord {
        id: parsed(row, "id")?,
        authority: text(row, "authority")?,
        collection: optional_text(row, "collection")?,
        version: version(row)?,
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

/// A query for some columns of the returns that a filter leaves, in the order in which they were received.
fn filtered(columns: &'static str, filter: &ReturnFilter) -> QueryBuilder<Sqlite> {
    let named = [
        ("authority", filter.authority.clone()),
        ("collection", filter.collection.clone()),
        ("state", filter.state.map(|state| state.name().to_owned())),
    ];
    let mut query = selected(columns, "returns", named);
    query.push(" ORDER BY received, id");
    query
}

pub(super) async fn list(
    readers: &SqlitePool,
    filter: &ReturnFilter,
    page: Page,
) -> Result<Vec<ReturnRecord>, StoreError> {
    let mut query = filtered("*", filter);
    every(paged(&mut query, page).build(), readers, read).await
}

pub(super) async fn times(readers: &SqlitePool, filter: &ReturnFilter) -> Result<Vec<VersionTimes>, StoreError> {
    let columns = "id, authority, version, state, received, decided, signed, accepted, ended";
    every(filtered(columns, filter).build(), readers, read_times).await
}

fn read_times(row: &SqliteRow) -> Result<VersionTimes, StoreError> {
    Ok(VersionTimes {
        id: parsed(row, "id")?,
        authority: text(row, "authority")?,
        version: version(row)?,
        state: named(row, "state", ReturnState::from_name)?,
        received: required_time(row, "received")?,
        decided: optional_time(row, "decided")?,
        signed: optional_time(row, "signed")?,
        accepted: optional_time(row, "accepted")?,
        ended: optional_time(row, "ended")?,
    })
}

fn version(row: &SqliteRow) -> Result<Option<u32>, StoreError> {
    let version: Option<i64> = row.try_get("version")?;
    Ok(version.and_then(|version| u32::try_from(version).ok()))
}

pub(super) async fn last_version(
    readers: &SqlitePool,
    authority: &str,
    collection: &str,
) -> Result<Option<VersionId>, StoreError> {
    let query = sqlx::query(
        "SELECT id, version FROM returns WHERE collection = ? AND authority = ? AND version IS NOT NULL \
         ORDER BY version DESC LIMIT 1",
    );
    let Some(row) = query.bind(collection).bind(authority).fetch_optional(readers).await? else { return Ok(None) };
    let id = parsed(&row, "id")?;
    Ok(version(&row)?.map(|version| VersionId { id, version }))
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
    let mut query = selected("*", "receipts", [("authority", authority.map(str::to_owned))]);
    query.push(" ORDER BY received, return_id");
    every(paged(&mut query, page).build(), readers, read_receipt).await
}

pub(super) async fn receipt(readers: &SqlitePool, id: ReturnId) -> Result<Option<Receipt>, StoreError> {
    let query = sqlx::query("SELECT * FROM receipts WHERE return_id = ?").bind(id.to_string());
    query.fetch_optional(readers).await?.as_ref().map(read_receipt).transpose()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::observer::NoObserver;
    use crate::store::sqlite::SqliteLedger;
    use crate::store::sqlite::rows::steps_of;
    use std::sync::Arc;

    #[tokio::test]
    async fn no_filter_reads_every_row() {
        let folder = tempfile::tempdir().expect("a folder");
        let ledger = SqliteLedger::open(&folder.path().join("ledger"), Arc::new(NoObserver)).await.expect("opens");
        for named in 0..8_u8 {
            let filter = ReturnFilter {
                authority: (named & 1 > 0).then(|| "330".to_owned()),
                collection: (named & 2 > 0).then(|| "example-2026".to_owned()),
                state: (named & 4 > 0).then_some(ReturnState::Accepted),
            };
            let query = filtered("*", &filter);
            let steps = steps_of(&ledger.readers, query.sql().as_str(), named.count_ones() as usize).await;
            assert!(steps[0].contains("USING INDEX"), "{filter:?}: {steps:?}");
            assert_eq!(steps[0].starts_with("SCAN"), named == 0, "{filter:?}: {steps:?}");
        }
    }
}
