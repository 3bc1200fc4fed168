//! Signed receipts, and the keys by which everybody can verify them.

use super::ApiState;
use super::document::ReceiptDocument;
use super::identity::{Caller, Reader};
use super::problems::Problem;
use super::request::{IdOf, QueryOf, invalid};
use crate::domain::evidence::ENVELOPE_TYPE;
use crate::domain::identifier::ReturnId;
use crate::domain::state::ReturnState;
use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use utoipa::IntoParams;

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct ReceiptQuery {
    /// The state whose receipt is wanted, such as `checked` or `accepted`; without it, that of the last decision.
    decision: Option<String>,
}

/// The signed receipt of a decision on a return.
///
/// A DSSE envelope with an Ed25519 signature; `schemas/receipt.schema.json` describes it. It is the same bytes for ever: keep
/// the file as it comes, and verify it with `homeward receipt verify` or any program that knows the standard.
#[utoipa::path(get, path = "/v1/returns/{id}/receipt", tag = "returns", params(("id" = String, Path), ReceiptQuery),
    responses((status = 200, description = "The receipt", body = ReceiptDocument, content_type = "application/vnd.dsse.envelope.v1+json")),
    security(("key" = [])))]
pub(super) async fn receipt(
    State(state): State<ApiState>,
    Caller(account): Caller,
    IdOf(id): IdOf<ReturnId>,
    QueryOf(query): QueryOf<ReceiptQuery>,
) -> Result<Response, Problem> {
    let decision = match query.decision.as_deref() {
        None => None,
        Some(name) => Some(ReturnState::from_name(name).ok_or_else(|| {
            let names: Vec<&str> = ReturnState::ALL.iter().map(|state| state.name()).collect();
            invalid("query.decision", "there is no such state", &names.join(", "))
        })?),
    };
    let receipt = state.service.signed_receipt(&account, id, decision).await?;
    Ok(([(CONTENT_TYPE, ENVELOPE_TYPE)], receipt.envelope).into_response())
}

/// The public keys of this service as a JSON Web Key Set (RFC 8037), those of earlier times included.
#[utoipa::path(get, path = "/v1/receipts/keys", tag = "returns",
    responses((status = 200, description = "The key set", body = Object, content_type = "application/jwk-set+json")), security((), ("key" = [])))]
pub(super) async fn keys(State(state): State<ApiState>, Reader(_): Reader) -> Result<Response, Problem> {
    let keys = state.service.receipt_keys().await?;
    Ok(([(CONTENT_TYPE, "application/jwk-set+json")], keys.to_json()).into_response())
}
