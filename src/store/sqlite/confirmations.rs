//! A second person stands by what waits, or it ends.

use super::history::{self, Change};
use super::keys::{IN_USE, WAITS, end, replace, within};
use super::rows::{optional_parsed, parsed, time};
use super::transaction::Work;
use crate::domain::account::Actor;
use crate::domain::identifier::KeyId;
use crate::store::account_records::{Confirmation, KeyRecord};
use crate::store::error::StoreError;
use crate::store::records::EventSubject;
use chrono::{DateTime, Utc};
use sqlx::SqliteConnection;

/// More keys than were ever rotated one after the other; it bounds the walk in a file that somebody altered.
const LONGEST_CHAIN: i64 = 100_000;

/// Who acts with a key, as the transaction sees it.
pub(super) async fn actor(work: &mut Work, id: KeyId) -> Result<Actor, StoreError> {
    let found = actor_on(work.on()?, id).await?;
    found.ok_or_else(|| StoreError::NotFound { what: format!("the key {id}") })
}

/// The same. Of keys that took each other's place the first acts, so that a rotation makes nobody a second person.
pub(super) async fn actor_on(connection: &mut SqliteConnection, id: KeyId) -> Result<Option<Actor>, StoreError> {
    let query = sqlx::query(
        "WITH RECURSIVE chain (id, person, steps) AS (SELECT id, person, 0 FROM keys WHERE id = ?1 UNION ALL \
         SELECT keys.id, chain.person, steps + 1 FROM keys JOIN chain ON keys.replaced_by = chain.id WHERE steps < ?2) \
         SELECT id, person FROM chain ORDER BY steps DESC LIMIT 1",
    );
    let row = query.bind(id.to_string()).bind(LONGEST_CHAIN).fetch_optional(connection).await?;
    row.map(|row| Ok(Actor { key: parsed(&row, "id")?, person: optional_parsed(&row, "person")? })).transpose()
}

/// Whoever confirms is another than each of these; nobody in particular on the command line.
pub(super) async fn is_another(
    work: &mut Work,
    by: Option<KeyId>,
    than: impl IntoIterator<Item = KeyId>,
    what: &str,
) -> Result<(), StoreError> {
    let Some(by) = by else { return Ok(()) };
    let one = actor(work, by).await?;
    for other in than {
        if !one.is_another_than(&actor(work, other).await?) {
            return Err(StoreError::ConfirmedByMaker { what: what.to_owned() });
        }
    }
    Ok(())
}

/// A key that waits, and what it is to replace.
async fn waiting(work: &mut Work, id: KeyId) -> Result<KeyRecord, StoreError> {
    let key = within(work, id).await?;
    if key.waits() { Ok(key) } else { Err(StoreError::NothingWaits { what: format!("the key {id}") }) }
}

pub(super) async fn confirm(
    mut work: Work,
    id: KeyId,
    at: DateTime<Utc>,
    by: Option<KeyId>,
) -> Result<KeyRecord, StoreError> {
    let key = waiting(&mut work, id).await?;
    let replaces = match key.confirmation {
        Confirmation::Awaited { replaces } => replaces,
        Confirmation::NotNeeded | Confirmation::Given { .. } => None,
    };
    let concerned = [Some(id), key.created_by, replaces.map(|(old, _)| old)].into_iter().flatten();
    is_another(&mut work, by, concerned, &format!("the key {id}")).await?;
    if key.ends().is_some_and(|end| end <= at) {
        return Err(StoreError::KeyEnded { id });
    }
    if let Some((old, overlap)) = replaces {
        let found = within(&mut work, old).await?;
        if found.revoked.is_some() || found.replaced_by.is_some() {
            return Err(StoreError::KeyEnded { id: old });
        }
        replace(&mut work, old, id, at + overlap, at, by).await?;
    }
    let query = sqlx::query(
        "UPDATE keys SET confirmation = 'given', confirmed = ?, confirmed_by = ?, updated_by = ? WHERE id = ?",
    );
    let query = query.bind(time(at)).bind(by.map(|key| key.to_string())).bind(work.name()).bind(id.to_string());
    query.execute(work.on()?).await?;
    let change = Change { from: WAITS, to: IN_USE, by, note: None };
    history::add(&mut work, EventSubject::Key(id), at, change).await?;
    let now = within(&mut work, id).await?;
    work.commit().await?;
    Ok(now)
}

pub(super) async fn refuse(
    mut work: Work,
    id: KeyId,
    at: DateTime<Utc>,
    by: Option<KeyId>,
) -> Result<KeyRecord, StoreError> {
    waiting(&mut work, id).await?;
    end(&mut work, id, at, by).await?;
    let now = within(&mut work, id).await?;
    work.commit().await?;
    Ok(now)
}
