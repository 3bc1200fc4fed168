//! Quantiles of a sample: definition 7 of R. J. Hyndman and Y. Fan, "Sample quantiles in statistical packages", The
//! American Statistician 50 (1996), 361–365. It interpolates linearly between the order statistics k and k + 1 where
//! k - 1 is the whole part of (n - 1) p; it is what R, NumPy and Excel's QUARTILE.INC give by default.

/// The quantile at `probability` (0 to 1) of values in ascending order; none where there are no values.
pub fn quantile(sorted: &[f64], probability: f64) -> Option<f64> {
    let last = sorted.len().checked_sub(1)?;
    let place = last as f64 * probability.clamp(0.0, 1.0);
    let below = place.floor();
    let (low, high) = (sorted[below as usize], sorted[(below as usize + 1).min(last)]);
    Some(low + (place - below) * (high - low))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aggregate::statistics::reference;

    #[test]
    fn agrees_with_r_and_numpy() {
        let mut compared = 0;
        for case in reference::cases("quantile") {
            let mut values = case.numbers("value");
            values.sort_by(f64::total_cmp);
            for (probability, expected) in [(0.25, "lower_quartile"), (0.5, "median"), (0.75, "upper_quartile")] {
                let ours = quantile(&values, probability).expect("a quantile");
                case.assert_near(ours, expected);
                compared += 1;
            }
        }
        assert!(compared >= 12, "the file of references was read");
    }

    #[test]
    fn one_value_is_every_quantile_and_no_value_has_none() {
        assert_eq!(quantile(&[4.0], 0.25), Some(4.0));
        assert_eq!(quantile(&[], 0.5), None);
        assert_eq!(quantile(&[1.0, 2.0], 1.0), Some(2.0));
    }
}
