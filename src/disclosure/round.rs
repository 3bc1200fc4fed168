//! Rounding, and what a rounded figure tells: known to everybody, because the policy is public.

/// What a figure that is published rounded shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Rounded {
    Number(i64),
    /// It rounds to zero and is not zero.
    Low,
}

/// Rounds a count to the nearest multiple, halves upwards.
pub(super) const fn round(truth: i64, to: i64) -> Rounded {
    let nearest = (truth + to / 2) / to * to;
    if nearest == 0 && truth > 0 { Rounded::Low } else { Rounded::Number(nearest) }
}

/// The least and greatest count that would be shown like this.
pub(super) const fn bounds(shown: Rounded, to: i64) -> (i64, i64) {
    let below = to / 2;
    match shown {
        Rounded::Low => (1, if below > 1 { below - if to % 2 == 0 { 1 } else { 0 } } else { 1 }),
        Rounded::Number(0) => (0, 0),
        Rounded::Number(number) => (number - below, number + (to - 1 - below)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rounded_figure_tells_exactly_the_counts_that_round_to_it() {
        for to in [1, 5, 10] {
            for truth in 0..200 {
                let shown = round(truth, to);
                let (low, high) = bounds(shown, to);
                let alike: Vec<i64> = (0..250).filter(|other| round(*other, to) == shown).collect();
                assert_eq!((alike.first(), alike.last()), (Some(&low), Some(&high)), "{truth} to {to}");
            }
        }
    }

    #[test]
    fn halves_go_up_and_what_is_not_nothing_is_not_zero() {
        assert_eq!(round(0, 10), Rounded::Number(0));
        assert_eq!(round(4, 10), Rounded::Low);
        assert_eq!(round(5, 10), Rounded::Number(10));
        assert_eq!(round(14, 10), Rounded::Number(10));
        assert_eq!(round(15, 10), Rounded::Number(20));
    }
}
