//! Releases are read: by everyone once they are published, now or as they stood at a time.

use super::ApiState;
use super::identity::Reader;
use super::problems::Problem;
use super::release_views::ReleaseView;
use super::request::{IdOf, PathOf, QueryOf, invalid};
use crate::domain::identifier::ReleaseId;
use crate::domain::release::ReleaseState;
use crate::flow::Account;
use axum::Json;
use axum::extract::State;
use axum::http::header::{CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_TYPE, ETAG, IF_NONE_MATCH};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use chrono::{DateTime, Utc};
use serde::Deserialize;
use utoipa::IntoParams;

/// Which releases to list.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct ListQuery {
    /// Of this collection only.
    collection: Option<String>,
    /// What stood at this time (RFC 3339, not in the future): of each collection the release that was the latest published.
    as_of: Option<DateTime<Utc>>,
}

/// Which release stood.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct LatestQuery {
    collection: String,
    /// At this time (RFC 3339, not in the future); now when absent.
    as_of: Option<DateTime<Utc>>,
}

/// The releases, oldest first. No key is needed for those that are published.
#[utoipa::path(get, path = "/v1/releases", tag = "releases", params(ListQuery),
    responses((status = 200, body = Vec<ReleaseView>)), security((), ("key" = [])))]
pub(super) async fn list(
    State(state): State<ApiState>,
    Reader(account): Reader,
    QueryOf(query): QueryOf<ListQuery>,
) -> Result<Json<Vec<ReleaseView>>, Problem> {
    let mut releases = match query.as_of {
        Some(at) => state.service.releases_as_of(past(&state, at)?).await?,
        None => state.service.releases(account.as_ref()).await?,
    };
    releases.retain(|release| query.collection.as_ref().is_none_or(|wanted| *wanted == release.collection));
    let mut views = Vec::with_capacity(releases.len());
    for release in releases {
        views.push(ReleaseView::with_obstacle(&state.service, release, account.as_ref()).await?);
    }
    Ok(Json(views))
}

/// The release of a collection that stands, or that stood at a time. No key is needed.
#[utoipa::path(get, path = "/v1/releases/latest", tag = "releases", params(LatestQuery),
    responses((status = 200, body = ReleaseView),
        (status = 404, description = "not-found")), security((), ("key" = [])))]
pub(super) async fn latest(
    State(state): State<ApiState>,
    Reader(account): Reader,
    QueryOf(query): QueryOf<LatestQuery>,
) -> Result<Json<ReleaseView>, Problem> {
    let at = query.as_of.map_or_else(|| Ok(state.service.now()), |at| past(&state, at))?;
    let release = state.service.release_as_of(&query.collection, at).await?.ok_or_else(Problem::not_found)?;
    Ok(Json(ReleaseView::of(release, account.as_ref())))
}

/// What will stand at a time to come is not known yet, so it is not answered.
fn past(state: &ApiState, at: DateTime<Utc>) -> Result<DateTime<Utc>, Problem> {
    if at > state.service.now() {
        return Err(invalid("query.as_of", "the time is in the future", "a time that has passed"));
    }
    Ok(at)
}

/// One release. No key is needed when it is published.
#[utoipa::path(get, path = "/v1/releases/{id}", tag = "releases", params(("id" = String, Path)),
    responses((status = 200, body = ReleaseView)), security((), ("key" = [])))]
pub(super) async fn read(
    State(state): State<ApiState>,
    Reader(account): Reader,
    IdOf(id): IdOf<ReleaseId>,
) -> Result<Json<ReleaseView>, Problem> {
    let release = state.service.release(account.as_ref(), id).await?;
    Ok(Json(ReleaseView::with_obstacle(&state.service, release, account.as_ref()).await?))
}

/// What changed for readers of each data set since the release before, and the version that follows from it: major where
/// something was removed or renamed, minor where something was added or a value changed, patch where only words were.
#[utoipa::path(get, path = "/v1/releases/{id}/changes", tag = "releases", params(("id" = String, Path)),
    responses((status = 200, description = "The document of changes, as the file `changes.json` of the release", body = Value, content_type = "application/json"),
        (status = 304, description = "It has not changed")), security((), ("key" = [])))]
pub(super) async fn changes(
    State(state): State<ApiState>,
    Reader(account): Reader,
    IdOf(id): IdOf<ReleaseId>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    served(&state, account.as_ref(), id, "changes.json", &headers).await
}

/// One file of a release, byte for byte as it was built. Its `ETag` is its SHA-256, and `If-None-Match` is answered.
#[utoipa::path(get, path = "/v1/releases/{id}/files/{*name}", tag = "releases", params(("id" = String, Path), ("name" = String, Path)),
    responses((status = 200, description = "The file", content((String = "text/csv"), (Value = "application/json"),
            (String = "text/plain"), (String = "image/svg+xml"), (Vec<u8> = "application/vnd.apache.parquet"),
            (Vec<u8> = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
            (Vec<u8> = "application/vnd.oasis.opendocument.spreadsheet"), (Vec<u8> = "application/octet-stream"))), (status = 304, description = "It has not changed")), security((), ("key" = [])))]
pub(super) async fn file(
    State(state): State<ApiState>,
    Reader(account): Reader,
    IdOf(id): IdOf<ReleaseId>,
    PathOf((_, name)): PathOf<(String, String)>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    served(&state, account.as_ref(), id, &name, &headers).await
}

/// A file of a release, or word that the reader has it already.
async fn served(
    state: &ApiState,
    account: Option<&Account>,
    id: ReleaseId,
    name: &str,
    headers: &HeaderMap,
) -> Result<Response, Problem> {
    let release = state.service.release(account, id).await?;
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
    let (_, bytes) = state.service.release_file(account, id, name).await?;
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
