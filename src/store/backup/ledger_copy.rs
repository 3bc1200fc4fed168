//! A copy of the ledger beside a running service, and what the copy says. Nothing here brings a file to another schema.

use super::manifest::LedgerFacts;
use crate::domain::identifier::{ReleaseId, ReturnId};
use crate::domain::release::ReleaseState;
use crate::domain::state::ReturnState;
use crate::store::archive::ObjectName;
use crate::store::error::StoreError;
use crate::store::sqlite::latest_schema;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{ConnectOptions as _, Connection as _, Row as _};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::time::Duration;

/// What a ledger says about objects.
#[derive(Debug)]
pub(super) struct LedgerCopy {
    pub(super) facts: LedgerFacts,
    returns: BTreeMap<ReturnId, ReturnState>,
    releases: BTreeSet<ReleaseId>,
}

async fn open(file: &Path) -> Result<SqliteConnection, StoreError> {
    let options = SqliteConnectOptions::new().filename(file).busy_timeout(Duration::from_secs(10));
    Ok(options.create_if_missing(false).connect().await?)
}

/// Copies a ledger that a service may be writing: one moment of it, in one file that needs no other.
pub(super) async fn copy(ledger: &Path, to: &Path) -> Result<(), StoreError> {
    let mut connection = open(ledger).await?;
    sqlx::query("VACUUM INTO ?").bind(to.display().to_string()).execute(&mut connection).await?;
    connection.close().await?;
    forget_arrivals(to).await
}

/// What was on its way into the archive when the copy was made may have been acknowledged since.
async fn forget_arrivals(copy: &Path) -> Result<(), StoreError> {
    let mut connection = open(copy).await?;
    let has_them = "SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name = 'arrivals'";
    let has_them: i64 = sqlx::query_scalar(has_them).fetch_one(&mut connection).await?;
    if has_them > 0 {
        sqlx::query("DELETE FROM arrivals").execute(&mut connection).await?;
    }
    connection.close().await?;
    Ok(())
}

/// Reads a ledger; `whole` also looks at every page of it.
pub(super) async fn read(file: &Path, whole: bool) -> Result<LedgerCopy, StoreError> {
    let mut connection = open(file).await?;
    if whole {
        let verdict: String = sqlx::query_scalar("PRAGMA integrity_check").fetch_one(&mut connection).await?;
        if verdict != "ok" {
            return Err(StoreError::damaged("the copy of the ledger", "SQLite finds its pages inconsistent"));
        }
    }
    let schema: i64 =
        sqlx::query_scalar("SELECT max(version) FROM _sqlx_migrations").fetch_one(&mut connection).await?;
    let known = latest_schema();
    if schema > known {
        return Err(StoreError::NewerSchema { found: schema, known });
    }
    let last: i64 =
        sqlx::query_scalar("SELECT coalesce(max(sequence), 0) FROM events").fetch_one(&mut connection).await?;
    let chained = "SELECT count(*) FROM pragma_table_info('events') WHERE name = 'digest'";
    let chained: i64 = sqlx::query_scalar(chained).fetch_one(&mut connection).await?;
    let last_digest: Option<String> = if chained == 0 {
        None
    } else {
        let newest = sqlx::query_scalar("SELECT digest FROM events ORDER BY sequence DESC LIMIT 1");
        newest.fetch_optional(&mut connection).await?.flatten()
    };
    let damaged = |what: &str| StoreError::damaged("a row of the ledger", format!("its {what} cannot be read"));
    let mut returns = BTreeMap::new();
    for row in sqlx::query("SELECT id, state FROM returns").fetch_all(&mut connection).await? {
        let id = row.try_get::<String, _>("id")?.parse().map_err(|_| damaged("id"))?;
        let state = ReturnState::from_name(row.try_get("state")?).ok_or_else(|| damaged("state"))?;
        returns.insert(id, state);
    }
    let mut releases = BTreeSet::new();
    for row in sqlx::query("SELECT id, state FROM releases").fetch_all(&mut connection).await? {
        if row.try_get::<String, _>("state")? != ReleaseState::Discarded.name() {
            releases.insert(row.try_get::<String, _>("id")?.parse().map_err(|_| damaged("id"))?);
        }
    }
    connection.close().await?;
    let mut counts: BTreeMap<String, u64> = BTreeMap::new();
    for state in returns.values() {
        *counts.entry(state.name().to_owned()).or_default() += 1;
    }
    let facts = LedgerFacts {
        schema,
        last_event: u64::try_from(last).unwrap_or(0),
        last_event_digest: last_digest,
        returns: counts,
    };
    Ok(LedgerCopy { facts, returns, releases })
}

impl LedgerCopy {
    /// Whether the ledger speaks of an object: of a return that is not rejected, of a release that is not discarded.
    pub(super) fn speaks_of(&self, name: &ObjectName) -> bool {
        match name {
            ObjectName::KeyCheck(_) => true,
            ObjectName::ReleaseFile(release, _) => self.releases.contains(release),
            ObjectName::Original(id) | ObjectName::Report(id) | ObjectName::Table(id, _) => {
                self.returns.get(id).is_some_and(|state| *state != ReturnState::Rejected)
            }
        }
    }

    /// Whether a return is rejected: nothing of it is kept.
    pub(super) fn is_rejected(&self, id: ReturnId) -> bool {
        self.returns.get(&id) == Some(&ReturnState::Rejected)
    }

    /// The returns that are received and not decided.
    pub(super) fn received(&self) -> impl Iterator<Item = ReturnId> {
        let received = self.returns.iter().filter(|(_, state)| **state == ReturnState::Received);
        received.map(|(id, _)| *id)
    }
}
