//! Returns: sent, read, listed, with their findings and history.

use super::ApiState;
use super::collection_moves::ClosedView;
use super::document::{FindingsAnswer, ReportDocument};
use super::form::{Form, rendered};
use super::identity::Caller;
use super::problems::{INTERNAL, Problem};
use super::request::{IdOf, QueryOf, invalid, page};
use super::uploads::{Uploading, file_name};
use super::views::{
    CarriedView, EventView, FindingsPage, ListedFindingView, Paging, ReturnList, ReturnView, SubmittedView,
};
use crate::domain::finding::Severity;
use crate::domain::identifier::ReturnId;
use crate::domain::state::ReturnState;
use crate::flow::{CheckOnly, FindingFilter, Submission};
use crate::store::ReturnFilter;
use crate::validate::report::json_value;
use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::http::header::{CONTENT_TYPE, LOCATION, RETRY_AFTER};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use utoipa::IntoParams;

/// The most findings or returns on one page.
const LARGEST_PAGE: u64 = 1_000;
/// When to look again at a return that is being decided: most verdicts take less.
const LOOK_AGAIN_SECONDS: u64 = 2;

/// Check an upload and keep nothing of it.
///
/// The body is the file: a ZIP of CSV files, one CSV, a workbook or a JSON document. The answer is the report, in the
/// form that `Accept` asks for. Rules that compare with other authorities' returns are among `not_checked`: they run when a
/// return is sent, where it is written down who asked.
#[utoipa::path(post, path = "/v1/checks", tag = "returns", request_body(content = Vec<u8>, content_type = "application/octet-stream"),
    responses((status = 200, description = "The report", content((ReportDocument = "application/json"),
            (String = "text/csv"), (String = "text/html"), (String = "text/plain"),
            (Vec<u8> = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"))),
        (status = 429, description = "too-many-requests, too-many-uploads")), security(("key" = [])))]
pub(super) async fn check(
    State(state): State<ApiState>,
    uploading: Uploading,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    let form = Form::asked_for(&headers)?;
    let account = uploading.account.clone();
    let upload = uploading.receive(&state, &headers, body).await?;
    let report = state.service.check(&account, CheckOnly { upload, file_name: file_name(&headers) }).await?;
    rendered(&state.service, form, report).await
}

/// Send a return.
///
/// The body is the file, as for a check. `Idempotency-Key` makes a second try of one sending the same return, whatever
/// became of it: draw a new one, such as a random UUID, for each sending, keep it for your own retries, and never make it of
/// the file, because a file that was sent back, withdrawn or rejected can be sent again as it is. Under another key or none,
/// the bytes of a return that is received, checked, signed or accepted are that return, and a new version where a later one
/// stands. While it is being decided the answer
/// is 202: read the return at `Location` after the seconds of `Retry-After` until its state is another than `received`, and
/// then send once more with the same key for the answer. The answer holds the return and its report, or the report alone in the form that `Accept` asks for; then the headers
/// `Location`, `Homeward-State`, `Homeward-Outcome`, `Homeward-Explanations-Carried` and `Homeward-Explanations-Dropped`
/// tell the rest, `Homeward-Deadline` and `Homeward-Late` where it answers a collection. Explanations of the version before are carried over where the facts of their findings did not change;
/// `signed_receipt` is what `/v1/returns/{id}/receipt` gives, as compact JSON with its members in this order the same bytes.
/// `explanations` says which were dropped and why, and so does the history. A rejected upload's report is given here and never
/// again: nothing of its content is kept.
#[utoipa::path(post, path = "/v1/returns", tag = "returns", request_body(content = Vec<u8>, content_type = "application/octet-stream"),
    params(("Idempotency-Key" = Option<String>, Header, description = "1 to 255 signs of ASCII without spaces; a new one for each sending"),
        ("Content-Digest" = Option<String>, Header, description = "The SHA-256 of the bytes (RFC 9530)")),
    responses((status = 201, description = "Decided: the return with its report", content((SubmittedView = "application/json"),
            (String = "text/csv"), (String = "text/html"), (String = "text/plain"),
            (Vec<u8> = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"))),
        (status = 200, description = "Sent before", content((SubmittedView = "application/json"),
            (String = "text/csv"), (String = "text/html"), (String = "text/plain"),
            (Vec<u8> = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"))),
        (status = 202, description = "Sent before, and not decided yet: `report` is null, and in every other form the body is empty",
            headers(("Retry-After" = u64, description = "Seconds after which to look at `Location`")),
            content((SubmittedView = "application/json"), (String = "text/csv"), (String = "text/html"), (String = "text/plain"),
            (Vec<u8> = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"))),
        (status = 409, description = "idempotency-conflict"),
        (status = 410, description = "content-deleted"),
        (status = 429, description = "too-many-requests, too-many-uploads")), security(("key" = [])))]
pub(super) async fn submit(
    State(state): State<ApiState>,
    uploading: Uploading,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    let form = Form::asked_for(&headers)?;
    let account = uploading.account.clone();
    let idempotency_key = match headers.get("idempotency-key") {
        None => None,
        Some(value) => Some(value.to_str().map(str::to_owned).map_err(|_| {
            invalid("Idempotency-Key", "the header cannot be read", "1 to 255 signs of ASCII without spaces")
        })?),
    };
    let upload = uploading.receive(&state, &headers, body).await?;
    let submission = Submission { upload, file_name: file_name(&headers), idempotency_key };
    let submitted = state.service.submit(&account, submission).await?;
    let decided = submitted.record.state != ReturnState::Received;
    let signed = match (form, decided) {
        (Form::Json, true) => state.service.signed_receipt(&account, submitted.record.id, None).await.ok(),
        _ => None,
    };
    let status = match (decided, submitted.replayed) {
        (false, _) => StatusCode::ACCEPTED,
        (true, true) => StatusCode::OK,
        (true, false) => StatusCode::CREATED,
    };
    let due = submitted.deadline;
    let view = ReturnView::new(submitted.record, submitted.receipt).due(due);
    let closed: Option<ClosedView> = submitted.closed.map(Into::into);
    let carried: Option<CarriedView> = submitted.carried.map(Into::into);
    let dropped = carried.as_ref().map_or(0, |carried| carried.dropped.iter().map(|one| one.count).sum());
    let told = [
        (LOCATION, format!("/v1/returns/{}", view.id)),
        (HeaderName::from_static("homeward-return"), view.id.clone()),
        (HeaderName::from_static("homeward-state"), view.state.clone()),
        (HeaderName::from_static("homeward-outcome"), view.outcome.clone().unwrap_or_default()),
        (
            HeaderName::from_static("homeward-explanations-carried"),
            carried.as_ref().map_or(0, |carried| carried.carried_over).to_string(),
        ),
        (HeaderName::from_static("homeward-explanations-dropped"), u64::to_string(&dropped)),
    ];
    let closed_since = closed.as_ref().map(|closed| closed.since.clone());
    let mut response = match (form, submitted.report) {
        (Form::Json, report) => {
            // A long report takes a while to write.
            let written = state.service.at_work("write a report", move || {
                let report = report.as_ref().map(json_value);
                let signed_receipt = signed.and_then(|signed| serde_json::from_str(&signed.envelope).ok());
                serde_json::to_vec(&SubmittedView {
                    returned: view,
                    report,
                    explanations: carried,
                    closed,
                    signed_receipt,
                })
            });
            let bytes = written.await?.map_err(|_| Problem::new(INTERNAL, "The report could not be written."))?;
            (status, [(CONTENT_TYPE, Form::Json.content_type())], bytes).into_response()
        }
        (form, Some(report)) => (status, rendered(&state.service, form, report).await?).into_response(),
        (form, None) => (status, [(CONTENT_TYPE, form.content_type())], "").into_response(),
    };
    if !decided {
        response.headers_mut().insert(RETRY_AFTER, LOOK_AGAIN_SECONDS.into());
    }
    let closed = closed_since.map(|since| (HeaderName::from_static("homeward-collection-closed"), since));
    let due = due.into_iter().flat_map(|due| {
        [
            (HeaderName::from_static("homeward-deadline"), due.day.to_string()),
            (HeaderName::from_static("homeward-late"), due.late.to_string()),
        ]
    });
    for (name, value) in told.into_iter().chain(closed).chain(due) {
        if let Ok(value) = HeaderValue::from_str(&value) {
            response.headers_mut().insert(name, value);
        }
    }
    Ok(response)
}

/// Read a return.
#[utoipa::path(get, path = "/v1/returns/{id}", tag = "returns", params(("id" = String, Path)),
    responses((status = 200, body = ReturnView)), security(("key" = [])))]
pub(super) async fn read(
    State(state): State<ApiState>,
    Caller(account): Caller,
    IdOf(id): IdOf<ReturnId>,
) -> Result<Json<ReturnView>, Problem> {
    let found = state.service.return_by_id(&account, id).await?;
    let due = state.service.deadline_of(&found.record).await?;
    Ok(Json(ReturnView::new(found.record, found.receipt).due(due)))
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct ReturnQuery {
    /// A three-digit code.
    authority: Option<String>,
    collection: Option<String>,
    state: Option<String>,
    page: Option<u64>,
    page_size: Option<u64>,
}

/// List returns in the order in which they were received: the authority's own, or for a collector everybody's.
#[utoipa::path(get, path = "/v1/returns", tag = "returns", params(ReturnQuery),
    responses((status = 200, body = ReturnList)), security(("key" = [])))]
pub(super) async fn list(
    State(state): State<ApiState>,
    Caller(account): Caller,
    QueryOf(query): QueryOf<ReturnQuery>,
) -> Result<Json<ReturnList>, Problem> {
    let (number, size, wanted) = page(query.page, query.page_size, LARGEST_PAGE)?;
    let in_state = match query.state.as_deref() {
        None => None,
        Some(name) => Some(ReturnState::from_name(name).ok_or_else(|| {
            let names: Vec<&str> = ReturnState::ALL.iter().map(|state| state.name()).collect();
            invalid("query.state", "there is no such state", &names.join(", "))
        })?),
    };
    let filter = ReturnFilter { authority: query.authority, collection: query.collection, state: in_state };
    let returns = state.service.returns(&account, filter, wanted).await?;
    let returns = returns.into_iter().map(|record| ReturnView::new(record, None)).collect();
    Ok(Json(ReturnList { paging: Paging { page: number, page_size: size, total: None }, returns }))
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct FindingQuery {
    /// A rule's code.
    code: Option<String>,
    /// `error`, `query` or `info`.
    severity: Option<String>,
    table: Option<String>,
    page: Option<u64>,
    page_size: Option<u64>,
}

impl FindingQuery {
    const fn narrows(&self) -> bool {
        self.code.is_some()
            || self.severity.is_some()
            || self.table.is_some()
            || self.page.is_some()
            || self.page_size.is_some()
    }
}

/// The findings of a return.
///
/// Without a filter the whole report, in the form that `Accept` asks for, byte for byte what `homeward check` writes.
/// With a filter or a page: JSON, each finding with its `fingerprint` and its explanation.
#[utoipa::path(get, path = "/v1/returns/{id}/findings", tag = "returns", params(("id" = String, Path), FindingQuery),
    responses((status = 200, description = "The report or a page of findings", content((FindingsAnswer = "application/json"),
            (String = "text/csv"), (String = "text/html"), (String = "text/plain"),
            (Vec<u8> = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"))),
        (status = 409, description = "wrong-state"), (status = 410, description = "content-deleted")), security(("key" = [])))]
pub(super) async fn findings(
    State(state): State<ApiState>,
    Caller(account): Caller,
    IdOf(id): IdOf<ReturnId>,
    QueryOf(query): QueryOf<FindingQuery>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let form = Form::asked_for(&headers)?;
    if !query.narrows() {
        let report = state.service.report(&account, id).await?;
        return rendered(&state.service, form, report).await;
    }
    let (number, size, wanted) = page(query.page, query.page_size, LARGEST_PAGE)?;
    let severity = match query.severity.as_deref() {
        None => None,
        Some("error") => Some(Severity::Error),
        Some("query") => Some(Severity::Query),
        Some("info") => Some(Severity::Info),
        Some(_) => return Err(invalid("query.severity", "there is no such severity", "error, query or info")),
    };
    let filter = FindingFilter { code: query.code, severity, table: query.table };
    let found = state.service.findings(&account, id, &filter, wanted).await?;
    let findings = found.findings.into_iter().map(|listed| ListedFindingView {
        finding: crate::validate::report::finding_value(&listed.finding),
        fingerprint: listed.fingerprint.to_string(),
        explanation: listed.explanation.map(|explanation| explanation.text),
    });
    let paging = Paging { page: number, page_size: size, total: Some(found.total) };
    let counts = found.report.counts.by_code.clone();
    Ok(Json(FindingsPage { paging, counts, findings: findings.collect() }).into_response())
}

/// The history of a return, oldest first.
#[utoipa::path(get, path = "/v1/returns/{id}/history", tag = "returns", params(("id" = String, Path)),
    responses((status = 200, body = Vec<EventView>)), security(("key" = [])))]
pub(super) async fn history(
    State(state): State<ApiState>,
    Caller(account): Caller,
    IdOf(id): IdOf<ReturnId>,
) -> Result<Json<Vec<EventView>>, Problem> {
    Ok(Json(state.service.history(&account, id).await?.into_iter().map(Into::into).collect()))
}
