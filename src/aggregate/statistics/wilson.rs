//! The Wilson score interval of a proportion, without continuity correction.
//!
//! E. B. Wilson, "Probable inference, the law of succession, and statistical inference", Journal of the American
//! Statistical Association 22 (1927), 209–212; it is method 3 of R. G. Newcombe, "Two-sided confidence intervals for
//! the single proportion", Statistics in Medicine 17 (1998), 857–872.

use super::Z_95;

/// The 95% interval of `part` out of `whole`, as proportions from 0 to 1; none where `whole` is 0 or less than `part`.
pub fn wilson(part: u64, whole: u64) -> Option<(f64, f64)> {
    if whole == 0 || part > whole {
        return None;
    }
    let (part, n) = (part as f64, whole as f64);
    let share = part / n;
    let z2 = Z_95 * Z_95;
    let centre = (share + z2 / (2.0 * n)) / (1.0 + z2 / n);
    let half = Z_95 / (1.0 + z2 / n) * (share * (1.0 - share) / n + z2 / (4.0 * n * n)).sqrt();
    let lower = if part == 0.0 { 0.0 } else { (centre - half).max(0.0) };
    let upper = if part == n { 1.0 } else { (centre + half).min(1.0) };
    Some((lower, upper))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn agrees_with_statsmodels() {
        // Made with Python 3 and statsmodels 0.15.0: `proportion_confint(k, n, alpha=0.05, method="wilson")`.
        let expected = [
            (0, 10, 0.000_000_000_000, 0.277_532_799_863),
            (1, 10, 0.017_876_213_095, 0.404_150_026_795),
            (3, 12, 0.088_941_668_394, 0.532_305_334_934),
            (9, 12, 0.467_694_665_066, 0.911_058_331_606),
            (81, 263, 0.255_288_519_878, 0.366_209_576_983),
            (15, 148, 0.062_386_399_531, 0.160_487_241_723),
            (1, 1, 0.206_549_314_377, 1.000_000_000_000),
            (350, 1000, 0.321_062_710_052, 0.380_085_317_493),
            (10, 10, 0.722_467_200_137, 1.000_000_000_000),
        ];
        for (part, whole, lower, upper) in expected {
            let (ours_lower, ours_upper) = wilson(part, whole).expect("an interval");
            assert!((ours_lower - lower).abs() < 1e-10, "{part} of {whole}: {ours_lower}");
            assert!((ours_upper - upper).abs() < 1e-10, "{part} of {whole}: {ours_upper}");
        }
    }

    #[test]
    fn agrees_with_newcombes_published_table() {
        // Newcombe (1998), table I, method 3: 81/263, 15/148, 0/20, 1/29, to four decimals.
        let expected =
            [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)];
        for (part, whole, lower, upper) in expected {
            let (ours_lower, ours_upper) = wilson(part, whole).expect("an interval");
            assert!((ours_lower - lower).abs() < 5.1e-5 && (ours_upper - upper).abs() < 5.1e-5, "{part} of {whole}");
        }
    }

    #[test]
    fn there_is_no_interval_without_units() {
        assert_eq!(wilson(0, 0), None);
        assert_eq!(wilson(3, 2), None);
    }
}
