//! Brings the file to this program's schema; the migrations are inside the program.

use super::history;
use crate::store::error::StoreError;
use futures::future::BoxFuture;
use sqlx::error::BoxDynError;
use sqlx::migrate::{Migration, MigrationSource, MigrationType, Migrator};
use sqlx::{SqlSafeStr, SqlitePool};

/// Every migration, in the order in which they run. One that has been released is never edited: its checksum is kept.
pub(super) const MIGRATIONS: &[(i64, &str, &str)] = &[
    (1, "ledger", include_str!("../migrations/0001_ledger.sql")),
    (2, "carried explanations", include_str!("../migrations/0002_carried_explanations.sql")),
    (3, "release life", include_str!("../migrations/0003_release_life.sql")),
    (4, "accounts", include_str!("../migrations/0004_accounts.sql")),
    (5, "collections", include_str!("../migrations/0005_collections.sql")),
    (6, "evidence", include_str!("../migrations/0006_evidence.sql")),
    (7, "retention", include_str!("../migrations/0007_retention.sql")),
    (8, "second person", include_str!("../migrations/0008_second_person.sql")),
    (9, "reading by index", include_str!("../migrations/0009_reading_by_index.sql")),
    (10, "less is read", include_str!("../migrations/0010_less_is_read.sql")),
    (11, "attempts", include_str!("../migrations/0011_attempts.sql")),
    (12, "unknown objects", include_str!("../migrations/0012_unknown_objects.sql")),
    (13, "arrivals", include_str!("../migrations/0013_arrivals.sql")),
];

#[derive(Debug)]
struct Embedded;

impl MigrationSource<'static> for Embedded {
    fn resolve(self) -> BoxFuture<'static, Result<Vec<Migration>, BoxDynError>> {
        Box::pin(async move { Ok(migrations()) })
    }
}

pub(super) fn migrations() -> Vec<Migration> {
    let migrations = MIGRATIONS.iter().map(|(version, name, sql)| {
        Migration::new(*version, (*name).into(), MigrationType::Simple, (*sql).into_sql_str(), false)
    });
    migrations.collect()
}

/// The latest schema that this program knows.
pub(in crate::store) fn latest() -> i64 {
    MIGRATIONS.iter().map(|(version, ..)| *version).max().unwrap_or(0)
}

pub(super) async fn bring_up_to_date(writer: &SqlitePool) -> Result<(), StoreError> {
    let known = latest();
    if let Some(found) = applied(writer).await?.filter(|found| *found > known) {
        return Err(StoreError::NewerSchema { found, known });
    }
    let migrator = Migrator::new(Embedded).await.map_err(StoreError::Migration)?;
    let mut connection = writer.acquire().await?;
    migrator.run_direct(None, &mut *connection, false).await.map_err(StoreError::Migration)?;
    history::chain_old_events(&mut connection).await
}

/// The latest migration that the file has; none when it is new.
async fn applied(writer: &SqlitePool) -> Result<Option<i64>, StoreError> {
    let table = "SELECT count(*) FROM sqlite_schema WHERE name = '_sqlx_migrations'";
    if sqlx::query_scalar::<_, i64>(table).fetch_one(writer).await? == 0 {
        return Ok(None);
    }
    Ok(sqlx::query_scalar("SELECT max(version) FROM _sqlx_migrations").fetch_one(writer).await?)
}
