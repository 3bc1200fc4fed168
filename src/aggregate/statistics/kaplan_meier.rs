//! The Kaplan–Meier estimate of how many are still without an event, with its interval and median.
//!
//! E. L. Kaplan and P. Meier, "Nonparametric estimation from incomplete observations", Journal of the American
//! Statistical Association 53 (1958), 457–481. The variance is that of M. Greenwood, "The natural duration of cancer",
//! Reports on Public Health and Medical Subjects 33 (HMSO, 1926); the interval is taken on the scale log(-log S), which
//! keeps it between 0 and 1 (J. D. Kalbfleisch and R. L. Prentice, "The Statistical Analysis of Failure Time Data",
//! Wiley 1980). The median's interval turns the curve's intervals round (R. Brookmeyer and J. Crowley, Biometrics 38
//! (1982), 29–41). Who is censored at the time of an event was still at risk at it.

use super::Z_95;

/// The estimate just after a time at which there was an event.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Step {
    pub time: f64,
    /// The share without an event, from 0 to 1.
    pub survival: f64,
    /// The ends of its 95% interval; none where nobody is left, because the variance is not defined there.
    pub interval: Option<(f64, f64)>,
}

/// The estimate: constant between its steps, and 1 before the first.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct KaplanMeier {
    steps: Vec<Step>,
}

/// A median of times with its interval; an end that the curve does not reach is none.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MedianTime {
    pub median: Option<f64>,
    pub lower: Option<f64>,
    pub upper: Option<f64>,
}

/// Half of them, for comparing with what a product of fractions may miss by a rounding error.
const HALF: f64 = 0.5 + 1e-12;

impl KaplanMeier {
    /// From times, each with whether it ended in the event, in ascending order of the times.
    pub fn new(sorted: &[(f64, bool)]) -> Self {
        let mut steps = Vec::new();
        let (mut survival, mut sum) = (1.0, 0.0);
        let mut start = 0;
        while start < sorted.len() {
            let time = sorted[start].0;
            let same = sorted[start..].iter().take_while(|(other, _)| *other == time).count();
            let events = sorted[start..start + same].iter().filter(|(_, event)| *event).count();
            if events > 0 {
                let (at_risk, events) = ((sorted.len() - start) as f64, events as f64);
                survival *= (at_risk - events) / at_risk;
                sum += events / (at_risk * (at_risk - events));
                steps.push(Step { time, survival, interval: interval(survival, sum) });
            }
            start += same;
        }
        Self { steps }
    }

    pub fn steps(&self) -> &[Step] {
        &self.steps
    }

    /// The share without an event at a time, and its 95% interval; 1 and no width before the first event.
    pub fn at(&self, time: f64) -> (f64, Option<(f64, f64)>) {
        let before = self.steps.partition_point(|step| step.time <= time);
        before.checked_sub(1).map_or((1.0, Some((1.0, 1.0))), |at| (self.steps[at].survival, self.steps[at].interval))
    }

    /// The first time at which not more than half are without an event; the ends are where the curve's interval ends
    /// come down to a half.
    pub fn median(&self) -> MedianTime {
        let first = |value: &dyn Fn(&Step) -> Option<f64>| {
            self.steps.iter().find(|step| value(step).is_some_and(|value| value <= HALF)).map(|step| step.time)
        };
        MedianTime {
            median: first(&|step| Some(step.survival)),
            lower: first(&|step| step.interval.map(|(lower, _)| lower)),
            upper: first(&|step| step.interval.map(|(_, upper)| upper)),
        }
    }
}

fn interval(survival: f64, sum: f64) -> Option<(f64, f64)> {
    if survival <= 0.0 {
        return None;
    }
    // The standard error of log(-log S).
    let error = sum.sqrt() / survival.ln().abs();
    let end = |sign: f64| survival.powf((sign * Z_95 * error).exp());
    Some((end(1.0), end(-1.0)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aggregate::statistics::reference;

    #[test]
    fn agrees_with_lifelines_and_r() {
        let mut compared = 0;
        for case in reference::cases("kaplan_meier") {
            let estimate = KaplanMeier::new(&case.times());
            let median = estimate.median();
            for expected in &case.expected {
                for point in expected["points"].as_array().expect("points") {
                    let number = |name: &str| point[name].as_f64();
                    let (survival, interval) = estimate.at(number("time").expect("a time"));
                    case.assert_close(survival, number("survival").expect("a share"), "survival");
                    if let (Some(lower), Some(upper)) = (number("lower"), number("upper")) {
                        let interval = interval.expect("an interval");
                        case.assert_close(interval.0, lower, "lower");
                        case.assert_close(interval.1, upper, "upper");
                    }
                    compared += 1;
                }
                for (ours, name) in
                    [(median.median, "median"), (median.lower, "median_lower"), (median.upper, "median_upper")]
                {
                    assert_eq!(ours, expected[name].as_f64(), "{}: {name}", case.name);
                }
            }
        }
        assert!(compared > 200, "the file of references was read");
    }

    #[test]
    fn censored_at_the_time_of_an_event_is_still_at_risk() {
        let estimate = KaplanMeier::new(&[(1.0, true), (1.0, false), (2.0, true)]);
        assert!((estimate.at(1.0).0 - 2.0 / 3.0).abs() < 1e-12);
        assert_eq!(estimate.at(2.0), (0.0, None));
        assert_eq!(estimate.at(0.5), (1.0, Some((1.0, 1.0))));
    }

    #[test]
    fn without_events_nothing_changes_and_there_is_no_median() {
        for times in [&[][..], &[(1.0, false), (5.0, false)][..]] {
            let estimate = KaplanMeier::new(times);
            assert_eq!(estimate.at(10.0).0, 1.0);
            assert_eq!(estimate.median(), MedianTime { median: None, lower: None, upper: None });
        }
    }
}
