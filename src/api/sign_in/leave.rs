//! The way of a browser out: of the session here, then to the provider and back.

use super::cookies::{LEAVING, SESSION};
use super::page::{BeginQuery, to};
use super::pending::{Errand, LIVES, Pending};
use crate::api::ApiState;
use crate::api::identity::Caller;
use crate::api::problems::{INTERNAL, Problem};
use crate::api::request::{QueryOf, invalid};
use axum::Json;
use axum::extract::State;
use axum::http::header::SET_COOKIE;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// Sign out here and, where the provider offers it, there too.
///
/// The session ends at once, whatever the provider does. It asks the person whether they mean it, because this service shows it
/// no ID token, and sends them back to `/v1/sign-out/callback`.
#[utoipa::path(post, path = "/v1/sign-out", tag = "sessions", params(BeginQuery),
    responses((status = 204, description = "Signed out here; there is no provider, or it does not offer more"),
        (status = 303, description = "Signed out here; to the provider to sign out there too, or, without one that offers it, to the path that was asked for"),
        (status = 503, description = "sign-in-unavailable, timeout")), security(("key" = [])))]
pub(in crate::api) async fn begin(
    State(state): State<ApiState>,
    Caller(account): Caller,
    QueryOf(query): QueryOf<BeginQuery>,
) -> Result<Response, Problem> {
    let door = &state.sign_in;
    let return_to = query.path()?;
    let cleared = SESSION.clear(door.encrypted);
    let leaving = match state.service.sign_out_everywhere(&account).await {
        Ok(leaving) => leaving,
        Err(error) => {
            let is_out = error.code() == "sign-in-unavailable";
            let mut response = Problem::from(error).into_response();
            // Signed out here all the same: only the provider could not be asked.
            response.headers_mut().extend(cleared.filter(|_| is_out).map(|cookie| (SET_COOKIE, cookie)));
            return Ok(response);
        }
    };
    let Some(leaving) = leaving else {
        let mut response = match return_to {
            Some(path) => to(&path, []),
            None => StatusCode::NO_CONTENT.into_response(),
        };
        response.headers_mut().extend(cleared.map(|cookie| (SET_COOKIE, cookie)));
        return Ok(response);
    };
    let ends = state.service.now() + LIVES;
    let pending = Pending { state: leaving.state, errand: Errand::SignOut, return_to, ends };
    let cookie = door.pending.seal(&pending).and_then(|sealed| LEAVING.set(&sealed, LIVES, door.encrypted));
    let cookie = cookie.ok_or_else(|| Problem::new(INTERNAL, INTERNAL.help))?;
    Ok(to(&leaving.address, [Some(cookie), cleared].into_iter().flatten()))
}

/// What the provider's redirect brings. Providers add members of their own, which nobody reads.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(in crate::api) struct LeftQuery {
    state: Option<String>,
}

/// Somebody who signed out.
#[derive(Serialize, ToSchema)]
pub(in crate::api) struct SignedOutView {
    /// That the provider sent them back: what it did meanwhile it says itself.
    at_provider: bool,
}

/// The way back from the provider, signed out. No key is needed.
#[utoipa::path(get, path = "/v1/sign-out/callback", tag = "sessions", params(LeftQuery),
    responses((status = 200, description = "Signed out; no path was asked for", body = SignedOutView),
        (status = 303, description = "Signed out: to the path that was asked for"),
        (status = 400, description = "request-invalid")))]
pub(in crate::api) async fn callback(
    State(state): State<ApiState>,
    headers: HeaderMap,
    QueryOf(query): QueryOf<LeftQuery>,
) -> Response {
    let door = &state.sign_in;
    let given = query.state.unwrap_or_default();
    let sealed = LEAVING.read(&headers, door.encrypted);
    let pending = sealed.and_then(|sealed| door.pending.come_back(&sealed, &given, state.service.now()));
    let mut response = match pending.filter(|pending| pending.errand == Errand::SignOut) {
        Some(Pending { return_to: Some(path), .. }) => to(&path, []),
        Some(Pending { return_to: None, .. }) => Json(SignedOutView { at_provider: true }).into_response(),
        None => {
            let problem =
                "this browser began no sign-out that could end here, or it was too long ago, or it ended already";
            invalid("query.state", problem, "the state that the provider was given").into_response()
        }
    };
    response.headers_mut().extend(LEAVING.clear(door.encrypted).map(|cookie| (SET_COOKIE, cookie)));
    response
}
