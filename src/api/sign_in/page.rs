//! The way of a browser to the provider and back.

use super::cookies::{PENDING, SESSION};
use super::pending::{Errand, LIVES, Pending};
use super::return_path;
use crate::api::ApiState;
use crate::api::identity::Counting;
use crate::api::problems::{INTERNAL, Problem, SIGN_IN_FAILED};
use crate::api::request::{QueryOf, invalid};
use crate::flow::Returned;
use axum::extract::State;
use axum::http::header::{LOCATION, REFERRER_POLICY, SET_COOKIE};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use utoipa::IntoParams;

/// Where somebody goes who did not say where.
const DEFAULT_RETURN: &str = "/v1/session";

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(in crate::api) struct BeginQuery {
    /// The path of this service to go to afterwards; it begins with `/` and names no host.
    #[serde(rename = "return")]
    pub(super) return_to: Option<String>,
}

impl BeginQuery {
    /// The path, if one was named; it leads to this service.
    pub(super) fn path(&self) -> Result<Option<String>, Problem> {
        let wrong = || invalid("query.return", "the path does not lead to this service", "a path such as /v1/returns");
        let named = self.return_to.as_deref();
        named.map(|path| return_path::local(path).map(str::to_owned).ok_or_else(wrong)).transpose()
    }
}

/// Sign in with the department's provider: sends the browser there. No key is needed.
#[utoipa::path(get, path = "/v1/sign-in", tag = "sessions", params(BeginQuery),
    responses((status = 303, description = "To the provider; a cookie ties the way back to this browser"),
        (status = 409, description = "sign-in-elsewhere"), (status = 429, description = "too-many-requests"),
        (status = 503, description = "sign-in-unavailable, timeout")))]
pub(in crate::api) async fn begin(
    State(state): State<ApiState>,
    counting: Counting,
    QueryOf(query): QueryOf<BeginQuery>,
) -> Result<Response, Problem> {
    counting.try_to_sign_in(&state)?;
    let return_to = query.path()?;
    let begun = state.service.begin_sign_in().await?;
    let ends = state.service.now() + LIVES;
    let errand = Errand::SignIn { nonce: begun.nonce, verifier: begun.verifier };
    let pending = Pending { state: begun.state, errand, return_to, ends };
    let door = &state.sign_in;
    let cookie = door.pending.seal(&pending).and_then(|sealed| PENDING.set(&sealed, LIVES, door.encrypted));
    let cookie = cookie.ok_or_else(|| Problem::new(INTERNAL, INTERNAL.help))?;
    Ok(to(&begun.address, [cookie]))
}

/// What the provider's redirect brings. Providers add members of their own, which nobody reads.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(in crate::api) struct CallbackQuery {
    code: Option<String>,
    state: Option<String>,
    /// The provider that answers (RFC 9207).
    iss: Option<String>,
    /// What the provider says in place of a code.
    error: Option<String>,
}

/// The way back from the provider: begins a session. No key is needed.
#[utoipa::path(get, path = "/v1/sign-in/callback", tag = "sessions", params(CallbackQuery),
    responses((status = 303, description = "Signed in: to the path that was asked for, with the session as a cookie"),
        (status = 401, description = "sign-in-failed"), (status = 403, description = "person-unknown"),
        (status = 409, description = "sign-in-elsewhere"), (status = 429, description = "too-many-requests"),
        (status = 503, description = "sign-in-unavailable, timeout")))]
pub(in crate::api) async fn callback(
    State(state): State<ApiState>,
    counting: Counting,
    headers: HeaderMap,
    QueryOf(query): QueryOf<CallbackQuery>,
) -> Response {
    let encrypted = state.sign_in.encrypted;
    let used_up = PENDING.clear(encrypted);
    match come_back(&state, &counting, &headers, query).await {
        Ok((return_to, session)) => to(&return_to, [Some(session), used_up].into_iter().flatten()),
        Err(problem) => {
            let mut response = problem.into_response();
            response.headers_mut().extend(used_up.map(|cookie| (SET_COOKIE, cookie)));
            response
        }
    }
}

async fn come_back(
    state: &ApiState,
    counting: &Counting,
    headers: &HeaderMap,
    query: CallbackQuery,
) -> Result<(String, HeaderValue), Problem> {
    counting.try_to_sign_in(state)?;
    let (door, now) = (&state.sign_in, state.service.now());
    let failed = |detail: &str| Problem::new(SIGN_IN_FAILED, detail);
    let again = "This browser began no sign-in that could end here, or it was too long ago, or it ended already. Begin again \
                 at /v1/sign-in.";
    let sealed = PENDING.read(headers, door.encrypted).ok_or_else(|| failed(again))?;
    let given = query.state.unwrap_or_default();
    let pending = door.pending.come_back(&sealed, &given, now).ok_or_else(|| failed(again))?;
    if query.iss.is_some_and(|issuer| !state.service.is_provider(&issuer)) {
        return Err(failed("Another provider answered than the one that was asked. Begin again at /v1/sign-in."));
    }
    let code = match (query.code, query.error) {
        (Some(code), None) => code,
        (_, Some(error)) if error == "access_denied" => {
            return Err(failed("The provider says that you did not agree. Begin again at /v1/sign-in."));
        }
        _ => return Err(failed("The provider sent you back without signing you in. Begin again at /v1/sign-in.")),
    };
    let Errand::SignIn { nonce, verifier } = pending.errand else { return Err(failed(again)) };
    let returned = Returned { code, nonce, verifier };
    let session = state.service.end_sign_in(returned).await?;
    let cookie = SESSION.set(&session.key, session.ends - now, door.encrypted);
    let return_to = pending.return_to.unwrap_or_else(|| DEFAULT_RETURN.to_owned());
    Ok((return_to, cookie.ok_or_else(|| Problem::new(INTERNAL, INTERNAL.help))?))
}

pub(super) fn to(address: &str, cookies: impl IntoIterator<Item = HeaderValue>) -> Response {
    let Ok(location) = HeaderValue::from_str(address) else {
        return Problem::new(INTERNAL, INTERNAL.help).into_response();
    };
    let mut response = (StatusCode::SEE_OTHER, [(LOCATION, location)]).into_response();
    // The address of the way back holds the code.
    response.headers_mut().insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    for cookie in cookies {
        response.headers_mut().append(SET_COOKIE, cookie);
    }
    response
}
