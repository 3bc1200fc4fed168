//! Publications: the series that the data sets belong to.

use super::super::ApiState;
use super::super::identity::Reader;
use super::super::problems::Problem;
use super::super::request::IdOf;
use super::data_sets::{DataSetView, PagingView, view};
use super::parameters::Parameters;
use super::reading::Read;
use crate::flow::Catalogue;
use crate::publish::dataset::{Message, Paging};
use axum::extract::State;
use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct PublicationView {
    #[schema(value_type = String, format = "uuid")]
    id: Uuid,
    title: String,
    slug: String,
    summary: String,
    last_published: DateTime<Utc>,
}

/// A page of publications.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct PublicationsView {
    paging: PagingView,
    results: Vec<PublicationView>,
}

/// A page of data sets.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct DataSetsView {
    paging: PagingView,
    results: Vec<DataSetView>,
}

fn publication(catalogue: &Catalogue, at: Option<DateTime<Utc>>) -> Option<PublicationView> {
    let (publication, last_published) = catalogue.publication(at)?;
    let count = catalogue.data_sets(at).len();
    Some(PublicationView {
        id: publication.id,
        title: publication.title.clone(),
        slug: publication.slug.clone(),
        summary: format!(
            "{}: {count} data sets of figures for England, its regions and local authorities.",
            publication.title
        ),
        last_published,
    })
}

/// List publications
///
/// What has been published. No key is needed.
#[utoipa::path(get, path = "/v1/publications", tag = "data sets",
    params(("page" = Option<u64>, Query, description = "From 1"), ("pageSize" = Option<u64>, Query, description = "1 to 40; 20 when absent"),
        ("search" = Option<String>, Query, description = "Words of the title or summary; 3 characters or more"),
        ("asOf" = Option<String>, Query, description = "What stood at that time (RFC 3339); ours, not in DfE's API")),
    responses((status = 200, body = PublicationsView)), security((), ("key" = [])))]
pub(super) async fn list(
    State(state): State<ApiState>,
    Reader(_): Reader,
    mut parameters: Parameters,
) -> Result<Read, Problem> {
    let page = parameters.paging(20, 40);
    let search = parameters.take("search").map(|search| search.trim().to_lowercase());
    if search.as_ref().is_some_and(|search| search.chars().count() < 3) {
        parameters.fault(Message::too_short("search", 3));
    }
    let at = parameters.as_of(state.service.now());
    parameters.finish()?;
    let catalogue = state.service.catalogue().await?;
    let mut found: Vec<PublicationView> = publication(&catalogue, at).into_iter().collect();
    if let Some(search) = search {
        let text = |one: &PublicationView| format!("{} {}", one.title, one.summary).to_lowercase();
        found.retain(|one| search.split_whitespace().all(|word| text(one).contains(word)));
    }
    let paging = Paging::new(page.page, page.page_size, found.len() as u64);
    let results = found.drain(paging.range()).collect();
    Ok(Read::json(&PublicationsView { paging: paging.into(), results }, at.is_some()))
}

/// Get a publication's summary
///
/// No key is needed.
#[utoipa::path(get, path = "/v1/publications/{id}", tag = "data sets",
    params(("id" = String, Path), ("asOf" = Option<String>, Query, description = "What stood at that time (RFC 3339)")),
    responses((status = 200, body = PublicationView)), security((), ("key" = [])))]
pub(super) async fn read(
    State(state): State<ApiState>,
    Reader(_): Reader,
    IdOf(id): IdOf<Uuid>,
    mut parameters: Parameters,
) -> Result<Read, Problem> {
    let at = parameters.as_of(state.service.now());
    parameters.finish()?;
    let catalogue = state.service.catalogue().await?;
    let found = publication(&catalogue, at).filter(|one| one.id == id).ok_or_else(Problem::not_found)?;
    Ok(Read::json(&found, at.is_some()))
}

/// List a publication's data sets
///
/// Those published last come first. No key is needed.
#[utoipa::path(get, path = "/v1/publications/{id}/data-sets", tag = "data sets",
    params(("id" = String, Path), ("page" = Option<u64>, Query, description = "From 1"),
        ("pageSize" = Option<u64>, Query, description = "1 to 20; 10 when absent"),
        ("asOf" = Option<String>, Query, description = "What stood at that time (RFC 3339)")),
    responses((status = 200, body = DataSetsView)), security((), ("key" = [])))]
pub(super) async fn data_sets(
    State(state): State<ApiState>,
    Reader(_): Reader,
    IdOf(id): IdOf<Uuid>,
    mut parameters: Parameters,
) -> Result<Read, Problem> {
    let page = parameters.paging(10, 20);
    let at = parameters.as_of(state.service.now());
    parameters.finish()?;
    let catalogue = state.service.catalogue().await?;
    catalogue.publication(at).filter(|(publication, _)| publication.id == id).ok_or_else(Problem::not_found)?;
    let found = catalogue.data_sets(at);
    let paging = Paging::new(page.page, page.page_size, found.len() as u64);
    let mut results = Vec::new();
    for (history, latest) in &found[paging.range()] {
        results.push(view(&state.service, history, latest, at).await?);
    }
    Ok(Read::json(&DataSetsView { paging: paging.into(), results }, at.is_some()))
}
