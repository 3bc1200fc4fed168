//! Where the `type` of a problem document leads: the explanation of its kind.

use super::problems::{ALL, Problem, ProblemKind};
use axum::Json;
use axum::extract::Path;
use serde_json::{Value, json};

fn page(kind: &ProblemKind) -> Value {
    json!({ "code": kind.code, "status": kind.status, "title": kind.title, "help": kind.help })
}

/// Every kind of problem. No key is needed.
#[utoipa::path(get, path = "/v1/problems", tag = "problems", responses((status = 200, description = "The registry")))]
pub(super) async fn list() -> Json<Vec<Value>> {
    Json(ALL.iter().map(page).collect())
}

/// One kind of problem. No key is needed.
#[utoipa::path(get, path = "/v1/problems/{code}", tag = "problems", params(("code" = String, Path)),
    responses((status = 200, description = "What it means and what to do"), (status = 404, body = Problem, content_type = "application/problem+json")))]
pub(super) async fn read(Path(code): Path<String>) -> Result<Json<Value>, Problem> {
    ALL.iter().find(|kind| kind.code == code).map(|kind| Json(page(kind))).ok_or_else(Problem::not_found)
}
