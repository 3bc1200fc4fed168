//! The nation: how large each authority is, what its habits are, and how many children it has in each year.

use super::chance::{Chance, Stream, Subject, value_at};
use super::codes::{Codes, Measure};
use super::options::SampleOptions;
use crate::domain::authority::{Authority, Register};
use crate::domain::period::Period;
use chrono::NaiveDate;
use std::collections::BTreeMap;

/// Children who first go home in a year, in the whole nation. With those who go home again it makes about 8,100 returns.
const FIRST_RETURNS: f64 = 6_950.0;
/// Children who start to be looked after in a year and leave care in another way than home, for each first return.
const STAYS_FOR_EACH_RETURN: f64 = 2.75;
/// The first year whose children are made. Nobody who is in a return of 2024 or later first went home before it.
pub(super) const FIRST_YEAR: i32 = 2009;

/// One authority as the sample sees it. Nothing here depends on the collection: who made it smaller or larger when another
/// authority began or ended would make other children in one collection than in the next.
#[derive(Debug, Clone)]
pub(super) struct Plan<'s> {
    pub code: &'s str,
    /// The three-digit code as a number, which names the authority's streams.
    pub number: u16,
    /// Children who first go home in a year.
    pub first_returns: f64,
    /// The share of the nation.
    pub weight: f64,
    /// The assessment tool it uses.
    pub tool: &'static str,
    /// What it measures at follow-up points; the first always.
    pub measures: Vec<Measure<'s>>,
    /// Whether its system writes dates as the SSDA903 does.
    pub day_first: bool,
    /// The days on which it began and ended to be an authority; its last day is none while it is one.
    live: (NaiveDate, Option<NaiveDate>),
}

/// Makes the plans of all authorities that are or were, in the order of the register. Those that are share out the nation,
/// in every year: what an authority was before its code changed, or before another ended, makes no difference.
pub(super) fn plans<'s>(options: &SampleOptions, register: &'s Register, codes: &Codes<'s>) -> Vec<Plan<'s>> {
    let mut lines: BTreeMap<u16, Vec<&'s Authority>> = BTreeMap::new();
    for line in register.lines() {
        // Authorities that ended before three-digit codes were kept have none.
        if let Ok(number) = line.code.parse() {
            lines.entry(number).or_default().push(line);
        }
    }
    let mut plans: Vec<Plan<'s>> =
        lines.iter().filter_map(|(number, lines)| plan(options.seed, *number, lines, codes)).collect();
    let total: f64 = plans.iter().filter(|plan| plan.live.1.is_none()).map(|plan| plan.weight).sum();
    for plan in &mut plans {
        plan.weight /= total;
        plan.first_returns = FIRST_RETURNS * options.scale * plan.weight;
    }
    plans
}

/// Of all returns home, the share that are a child's first.
const FIRST_SHARE: f64 = 0.86;

/// The plan of the authority that has these lines of the register: of the kind that it was last.
fn plan<'s>(seed: u64, number: u16, lines: &[&'s Authority], codes: &Codes<'s>) -> Option<Plan<'s>> {
    let began = lines.iter().map(|line| line.live_from).min()?;
    let authority = lines.iter().max_by_key(|line| line.live_from)?;
    let mut chance = Chance::new(seed, Stream { subject: Subject::Authority, authority: number, year: 0, number: 0 });
    let draw = chance.unit();
    let tool = chance.pick(&[("NSPCC", 0.33), ("ADAPTED", 0.14), ("LOCAL", 0.27), ("NONE", 0.26)]);
    let always = |code: &str| matches!(code, "HEALTH" | "SDQ");
    let mut measures: Vec<Measure<'s>> = codes.measures.iter().copied().filter(|m| always(m.code)).collect();
    measures.sort_by_key(|measure| measure.code != "HEALTH");
    measures.extend(codes.measures.iter().copied().filter(|m| !always(m.code)).filter(|_| chance.yes(0.17)));
    let weight = size(authority, draw);
    let day_first = chance.yes(0.5);
    let live = (began, authority.live_to);
    Some(Plan { code: &authority.code, number, first_returns: 0.0, weight, tool, measures, day_first, live })
}

/// The relative size of an authority: counties are large, unitary authorities small, and a few tiny.
fn size(authority: &Authority, draw: f64) -> f64 {
    const SPREAD: &[(f64, f64)] = &[(0.0, 0.45), (0.25, 0.75), (0.5, 0.95), (0.75, 1.25), (0.95, 1.8), (1.0, 2.4)];
    let kind = match (authority.code.as_str(), authority.gss.get(..3)) {
        // The City of London has a handful of looked-after children and the Isles of Scilly none to speak of.
        ("201", _) => 0.006,
        ("420", _) => return 0.0,
        // Rutland.
        ("857", _) => 0.08,
        // Birmingham.
        ("330", _) => 3.2,
        (_, Some("E10")) => 1.9,
        (_, Some("E08")) => 1.35,
        (_, Some("E09")) => 0.75,
        _ => 0.85,
    };
    kind * value_at(SPREAD, draw)
}

/// How many children of each kind a year has.
#[derive(Debug, Clone, Copy)]
pub(super) struct YearCounts {
    pub first_returns: u32,
    pub stays: u32,
    /// Where the year's evenly spread draws begin.
    pub offsets: [f64; 3],
}

impl Plan<'_> {
    pub(super) fn live_on(&self, day: NaiveDate) -> bool {
        self.live.0 <= day && self.live.1.is_none_or(|end| day <= end)
    }

    /// Whether it was an authority through all the years whose children are made, and is one.
    pub(super) fn lasts(&self) -> bool {
        self.live.0 <= year_ending(FIRST_YEAR + 1).start && self.live.1.is_none()
    }

    /// Whether it made no returns home any more on a day. What an authority tells of the time before it began is counted.
    pub(super) fn ended_before(&self, day: NaiveDate) -> bool {
        self.live.1.is_some_and(|end| end < day)
    }

    /// The same authority with so many returns home a year.
    pub(super) fn resized(self, returns_a_year: Option<f64>) -> Self {
        let first_returns = returns_a_year.map_or(self.first_returns, |returns| returns * FIRST_SHARE);
        Self { first_returns, ..self }
    }

    pub(super) fn year(&self, seed: u64, year: i32) -> YearCounts {
        let stream = Stream { subject: Subject::Year, authority: self.number, year, number: 0 };
        let mut chance = Chance::new(seed, stream);
        let swing = 0.94 + 0.12 * chance.unit();
        let first_returns = (self.first_returns * swing + chance.unit()).floor() as u32;
        let stays = (self.first_returns * STAYS_FOR_EACH_RETURN * swing + chance.unit()).floor() as u32;
        YearCounts { first_returns, stays, offsets: [chance.unit(), chance.unit(), chance.unit()] }
    }
}

/// The year that ends on 31 March of the given year.
pub(super) fn year_ending(year: i32) -> Period {
    let day = |year, month, day| NaiveDate::from_ymd_opt(year, month, day).unwrap_or(NaiveDate::MIN);
    Period { start: day(year - 1, 4, 1), end: day(year, 3, 31) }
}
