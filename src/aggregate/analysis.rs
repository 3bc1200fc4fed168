//! Analyses of England's units as a whole: what an indicator of the kinds `curve`, `logrank`, `risk` and `hazard` says
//! in its head, and the units they are made from.

use super::definition::{Filter, Item, RowKey, Topic};
use super::error::AggregateError;
use super::kinds::FurtherCount;
use super::national::NationalData;
use super::raw::RawTable;
use super::units::Line;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::fmt;

/// What is made of the units.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AnalysisKind {
    /// Kaplan–Meier: the share without the event, step by step.
    Curve,
    /// The log-rank test of each characteristic.
    LogRank,
    /// The risk of each group relative to the largest of its characteristic.
    Risk,
    /// Cox's model on all characteristics at once.
    Hazard,
}

/// The event that ends a time.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EventColumn {
    /// 1 where the event came, 0 where the time was still going on when it was last seen.
    pub column: String,
    pub name: String,
    pub label: String,
}

/// The steps of a curve.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Curve {
    /// The filter that names the step, and its label.
    pub filter: String,
    pub filter_label: String,
    /// The word for one step, such as `month`.
    pub step: String,
    /// How much of the time column one step is.
    pub step_length: f64,
    pub steps: usize,
    /// The step shown when none is asked for.
    pub default: usize,
    /// The column of the share without the event.
    pub name: String,
    pub label: String,
}

/// An analysis, as the head of its indicator says.
#[derive(Debug, Clone, PartialEq)]
pub struct Analysis {
    pub kind: AnalysisKind,
    /// The column of the time, from nought; none for a risk, which is made from counts.
    pub time: Option<String>,
    pub event: EventColumn,
    pub curve: Option<Curve>,
    /// The characteristics with their groups.
    pub groups: Vec<Topic>,
}

/// A step's length is a number of the specification and never not one.
impl Eq for Analysis {}

/// The line of a test of a characteristic, which has no categories of its own.
const ALL_GROUPS: &str = "All groups";

impl Analysis {
    /// Whether it is made from the units themselves and not from counts.
    pub const fn is_of_units(&self) -> bool {
        !matches!(self.kind, AnalysisKind::Risk)
    }

    /// Checks what the head gives for a kind; the text says what is wrong.
    pub(super) fn parse(
        kind: AnalysisKind,
        time: Option<String>,
        event: Option<EventColumn>,
        curve: Option<Curve>,
        groups: Vec<Topic>,
    ) -> Result<Self, String> {
        if groups.is_empty() || groups.iter().any(|topic| topic.columns.len() != 1) {
            return Err("an analysis needs `breakdowns`, and takes no `crosses`".to_owned());
        }
        if (kind == AnalysisKind::Curve) != curve.is_some() {
            return Err("the kind `curve` needs a table `[curve]`, and no other kind takes one".to_owned());
        }
        if let Some(curve) = &curve {
            let usable = curve.step_length.is_finite() && curve.step_length > 0.0;
            if !usable || curve.steps == 0 || curve.default > curve.steps {
                return Err(
                    "a curve needs a `step_length` over 0, `steps` from 1, and a `default` among them".to_owned()
                );
            }
        }
        let of_units = kind != AnalysisKind::Risk;
        if of_units != (time.is_some() && event.is_some()) || (!of_units && (time.is_some() || event.is_some())) {
            return Err(
                "the kinds `curve`, `logrank` and `hazard` need `time` and `[event]`; `risk` has neither, and one share"
                    .to_owned(),
            );
        }
        Ok(Self { kind, time, event: event.unwrap_or_default(), curve, groups })
    }

    /// The breakdowns of the published table.
    pub(super) fn topics(&self) -> Vec<Topic> {
        let tested = |topic: &Topic| Topic {
            items: vec![Item { label: ALL_GROUPS.to_owned(), categories: vec![ALL_GROUPS.to_owned()] }],
            ..topic.clone()
        };
        if self.kind == AnalysisKind::LogRank { self.groups.iter().map(tested).collect() } else { self.groups.clone() }
    }

    /// The filter of a curve's steps.
    pub(super) fn filter(&self) -> Option<Filter> {
        let curve = self.curve.as_ref()?;
        let item =
            |step: usize| if step == 1 { format!("1 {}", curve.step) } else { format!("{step} {}s", curve.step) };
        Some(Filter {
            column: curve.filter.clone(),
            label: curve.filter_label.clone(),
            items: (0..=curve.steps).map(item).collect(),
            default: item(curve.default),
            ..Filter::default()
        })
    }

    /// The events as a number beside the units.
    pub(super) fn count(&self, population: &str) -> FurtherCount {
        FurtherCount {
            column: self.event.column.clone(),
            name: self.event.name.clone(),
            label: self.event.label.clone(),
            population: format!("{population}, with the event"),
        }
    }
}

/// One unit of an analysis.
#[derive(Clone, PartialEq)]
pub(crate) struct AnalysisUnit {
    pub(crate) time: f64,
    pub(crate) event: bool,
    /// For each characteristic, the number of the unit's group.
    pub(crate) groups: Vec<usize>,
}

/// The units of an analysis. They have no way out of the process: nothing prints or writes them.
#[derive(Default, Clone)]
pub(crate) struct AnalysisUnits {
    /// In an order that does not depend on how the query ran: time, event, groups.
    pub(super) all: Vec<AnalysisUnit>,
}

impl AnalysisUnits {
    pub(crate) fn all(&self) -> &[AnalysisUnit] {
        &self.all
    }

    /// The units of a group of a characteristic; all units where none is named.
    pub(crate) fn of(&self, group: Option<(usize, usize)>) -> impl Iterator<Item = &AnalysisUnit> {
        self.all.iter().filter(move |unit| group.is_none_or(|(topic, item)| unit.groups[topic] == item))
    }
}

impl fmt::Debug for AnalysisUnits {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "AnalysisUnits({})", self.all.len())
    }
}

/// Puts the units into the table: the units themselves, and the numbers of each row. A curve's numbers are those at risk
/// just before a step and the events up to it.
pub(super) fn fill(
    file: &str,
    lines: Vec<Line>,
    national: &NationalData,
    table: &mut RawTable,
) -> Result<(), AggregateError> {
    let definition = table.definition.clone();
    let Some(analysis) = &definition.analysis else { return Ok(()) };
    let rows: BTreeMap<RowKey, usize> = definition.rows().into_iter().enumerate().map(|(at, row)| (row, at)).collect();
    let steps = analysis.curve.as_ref();
    let mut units = AnalysisUnits::default();
    for line in lines {
        let column = || analysis.time.clone().unwrap_or_default();
        let (time, event) =
            line.reading.ok_or_else(|| AggregateError::NoValue { file: file.to_owned(), column: column() })?;
        let groups: Vec<usize> = line.items;
        let lines: Vec<Option<(usize, usize)>> = std::iter::once(None)
            .chain((0..groups.len()).map(|topic| {
                let tested = analysis.kind == AnalysisKind::LogRank;
                Some((topic, if tested { 0 } else { groups[topic] }))
            }))
            .collect();
        for breakdown in lines {
            let mut add = |step: Option<usize>, quantity: usize| {
                let row = rows[&RowKey { filters: step.into_iter().collect(), breakdown }];
                let count = table.count(line.authority, row, quantity);
                table.set_count(line.authority, row, quantity, count + 1);
            };
            match steps {
                None => {
                    add(None, 0);
                    if event {
                        add(None, 1);
                    }
                }
                Some(curve) => {
                    let last = ((time / curve.step_length).floor() as usize).min(curve.steps);
                    add(Some(last), 0);
                    let first = (time / curve.step_length).ceil() as usize;
                    if event && first <= curve.steps {
                        add(Some(first), 1);
                    }
                }
            }
        }
        units.all.push(AnalysisUnit { time, event, groups });
    }
    if steps.is_some() {
        accumulate(table, &rows, national.geography.authorities.len());
    }
    units.all.sort_by(|one, other| {
        one.time.total_cmp(&other.time).then((one.event, &one.groups).cmp(&(other.event, &other.groups)))
    });
    table.analysis = units;
    Ok(())
}

/// Who was last at risk at a step was at risk at each before it; whose event came by a step has had it at each after it.
fn accumulate(table: &mut RawTable, rows: &BTreeMap<RowKey, usize>, authorities: usize) {
    let mut lines: BTreeMap<Option<(usize, usize)>, Vec<usize>> = BTreeMap::new();
    for (key, row) in rows {
        // The keys of a map are in order, so the steps of a line are too.
        lines.entry(key.breakdown).or_default().push(*row);
    }
    for steps in lines.values() {
        for authority in 0..authorities {
            let carry = |table: &mut RawTable, from: usize, to: usize, quantity: usize| {
                let sum = table.count(authority, from, quantity) + table.count(authority, to, quantity);
                table.set_count(authority, to, quantity, sum);
            };
            for pair in steps.windows(2).rev() {
                carry(table, pair[1], pair[0], 0);
            }
            for pair in steps.windows(2) {
                carry(table, pair[0], pair[1], 1);
            }
        }
    }
}
