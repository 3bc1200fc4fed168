//! The rest of the looked-after population: children who do not go home, and those who come from another authority.
//! Of them a return shows the starts under a linkage key and the totals.

use super::chance::{Chance, Stream, Subject};
use super::codes::Codes;
use super::life::{leaves, life, may_move, plus};
use super::options::SampleOptions;
use super::plan::{FIRST_YEAR, Plan, year_ending};
use chrono::NaiveDate;
use std::collections::BTreeMap;

/// A stay in care of which only its ends are told.
#[derive(Debug, Clone, Copy)]
pub(super) struct Stay {
    /// The child's own stream, which gives its linkage key; none where no key is known.
    pub keyed: Option<Stream>,
    pub commenced: NaiveDate,
    pub ceased: NaiveDate,
    pub reason: &'static str,
}

const LENGTHS: &[(f64, f64)] =
    &[(0.0, 12.0), (0.2, 330.0), (0.4, 850.0), (0.6, 1_500.0), (0.8, 2_600.0), (0.95, 4_200.0), (1.0, 6_000.0)];

/// The number-th child of an authority who starts to be looked after in a year and does not go home.
pub(super) fn stay(seed: u64, plan: &Plan<'_>, year: i32, number: u32) -> Stay {
    let stream = Stream { subject: Subject::Stay, authority: plan.number, year, number };
    let mut chance = Chance::new(seed, stream);
    let commenced = plus(year_ending(year).start, chance.between(0, 364));
    let (low, high) = chance.pick(&[
        ((0, 364), 0.22),
        ((365, 1_825), 0.18),
        ((1_826, 3_650), 0.18),
        ((3_651, 5_840), 0.28),
        ((5_841, 6_500), 0.14),
    ]);
    let born = plus(commenced, -chance.between(low, high));
    let length = chance.along(LENGTHS) as i64;
    let (ceased, reason) = leaves(&mut chance, born, commenced, length);
    Stay { keyed: chance.yes(0.9).then_some(stream), commenced, ceased, reason }
}

/// The stays of children who went home in one authority and re-entered care in another, by the number of the other: one
/// that was there through all the years, so that every collection knows of it.
pub(super) fn moves(
    options: &SampleOptions,
    codes: &Codes<'_>,
    plans: &[Plan<'_>],
    last_year: i32,
) -> BTreeMap<u16, Vec<Stay>> {
    let mut moves: BTreeMap<u16, Vec<Stay>> = BTreeMap::new();
    for plan in plans {
        let others: Vec<(u16, f64)> = plans
            .iter()
            .filter(|other| other.number != plan.number && other.lasts())
            .map(|other| (other.number, other.weight))
            .collect();
        if others.is_empty() {
            continue;
        }
        for year in FIRST_YEAR..=last_year {
            let counts = plan.year(options.seed, year);
            for number in (0..counts.first_returns).filter(|number| may_move(options.seed, plan, year, *number)) {
                let life = life(options.seed, codes, plan, year, &counts, number);
                let told = life.returns.iter().filter(|back| !plan.ended_before(back.day));
                for (commenced, ceased) in told.filter_map(|back| back.elsewhere) {
                    let stream = Stream { subject: Subject::Move, authority: plan.number, year, number };
                    let to = Chance::new(options.seed, stream).pick(&others);
                    let stay = Stay { keyed: Some(life.child.stream), commenced, ceased, reason: "E8" };
                    moves.entry(to).or_default().push(stay);
                }
            }
        }
    }
    moves
}
