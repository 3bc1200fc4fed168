//! Reads the parts of a request; each that is wrong is a problem that says which.

use super::problems::{Problem, ProblemItem, REQUEST_INVALID, TOO_LARGE, UNSUPPORTED_MEDIA_TYPE};
use crate::store::Page;
use axum::body::Bytes;
use axum::extract::{FromRequest, FromRequestParts, Path, Query, Request};
use axum::http::HeaderValue;
use axum::http::header::CONTENT_TYPE;
use axum::http::request::Parts;
use serde::de::DeserializeOwned;
use std::str::FromStr;

/// The largest JSON body that is read; uploads do not come this way.
pub(super) const JSON_BYTES: usize = 1024 * 1024;

/// A JSON body. No body at all reads as an empty object.
#[derive(Debug)]
pub struct JsonBody<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for JsonBody<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let kind = request.headers().get(CONTENT_TYPE).cloned();
        let bytes = Bytes::from_request(request, state).await.map_err(|rejection| {
            if rejection.status() == axum::http::StatusCode::PAYLOAD_TOO_LARGE {
                Problem::new(TOO_LARGE, format!("A JSON body may have at most {JSON_BYTES} bytes."))
            } else {
                invalid("$", "the body did not arrive whole", "a JSON object")
            }
        })?;
        if let (Some(kind), false) = (kind, bytes.is_empty()) {
            json_alone(&kind)?;
        }
        let text: &[u8] = if bytes.is_empty() { b"{}" } else { &bytes };
        serde_json::from_slice(text).map(Self).map_err(|error| {
            // The library's text can quote the body, which may hold what should not be repeated; its place cannot.
            let place = format!("line {}, column {}", error.line(), error.column());
            let what = if error.is_data() {
                "has a member that is missing, unknown or of the wrong type"
            } else {
                "is not JSON"
            };
            invalid("$", &format!("the body {what} at {place}"), "the object that /v1/openapi.json describes")
        })
    }
}

/// Refuses a body that says it is something else than JSON; one that says nothing is read as JSON.
pub(super) fn json_alone(kind: &HeaderValue) -> Result<(), Problem> {
    let kind = kind.to_str().unwrap_or_default().split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    if kind == "application/json" || (kind.starts_with("application/") && kind.ends_with("+json")) {
        return Ok(());
    }
    Err(Problem::new(UNSUPPORTED_MEDIA_TYPE, "The header Content-Type must be application/json."))
}

/// The query of an address.
#[derive(Debug)]
pub struct QueryOf<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for QueryOf<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        match Query::<T>::from_request_parts(parts, state).await {
            Ok(Query(query)) => Ok(Self(query)),
            Err(_) => Err(invalid(
                "query",
                "a query parameter is unknown or of the wrong type",
                "the parameters that /v1/openapi.json lists for this address",
            )),
        }
    }
}

/// The parts of a path. One that cannot be read names nothing, so it is answered as what is not there.
#[derive(Debug)]
pub struct PathOf<T>(pub T);

impl<T: DeserializeOwned + Send, S: Send + Sync> FromRequestParts<S> for PathOf<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let path = Path::<T>::from_request_parts(parts, state).await;
        path.map(|Path(path)| Self(path)).map_err(|_| Problem::not_found())
    }
}

/// An identifier in the path. One that cannot be read names nothing, so it is answered as what is not there.
#[derive(Debug)]
pub struct IdOf<T>(pub T);

impl<T: FromStr + Send, S: Send + Sync> FromRequestParts<S> for IdOf<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let path = Path::<std::collections::BTreeMap<String, String>>::from_request_parts(parts, state).await;
        let Path(path) = path.map_err(|_| Problem::not_found())?;
        let id = path.get("id").and_then(|text| text.parse().ok());
        id.map(Self).ok_or_else(Problem::not_found)
    }
}

/// A problem with one part of the request.
pub(super) fn invalid(path: &str, message: &str, expected: &str) -> Problem {
    let item = ProblemItem {
        message: message.to_owned(),
        path: path.to_owned(),
        code: "invalid".to_owned(),
        detail: format!("expected {expected}").into(),
    };
    Problem::new(REQUEST_INVALID, format!("{path}: {message}; expected {expected}.")).with(item)
}

/// Pages are counted from 1.
pub(super) fn page(number: Option<u64>, size: Option<u64>, largest: u64) -> Result<(u64, u64, Page), Problem> {
    let (number, size) = (number.unwrap_or(1), size.unwrap_or(largest.min(100)));
    if number == 0 || size == 0 || size > largest {
        let expected = format!("page from 1, page_size from 1 to {largest}");
        return Err(invalid("query", "the page does not exist", &expected));
    }
    let skip = (number - 1).checked_mul(size).filter(|skip| i64::try_from(*skip).is_ok());
    let skip = skip.ok_or_else(|| invalid("query.page", "the page does not exist", "a smaller number"))?;
    Ok((number, size, Page { skip, take: size }))
}
