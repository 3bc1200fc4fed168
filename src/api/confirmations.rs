//! A second person stands by keys and roles that decide, or refuses them. For operators.

use super::ApiState;
use super::accounts::{KeyView, PersonView};
use super::identity::Caller;
use super::problems::Problem;
use super::request::{IdOf, JsonBody};
use crate::domain::identifier::{KeyId, PersonId};
use axum::Json;
use axum::extract::State;
use chrono::{DateTime, Utc};
use serde::Deserialize;
use utoipa::ToSchema;

/// Which roles are meant.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RolesDecisionBody {
    /// `asked` of `waiting`, as it was read: what was changed meanwhile is not decided unseen.
    asked: DateTime<Utc>,
}

/// Confirm a key that waits: it can be used from now on. Not by whoever made it or is to have it.
#[utoipa::path(post, path = "/v1/keys/{id}/confirm", tag = "accounts", params(("id" = String, Path)),
    responses((status = 200, body = KeyView), (status = 403, description = "not-allowed, second-person-needed"),
        (status = 409, description = "nothing-waits, key-ended")), security(("key" = [])))]
pub(super) async fn confirm_key(
    State(state): State<ApiState>,
    Caller(account): Caller,
    IdOf(id): IdOf<KeyId>,
) -> Result<Json<KeyView>, Problem> {
    Ok(Json(state.service.confirm_key(&account, id).await?.into()))
}

/// Refuse a key that waits: it ends for good.
#[utoipa::path(post, path = "/v1/keys/{id}/refuse", tag = "accounts", params(("id" = String, Path)),
    responses((status = 200, body = KeyView), (status = 409, description = "nothing-waits")), security(("key" = [])))]
pub(super) async fn refuse_key(
    State(state): State<ApiState>,
    Caller(account): Caller,
    IdOf(id): IdOf<KeyId>,
) -> Result<Json<KeyView>, Problem> {
    Ok(Json(state.service.refuse_key(&account, id).await?.into()))
}

/// Confirm the roles of a person that wait: they hold from now on. Not by whoever had a part in them, nor by the person.
#[utoipa::path(post, path = "/v1/people/{id}/confirm", tag = "accounts", params(("id" = String, Path)), request_body = RolesDecisionBody,
    responses((status = 200, body = PersonView), (status = 403, description = "not-allowed, second-person-needed"),
        (status = 409, description = "nothing-waits")), security(("key" = [])))]
pub(super) async fn confirm_roles(
    State(state): State<ApiState>,
    Caller(account): Caller,
    IdOf(id): IdOf<PersonId>,
    JsonBody(body): JsonBody<RolesDecisionBody>,
) -> Result<Json<PersonView>, Problem> {
    Ok(Json(state.service.confirm_roles(&account, id, body.asked).await?.into()))
}

/// Refuse the roles of a person that wait; those that hold stay.
#[utoipa::path(post, path = "/v1/people/{id}/refuse", tag = "accounts", params(("id" = String, Path)), request_body = RolesDecisionBody,
    responses((status = 200, body = PersonView), (status = 409, description = "nothing-waits")), security(("key" = [])))]
pub(super) async fn refuse_roles(
    State(state): State<ApiState>,
    Caller(account): Caller,
    IdOf(id): IdOf<PersonId>,
    JsonBody(body): JsonBody<RolesDecisionBody>,
) -> Result<Json<PersonView>, Problem> {
    Ok(Json(state.service.refuse_roles(&account, id, body.asked).await?.into()))
}
