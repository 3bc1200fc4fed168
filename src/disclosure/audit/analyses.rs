//! The policy check of analyses: each figure that is shown is held to what makes it safe, from the true units.
//!
//! It counts the units again, in its own way. Of an analysis no other place than England may have a row. Where a row
//! shows anything of a group, the group and all others beside it have the policy's units, events and units without one;
//! its numbers are rounded; a point of a curve has enough at risk and enough events before it; a test takes in two such
//! groups at least; a relative risk is what the counts beside it give.

use super::super::cleared::{ClearedRow, ClearedTable, Place, Shown};
use super::super::policy::Policy;
use crate::aggregate::{AnalysisKind, RawTable, RowKey};
use std::collections::BTreeMap;

/// A characteristic and the number of its group; none for all units.
type Group = Option<(usize, usize)>;

/// How many figures of an analysis are shown, and the rows that break the policy, by their number.
pub(super) fn check_analysis(table: &ClearedTable, truth: &RawTable, policy: &Policy) -> (usize, Vec<usize>) {
    let keys = table.definition().rows();
    let numbers: BTreeMap<&RowKey, usize> = keys.iter().enumerate().map(|(at, key)| (key, at)).collect();
    let mut sizes: BTreeMap<Group, (i64, i64)> = BTreeMap::new();
    for unit in truth.analysis_units().all() {
        let groups = unit.groups.iter().enumerate().map(|(topic, item)| Some((topic, *item)));
        for group in std::iter::once(None).chain(groups) {
            let size = sizes.entry(group).or_default();
            *size = (size.0 + 1, size.1 + i64::from(unit.event));
        }
    }
    let check = Check { table, truth, policy, sizes };
    let mut shown = 0;
    let mut wrong = Vec::new();
    for (number, row) in table.rows().iter().enumerate() {
        shown += row.figures.iter().filter(|figure| matches!(figure, Shown::Number(_) | Shown::Decimal(..))).count();
        let right = row.place == Place::England
            && numbers.get(&row.key).is_some_and(|at| !policy.protect || check.row(row, *at));
        if !right {
            wrong.push(number);
        }
    }
    (shown, wrong)
}

struct Check<'a> {
    table: &'a ClearedTable,
    truth: &'a RawTable,
    policy: &'a Policy,
    /// The units of each group and how many of them have the event; of all units under no group.
    sizes: BTreeMap<Group, (i64, i64)>,
}

impl Check<'_> {
    fn row(&self, row: &ClearedRow, number: usize) -> bool {
        let Some(analysis) = &self.table.definition().analysis else { return true };
        let told = |figure: &Shown| matches!(figure, Shown::Number(_) | Shown::Decimal(..));
        if analysis.kind == AnalysisKind::Risk {
            return self.risk(row);
        }
        let counts = &row.figures[..2];
        let statistics = &row.figures[2..];
        let (all, with_event) = self.size(None);
        let none = |figures: &[Shown]| figures.iter().all(|figure| !told(figure) || *figure == Shown::Number(0));
        let enough = |(units, events): (i64, i64)| {
            units >= self.policy.analysis_from
                && events >= self.policy.events_from
                && units - events >= self.policy.events_from
        };
        let may = |group: Group| {
            let (units, events) = self.size(group);
            enough((units, events)) && (units == all || enough((all - units, with_event - events)))
        };
        let rounded = counts.iter().filter_map(|figure| figure.number()).all(|count| count % self.policy.round_to == 0);
        let group = row.key.breakdown;
        match analysis.kind {
            AnalysisKind::LogRank => {
                let compared = |(topic, _): (usize, usize)| {
                    (0..analysis.groups[topic].items.len()).filter(|item| may(Some((topic, *item)))).count()
                };
                let open = group.map_or_else(|| may(None), |group| compared(group) >= 2);
                none(&row.figures) || rounded && open
            }
            AnalysisKind::Curve => {
                let sum = |quantity| {
                    (0..self.truth.authorities()).map(|at| self.truth.count(at, number, quantity)).sum::<i64>()
                };
                let start = row.key.filters.first() == Some(&0);
                let point = start || sum(0) >= self.policy.at_risk_from && sum(1) >= self.policy.events_from;
                let whole = statistics.iter().all(|figure| !matches!(figure, Shown::Decimal(..)));
                none(&row.figures) || rounded && whole && point && may(group)
            }
            AnalysisKind::Hazard | AnalysisKind::Risk => none(&row.figures) || rounded && may(group),
        }
    }

    fn size(&self, group: Group) -> (i64, i64) {
        self.sizes.get(&group).copied().unwrap_or_default()
    }

    /// The ratio follows from the counts of the row and of the row that says it is the reference.
    fn risk(&self, row: &ClearedRow) -> bool {
        let at = |name: &str| self.table.columns().iter().position(|column| column.name == name);
        let (Some(ratio), Some(reference)) = (at("relative_risk"), at("reference")) else { return false };
        let Shown::Decimal(shown, _) = row.figures[ratio] else { return true };
        let of_topic = |other: &&ClearedRow| {
            let topics = (other.key.breakdown, row.key.breakdown);
            matches!(topics, (Some((one, _)), Some((two, _))) if one == two)
                && other.figures[reference] == Shown::Number(1)
        };
        let Some(compared) = self.table.rows().iter().find(of_topic) else { return false };
        let counts = |row: &ClearedRow| Some((row.figures[0].number()? as f64, row.figures[1].number()? as f64));
        let (Some((all, part)), Some((other_all, other_part))) = (counts(row), counts(compared)) else { return false };
        (shown - (part / all) / (other_part / other_all)).abs() <= 0.005 + 1e-9
    }
}
