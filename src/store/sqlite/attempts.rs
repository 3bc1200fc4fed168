//! How often it was tried to decide a received upload after the first time.

use super::history::{self, Change};
use super::reception::still_received;
use super::rows::{count, every, optional_time, parsed, required_time, time};
use super::transaction::Work;
use crate::domain::identifier::ReturnId;
use crate::store::error::StoreError;
use crate::store::records::{AttemptStep, Attempts, EventSubject};
use chrono::{DateTime, Utc};
use sqlx::SqlitePool;
use std::collections::BTreeMap;

/// The name of the transaction.
pub(super) const fn name(step: &AttemptStep) -> &'static str {
    match step {
        AttemptStep::Begin => "begin another attempt",
        AttemptStep::Forgive => "forgive attempt",
        AttemptStep::SetAside(_) => "set upload aside",
        AttemptStep::Anew(_) => "try upload anew",
        AttemptStep::End(_) => "end upload",
    }
}

pub(super) async fn step(
    mut work: Work,
    id: ReturnId,
    step: &AttemptStep,
    at: DateTime<Utc>,
) -> Result<(), StoreError> {
    still_received(&mut work, id).await?;
    let query = match step {
        AttemptStep::Begin => {
            "INSERT INTO attempts (return_id, made, last, updated_by) VALUES (?1, 1, ?2, ?3) ON CONFLICT (return_id) \
             DO UPDATE SET made = made + 1, last = ?2, updated_by = ?3"
        }
        AttemptStep::Forgive => {
            "UPDATE attempts SET made = max(made - 1, 0), last = ?2, updated_by = ?3 WHERE return_id = ?1"
        }
        AttemptStep::SetAside(_) => "UPDATE attempts SET aside = ?2, updated_by = ?3 WHERE return_id = ?1",
        AttemptStep::Anew(_) => {
            "UPDATE attempts SET made = 0, aside = NULL, last = ?2, updated_by = ?3 WHERE return_id = ?1"
        }
        AttemptStep::End(_) => "UPDATE attempts SET last = ?2, updated_by = ?3 WHERE return_id = ?1",
    };
    let query = sqlx::query(query).bind(id.to_string()).bind(time(at)).bind(work.name());
    query.execute(work.on()?).await?;
    if let AttemptStep::SetAside(note) | AttemptStep::Anew(note) | AttemptStep::End(note) = step {
        let change = Change { note: Some(note), ..Change::default() };
        history::add(&mut work, EventSubject::Return(id), at, change).await?;
    }
    work.commit().await
}

/// Of the uploads that are received and were tried again.
pub(super) async fn all(readers: &SqlitePool) -> Result<BTreeMap<ReturnId, Attempts>, StoreError> {
    let query = sqlx::query(
        "SELECT attempts.* FROM attempts JOIN returns ON returns.id = attempts.return_id WHERE returns.state = 'received'",
    );
    let read = every(query, readers, |row| {
        let attempts = Attempts {
            made: count(row, "made")?,
            last: required_time(row, "last")?,
            aside: optional_time(row, "aside")?,
        };
        Ok((parsed(row, "return_id")?, attempts))
    });
    Ok(read.await?.into_iter().collect())
}
