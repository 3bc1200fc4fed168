//! Collections on their way: where one stands, and what a collector decides about it.

use super::ApiState;
use super::collections::CollectionView;
use super::identity::Caller;
use super::problems::Problem;
use super::request::{JsonBody, PathOf, QueryOf};
use super::views::time;
use crate::domain::collecting::CollectionMove;
use crate::flow::{Account, ClosedCollection, CollectionException, CollectionRequest, CollectionStatus};
use crate::store::CollectionDecision;
use axum::Json;
use axum::extract::State;
use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// At which moment.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct MomentQuery {
    /// At this time (RFC 3339, not in the future); now when absent.
    pub(super) as_of: Option<DateTime<Utc>>,
}

/// What holds for one authority and not for everybody.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ExceptionView {
    /// The three-digit code.
    authority: String,
    /// The last day on which its return is on time.
    deadline: String,
    /// The last day until which its return is taken although the collection is closed for others.
    until: Option<String>,
    /// Whether its return can be signed at the moment.
    open: bool,
}

impl From<CollectionException> for ExceptionView {
    fn from(one: CollectionException) -> Self {
        Self {
            authority: one.authority,
            deadline: one.deadline.to_string(),
            until: one.until.map(|day| day.to_string()),
            open: one.open,
        }
    }
}

/// Something that a collector decided.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct DecisionView {
    /// `open`, `extend`, `close` or `reopen`.
    step: String,
    /// The three-digit code; none where it is for everybody.
    authority: Option<String>,
    /// The new deadline, or the last day of a reopening.
    last_day: Option<String>,
    reason: String,
    at: String,
    /// The key; none where it was decided on the command line.
    by: Option<String>,
}

impl From<CollectionDecision> for DecisionView {
    fn from(one: CollectionDecision) -> Self {
        Self {
            step: one.decided.step.to_string(),
            authority: one.decided.authority,
            last_day: one.decided.last_day.map(|day| day.to_string()),
            reason: one.reason,
            at: time(one.decided.at),
            by: one.by.map(|key| key.to_string()),
        }
    }
}

/// Where a collection stands. Days are days in Europe/London: a deadline ends as that day does.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct CollectionStatusView {
    calendar: CollectionView,
    as_of: String,
    /// `planned`, `open` or `closed`. A deadline that has passed closes nothing.
    state: String,
    /// What a collector can do now.
    possible: Vec<String>,
    /// Everybody's deadline, extensions included.
    deadline: String,
    closed_since: Option<String>,
    /// Authorities that something else holds for; an authority sees itself alone.
    exceptions: Vec<ExceptionView>,
    /// Oldest first; an authority sees those for everybody and for itself.
    decisions: Vec<DecisionView>,
}

impl From<CollectionStatus> for CollectionStatusView {
    fn from(status: CollectionStatus) -> Self {
        let possible = status.state.moves().filter(|step| !step.who().is_empty());
        Self {
            calendar: (&status.collection).into(),
            as_of: time(status.as_of),
            state: status.state.to_string(),
            possible: possible.map(|step| step.to_string()).collect(),
            deadline: status.deadline.to_string(),
            closed_since: status.closed_since.map(time),
            exceptions: status.exceptions.into_iter().map(Into::into).collect(),
            decisions: status.decisions.into_iter().map(Into::into).collect(),
        }
    }
}

/// Why a checked version cannot be signed.
#[derive(Debug, Serialize, ToSchema)]
pub struct ClosedView {
    pub(super) collection: String,
    pub(super) since: String,
    /// The same for people, with whom to ask.
    pub(super) told: String,
}

impl From<ClosedCollection> for ClosedView {
    fn from(closed: ClosedCollection) -> Self {
        Self { collection: closed.collection, since: time(closed.since), told: closed.told }
    }
}

/// Where a collection stands: its calendar, its state, what was decided, and what holds for one authority only.
#[utoipa::path(get, path = "/v1/collections/{collection}", tag = "collections", params(("collection" = String, Path), MomentQuery),
    responses((status = 200, body = CollectionStatusView)), security(("key" = [])))]
pub(super) async fn read(
    State(state): State<ApiState>,
    Caller(account): Caller,
    PathOf(collection): PathOf<String>,
    QueryOf(query): QueryOf<MomentQuery>,
) -> Result<Json<CollectionStatusView>, Problem> {
    Ok(Json(state.service.collection(&account, &collection, query.as_of).await?.into()))
}

/// Why something is decided for everybody.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ReasonBody {
    reason: String,
}

/// A later deadline.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ExtendBody {
    reason: String,
    /// The last day on which a return is on time, as `2026-07-31`; it ends as that day does in Europe/London.
    deadline: NaiveDate,
    /// Either code of the one authority that it is for; for everybody when absent.
    authority: Option<String>,
}

/// A collection that takes the return of one authority although it is closed.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ReopenBody {
    reason: String,
    /// Either code of the authority.
    authority: String,
    /// The last day, as `2026-09-30`; it ends as that day does in Europe/London.
    until: NaiveDate,
}

async fn decide(
    state: &ApiState,
    account: &Account,
    collection: &str,
    request: CollectionRequest,
) -> Result<Json<CollectionStatusView>, Problem> {
    Ok(Json(state.service.decide_collection(account, collection, request).await?.into()))
}

/// Open a collection for everybody.
#[utoipa::path(post, path = "/v1/collections/{collection}/open", tag = "collections", params(("collection" = String, Path)), request_body = ReasonBody,
    responses((status = 200, body = CollectionStatusView),
        (status = 404, description = "not-found"), (status = 409, description = "collection-wrong-state"), (status = 422, description = "identifying-text")), security(("key" = [])))]
pub(super) async fn open(
    State(state): State<ApiState>,
    Caller(account): Caller,
    PathOf(collection): PathOf<String>,
    JsonBody(body): JsonBody<ReasonBody>,
) -> Result<Json<CollectionStatusView>, Problem> {
    let step = CollectionMove::Open;
    let request = CollectionRequest { step, authority: None, last_day: None, reason: body.reason };
    decide(&state, &account, &collection, request).await
}

/// Close a collection: what is not signed by now no longer can be.
#[utoipa::path(post, path = "/v1/collections/{collection}/close", tag = "collections", params(("collection" = String, Path)), request_body = ReasonBody,
    responses((status = 200, body = CollectionStatusView),
        (status = 404, description = "not-found"), (status = 409, description = "collection-wrong-state"), (status = 422, description = "identifying-text")), security(("key" = [])))]
pub(super) async fn close(
    State(state): State<ApiState>,
    Caller(account): Caller,
    PathOf(collection): PathOf<String>,
    JsonBody(body): JsonBody<ReasonBody>,
) -> Result<Json<CollectionStatusView>, Problem> {
    let step = CollectionMove::Close;
    let request = CollectionRequest { step, authority: None, last_day: None, reason: body.reason };
    decide(&state, &account, &collection, request).await
}

/// Extend a deadline, for everybody or for one authority.
#[utoipa::path(post, path = "/v1/collections/{collection}/extend", tag = "collections", params(("collection" = String, Path)), request_body = ExtendBody,
    responses((status = 200, body = CollectionStatusView),
        (status = 404, description = "not-found"), (status = 409, description = "collection-wrong-state"), (status = 422, description = "identifying-text")), security(("key" = [])))]
pub(super) async fn extend(
    State(state): State<ApiState>,
    Caller(account): Caller,
    PathOf(collection): PathOf<String>,
    JsonBody(body): JsonBody<ExtendBody>,
) -> Result<Json<CollectionStatusView>, Problem> {
    let (step, last_day) = (CollectionMove::Extend, Some(body.deadline));
    let request = CollectionRequest { step, authority: body.authority, last_day, reason: body.reason };
    decide(&state, &account, &collection, request).await
}

/// Reopen a closed collection for one authority until a day.
#[utoipa::path(post, path = "/v1/collections/{collection}/reopen", tag = "collections", params(("collection" = String, Path)), request_body = ReopenBody,
    responses((status = 200, body = CollectionStatusView),
        (status = 404, description = "not-found"), (status = 409, description = "collection-wrong-state"), (status = 422, description = "identifying-text")), security(("key" = [])))]
pub(super) async fn reopen(
    State(state): State<ApiState>,
    Caller(account): Caller,
    PathOf(collection): PathOf<String>,
    JsonBody(body): JsonBody<ReopenBody>,
) -> Result<Json<CollectionStatusView>, Problem> {
    let (step, last_day) = (CollectionMove::Reopen, Some(body.until));
    let request = CollectionRequest { step, authority: Some(body.authority), last_day, reason: body.reason };
    decide(&state, &account, &collection, request).await
}
