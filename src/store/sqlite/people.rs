//! Organisations and people in the ledger.

use super::history::{self, Change};
use super::keys;
use super::rows::{
    every, json, optional_parsed, optional_text, optional_time, parsed, required_time, text, time, to_json,
};
use super::transaction::Work;
use crate::domain::account::KeyKind;
use crate::domain::identifier::{KeyId, PersonId};
use crate::domain::organisation::Organisation;
use crate::store::account_records::{
    KnownAs, OrganisationRecord, PasswordHash, PersonAction, PersonRecord, PersonStep, SignIn,
};
use crate::store::error::StoreError;
use crate::store::records::EventSubject;
use chrono::{DateTime, Utc};
use sqlx::SqlitePool;
use sqlx::sqlite::SqliteRow;

const MAY_ACT: &str = "may act";
const DISABLED: &str = "disabled";

/// Enters an organisation, unless it is there.
pub(super) async fn organisation_is_there(
    work: &mut Work,
    organisation: &Organisation,
    at: DateTime<Utc>,
    by: Option<KeyId>,
) -> Result<(), StoreError> {
    let query = sqlx::query("INSERT INTO organisations (id, made, updated_by) VALUES (?, ?, ?) ON CONFLICT DO NOTHING");
    let query = query.bind(organisation.id()).bind(time(at)).bind(work.name());
    if query.execute(work.on()?).await?.rows_affected() == 0 {
        return Ok(());
    }
    let change = Change { to: Some("known"), by, ..Change::default() };
    history::add(work, EventSubject::Organisation(organisation.clone()), at, change).await
}

pub(super) async fn organisations(readers: &SqlitePool) -> Result<Vec<OrganisationRecord>, StoreError> {
    let read = |row: &SqliteRow| {
        Ok(OrganisationRecord { organisation: Organisation::from(text(row, "id")?), made: required_time(row, "made")? })
    };
    every(sqlx::query("SELECT * FROM organisations ORDER BY id"), readers, read).await
}

fn read(row: &SqliteRow) -> Result<PersonRecord, StoreError> {
    let both = |one, other| Ok::<_, StoreError>(optional_text(row, one)?.zip(optional_text(row, other)?));
    let sign_in = match (both("issuer", "subject")?, both("user_name", "password")?) {
        (Some((issuer, subject)), _) => SignIn::OpenId { issuer, subject },
        (None, Some((user_name, hash))) => SignIn::Local { user_name, password: PasswordHash(hash) },
        (None, None) => SignIn::NotYet,
    };
    Ok(PersonRecord {
        id: parsed(row, "id")?,
        organisation: Organisation::from(text(row, "organisation")?),
        name: text(row, "name")?,
        email: optional_text(row, "email")?,
        sign_in,
        roles: json(row, "roles")?,
        created: required_time(row, "created")?,
        created_by: optional_parsed(row, "created_by")?,
        disabled: optional_time(row, "disabled")?,
    })
}

/// The four columns of a way to sign in: issuer, subject, user name, password.
fn columns(sign_in: &SignIn) -> [Option<&str>; 4] {
    match sign_in {
        SignIn::NotYet => [None; 4],
        SignIn::OpenId { issuer, subject } => [Some(issuer), Some(subject), None, None],
        SignIn::Local { user_name, password } => [None, None, Some(user_name), Some(&password.0)],
    }
}

/// Nobody else has the address or the way to sign in.
async fn is_free(
    work: &mut Work,
    id: PersonId,
    email: Option<&str>,
    sign_in: Option<&SignIn>,
) -> Result<(), StoreError> {
    let [issuer, subject, user_name, _] = sign_in.map_or([None; 4], columns);
    let query = sqlx::query(
        "SELECT email = ?2 AS email, issuer = ?3 AND subject = ?4 AS subject FROM people \
         WHERE id <> ?1 AND (email = ?2 OR (issuer = ?3 AND subject = ?4) OR user_name = ?5) LIMIT 1",
    );
    let query = query.bind(id.to_string()).bind(email).bind(issuer).bind(subject).bind(user_name);
    let Some(row) = query.fetch_optional(work.on()?).await? else { return Ok(()) };
    let same = |column| sqlx::Row::try_get::<Option<bool>, _>(&row, column).is_ok_and(|same| same == Some(true));
    let what = match (same("email"), same("subject")) {
        (true, _) => "the e-mail address",
        (false, true) => "the account at the OpenID provider",
        (false, false) => "the user name",
    };
    Err(StoreError::Taken { what })
}

pub(super) async fn add(mut work: Work, person: &PersonRecord) -> Result<(), StoreError> {
    organisation_is_there(&mut work, &person.organisation, person.created, person.created_by).await?;
    is_free(&mut work, person.id, person.email.as_deref(), Some(&person.sign_in)).await?;
    let [issuer, subject, user_name, password] = columns(&person.sign_in);
    sqlx::query(
        "INSERT INTO people (id, organisation, name, email, roles, issuer, subject, user_name, password, created, \
         created_by, disabled, updated_by) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    )
    .bind(person.id.to_string())
    .bind(person.organisation.id())
    .bind(&person.name)
    .bind(&person.email)
    .bind(to_json(&person.roles)?)
    .bind(issuer)
    .bind(subject)
    .bind(user_name)
    .bind(password)
    .bind(time(person.created))
    .bind(person.created_by.map(|key| key.to_string()))
    .bind(person.disabled.map(time))
    .bind(work.name())
    .execute(work.on()?)
    .await?;
    let note = person.roles.to_string();
    let change = Change { from: None, to: Some(MAY_ACT), by: person.created_by, note: Some(&note) };
    history::add(&mut work, EventSubject::Person(person.id), person.created, change).await?;
    work.commit().await
}

pub(super) async fn by_id(readers: &SqlitePool, id: PersonId) -> Result<Option<PersonRecord>, StoreError> {
    let query = sqlx::query("SELECT * FROM people WHERE id = ?").bind(id.to_string());
    query.fetch_optional(readers).await?.as_ref().map(read).transpose()
}

pub(super) async fn known_as(readers: &SqlitePool, known: &KnownAs) -> Result<Option<PersonRecord>, StoreError> {
    let query = match known {
        KnownAs::Subject { issuer, subject } => {
            sqlx::query("SELECT * FROM people WHERE issuer = ? AND subject = ?").bind(issuer).bind(subject)
        }
        KnownAs::UserName(name) => sqlx::query("SELECT * FROM people WHERE user_name = ?").bind(name),
        KnownAs::Email(address) => sqlx::query("SELECT * FROM people WHERE email = ?").bind(address),
    };
    query.fetch_optional(readers).await?.as_ref().map(read).transpose()
}

pub(super) async fn list(
    readers: &SqlitePool,
    organisation: Option<&Organisation>,
) -> Result<Vec<PersonRecord>, StoreError> {
    let query = sqlx::query("SELECT * FROM people WHERE ?1 IS NULL OR organisation = ?1 ORDER BY created, id");
    every(query.bind(organisation.map(Organisation::id)), readers, read).await
}

async fn within(work: &mut Work, id: PersonId) -> Result<PersonRecord, StoreError> {
    let query = sqlx::query("SELECT * FROM people WHERE id = ?").bind(id.to_string());
    let row = query.fetch_optional(work.on()?).await?;
    row.as_ref().map_or_else(|| Err(StoreError::NotFound { what: format!("the person {id}") }), read)
}

const fn state(person: &PersonRecord) -> &'static str {
    if person.disabled.is_some() { DISABLED } else { MAY_ACT }
}

pub(super) async fn change(mut work: Work, step: &PersonStep) -> Result<PersonRecord, StoreError> {
    let before = within(&mut work, step.id).await?;
    let (id, by) = (step.id.to_string(), work.name());
    let mut note = None;
    let query = match &step.action {
        PersonAction::Rename { name, email } => {
            is_free(&mut work, step.id, email.as_deref(), None).await?;
            sqlx::query("UPDATE people SET name = ?, email = ?, updated_by = ? WHERE id = ?").bind(name).bind(email)
        }
        PersonAction::Roles(roles) => {
            note = Some(format!("from {} to {roles}", before.roles));
            sqlx::query("UPDATE people SET roles = ?, updated_by = ? WHERE id = ?").bind(to_json(roles)?)
        }
        PersonAction::SignIn(sign_in) => {
            is_free(&mut work, step.id, None, Some(sign_in)).await?;
            keys::end_all_of(&mut work, step.id, Some(KeyKind::Session), step.at, step.by).await?;
            let [issuer, subject, user_name, password] = columns(sign_in);
            let update = "UPDATE people SET issuer = ?, subject = ?, user_name = ?, password = ?, updated_by = ? \
                          WHERE id = ?";
            sqlx::query(update).bind(issuer).bind(subject).bind(user_name).bind(password)
        }
        PersonAction::Disable => {
            keys::end_all_of(&mut work, step.id, None, step.at, step.by).await?;
            let since = before.disabled.unwrap_or(step.at);
            sqlx::query("UPDATE people SET disabled = ?, updated_by = ? WHERE id = ?").bind(time(since))
        }
        PersonAction::Enable => sqlx::query("UPDATE people SET disabled = NULL, updated_by = ? WHERE id = ?"),
    };
    query.bind(by).bind(id).execute(work.on()?).await?;
    let now = within(&mut work, step.id).await?;
    let change = Change { from: Some(state(&before)), to: Some(state(&now)), by: step.by, note: note.as_deref() };
    history::add(&mut work, EventSubject::Person(step.id), step.at, change).await?;
    work.commit().await?;
    Ok(now)
}
