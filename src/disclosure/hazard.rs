//! The adjusted hazards of an analysis: which groups stand in the model, and what is shown of it.
//!
//! Each characteristic is compared with its largest group that may be shown. Its groups that may not be shown stand in
//! the model together, so that they bias nobody's ratio and are told of nobody; where even together they have too few
//! events they stand with the largest group. What follows from the characteristics before it is left out.

use super::analyses::{Clearing, Group, Size, p};
use super::cleared::Shown;
use crate::aggregate::Analysis;
use crate::aggregate::statistics::{Coefficient, CoxError, HazardUnit, cox, dependent};
use std::collections::{BTreeMap, BTreeSet};

/// The model, and what each group is in it.
pub(super) struct Hazards {
    /// For each characteristic in the model, the group that the others are compared with.
    references: BTreeMap<usize, usize>,
    coefficients: BTreeMap<Group, Coefficient>,
    /// Groups that follow from others.
    dependent: Vec<(usize, usize)>,
    failed: Option<CoxError>,
    /// How many steps the model took.
    steps: usize,
}

impl Clearing<'_> {
    pub(super) fn hazards(&self) -> Hazards {
        let mut hazards = Hazards {
            references: BTreeMap::new(),
            coefficients: BTreeMap::new(),
            dependent: Vec::new(),
            failed: None,
            steps: 0,
        };
        // The covariates by number: groups that are shown, then for each characteristic its small groups together.
        let mut named: Vec<(usize, usize)> = Vec::new();
        let mut pooled: Vec<usize> = Vec::new();
        for (topic, groups) in self.analysis.groups.iter().enumerate() {
            let size = |item: usize| self.size(Some((topic, item)));
            let (shown, small): (Vec<usize>, Vec<usize>) =
                (0..groups.items.len()).partition(|item| self.shows(Some((topic, *item))));
            // The first of the largest: `max_by_key` gives the last.
            let Some(reference) = shown.iter().copied().rev().max_by_key(|item| size(*item).units) else { continue };
            hazards.references.insert(topic, reference);
            named.extend(shown.into_iter().filter(|item| *item != reference).map(|item| (topic, item)));
            let together = small.into_iter().map(size).fold(Size::default(), |sum, one| Size {
                units: sum.units + one.units,
                events: sum.events + one.events,
            });
            let few = self.policy.events_from.max(1);
            if together.events >= few && together.units - together.events >= few {
                pooled.push(topic);
            }
        }
        if named.is_empty() {
            return hazards;
        }
        let number: BTreeMap<(usize, usize), usize> =
            named.iter().enumerate().map(|(number, group)| (*group, number)).collect();
        let pool: BTreeMap<usize, usize> =
            pooled.iter().enumerate().map(|(number, topic)| (*topic, named.len() + number)).collect();
        let covariates = named.len() + pooled.len();
        let unit = |unit: &crate::aggregate::AnalysisUnit| {
            let covariate = |(topic, item): (usize, &usize)| {
                let own = number.get(&(topic, *item)).copied();
                own.or_else(|| (!self.shows(Some((topic, *item)))).then(|| pool.get(&topic).copied()).flatten())
            };
            let found = unit.groups.iter().enumerate().filter_map(covariate).map(|at| (at, 1.0)).collect();
            HazardUnit { time: unit.time, event: unit.event, covariates: found }
        };
        let mut units: Vec<HazardUnit> = self.table.analysis_units().all().iter().map(unit).collect();
        let left_out: BTreeSet<usize> = dependent(&units, covariates).into_iter().collect();
        let kept: Vec<usize> = (0..covariates).filter(|at| !left_out.contains(at)).collect();
        let place: BTreeMap<usize, usize> = kept.iter().enumerate().map(|(new, old)| (*old, new)).collect();
        for unit in &mut units {
            unit.covariates = unit.covariates.iter().filter_map(|(at, one)| Some((*place.get(at)?, *one))).collect();
        }
        hazards.dependent = left_out.iter().filter_map(|at| named.get(*at).copied()).collect();
        match cox(&units, kept.len()) {
            Ok(model) => {
                hazards.steps = model.steps;
                let shown =
                    kept.iter().zip(model.coefficients).filter_map(|(at, one)| Some((Some(*named.get(*at)?), one)));
                hazards.coefficients = shown.collect();
            }
            Err(error) => hazards.failed = Some(error),
        }
        hazards
    }
}

impl Hazards {
    /// The ratio, the ends of its interval, p, and whether it is the group that the others are compared with.
    pub(super) fn figures(&self, group: Group) -> Vec<Shown> {
        let Some((topic, item)) = group else { return vec![Shown::NotApplicable; 5] };
        if self.references.get(&topic) == Some(&item) {
            let none = Shown::NotApplicable;
            let ratio = if self.failed.is_none() { Shown::of(1.0, 2) } else { none };
            return vec![ratio, none, none, none, Shown::Number(1)];
        }
        let figures = self.coefficients.get(&group).map_or(vec![Shown::NotApplicable; 4], |coefficient| {
            let ratio = coefficient.ratio();
            let ends = [ratio.ratio, ratio.lower, ratio.upper].map(|value| Shown::of(value, 2));
            [ends.to_vec(), vec![p(coefficient.p())]].concat()
        });
        [figures, vec![Shown::Number(0)]].concat()
    }

    pub(super) fn notes(&self, analysis: &Analysis) -> Vec<String> {
        let name = |topic: usize, item: usize| {
            let topic = &analysis.groups[topic];
            format!("{}: {}", topic.label, topic.items[item].label)
        };
        let mut notes = Vec::new();
        notes.push(match self.failed {
            None if self.coefficients.is_empty() => {
                "no model was fitted: no characteristic has two groups to compare".to_owned()
            }
            None => format!("the model converged in {} steps", self.steps),
            Some(CoxError::NoEvents) => "the model has no answer: there is no event".to_owned(),
            Some(CoxError::Separation(_)) => {
                "the model did not converge: in some group nobody, or everybody first, has the event (separation)"
                    .to_owned()
            }
            Some(CoxError::Singular(_)) => {
                "the model has no single answer: one characteristic follows from others (singular information)"
                    .to_owned()
            }
            Some(CoxError::TooManySteps(steps)) => format!("the model did not converge in {steps} steps"),
        });
        let references: Vec<String> = self.references.iter().map(|(topic, item)| name(*topic, *item)).collect();
        if !references.is_empty() {
            notes.push(format!("compared with the largest group of each characteristic ({})", references.join("; ")));
        }
        if !self.dependent.is_empty() {
            let groups: Vec<String> = self.dependent.iter().map(|(topic, item)| name(*topic, *item)).collect();
            notes.push(format!("left out of the model, because other characteristics tell it: {}", groups.join("; ")));
        }
        notes
    }
}
