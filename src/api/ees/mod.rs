//! Published data sets for analysts, in the shape of DfE's public data API: the same paths, bodies, paging, warnings and
//! errors, so that its clients read this service with another base address and nothing else.
//!
//! Only cells of published releases are answered. A draft is not here for anybody: who may see drafts reads their files at
//! `/v1/releases`. Beside DfE's service there are `ETag` and `304`, versions that never change, and `asOf`.

mod changes;
mod csv;
mod data_sets;
mod meta;
mod parameters;
mod publications;
mod query;
mod reading;
mod versions;

pub(super) use reading::conditional;

use super::problems::{Problem, QUERY_TIMEOUT};
use super::state::ApiState;
use axum::Router;
use axum::extract::Request;
use axum::http::header::HeaderName;
use axum::http::{HeaderValue, Uri};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse as _, Response};
use std::time::Duration;
use tower::util::MapRequestLayer;
use tower_http::compression::CompressionLayer;
use tower_http::set_header::SetResponseHeaderLayer;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// How long an answer may take.
const LONGEST: Duration = Duration::from_secs(30);

pub(super) fn documented() -> OpenApiRouter<ApiState> {
    let supported = HeaderName::from_static("api-supported-versions");
    OpenApiRouter::new()
        .routes(routes!(publications::list))
        .routes(routes!(publications::read))
        .routes(routes!(publications::data_sets))
        .routes(routes!(data_sets::read))
        .routes(routes!(meta::read))
        .routes(routes!(query::get, query::post))
        .routes(routes!(csv::read))
        .routes(routes!(versions::list))
        .routes(routes!(versions::read))
        .routes(routes!(changes::read))
        .layer(middleware::from_fn(conditional))
        .layer(middleware::from_fn(in_time))
        .layer(CompressionLayer::new())
        .layer(SetResponseHeaderLayer::overriding(supported, HeaderValue::from_static("1")))
}

/// The same under `/v1.0`, as older versions of DfE's clients write the version.
pub(super) fn as_one_point_nought(state: ApiState) -> Router<ApiState> {
    let (router, _) = documented().split_for_parts();
    let router = router.fallback(|| async { Problem::not_found() });
    let inner = MapRequestLayer::new(|mut request: Request| {
        let asked = request.uri().path_and_query().map_or("/", |asked| asked.as_str());
        if let Ok(uri) = format!("/v1{asked}").parse::<Uri>() {
            *request.uri_mut() = uri;
        }
        request
    });
    let inner = tower::Layer::layer(&inner, router.with_state(state));
    Router::new().nest_service("/v1.0", inner)
}

async fn in_time(request: Request, next: Next) -> Response {
    within(LONGEST, next.run(request)).await
}

/// What takes longer is given up.
async fn within(longest: Duration, answer: impl Future<Output = Response>) -> Response {
    tokio::time::timeout(longest, answer).await.unwrap_or_else(|_| {
        let detail = format!("There was no answer within {} s.", longest.as_secs());
        Problem::new(QUERY_TIMEOUT, detail).into_response()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_takes_too_long_is_given_up_with_a_problem() {
        let never = std::future::pending::<Response>();
        assert_eq!(within(Duration::from_millis(1), never).await.status().as_u16(), 504);
        assert_eq!(within(LONGEST, async { "soon".into_response() }).await.status().as_u16(), 200);
    }
}
