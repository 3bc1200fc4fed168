//! An authority's data is removed on request, by a collector.

use super::ApiState;
use super::identity::Caller;
use super::problems::Problem;
use super::request::{JsonBody, PathOf};
use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

/// What a removal takes.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RemovalBody {
    /// Why; it stands in the certificate, and is refused where it seems to hold a direct identifier.
    reason: String,
    /// The authority's code once more.
    confirm: String,
}

/// What was removed.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct RemovalView {
    authority: String,
    /// How many objects were deleted now.
    objects: u64,
    /// The signed certificate of deletion (DSSE); none where there was nothing left.
    #[schema(value_type = Option<Object>)]
    certificate: Option<Value>,
    /// Uploads that are being decided at the moment and were not removed: remove again when they are.
    undecided: u64,
}

/// Delete an authority's data for good.
///
/// Every original, table, report and explanation of it, and what people wrote about its returns. Counts, digests, states,
/// receipts and the history stay, and so do releases that counted it.
#[utoipa::path(post, path = "/v1/authorities/{code}/removal", tag = "returns",
    params(("code" = String, Path, description = "The three-digit code")), request_body = RemovalBody,
    responses((status = 200, body = RemovalView), (status = 422, description = "identifying-text")), security(("key" = [])))]
pub(super) async fn remove(
    State(state): State<ApiState>,
    Caller(account): Caller,
    PathOf(code): PathOf<String>,
    JsonBody(body): JsonBody<RemovalBody>,
) -> Result<Json<RemovalView>, Problem> {
    let removed = state.service.remove_authority(&account, &code, &body.confirm, &body.reason).await?;
    let certificate = removed.certificate.and_then(|one| serde_json::from_str(&one.envelope).ok());
    let (authority, objects, undecided) = (removed.authority, removed.objects, removed.undecided);
    Ok(Json(RemovalView { authority, objects, certificate, undecided }))
}
