//! Figures that are made beside the counts of a row: percentages, rates, means, medians and their quartiles.
//!
//! Percentages and rates are made from the counts as they are shown, so they tell nothing that those don't. Means and
//! medians are made from the true units, and stand only beside a count that is shown, from the policy's number of units
//! on. Authorities get them for totals only: a mean or a median beside that of a part tells about the rest. And they
//! get them only where no count of the row is hidden. A region of which one authority is counted is treated as that
//! authority.
//!
//! A median of an odd number of units is the value of one of them, and so is a quartile now and then. Three things
//! keep it from telling whose: at least `quantiles_from` units, so that nobody knows which of them it is; the rounding
//! to the policy's step for what is measured, so that it is a value that several may have; and no medians of parts.

use super::cleared::Shown;
use super::error::DisclosureError;
use super::policy::Policy;
use crate::aggregate::statistics::{KaplanMeier, quantile, wilson};
use crate::aggregate::{Definition, Rate, RawTable};

/// A whole percentage of two figures as they are shown; halves go up.
pub(super) fn percentage(part: Shown, whole: Shown) -> Shown {
    match (part, whole) {
        (Shown::NotAvailable, _) | (_, Shown::NotAvailable) => Shown::NotAvailable,
        (Shown::NotApplicable, _) | (_, Shown::NotApplicable | Shown::Number(0)) => Shown::NotApplicable,
        (Shown::Number(part), Shown::Number(whole)) => Shown::Number((200 * part + whole) / (2 * whole)),
        (Shown::Low, Shown::Number(_)) => Shown::Low,
        _ => Shown::Confidential,
    }
}

/// The 95% interval of a percentage, from the figures as they are shown.
pub(super) fn interval(part: Shown, whole: Shown) -> [Shown; 2] {
    if let (Shown::Number(part), Shown::Number(whole)) = (part, whole)
        && let Some((lower, upper)) = wilson(part.unsigned_abs(), whole.unsigned_abs())
    {
        return [lower, upper].map(|end| Shown::Decimal(rounded(end * 100.0, 1), 1));
    }
    [percentage(part, whole); 2]
}

/// A rate of two figures as they are shown.
pub(super) fn rate(rate: &Rate, part: Shown, whole: Shown) -> Shown {
    match percentage(part, whole) {
        Shown::Number(_) => {
            let (Some(part), Some(whole)) = (part.number(), whole.number()) else { return Shown::Confidential };
            Shown::of(part as f64 * f64::from(rate.factor) / whole as f64, rate.decimals)
        }
        symbol => symbol,
    }
}

/// A figure as it is shown, times what one costs.
pub(super) fn amount(count: Shown, cost: f64) -> Shown {
    count.number().map_or(count, |count| Shown::of(count as f64 * cost, 0))
}

/// Rounds half away from zero, so that the text does not depend on how the formatter breaks ties.
pub(super) fn rounded(value: f64, decimals: u8) -> f64 {
    let scale = 10_f64.powi(i32::from(decimals));
    let whole = (value * scale).round() / scale;
    // Negative nought would be written with its sign.
    if whole == 0.0 { 0.0 } else { whole }
}

/// The means and medians of a row of a table in one place.
pub(super) struct Averages<'a> {
    pub(super) table: &'a RawTable,
    pub(super) policy: &'a Policy,
    /// The authorities of the place that have figures.
    pub(super) within: &'a [usize],
    pub(super) row: usize,
    pub(super) part: bool,
    /// The counts of the row as they are shown.
    pub(super) counts: &'a [Shown],
}

impl Averages<'_> {
    pub(super) fn figures(&self) -> Result<Vec<Shown>, DisclosureError> {
        let definition = &self.table.definition;
        let mut figures = Vec::new();
        for (number, mean) in definition.means.iter().enumerate() {
            let quantity = definition.quantity_of(mean.of.as_deref());
            figures.push(self.allowed(quantity, self.policy.mean_from).unwrap_or_else(|units| {
                let sum: f64 = self.within.iter().map(|at| self.table.sum(*at, self.row, number)).sum();
                Shown::of(sum / units as f64, mean.decimals)
            }));
        }
        for (number, median) in definition.medians.iter().enumerate() {
            let step = self.policy.step(definition, &median.measure)?;
            let quantity = definition.quantity_of(median.of.as_deref());
            figures.extend(self.allowed(quantity, self.policy.quantiles_from).map_or_else(
                |_| {
                    let values = self.table.values(self.row, number, self.within);
                    [0.5, 0.25, 0.75].map(|at| stepped(quantile(&values, at), step))
                },
                |symbol| [symbol; 3],
            ));
        }
        for (number, median) in definition.survival_medians.iter().enumerate() {
            let step = self.policy.step(definition, &median.measure)?;
            let quantity = definition.quantity_of(median.of.as_deref());
            figures.extend(self.allowed(quantity, self.policy.quantiles_from).map_or_else(
                |_| {
                    let median = KaplanMeier::new(&self.table.times(self.row, number, self.within)).median();
                    [median.median, median.lower, median.upper].map(|time| stepped(time, step))
                },
                |symbol| [symbol; 3],
            ));
        }
        Ok(figures)
    }

    /// The symbol that stands instead of a figure, or the number of units that it may be made from.
    fn allowed(&self, quantity: usize, from: i64) -> Result<Shown, i64> {
        match self.counts[quantity] {
            Shown::Number(0) => Ok(Shown::NotApplicable),
            Shown::Number(_) => {
                let units: i64 = self.within.iter().map(|at| self.table.count(*at, self.row, quantity)).sum();
                let enough = units >= from && units > 0;
                // A mean of 0.1 for 20 children tells that one or two of them have any: it stands beside a whole row only.
                let telling = self.part || self.counts.contains(&Shown::Confidential);
                // A region of which one authority is counted has that authority's average.
                let telling = telling && self.within.len() <= 1;
                if !enough || (self.policy.protect && telling) { Ok(Shown::Confidential) } else { Err(units) }
            }
            Shown::NotAvailable => Ok(Shown::NotAvailable),
            Shown::NotApplicable => Ok(Shown::NotApplicable),
            Shown::Confidential | Shown::Low | Shown::Decimal(..) => Ok(Shown::Confidential),
        }
    }
}

/// A value rounded to the nearest multiple of a step, halves away from zero; not applicable where there is none.
fn stepped(value: Option<f64>, step: u32) -> Shown {
    let Some(value) = value else { return Shown::NotApplicable };
    let steps = (value / f64::from(step)).round() as i64;
    if steps == 0 && value != 0.0 { Shown::Low } else { Shown::Number(steps * i64::from(step)) }
}

impl Policy {
    /// To what quantiles of a measure are rounded.
    pub(super) fn step(&self, definition: &Definition, measure: &str) -> Result<u32, DisclosureError> {
        let missing = || DisclosureError::NoStep {
            indicator: definition.id.clone(),
            policy: definition.policy.clone(),
            measure: measure.to_owned(),
        };
        self.quantile_steps.get(measure).copied().filter(|step| *step > 0).ok_or_else(missing)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn per_thousand() -> Rate {
        Rate {
            name: "rate".to_owned(),
            label: "Rate".to_owned(),
            numerator: "part".to_owned(),
            denominator: "whole".to_owned(),
            factor: 1_000,
            decimals: 1,
        }
    }

    #[test]
    fn a_rate_says_no_more_than_the_figures_it_is_made_of() {
        let rate = |part, whole| rate(&per_thousand(), part, whole);
        assert_eq!(rate(Shown::Number(13), Shown::Number(800)), Shown::Decimal(16.3, 1));
        assert_eq!(rate(Shown::Number(900), Shown::Number(800)), Shown::Decimal(1125.0, 1));
        assert_eq!(rate(Shown::Number(0), Shown::Number(800)), Shown::Decimal(0.0, 1));
        assert_eq!(rate(Shown::Confidential, Shown::Number(800)), Shown::Confidential);
        assert_eq!(rate(Shown::Number(13), Shown::Confidential), Shown::Confidential);
        assert_eq!(rate(Shown::Number(0), Shown::Number(0)), Shown::NotApplicable);
        assert_eq!(rate(Shown::NotAvailable, Shown::NotAvailable), Shown::NotAvailable);
        assert_eq!(rate(Shown::Low, Shown::Number(800)), Shown::Low);
    }

    #[test]
    fn quantiles_are_multiples_of_the_step() {
        assert_eq!(stepped(Some(123.0), 5), Shown::Number(125));
        assert_eq!(stepped(Some(122.5), 5), Shown::Number(125));
        assert_eq!(stepped(Some(2.0), 5), Shown::Low);
        assert_eq!(stepped(Some(0.0), 5), Shown::Number(0));
        assert_eq!(stepped(None, 5), Shown::NotApplicable);
    }
}
