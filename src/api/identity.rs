//! Whose request it is: the key in the `Authorization` header, and how fast it may ask.

use super::ApiState;
use super::connection::ClientAddress;
use super::problems::{KEY_MISSING, Problem};
use super::rates::Told;
use crate::flow::Account;
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
        let address = address(parts);
        let header = parts.headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok());
        let Some(key) = header.and_then(bearer) else {
            state.within(told(parts), state.rates.anonymous(address))?;
            return Err(Problem::new(KEY_MISSING, KEY_MISSING.help));
        };
        match state.service.authenticate(key).await {
            Ok(account) => {
                state.within(told(parts), state.rates.request(account.key))?;
                Ok(Self(account))
            }
            Err(error) => {
                // Guessing keys is slowed by address, however many keys are tried.
                state.within(told(parts), state.rates.anonymous(address))?;
                Err(error.into())
            }
        }
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
