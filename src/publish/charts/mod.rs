//! The headline series as charts in SVG: what is drawn is said in the specification's `charts.toml`, the figures are
//! England's and regions' as they are published.
//!
//! Each chart has a title and a description that says its figures, so that it can be heard as well as seen: every one, or
//! of a long line those at its labelled points with where the others are. Colours are those of the Analysis Function's
//! palette for charts (Data visualisation: colours in charts, 2022), each with a contrast of at least 3 to 1 against the
//! ground; no series is told by its colour alone, and no letters are coloured.

mod bars;
pub(super) mod draw;
mod lines;
pub(super) mod series;
#[cfg(test)]
mod tests;

use super::error::PublishError;
use crate::disclosure::ClearedTables;
use crate::spec::Specification;
use serde::Deserialize;
use std::collections::BTreeMap;

/// How a chart is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Kind {
    /// A bar for each item.
    Bars,
    /// A line for each item of `by`, along the items of `along`.
    Lines,
}

/// A chart as the specification describes it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Chart {
    /// The name of its file, without the ending.
    name: String,
    title: String,
    kind: Kind,
    indicator: String,
    /// The column of figures.
    column: String,
    /// Whether the columns `COLUMN_lower` and `COLUMN_upper` are drawn as well.
    #[serde(default)]
    interval: bool,
    /// The column of the number that the figures rest on, written beside them.
    rests_on: Option<String>,
    /// For lines: whether a figure holds until the next one, as on a curve that falls at events.
    #[serde(default)]
    steps: bool,
    /// `region`, the column of a filter, or the label of a breakdown.
    along: String,
    /// For lines: the label of the breakdown whose items have a line each; one line of the totals when absent.
    by: Option<String>,
    /// The items of the filters that are not drawn along; the default one where none is given.
    #[serde(default)]
    filters: BTreeMap<String, String>,
}

/// The figure of an authority's profile that is held against all others in a funnel plot: a share of the indicator.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct FunnelOf {
    pub(super) title: String,
    pub(super) indicator: String,
    /// The share's column of percentages.
    pub(super) column: String,
    /// The items of the filters; the default one where none is given.
    #[serde(default)]
    pub(super) filters: BTreeMap<String, String>,
}

/// The charts of a specification; none where it has no `charts.toml`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Charts {
    #[serde(default)]
    charts: Vec<Chart>,
    pub(super) funnel: Option<FunnelOf>,
}

impl Charts {
    pub fn load(specification: &Specification) -> Result<Self, PublishError> {
        let Some(text) = specification.file("charts.toml") else { return Ok(Self::default()) };
        let wrong = |error: toml::de::Error| PublishError::Chart {
            name: "charts.toml".to_owned(),
            problem: error.message().to_owned(),
        };
        toml::from_str(text).map_err(wrong)
    }

    /// The files of the charts by their names: `chart_NAME.svg`.
    /// `source` says where they come from, since a picture is often passed on alone.
    pub(super) fn files(
        &self,
        tables: &ClearedTables,
        source: &str,
    ) -> Result<BTreeMap<String, Vec<u8>>, PublishError> {
        let mut files = BTreeMap::new();
        for chart in &self.charts {
            let drawn = series::of(chart, tables, source)
                .map_err(|problem| PublishError::Chart { name: chart.name.clone(), problem })?;
            let picture = match chart.kind {
                Kind::Bars => bars::draw(&drawn),
                Kind::Lines => lines::draw(&drawn),
            };
            files.insert(format!("chart_{}.svg", chart.name), picture.into_bytes());
        }
        Ok(files)
    }
}
