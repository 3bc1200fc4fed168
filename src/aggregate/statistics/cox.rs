//! Cox's proportional hazards model: how the hazard of an event depends on several covariates at once.
//!
//! D. R. Cox, "Regression models and life-tables", Journal of the Royal Statistical Society B 34 (1972), 187–220. Ties
//! are treated as B. Efron does, "The efficiency of Cox's likelihood function for censored data", Journal of the American
//! Statistical Association 72 (1977), 557–565. The likelihood is climbed by Newton's method; a step that does not climb
//! is halved. Intervals and p are Wald's. Who is censored at the time of an event was still at risk at it.

use super::Z_95;
use super::relative_risk::Ratio;
use nalgebra::linalg::Cholesky;
use nalgebra::{DMatrix, DVector, Dyn};
use statrs::distribution::{ContinuousCDF, Normal};
use std::cmp::Ordering;

/// One unit: its time, whether it ended in the event, and its covariates that are not nought, by their number.
#[derive(Debug, Clone, PartialEq)]
pub struct HazardUnit {
    pub time: f64,
    pub event: bool,
    pub covariates: Vec<(usize, f64)>,
}

/// A covariate's part in the hazard.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Coefficient {
    /// The logarithm of the hazard ratio of one more of the covariate.
    pub value: f64,
    /// Its standard error.
    pub error: f64,
}

impl Coefficient {
    /// The hazard ratio with its 95% interval.
    pub fn ratio(&self) -> Ratio {
        let end = |by: f64| (self.value + by * Z_95 * self.error).exp();
        Ratio { ratio: self.value.exp(), lower: end(-1.0), upper: end(1.0) }
    }

    /// How often a coefficient as far from nought would come by chance.
    pub fn p(&self) -> f64 {
        2.0 * Normal::standard().sf((self.value / self.error).abs())
    }
}

/// The model as it was fitted.
#[derive(Debug, Clone, PartialEq)]
pub struct CoxModel {
    pub coefficients: Vec<Coefficient>,
    pub log_likelihood: f64,
    /// How many steps it took.
    pub steps: usize,
}

/// Why there is no model.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CoxError {
    #[error("there is no event, so nothing can be said of what goes with one")]
    NoEvents,
    #[error(
        "the likelihood grows without end with covariate {0}: a group had no event, or every unit of it had one first"
    )]
    Separation(usize),
    #[error("covariate {0} is the same for all at risk, or follows from the covariates before it")]
    Singular(usize),
    #[error("the likelihood did not come to rest within {0} steps")]
    TooManySteps(usize),
}

const STEPS: usize = 50;
const HALVINGS: usize = 40;
/// A pivot of this part of its diagonal is nought but for rounding.
const PIVOT: f64 = 1e-10;
/// What a further step would gain in likelihood, relative to it, when it has come to rest.
const GAIN: f64 = 1e-14;
/// A coefficient that moves as far as this while the likelihood rests is on its way to infinity.
const STILL_MOVING: f64 = 1e-3;
const FAR: f64 = 8.0;

/// Fits the model to units with so many covariates, in whatever order they come: the same units give the same bits.
pub fn cox(units: &[HazardUnit], covariates: usize) -> Result<CoxModel, CoxError> {
    let mut sorted: Vec<&HazardUnit> = units.iter().collect();
    sorted.sort_by(|one, other| order(one, other));
    if sorted.iter().all(|unit| !unit.event) {
        return Err(CoxError::NoEvents);
    }
    let mut beta = DVector::zeros(covariates);
    let mut at = Slope::of(&sorted, &beta);
    for steps in 1..=STEPS {
        let information = at.factor(&beta)?;
        let mut step = information.solve(&at.gradient);
        let gain = step.dot(&at.gradient);
        if gain.abs() <= GAIN * (1.0 + at.log_likelihood.abs()) {
            if let Some(moving) = (0..covariates).find(|number| step[*number].abs() > STILL_MOVING) {
                return Err(CoxError::Separation(moving));
            }
            let variance = information.inverse();
            let coefficient =
                |number: usize| Coefficient { value: beta[number], error: variance[(number, number)].sqrt() };
            let coefficients = (0..covariates).map(coefficient).collect();
            return Ok(CoxModel { coefficients, log_likelihood: at.log_likelihood, steps });
        }
        let mut next = Slope::of(&sorted, &(&beta + &step));
        let mut halved = 0;
        // So near the top a step may lose a rounding error.
        let floor = at.log_likelihood - 1e-12 * at.log_likelihood.abs();
        // What is no number has not climbed either.
        while (next.log_likelihood.is_nan() || next.log_likelihood < floor) && halved < HALVINGS {
            step *= 0.5;
            next = Slope::of(&sorted, &(&beta + &step));
            halved += 1;
        }
        beta += step;
        at = next;
    }
    match (0..covariates).find(|number| beta[*number].abs() > FAR) {
        Some(far) => Err(CoxError::Separation(far)),
        None => Err(CoxError::TooManySteps(STEPS)),
    }
}

/// The covariates that follow from those before them and a constant: a model with them has no single answer.
pub fn dependent(units: &[HazardUnit], covariates: usize) -> Vec<usize> {
    let mut sorted: Vec<&HazardUnit> = units.iter().collect();
    sorted.sort_by(|one, other| order(one, other));
    let mut sums = DVector::<f64>::zeros(covariates);
    let mut products = DMatrix::<f64>::zeros(covariates, covariates);
    for unit in &sorted {
        for &(one, value) in &unit.covariates {
            sums[one] += value;
            for &(other, by) in &unit.covariates {
                products[(one, other)] += value * by;
            }
        }
    }
    let n = (sorted.len() as f64).max(1.0);
    let mut left = products - &sums * sums.transpose() / n;
    let whole: Vec<f64> = (0..covariates).map(|number| left[(number, number)]).collect();
    let mut dependent = Vec::new();
    for pivot in 0..covariates {
        let height = left[(pivot, pivot)];
        if height <= PIVOT * whole[pivot].max(f64::MIN_POSITIVE) || height <= PIVOT {
            dependent.push(pivot);
            continue;
        }
        let column: DVector<f64> = left.column(pivot).clone_owned();
        for other in pivot + 1..covariates {
            let by = column[other] / height;
            if by != 0.0 {
                for row in pivot + 1..covariates {
                    left[(row, other)] -= by * column[row];
                }
            }
        }
    }
    dependent
}

/// From the longest time down, so that those at risk are the ones already met; then by all else, for one order of sums.
fn order(one: &HazardUnit, other: &HazardUnit) -> Ordering {
    let covariates = || {
        let pairs = one.covariates.iter().zip(&other.covariates);
        let mut differing = pairs.map(|(a, b)| a.0.cmp(&b.0).then(a.1.total_cmp(&b.1))).filter(|by| by.is_ne());
        differing.next().unwrap_or_else(|| one.covariates.len().cmp(&other.covariates.len()))
    };
    other.time.total_cmp(&one.time).then(one.event.cmp(&other.event)).then_with(covariates)
}

/// The logarithm of the likelihood at a point, with its first and second derivatives.
struct Slope {
    log_likelihood: f64,
    gradient: DVector<f64>,
    /// The observed information; its lower half is filled.
    information: DMatrix<f64>,
}

impl Slope {
    fn of(sorted: &[&HazardUnit], beta: &DVector<f64>) -> Self {
        let covariates = beta.len();
        let score = |unit: &HazardUnit| unit.covariates.iter().map(|(at, value)| beta[*at] * value).sum::<f64>();
        let scores: Vec<f64> = sorted.iter().map(|unit| score(unit)).collect();
        // Taking the mean away changes no ratio and keeps the exponentials in range.
        let mean = scores.iter().sum::<f64>() / scores.len() as f64;
        let mut slope = Self {
            log_likelihood: 0.0,
            gradient: DVector::zeros(covariates),
            information: DMatrix::zeros(covariates, covariates),
        };
        // Sums over those at risk: of weights, of weighted covariates, of their weighted products.
        let mut risk = 0.0;
        let mut risk_1 = DVector::<f64>::zeros(covariates);
        let mut risk_2 = DMatrix::<f64>::zeros(covariates, covariates);
        let mut start = 0;
        while start < sorted.len() {
            let same = sorted[start..].iter().take_while(|unit| unit.time == sorted[start].time).count();
            let (mut events, mut tied) = (0.0, 0.0);
            let mut tied_1 = DVector::<f64>::zeros(covariates);
            for number in start..start + same {
                let (unit, score) = (sorted[number], scores[number] - mean);
                let weight = score.exp();
                risk += weight;
                for &(one, value) in &unit.covariates {
                    risk_1[one] += weight * value;
                    for &(other, by) in unit.covariates.iter().filter(|(other, _)| *other <= one) {
                        risk_2[(one, other)] += weight * value * by;
                    }
                }
                if unit.event {
                    events += 1.0;
                    tied += weight;
                    slope.log_likelihood += score;
                    for &(one, value) in &unit.covariates {
                        tied_1[one] += weight * value;
                        slope.gradient[one] += value;
                    }
                }
            }
            if events > 0.0 {
                let sums = slope.tie(events, risk, tied);
                slope.take(&sums, &risk_1, &tied_1, &risk_2);
                for unit in sorted[start..start + same].iter().zip(&scores[start..]).filter(|(unit, _)| unit.event) {
                    let weight = (unit.1 - mean).exp() * sums.shared;
                    for &(one, value) in &unit.0.covariates {
                        for &(other, by) in unit.0.covariates.iter().filter(|(other, _)| *other <= one) {
                            slope.information[(one, other)] -= weight * value * by;
                        }
                    }
                }
            }
            start += same;
        }
        slope
    }

    /// Efron's sums over the tied events of one time: the weight of the tied is taken away bit by bit.
    fn tie(&mut self, events: f64, risk: f64, tied: f64) -> Tie {
        let mut sums = Tie::default();
        let mut taken = 0.0;
        while taken < events {
            let part = taken / events;
            let left = risk - part * tied;
            self.log_likelihood -= left.ln();
            sums.whole += 1.0 / left;
            sums.shared += part / left;
            sums.whole_2 += 1.0 / (left * left);
            sums.shared_2 += part / (left * left);
            sums.part_2 += part * part / (left * left);
            taken += 1.0;
        }
        sums
    }

    fn take(&mut self, sums: &Tie, risk_1: &DVector<f64>, tied_1: &DVector<f64>, risk_2: &DMatrix<f64>) {
        for one in 0..risk_1.len() {
            let (r, t) = (risk_1[one], tied_1[one]);
            self.gradient[one] -= sums.whole * r - sums.shared * t;
            if r == 0.0 && t == 0.0 {
                continue;
            }
            for other in 0..=one {
                let (r2, t2) = (risk_1[other], tied_1[other]);
                self.information[(one, other)] += sums.whole * risk_2[(one, other)] - sums.whole_2 * r * r2
                    + sums.shared_2 * (r * t2 + t * r2)
                    - sums.part_2 * t * t2;
            }
        }
    }

    /// The information as a product of triangles; what stands in its way is told by the covariate where it stood.
    fn factor(&self, beta: &DVector<f64>) -> Result<Cholesky<f64, Dyn>, CoxError> {
        let mut whole = self.information.clone();
        whole.fill_upper_triangle_with_lower_triangle();
        let fault = |number: usize| {
            if beta[number].abs() > FAR { CoxError::Separation(number) } else { CoxError::Singular(number) }
        };
        let farthest = || {
            let far = |one: &usize, other: &usize| beta[*one].abs().total_cmp(&beta[*other].abs());
            (0..beta.len()).max_by(far).unwrap_or(0)
        };
        let rises = |number: &usize| whole[(*number, *number)] > f64::MIN_POSITIVE;
        if let Some(flat) = (0..beta.len()).find(|number| !rises(number)) {
            return Err(fault(flat));
        }
        let diagonal = whole.diagonal();
        let factor = Cholesky::new(whole).ok_or_else(|| fault(farthest()))?;
        let pivot = |number: &usize| factor.l_dirty()[(*number, *number)].powi(2) < PIVOT * diagonal[*number];
        match (0..beta.len()).find(pivot) {
            Some(number) => Err(fault(number)),
            None => Ok(factor),
        }
    }
}

/// Sums over the tied events of one time, with k events and l of them taken away: of 1/left, (l/k)/left, and of 1, l/k
/// and (l/k)² over left squared.
#[derive(Default)]
struct Tie {
    whole: f64,
    shared: f64,
    whole_2: f64,
    shared_2: f64,
    part_2: f64,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aggregate::statistics::reference;

    fn units(case: &reference::Case) -> (Vec<HazardUnit>, usize) {
        let columns = case.columns("covariates");
        let unit = |number: usize, time: f64, event: f64| {
            let values = columns.iter().enumerate().map(|(column, values)| (column, values[number]));
            HazardUnit { time, event: event == 1.0, covariates: values.filter(|(_, value)| *value != 0.0).collect() }
        };
        let times = case.numbers("time").into_iter().zip(case.numbers("event")).enumerate();
        (times.map(|(number, (time, event))| unit(number, time, event)).collect(), columns.len())
    }

    #[test]
    fn agrees_with_lifelines_and_r_and_says_when_there_is_no_answer() {
        let mut compared = 0;
        for case in reference::cases("cox") {
            let (units, covariates) = units(&case);
            let ours = cox(&units, covariates);
            for expected in &case.expected {
                if let Some(fails) = expected["fails"].as_str() {
                    let error = ours.clone().expect_err("no model");
                    let right = match fails {
                        "no events" => error == CoxError::NoEvents,
                        "separation" => error == CoxError::Separation(0),
                        _ => error == CoxError::Singular(1),
                    };
                    assert!(right, "{}: {error}", case.name);
                    continue;
                }
                let model = ours.clone().expect("a model");
                case.assert_close(
                    model.log_likelihood,
                    expected["log_likelihood"].as_f64().expect("one"),
                    "likelihood",
                );
                for (number, coefficient) in model.coefficients.iter().enumerate() {
                    let theirs = |name: &str| expected[name][number].as_f64().expect("a number");
                    case.assert_close(coefficient.value, theirs("coefficient"), "coefficient");
                    case.assert_close(coefficient.error, theirs("error"), "error");
                    case.assert_close(coefficient.p(), theirs("p"), "p");
                    compared += 1;
                }
            }
        }
        assert!(compared >= 2 * 25, "the files of references were read");
    }

    #[test]
    fn the_order_of_the_units_changes_no_bit() {
        let case = &reference::cases("cox")[3];
        let (mut all, covariates) = units(case);
        let one = cox(&all, covariates);
        all.reverse();
        all.swap(3, 40);
        assert_eq!(one, cox(&all, covariates));
    }

    #[test]
    fn a_covariate_that_follows_from_others_is_found() {
        let unit = |number: usize| {
            let [a, b] = [number % 2, number % 3].map(|value| value as f64);
            let covariates = vec![(0, a), (1, 1.0 - a), (2, b), (3, a + b), (4, 1.0)];
            HazardUnit { time: number as f64, event: true, covariates }
        };
        let units: Vec<HazardUnit> = (0..30).map(unit).collect();
        assert_eq!(dependent(&units, 5), [1, 3, 4]);
    }

    #[test]
    fn a_ratio_and_its_interval_are_those_of_the_logarithm() {
        let ratio = Coefficient { value: 0.5, error: 0.2 }.ratio();
        assert!((ratio.ratio - 1.648_721_270_7).abs() < 1e-9);
        assert!((ratio.lower - (0.5_f64 - Z_95 * 0.2).exp()).abs() < 1e-12);
        assert!((ratio.upper - (0.5_f64 + Z_95 * 0.2).exp()).abs() < 1e-12);
    }
}
