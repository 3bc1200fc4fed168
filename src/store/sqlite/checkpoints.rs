//! Signed checkpoints of the history, each when something happened since the one before.

use super::history;
use super::receipts::{PROGRAM, to_the_millisecond};
use super::rows::{number, time};
use super::transaction::Work;
use crate::domain::evidence::{Checkpoint, seal};
use crate::store::error::StoreError;
use chrono::{DateTime, Utc};

/// Writes a checkpoint; none where there is one of this length already, or nothing happened yet.
pub(super) async fn write(mut work: Work, at: DateTime<Utc>) -> Result<Option<String>, StoreError> {
    let Some((events, head)) = history::last(work.on()?).await? else { return Ok(None) };
    let known = sqlx::query("SELECT 1 FROM checkpoints WHERE events = ?").bind(number(events));
    if known.fetch_optional(work.on()?).await?.is_some() {
        return Ok(None);
    }
    let checkpoint = Checkpoint { events, head, at: to_the_millisecond(at), program: PROGRAM.to_owned() };
    let envelope = seal(&*work.signer()?, &checkpoint);
    let query = sqlx::query("INSERT INTO checkpoints (events, at, envelope) VALUES (?, ?, ?)");
    query.bind(number(events)).bind(time(at)).bind(&envelope).execute(work.on()?).await?;
    work.commit().await?;
    Ok(Some(envelope))
}
