//! What changed between two versions of a return.

use super::ApiState;
use super::document::ChangesDocument;
use super::form::Form;
use super::identity::Caller;
use super::problems::{INTERNAL, Problem};
use super::request::{IdOf, QueryOf};
use crate::domain::identifier::ReturnId;
use crate::validate::difference;
use axum::extract::State;
use axum::http::header::{CONTENT_TYPE, VARY};
use axum::http::{HeaderMap, HeaderName};
use axum::response::{IntoResponse as _, Response};
use serde::Deserialize;
use utoipa::IntoParams;

/// The forms of the document.
const FORMS: [Form; 2] = [Form::Json, Form::Text];

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct ChangesQuery {
    /// The earlier version; without it, the last one before whose tables are kept.
    since: Option<String>,
}

/// What changed since an earlier version.
///
/// Records added, removed and changed by key, and findings fixed, new and the same: as JSON
/// (`schemas/changes.schema.json`) or text, byte for byte what `homeward check NEW --since OLD` writes. The header
/// `Homeward-Since` names the earlier version.
#[utoipa::path(get, path = "/v1/returns/{id}/changes", tag = "returns", params(("id" = String, Path), ChangesQuery),
    responses((status = 200, description = "What changed", content((ChangesDocument = "application/json"), (String = "text/plain"))),
        (status = 409, description = "nothing-to-compare"), (status = 410, description = "content-deleted")), security(("key" = [])))]
pub(super) async fn changes(
    State(state): State<ApiState>,
    Caller(account): Caller,
    IdOf(id): IdOf<ReturnId>,
    QueryOf(query): QueryOf<ChangesQuery>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let form = Form::among(&FORMS, &headers)?;
    let since = match query.since {
        // What cannot be read names nothing, so it is answered as what is not there.
        Some(text) => Some(text.parse().map_err(|_| Problem::not_found())?),
        None => None,
    };
    let changes = state.service.changes(&account, id, since).await?;
    let earlier = changes.since.id.to_string();
    let made = tokio::task::spawn_blocking(move || match form {
        Form::Text => difference::text(&changes.difference).into_bytes(),
        _ => difference::json(&changes.difference),
    });
    let bytes = made.await.map_err(|_| Problem::new(INTERNAL, "The changes could not be written."))?;
    let told = [
        (CONTENT_TYPE, form.content_type().to_owned()),
        (VARY, "Accept".to_owned()),
        (HeaderName::from_static("homeward-since"), earlier),
    ];
    Ok((told, bytes).into_response())
}
