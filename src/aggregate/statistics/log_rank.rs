//! The log-rank test: whether the times of several groups may come from one distribution.
//!
//! N. Mantel, "Evaluation of survival data and two new rank order statistics arising in its consideration", Cancer
//! Chemotherapy Reports 50 (1966), 163–170; for more than two groups R. Peto and J. Peto, Journal of the Royal
//! Statistical Society A 135 (1972), 185–207. At each time of an event the events of a group are compared with what its
//! share of those at risk lets one expect; the variance is hypergeometric.

use nalgebra::{DMatrix, DVector};
use statrs::distribution::{ChiSquared, ContinuousCDF};

/// One unit: its time, whether it ended in the event, and the number of its group.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct GroupedTime {
    pub time: f64,
    pub event: bool,
    pub group: usize,
}

/// The test of a set of groups.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LogRank {
    /// Distributed as chi-squared when the groups do not differ.
    pub statistic: f64,
    pub degrees_of_freedom: usize,
    /// How often a difference as great would come by chance.
    pub p: f64,
}

/// Tests groups numbered from 0, in whatever order the units come. None where fewer than two groups were ever at risk at
/// the time of an event: then there is nothing to compare.
pub fn log_rank(units: &[GroupedTime], groups: usize) -> Option<LogRank> {
    let mut sorted = units.to_vec();
    sorted.sort_by(|one, other| one.time.total_cmp(&other.time));
    let mut at_risk = vec![0.0; groups];
    for unit in &sorted {
        at_risk[unit.group] += 1.0;
    }
    let mut excess = DVector::<f64>::zeros(groups);
    let mut expected = vec![0.0; groups];
    let mut variance = DMatrix::<f64>::zeros(groups, groups);
    for same in sorted.chunk_by(|one, other| one.time == other.time) {
        let all: f64 = at_risk.iter().sum();
        let events = same.iter().filter(|unit| unit.event).count() as f64;
        if events > 0.0 {
            for unit in same.iter().filter(|unit| unit.event) {
                excess[unit.group] += 1.0;
            }
            let spread = if all > 1.0 { events * (all - events) / (all * all * (all - 1.0)) } else { 0.0 };
            for one in 0..groups {
                let share = events * at_risk[one] / all;
                expected[one] += share;
                excess[one] -= share;
                variance[(one, one)] += spread * all * at_risk[one];
                for other in 0..groups {
                    variance[(one, other)] -= spread * at_risk[one] * at_risk[other];
                }
            }
        }
        for unit in same {
            at_risk[unit.group] -= 1.0;
        }
    }
    // The excesses add up to nought, so the last group says nothing that the others don't.
    let mut compared: Vec<usize> = (0..groups).filter(|group| expected[*group] > 0.0).collect();
    compared.pop()?;
    if compared.is_empty() {
        return None;
    }
    let excess = DVector::from_iterator(compared.len(), compared.iter().map(|group| excess[*group]));
    let variance = variance.select_rows(&compared).select_columns(&compared);
    let statistic = excess.dot(&variance.cholesky()?.solve(&excess));
    let degrees_of_freedom = compared.len();
    let p = ChiSquared::new(degrees_of_freedom as f64).ok()?.sf(statistic);
    Some(LogRank { statistic, degrees_of_freedom, p })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aggregate::statistics::reference;

    #[test]
    fn agrees_with_lifelines_and_r() {
        let mut tested = 0;
        for case in reference::cases("log_rank") {
            let (times, events, groups) = (case.numbers("time"), case.numbers("event"), case.numbers("group"));
            let units: Vec<GroupedTime> = times
                .iter()
                .zip(&events)
                .zip(&groups)
                .map(|((time, event), group)| GroupedTime { time: *time, event: *event == 1.0, group: *group as usize })
                .collect();
            let ours = log_rank(&units, case.number("groups") as usize);
            for expected in &case.expected {
                let theirs = |name: &str| expected[name].as_f64();
                let (Some(statistic), Some(p)) = (theirs("statistic"), theirs("p")) else {
                    assert_eq!(ours, None, "{}", case.name);
                    continue;
                };
                let ours = ours.expect("a test");
                case.assert_close(ours.statistic, statistic, "statistic");
                case.assert_close(ours.p, p, "p");
                assert_eq!(Some(ours.degrees_of_freedom as f64), theirs("degrees_of_freedom"), "{}", case.name);
                tested += 1;
            }
        }
        assert!(tested >= 12, "the files of references were read");
    }
}
