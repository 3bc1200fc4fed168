//! Between the columns of SQLite and the types of the domain. A row that cannot be read is damage and says so.

use crate::domain::finding::Severity;
use crate::domain::report::{Counts, NotChecked, Outcome, SpecificationStamp};
use crate::store::error::StoreError;
use crate::store::records::{Page, Verdict};
use chrono::{DateTime, TimeZone, Utc};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use sqlx::sqlite::SqliteRow;
use sqlx::{QueryBuilder, Row, Sqlite, SqlitePool};
use std::collections::BTreeMap;
use std::str::FromStr;

/// A time as the ledger writes it.
pub(super) const fn time(at: DateTime<Utc>) -> i64 {
    at.timestamp_millis()
}

/// A count as SQLite holds it. Counts of bytes and rows never come near the end of its range.
pub(super) fn number(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

fn damaged(column: &str) -> StoreError {
    StoreError::damaged("a row of the ledger", format!("its column {column} cannot be read"))
}

pub(super) fn text(row: &SqliteRow, column: &str) -> Result<String, StoreError> {
    row.try_get(column).map_err(|_| damaged(column))
}

pub(super) fn optional_text(row: &SqliteRow, column: &str) -> Result<Option<String>, StoreError> {
    row.try_get(column).map_err(|_| damaged(column))
}

pub(super) fn count(row: &SqliteRow, column: &str) -> Result<u64, StoreError> {
    let value: i64 = row.try_get(column).map_err(|_| damaged(column))?;
    u64::try_from(value).map_err(|_| damaged(column))
}

pub(super) fn optional_time(row: &SqliteRow, column: &str) -> Result<Option<DateTime<Utc>>, StoreError> {
    let value: Option<i64> = row.try_get(column).map_err(|_| damaged(column))?;
    value.map(|millis| Utc.timestamp_millis_opt(millis).single().ok_or_else(|| damaged(column))).transpose()
}

pub(super) fn required_time(row: &SqliteRow, column: &str) -> Result<DateTime<Utc>, StoreError> {
    optional_time(row, column)?.ok_or_else(|| damaged(column))
}

/// An identifier or a digest.
pub(super) fn parsed<T: FromStr>(row: &SqliteRow, column: &str) -> Result<T, StoreError> {
    text(row, column)?.parse().map_err(|_| damaged(column))
}

pub(super) fn optional_parsed<T: FromStr>(row: &SqliteRow, column: &str) -> Result<Option<T>, StoreError> {
    optional_text(row, column)?.map(|value| value.parse().map_err(|_| damaged(column))).transpose()
}

/// A word that a domain type reads by its name.
pub(super) fn named<T>(row: &SqliteRow, column: &str, read: impl Fn(&str) -> Option<T>) -> Result<T, StoreError> {
    read(&text(row, column)?).ok_or_else(|| damaged(column))
}

pub(super) fn json<T: DeserializeOwned>(row: &SqliteRow, column: &str) -> Result<T, StoreError> {
    serde_json::from_str(&text(row, column)?).map_err(|_| damaged(column))
}

pub(super) fn to_json<T: Serialize>(value: &T) -> Result<String, StoreError> {
    serde_json::to_string(value).map_err(|error| StoreError::damaged("a value that was to be written", error))
}

/// Every row of a query, each read by the given function.
pub(super) async fn every<T>(
    query: sqlx::query::Query<'_, sqlx::Sqlite, sqlx::sqlite::SqliteArguments>,
    readers: &SqlitePool,
    read: impl Fn(&SqliteRow) -> Result<T, StoreError>,
) -> Result<Vec<T>, StoreError> {
    query.fetch_all(readers).await?.iter().map(read).collect()
}

/// A query for columns of a table, of the rows in which these columns have these values. Only what has a value stands in its
/// conditions, so that an index answers it: a condition with an `OR` for what is absent would read every row.
pub(super) fn selected<const N: usize>(
    columns: &'static str,
    table: &'static str,
    named: [(&'static str, Option<String>); N],
) -> QueryBuilder<Sqlite> {
    let mut query = QueryBuilder::new("SELECT ");
    query.push(columns).push(" FROM ").push(table);
    let mut joint = " WHERE ";
    for (column, value) in named {
        if let Some(value) = value {
            query.push(joint).push(column).push(" = ").push_bind(value);
            joint = " AND ";
        }
    }
    query
}

/// The verdict as the ledger writes it.
#[derive(Serialize, Deserialize)]
struct KeptVerdict {
    outcome: Outcome,
    specification: SpecificationStamp,
    by_code: BTreeMap<String, u64>,
    by_severity: BTreeMap<Severity, u64>,
    rows: BTreeMap<String, u64>,
    not_checked: Vec<NotChecked>,
}

pub(super) fn write_verdict(verdict: &Verdict) -> Result<String, StoreError> {
    to_json(&KeptVerdict {
        outcome: verdict.outcome,
        specification: verdict.specification.clone(),
        by_code: verdict.counts.by_code.clone(),
        by_severity: verdict.counts.by_severity.clone(),
        rows: verdict.counts.rows.clone(),
        not_checked: verdict.not_checked.clone(),
    })
}

pub(super) fn read_verdict(row: &SqliteRow) -> Result<Option<Verdict>, StoreError> {
    if optional_text(row, "verdict")?.is_none() {
        return Ok(None);
    }
    let kept: KeptVerdict = json(row, "verdict")?;
    Ok(Some(Verdict {
        outcome: kept.outcome,
        specification: kept.specification,
        counts: Counts { by_code: kept.by_code, by_severity: kept.by_severity, rows: kept.rows },
        not_checked: kept.not_checked,
        decided: required_time(row, "decided")?,
    }))
}

/// A query for one page of what it finds.
pub(super) fn paged(query: &mut QueryBuilder<Sqlite>, page: Page) -> &mut QueryBuilder<Sqlite> {
    query.push(" LIMIT ").push_bind(number(page.take)).push(" OFFSET ").push_bind(number(page.skip))
}

/// The steps by which SQLite would answer a query, each of whose values is an empty text.
#[cfg(test)]
pub(super) async fn steps_of(readers: &SqlitePool, sql: &str, values: usize) -> Vec<String> {
    let mut explained = QueryBuilder::<Sqlite>::new("EXPLAIN QUERY PLAN ");
    explained.push(sql);
    let mut query = explained.build();
    for _ in 0..values {
        query = query.bind("");
    }
    let steps = query.fetch_all(readers).await.expect("is planned");
    steps.iter().map(|step| text(step, "detail").expect("a step")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::observer::NoObserver;
    use crate::store::sqlite::SqliteLedger;
    use std::sync::Arc;

    #[tokio::test]
    async fn what_is_selected_by_a_column_is_found_by_index() {
        let folder = tempfile::tempdir().expect("a folder");
        let ledger = SqliteLedger::open(&folder.path().join("ledger"), Arc::new(NoObserver)).await.expect("opens");
        let selections: [(&str, &[&str]); 8] = [
            ("accesses", &["subject_id"]),
            ("receipts", &["authority"]),
            ("deletions", &["return_id"]),
            ("keys", &["organisation"]),
            ("keys", &["person"]),
            ("keys", &["organisation", "kind", "person"]),
            ("people", &["organisation"]),
            ("collection_decisions", &["collection"]),
        ];
        for (table, columns) in selections {
            let named =
                [0, 1, 2].map(|at| columns.get(at).map_or(("id", None), |column| (*column, Some(String::new()))));
            let query = selected("*", table, named);
            let steps = steps_of(&ledger.readers, query.sql().as_str(), columns.len()).await;
            assert!(steps[0].starts_with("SEARCH") && steps[0].contains("INDEX"), "{table} by {columns:?}: {steps:?}");
        }
    }
}
