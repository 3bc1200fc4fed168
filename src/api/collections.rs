//! Collections: which there are, how far they have come, and the specification they are checked with.

use super::ApiState;
use super::collection_moves::MomentQuery;
use super::form::Form;
use super::identity::{Caller, Reader};
use super::problems::{INTERNAL, Problem};
use super::request::{PathOf, QueryOf};
use super::views::CoverageView;
use crate::spec::{Collection, Rule, Specification, catalogue_csv, catalogue_html, codes_csv, codes_html, rule_html};
use axum::Json;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, VARY};
use axum::response::{Html, IntoResponse, Response};
use serde::Serialize;
use std::sync::Arc;
use utoipa::ToSchema;

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct CollectionView {
    id: String,
    year: i32,
    period_start: String,
    period_end: String,
    opens: String,
    deadline: String,
}

impl From<&Collection> for CollectionView {
    fn from(collection: &Collection) -> Self {
        Self {
            id: collection.id.clone(),
            year: collection.year,
            period_start: collection.period.start.to_string(),
            period_end: collection.period.end.to_string(),
            opens: collection.opens.to_string(),
            deadline: collection.deadline.to_string(),
        }
    }
}

/// What the rules of a collection are, and how to name the specification that says so.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct SpecificationView {
    id: String,
    title: String,
    version: String,
    /// SHA-256 over every file of the specification.
    digest: String,
    rules: Vec<RuleView>,
}

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct RuleView {
    code: String,
    severity: String,
    statement: String,
    tables: Vec<String>,
    fields: Vec<String>,
    why: String,
    how_to_put_it_right: String,
    sql: Option<String>,
}

impl From<&Rule> for RuleView {
    fn from(rule: &Rule) -> Self {
        Self {
            code: rule.code.clone(),
            severity: rule.severity.to_string(),
            statement: rule.statement.clone(),
            tables: rule.tables.clone(),
            fields: rule.fields.clone(),
            why: rule.why.clone(),
            how_to_put_it_right: rule.cure.clone(),
            sql: rule.sql.clone(),
        }
    }
}

/// The yearly collections, oldest first. No key is needed.
#[utoipa::path(get, path = "/v1/collections", tag = "collections", responses((status = 200, body = Vec<CollectionView>)), security((), ("key" = [])))]
pub(super) async fn list(State(state): State<ApiState>, Reader(_): Reader) -> Json<Vec<CollectionView>> {
    Json(state.service.specification().collections.iter().map(Into::into).collect())
}

/// Who has sent what so far, or had at a moment that has passed: expected, received, on time, late, signed, accepted, missing.
///
/// As JSON, or, where `Accept` asks for it, as CSV with a line for each authority.
#[utoipa::path(get, path = "/v1/collections/{collection}/coverage", tag = "collections", params(("collection" = String, Path), MomentQuery),
    responses((status = 200, description = "The coverage", content((CoverageView = "application/json"), (String = "text/csv")))), security(("key" = [])))]
pub(super) async fn coverage(
    State(state): State<ApiState>,
    Caller(account): Caller,
    PathOf(collection): PathOf<String>,
    QueryOf(query): QueryOf<MomentQuery>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let form = Form::among(&[Form::Json, Form::Csv], &headers)?;
    let view: CoverageView = state.service.coverage_as_of(&account, &collection, query.as_of).await?.into();
    if form == Form::Json {
        return Ok(([(VARY, "Accept")], Json(view)).into_response());
    }
    let told = [(CONTENT_TYPE, form.content_type()), (VARY, "Accept")];
    Ok((told, coverage_csv(&view)).into_response())
}

/// One line for each authority, `expected` being false for one whose place others took.
fn coverage_csv(view: &CoverageView) -> Vec<u8> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    let headings = [
        "code",
        "gss_code",
        "name",
        "region",
        "standing",
        "deadline",
        "first_received",
        "on_time",
        "late",
        "overdue",
        "in_force",
        "expected",
    ];
    // Writing to memory cannot fail, and every line has the same number of cells.
    let _ = writer.write_record(headings);
    let all = view.authorities.iter().map(|one| (one, true)).chain(view.further.iter().map(|one| (one, false)));
    for (one, expected) in all {
        let flags = [one.on_time, one.late, one.overdue].map(|flag| flag.to_string());
        let in_force = one.in_force.map(|version| version.to_string()).unwrap_or_default();
        let received = one.first_received.as_deref().unwrap_or_default();
        let expected = expected.to_string();
        let words = [&one.code, &one.gss_code, &one.name, &one.region, &one.standing, &one.deadline];
        let cells = words.into_iter().map(String::as_str).chain([received]).chain(flags.iter().map(String::as_str));
        let _ = writer.write_record(cells.chain([in_force.as_str(), expected.as_str()]));
    }
    writer.into_inner().unwrap_or_default()
}

/// The authority's own figures beside its region's and England's: for itself alone, before they are published and after.
///
/// They come from its latest version without errors; nothing is hidden from it. Care that began again at another authority is
/// counted once the version is accepted. A page, or CSV where `Accept` asks for it.
#[utoipa::path(get, path = "/v1/collections/{collection}/profile", tag = "collections", params(("collection" = String, Path)),
    responses((status = 200, description = "The profile", content((String = "text/html"), (String = "text/csv"))),
        (status = 410, description = "content-deleted")), security(("key" = [])))]
pub(super) async fn profile(
    State(state): State<ApiState>,
    Caller(account): Caller,
    PathOf(collection): PathOf<String>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let form = Form::among(&[Form::Html, Form::Csv], &headers)?;
    let profile = state.service.profile(&account, &collection).await?;
    let written = move || if form == Form::Csv { profile.csv() } else { profile.html() };
    let bytes = state.service.at_work("write a profile", written).await?;
    let told = [(CONTENT_TYPE, form.content_type()), (VARY, "Accept"), (CACHE_CONTROL, "private, no-store")];
    Ok((told, bytes).into_response())
}

/// The specification, with every rule. No key is needed.
#[utoipa::path(get, path = "/v1/collections/{collection}/specification", tag = "collections", params(("collection" = String, Path)),
    responses((status = 200, body = SpecificationView)), security((), ("key" = [])))]
pub(super) async fn specification(
    State(state): State<ApiState>,
    Reader(_): Reader,
    PathOf(collection): PathOf<String>,
) -> Result<Response, Problem> {
    let specification = Arc::clone(state.service.specification());
    let year = specification.collection(&collection).ok_or_else(Problem::not_found)?.year;
    let written = state.service.for_the_public("write the specification", move || {
        let rules = specification.rules.values().filter(|rule| rule.applies_in(year));
        serde_json::to_vec(&SpecificationView {
            id: specification.id.clone(),
            title: specification.title.clone(),
            version: specification.version.clone(),
            digest: specification.digest.to_string(),
            rules: rules.map(Into::into).collect(),
        })
    });
    let bytes = written.await?.map_err(|_| Problem::new(INTERNAL, "The specification could not be written."))?;
    Ok(([(CONTENT_TYPE, "application/json")], bytes).into_response())
}

/// The catalogue of the rules, or the lists of codes with their labels and years, as a CSV file or a page. No key is needed.
#[utoipa::path(get, path = "/v1/collections/{collection}/specification/{document}", tag = "collections",
    params(("collection" = String, Path), ("document" = String, Path, description = "catalogue.csv, catalogue.html, codes.csv or codes.html")),
    responses((status = 200, description = "The catalogue or the codes", content((String = "text/csv"), (String = "text/html")))), security((), ("key" = [])))]
pub(super) async fn catalogue(
    State(state): State<ApiState>,
    Reader(_): Reader,
    PathOf((collection, document)): PathOf<(String, String)>,
) -> Result<Response, Problem> {
    let specification = Arc::clone(state.service.specification());
    specification.collection(&collection).ok_or_else(Problem::not_found)?;
    let (kind, write): (_, fn(&Specification) -> String) = match document.as_str() {
        "catalogue.csv" => ("text/csv; charset=utf-8", catalogue_csv),
        "catalogue.html" => ("text/html; charset=utf-8", catalogue_html),
        "codes.csv" => ("text/csv; charset=utf-8", codes_csv),
        "codes.html" => ("text/html; charset=utf-8", codes_html),
        _ => return Err(Problem::not_found()),
    };
    let text = state.service.for_the_public("write the catalogue", move || write(&specification)).await?;
    Ok(([(CONTENT_TYPE, kind)], text).into_response())
}

/// One rule's page: why it matters, how to put it right, its query. No key is needed.
#[utoipa::path(get, path = "/v1/collections/{collection}/specification/rules/{code}", tag = "collections",
    params(("collection" = String, Path), ("code" = String, Path)),
    responses((status = 200, description = "The page", body = String, content_type = "text/html")), security((), ("key" = [])))]
pub(super) async fn rule(
    State(state): State<ApiState>,
    Reader(_): Reader,
    PathOf((collection, code)): PathOf<(String, String)>,
) -> Result<Html<String>, Problem> {
    let specification = state.service.specification();
    let collection = specification.collection(&collection).ok_or_else(Problem::not_found)?;
    let rule = specification.rules.get(&code.to_ascii_uppercase()).filter(|rule| rule.applies_in(collection.year));
    let rule = rule.ok_or_else(Problem::not_found)?;
    Ok(Html(format!(
        "<!doctype html>\n<html lang=\"en-GB\">\n<head><meta charset=\"utf-8\"><title>Rule {}</title></head>\n<body><main>\n<h1>{}</h1>\n{}</main></body>\n</html>\n",
        rule.code,
        rule.code,
        rule_html(rule)
    )))
}
