//! The admin listener: metrics, health and readiness, apart from the public API.

use axum::Router;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use futures::future::BoxFuture;
use std::sync::Arc;

/// Brings the gauges up to date and renders the metrics.
pub type Render = Arc<dyn Fn() -> BoxFuture<'static, Result<String, String>> + Send + Sync>;
/// Says whether the service answers, with what it cannot do meanwhile; the sentence when it does not.
pub type Ready = Arc<dyn Fn() -> BoxFuture<'static, Result<String, String>> + Send + Sync>;

/// `/healthz` answers while the process lives, `/readyz` while the ledger does and says where uploads are refused, `/metrics` what Prometheus reads.
pub fn admin_router(render: Render, ready: Ready) -> Router {
    Router::new()
        .route("/healthz", get(|| async { "alive\n" }))
        .route(
            "/readyz",
            get(move || {
                let ready = Arc::clone(&ready);
                async move { answer(ready().await.map(|but| format!("ready\n{but}"))) }
            }),
        )
        .route(
            "/metrics",
            get(move || {
                let render = Arc::clone(&render);
                async move { answer(render().await) }
            }),
        )
}

fn answer(outcome: Result<String, String>) -> Response {
    match outcome {
        Ok(text) => ([("content-type", "text/plain; version=0.0.4; charset=utf-8")], text).into_response(),
        Err(sentence) => (StatusCode::SERVICE_UNAVAILABLE, sentence + "\n").into_response(),
    }
}
