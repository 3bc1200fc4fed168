//! The session of a person: begun with a password, read, ended.

use super::cookies::SESSION;
use crate::api::ApiState;
use crate::api::identity::{Caller, Counting};
use crate::api::problems::{INTERNAL, Problem};
use crate::api::request::JsonBody;
use crate::flow::WhoAmI;
use axum::Json;
use axum::extract::State;
use axum::http::header::SET_COOKIE;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use std::fmt;
use utoipa::ToSchema;

/// A user name and its password.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::api) struct Credentials {
    user_name: String,
    #[schema(format = Password)]
    password: String,
    /// Whether to answer with the session's key, for a client that is no browser, in place of a cookie.
    #[serde(default)]
    bearer: bool,
}

impl fmt::Debug for Credentials {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Credentials")
    }
}

/// A session that has begun.
#[derive(Serialize, ToSchema)]
pub(in crate::api) struct BegunSessionView {
    /// When it ends, however it is used.
    ends: DateTime<Utc>,
    /// For the header `Authorization: Bearer`, where it was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    key: Option<String>,
}

/// Who somebody is here.
#[derive(Serialize, ToSchema)]
pub(in crate::api) struct SessionView {
    /// What acts: `session` for a person who signed in, `machine` for a key.
    kind: &'static str,
    /// The key's identifier, as the history names it.
    key: String,
    /// The person's identifier, where one is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    person: Option<String>,
    /// The person's name, or what the key is called.
    name: String,
    /// An authority's three-digit code, or `department`.
    organisation: String,
    roles: Vec<String>,
    /// When it ends unless it is used before.
    #[serde(skip_serializing_if = "Option::is_none")]
    idle_until: Option<DateTime<Utc>>,
    /// When it ends, however it is used.
    #[serde(skip_serializing_if = "Option::is_none")]
    ends: Option<DateTime<Utc>>,
}

impl From<WhoAmI> for SessionView {
    fn from(who: WhoAmI) -> Self {
        Self {
            kind: who.kind.name(),
            key: who.key.to_string(),
            person: who.person.map(|person| person.to_string()),
            name: who.name,
            organisation: who.organisation.id().to_owned(),
            roles: who.roles.iter().map(|role| role.name().to_owned()).collect(),
            idle_until: who.idle_until,
            ends: who.ends,
        }
    }
}

/// Sign in with a user name and a password, where no provider is configured. No key is needed.
#[utoipa::path(post, path = "/v1/session", tag = "sessions", request_body = Credentials,
    responses((status = 201, description = "Signed in: the session is in a cookie, or with `bearer` in the answer", body = BegunSessionView),
        (status = 401, description = "sign-in-failed"), (status = 403, description = "cross-site"),
        (status = 409, description = "sign-in-elsewhere"), (status = 429, description = "too-many-requests")))]
pub(in crate::api) async fn create(
    State(state): State<ApiState>,
    counting: Counting,
    headers: HeaderMap,
    JsonBody(given): JsonBody<Credentials>,
) -> Result<Response, Problem> {
    let door = &state.sign_in;
    door.refuse_other_sites(&headers)?;
    counting.try_to_sign_in(&state)?;
    counting.try_as_user(&state, &given.user_name)?;
    let session = state.service.sign_in_with_password(&given.user_name, given.password).await?;
    let lives = session.ends - state.service.now();
    let mut begun = BegunSessionView { ends: session.ends, key: None };
    if given.bearer {
        begun.key = Some(session.key);
        return Ok((StatusCode::CREATED, Json(begun)).into_response());
    }
    let cookie = SESSION.set(&session.key, lives, door.encrypted);
    let cookie = cookie.ok_or_else(|| Problem::new(INTERNAL, INTERNAL.help))?;
    Ok((StatusCode::CREATED, [(SET_COOKIE, cookie)], Json(begun)).into_response())
}

/// Who am I: the person or machine behind this request, its organisation and roles, and until when.
#[utoipa::path(get, path = "/v1/session", tag = "sessions",
    responses((status = 200, body = SessionView)), security(("key" = [])))]
pub(in crate::api) async fn read(
    State(state): State<ApiState>,
    Caller(account): Caller,
) -> Result<Json<SessionView>, Problem> {
    Ok(Json(state.service.who_am_i(&account).await?.into()))
}

/// Sign out: the session ends at once.
#[utoipa::path(delete, path = "/v1/session", tag = "sessions",
    responses((status = 204, description = "Signed out"), (status = 400, description = "request-invalid")), security(("key" = [])))]
pub(in crate::api) async fn end(State(state): State<ApiState>, Caller(account): Caller) -> Result<Response, Problem> {
    state.service.sign_out(&account).await?;
    let mut response = StatusCode::NO_CONTENT.into_response();
    response.headers_mut().extend(SESSION.clear(state.sign_in.encrypted).map(|cookie| (SET_COOKIE, cookie)));
    Ok(response)
}
