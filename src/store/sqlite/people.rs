//! Organisations and people in the ledger.

use super::confirmations;
use super::history::{self, Change};
use super::keys;
use super::rows::{
    every, json, optional_parsed, optional_text, optional_time, parsed, required_time, selected, text, time, to_json,
};
use super::transaction::Work;
use crate::domain::account::{KeyKind, Roles};
use crate::domain::identifier::{KeyId, PersonId};
use crate::domain::organisation::Organisation;
use crate::store::account_records::{
    KnownAs, OrganisationRecord, PasswordHash, PersonAction, PersonRecord, PersonStep, SignIn, WaitingRoles,
};
use crate::store::error::StoreError;
use crate::store::records::EventSubject;
use chrono::{DateTime, Duration, Utc};
use sqlx::SqlitePool;
use sqlx::sqlite::SqliteRow;

const MAY_ACT: &str = "may act";
const DISABLED: &str = "disabled";
const WAITS: &str = "waits for confirmation";
const NO_ROLE: &str = "no role";

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
        waiting: read_waiting(row)?,
        created: required_time(row, "created")?,
        created_by: optional_parsed(row, "created_by")?,
        disabled: optional_time(row, "disabled")?,
        erased: optional_time(row, "erased")?,
    })
}

fn read_waiting(row: &SqliteRow) -> Result<Option<WaitingRoles>, StoreError> {
    if optional_text(row, "waiting_roles")?.is_none() {
        return Ok(None);
    }
    let (roles, asked) = (json(row, "waiting_roles")?, required_time(row, "asked")?);
    Ok(Some(WaitingRoles { roles, asked, asked_by: json(row, "asked_by")? }))
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
    let waiting = person.waiting.as_ref();
    sqlx::query(
        "INSERT INTO people (id, organisation, name, email, roles, issuer, subject, user_name, password, created, \
         created_by, disabled, waiting_roles, asked, asked_by, updated_by) \
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
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
    .bind(waiting.map(|waiting| to_json(&waiting.roles)).transpose()?)
    .bind(waiting.map(|waiting| time(waiting.asked)))
    .bind(waiting.map(|waiting| to_json(&waiting.asked_by)).transpose()?)
    .bind(work.name())
    .execute(work.on()?)
    .await?;
    let note = told(person);
    let change = Change { from: None, to: Some(state(person)), by: person.created_by, note: Some(&note) };
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
    let mut query = selected("*", "people", [("organisation", organisation.map(|one| one.id().to_owned()))]);
    every(query.push(" ORDER BY created, id").build(), readers, read).await
}

async fn within(work: &mut Work, id: PersonId) -> Result<PersonRecord, StoreError> {
    let query = sqlx::query("SELECT * FROM people WHERE id = ?").bind(id.to_string());
    let row = query.fetch_optional(work.on()?).await?;
    row.as_ref().map_or_else(|| Err(StoreError::NotFound { what: format!("the person {id}") }), read)
}

fn state(person: &PersonRecord) -> &'static str {
    match (person.disabled, &person.waiting) {
        _ if person.may_act() => MAY_ACT,
        (Some(_), _) => DISABLED,
        (None, Some(_)) => WAITS,
        (None, None) => NO_ROLE,
    }
}

/// The roles that hold and those that wait, for the history.
fn told(person: &PersonRecord) -> String {
    let holding = if person.roles.is_empty() { NO_ROLE.to_owned() } else { person.roles.to_string() };
    match &person.waiting {
        None => holding,
        Some(waiting) => format!("{holding}, and {} when another person confirms it", waiting.roles),
    }
}

/// The roles of a person after a step, and those that wait from then on.
fn roles_after(before: &PersonRecord, step: &PersonStep) -> (Roles, Option<WaitingRoles>) {
    let strong = step.confirmed_by_another;
    let all = before.all_roles();
    let asks = |roles: Roles| {
        let earlier = before.waiting.as_ref().map_or(&[][..], |waiting| &waiting.asked_by);
        let asked_by = earlier.iter().copied().chain(step.by.filter(|by| !earlier.contains(by))).collect();
        // Another time than before, also within one tick of the clock: it tells what was seen.
        let next = before.waiting.as_ref().map(|waiting| waiting.asked + Duration::milliseconds(1));
        Some(WaitingRoles { roles, asked: next.map_or(step.at, |next| next.max(step.at)), asked_by })
    };
    let unchanged = || (before.roles, before.waiting.clone());
    match &step.action {
        PersonAction::Roles(wanted) => {
            let given = wanted.without(before.roles).shared_with(strong);
            // What decides nothing and what is taken away holds at once.
            if given.is_empty() { (*wanted, None) } else { (wanted.without(given), asks(*wanted)) }
        }
        // Whoever was entered and never signed in is known by the address: another address can be another person.
        PersonAction::Rename { email, .. } => {
            let decides = before.sign_in == SignIn::NotYet && !before.roles.shared_with(strong).is_empty();
            let is_another = email.is_some() && *email != before.email;
            if before.waiting.is_some() || (decides && is_another) {
                (before.roles.without(strong), asks(all))
            } else {
                unchanged()
            }
        }
        PersonAction::Enable if !all.shared_with(strong).is_empty() => (before.roles.without(strong), asks(all)),
        PersonAction::ConfirmRoles { .. } => {
            (before.waiting.as_ref().map_or(before.roles, |waiting| waiting.roles), None)
        }
        PersonAction::RefuseRoles { .. } => (before.roles, None),
        PersonAction::SignIn(_) | PersonAction::Disable | PersonAction::Enable => unchanged(),
    }
}

/// Refuses to decide on roles that do not wait, or not as they were seen, or whose asker or owner would stand by them.
async fn may_decide(work: &mut Work, before: &PersonRecord, step: &PersonStep) -> Result<(), StoreError> {
    let what = format!("a role of the person {}", before.id);
    let (asked, is_confirmed) = match step.action {
        PersonAction::ConfirmRoles { asked } => (asked, true),
        PersonAction::RefuseRoles { asked } => (asked, false),
        _ => return Ok(()),
    };
    let same = |waiting: &&WaitingRoles| time(waiting.asked) == time(asked);
    let Some(waiting) = before.waiting.as_ref().filter(same) else { return Err(StoreError::NothingWaits { what }) };
    if !is_confirmed {
        return Ok(());
    }
    confirmations::is_another(work, step.by, waiting.asked_by.iter().copied(), &what).await?;
    let Some(by) = step.by else { return Ok(()) };
    let own = confirmations::actor(work, by).await?.person == Some(before.id);
    if own { Err(StoreError::ConfirmedByMaker { what }) } else { Ok(()) }
}

/// Whether the person may not act.
pub(super) async fn is_disabled(work: &mut Work, id: PersonId) -> Result<bool, StoreError> {
    Ok(within(work, id).await?.disabled.is_some())
}

/// Takes away what says who a person is, also from what their keys are called.
pub(super) async fn erase(work: &mut Work, id: PersonId, at: DateTime<Utc>) -> Result<(), StoreError> {
    let query = sqlx::query(
        "UPDATE people SET name = '', email = NULL, issuer = NULL, subject = NULL, user_name = NULL, password = NULL, \
         waiting_roles = NULL, asked = NULL, asked_by = NULL, erased = ?, updated_by = ? WHERE id = ?",
    );
    query.bind(time(at)).bind(work.name()).bind(id.to_string()).execute(work.on()?).await?;
    let query = sqlx::query("UPDATE keys SET label = '', updated_by = ? WHERE person = ? AND revoked IS NOT NULL");
    query.bind(work.name()).bind(id.to_string()).execute(work.on()?).await?;
    Ok(())
}

/// Refuses to change whose name was deleted, or is about to be.
async fn is_kept(work: &mut Work, id: PersonId) -> Result<(), StoreError> {
    let query = sqlx::query("SELECT 1 FROM deletions WHERE person = ?").bind(id.to_string());
    if query.fetch_optional(work.on()?).await?.is_some() { Err(StoreError::PersonDeleted { id }) } else { Ok(()) }
}

/// Disables every person of an organisation who may act, and says how many they were. Nothing of theirs waits any more.
pub(super) async fn disable_all_of(
    work: &mut Work,
    organisation: &Organisation,
    at: DateTime<Utc>,
    by: Option<KeyId>,
) -> Result<u64, StoreError> {
    let query = sqlx::query("SELECT * FROM people WHERE organisation = ? AND disabled IS NULL ORDER BY created, id");
    let rows = query.bind(organisation.id()).fetch_all(work.on()?).await?;
    for row in &rows {
        let person = read(row)?;
        let query = sqlx::query(
            "UPDATE people SET disabled = ?, waiting_roles = NULL, asked = NULL, asked_by = NULL, updated_by = ? WHERE id = ?",
        );
        query.bind(time(at)).bind(work.name()).bind(person.id.to_string()).execute(work.on()?).await?;
        let change = Change { from: Some(state(&person)), to: Some(DISABLED), by, note: None };
        history::add(work, EventSubject::Person(person.id), at, change).await?;
    }
    Ok(rows.len() as u64)
}

pub(super) async fn change(mut work: Work, step: &PersonStep) -> Result<PersonRecord, StoreError> {
    let before = within(&mut work, step.id).await?;
    is_kept(&mut work, step.id).await?;
    may_decide(&mut work, &before, step).await?;
    let (id, by) = (step.id.to_string(), work.name());
    match &step.action {
        PersonAction::Rename { name, email } => {
            is_free(&mut work, step.id, email.as_deref(), None).await?;
            let query = sqlx::query("UPDATE people SET name = ?, email = ?, updated_by = ? WHERE id = ?");
            query.bind(name).bind(email).bind(by).bind(&id).execute(work.on()?).await?;
        }
        PersonAction::SignIn(sign_in) => {
            is_free(&mut work, step.id, None, Some(sign_in)).await?;
            keys::end_all_of(&mut work, step.id, Some(KeyKind::Session), step.at, step.by).await?;
            let [issuer, subject, user_name, password] = columns(sign_in);
            let update = "UPDATE people SET issuer = ?, subject = ?, user_name = ?, password = ?, updated_by = ? \
                          WHERE id = ?";
            let query = sqlx::query(update).bind(issuer).bind(subject).bind(user_name).bind(password);
            query.bind(by).bind(&id).execute(work.on()?).await?;
        }
        PersonAction::Disable => {
            keys::end_all_of(&mut work, step.id, None, step.at, step.by).await?;
            let since = before.disabled.unwrap_or(step.at);
            let query = sqlx::query("UPDATE people SET disabled = ?, updated_by = ? WHERE id = ?");
            query.bind(time(since)).bind(by).bind(&id).execute(work.on()?).await?;
        }
        PersonAction::Enable => {
            let query = sqlx::query("UPDATE people SET disabled = NULL, updated_by = ? WHERE id = ?");
            query.bind(by).bind(&id).execute(work.on()?).await?;
        }
        PersonAction::ConfirmRoles { .. } => {
            let query = sqlx::query("UPDATE people SET confirmed = ?, confirmed_by = ?, updated_by = ? WHERE id = ?");
            let query = query.bind(time(step.at)).bind(step.by.map(|key| key.to_string()));
            query.bind(by).bind(&id).execute(work.on()?).await?;
        }
        PersonAction::Roles(_) | PersonAction::RefuseRoles { .. } => {}
    }
    let (roles, waiting) = roles_after(&before, step);
    let query = sqlx::query(
        "UPDATE people SET roles = ?, waiting_roles = ?, asked = ?, asked_by = ?, updated_by = ? WHERE id = ?",
    );
    query
        .bind(to_json(&roles)?)
        .bind(waiting.as_ref().map(|waiting| to_json(&waiting.roles)).transpose()?)
        .bind(waiting.as_ref().map(|waiting| time(waiting.asked)))
        .bind(waiting.as_ref().map(|waiting| to_json(&waiting.asked_by)).transpose()?)
        .bind(by)
        .bind(&id)
        .execute(work.on()?)
        .await?;
    let now = within(&mut work, step.id).await?;
    let is_moved = (now.roles, &now.waiting) != (before.roles, &before.waiting);
    let note = is_moved.then(|| format!("from {} to {}", told(&before), told(&now)));
    let change = Change { from: Some(state(&before)), to: Some(state(&now)), by: step.by, note: note.as_deref() };
    history::add(&mut work, EventSubject::Person(step.id), step.at, change).await?;
    work.commit().await?;
    Ok(now)
}
