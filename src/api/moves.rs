//! What moves a return along: explaining, signing, withdrawing, accepting, sending back.

use super::ApiState;
use super::identity::Caller;
use super::problems::Problem;
use super::request::{IdOf, JsonBody, invalid};
use super::views::{ExplanationView, NoteBody, ReturnView};
use crate::domain::identifier::ReturnId;
use crate::flow::NewExplanation;
use crate::store::Explained;
use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use utoipa::ToSchema;

/// One reason, for a finding or for all findings of a rule.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ExplanationBody {
    /// The rule whose every finding is explained; leave it out to explain one finding.
    code: Option<String>,
    /// The finding that is explained, by the `fingerprint` that the findings give.
    fingerprint: Option<String>,
    text: String,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ExplanationsBody {
    explanations: Vec<ExplanationBody>,
}

/// Explain queries.
///
/// A reason for one finding or for all of a rule. A later reason for the same thing takes the place of the earlier. A text
/// that seems to hold a direct identifier is refused: others read it.
#[utoipa::path(put, path = "/v1/returns/{id}/explanations", tag = "returns", params(("id" = String, Path)), request_body = ExplanationsBody,
    responses((status = 200, body = Vec<ExplanationView>),
        (status = 409, description = "wrong-state"), (status = 410, description = "content-deleted"), (status = 422, description = "identifying-text")), security(("key" = [])))]
pub(super) async fn explain(
    State(state): State<ApiState>,
    Caller(account): Caller,
    IdOf(id): IdOf<ReturnId>,
    JsonBody(body): JsonBody<ExplanationsBody>,
) -> Result<Json<Vec<ExplanationView>>, Problem> {
    let explanations = body.explanations.into_iter().enumerate().map(|(index, one)| {
        let path = format!("$.explanations[{index}]");
        let about = match (one.code, one.fingerprint) {
            (Some(code), None) => Explained::Rule(code.to_ascii_uppercase()),
            (None, Some(text)) => Explained::Finding(text.parse().map_err(|_| {
                invalid(&format!("{path}.fingerprint"), "the fingerprint cannot be read", "64 hexadecimal digits")
            })?),
            _ => return Err(invalid(&path, "it names both or neither of code and fingerprint", "one of them")),
        };
        Ok(NewExplanation { about, text: one.text })
    });
    let explanations = explanations.collect::<Result<Vec<_>, Problem>>()?;
    let explained = state.service.explain(&account, id, explanations).await?;
    Ok(Json(explained.into_iter().map(Into::into).collect()))
}

/// The explanations in force, for the authority, collectors and analysts.
///
/// Those that were carried over from an earlier version keep their author and time and say which version it was.
#[utoipa::path(get, path = "/v1/returns/{id}/explanations", tag = "returns", params(("id" = String, Path)),
    responses((status = 200, body = Vec<ExplanationView>)), security(("key" = [])))]
pub(super) async fn explanations(
    State(state): State<ApiState>,
    Caller(account): Caller,
    IdOf(id): IdOf<ReturnId>,
) -> Result<Json<Vec<ExplanationView>>, Problem> {
    let mut explanations: Vec<ExplanationView> =
        state.service.explanations(&account, id).await?.into_iter().map(Into::into).collect();
    explanations.iter_mut().for_each(|one| one.hide_finding_unless(account.sees_findings()));
    Ok(Json(explanations))
}

/// Sign a return: no errors, every query explained, nothing left unchecked.
#[utoipa::path(post, path = "/v1/returns/{id}/sign", tag = "returns", params(("id" = String, Path)), request_body = NoteBody,
    responses((status = 200, body = ReturnView),
        (status = 403, description = "not-allowed, author-may-not-sign"),
        (status = 409, description = "wrong-state, not-ready-to-sign, collection-closed"), (status = 410, description = "content-deleted"), (status = 422, description = "identifying-text")), security(("key" = [])))]
pub(super) async fn sign(
    State(state): State<ApiState>,
    Caller(account): Caller,
    IdOf(id): IdOf<ReturnId>,
    JsonBody(body): JsonBody<NoteBody>,
) -> Result<Json<ReturnView>, Problem> {
    Ok(Json(ReturnView::new(state.service.sign(&account, id, body.note).await?, None)))
}

/// Take a return back before it is accepted.
#[utoipa::path(post, path = "/v1/returns/{id}/withdraw", tag = "returns", params(("id" = String, Path)), request_body = NoteBody,
    responses((status = 200, body = ReturnView),
        (status = 409, description = "wrong-state"), (status = 422, description = "identifying-text")), security(("key" = [])))]
pub(super) async fn withdraw(
    State(state): State<ApiState>,
    Caller(account): Caller,
    IdOf(id): IdOf<ReturnId>,
    JsonBody(body): JsonBody<NoteBody>,
) -> Result<Json<ReturnView>, Problem> {
    Ok(Json(ReturnView::new(state.service.withdraw(&account, id, body.note).await?, None)))
}

/// Accept a signed return: it counts, and the version before it no longer does.
#[utoipa::path(post, path = "/v1/returns/{id}/accept", tag = "returns", params(("id" = String, Path)), request_body = NoteBody,
    responses((status = 200, body = ReturnView),
        (status = 409, description = "wrong-state"), (status = 422, description = "identifying-text")), security(("key" = [])))]
pub(super) async fn accept(
    State(state): State<ApiState>,
    Caller(account): Caller,
    IdOf(id): IdOf<ReturnId>,
    JsonBody(body): JsonBody<NoteBody>,
) -> Result<Json<ReturnView>, Problem> {
    Ok(Json(ReturnView::new(state.service.accept(&account, id, body.note).await?.now, None)))
}

/// Send a return back to its authority, with the reason.
#[utoipa::path(post, path = "/v1/returns/{id}/send-back", tag = "returns", params(("id" = String, Path)), request_body = NoteBody,
    responses((status = 200, body = ReturnView),
        (status = 409, description = "wrong-state"), (status = 422, description = "identifying-text")), security(("key" = [])))]
pub(super) async fn send_back(
    State(state): State<ApiState>,
    Caller(account): Caller,
    IdOf(id): IdOf<ReturnId>,
    JsonBody(body): JsonBody<NoteBody>,
) -> Result<Json<ReturnView>, Problem> {
    let reason = body.note.unwrap_or_default();
    Ok(Json(ReturnView::new(state.service.send_back(&account, id, reason).await?, None)))
}
