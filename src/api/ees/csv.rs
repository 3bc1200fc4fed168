//! A whole data set as one CSV file, with labels in place of identifiers.

use super::super::ApiState;
use super::super::identity::Reader;
use super::super::problems::Problem;
use super::super::request::IdOf;
use super::data_sets::version;
use super::parameters::Parameters;
use super::reading::{Known, Read, Tag};
use axum::extract::State;
use axum::http::header::{CONTENT_DISPOSITION, HeaderName};
use axum::response::{IntoResponse as _, Response};
use uuid::Uuid;

/// Download a data set as CSV
///
/// Labels in place of identifiers, compressed where the client takes it. Its columns are not promised to stay as those of
/// the other addresses are. No key is needed.
#[utoipa::path(get, path = "/v1/data-sets/{id}/csv", tag = "data sets",
    params(("id" = String, Path), ("dataSetVersion" = Option<String>, Query, description = "1.0, 2.*; the newest when absent"),
        ("asOf" = Option<String>, Query, description = "What stood at that time (RFC 3339)")),
    responses((status = 200, description = "The file", content_type = "text/csv")), security((), ("key" = [])))]
pub(super) async fn read(
    State(state): State<ApiState>,
    Reader(_): Reader,
    IdOf(id): IdOf<Uuid>,
    known: Known,
    mut parameters: Parameters,
) -> Result<Response, Problem> {
    let meant = parameters.meant(state.service.now());
    parameters.finish()?;
    let meant = meant?;
    let version = version(&state.service, id, meant).await?;
    let tag = Tag::of(&version, &"csv");
    let bytes = match known.has(&tag) {
        true => None,
        false => Some(state.service.data_set_csv(&version).await?.into()),
    };
    let read = Read::tagged(bytes, "text/csv; charset=utf-8", meant.is_pinned(), tag);
    let name = format!("attachment; filename=\"{id}_v{}.csv\"", version.version);
    let robots = HeaderName::from_static("x-robots-tag");
    Ok(([(CONTENT_DISPOSITION, name), (robots, "noindex".to_owned())], read).into_response())
}
