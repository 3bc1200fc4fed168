//! Which rows a query's criteria take. What they name and the data set lacks takes no row, and is told as a warning.

use super::geography::Level;
use super::mask::Mask;
use super::model::{DataSet, Location};
use super::query::{Comparisons, Criteria, Facets, LocationKey, Message, QueryLocation, TimeComparisons, Warning};
use super::time::TimePeriod;
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// Whether a period holds against a bound.
type Bound = fn(TimePeriod, TimePeriod) -> bool;

pub(super) struct Evaluation<'d> {
    data: &'d DataSet,
    in_address: bool,
    pub(super) warnings: Vec<Warning>,
}

impl<'d> Evaluation<'d> {
    pub(super) const fn new(data: &'d DataSet, in_address: bool) -> Self {
        Self { data, in_address, warnings: Vec::new() }
    }

    /// The rows taken.
    pub(super) fn rows(&mut self, criteria: Option<&Criteria>) -> Mask {
        let Some(criteria) = criteria else { return self.every(true) };
        let base = if self.in_address { "" } else { "criteria" };
        self.criteria(criteria, base)
    }

    fn criteria(&mut self, criteria: &Criteria, path: &str) -> Mask {
        match criteria {
            Criteria::Facets(facets) => self.facets(facets, path).into_iter().fold(self.every(true), and),
            Criteria::And(clauses) => {
                let masks = clauses.iter().enumerate();
                masks.fold(self.every(true), |taken, (at, one)| {
                    and(taken, self.criteria(one, &format!("{path}.and[{at}]")))
                })
            }
            Criteria::Or(clauses) => {
                let masks = clauses.iter().enumerate();
                masks.fold(self.every(false), |taken, (at, one)| {
                    or(taken, self.criteria(one, &format!("{path}.or[{at}]")))
                })
            }
            Criteria::Not(inside) => {
                let path = format!("{path}.not");
                let mut taken = match inside.as_ref() {
                    Criteria::Facets(facets) => self.facets(facets, &path).into_iter().fold(self.every(false), or),
                    other => self.criteria(other, &path),
                };
                taken.invert();
                taken
            }
        }
    }

    fn every(&self, taken: bool) -> Mask {
        Mask::every(self.data.rows, taken)
    }

    /// A mask for each facet that compares with something.
    fn facets(&mut self, facets: &Facets, path: &str) -> Vec<Mask> {
        let path = |name: &str| if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
        let mut masks = Vec::new();
        if let Some(wanted) = &facets.filters {
            masks.extend(self.compare(
                wanted,
                &path("filters"),
                ("FiltersNotFound", "filters"),
                Self::option,
                |text| json!(text),
            ));
        }
        if let Some(wanted) = &facets.geographic_levels {
            let found = ("GeographicLevelsNotFound", "geographic levels");
            masks
                .extend(self.compare(wanted, &path("geographicLevels"), found, Self::level, |level| json!(level.code)));
        }
        if let Some(wanted) = &facets.locations {
            let written = if self.in_address { location_in_address } else { location_in_body };
            let found = ("LocationsNotFound", "locations");
            masks.extend(self.compare(wanted, &path("locations"), found, Self::location, written));
        }
        if let Some(wanted) = &facets.time_periods {
            masks.extend(self.time_periods(wanted, &path("timePeriods")));
        }
        masks
    }

    /// The rows that all comparisons of a facet take; none when there is no comparison.
    fn compare<T>(
        &mut self,
        wanted: &Comparisons<T>,
        path: &str,
        (code, what): (&'static str, &str),
        find: fn(&DataSet, &T, &mut Mask) -> bool,
        written: fn(&T) -> Value,
    ) -> Option<Mask> {
        let one = |item: &'_ Option<T>| item.is_some();
        if !(one(&wanted.eq) || one(&wanted.not_eq) || wanted.within.is_some() || wanted.not_within.is_some()) {
            return None;
        }
        let comparisons: [(&str, Option<&[T]>, bool); 4] = [
            ("eq", wanted.eq.as_ref().map(std::slice::from_ref), true),
            ("notEq", wanted.not_eq.as_ref().map(std::slice::from_ref), false),
            ("in", wanted.within.as_deref(), true),
            ("notIn", wanted.not_within.as_deref(), false),
        ];
        let mut taken = self.every(true);
        for (name, items, is_in) in comparisons {
            let Some(items) = items else { continue };
            let (mut any, mut lacking, mut told) = (self.every(false), Vec::new(), BTreeSet::new());
            for item in items {
                if !find(self.data, item, &mut any) {
                    let item = written(item);
                    if told.insert(item.to_string()) {
                        lacking.push(item);
                    }
                }
            }
            if !lacking.is_empty() {
                self.warnings.push(Message::not_found(code, what, &format!("{path}.{name}"), lacking));
            }
            if !is_in {
                any.invert();
            }
            taken.and(&any);
        }
        Some(taken)
    }

    fn time_periods(&mut self, wanted: &TimeComparisons, path: &str) -> Option<Mask> {
        let written = if self.in_address { period_in_address } else { period_in_body };
        let found = ("TimePeriodsNotFound", "time periods");
        let mut taken = self.compare(&wanted.named, path, found, Self::period, written);
        let bounds: [(&str, Option<TimePeriod>, Bound); 4] = [
            ("gt", wanted.gt, |period, bound| period > bound),
            ("gte", wanted.gte, |period, bound| period >= bound),
            ("lt", wanted.lt, |period, bound| period < bound),
            ("lte", wanted.lte, |period, bound| period <= bound),
        ];
        for (name, bound, holds) in bounds {
            let Some(bound) = bound else { continue };
            let mask = if self.data.periods.contains(&bound) {
                let mut mask = self.every(false);
                let held = self.data.periods.iter().zip(&self.data.rows_of.periods);
                held.filter(|(period, _)| holds(**period, bound)).for_each(|(_, rows)| mask.or(rows));
                mask
            } else {
                let path = format!("{path}.{name}");
                self.warnings.push(Message::not_found(found.0, found.1, &path, vec![written(&bound)]));
                self.every(false)
            };
            taken = Some(match taken {
                Some(taken) => and(taken, mask),
                None => mask,
            });
        }
        taken
    }

    // Each adds the rows of a thing to a mask, and says whether there is such a thing.

    fn option(data: &DataSet, id: &String, taken: &mut Mask) -> bool {
        let found = data.filters.iter().zip(&data.rows_of.items).find_map(|(filter, items)| {
            let wanted = filter.options.iter().position(|option| *option.id == **id)?;
            items.get(wanted)
        });
        found.inspect(|rows| taken.or(rows)).is_some()
    }

    fn level(data: &DataSet, wanted: &&'static Level, taken: &mut Mask) -> bool {
        let wanted = data.levels.iter().position(|level| level == wanted);
        wanted.inspect(|at| taken.or(&data.rows_of.levels[*at])).is_some()
    }

    /// The rows of a place and of all that lies in it. A code may be that of several places; an identifier is of one.
    fn location(data: &DataSet, wanted: &QueryLocation, taken: &mut Mask) -> bool {
        let Some(at) = data.groups.iter().position(|group| group.level == wanted.level) else { return false };
        let is_wanted = |option: &Location| match wanted.key {
            LocationKey::Id => *option.id == *wanted.value,
            LocationKey::Property(property) => *option.codes[property] == *wanted.value,
        };
        let mut any = false;
        let places = data.groups[at].options.iter().zip(&data.rows_of.places[at]);
        for (_, rows) in places.filter(|(option, _)| is_wanted(option)) {
            taken.or(rows);
            any = true;
        }
        any
    }

    fn period(data: &DataSet, wanted: &TimePeriod, taken: &mut Mask) -> bool {
        let wanted = data.periods.binary_search(wanted);
        wanted.inspect(|at| taken.or(&data.rows_of.periods[*at])).is_ok()
    }
}

fn and(mut one: Mask, other: Mask) -> Mask {
    one.and(&other);
    one
}

fn or(mut one: Mask, other: Mask) -> Mask {
    one.or(&other);
    one
}

fn location_in_address(location: &QueryLocation) -> Value {
    json!(format!("{}|{}|{}", location.level.code, location.property(), location.value))
}

fn location_in_body(location: &QueryLocation) -> Value {
    json!({ "level": location.level.code, location.property(): location.value })
}

fn period_in_address(period: &TimePeriod) -> Value {
    json!(format!("{}|{}", period.period(), period.identifier().code))
}

fn period_in_body(period: &TimePeriod) -> Value {
    json!({ "period": period.period(), "code": period.identifier().code })
}
