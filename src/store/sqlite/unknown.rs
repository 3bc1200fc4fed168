//! Objects of the archive of which the ledger does not speak: noted, counted by the day, and never gone without an event.

use super::history::{self, Change};
use super::rows::{count, every, required_time, text, time};
use super::transaction::Work;
use crate::store::archive::ObjectName;
use crate::store::error::StoreError;
use crate::store::records::EventSubject;
use crate::store::unknown::UnknownObject;
use chrono::{DateTime, NaiveDate, Utc};
use sqlx::SqlitePool;
use std::collections::BTreeSet;

/// Notes what is new, counts the day for what is not, forgets what is not among the names. Gives what is new.
pub(super) async fn note(
    mut work: Work,
    names: &BTreeSet<ObjectName>,
    day: NaiveDate,
    at: DateTime<Utc>,
) -> Result<Vec<ObjectName>, StoreError> {
    let rows = sqlx::query("SELECT name FROM unknown_objects").fetch_all(work.on()?).await?;
    let noted = rows.iter().map(|row| text(row, "name")).collect::<Result<BTreeSet<_>, _>>()?;
    let found: BTreeSet<String> = names.iter().map(ToString::to_string).collect();
    for gone in noted.difference(&found) {
        sqlx::query("DELETE FROM unknown_objects WHERE name = ?").bind(gone).execute(work.on()?).await?;
    }
    // A clock that was set back counts no day, and one that leaps counts one.
    let query =
        sqlx::query("UPDATE unknown_objects SET days = days + 1, last_day = ?1, updated_by = ?2 WHERE last_day < ?1");
    query.bind(day.to_string()).bind(work.name()).execute(work.on()?).await?;
    let mut new = Vec::new();
    for name in names {
        let path = name.to_string();
        if noted.contains(&path) {
            continue;
        }
        let query =
            sqlx::query("INSERT INTO unknown_objects (name, noted, last_day, days, updated_by) VALUES (?, ?, ?, 0, ?)");
        let query = query.bind(path).bind(time(at)).bind(day.to_string()).bind(work.name());
        query.execute(work.on()?).await?;
        new.push(name.clone());
    }
    work.commit().await?;
    Ok(new)
}

pub(super) async fn list(readers: &SqlitePool) -> Result<Vec<UnknownObject>, StoreError> {
    let query = sqlx::query("SELECT * FROM unknown_objects ORDER BY name");
    let read = |row: &_| {
        let (path, days) = (text(row, "name")?, count(row, "days")?);
        let name = ObjectName::from_path(&path)
            .ok_or_else(|| StoreError::damaged("a row of the ledger", "its column name cannot be read"))?;
        Ok(UnknownObject { name, noted: required_time(row, "noted")?, days })
    };
    every(query, readers, read).await
}

/// Writes that an object is deleted now, and forgets it. False where it is not noted, or the ledger speaks of it by now.
pub(super) async fn give_up(
    mut work: Work,
    name: &ObjectName,
    why: &str,
    at: DateTime<Utc>,
) -> Result<bool, StoreError> {
    let (subject, table, id) = match name {
        ObjectName::Original(id) | ObjectName::Report(id) | ObjectName::Table(id, _) => {
            (EventSubject::Return(*id), "SELECT 1 FROM returns WHERE id = ?", id.to_string())
        }
        ObjectName::ReleaseFile(id, _) => {
            (EventSubject::Release(*id), "SELECT 1 FROM releases WHERE id = ?", id.to_string())
        }
        ObjectName::KeyCheck(_) => return Ok(false),
    };
    if sqlx::query(table).bind(id).fetch_optional(work.on()?).await?.is_some() {
        return Ok(false);
    }
    let path = name.to_string();
    let query = sqlx::query("DELETE FROM unknown_objects WHERE name = ?").bind(&path);
    if query.execute(work.on()?).await?.rows_affected() != 1 {
        return Ok(false);
    }
    let note = format!("{path}, of which the ledger does not speak: {why}");
    history::add(&mut work, subject, at, Change { note: Some(&note), ..Change::default() }).await?;
    work.commit().await?;
    Ok(true)
}
