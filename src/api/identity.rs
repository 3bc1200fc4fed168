//! Whose request it is: the key in the `Authorization` header or the session in a cookie, and how fast it may ask.

use super::ApiState;
use super::connection::{ClientAddress, ClientCertificate};
use super::problems::{KEY_MISSING, Problem};
use super::rates::Told;
use crate::domain::account::KeyKind;
use crate::flow::{Account, FlowError};
use axum::extract::FromRequestParts;
use axum::http::Extensions;
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;
use std::net::{IpAddr, Ipv4Addr};

/// The account behind a request. A handler that takes it cannot be reached without a key in use.
#[derive(Debug, Clone)]
pub struct Caller(pub Account);

impl FromRequestParts<ApiState> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &ApiState) -> Result<Self, Problem> {
        let anonymous = || state.within(told(parts), state.rates.anonymous(address(parts)));
        let shown = match Shown::by(parts, state) {
            Ok(Some(shown)) => shown,
            Ok(None) => {
                anonymous()?;
                return Err(Problem::new(KEY_MISSING, KEY_MISSING.help));
            }
            Err(problem) => {
                anonymous()?;
                return Err(problem);
            }
        };
        match shown.account(parts, state).await {
            Ok(account) => {
                state.within(told(parts), state.rates.request(account.key))?;
                Ok(Self(account))
            }
            Err(error) => {
                // Guessing keys is slowed by address, however many keys are tried.
                anonymous()?;
                Err(error.into())
            }
        }
    }
}

/// What a request shows of whoever sent it.
enum Shown {
    /// A key in the header `Authorization`.
    Key(String),
    /// The cookie of somebody who signed in with a browser.
    Session(String),
}

impl Shown {
    /// The header goes before the cookie, which a browser sends unasked.
    fn by(parts: &Parts, state: &ApiState) -> Result<Option<Self>, Problem> {
        if let Some(header) = parts.headers.get(AUTHORIZATION) {
            return Ok(header.to_str().ok().and_then(bearer).map(|key| Self::Key(key.to_owned())));
        }
        Ok(state.sign_in.session_of(&parts.method, &parts.headers)?.map(Self::Session))
    }

    async fn account(self, parts: &Parts, state: &ApiState) -> Result<Account, FlowError> {
        let (key, takes_machines) = match self {
            Self::Key(key) => (key, true),
            Self::Session(key) => (key, false),
        };
        let account = state.service.authenticate(&key).await?;
        let shown = parts.extensions.get::<ClientCertificate>().map(|shown| shown.0);
        let is_bound_to_another = account.certificate.is_some_and(|bound| shown != Some(bound));
        let is_out_of_place = account.kind == KeyKind::Machine && !takes_machines;
        // The same answer as for a key that is not there: whoever found a key learns nothing from trying it.
        if is_bound_to_another || is_out_of_place { Err(FlowError::KeyUnknown) } else { Ok(account) }
    }
}

/// The key of `Bearer KEY`; the scheme in any case (RFC 9110, section 11.1).
fn bearer(header: &str) -> Option<&str> {
    let (scheme, key) = header.split_once(' ')?;
    (scheme.eq_ignore_ascii_case("bearer") && !key.trim().is_empty()).then(|| key.trim())
}

/// A reader of what is published: nobody in particular, or a key that may see more. A wrong key is a problem, not nobody.
#[derive(Debug, Clone)]
pub struct Reader(pub Option<Account>);

impl FromRequestParts<ApiState> for Reader {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &ApiState) -> Result<Self, Problem> {
        if parts.headers.contains_key(AUTHORIZATION) {
            return Caller::from_request_parts(parts, state).await.map(|Caller(account)| Self(Some(account)));
        }
        // A browser sends its cookie unasked, so one that has ended makes a reader nobody and no stranger.
        if let Ok(Some(shown)) = Shown::by(parts, state)
            && let Ok(account) = shown.account(parts, state).await
        {
            state.within(told(parts), state.rates.request(account.key))?;
            return Ok(Self(Some(account)));
        }
        state.within(told(parts), state.rates.anonymous(address(parts)))?;
        Ok(Self(None))
    }
}

pub(super) fn address(parts: &Parts) -> IpAddr {
    address_of(&parts.extensions)
}

/// The address that limits are counted for.
pub(super) fn address_of(extensions: &Extensions) -> IpAddr {
    extensions.get::<ClientAddress>().map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |address| address.0)
}

/// Where the answer is told how the request stands with the limits.
pub(super) fn told(parts: &Parts) -> Option<&Told> {
    parts.extensions.get()
}

/// Counts the tries to sign in of a request.
pub(super) struct Counting {
    address: IpAddr,
    told: Option<Told>,
}

impl<S: Send + Sync> FromRequestParts<S> for Counting {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        Ok(Self { address: address(parts), told: told(parts).cloned() })
    }
}

impl Counting {
    pub(super) fn try_to_sign_in(&self, state: &ApiState) -> Result<(), Problem> {
        state.within(self.told.as_ref(), state.rates.address_sign_in(self.address))
    }

    pub(super) fn try_as_user(&self, state: &ApiState, user_name: &str) -> Result<(), Problem> {
        state.within(self.told.as_ref(), state.rates.user_sign_in(user_name))
    }
}
