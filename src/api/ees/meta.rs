//! What a data set can be asked for: its fields with their identifiers.

use super::super::ApiState;
use super::super::identity::Reader;
use super::super::problems::Problem;
use super::super::request::IdOf;
use super::data_sets::version;
use super::parameters::Parameters;
use super::reading::{JSON, Known, Read, Tag, written};
use crate::flow::FieldKind;
use crate::publish::dataset::{DataSet, Level, Location, Message};
use axum::extract::State;
use serde::Serialize;
use serde_json::{Map, Value};
use std::collections::BTreeSet;
use utoipa::ToSchema;
use uuid::Uuid;

/// What is asked for by its name.
const TYPES: [&str; 4] = ["Filters", "Indicators", "Locations", "TimePeriods"];

/// The kinds that are named, or all where none is; one that is not known is a fault.
fn kinds(types: &str, parameters: &mut Parameters) -> BTreeSet<FieldKind> {
    let types: BTreeSet<&str> = types.split(',').map(str::trim).filter(|one| !one.is_empty()).collect();
    let mut kinds = BTreeSet::new();
    for (at, one) in types.into_iter().enumerate() {
        match TYPES.iter().position(|known| *known == one) {
            Some(known) => _ = kinds.insert(FieldKind::ALL[known]),
            None => parameters.fault(Message::not_allowed(format!("types[{at}]"), one, &TYPES)),
        }
    }
    if kinds.is_empty() { FieldKind::ALL.into() } else { kinds }
}

/// The fields of a data set. A kind that was not asked for is an empty list.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct MetaView {
    filters: Vec<FilterView>,
    indicators: Vec<IndicatorView>,
    geographic_levels: Vec<LevelView>,
    locations: Vec<LocationGroupView>,
    time_periods: Vec<TimePeriodView>,
}

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct FilterView {
    id: String,
    column: String,
    label: String,
    hint: String,
    options: Vec<OptionView>,
}

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct OptionView {
    pub(super) id: String,
    pub(super) label: String,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct IndicatorView {
    pub(super) id: String,
    pub(super) column: String,
    pub(super) label: String,
    /// `%`, `pp` and the like, or nothing.
    pub(super) unit: String,
    pub(super) decimal_places: Option<u8>,
}

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct LevelView {
    code: &'static str,
    label: &'static str,
}

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct LocationGroupView {
    level: LevelView,
    options: Vec<LocationView>,
}

/// A place: its identifier, its name and the codes of its level.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct LocationView {
    pub(super) id: String,
    pub(super) label: String,
    /// `code`; `code` and `oldCode` of a local authority.
    #[serde(flatten)]
    #[schema(value_type = Object)]
    pub(super) codes: Map<String, Value>,
}

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct TimePeriodView {
    pub(super) code: String,
    pub(super) period: String,
    pub(super) label: String,
}

impl From<&'static Level> for LevelView {
    fn from(level: &'static Level) -> Self {
        Self { code: level.code, label: level.label }
    }
}

fn place(level: &Level, place: &Location) -> LocationView {
    let codes = level.properties.iter().zip(&place.codes);
    LocationView {
        id: place.id.to_string(),
        label: place.label.to_string(),
        codes: codes.map(|((name, _), code)| ((*name).to_owned(), Value::from(code.as_ref()))).collect(),
    }
}

fn view(data: &DataSet, wanted: &BTreeSet<FieldKind>) -> MetaView {
    let has = |kind: FieldKind| wanted.contains(&kind);
    let filters = data.filters().iter().filter(|_| has(FieldKind::Filters)).map(|filter| FilterView {
        id: filter.id.to_string(),
        column: filter.column.to_string(),
        label: filter.label.to_string(),
        hint: filter.hint.to_string(),
        options: filter
            .options
            .iter()
            .map(|option| OptionView { id: option.id.to_string(), label: option.label.to_string() })
            .collect(),
    });
    let indicators = data.indicators().iter().filter(|_| has(FieldKind::Indicators)).map(|column| IndicatorView {
        id: column.id.to_string(),
        column: column.column.to_string(),
        label: column.label.to_string(),
        unit: column.unit.to_string(),
        decimal_places: column.decimals,
    });
    let locations = data.locations().iter().filter(|_| has(FieldKind::Locations)).map(|group| {
        let mut told = BTreeSet::new();
        // A place whose code changed is one place with one identifier; its newest code comes first.
        let options = group.options.iter().filter(|option| told.insert(&option.id));
        LocationGroupView {
            level: group.level.into(),
            options: options.map(|option| place(group.level, option)).collect(),
        }
    });
    let periods = data.periods().iter().filter(|_| has(FieldKind::TimePeriods)).map(|period| TimePeriodView {
        code: period.identifier().code.clone(),
        period: period.period(),
        label: period.label(),
    });
    MetaView {
        filters: filters.collect(),
        indicators: indicators.collect(),
        geographic_levels: data
            .levels()
            .iter()
            .filter(|_| has(FieldKind::Locations))
            .map(|level| (*level).into())
            .collect(),
        locations: locations.collect(),
        time_periods: periods.collect(),
    }
}

/// Get a data set's metadata
///
/// The identifiers to make queries of. They are made from names, so that an addition changes none of them. No key is needed.
#[utoipa::path(get, path = "/v1/data-sets/{id}/meta", tag = "data sets",
    params(("id" = String, Path), ("dataSetVersion" = Option<String>, Query, description = "1.0, 2.*; the newest when absent"),
        ("types" = Option<String>, Query, description = "Filters, Indicators, Locations, TimePeriods, joined by commas; all when absent"),
        ("asOf" = Option<String>, Query, description = "What stood at that time (RFC 3339)")),
    responses((status = 200, body = MetaView)), security((), ("key" = [])))]
pub(super) async fn read(
    State(state): State<ApiState>,
    Reader(_): Reader,
    IdOf(id): IdOf<Uuid>,
    known: Known,
    mut parameters: Parameters,
) -> Result<Read, Problem> {
    let meant = parameters.meant(state.service.now());
    let types = parameters.take("types").unwrap_or_default();
    let kinds = kinds(&types, &mut parameters);
    parameters.finish()?;
    let meant = meant?;
    let version = version(&state.service, id, meant).await?;
    let tag = Tag::of(&version, &("meta", &kinds));
    if known.has(&tag) {
        return Ok(Read::tagged(None, JSON, meant.is_pinned(), tag));
    }
    let asked = kinds.clone();
    let write = move |data: &DataSet| written(&view(data, &asked));
    let bytes = state.service.data_set_fields(&version, &kinds, write).await?;
    Ok(Read::tagged(Some(bytes), JSON, meant.is_pinned(), tag))
}
