//! Accounts: organisations, people, and the keys of machines. For operators, and for signatories within their authority.

use super::ApiState;
use super::identity::Caller;
use super::problems::Problem;
use super::request::{IdOf, JsonBody, QueryOf, invalid};
use crate::domain::account::{KeyKind, Role, Roles};
use crate::domain::digest::Digest;
use crate::domain::identifier::{KeyId, PersonId};
use crate::domain::organisation::Organisation;
use crate::flow::{AccountKey, MadeKey, NewPerson, OrganisationAccounts, PersonChanges};
use crate::store::{Confirmation, KeyRecord, PersonRecord, SignIn, WaitingRoles};
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use chrono::{DateTime, Duration, Utc};
use serde::{Deserialize, Deserializer, Serialize};
use utoipa::{IntoParams, ToSchema};

/// How long an old key can be used beside the one that took its place, unless said otherwise: seven days.
const OVERLAP_HOURS: u32 = 7 * 24;

/// An organisation and how many accounts it has.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct OrganisationView {
    /// `department`, or the three-digit code of an authority.
    id: String,
    name: String,
    /// People who may act.
    people: usize,
    /// Keys for machines that are in use.
    keys: usize,
}

impl From<OrganisationAccounts> for OrganisationView {
    fn from(one: OrganisationAccounts) -> Self {
        Self { id: one.organisation.id().to_owned(), name: one.name, people: one.people, keys: one.keys }
    }
}

/// A person who may act.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct PersonView {
    id: String,
    organisation: String,
    name: String,
    email: Option<String>,
    /// `not-yet`, `openid` or `local`.
    signs_in: String,
    /// Those that hold; none while all that were given wait.
    #[schema(value_type = Vec<String>)]
    roles: Roles,
    /// What another operator has to confirm before it holds.
    waiting: Option<WaitingView>,
    created: DateTime<Utc>,
    /// The key that entered the person; null where it was done on the command line.
    created_by: Option<String>,
    /// Since when the person may not act.
    disabled: Option<DateTime<Utc>>,
    /// When name, address and way to sign in were deleted.
    erased: Option<DateTime<Utc>>,
}

/// Roles that hold when another person has confirmed them.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct WaitingView {
    /// All that the person has then.
    #[schema(value_type = Vec<String>)]
    roles: Roles,
    /// Since when they wait as they are now; it is given with a confirmation.
    asked: DateTime<Utc>,
    /// The keys that had a part in it; none of their holders confirms it.
    asked_by: Vec<String>,
}

impl From<WaitingRoles> for WaitingView {
    fn from(waiting: WaitingRoles) -> Self {
        let asked_by = waiting.asked_by.iter().map(ToString::to_string).collect();
        Self { roles: waiting.roles, asked: waiting.asked, asked_by }
    }
}

impl From<PersonRecord> for PersonView {
    fn from(person: PersonRecord) -> Self {
        let signs_in = match person.sign_in {
            SignIn::NotYet => "not-yet",
            SignIn::OpenId { .. } => "openid",
            SignIn::Local { .. } => "local",
        };
        Self {
            id: person.id.to_string(),
            organisation: person.organisation.id().to_owned(),
            name: person.name,
            email: person.email,
            signs_in: signs_in.to_owned(),
            roles: person.roles,
            waiting: person.waiting.map(Into::into),
            created: person.created,
            created_by: person.created_by.map(|key| key.to_string()),
            disabled: person.disabled,
            erased: person.erased,
        }
    }
}

/// A key, without its secret.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct KeyView {
    id: String,
    /// `machine` or `session`.
    kind: String,
    /// Its first characters.
    prefix: String,
    organisation: String,
    /// Who acts with it, where that is known.
    person: Option<String>,
    #[schema(value_type = Vec<String>)]
    roles: Roles,
    label: String,
    /// SHA-256 of the client certificate without which it is not taken.
    certificate: Option<String>,
    created: DateTime<Utc>,
    /// The key that made it; null where it was made on the command line.
    created_by: Option<String>,
    expires: Option<DateTime<Utc>>,
    /// The key that takes its place.
    replaced_by: Option<String>,
    /// When it ends because it was replaced.
    overlap_ends: Option<DateTime<Utc>>,
    revoked: Option<DateTime<Utc>>,
    /// To the minute.
    last_used: Option<DateTime<Utc>>,
    /// Whether it waits for another operator to confirm it, and cannot be used before.
    waits: bool,
    /// When another person confirmed it, where it waited.
    confirmed: Option<DateTime<Utc>>,
    /// The key that did; null where it was confirmed on the command line.
    confirmed_by: Option<String>,
}

impl From<KeyRecord> for KeyView {
    fn from(key: KeyRecord) -> Self {
        let waits = key.waits();
        let (confirmed, confirmed_by) = match key.confirmation {
            Confirmation::Given { at, by } => (Some(at), by.map(|key| key.to_string())),
            Confirmation::NotNeeded | Confirmation::Awaited { .. } => (None, None),
        };
        Self {
            id: key.id.to_string(),
            kind: key.kind.name().to_owned(),
            prefix: key.prefix,
            organisation: key.organisation.id().to_owned(),
            person: key.person.map(|person| person.to_string()),
            roles: key.roles,
            label: key.label,
            certificate: key.certificate.map(|digest| digest.to_string()),
            created: key.created,
            created_by: key.created_by.map(|maker| maker.to_string()),
            expires: key.expires,
            replaced_by: key.replaced_by.map(|key| key.to_string()),
            overlap_ends: key.overlap_ends,
            revoked: key.revoked,
            last_used: key.last_used,
            waits,
            confirmed,
            confirmed_by,
        }
    }
}

/// A key that was just made.
#[derive(Serialize, ToSchema)]
pub(super) struct MadeKeyView {
    key: KeyView,
    /// What is sent as `Authorization: Bearer …`. It is shown this once and kept nowhere.
    secret: String,
}

impl From<MadeKey> for MadeKeyView {
    fn from(made: MadeKey) -> Self {
        Self { key: made.record.into(), secret: made.text }
    }
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewPersonBody {
    /// `department` or the code of an authority; your own without it.
    organisation: Option<String>,
    name: String,
    /// Where reminders go, and by which an OpenID provider's account is matched.
    email: Option<String>,
    #[schema(value_type = Vec<String>)]
    roles: Vec<Role>,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct PersonChangesBody {
    name: Option<String>,
    /// Null takes the address away; absent, it stays.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>)]
    email: Option<Option<String>>,
    /// Hold at once for every key and session of the person, but for those that another operator has to confirm. Nobody
    /// changes their own.
    #[schema(value_type = Option<Vec<String>>)]
    roles: Option<Vec<Role>>,
    /// True ends every key and session of the person at once, for good; false lets them sign in again.
    disabled: Option<bool>,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewKeyBody {
    /// `department` or the code of an authority; your own without it.
    organisation: Option<String>,
    #[schema(value_type = Vec<String>)]
    roles: Vec<Role>,
    label: String,
    /// The person who acts with it.
    person: Option<String>,
    /// The SHA-256 of the client certificate without which it is not taken.
    certificate: Option<String>,
    /// When it ends by itself.
    expires: Option<DateTime<Utc>>,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RotationBody {
    /// How long the old key can still be used: 0 to 2160, 168 without it.
    overlap_hours: Option<u32>,
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct KeysQuery {
    /// `machine` (without it) or `session`.
    kind: Option<String>,
}

/// A member that is there, null or not: absent ones are not read at all.
fn given<'de, D: Deserializer<'de>>(member: D) -> Result<Option<Option<String>>, D::Error> {
    Option::deserialize(member).map(Some)
}

/// The organisations that you manage, with how many accounts each has.
#[utoipa::path(get, path = "/v1/organisations", tag = "accounts",
    responses((status = 200, body = Vec<OrganisationView>)), security(("key" = [])))]
pub(super) async fn organisations(
    State(state): State<ApiState>,
    Caller(account): Caller,
) -> Result<Json<Vec<OrganisationView>>, Problem> {
    Ok(Json(state.service.organisations(&account).await?.into_iter().map(Into::into).collect()))
}

/// The people of the organisations that you manage.
#[utoipa::path(get, path = "/v1/people", tag = "accounts",
    responses((status = 200, body = Vec<PersonView>)), security(("key" = [])))]
pub(super) async fn people(
    State(state): State<ApiState>,
    Caller(account): Caller,
) -> Result<Json<Vec<PersonView>>, Problem> {
    Ok(Json(state.service.people(&account).await?.into_iter().map(Into::into).collect()))
}

/// Enter a person. A signatory enters submitters of its own authority.
///
/// Where the service is set up so, roles that decide wait in `waiting` until another operator confirms them.
#[utoipa::path(post, path = "/v1/people", tag = "accounts", request_body = NewPersonBody,
    responses((status = 201, body = PersonView), (status = 403, description = "not-allowed, not-yours-to-give"),
        (status = 409, description = "taken")), security(("key" = [])))]
pub(super) async fn add_person(
    State(state): State<ApiState>,
    Caller(account): Caller,
    JsonBody(body): JsonBody<NewPersonBody>,
) -> Result<(StatusCode, Json<PersonView>), Problem> {
    // The service settles the organisation and what waits; what stands here now are places that it fills.
    let (organisation, roles) = (Organisation::Department, body.roles.into_iter().collect());
    let confirmed_by_another = Roles::NONE;
    let new = NewPerson { organisation, name: body.name, email: body.email, roles, by: None, confirmed_by_another };
    let made = state.service.add_person(&account, body.organisation.as_deref(), new).await?;
    Ok((StatusCode::CREATED, Json(made.into())))
}

/// Change a person: name, address, roles, or whether they may act.
#[utoipa::path(patch, path = "/v1/people/{id}", tag = "accounts", params(("id" = String, Path)), request_body = PersonChangesBody,
    responses((status = 200, body = PersonView), (status = 403, description = "not-allowed, not-yours-to-give, own-roles"),
        (status = 409, description = "taken")), security(("key" = [])))]
pub(super) async fn change_person(
    State(state): State<ApiState>,
    Caller(account): Caller,
    IdOf(id): IdOf<PersonId>,
    JsonBody(body): JsonBody<PersonChangesBody>,
) -> Result<Json<PersonView>, Problem> {
    let roles = body.roles.map(Roles::from);
    let changes = PersonChanges { name: body.name, email: body.email, roles, disabled: body.disabled };
    Ok(Json(state.service.change_person(&account, id, &changes).await?.into()))
}

/// The keys of the organisations that you manage, without their secrets.
#[utoipa::path(get, path = "/v1/keys", tag = "accounts", params(KeysQuery),
    responses((status = 200, body = Vec<KeyView>)), security(("key" = [])))]
pub(super) async fn keys(
    State(state): State<ApiState>,
    Caller(account): Caller,
    QueryOf(query): QueryOf<KeysQuery>,
) -> Result<Json<Vec<KeyView>>, Problem> {
    let named = query.kind.as_deref().unwrap_or(KeyKind::Machine.name());
    let kind = KeyKind::from_name(named)
        .ok_or_else(|| invalid("query.kind", "there is no such kind of key", "machine or session"))?;
    Ok(Json(state.service.keys(&account, kind).await?.into_iter().map(Into::into).collect()))
}

/// Make a key for a machine. Its secret is in the answer and nowhere else. A signatory makes keys of submitters.
///
/// Where the service is set up so, a key with a role that decides `waits`: it is unknown until another operator confirms it.
#[utoipa::path(post, path = "/v1/keys", tag = "accounts", request_body = NewKeyBody,
    responses((status = 201, body = MadeKeyView), (status = 403, description = "not-allowed, not-yours-to-give"),
        (status = 404, description = "not-found")), security(("key" = [])))]
pub(super) async fn new_key(
    State(state): State<ApiState>,
    Caller(account): Caller,
    JsonBody(body): JsonBody<NewKeyBody>,
) -> Result<(StatusCode, Json<MadeKeyView>), Problem> {
    let person = body.person.map(|id| id.parse().map_err(|_| Problem::not_found())).transpose()?;
    let certificate = body.certificate.map(|text| text.to_ascii_lowercase().parse::<Digest>());
    let certificate = certificate
        .transpose()
        .map_err(|_| invalid("$.certificate", "it is not the SHA-256 of a certificate", "64 hexadecimal digits"))?;
    let new = AccountKey {
        organisation: body.organisation,
        person,
        roles: body.roles.into_iter().collect(),
        label: body.label,
        certificate,
        expires: body.expires,
    };
    Ok((StatusCode::CREATED, Json(state.service.new_key(&account, new).await?.into())))
}

/// Make a key that takes the place of another, which can be used until the overlap ends.
///
/// Where the new key `waits` for another operator, the overlap begins when it is confirmed.
#[utoipa::path(post, path = "/v1/keys/{id}/rotate", tag = "accounts", params(("id" = String, Path)), request_body = RotationBody,
    responses((status = 201, body = MadeKeyView), (status = 403, description = "not-allowed, not-yours-to-give"),
        (status = 409, description = "key-ended")), security(("key" = [])))]
pub(super) async fn rotate(
    State(state): State<ApiState>,
    Caller(account): Caller,
    IdOf(id): IdOf<KeyId>,
    JsonBody(body): JsonBody<RotationBody>,
) -> Result<(StatusCode, Json<MadeKeyView>), Problem> {
    let overlap = Duration::hours(body.overlap_hours.unwrap_or(OVERLAP_HOURS).into());
    Ok((StatusCode::CREATED, Json(state.service.rotate_key(&account, id, overlap).await?.into())))
}

/// End a key at once.
#[utoipa::path(delete, path = "/v1/keys/{id}", tag = "accounts", params(("id" = String, Path)),
    responses((status = 200, body = KeyView), (status = 403, description = "not-allowed, not-yours-to-give")), security(("key" = [])))]
pub(super) async fn end_key(
    State(state): State<ApiState>,
    Caller(account): Caller,
    IdOf(id): IdOf<KeyId>,
) -> Result<Json<KeyView>, Problem> {
    Ok(Json(state.service.end_key(&account, id).await?.into()))
}
