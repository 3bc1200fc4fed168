//! Releases: built and published by a collector, read by everyone once they are published.

use super::ApiState;
use super::identity::{Caller, Reader};
use super::problems::Problem;
use super::request::{IdOf, JsonBody};
use crate::domain::identifier::ReleaseId;
use crate::domain::release::ReleaseState;
use crate::flow::NewRelease;
use crate::store::ReleaseRecord;
use axum::Json;
use axum::extract::{Path, State};
use axum::http::header::{CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_TYPE, ETAG, IF_NONE_MATCH};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Which collection to make a release of.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ReleaseBody {
    collection: String,
}

/// One release.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ReleaseView {
    id: String,
    collection: String,
    /// `draft` or `published`.
    state: String,
    built: String,
    published: Option<String>,
    files: Vec<ReleaseFileView>,
}

/// One file of a release, read at `/v1/releases/{id}/files/{name}`.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ReleaseFileView {
    name: String,
    bytes: u64,
    /// SHA-256, also its `ETag`.
    digest: String,
}

impl From<ReleaseRecord> for ReleaseView {
    fn from(release: ReleaseRecord) -> Self {
        let file = |file: crate::store::ReleaseFile| ReleaseFileView {
            name: file.name,
            bytes: file.bytes,
            digest: file.digest.to_string(),
        };
        Self {
            id: release.id.to_string(),
            collection: release.collection,
            state: release.state.to_string(),
            built: release.built.to_rfc3339(),
            published: release.published.map(|at| at.to_rfc3339()),
            files: release.files.into_iter().map(file).collect(),
        }
    }
}

/// Build a release of a collection from the accepted returns, as a draft.
///
/// Its disclosure audit and file checks run first; a release that fails them is refused.
#[utoipa::path(post, path = "/v1/releases", tag = "releases", request_body = ReleaseBody,
    responses((status = 201, body = ReleaseView), (status = "4XX", body = Problem, content_type = "application/problem+json")), security(("key" = [])))]
pub(super) async fn build(
    State(state): State<ApiState>,
    Caller(account): Caller,
    JsonBody(body): JsonBody<ReleaseBody>,
) -> Result<(StatusCode, Json<ReleaseView>), Problem> {
    let release = state.service.build_release(&account, NewRelease::of(&body.collection)).await?;
    Ok((StatusCode::CREATED, Json(release.into())))
}

/// Approve a draft: a second person stands by it, with another collector's key than the one that built it.
#[utoipa::path(post, path = "/v1/releases/{id}/approve", tag = "releases", params(("id" = String, Path)),
    responses((status = 200, body = ReleaseView), (status = "4XX", body = Problem, content_type = "application/problem+json")), security(("key" = [])))]
pub(super) async fn approve(
    State(state): State<ApiState>,
    Caller(account): Caller,
    IdOf(id): IdOf<ReleaseId>,
) -> Result<Json<ReleaseView>, Problem> {
    Ok(Json(state.service.approve_release(&account, id).await?.into()))
}

/// When to publish.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct PublishBody {
    /// A time to come (RFC 3339), at which the service publishes; at once when absent.
    at: Option<DateTime<Utc>>,
}

/// Publish an approved release, at once or at a time. From its publication on nothing about it changes.
#[utoipa::path(post, path = "/v1/releases/{id}/publish", tag = "releases", params(("id" = String, Path)), request_body = PublishBody,
    responses((status = 200, body = ReleaseView), (status = "4XX", body = Problem, content_type = "application/problem+json")), security(("key" = [])))]
pub(super) async fn publish(
    State(state): State<ApiState>,
    Caller(account): Caller,
    IdOf(id): IdOf<ReleaseId>,
    JsonBody(body): JsonBody<PublishBody>,
) -> Result<Json<ReleaseView>, Problem> {
    Ok(Json(state.service.publish_release(&account, id, body.at).await?.into()))
}

/// Why a release is given up.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct DiscardBody {
    reason: String,
}

/// Give up a release that is not published. Its files are deleted; its line stays, with the reason.
#[utoipa::path(post, path = "/v1/releases/{id}/discard", tag = "releases", params(("id" = String, Path)), request_body = DiscardBody,
    responses((status = 200, body = ReleaseView), (status = "4XX", body = Problem, content_type = "application/problem+json")), security(("key" = [])))]
pub(super) async fn discard(
    State(state): State<ApiState>,
    Caller(account): Caller,
    IdOf(id): IdOf<ReleaseId>,
    JsonBody(body): JsonBody<DiscardBody>,
) -> Result<Json<ReleaseView>, Problem> {
    Ok(Json(state.service.discard_release(&account, id, &body.reason).await?.into()))
}

/// The releases, oldest first. No key is needed for those that are published.
#[utoipa::path(get, path = "/v1/releases", tag = "releases", responses((status = 200, body = Vec<ReleaseView>), (status = "4XX", body = Problem, content_type = "application/problem+json")), security((), ("key" = [])))]
pub(super) async fn list(
    State(state): State<ApiState>,
    Reader(account): Reader,
) -> Result<Json<Vec<ReleaseView>>, Problem> {
    let releases = state.service.releases(account.as_ref()).await?;
    Ok(Json(releases.into_iter().map(Into::into).collect()))
}

/// One release. No key is needed when it is published.
#[utoipa::path(get, path = "/v1/releases/{id}", tag = "releases", params(("id" = String, Path)),
    responses((status = 200, body = ReleaseView), (status = 404, body = Problem, content_type = "application/problem+json")), security((), ("key" = [])))]
pub(super) async fn read(
    State(state): State<ApiState>,
    Reader(account): Reader,
    IdOf(id): IdOf<ReleaseId>,
) -> Result<Json<ReleaseView>, Problem> {
    Ok(Json(state.service.release(account.as_ref(), id).await?.into()))
}

/// One file of a release, byte for byte as it was built. Its `ETag` is its SHA-256, and `If-None-Match` is answered.
#[utoipa::path(get, path = "/v1/releases/{id}/files/{*name}", tag = "releases", params(("id" = String, Path), ("name" = String, Path)),
    responses((status = 200, description = "The file"), (status = 304, description = "It has not changed"),
        (status = 404, body = Problem, content_type = "application/problem+json")), security((), ("key" = [])))]
pub(super) async fn file(
    State(state): State<ApiState>,
    Reader(account): Reader,
    IdOf(id): IdOf<ReleaseId>,
    Path((_, name)): Path<(String, String)>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let release = state.service.release(account.as_ref(), id).await?;
    let listed = release.files.iter().find(|file| file.name == name).ok_or_else(Problem::not_found)?;
    let tag = format!("\"{}\"", listed.digest);
    // A published file never changes; a draft may only be kept by who may see it.
    let keep = if release.state == ReleaseState::Published {
        "public, max-age=31536000, immutable"
    } else {
        "private, no-cache"
    };
    let known = headers.get(IF_NONE_MATCH).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if known.split(',').any(|one| one.trim().trim_start_matches("W/") == tag || one.trim() == "*") {
        return Ok((StatusCode::NOT_MODIFIED, [(ETAG, tag), (CACHE_CONTROL, keep.to_owned())]).into_response());
    }
    let (_, bytes) = state.service.release_file(account.as_ref(), id, &name).await?;
    let last = name.rsplit('/').next().unwrap_or("file").to_owned();
    let told = [
        (CONTENT_TYPE, media_type(&last).to_owned()),
        (CONTENT_DISPOSITION, format!("attachment; filename=\"{last}\"")),
        (CACHE_CONTROL, keep.to_owned()),
        (ETAG, tag),
    ];
    Ok((told, bytes).into_response())
}

fn media_type(name: &str) -> &'static str {
    match name.rsplit('.').next() {
        Some("csv") => "text/csv; charset=utf-8",
        Some("json") => "application/json",
        Some("parquet") => "application/vnd.apache.parquet",
        Some("svg") => "image/svg+xml",
        Some("xlsx") => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        Some("ods") => "application/vnd.oasis.opendocument.spreadsheet",
        Some("txt" | "md") => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}
