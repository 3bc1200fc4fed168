//! Answers that are read again and again: a tag made of their content, and 304 to whoever has it already (RFC 9110).

use crate::domain::digest::Digest;
use crate::flow::DataSetVersion;
use axum::body::{Body, Bytes};
use axum::extract::{FromRequestParts, Request};
use axum::http::header::{CACHE_CONTROL, CONTENT_LENGTH, CONTENT_TYPE, ETAG, IF_NONE_MATCH};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, response};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http_body_util::BodyExt as _;
use serde::Serialize;
use std::convert::Infallible;
use std::fmt::Debug;

/// A longer answer is digested off the threads that listen.
const DIGESTED_AT_ONCE: usize = 128 * 1024;

/// With its encoding, which clients written for DfE's service look for.
pub(super) const JSON: &str = "application/json; charset=utf-8";

/// An answer of bytes.
#[derive(Debug)]
pub(super) struct Read {
    /// None where the client has them already.
    pub(super) bytes: Option<Bytes>,
    pub(super) content_type: &'static str,
    /// Whether it is the same for ever.
    pub(super) is_pinned: bool,
    /// The tag, where it was known before the answer was made; it is made of the content else.
    pub(super) tag: Option<Tag>,
}

/// A view as JSON.
pub(super) fn written(view: &impl Serialize) -> Vec<u8> {
    // Unwrap safety: the views hold texts, numbers and lists only, which always serialise.
    serde_json::to_vec(view).unwrap_or_default()
}

impl Read {
    pub(super) fn json(view: &impl Serialize, is_pinned: bool) -> Self {
        Self { bytes: Some(written(view).into()), content_type: JSON, is_pinned, tag: None }
    }

    /// An answer with a tag that was known before, or nothing for a client that has it already.
    pub(super) fn tagged(bytes: Option<Bytes>, content_type: &'static str, is_pinned: bool, tag: Tag) -> Self {
        Self { bytes, content_type, is_pinned, tag: Some(tag) }
    }
}

impl IntoResponse for Read {
    fn into_response(self) -> Response {
        let keep = if self.is_pinned { "public, max-age=31536000, immutable" } else { "public, no-cache" };
        let mut response = match self.bytes {
            Some(bytes) => ([(CONTENT_TYPE, self.content_type)], bytes).into_response(),
            None => StatusCode::NOT_MODIFIED.into_response(),
        };
        response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static(keep));
        if let Some(value) = self.tag.and_then(|tag| HeaderValue::from_str(&tag.0).ok()) {
            response.headers_mut().insert(ETAG, value);
        }
        response
    }
}

/// The tag of an answer that follows from a version of a data set, which never changes, and from what is asked of it.
#[derive(Debug)]
pub(super) struct Tag(String);

impl Tag {
    /// `asked` says everything that the answer depends on beside the version. Another version of the program may write
    /// the same answer otherwise.
    pub(super) fn of(version: &DataSetVersion, asked: &impl Debug) -> Self {
        let releases = &version.releases;
        let asked = format!("{} {} {releases:?} {asked:?}", env!("CARGO_PKG_VERSION"), version.data_set);
        Self(tag(asked.as_bytes()))
    }
}

/// The tags that a client says it has, of a request to read.
#[derive(Debug)]
pub(super) struct Known(Option<HeaderValue>);

impl Known {
    /// Whether it has what a tag stands for; `*` is decided when the answer is there.
    pub(super) fn has(&self, tag: &Tag) -> bool {
        self.0.as_ref().is_some_and(|known| known != "*" && names(known, &tag.0))
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Known {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        // A HEAD has become a GET by now.
        let is_read = parts.method == Method::GET;
        Ok(Self(parts.headers.get(IF_NONE_MATCH).filter(|_| is_read).cloned()))
    }
}

/// Gives an answer to a GET or HEAD its tag, unless it has one, and answers 304 where the client has it already. An answer
/// to POST has its tag too, for whoever compares answers; it is never 304.
///
/// The tags are weak, because the same content is sent compressed to those who take that.
pub(in super::super) async fn conditional(mut request: Request, next: Next) -> Response {
    let method = request.method().clone();
    let is_read = method == Method::GET || method == Method::HEAD;
    let known = request.headers().get(IF_NONE_MATCH).cloned();
    if method == Method::HEAD {
        // The tag is that of what a GET would answer.
        *request.method_mut() = Method::GET;
    }
    let response = next.run(request).await;
    if response.status() != StatusCode::OK {
        return response;
    }
    let (mut parts, body) = response.into_parts();
    if let Some(tag) = parts.headers.get(ETAG) {
        let is_known = is_read && known.is_some_and(|known| names(&known, tag.to_str().unwrap_or_default()));
        return match (is_known, method == Method::HEAD) {
            (true, _) => not_modified(&parts.headers),
            (false, true) => without_body(parts),
            (false, false) => Response::from_parts(parts, body),
        };
    }
    let Ok(bytes) = body.collect().await.map(http_body_util::Collected::to_bytes) else {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    let tag = if bytes.len() > DIGESTED_AT_ONCE {
        let digested = bytes.clone();
        match tokio::task::spawn_blocking(move || tag(&digested)).await {
            Ok(tag) => tag,
            Err(_) => return StatusCode::INTERNAL_SERVER_ERROR.into_response(),
        }
    } else {
        tag(&bytes)
    };
    if let Ok(value) = HeaderValue::from_str(&tag) {
        parts.headers.insert(ETAG, value);
    }
    if is_read && known.is_some_and(|known| names(&known, &tag)) {
        return not_modified(&parts.headers);
    }
    if method == Method::HEAD {
        return without_body(parts);
    }
    Response::from_parts(parts, Body::from(bytes))
}

fn without_body(mut parts: response::Parts) -> Response {
    parts.headers.remove(CONTENT_LENGTH);
    Response::from_parts(parts, Body::empty())
}

fn tag(bytes: &[u8]) -> String {
    let digest = Digest::of(bytes).to_string();
    format!("W/\"{}\"", &digest[..32])
}

/// Whether a list of tags has this one, compared weakly (RFC 9110, section 8.8.3.2).
fn names(known: &HeaderValue, tag: &str) -> bool {
    let known = known.to_str().unwrap_or_default();
    let opaque = |tag: &str| tag.trim().trim_start_matches("W/").to_owned();
    known.split(',').any(|one| one.trim() == "*" || opaque(one) == opaque(tag))
}

fn not_modified(headers: &HeaderMap) -> Response {
    let mut response = StatusCode::NOT_MODIFIED.into_response();
    for name in [ETAG, CACHE_CONTROL] {
        if let Some(value) = headers.get(&name) {
            response.headers_mut().insert(name, value.clone());
        }
    }
    response
}
