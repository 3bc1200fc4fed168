//! Data sets: what each is and what its latest version holds.

use super::super::ApiState;
use super::super::identity::Reader;
use super::super::problems::Problem;
use super::super::request::IdOf;
use super::parameters::{Meant, Parameters};
use super::reading::Read;
use crate::flow::{DataSetHistory, DataSetVersion, FlowError, Service, VersionSelector};
use crate::publish::dataset::{Outline, Paging, file_id};
use axum::extract::State;
use chrono::{DateTime, Utc};
use serde::Serialize;
use std::sync::Arc;
use utoipa::ToSchema;
use uuid::Uuid;

/// Which page of how many.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct PagingView {
    page: u64,
    page_size: u64,
    total_results: u64,
    /// At least one.
    total_pages: u64,
}

impl From<Paging> for PagingView {
    fn from(paging: Paging) -> Self {
        let Paging { page, page_size, total_results, total_pages } = paging;
        Self { page, page_size, total_results, total_pages }
    }
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct DataSetView {
    #[schema(value_type = String, format = "uuid")]
    id: Uuid,
    title: String,
    summary: String,
    /// `Published`, or `Withdrawn` when no current release holds figures of it; its versions stay.
    status: &'static str,
    latest_version: LatestVersionView,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct LatestVersionView {
    version: String,
    published: DateTime<Utc>,
    #[serde(flatten)]
    holds: HoldsView,
}

/// What a version holds, in labels.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct HoldsView {
    total_results: u64,
    file: FileView,
    time_periods: TimePeriodRangeView,
    geographic_levels: Vec<String>,
    filters: Vec<String>,
    indicators: Vec<String>,
}

/// The file behind a version.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct FileView {
    #[schema(value_type = String, format = "uuid")]
    id: Uuid,
}

/// The first and the last time period, as people read them.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct TimePeriodRangeView {
    start: String,
    end: String,
}

impl HoldsView {
    pub(super) fn new(version: &DataSetVersion, outline: &Outline) -> Self {
        Self {
            total_results: outline.rows,
            file: FileView { id: file_id(version.data_set, &version.version.to_string()) },
            time_periods: TimePeriodRangeView { start: outline.first_period.clone(), end: outline.last_period.clone() },
            geographic_levels: outline.levels.clone(),
            filters: outline.filters.clone(),
            indicators: outline.indicators.clone(),
        }
    }
}

pub(super) async fn view(
    service: &Service,
    history: &DataSetHistory,
    latest: &DataSetVersion,
    at: Option<DateTime<Utc>>,
) -> Result<DataSetView, FlowError> {
    let outline = service.outline(latest).await?;
    Ok(DataSetView {
        id: history.id,
        title: outline.title.clone(),
        summary: outline.summary.clone(),
        status: if history.withdrawn(at).is_some() { "Withdrawn" } else { "Published" },
        latest_version: LatestVersionView {
            version: latest.version.to_string(),
            published: latest.published,
            holds: HoldsView::new(latest, &outline),
        },
    })
}

/// The version of a data set that is meant; what is not there and what is not published cannot be told apart.
pub(super) async fn version(service: &Service, id: Uuid, meant: Meant) -> Result<Arc<DataSetVersion>, Problem> {
    let catalogue = service.catalogue().await?;
    let wanted = meant.version.unwrap_or(VersionSelector::Latest);
    let found = catalogue.data_set(id).and_then(|history| history.version(&wanted, meant.as_of));
    found.map(Arc::clone).ok_or_else(Problem::not_found)
}

/// Get a data set's summary
///
/// No key is needed.
#[utoipa::path(get, path = "/v1/data-sets/{id}", tag = "data sets",
    params(("id" = String, Path), ("asOf" = Option<String>, Query, description = "What stood at that time (RFC 3339)")),
    responses((status = 200, body = DataSetView)), security((), ("key" = [])))]
pub(super) async fn read(
    State(state): State<ApiState>,
    Reader(_): Reader,
    IdOf(id): IdOf<Uuid>,
    mut parameters: Parameters,
) -> Result<Read, Problem> {
    let at = parameters.as_of(state.service.now());
    parameters.finish()?;
    let catalogue = state.service.catalogue().await?;
    let history = catalogue.data_set(id).ok_or_else(Problem::not_found)?;
    let latest = history.version(&VersionSelector::Latest, at).ok_or_else(Problem::not_found)?;
    let found = view(&state.service, history, latest, at).await?;
    Ok(Read::json(&found, at.is_some()))
}
