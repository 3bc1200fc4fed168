//! The versions of a data set. None of them ever changes.

use super::super::ApiState;
use super::super::identity::Reader;
use super::super::problems::Problem;
use super::super::request::{IdOf, PathOf};
use super::data_sets::{HoldsView, PagingView};
use super::parameters::{Meant, Parameters};
use super::reading::Read;
use crate::domain::release::DataVersion;
use crate::flow::{DataSetVersion, FlowError, Service, VersionSelector};
use crate::publish::dataset::Paging;
use axum::extract::State;
use chrono::{DateTime, Utc};
use serde::Serialize;
use std::sync::Arc;
use utoipa::ToSchema;
use uuid::Uuid;

/// One version of a data set.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct DataSetVersionView {
    version: String,
    /// `Major`, `Minor` or `Patch`.
    #[serde(rename = "type")]
    kind: &'static str,
    /// Always `Published`: a version stays as it is.
    status: &'static str,
    published: DateTime<Utc>,
    /// Why the release revised the one before; empty for a first release.
    notes: String,
    release: ReleaseOfVersionView,
    #[serde(flatten)]
    holds: HoldsView,
}

/// The release that a version was published with.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ReleaseOfVersionView {
    title: String,
    slug: String,
    /// Its identifier at `/v1/releases`; ours, not in DfE's API.
    id: String,
}

/// A page of versions.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct VersionsView {
    paging: PagingView,
    results: Vec<DataSetVersionView>,
}

const fn kind(version: DataVersion) -> &'static str {
    match (version.minor, version.patch) {
        (0, 0) => "Major",
        (_, 0) => "Minor",
        _ => "Patch",
    }
}

async fn view(service: &Service, version: &DataSetVersion) -> Result<DataSetVersionView, FlowError> {
    let outline = service.outline(version).await?;
    Ok(DataSetVersionView {
        version: version.version.to_string(),
        kind: kind(version.version),
        status: "Published",
        published: version.published,
        notes: version.notes.clone(),
        release: ReleaseOfVersionView {
            title: version.release_label.clone(),
            slug: version.collection.clone(),
            id: version.release.to_string(),
        },
        holds: HoldsView::new(version, &outline),
    })
}

/// List a data set's versions
///
/// The newest first. No key is needed.
#[utoipa::path(get, path = "/v1/data-sets/{id}/versions", tag = "data sets",
    params(("id" = String, Path), ("page" = Option<u64>, Query, description = "From 1"),
        ("pageSize" = Option<u64>, Query, description = "1 to 20; 10 when absent"),
        ("asOf" = Option<String>, Query, description = "What stood at that time (RFC 3339)")),
    responses((status = 200, body = VersionsView)), security((), ("key" = [])))]
pub(super) async fn list(
    State(state): State<ApiState>,
    Reader(_): Reader,
    IdOf(id): IdOf<Uuid>,
    mut parameters: Parameters,
) -> Result<Read, Problem> {
    let page = parameters.paging(10, 20);
    let at = parameters.as_of(state.service.now());
    parameters.finish()?;
    let catalogue = state.service.catalogue().await?;
    let history = catalogue.data_set(id).ok_or_else(Problem::not_found)?;
    let versions: Vec<&Arc<DataSetVersion>> = history.versions(at).collect();
    if versions.is_empty() {
        return Err(Problem::not_found());
    }
    let paging = Paging::new(page.page, page.page_size, versions.len() as u64);
    let mut results = Vec::new();
    for version in &versions[paging.range()] {
        results.push(view(&state.service, version).await?);
    }
    Ok(Read::json(&VersionsView { paging: paging.into(), results }, at.is_some()))
}

/// The version that the last part of a path names.
pub(super) fn of_path(text: &str) -> Result<Meant, Problem> {
    let version = VersionSelector::parse(text).ok_or_else(Problem::not_found)?;
    Ok(Meant { version: Some(version), as_of: None })
}

/// Get a data set version
///
/// `1.0` is that version for ever; `2.*` is the newest of the series. No key is needed.
#[utoipa::path(get, path = "/v1/data-sets/{id}/versions/{version}", tag = "data sets", params(("id" = String, Path), ("version" = String, Path)),
    responses((status = 200, body = DataSetVersionView)), security((), ("key" = [])))]
pub(super) async fn read(
    State(state): State<ApiState>,
    Reader(_): Reader,
    IdOf(id): IdOf<Uuid>,
    PathOf((_, version)): PathOf<(String, String)>,
    parameters: Parameters,
) -> Result<Read, Problem> {
    parameters.finish()?;
    let meant = of_path(&version)?;
    let found = super::data_sets::version(&state.service, id, meant).await?;
    Ok(Read::json(&view(&state.service, &found).await?, meant.is_pinned()))
}
