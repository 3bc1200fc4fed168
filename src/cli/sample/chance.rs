//! Seeded chance. Every child, return and authority has a ChaCha stream of its own, so that what happens to one of them
//! never depends on how many others were made before it.
//!
//! Only arithmetic that gives the same bits on every machine is used: no logarithm, no exponential.

use rand::Rng;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

/// What a stream of chance decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Subject {
    /// The size and habits of an authority.
    Authority = 1,
    /// How many children of an authority first go home in a year.
    Year = 2,
    /// The care journey of a child who goes home.
    Child = 3,
    /// What is recorded about a return home.
    Return = 4,
    /// The stay of a child who does not go home.
    Stay = 5,
    /// Where a child who re-enters care elsewhere goes.
    Move = 6,
    /// Which faults are planted.
    Fault = 7,
    /// What is put right about a child in a later return.
    Correction = 8,
}

/// Names one stream: a subject, an authority, a year and a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Stream {
    pub subject: Subject,
    pub authority: u16,
    pub year: i32,
    pub number: u32,
}

impl Stream {
    pub(super) fn id(self) -> u64 {
        let year = u64::from(self.year.unsigned_abs() & 0xfff);
        (self.subject as u64) << 56 | u64::from(self.authority & 0xfff) << 44 | year << 32 | u64::from(self.number)
    }
}

/// The parts of the generator's key beside the seed. Changing it changes every sample ever made.
const LABEL: &[u8; 24] = b"homeward sample data 1.0";

/// One stream of seeded chance.
#[derive(Debug)]
pub(super) struct Chance(ChaCha8Rng);

impl Chance {
    pub(super) fn new(seed: u64, stream: Stream) -> Self {
        let mut key = [0; 32];
        key[..8].copy_from_slice(&seed.to_le_bytes());
        key[8..].copy_from_slice(LABEL);
        let mut generator = ChaCha8Rng::from_seed(key);
        generator.set_stream(stream.id());
        Self(generator)
    }

    /// A number from 0 up to but not including 1.
    pub(super) fn unit(&mut self) -> f64 {
        // 53 bits are what a double holds exactly.
        (self.0.next_u64() >> 11) as f64 / (1u64 << 53) as f64
    }

    pub(super) fn yes(&mut self, probability: f64) -> bool {
        self.unit() < probability
    }

    /// A whole number from `low` to `high`, both included; `low` when `high` is smaller.
    pub(super) fn between(&mut self, low: i64, high: i64) -> i64 {
        let span = (high - low + 1).max(1) as f64;
        low + (self.unit() * span) as i64
    }

    /// One of the weighted things; the last when rounding passes the end.
    pub(super) fn pick<T: Copy>(&mut self, weighted: &[(T, f64)]) -> T {
        let total: f64 = weighted.iter().map(|(_, weight)| weight).sum();
        let mut left = self.unit() * total;
        for (thing, weight) in weighted {
            left -= weight;
            if left < 0.0 {
                return *thing;
            }
        }
        weighted[weighted.len() - 1].0
    }

    /// A number drawn from a distribution given by its quantiles: pairs of probability and value, straight lines between.
    pub(super) fn along(&mut self, quantiles: &[(f64, f64)]) -> f64 {
        let unit = self.unit();
        value_at(quantiles, unit)
    }
}

/// The value of a line through points, at a place; the ends beyond them.
pub(super) fn value_at(points: &[(f64, f64)], at: f64) -> f64 {
    for pair in points.windows(2) {
        let ((x0, y0), (x1, y1)) = (pair[0], pair[1]);
        if at <= x1 {
            return y0 + (y1 - y0) * ((at - x0).max(0.0) / (x1 - x0));
        }
    }
    points.last().map_or(0.0, |point| point.1)
}

/// The n-th point of an evenly spread sequence in three dimensions (Roberts' R3), moved by offsets.
///
/// Drawn this way, the share of children who re-enter is near its mean in every authority and year, as it is by law of
/// large numbers in the nation; independent draws would leave some small authority with none, which the rules query.
pub(super) fn spread(number: u32, offsets: [f64; 3]) -> [f64; 3] {
    const STEP: [f64; 3] = [0.819_172_513_396_164_4, 0.671_043_606_703_789_2, 0.549_700_477_901_970_1];
    let at = |axis: usize| (offsets[axis] + STEP[axis] * f64::from(number)).fract();
    [at(0), at(1), at(2)]
}

#[cfg(test)]
mod tests {
    use super::*;

    const STREAM: Stream = Stream { subject: Subject::Child, authority: 330, year: 2026, number: 7 };

    #[test]
    fn a_stream_repeats_itself_and_differs_from_its_neighbour() {
        let draw = |stream| Chance::new(1, stream).unit().to_bits();
        assert_eq!(draw(STREAM), draw(STREAM));
        assert_ne!(draw(STREAM), draw(Stream { number: 8, ..STREAM }));
        assert_ne!(draw(STREAM), draw(Stream { subject: Subject::Return, ..STREAM }));
        assert_ne!(Chance::new(1, STREAM).unit().to_bits(), Chance::new(2, STREAM).unit().to_bits());
    }

    #[test]
    fn weights_and_quantiles_are_kept() {
        let mut chance = Chance::new(3, STREAM);
        let tails = (0..10_000).filter(|_| chance.pick(&[("heads", 3.0), ("tails", 1.0)]) == "tails").count();
        assert!((2_300..2_700).contains(&tails), "{tails}");
        let drawn: Vec<f64> = (0..1_000).map(|_| chance.along(&[(0.0, 4.0), (0.5, 10.0), (1.0, 100.0)])).collect();
        assert!(drawn.iter().all(|value| (4.0..=100.0).contains(value)));
        let low = drawn.iter().filter(|value| **value <= 10.0).count();
        assert!((440..560).contains(&low), "{low}");
    }

    #[test]
    fn a_spread_sequence_leaves_no_gap() {
        let low = (0..20).filter(|number| spread(*number, [0.3, 0.1, 0.7])[0] < 0.2).count();
        assert!((3..=5).contains(&low), "{low}");
    }
}
