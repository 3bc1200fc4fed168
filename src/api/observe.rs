//! What surrounds every request: its id, its line in the log, its metrics, an answer also when a handler panics.
//!
//! A line holds the method, the route's pattern, the status and the time taken; never a query, a header or a body.

use super::heads::oversized;
use super::problems::{INTERNAL, Problem, TIMEOUT};
use crate::telemetry::Metrics;
use axum::extract::{MatchedPath, Request, State};
use axum::http::header::{CONTENT_ENCODING, CONTENT_LENGTH};
use axum::http::{HeaderValue, Method};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use futures::FutureExt as _;
use std::panic::AssertUnwindSafe;
use std::time::{Duration, Instant};
use tracing::Instrument as _;

/// What the middleware needs of the service.
#[derive(Debug, Clone)]
pub struct Observation {
    pub metrics: Metrics,
    pub timeout: Duration,
    /// Whether clients reach the service encrypted, and are told never to do otherwise.
    pub encrypted: bool,
}

/// Anybody can make up a method; the metrics and the log know those of HTTP.
fn known(method: &Method) -> &'static str {
    let methods = ["GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "CONNECT"];
    methods.into_iter().find(|known| *known == method.as_str()).unwrap_or("other")
}

/// Runs a request inside its span, under its timeout.
pub async fn observe(State(observation): State<Observation>, request: Request, next: Next) -> Response {
    let route = request.extensions().get::<MatchedPath>().map_or("unknown", |path| path.as_str()).to_owned();
    let method = known(request.method());
    let path = request.uri().path().to_owned();
    let id = uuid::Uuid::new_v4().simple().to_string();
    // A span of the highest level, so that lines of every level bear the request's id whatever is filtered.
    let span = tracing::error_span!("request", id = %id, method = %method, route = %route);
    let begun = Instant::now();
    let answered = async {
        match oversized(&request) {
            Some(problem) => problem.into_response(),
            None => next.run(request).await,
        }
    };
    let answer = tokio::time::timeout(observation.timeout, AssertUnwindSafe(answered).catch_unwind());
    let mut response = match answer.instrument(span.clone()).await {
        Ok(Ok(response)) => response,
        // What a panic says is not repeated: it could quote what it was working on.
        Ok(Err(_)) => {
            span.in_scope(|| tracing::error!("a handler panicked"));
            Problem::new(INTERNAL, format!("The request id is {id}.")).into_response()
        }
        Err(_) => {
            let detail = format!("There was no answer within {} s.", observation.timeout.as_secs());
            Problem::new(TIMEOUT, detail).retry_after(5).into_response()
        }
    };
    if let Some(problem) = response.extensions_mut().remove::<Problem>() {
        let told = problem.at(&path).into_response();
        // What was added on the way out stays: only the document is another.
        *response.body_mut() = told.into_body();
        for name in [CONTENT_LENGTH, CONTENT_ENCODING] {
            response.headers_mut().remove(name);
        }
    }
    let status = response.status().as_u16().to_string();
    let seconds = begun.elapsed().as_secs_f64();
    let metrics = &observation.metrics;
    metrics.http_requests_total.with_label_values(&[route.as_str(), method, status.as_str()]).inc();
    metrics.http_request_seconds.with_label_values(&[route.as_str()]).observe(seconds);
    span.in_scope(|| tracing::info!(status = %status, seconds, "answered"));
    if let Ok(value) = HeaderValue::from_str(&id) {
        response.headers_mut().insert("x-request-id", value);
    }
    for (name, value) in on_every_answer(observation.encrypted) {
        response.headers_mut().entry(name).or_insert(HeaderValue::from_static(value));
    }
    response
}

/// The headers that every answer bears, whoever gives it, unless it says otherwise itself. `encrypted` is whether clients reach
/// the service so.
pub(super) fn on_every_answer(encrypted: bool) -> impl Iterator<Item = (&'static str, &'static str)> {
    let always = [("x-content-type-options", "nosniff"), ("cache-control", "no-store")];
    always.into_iter().chain(encrypted.then_some(("strict-transport-security", "max-age=31536000")))
}

/// The same as lines of a head, for answers that are given before there is a request.
pub(super) fn lines_on_every_answer(encrypted: bool) -> String {
    on_every_answer(encrypted).map(|(name, value)| format!("{name}: {value}\r\n")).collect()
}
