//! What is shown of analyses: curves, tests, relative risks and hazards of England's units as a whole.
//!
//! Their figures stand beside protected tables of counts, and must tell nothing that those hide. Why they do not:
//!
//! - **England only, one characteristic at a time.** No figure is of an authority or a region, so none can be joined to
//!   a hidden cell of one but through England's own count, which the tables show rounded to the policy's multiple.
//! - **A group is shown with enough units, events and units without one** (`analysis_from`, `events_from`), **and so is
//!   all of England without it.** What can be had by taking a group from the total is then a large group again.
//! - **Numbers are rounded** like England's counts. A test and a model take in only groups that may be shown: the others
//!   of a characteristic are left out of its test, and stand together in the model.
//! - **A curve is shown at its steps and never at the times of events**, in whole percents, and only where
//!   `at_risk_from` units are at risk: half a percentage point of those is more children than the policy's width, so
//!   neither a point nor the fall between two tells a number of children to within it. Up to where `events_from` events
//!   have come nothing is shown but the start, because a first event could be read off the first step down.
//! - **A relative risk is made from the two shown counts** of each group, as percentages are, and its counts are cells
//!   of the protected tables: rounded to two decimals it would otherwise tell both counts of a small group exactly.
//! - **A hazard ratio, a test statistic and a p** depend on every unit's time. Nobody outside has the times, and the
//!   figures are cut to two and three decimals, so none can be turned back into a count.

use super::cleared::{ClearedRow, ClearedTable, Place, Shown};
use super::error::DisclosureError;
use super::hazard::Hazards;
use super::policy::Policy;
use super::round::{Rounded, round};
use crate::aggregate::statistics::{GroupedTime, KaplanMeier, log_rank};
use crate::aggregate::{Analysis, AnalysisKind, Definition, RawTable, RawTables, RowKey};
use std::collections::BTreeMap;

/// A group of a characteristic: the numbers of both; none for all units.
pub(super) type Group = Option<(usize, usize)>;

/// p below this is shown as this: the standard's files have no sign for "less than".
const LEAST_P: f64 = 0.001;

/// How many units a group has, and how many of them with the event.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Size {
    pub(super) units: i64,
    pub(super) events: i64,
}

impl Policy {
    /// Whether a group may be shown: it and what is left of all units beside it are large enough.
    pub(super) fn shows(&self, group: Size, all: Size) -> bool {
        let enough = |size: Size| {
            size.units >= self.analysis_from
                && size.events >= self.events_from
                && size.units - size.events >= self.events_from
        };
        let left = Size { units: all.units - group.units, events: all.events - group.events };
        !self.protect || enough(group) && (left == Size::default() || enough(left))
    }

    /// A policy that protects must have thresholds that do what this file says of them.
    fn check_thresholds(&self, definition: &Definition) -> Result<(), DisclosureError> {
        let wide = self.at_risk_from > 200 * self.width;
        if self.protect && !(wide && self.analysis_from > 2 * self.small && self.events_from > self.small) {
            let (indicator, policy) = (definition.id.clone(), definition.policy.clone());
            return Err(DisclosureError::NoThresholds { indicator, policy });
        }
        Ok(())
    }
}

/// The table of an analysis that is made from units, with sentences that go with it.
pub(super) fn clear_analysis(
    raw: &RawTables,
    table: &RawTable,
    policy: &Policy,
) -> Result<(ClearedTable, Vec<String>), DisclosureError> {
    let definition = &table.definition;
    policy.check_thresholds(definition)?;
    let Some(analysis) = definition.unit_analysis() else {
        return Ok((ClearedTable::new(definition.clone(), Vec::new()), Vec::new()));
    };
    let clearing = Clearing::new(raw, table, policy, analysis);
    let hazards = (analysis.kind == AnalysisKind::Hazard).then(|| clearing.hazards());
    let curves = if analysis.kind == AnalysisKind::Curve { clearing.curves() } else { BTreeMap::new() };
    let mut rows = Vec::new();
    for (row, key) in definition.rows().into_iter().enumerate() {
        let figures = if raw.has_return.contains(&true) {
            match analysis.kind {
                AnalysisKind::Curve => clearing.step(row, &key, curves.get(&key.breakdown)),
                AnalysisKind::LogRank => clearing.test(&key),
                AnalysisKind::Hazard | AnalysisKind::Risk => clearing.hazard(&key, hazards.as_ref()),
            }
        } else {
            vec![Shown::NotAvailable; super::cleared::columns(definition).len()]
        };
        rows.push(ClearedRow { place: Place::England, key, figures });
    }
    let mut notes =
        vec!["Groups too small to be shown are hidden (c), and a p below 0.001 is shown as 0.001".to_owned()];
    notes.extend(hazards.map(|hazards| hazards.notes(analysis)).unwrap_or_default());
    Ok((ClearedTable::new(definition.clone(), rows), notes))
}

pub(super) struct Clearing<'a> {
    raw: &'a RawTables,
    pub(super) table: &'a RawTable,
    pub(super) policy: &'a Policy,
    pub(super) analysis: &'a Analysis,
    sizes: BTreeMap<Group, Size>,
}

impl<'a> Clearing<'a> {
    fn new(raw: &'a RawTables, table: &'a RawTable, policy: &'a Policy, analysis: &'a Analysis) -> Self {
        let mut sizes = BTreeMap::from([(None, Size::default())]);
        for (topic, groups) in analysis.groups.iter().enumerate() {
            sizes.extend((0..groups.items.len()).map(|item| (Some((topic, item)), Size::default())));
        }
        for unit in table.analysis_units().all() {
            let groups = unit.groups.iter().enumerate().map(|(topic, item)| Some((topic, *item)));
            for group in groups.chain([None]) {
                let size = sizes.entry(group).or_default();
                size.units += 1;
                size.events += i64::from(unit.event);
            }
        }
        Self { raw, table, policy, analysis, sizes }
    }

    pub(super) fn size(&self, group: Group) -> Size {
        self.sizes.get(&group).copied().unwrap_or_default()
    }

    pub(super) fn shows(&self, group: Group) -> bool {
        self.policy.shows(self.size(group), self.size(None))
    }

    fn count(&self, number: i64) -> Shown {
        if !self.policy.protect {
            return Shown::Number(number);
        }
        match round(number, self.policy.round_to) {
            Rounded::Number(number) => Shown::Number(number),
            Rounded::Low => Shown::Low,
        }
    }

    /// The counts of a group and so many further figures; a group without units has nothing that could be told.
    fn row(&self, group: Group, size: Size, further: usize, figures: impl FnOnce() -> Vec<Shown>) -> Vec<Shown> {
        if size.units == 0 && self.size(group).units == 0 {
            return [vec![Shown::Number(0); 2], vec![Shown::NotApplicable; further]].concat();
        }
        if !self.shows(group) {
            return vec![Shown::Confidential; 2 + further];
        }
        [vec![self.count(size.units), self.count(size.events)], figures()].concat()
    }

    fn curves(&self) -> BTreeMap<Group, KaplanMeier> {
        let shown = self.sizes.keys().filter(|group| self.shows(**group));
        let curve = |group: &Group| {
            let times: Vec<(f64, bool)> =
                self.table.analysis_units().of(*group).map(|unit| (unit.time, unit.event)).collect();
            (*group, KaplanMeier::new(&times))
        };
        shown.map(curve).collect()
    }

    /// At risk just before a step, events up to it, and the share without one at it in whole percents.
    fn step(&self, row: usize, key: &RowKey, curve: Option<&KaplanMeier>) -> Vec<Shown> {
        let step = key.filters.first().copied().unwrap_or(0);
        let length = self.analysis.curve.as_ref().map_or(1.0, |curve| curve.step_length);
        let sum = |quantity| (0..self.raw.has_return.len()).map(|at| self.table.count(at, row, quantity)).sum();
        let size = Size { units: sum(0), events: sum(1) };
        if step == 0 {
            let whole = vec![Shown::Number(100); 3];
            return self.row(key.breakdown, Size { events: 0, ..size }, 3, || whole);
        }
        let told =
            !self.policy.protect || size.units >= self.policy.at_risk_from && size.events >= self.policy.events_from;
        if self.size(key.breakdown).units > 0 && !told {
            return vec![Shown::Confidential; 5];
        }
        self.row(key.breakdown, size, 3, || {
            let (survival, interval) = curve.map_or((1.0, None), |curve| curve.at(step as f64 * length));
            let percent = |share: f64| Shown::of(share * 100.0, 0);
            let ends = interval.map_or([Shown::NotApplicable; 2], |(lower, upper)| [percent(lower), percent(upper)]);
            [vec![percent(survival)], ends.to_vec()].concat()
        })
    }

    /// The statistic, its degrees of freedom and p, over the groups of a characteristic that may be shown.
    fn test(&self, key: &RowKey) -> Vec<Shown> {
        let Some((topic, _)) = key.breakdown else {
            return self.row(None, self.size(None), 3, || vec![Shown::NotApplicable; 3]);
        };
        let groups: Vec<usize> =
            (0..self.analysis.groups[topic].items.len()).filter(|item| self.shows(Some((topic, *item)))).collect();
        let size = groups
            .iter()
            .map(|item| self.size(Some((topic, *item))))
            .fold(Size::default(), |sum, one| Size { units: sum.units + one.units, events: sum.events + one.events });
        if groups.len() < 2 {
            let symbol = if self.size(None).units == 0 { Shown::NotApplicable } else { Shown::Confidential };
            return vec![symbol; 5];
        }
        let place = |item: usize| groups.iter().position(|group| *group == item);
        let units = self.table.analysis_units().all().iter();
        let units: Vec<GroupedTime> = units
            .filter_map(|unit| {
                Some(GroupedTime { time: unit.time, event: unit.event, group: place(unit.groups[topic])? })
            })
            .collect();
        let counts = vec![self.count(size.units), self.count(size.events)];
        let test = log_rank(&units, groups.len()).map_or(vec![Shown::NotApplicable; 3], |test| {
            vec![Shown::of(test.statistic, 2), Shown::Number(test.degrees_of_freedom as i64), p(test.p)]
        });
        [counts, test].concat()
    }

    /// The hazard ratio, its interval, p, and whether the group is the one that the others are compared with.
    fn hazard(&self, key: &RowKey, hazards: Option<&Hazards>) -> Vec<Shown> {
        self.row(key.breakdown, self.size(key.breakdown), 5, || {
            hazards.map_or(vec![Shown::NotApplicable; 5], |hazards| hazards.figures(key.breakdown))
        })
    }
}

/// A p to three decimals.
pub(super) fn p(value: f64) -> Shown {
    Shown::of(value.max(LEAST_P), 3)
}
