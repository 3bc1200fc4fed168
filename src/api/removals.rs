//! An authority's data is removed on request, by a collector.

use super::ApiState;
use super::identity::Caller;
use super::problems::Problem;
use super::request::{JsonBody, PathOf};
use crate::store::ClosedAccounts;
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
    /// Its keys and sessions that were ended now.
    keys: u64,
    /// Its people who were disabled now. What says who they are is deleted when its time is over.
    people: u64,
    /// Addresses for reminders that were removed now.
    contacts: u64,
    /// Uploads that are being decided at the moment and were not removed: remove again when they are.
    undecided: u64,
}

/// Delete an authority's data for good, and close its accounts.
///
/// Every original, table, report and explanation of it, and what people wrote about its returns; its keys and sessions end, its
/// people are disabled, its addresses for reminders removed. Counts, digests, states,
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
    let ClosedAccounts { keys, people, contacts } = removed.closed;
    Ok(Json(RemovalView { authority, objects, certificate, keys, people, contacts, undecided }))
}
