//! Answers that are read again and again: a tag made of their content, and 304 to whoever has it already (RFC 9110).

use crate::domain::digest::Digest;
use axum::body::{Body, Bytes};
use axum::extract::Request;
use axum::http::header::{CACHE_CONTROL, CONTENT_LENGTH, CONTENT_TYPE, ETAG, IF_NONE_MATCH};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http_body_util::BodyExt as _;
use serde::Serialize;

/// A longer answer is digested off the threads that listen.
const DIGESTED_AT_ONCE: usize = 128 * 1024;

/// With its encoding, which clients written for DfE's service look for.
pub(super) const JSON: &str = "application/json; charset=utf-8";

/// An answer of bytes.
#[derive(Debug)]
pub(super) struct Read {
    pub(super) bytes: Vec<u8>,
    pub(super) content_type: &'static str,
    /// Whether it is the same for ever.
    pub(super) is_pinned: bool,
}

impl Read {
    pub(super) fn json(value: &impl Serialize, is_pinned: bool) -> Self {
        // Unwrap safety: the views hold texts, numbers and lists only, which always serialise.
        let bytes = serde_json::to_vec(value).unwrap_or_default();
        Self { bytes, content_type: JSON, is_pinned }
    }
}

impl IntoResponse for Read {
    fn into_response(self) -> Response {
        let keep = if self.is_pinned { "public, max-age=31536000, immutable" } else { "public, no-cache" };
        ([(CONTENT_TYPE, self.content_type), (CACHE_CONTROL, keep)], self.bytes).into_response()
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
    if response.status() != StatusCode::OK || response.headers().contains_key(ETAG) {
        return response;
    }
    let (mut parts, body) = response.into_parts();
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
        parts.headers.remove(CONTENT_LENGTH);
        return Response::from_parts(parts, Body::empty());
    }
    Response::from_parts(parts, Body::from(bytes))
}

fn tag(bytes: &Bytes) -> String {
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
