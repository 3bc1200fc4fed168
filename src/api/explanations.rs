//! Reasons across a whole collection.

use super::ApiState;
use super::identity::Caller;
use super::problems::Problem;
use super::request::{PathOf, QueryOf, page};
use super::views::{ExplanationList, ExplanationOfReturnView, Paging};
use crate::store::ExplanationFilter;
use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use utoipa::IntoParams;

/// The most explanations on one page.
const LARGEST_PAGE: u64 = 1_000;

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct ExplanationQuery {
    /// A rule's code.
    rule: Option<String>,
    /// A three-digit code.
    authority: Option<String>,
    page: Option<u64>,
    page_size: Option<u64>,
}

/// Why what is odd in a collection is true.
///
/// The explanations in force of every version that is checked, signed or accepted, by authority, version and rule: for
/// collectors and analysts everybody's, for an authority its own.
#[utoipa::path(get, path = "/v1/collections/{collection}/explanations", tag = "collections",
    params(("collection" = String, Path), ExplanationQuery),
    responses((status = 200, body = ExplanationList)), security(("key" = [])))]
pub(super) async fn across(
    State(state): State<ApiState>,
    Caller(account): Caller,
    PathOf(collection): PathOf<String>,
    QueryOf(query): QueryOf<ExplanationQuery>,
) -> Result<Json<ExplanationList>, Problem> {
    let (number, size, wanted) = page(query.page, query.page_size, LARGEST_PAGE)?;
    let code = query.rule.map(|code| code.to_ascii_uppercase());
    let filter = ExplanationFilter { collection, authority: query.authority, code };
    let listed = state.service.explanations_across(&account, filter, wanted).await?;
    let paging = Paging { page: number, page_size: size, total: None };
    let mut explanations: Vec<ExplanationOfReturnView> = listed.into_iter().map(Into::into).collect();
    explanations.iter_mut().for_each(|one| one.explanation.hide_finding_unless(account.sees_findings()));
    Ok(Json(ExplanationList { paging, explanations }))
}
