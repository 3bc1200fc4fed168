//! The attack: other tables that fit everything published, found or checked, and bounds by linear programming.

use super::published::{Fact, OPEN, Published};
use microlp::{ComparisonOp, OptimizationDirection, Problem, SolveOptions, Variable};
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// How far a number that is not bounded above may move in a linear programme.
const FAR: i64 = 200;
/// The numbers of a linear programme: all others stay at the truth, which only takes tables away from the attacker.
const NEIGHBOURHOODS: [usize; 3] = [60, 400, 1_500];
const NODES: u64 = 500;

/// How far other tables must put a number.
#[derive(Debug, Clone, Copy)]
pub(super) enum Wanted {
    /// One of them, so far from the truth.
    FromTheTruth(i64),
    /// Two of them, so far from each other: the truth is not known here.
    Apart(i64),
}

impl Wanted {
    pub(super) fn is_met(self, least: i64, most: i64) -> bool {
        match self {
            Self::FromTheTruth(width) => most.max(-least) >= width,
            Self::Apart(width) => most - least >= width,
        }
    }
}

/// The numbers and facts, with the facts of each number.
pub(super) struct Attack<'a> {
    pub(super) published: &'a Published,
    within: Vec<Vec<(u32, i8)>>,
}

impl<'a> Attack<'a> {
    pub(super) fn new(published: &'a Published) -> Self {
        let mut within = vec![Vec::new(); published.numbers.len()];
        for (number, fact) in published.facts.iter().enumerate() {
            for &(at, sign) in &fact.terms {
                within[at as usize].push((number as u32, sign));
            }
        }
        Self { published, within }
    }

    /// How far each fact moves in another table, given as moves of numbers; none when the table does not fit.
    pub(super) fn moved_facts(&self, moves: &BTreeMap<u32, i64>) -> Option<BTreeMap<u32, i64>> {
        let mut moved: BTreeMap<u32, i64> = BTreeMap::new();
        for (&number, &by) in moves {
            let known = &self.published.numbers[number as usize];
            let value = known.truth + by;
            if value < known.low || value > known.high {
                return None;
            }
            for &(fact, sign) in &self.within[number as usize] {
                *moved.entry(fact).or_default() += by * i64::from(sign);
            }
        }
        let fits = moved.iter().all(|(&number, by)| {
            let fact = &self.published.facts[number as usize];
            let truth = self.truth(number);
            fact.low <= truth + by && truth + by <= fact.high
        });
        fits.then_some(moved)
    }

    fn truth(&self, fact: u32) -> i64 {
        let terms = &self.published.facts[fact as usize].terms;
        terms.iter().map(|(at, sign)| self.published.numbers[*at as usize].truth * i64::from(*sign)).sum()
    }

    /// Other whole-number tables that move the fact as far as they can, by linear programming over its neighbourhood:
    /// both ways, until one is far enough or the two together are.
    pub(super) fn programme(&self, fact: u32, wanted: Wanted) -> Vec<BTreeMap<u32, i64>> {
        let mut found = Vec::new();
        let (mut least, mut most) = (0, 0);
        for size in NEIGHBOURHOODS {
            let near = self.neighbourhood(fact, size);
            for direction in [OptimizationDirection::Maximize, OptimizationDirection::Minimize] {
                let Some(moves) = self.optimum(fact, &near, direction) else { continue };
                let Some(moved) = self.moved_facts(&moves) else { continue };
                let by = moved.get(&fact).copied().unwrap_or(0);
                (least, most) = (by.min(least), by.max(most));
                found.push(moves);
                if wanted.is_met(least, most) {
                    return found;
                }
            }
            if near.len() < size {
                break;
            }
        }
        found
    }

    /// The uncertain numbers nearest to a fact, through the facts that join them.
    fn neighbourhood(&self, fact: u32, size: usize) -> BTreeSet<u32> {
        let mut near = BTreeSet::new();
        let mut seen = BTreeSet::from([fact]);
        let mut queue = VecDeque::from([fact]);
        while let Some(next) = queue.pop_front() {
            for &(number, _) in &self.published.facts[next as usize].terms {
                let known = &self.published.numbers[number as usize];
                if known.low == known.high || near.contains(&number) {
                    continue;
                }
                if near.len() >= size {
                    return near;
                }
                near.insert(number);
                let mut joined: Vec<u32> = self.within[number as usize].iter().map(|(fact, _)| *fact).collect();
                // Short facts first: they say most about a number.
                joined.sort_by_key(|fact| self.published.facts[*fact as usize].terms.len());
                queue.extend(joined.into_iter().filter(|fact| seen.insert(*fact)));
            }
        }
        near
    }

    fn optimum(&self, fact: u32, near: &BTreeSet<u32>, direction: OptimizationDirection) -> Option<BTreeMap<u32, i64>> {
        let mut problem = Problem::new(direction);
        let wanted: BTreeMap<u32, i8> = self.published.facts[fact as usize].terms.iter().copied().collect();
        let mut variables: BTreeMap<u32, Variable> = BTreeMap::new();
        let mut facts: BTreeSet<u32> = BTreeSet::new();
        for &number in near {
            let known = &self.published.numbers[number as usize];
            let bounds = ((known.low - known.truth).max(-FAR) as i32, (known.high - known.truth).min(FAR) as i32);
            let weight = f64::from(wanted.get(&number).copied().unwrap_or(0));
            variables.insert(number, problem.add_integer_var(weight, bounds));
            facts.extend(self.within[number as usize].iter().map(|(fact, _)| *fact));
        }
        for number in facts {
            let fact = &self.published.facts[number as usize];
            let mut terms: BTreeMap<u32, f64> = BTreeMap::new();
            for &(at, sign) in fact.terms.iter().filter(|(at, _)| variables.contains_key(at)) {
                *terms.entry(at).or_default() += f64::from(sign);
            }
            let terms: Vec<(Variable, f64)> = terms.into_iter().map(|(at, sign)| (variables[&at], sign)).collect();
            let truth = self.truth(number);
            let (low, high) = ((fact.low - truth) as f64, (fact.high - truth) as f64);
            if fact.low == fact.high {
                problem.add_constraint(&terms[..], ComparisonOp::Eq, low);
                continue;
            }
            if fact.low > -OPEN {
                problem.add_constraint(&terms[..], ComparisonOp::Ge, low);
            }
            if fact.high < OPEN {
                problem.add_constraint(&terms[..], ComparisonOp::Le, high);
            }
        }
        let mut options = SolveOptions::default();
        options.node_limit = Some(NODES);
        let outcome = problem.solve_with(options).ok()?;
        let solution = outcome.into_solution().ok()?;
        let moves = variables.into_iter().map(|(at, variable)| (at, solution.var_value(variable).round() as i64));
        Some(moves.filter(|(_, by)| *by != 0).collect())
    }

    /// Bounds of every number from every fact, tightened until nothing moves: what anybody can work out step by step.
    pub(super) fn propagate(&self) -> Vec<(i64, i64)> {
        let mut bounds: Vec<(i64, i64)> = self.published.numbers.iter().map(|one| (one.low, one.high)).collect();
        for _ in 0..20 {
            let mut changed = false;
            for fact in &self.published.facts {
                changed |= tighten(fact, &mut bounds);
            }
            if !changed {
                break;
            }
        }
        bounds
    }

    /// What step-by-step bounds say of a fact.
    pub(super) fn bounds_of(&self, fact: u32, bounds: &[(i64, i64)]) -> (i64, i64) {
        let fact = &self.published.facts[fact as usize];
        let (low, high) = Reach::of(&fact.terms, bounds).without(None);
        (low.unwrap_or(-OPEN).max(fact.low), high.unwrap_or(OPEN).min(fact.high))
    }
}

/// The least and greatest sum of some terms, with the number of those that have no bound.
struct Reach {
    low: i64,
    high: i64,
    endless_low: usize,
    endless_high: usize,
}

/// A term's least and greatest contribution; none where there is no bound.
fn contribution(bounds: (i64, i64), sign: i8) -> (Option<i64>, Option<i64>) {
    let high = (bounds.1 < OPEN).then_some(bounds.1);
    if sign > 0 { (Some(bounds.0), high) } else { (high.map(|most| -most), Some(-bounds.0)) }
}

impl Reach {
    fn of(terms: &[(u32, i8)], bounds: &[(i64, i64)]) -> Self {
        let mut reach = Self { low: 0, high: 0, endless_low: 0, endless_high: 0 };
        for (at, sign) in terms {
            let (low, high) = contribution(bounds[*at as usize], *sign);
            reach.low = reach.low.saturating_add(low.unwrap_or(0));
            reach.high = reach.high.saturating_add(high.unwrap_or(0));
            reach.endless_low += usize::from(low.is_none());
            reach.endless_high += usize::from(high.is_none());
        }
        reach
    }

    /// The bounds of the sum of all terms but one.
    fn without(&self, term: Option<(Option<i64>, Option<i64>)>) -> (Option<i64>, Option<i64>) {
        let (low, high) = term.unwrap_or((Some(0), Some(0)));
        let bounded_low = self.endless_low == usize::from(low.is_none());
        let bounded_high = self.endless_high == usize::from(high.is_none());
        (bounded_low.then_some(self.low - low.unwrap_or(0)), bounded_high.then_some(self.high - high.unwrap_or(0)))
    }
}

/// Tightens the bounds of a fact's numbers; true when any moved.
fn tighten(fact: &Fact, bounds: &mut [(i64, i64)]) -> bool {
    let reach = Reach::of(&fact.terms, bounds);
    let mut changed = false;
    for &(at, sign) in &fact.terms {
        let (least, most) = bounds[at as usize];
        // Where figures contradict each other, which is told elsewhere, bounds cross and would run away from each other.
        if least >= most {
            continue;
        }
        let (others_low, others_high) = reach.without(Some(contribution((least, most), sign)));
        // low <= sign * number + others <= high
        let greatest = others_low.filter(|_| fact.high < OPEN).map(|others| fact.high - others);
        let smallest = others_high.filter(|_| fact.low > -OPEN).map(|others| fact.low - others);
        let (new_least, new_most) =
            if sign > 0 { (smallest, greatest) } else { (greatest.map(|sum| -sum), smallest.map(|sum| -sum)) };
        let tightened = (new_least.unwrap_or(least).max(least), new_most.unwrap_or(most).min(most));
        if tightened != (least, most) {
            bounds[at as usize] = tightened;
            changed = true;
        }
    }
    changed
}
