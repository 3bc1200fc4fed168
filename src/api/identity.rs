//! Whose request it is: the key in the `Authorization` header, and how fast it may ask.

use super::ApiState;
use super::connection::ClientAddress;
use super::problems::{KEY_MISSING, Problem};
use crate::flow::Account;
use axum::extract::FromRequestParts;
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
            state.rates.anonymous(address).inspect_err(|_| state.count_limited("anonymous"))?;
            return Err(Problem::new(KEY_MISSING, KEY_MISSING.help));
        };
        match state.service.authenticate(key).await {
            Ok(account) => {
                state.rates.request(account.key).inspect_err(|_| state.count_limited("requests"))?;
                Ok(Self(account))
            }
            Err(error) => {
                // Guessing keys is slowed by address, however many keys are tried.
                state.rates.anonymous(address).inspect_err(|_| state.count_limited("anonymous"))?;
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
        state.rates.anonymous(address(parts)).inspect_err(|_| state.count_limited("anonymous"))?;
        Ok(Self(None))
    }
}

fn address(parts: &Parts) -> IpAddr {
    let unknown = IpAddr::V4(Ipv4Addr::UNSPECIFIED);
    parts.extensions.get::<ClientAddress>().map_or(unknown, |address| address.0)
}
