//! The one registry of problems: every error the API answers is a line of this table (RFC 9457).
//!
//! A problem's `type` is `/v1/problems/CODE`, which answers with the line's own explanation. Codes are for ever.

use axum::http::StatusCode;
use axum::http::header::{CONTENT_TYPE, RETRY_AFTER};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

/// One kind of problem.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ProblemKind {
    pub code: &'static str,
    pub status: u16,
    pub title: &'static str,
    /// What it means and what to do about it.
    pub help: &'static str,
}

macro_rules! problems {
    ($($name:ident = $code:literal, $status:literal, $title:literal, $help:literal;)*) => {
        $(
            #[doc = $title]
            pub const $name: ProblemKind = ProblemKind { code: $code, status: $status, title: $title, help: $help };
        )*
        /// Every kind there is, in the order of the table.
        pub const ALL: &[ProblemKind] = &[$($name),*];
    };
}

problems! {
    KEY_MISSING = "key-missing", 401, "A key is needed",
        "Send the header `Authorization: Bearer KEY` with a key that `homeward admin key new` made, or sign in at `/v1/sign-in`.";
    KEY_INVALID = "key-invalid", 401, "The key is not known",
        "The key was mistyped, has expired or was revoked. Ask whoever runs the service for a new one.";
    SIGN_IN_FAILED = "sign-in-failed", 401, "You were not signed in",
        "See `detail`, and begin again at `/v1/sign-in`, or with user name and password at `POST /v1/session`.";
    PERSON_UNKNOWN = "person-unknown", 403, "Nobody has entered you here",
        "The provider knows you and this service does not. Whoever runs the service can enter you; `detail` says what to tell them.";
    SIGN_IN_ELSEWHERE = "sign-in-elsewhere", 409, "People sign in another way here",
        "With a provider, in a browser at `/v1/sign-in`; without one, with user name and password at `POST /v1/session`.";
    SIGN_IN_UNAVAILABLE = "sign-in-unavailable", 503, "The provider cannot be used at the moment",
        "Nobody can sign in until it answers again; sessions and keys work as before. Try again after the seconds in the header `Retry-After`.";
    CROSS_SITE = "cross-site", 403, "The request comes from another page",
        "A browser's session changes something only for pages of this service. Programs send the key in the header `Authorization`.";
    NOT_ALLOWED = "not-allowed", 403, "This key may not do that",
        "The key's role does not cover this request. The roles are submitter, signatory, collector, analyst and operator.";
    NOT_FOUND = "not-found", 404, "There is nothing here",
        "The address is wrong, or what it names does not exist for this key.";
    METHOD_NOT_ALLOWED = "method-not-allowed", 405, "This address does not take that method",
        "Compare the method with `/v1/openapi.json`.";
    NOT_ACCEPTABLE = "not-acceptable", 406, "The answer cannot be given in that form",
        "Ask for one of the media types that `/v1/openapi.json` lists for this address.";
    REQUEST_INVALID = "request-invalid", 400, "The request cannot be read",
        "Each of `errors` names a part of the request, what was found and what was expected.";
    IDENTIFYING_TEXT = "identifying-text", 422, "The text could identify somebody",
        "Explanations and notes are kept and read by others. Each of `errors` names a text and the kind of identifier that was found in it; say it without.";
    NOTHING_TO_COMPARE = "nothing-to-compare", 409, "There is no version to compare with",
        "Two versions of one authority's return of one collection are compared, both without errors; `detail` says what is missing.";
    CONTENT_DELETED = "content-deleted", 410, "The content of the return was deleted",
        "Its time was over, or the authority's data was removed on request; `detail` names the certificate. Receipts, counts and the history are kept.";
    WRONG_STATE = "wrong-state", 409, "The return is not in a state that allows this",
        "Read the return again: its `state` says what may follow. Somebody may have acted at the same moment.";
    NOT_READY_TO_SIGN = "not-ready-to-sign", 409, "The return cannot be signed yet",
        "Correct every error, explain every query, and see `errors` for what remains.";
    IDEMPOTENCY_CONFLICT = "idempotency-conflict", 409, "The idempotency key was used for another file",
        "Draw a new `Idempotency-Key` for each sending, and keep the same one only to try that sending again. Never make it of the file: a file that was sent back is sent again under a new key.";
    UPLOAD_INCOMPLETE = "upload-incomplete", 400, "The upload ended too soon",
        "The connection broke or the file was shorter than announced. Nothing was kept; send it again.";
    DIGEST_MISMATCH = "digest-mismatch", 400, "The file that arrived is not the file that was sent",
        "The SHA-256 of the bytes differs from the header `Content-Digest`. Nothing was kept; send it again.";
    TOO_LARGE = "too-large", 413, "The body is larger than this service takes",
        "The limit stands in `detail`. A return is far smaller; look for a file that does not belong.";
    UNSUPPORTED_MEDIA_TYPE = "unsupported-media-type", 415, "The body is not in a form that is read here",
        "Send JSON with `Content-Type: application/json`, or a return as the body itself and not as a field of a form.";
    ADDRESS_TOO_LONG = "address-too-long", 414, "The address is too long",
        "No address of this service is so long. A long query goes into the body of a POST.";
    HEADERS_TOO_LARGE = "headers-too-large", 431, "The headers are too large",
        "Send fewer or shorter headers; cookies of other services are the usual cause.";
    TOO_SLOW = "too-slow", 408, "The request took too long to arrive",
        "No byte of the body came for a while, or fewer in all than a working connection brings. Nothing was kept; send it again.";
    COLLECTION_CLOSED = "collection-closed", 409, "The collection is closed",
        "See `detail` for since when. Returns for it are still checked but cannot be signed; ask the department's collection team, which can reopen it for one authority.";
    COLLECTION_WRONG_STATE = "collection-wrong-state", 409, "The collection is not in a state that allows this",
        "Read the collection again: a planned one is opened, an open one is extended or closed, a closed one is opened again or reopened for one authority.";
    RELEASE_REFUSED = "release-refused", 409, "The release cannot be made",
        "See `detail`: a release needs accepted returns, and its disclosure audit and file checks must pass.";
    RELEASE_WRONG_STATE = "release-wrong-state", 409, "The release is not in a state that allows this",
        "Read the release again: a draft is approved, what is approved is published or scheduled, and what is published never changes.";
    SECOND_PERSON_NEEDED = "second-person-needed", 403, "A second person is needed",
        "A release is approved by another collector than the one who built it; a key or role that decides is confirmed by another operator than whoever asked for it or is to have it. Each with a key or a session of their own.";
    NOTHING_WAITS = "nothing-waits", 409, "There is nothing to confirm or refuse",
        "Read the keys or people again: another operator decided already, or what waits was changed since you saw it.";
    AUTHOR_MAY_NOT_SIGN = "author-may-not-sign", 403, "The author may not sign",
        "In this collection whoever sent a return may not sign it. Another person of the authority signs it, with a key or a session of their own.";
    OWN_ROLES = "own-roles", 403, "Nobody changes their own roles",
        "Ask another who manages accounts: an operator, or for submitters a signatory of the authority.";
    NOT_YOURS_TO_GIVE = "not-yours-to-give", 403, "That is not yours to give or take",
        "A signatory manages the submitters of its own authority; everything else is managed by an operator.";
    TAKEN = "taken", 409, "Somebody else has that already",
        "See `detail`: an e-mail address, a user name and an account at a provider belong to one person each.";
    KEY_ENDED = "key-ended", 409, "The key has ended or was replaced",
        "Make a new key, or rotate the one that took its place: `replaced_by` of `GET /v1/keys` names it.";
    RELEASE_OVERTAKEN = "release-overtaken", 409, "Another release came first",
        "See `detail`. A release starts from what was published when it was built, so releases of a series follow each other one by one.";
    TOO_MANY_REQUESTS = "too-many-requests", 429, "Too many requests",
        "Wait for the seconds in the header `Retry-After`, then go on.";
    TOO_MANY_UPLOADS = "too-many-uploads", 429, "Too many uploads at once",
        "Wait until an upload that is under way has its answer, or for the seconds in the header `Retry-After`, then send it again. Nothing was kept of this one.";
    BUSY = "busy", 503, "The service has as many uploads in hand as it can hold",
        "Nothing was kept. Wait for the seconds in the header `Retry-After`, then send it again.";
    NO_SPACE = "no-space", 503, "The service has no space left",
        "Nothing was kept of this request, and nothing that was acknowledged is lost. Send it again later.";
    TIMEOUT = "timeout", 503, "The answer took too long",
        "The state of the return can be read at its address; with the same `Idempotency-Key` an upload may be sent again.";
    QUERY_TIMEOUT = "query-timeout", 504, "The query took too long",
        "Ask for less at once: fewer conditions, a smaller page. The whole data set is at its address `/csv`.";
    INTERNAL = "internal", 500, "Something went wrong in the service",
        "It was written to the log with the request id of this answer. Nothing that was acknowledged is lost.";
}

/// One part of a request that is wrong. Every member is always there, because clients read them as columns.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct ProblemItem {
    /// What is wrong, as a sentence.
    pub message: String,
    /// Where, as a JSONPath or the name of a header or query parameter.
    pub path: String,
    pub code: String,
    /// What was expected: a text, or an object with what was found and what is allowed.
    #[schema(value_type = Value)]
    pub detail: Value,
}

/// A problem document (RFC 9457).
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[schema(title = "Problem")]
pub struct Problem {
    /// Where the kind of problem is explained.
    #[serde(rename = "type")]
    pub kind: String,
    pub title: String,
    pub status: u16,
    /// What is wrong with this request in particular.
    pub detail: String,
    /// The stable code of the kind of problem.
    pub code: String,
    /// The path that was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub instance: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<ProblemItem>,
    #[serde(skip)]
    pub retry_after_seconds: Option<u64>,
}

impl Problem {
    pub fn new(kind: ProblemKind, detail: impl Into<String>) -> Self {
        Self {
            kind: format!("/v1/problems/{}", kind.code),
            title: kind.title.to_owned(),
            status: kind.status,
            detail: detail.into(),
            code: kind.code.to_owned(),
            instance: None,
            errors: Vec::new(),
            retry_after_seconds: None,
        }
    }

    #[must_use]
    pub fn with(mut self, item: ProblemItem) -> Self {
        self.errors.push(item);
        self
    }

    #[must_use]
    pub const fn retry_after(mut self, seconds: u64) -> Self {
        self.retry_after_seconds = Some(seconds);
        self
    }

    /// The same, with the path that was asked for; a long one is shortened, because a problem is no echo.
    #[must_use]
    pub fn at(mut self, path: &str) -> Self {
        self.instance = Some(path.chars().take(200).collect());
        self
    }

    /// The line of the registry with this code; an unknown code is a fault of ours.
    pub fn of_code(code: &str, detail: impl Into<String>) -> Self {
        Self::new(ALL.iter().find(|kind| kind.code == code).copied().unwrap_or(INTERNAL), detail)
    }

    /// One answer for everything that is not there or not for this key, so that the two cannot be told apart.
    pub fn not_found() -> Self {
        Self::new(NOT_FOUND, NOT_FOUND.help)
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let body = serde_json::to_vec(&self).unwrap_or_default();
        let mut response = (status, [(CONTENT_TYPE, "application/problem+json")], body).into_response();
        if let Some(seconds) = self.retry_after_seconds {
            response.headers_mut().insert(RETRY_AFTER, seconds.max(1).into());
        }
        if status == StatusCode::UNAUTHORIZED {
            let challenge = axum::http::HeaderValue::from_static("Bearer");
            response.headers_mut().insert(axum::http::header::WWW_AUTHENTICATE, challenge);
        }
        // What surrounds the handlers knows the path, and writes it into the document.
        response.extensions_mut().insert(self);
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn codes_are_unique_and_say_what_to_do() {
        let codes: BTreeSet<&str> = ALL.iter().map(|kind| kind.code).collect();
        assert_eq!(codes.len(), ALL.len());
        for kind in ALL {
            assert!(StatusCode::from_u16(kind.status).is_ok_and(|status| status.as_u16() >= 400), "{}", kind.code);
            assert!(kind.help.ends_with('.'), "{}: the help is a sentence", kind.code);
        }
    }
}
