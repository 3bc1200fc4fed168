//! Where the `type` of a problem document leads: the explanation of its kind.

use super::problems::{ALL, Problem, ProblemKind};
use super::request::PathOf;
use axum::Json;
use serde::Serialize;
use utoipa::ToSchema;

/// A kind of problem: what it means and what to do about it.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ProblemPage {
    code: &'static str,
    status: u16,
    title: &'static str,
    help: &'static str,
}

impl From<&ProblemKind> for ProblemPage {
    fn from(kind: &ProblemKind) -> Self {
        let ProblemKind { code, status, title, help } = *kind;
        Self { code, status, title, help }
    }
}

/// Every kind of problem. No key is needed.
#[utoipa::path(get, path = "/v1/problems", tag = "problems", responses((status = 200, body = Vec<ProblemPage>)))]
pub(super) async fn list() -> Json<Vec<ProblemPage>> {
    Json(ALL.iter().map(Into::into).collect())
}

/// One kind of problem. No key is needed.
#[utoipa::path(get, path = "/v1/problems/{code}", tag = "problems", params(("code" = String, Path)),
    responses((status = 200, body = ProblemPage)))]
pub(super) async fn read(PathOf(code): PathOf<String>) -> Result<Json<ProblemPage>, Problem> {
    ALL.iter().find(|kind| kind.code == code).map(|kind| Json(kind.into())).ok_or_else(Problem::not_found)
}
