//! Releases on their way: built by one collector, approved by another, published, or discarded.

use super::ApiState;
use super::identity::Caller;
use super::problems::Problem;
use super::release_views::ReleaseView;
use super::request::{IdOf, JsonBody};
use crate::domain::identifier::ReleaseId;
use crate::domain::release::ReleaseKind;
use crate::flow::NewRelease;
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use chrono::{DateTime, Utc};
use serde::Deserialize;
use utoipa::ToSchema;

/// The release to build.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ReleaseBody {
    collection: String,
    /// `provisional` (without it) or `final`.
    #[schema(value_type = Option<String>)]
    kind: Option<ReleaseKind>,
    /// Its period as people read it; made from the collection's when absent.
    label: Option<String>,
    /// Why the published release of the same collection is revised: needed where there is one, refused where there is none.
    reason: Option<String>,
}

/// Build a release of a collection from the accepted returns, as a draft.
///
/// Its disclosure audit and file checks run first; a release that fails them is refused. Where a release of the collection
/// is published already, this one revises it and needs a reason.
#[utoipa::path(post, path = "/v1/releases", tag = "releases", request_body = ReleaseBody,
    responses((status = 201, body = ReleaseView),
        (status = 404, description = "not-found"), (status = 409, description = "release-refused, release-overtaken"), (status = 422, description = "identifying-text")), security(("key" = [])))]
pub(super) async fn build(
    State(state): State<ApiState>,
    Caller(account): Caller,
    JsonBody(body): JsonBody<ReleaseBody>,
) -> Result<(StatusCode, Json<ReleaseView>), Problem> {
    let new = NewRelease {
        collection: body.collection,
        kind: body.kind.unwrap_or(ReleaseKind::Provisional),
        label: body.label,
        reason: body.reason,
    };
    let release = state.service.build_release(&account, new).await?;
    Ok((StatusCode::CREATED, Json(ReleaseView::of(release, Some(&account)))))
}

/// Approve a draft: a second person stands by it, with another collector's key than the one that built it.
#[utoipa::path(post, path = "/v1/releases/{id}/approve", tag = "releases", params(("id" = String, Path)),
    responses((status = 200, body = ReleaseView),
        (status = 403, description = "not-allowed, second-person-needed"), (status = 409, description = "release-wrong-state")), security(("key" = [])))]
pub(super) async fn approve(
    State(state): State<ApiState>,
    Caller(account): Caller,
    IdOf(id): IdOf<ReleaseId>,
) -> Result<Json<ReleaseView>, Problem> {
    let release = state.service.approve_release(&account, id).await?;
    Ok(Json(ReleaseView::of(release, Some(&account))))
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
    responses((status = 200, body = ReleaseView),
        (status = 409, description = "release-wrong-state, release-overtaken")), security(("key" = [])))]
pub(super) async fn publish(
    State(state): State<ApiState>,
    Caller(account): Caller,
    IdOf(id): IdOf<ReleaseId>,
    JsonBody(body): JsonBody<PublishBody>,
) -> Result<Json<ReleaseView>, Problem> {
    let release = state.service.publish_release(&account, id, body.at).await?;
    Ok(Json(ReleaseView::of(release, Some(&account))))
}

/// Why a release is given up.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct DiscardBody {
    reason: String,
}

/// Give up a release that is not published. Its files are deleted; its line stays, with the reason.
#[utoipa::path(post, path = "/v1/releases/{id}/discard", tag = "releases", params(("id" = String, Path)), request_body = DiscardBody,
    responses((status = 200, body = ReleaseView),
        (status = 409, description = "release-wrong-state"), (status = 422, description = "identifying-text")), security(("key" = [])))]
pub(super) async fn discard(
    State(state): State<ApiState>,
    Caller(account): Caller,
    IdOf(id): IdOf<ReleaseId>,
    JsonBody(body): JsonBody<DiscardBody>,
) -> Result<Json<ReleaseView>, Problem> {
    let release = state.service.discard_release(&account, id, &body.reason).await?;
    Ok(Json(ReleaseView::of(release, Some(&account))))
}
