//! Queries of a data set: in a body, or in its simple form in the address.

use super::super::ApiState;
use super::super::identity::Reader;
use super::super::problems::{Problem, TOO_LARGE};
use super::super::request::{IdOf, JSON_BYTES, json_alone};
use super::data_sets::{PagingView, version};
use super::parameters::{Meant, Parameters, refused};
use super::reading::{JSON, Known, Read, Tag};
use crate::publish::dataset::Query;
use axum::body::Bytes;
use axum::extract::State;
use axum::extract::rejection::BytesRejection;
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, StatusCode};
use serde::Serialize;
use serde_json::Value;
use std::collections::BTreeMap;
use utoipa::ToSchema;
use uuid::Uuid;

/// What a query asks for; every member may be left out. Comments are allowed, unknown members are not.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!({
    "criteria": {"and": [
        {"timePeriods": {"gte": {"period": "2025", "code": "RY"}}},
        {"locations": {"in": [{"level": "LA", "oldCode": "330"}, {"level": "REG", "code": "E12000005"}]}},
        {"not": {"filters": {"in": ["Fe87XWST"]}}}
    ]},
    "indicators": ["K8NAxn1R"],
    "sorts": [{"field": "timePeriod", "direction": "Desc"}],
    "page": 1, "pageSize": 1000
}))]
pub(super) struct QueryBody {
    /// Facets (`filters`, `geographicLevels`, `locations`, `timePeriods`, each with `eq`, `notEq`, `in`, `notIn`, time periods
    /// also with `gt`, `gte`, `lt`, `lte`), or one of `and`, `or`, `not`, within each other up to 10 deep. All facets of an
    /// object must hold; directly within `not`, none may. A list has at most 1000 items, all lists together 5000.
    #[schema(value_type = Option<Object>)]
    criteria: Option<Value>,
    /// Identifiers of columns of figures; all when absent.
    indicators: Option<Vec<String>>,
    /// `timePeriod`, `geographicLevel`, `location|LEVEL`, `filter|ID` or `indicator|ID`, each `Asc` or `Desc`. When absent the
    /// latest period comes first; 100 at most. Rows that are equal keep their order, so that pages never overlap.
    sorts: Option<Vec<SortBody>>,
    /// From 1.
    page: Option<u64>,
    /// 1 to 10000; 1000 when absent.
    page_size: Option<u64>,
    /// Answers `id :: label` in place of identifiers.
    debug: Option<bool>,
}

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct SortBody {
    field: String,
    direction: String,
}

/// A page of results, which are cells as they were published.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct AnswerView {
    paging: PagingView,
    /// What a reader should know: `QueryNoResults`, `FiltersNotFound`, `LocationsNotFound`, `TimePeriodsNotFound`,
    /// `GeographicLevelsNotFound`, `DebugEnabled`.
    warnings: Vec<WarningView>,
    results: Vec<ResultView>,
}

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct WarningView {
    message: String,
    path: String,
    code: String,
    #[schema(value_type = Object)]
    detail: Value,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct ResultView {
    time_period: PeriodView,
    geographic_level: String,
    /// By level.
    locations: BTreeMap<String, String>,
    /// By the filter's identifier.
    filters: BTreeMap<String, String>,
    /// By the identifier of the column. Numbers and symbols (c, low, x, z) alike are texts.
    values: BTreeMap<String, String>,
}

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct PeriodView {
    code: String,
    period: String,
}

/// Query a data set (GET)
///
/// The simple form: lists are joined by commas, places are `LEVEL|property|value`, periods `2026|RY`, sorts `timePeriod|Asc`.
/// No key is needed.
#[utoipa::path(get, path = "/v1/data-sets/{id}/query", tag = "data sets",
    params(("id" = String, Path), ("dataSetVersion" = Option<String>, Query, description = "1.0, 2.*; the newest when absent"),
        ("asOf" = Option<String>, Query, description = "What stood at that time (RFC 3339)"),
        ("filters.in" = Option<String>, Query, description = "Identifiers of options; also .eq, .notEq, .notIn"),
        ("geographicLevels.in" = Option<String>, Query, example = "NAT,LA", description = "Also .eq, .notEq, .notIn"),
        ("locations.in" = Option<String>, Query, example = "LA|oldCode|330", description = "Also .eq, .notEq, .notIn"),
        ("timePeriods.in" = Option<String>, Query, example = "2026|RY", description = "Also .eq, .notEq, .notIn, .gt, .gte, .lt, .lte"),
        ("indicators" = Option<String>, Query), ("sorts" = Option<String>, Query, example = "timePeriod|Asc"),
        ("page" = Option<u64>, Query), ("pageSize" = Option<u64>, Query, description = "1 to 10000; 1000 when absent"),
        ("debug" = Option<bool>, Query)),
    responses((status = 200, body = AnswerView)), security((), ("key" = [])))]
pub(super) async fn get(
    State(state): State<ApiState>,
    Reader(_): Reader,
    IdOf(id): IdOf<Uuid>,
    known: Known,
    mut parameters: Parameters,
) -> Result<Read, Problem> {
    let meant = parameters.meant(state.service.now());
    let query = Query::from_parameters(&parameters.rest());
    let query = parameters.finish_with(query)?;
    answer(&state, id, meant?, query, &known).await
}

/// Query a data set (POST)
///
/// With conditions within each other. No body asks for every row. No key is needed.
#[utoipa::path(post, path = "/v1/data-sets/{id}/query", tag = "data sets", request_body = QueryBody,
    params(("id" = String, Path), ("dataSetVersion" = Option<String>, Query, description = "1.0, 2.*; the newest when absent"),
        ("asOf" = Option<String>, Query, description = "What stood at that time (RFC 3339)")),
    responses((status = 200, body = AnswerView)), security((), ("key" = [])))]
pub(super) async fn post(
    State(state): State<ApiState>,
    Reader(_): Reader,
    IdOf(id): IdOf<Uuid>,
    known: Known,
    mut parameters: Parameters,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<Read, Problem> {
    let meant = parameters.meant(state.service.now());
    let body = body.map_err(|rejection| {
        if rejection.status() == StatusCode::PAYLOAD_TOO_LARGE {
            Problem::new(TOO_LARGE, format!("A JSON body may have at most {JSON_BYTES} bytes."))
        } else {
            super::super::request::invalid("$", "the body did not arrive whole", "a JSON object")
        }
    })?;
    if let (Some(kind), false) = (headers.get(CONTENT_TYPE), body.is_empty()) {
        json_alone(kind)?;
    }
    let read = state.service.for_the_public("read a query", move || Query::from_json(&body)).await?;
    let query = parameters.finish_with(read)?;
    answer(&state, id, meant?, query, &known).await
}

async fn answer(state: &ApiState, id: Uuid, meant: Meant, query: Query, known: &Known) -> Result<Read, Problem> {
    let version = version(&state.service, id, meant).await?;
    let tag = Tag::of(&version, &query);
    if known.has(&tag) {
        return Ok(Read::tagged(None, JSON, meant.is_pinned(), tag));
    }
    let json = state.service.query(&version, query).await?.map_err(refused)?;
    Ok(Read::tagged(Some(json.into()), JSON, meant.is_pinned(), tag))
}
