//! The relative risk of a group against a reference group, with its log-normal interval.
//!
//! D. Katz, J. Baptista, S. P. Azen and M. C. Pike, "Obtaining confidence intervals for the risk ratio in cohort
//! studies", Biometrics 34 (1978), 469–474.

use super::Z_95;

/// A ratio with the ends of its 95% interval.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Ratio {
    pub ratio: f64,
    pub lower: f64,
    pub upper: f64,
}

/// The risk of `part` out of `whole` against that of the reference. None where a group is empty or has no event, because
/// a logarithm is not defined there, and where a part is greater than its whole.
pub fn relative_risk(part: u64, whole: u64, reference_part: u64, reference_whole: u64) -> Option<Ratio> {
    if part == 0 || reference_part == 0 || part > whole || reference_part > reference_whole {
        return None;
    }
    let [a, n, b, m] = [part, whole, reference_part, reference_whole].map(|count| count as f64);
    let ratio = (a / n) / (b / m);
    // The standard error of the logarithm; not less than nought, whatever rounding does.
    let error = (1.0 / a - 1.0 / n + 1.0 / b - 1.0 / m).max(0.0).sqrt();
    Some(Ratio { ratio, lower: ratio * (-Z_95 * error).exp(), upper: ratio * (Z_95 * error).exp() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aggregate::statistics::reference;

    #[test]
    fn agrees_with_statsmodels_and_r() {
        let mut compared = 0;
        for case in reference::cases("relative_risk") {
            let [part, whole, reference_part, reference_whole] =
                ["part", "whole", "reference_part", "reference_whole"].map(|name| case.number(name) as u64);
            let ours = relative_risk(part, whole, reference_part, reference_whole).expect("a ratio");
            case.assert_near(ours.ratio, "ratio");
            case.assert_near(ours.lower, "lower");
            case.assert_near(ours.upper, "upper");
            compared += 1;
        }
        assert_eq!(compared, 4);
    }

    #[test]
    fn there_is_no_ratio_without_events() {
        assert_eq!(relative_risk(0, 10, 3, 20), None);
        assert_eq!(relative_risk(3, 10, 0, 20), None);
        assert_eq!(relative_risk(0, 0, 0, 0), None);
        assert_eq!(relative_risk(11, 10, 3, 20), None);
    }
}
