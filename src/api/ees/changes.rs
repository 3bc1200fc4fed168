//! What is different in a version of a data set since the one before it.

use super::super::ApiState;
use super::super::identity::Reader;
use super::super::problems::{INTERNAL, Problem};
use super::super::request::{IdOf, PathOf};
use super::data_sets::version;
use super::meta::{IndicatorView, LevelView, LocationView, OptionView, TimePeriodView};
use super::parameters::Parameters;
use super::reading::Read;
use super::versions::of_path;
use crate::publish::changes::{Change, ChangeSet, ColumnState, FilterState, LocationState, PeriodState, ValueChanges};
use crate::publish::dataset::{
    DataSetError, Level, TimePeriod, filter_identifier, indicator_identifier, location_identifier, option_identifier,
};
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

/// The changes of a version.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct ChangesView {
    version_number: String,
    /// Why the release revised the one before; empty for a first release.
    notes: String,
    /// What a reader's program may rely on and is gone.
    major_changes: ChangeSetView,
    minor_changes: ChangeSetView,
    /// Figures that are not what they were; ours, not in DfE's API.
    value_changes: ValueChangesView,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct ValueChangesView {
    /// Cells that are in both versions and differ.
    changed: u64,
    rows_added: u64,
    rows_removed: u64,
}

impl From<ValueChanges> for ValueChangesView {
    fn from(changes: ValueChanges) -> Self {
        Self { changed: changes.changed, rows_added: changes.rows_added, rows_removed: changes.rows_removed }
    }
}

/// Changes by what changed; a list without a change is left out.
#[derive(Debug, Default, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct ChangeSetView {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    filters: Vec<ChangeView<FilterStateView>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    filter_options: Vec<FilterOptionsView>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    geographic_levels: Vec<ChangeView<LevelView>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    indicators: Vec<ChangeView<IndicatorView>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    location_groups: Vec<ChangeView<LocationGroupStateView>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    location_options: Vec<LocationOptionsView>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    time_periods: Vec<ChangeView<TimePeriodView>>,
}

/// The state before and after: what was added has none before, what was removed none after.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct ChangeView<T> {
    #[serde(skip_serializing_if = "Option::is_none")]
    current_state: Option<T>,
    #[serde(skip_serializing_if = "Option::is_none")]
    previous_state: Option<T>,
}

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct FilterStateView {
    id: String,
    column: String,
    label: String,
}

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct FilterOptionsView {
    filter: FilterStateView,
    options: Vec<ChangeView<OptionView>>,
}

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct LocationGroupStateView {
    level: LevelView,
}

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct LocationOptionsView {
    level: LevelView,
    options: Vec<ChangeView<LocationView>>,
}

type Viewed<T> = Result<T, DataSetError>;

fn every<T, V>(changes: &[Change<T>], view: impl Fn(&T) -> Viewed<V>) -> Viewed<Vec<ChangeView<V>>> {
    let state = |state: &Option<T>| state.as_ref().map(&view).transpose();
    let both = |change: &Change<T>| {
        Ok(ChangeView { current_state: state(&change.current)?, previous_state: state(&change.previous)? })
    };
    changes.iter().map(both).collect()
}

fn filter(state: &FilterState) -> Viewed<FilterStateView> {
    let id = filter_identifier(&state.column)?.into();
    Ok(FilterStateView { id, column: state.column.clone(), label: state.label.clone() })
}

fn indicator(state: &ColumnState) -> Viewed<IndicatorView> {
    Ok(IndicatorView {
        id: indicator_identifier(&state.column)?.into(),
        column: state.column.clone(),
        label: state.label.clone(),
        unit: state.unit.clone(),
        decimal_places: Some(state.decimals),
    })
}

fn level(label: &str) -> Viewed<&'static Level> {
    Level::of_label(label).ok_or_else(|| DataSetError::Identifier(format!("{label} is no geographic level")))
}

fn location(level: &'static Level, state: &LocationState) -> Viewed<LocationView> {
    let known = |name: &str| match name {
        "code" => Some(state.code.as_str()),
        "oldCode" => state.old_code.as_deref(),
        _ => None,
    };
    let codes: Vec<Box<str>> =
        level.properties.iter().map(|(name, _)| known(name).unwrap_or_default().into()).collect();
    let members = level.properties.iter().zip(&codes);
    Ok(LocationView {
        id: location_identifier(level, &codes)?.into(),
        label: state.name.clone(),
        codes: members.map(|((name, _), code)| ((*name).to_owned(), code.as_ref().into())).collect(),
    })
}

fn period(state: &PeriodState) -> Viewed<TimePeriodView> {
    let period = TimePeriod::of_file(&state.period, &state.identifier);
    let unknown = || DataSetError::Identifier(format!("{} {} is no time period", state.identifier, state.period));
    let period = period.ok_or_else(unknown)?;
    Ok(TimePeriodView { code: period.identifier().code.clone(), period: period.period(), label: period.label() })
}

/// `labels` has the label of each filter whose options changed.
fn set(changes: &ChangeSet, label_of: &impl Fn(&str) -> String) -> Viewed<ChangeSetView> {
    let mut view = ChangeSetView {
        filters: every(&changes.filters, filter)?,
        geographic_levels: every(&changes.geographic_levels, |label| level(label).map(LevelView::from))?,
        indicators: every(&changes.indicators, indicator)?,
        location_groups: every(&changes.location_groups, |label| {
            Ok(LocationGroupStateView { level: level(label)?.into() })
        })?,
        time_periods: every(&changes.time_periods, period)?,
        ..ChangeSetView::default()
    };
    for (column, options) in &changes.filter_options {
        let option =
            |label: &String| Ok(OptionView { id: option_identifier(column, label)?.into(), label: label.clone() });
        let id = filter_identifier(column)?.into();
        let filter = FilterStateView { id, column: column.clone(), label: label_of(column) };
        view.filter_options.push(FilterOptionsView { filter, options: every(options, option)? });
    }
    for (label, options) in &changes.location_options {
        let level = level(label)?;
        let options = every(options, |state| location(level, state))?;
        view.location_options.push(LocationOptionsView { level: level.into(), options });
    }
    Ok(view)
}

/// List a data set version's changes
///
/// Since the version before it: *major* where something that a program may rely on is gone, *minor* where something is new
/// or a label, unit or value is another. No key is needed.
#[utoipa::path(get, path = "/v1/data-sets/{id}/versions/{version}/changes", tag = "data sets", params(("id" = String, Path), ("version" = String, Path)),
    responses((status = 200, body = ChangesView)), security((), ("key" = [])))]
pub(super) async fn read(
    State(state): State<ApiState>,
    Reader(_): Reader,
    IdOf(id): IdOf<Uuid>,
    PathOf((_, wanted)): PathOf<(String, String)>,
    parameters: Parameters,
) -> Result<Read, Problem> {
    parameters.finish()?;
    let meant = of_path(&wanted)?;
    let version = version(&state.service, id, meant).await?;
    let changes = state.service.data_set_changes(&version).await?;
    let data = state.service.data_set(&version).await?;
    let label_of = |column: &str| {
        let filter = data.filters().iter().find(|filter| &*filter.column == column);
        filter.map_or_else(|| column.to_owned(), |filter| filter.label.to_string())
    };
    let failed = |error: DataSetError| {
        tracing::error!(%error, "the changes of a data set could not be told");
        Problem::new(INTERNAL, INTERNAL.help)
    };
    let view = ChangesView {
        version_number: version.version.to_string(),
        notes: version.notes.clone(),
        major_changes: set(&changes.major, &label_of).map_err(failed)?,
        minor_changes: set(&changes.minor, &label_of).map_err(failed)?,
        value_changes: changes.values.into(),
    };
    Ok(Read::json(&view, meant.is_pinned()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use std::collections::BTreeMap;

    #[test]
    fn changes_are_told_with_the_identifiers_of_the_metadata() {
        let column = |label: &str| ColumnState {
            column: "thing_count".to_owned(),
            label: label.to_owned(),
            unit: String::new(),
            decimals: 0,
        };
        let place = |code: &str| LocationState {
            code: code.to_owned(),
            old_code: Some("840".to_owned()),
            name: "County Durham".to_owned(),
        };
        let changes = ChangeSet {
            filter_options: BTreeMap::from([(
                "colour".to_owned(),
                vec![Change { previous: Some("Red".to_owned()), current: None }],
            )]),
            indicators: vec![Change { previous: Some(column("Things")), current: Some(column("Number of things")) }],
            location_options: BTreeMap::from([(
                "Local authority".to_owned(),
                vec![Change { previous: Some(place("E06000047")), current: Some(place("E06000099")) }],
            )]),
            time_periods: vec![Change {
                previous: None,
                current: Some(PeriodState { period: "2026".to_owned(), identifier: "Reporting year".to_owned() }),
            }],
            ..ChangeSet::default()
        };
        let view = set(&changes, &|column| column.to_uppercase()).expect("is told");
        let id = |made: Viewed<Box<str>>| String::from(made.expect("is made"));
        let column = |label: &str| {
            let id = id(indicator_identifier("thing_count"));
            json!({"id": id, "column": "thing_count", "label": label, "unit": "", "decimalPlaces": 0})
        };
        let level = Level::of_code("LA").expect("is a level");
        let place = |code: &str| {
            let id = id(location_identifier(level, &[code.into(), "840".into()]));
            json!({"id": id, "label": "County Durham", "code": code, "oldCode": "840"})
        };
        assert_eq!(place("E06000047")["id"], place("E06000099")["id"], "a place stays the same place");
        let wanted = json!({
            "filterOptions": [{
                "filter": {"id": id(filter_identifier("colour")), "column": "colour", "label": "COLOUR"},
                "options": [{"previousState": {"id": id(option_identifier("colour", "Red")), "label": "Red"}}],
            }],
            "indicators": [{"currentState": column("Number of things"), "previousState": column("Things")}],
            "locationOptions": [{
                "level": {"code": "LA", "label": "Local authority"},
                "options": [{"currentState": place("E06000099"), "previousState": place("E06000047")}],
            }],
            "timePeriods": [{"currentState": {"code": "RY", "period": "2026", "label": "2026"}}],
        });
        assert_eq!(serde_json::to_value(view).expect("JSON"), wanted);
    }
}
