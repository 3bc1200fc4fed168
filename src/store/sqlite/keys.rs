//! The keys of the API in the ledger.

use super::history::{self, Change};
use super::people;
use super::rows::{
    every, json, named, optional_parsed, optional_time, parsed, required_time, selected, text, time, to_json,
};
use super::transaction::Work;
use crate::domain::account::KeyKind;
use crate::domain::identifier::{KeyId, PersonId};
use crate::domain::organisation::Organisation;
use crate::store::account_records::{Confirmation, KeyFilter, KeyRecord, SecretDigest, SecretForm};
use crate::store::error::StoreError;
use crate::store::records::EventSubject;
use chrono::{DateTime, Duration, Utc};
use sqlx::sqlite::SqliteRow;
use sqlx::{Row as _, SqlitePool};

pub(super) const IN_USE: Option<&str> = Some("in use");
pub(super) const WAITS: Option<&str> = Some("waits for confirmation");
pub(super) const REPLACED: Option<&str> = Some("replaced");
const REVOKED: Option<&str> = Some("revoked");
const CONFIRMATION_NOT_NEEDED: &str = "not needed";
const CONFIRMATION_AWAITED: &str = "awaited";

fn read(row: &SqliteRow) -> Result<KeyRecord, StoreError> {
    Ok(KeyRecord {
        id: parsed(row, "id")?,
        kind: named(row, "kind", KeyKind::from_name)?,
        prefix: text(row, "prefix")?,
        secret: SecretDigest {
            form: named(row, "secret_form", SecretForm::from_name)?,
            digest: parsed(row, "secret")?,
        },
        organisation: Organisation::from(text(row, "organisation")?),
        person: optional_parsed(row, "person")?,
        roles: json(row, "roles")?,
        label: text(row, "label")?,
        certificate: optional_parsed(row, "certificate")?,
        created: required_time(row, "created")?,
        created_by: optional_parsed(row, "created_by")?,
        expires: optional_time(row, "expires")?,
        replaced_by: optional_parsed(row, "replaced_by")?,
        overlap_ends: optional_time(row, "overlap_ends")?,
        revoked: optional_time(row, "revoked")?,
        last_used: optional_time(row, "last_used")?,
        confirmation: read_confirmation(row)?,
    })
}

fn read_confirmation(row: &SqliteRow) -> Result<Confirmation, StoreError> {
    let given = optional_time(row, "confirmed")?;
    Ok(match (text(row, "confirmation")?.as_str(), given) {
        (CONFIRMATION_NOT_NEEDED, None) => Confirmation::NotNeeded,
        (CONFIRMATION_AWAITED, None) => {
            let overlap: Option<i64> = row.try_get("overlap")?;
            let replaces = optional_parsed(row, "replaces")?.zip(overlap.map(Duration::seconds));
            Confirmation::Awaited { replaces }
        }
        (_, Some(at)) => Confirmation::Given { at, by: optional_parsed(row, "confirmed_by")? },
        (other, None) => {
            let problem = format!("its confirmation cannot be {other}");
            return Err(StoreError::damaged("a row of the ledger", problem));
        }
    })
}

const fn state(key: &KeyRecord) -> Option<&'static str> {
    match key.confirmation {
        Confirmation::Awaited { .. } => WAITS,
        Confirmation::NotNeeded | Confirmation::Given { .. } => IN_USE,
    }
}

pub(super) async fn add(mut work: Work, key: &KeyRecord) -> Result<(), StoreError> {
    insert(&mut work, key).await?;
    work.commit().await
}

async fn insert(work: &mut Work, key: &KeyRecord) -> Result<(), StoreError> {
    people::organisation_is_there(work, &key.organisation, key.created, key.created_by).await?;
    let no_role = || StoreError::damaged("a new key", "it has no role");
    let (waits, replaces) = match key.confirmation {
        Confirmation::Awaited { replaces } => (true, replaces),
        Confirmation::NotNeeded | Confirmation::Given { .. } => (false, None),
    };
    sqlx::query(
        "INSERT INTO keys (id, kind, prefix, secret, secret_form, organisation, authority, person, role, roles, label, \
         certificate, created, created_by, expires, confirmation, replaces, overlap, updated_by) \
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    )
    .bind(key.id.to_string())
    .bind(key.kind.name())
    .bind(&key.prefix)
    .bind(key.secret.digest.to_string())
    .bind(key.secret.form.name())
    .bind(key.organisation.id())
    .bind(key.organisation.authority())
    .bind(key.person.map(|person| person.to_string()))
    .bind(key.first_role().ok_or_else(no_role)?.name())
    .bind(to_json(&key.roles)?)
    .bind(&key.label)
    .bind(key.certificate.map(|digest| digest.to_string()))
    .bind(time(key.created))
    .bind(key.created_by.map(|maker| maker.to_string()))
    .bind(key.expires.map(time))
    .bind(if waits { CONFIRMATION_AWAITED } else { CONFIRMATION_NOT_NEEDED })
    .bind(replaces.map(|(old, _)| old.to_string()))
    .bind(replaces.map(|(_, overlap)| overlap.num_seconds()))
    .bind(work.name())
    .execute(work.on()?)
    .await?;
    let change = Change { to: state(key), by: key.created_by, ..Change::default() };
    history::add(work, EventSubject::Key(key.id), key.created, change).await
}

pub(super) async fn by_id(readers: &SqlitePool, id: KeyId) -> Result<Option<KeyRecord>, StoreError> {
    let query = sqlx::query("SELECT * FROM keys WHERE id = ?").bind(id.to_string());
    query.fetch_optional(readers).await?.as_ref().map(read).transpose()
}

pub(super) async fn by_secret(readers: &SqlitePool, secret: &SecretDigest) -> Result<Option<KeyRecord>, StoreError> {
    let query = sqlx::query("SELECT * FROM keys WHERE secret = ? AND secret_form = ?");
    let query = query.bind(secret.digest.to_string()).bind(secret.form.name());
    query.fetch_optional(readers).await?.as_ref().map(read).transpose()
}

pub(super) async fn list(readers: &SqlitePool, filter: &KeyFilter) -> Result<Vec<KeyRecord>, StoreError> {
    let named = [
        ("organisation", filter.organisation.as_ref().map(|one| one.id().to_owned())),
        ("kind", filter.kind.map(|kind| kind.name().to_owned())),
        ("person", filter.person.map(|person| person.to_string())),
    ];
    every(selected("*", "keys", named).push(" ORDER BY created, id").build(), readers, read).await
}

pub(super) async fn within(work: &mut Work, id: KeyId) -> Result<KeyRecord, StoreError> {
    let query = sqlx::query("SELECT * FROM keys WHERE id = ?").bind(id.to_string());
    let row = query.fetch_optional(work.on()?).await?;
    row.as_ref().map_or_else(|| Err(StoreError::NotFound { what: format!("the key {id}") }), read)
}

pub(super) async fn upgrade(
    mut work: Work,
    id: KeyId,
    secret: &SecretDigest,
    at: DateTime<Utc>,
) -> Result<(), StoreError> {
    let from = within(&mut work, id).await?.secret.form;
    if from == secret.form {
        return Ok(());
    }
    let query = sqlx::query("UPDATE keys SET secret = ?, secret_form = ?, updated_by = ? WHERE id = ?");
    let query = query.bind(secret.digest.to_string()).bind(secret.form.name()).bind(work.name()).bind(id.to_string());
    query.execute(work.on()?).await?;
    let change = Change { from: Some(from.name()), to: Some(secret.form.name()), ..Change::default() };
    history::add(&mut work, EventSubject::Key(id), at, change).await?;
    work.commit().await
}

pub(super) async fn rotate(
    mut work: Work,
    old: KeyId,
    new: &KeyRecord,
    overlap_ends: DateTime<Utc>,
) -> Result<(), StoreError> {
    let found = within(&mut work, old).await?;
    if !found.is_in_use(new.created) || found.replaced_by.is_some() {
        return Err(StoreError::KeyEnded { id: old });
    }
    insert(&mut work, new).await?;
    if !new.waits() {
        replace(&mut work, old, new.id, overlap_ends, new.created, new.created_by).await?;
    }
    work.commit().await
}

/// Writes that a key took the place of another, and when that one ends.
pub(super) async fn replace(
    work: &mut Work,
    old: KeyId,
    new: KeyId,
    overlap_ends: DateTime<Utc>,
    at: DateTime<Utc>,
    by: Option<KeyId>,
) -> Result<(), StoreError> {
    let query = sqlx::query("UPDATE keys SET replaced_by = ?, overlap_ends = ?, updated_by = ? WHERE id = ?");
    let query = query.bind(new.to_string()).bind(time(overlap_ends)).bind(work.name()).bind(old.to_string());
    query.execute(work.on()?).await?;
    let note = format!("until {}", overlap_ends.to_rfc3339());
    let change = Change { from: IN_USE, to: REPLACED, by, note: Some(&note) };
    history::add(work, EventSubject::Key(old), at, change).await
}

pub(super) async fn revoke(mut work: Work, id: KeyId, at: DateTime<Utc>, by: Option<KeyId>) -> Result<(), StoreError> {
    if within(&mut work, id).await?.revoked.is_some() {
        return Ok(());
    }
    end(&mut work, id, at, by).await?;
    work.commit().await
}

/// Ends every key of a person that is not revoked, or those of one kind.
pub(super) async fn end_all_of(
    work: &mut Work,
    person: PersonId,
    kind: Option<KeyKind>,
    at: DateTime<Utc>,
    by: Option<KeyId>,
) -> Result<(), StoreError> {
    let named = [("person", Some(person.to_string())), ("kind", kind.map(|kind| kind.name().to_owned()))];
    let mut query = selected("id", "keys", named);
    query.push(" AND revoked IS NULL ORDER BY created, id");
    for row in query.build().fetch_all(work.on()?).await? {
        end(work, parsed(&row, "id")?, at, by).await?;
    }
    Ok(())
}

/// Ends every key of an organisation that is not revoked, sessions too, and says how many they were.
pub(super) async fn end_all_of_organisation(
    work: &mut Work,
    organisation: &Organisation,
    at: DateTime<Utc>,
    by: Option<KeyId>,
) -> Result<u64, StoreError> {
    let query = sqlx::query("SELECT id FROM keys WHERE organisation = ? AND revoked IS NULL ORDER BY created, id");
    let rows = query.bind(organisation.id()).fetch_all(work.on()?).await?;
    for row in &rows {
        end(work, parsed(row, "id")?, at, by).await?;
    }
    Ok(rows.len() as u64)
}

pub(super) async fn end(work: &mut Work, id: KeyId, at: DateTime<Utc>, by: Option<KeyId>) -> Result<(), StoreError> {
    let from = state(&within(work, id).await?);
    let query = sqlx::query("UPDATE keys SET revoked = ?, updated_by = ? WHERE id = ?");
    query.bind(time(at)).bind(work.name()).bind(id.to_string()).execute(work.on()?).await?;
    let change = Change { from, to: REVOKED, by, note: None };
    history::add(work, EventSubject::Key(id), at, change).await
}

pub(super) async fn note_use(mut work: Work, id: KeyId, at: DateTime<Utc>) -> Result<(), StoreError> {
    let query = sqlx::query("UPDATE keys SET last_used = ?, updated_by = ? WHERE id = ?");
    query.bind(time(at)).bind(work.name()).bind(id.to_string()).execute(work.on()?).await?;
    work.commit().await
}
