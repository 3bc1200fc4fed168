//! Counts an authority's whole looked-after population, as its control totals do. For `sample` and `prepare`.

use crate::domain::period::Period;
use crate::spec::Specification;
use chrono::NaiveDate;
use std::collections::BTreeMap;

/// The specification asks for a total that the program does not count.
#[derive(Debug, thiserror::Error)]
#[error("The specification asks for the total {0}, which this program does not count. The two must be of one version.")]
pub struct UnknownTotal(String);

/// The control totals of a period, counted stay by stay.
#[derive(Debug, Clone)]
pub(crate) struct Totals {
    period: Period,
    looked_after: i64,
    started: i64,
    ceased: i64,
    by_reason: BTreeMap<String, i64>,
}

impl Totals {
    pub(crate) const fn new(period: Period) -> Self {
        Self { period, looked_after: 0, started: 0, ceased: 0, by_reason: BTreeMap::new() }
    }

    /// Counts one period of care; `ceased` is none while it is open.
    pub(crate) fn count(&mut self, commenced: NaiveDate, ceased: Option<NaiveDate>, reason: &str) {
        self.start(commenced);
        self.stay(commenced, ceased);
        if let Some(ceased) = ceased {
            self.end(ceased, reason);
        }
    }

    /// A child started to be looked after.
    pub(crate) fn start(&mut self, day: NaiveDate) {
        self.started += i64::from(self.period.contains(day));
    }

    /// A child was looked after from a day until another, or is still: counts those who are on the last day.
    pub(crate) fn stay(&mut self, commenced: NaiveDate, ceased: Option<NaiveDate>) {
        let last = self.period.end;
        self.looked_after += i64::from(commenced <= last && ceased.is_none_or(|day| last < day));
    }

    /// A child ceased to be looked after.
    pub(crate) fn end(&mut self, day: NaiveDate, reason: &str) {
        if self.period.contains(day) {
            self.ceased += 1;
            *self.by_reason.entry(reason.to_owned()).or_default() += 1;
        }
    }

    /// A count for every measure of the specification, in its order.
    pub(crate) fn rows<'s>(&self, specification: &'s Specification) -> Result<Vec<(&'s str, i64)>, UnknownTotal> {
        let list = specification.codes.get("total").ok_or_else(|| UnknownTotal("(no list)".to_owned()))?;
        let count = |code: &str| self.of(code).ok_or_else(|| UnknownTotal(code.to_owned()));
        list.codes.iter().map(|measure| Ok((measure.code.as_str(), count(&measure.code)?))).collect()
    }

    fn of(&self, measure: &str) -> Option<i64> {
        let reasons = |reasons: &[&str]| reasons.iter().filter_map(|reason| self.by_reason.get(*reason)).sum::<i64>();
        const ADOPTED: [&str; 2] = ["E11", "E12"];
        const GUARDED: [&str; 4] = ["E45", "E46", "E47", "E48"];
        Some(match measure {
            "CLA" => self.looked_after,
            "STARTED" => self.started,
            "CEASED" => self.ceased,
            "CEASED_E4A" => reasons(&["E4A"]),
            "CEASED_E4B" => reasons(&["E4B"]),
            "CEASED_E13" => reasons(&["E13"]),
            "CEASED_ADOPTED" => reasons(&ADOPTED),
            "CEASED_SGO" => reasons(&GUARDED),
            "CEASED_OTHER" => self.ceased - reasons(&["E4A", "E4B", "E13"]) - reasons(&ADOPTED) - reasons(&GUARDED),
            _ => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_parts_of_those_who_ceased_add_up() {
        let day = |text: &str| text.parse::<NaiveDate>().expect("a date in a test");
        let mut totals = Totals::new(Period { start: day("2025-04-01"), end: day("2026-03-31") });
        totals.count(day("2025-05-01"), Some(day("2025-06-01")), "E4A");
        totals.count(day("2024-05-01"), Some(day("2026-03-31")), "E46");
        totals.count(day("2024-05-01"), Some(day("2026-04-01")), "E4B");
        totals.count(day("2024-05-01"), Some(day("2025-03-31")), "E4B");
        totals.count(day("2026-04-01"), None, "");
        let of = |measure| totals.of(measure);
        assert_eq!((of("STARTED"), of("CEASED"), of("CLA")), (Some(1), Some(2), Some(1)));
        assert_eq!((of("CEASED_E4A"), of("CEASED_SGO"), of("CEASED_OTHER")), (Some(1), Some(1), Some(0)));
        assert_eq!(of("CEASED_E99"), None);
    }
}
