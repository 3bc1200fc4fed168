//! Supposes values for the hidden numbers of the past: whole numbers that fit everything that was shown.
//!
//! The published files do not hold them, and nothing else is read. Any values that fit will do: they are the point from
//! which other tables are counted, and the audit holds a hidden number of the past to the distance between two tables.

use super::super::audit::published::{Fact, OPEN};
use super::super::cleared::Place;
use super::known::Known;
use microlp::{ComparisonOp, OptimizationDirection, Problem, SolveOptions, Variable};
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// The numbers that a linear programme may change at first, and when that is not enough.
pub(super) const NEIGHBOURHOODS: [usize; 5] = [10, 40, 200, 800, 3_000];
const FAR: i64 = 2_000;
const NODES: u64 = 200;

struct Repair<'a, 'k> {
    known: &'a mut Known<'k>,
    within: Vec<Vec<(u32, i8)>>,
    sums: Vec<i64>,
}

/// Changes hidden numbers of the past until every fact holds; an error names the places of a fact that cannot.
pub(super) fn repair(known: &mut Known, neighbourhoods: &[usize]) -> Result<(), BTreeSet<Place>> {
    let mut within = vec![Vec::new(); known.numbers.len()];
    let mut sums = vec![0; known.facts.len()];
    for (number, fact) in known.facts.iter().enumerate() {
        for &(at, sign) in &fact.terms {
            within[at as usize].push((number as u32, sign));
            sums[number] += i64::from(sign) * known.numbers[at as usize].truth;
        }
    }
    let mut repair = Repair { known, within, sums };
    for number in 0..repair.sums.len() as u32 {
        if !repair.holds(number) {
            repair.mend(number, neighbourhoods)?;
        }
    }
    Ok(())
}

impl Repair<'_, '_> {
    fn fact(&self, number: u32) -> &Fact {
        &self.known.facts[number as usize]
    }

    fn holds(&self, number: u32) -> bool {
        let fact = self.fact(number);
        (fact.low..=fact.high).contains(&self.sums[number as usize])
    }

    fn is_free(&self, number: u32) -> bool {
        let number = &self.known.numbers[number as usize];
        !number.is_now && number.low < number.high
    }

    fn mend(&mut self, fact: u32, neighbourhoods: &[usize]) -> Result<(), BTreeSet<Place>> {
        for &size in neighbourhoods {
            let near = self.neighbourhood(fact, size);
            if let Some(moves) = self.solve(fact, &near) {
                for (at, by) in moves {
                    self.known.numbers[at as usize].truth += by;
                    for &(fact, sign) in &self.within[at as usize] {
                        self.sums[fact as usize] += i64::from(sign) * by;
                    }
                }
                if self.holds(fact) {
                    return Ok(());
                }
            }
            if near.len() < size {
                break;
            }
        }
        Err(self.fact(fact).terms.iter().map(|(at, _)| self.known.numbers[*at as usize].place).collect())
    }

    /// The free numbers nearest to a fact, through the facts that join them, short ones first.
    fn neighbourhood(&self, fact: u32, size: usize) -> BTreeSet<u32> {
        let mut near = BTreeSet::new();
        let mut seen = BTreeSet::from([fact]);
        let mut queue = VecDeque::from([fact]);
        while let Some(next) = queue.pop_front() {
            for &(number, _) in &self.fact(next).terms {
                if !self.is_free(number) || near.contains(&number) {
                    continue;
                }
                if near.len() >= size {
                    return near;
                }
                near.insert(number);
                let mut joined: Vec<u32> = self.within[number as usize].iter().map(|(fact, _)| *fact).collect();
                joined.sort_by_key(|fact| self.fact(*fact).terms.len());
                queue.extend(joined.into_iter().filter(|fact| seen.insert(*fact)));
            }
        }
        near
    }

    /// The smallest moves of these numbers with which the fact holds and no other is worse than it is.
    fn solve(&self, wanted: u32, near: &BTreeSet<u32>) -> Option<Vec<(u32, i64)>> {
        let mut problem = Problem::new(OptimizationDirection::Minimize);
        let mut up: BTreeMap<u32, Variable> = BTreeMap::new();
        let mut down: BTreeMap<u32, Variable> = BTreeMap::new();
        let mut facts: BTreeSet<u32> = BTreeSet::from([wanted]);
        for &at in near {
            let known = &self.known.numbers[at as usize];
            let most = (known.high - known.truth).clamp(0, FAR) as i32;
            let least = (known.truth - known.low).clamp(0, FAR) as i32;
            up.insert(at, problem.add_integer_var(1.0, (0, most)));
            down.insert(at, problem.add_integer_var(1.0, (0, least)));
            facts.extend(self.within[at as usize].iter().map(|(fact, _)| *fact));
        }
        for number in facts {
            let fact = self.fact(number);
            let sum = self.sums[number as usize];
            let (mut low, mut high) = (fact.low - sum, fact.high - sum);
            if number != wanted {
                (low, high) = (low.min(0), high.max(0));
            }
            let mut terms: BTreeMap<u32, f64> = BTreeMap::new();
            for &(at, sign) in fact.terms.iter().filter(|(at, _)| up.contains_key(at)) {
                *terms.entry(at).or_default() += f64::from(sign);
            }
            let terms: Vec<(Variable, f64)> =
                terms.into_iter().flat_map(|(at, sign)| [(up[&at], sign), (down[&at], -sign)]).collect();
            if low == high {
                problem.add_constraint(&terms[..], ComparisonOp::Eq, low as f64);
                continue;
            }
            problem.add_constraint(&terms[..], ComparisonOp::Ge, low as f64);
            if fact.high < OPEN {
                problem.add_constraint(&terms[..], ComparisonOp::Le, high as f64);
            }
        }
        let mut options = SolveOptions::default();
        options.node_limit = Some(NODES);
        let solution = problem.solve_with(options).ok()?.into_solution().ok()?;
        let by = |at: &u32| {
            let moved = solution.var_value(up[at]).round() - solution.var_value(down[at]).round();
            (*at, moved as i64)
        };
        Some(near.iter().map(by).filter(|(_, by)| *by != 0).collect())
    }
}
