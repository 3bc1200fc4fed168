//! Another table by linear programming, among what is hidden already: where earlier releases have settled what is hidden,
//! the tables that are left can be long, and a search step by step comes to them late.

use super::search::Witness;
use super::system::System;
use microlp::{ComparisonOp, OptimizationDirection, Problem, SolveOptions, Variable};
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// The numbers that may move; all others stay where they are.
const NEIGHBOURHOODS: [usize; 3] = [40, 200, 800];
const FAR: i64 = 200;
const NODES: u64 = 200;

/// A table of whole numbers in which the target is at least its width from where it is, and nothing shown moves.
pub(super) fn find(system: &System, target: u32) -> Option<Witness> {
    let width = system.variables[target as usize].width;
    for size in NEIGHBOURHOODS {
        let near = neighbourhood(system, target, size);
        for direction in [OptimizationDirection::Maximize, OptimizationDirection::Minimize] {
            let Some(moves) = solve(system, target, &near, direction) else { continue };
            let far = moves.iter().any(|(at, by)| *at == target && by.abs() >= width);
            if far && fits(system, &moves) {
                return Some(Witness { moves, ..Witness::default() });
            }
        }
        if near.len() < size {
            break;
        }
    }
    None
}

fn is_open(system: &System, at: u32) -> bool {
    let variable = &system.variables[at as usize];
    !variable.fixed && (!variable.printed || variable.hidden)
}

/// The open numbers nearest to the target, through the relations that join them, short ones first.
fn neighbourhood(system: &System, target: u32, size: usize) -> BTreeSet<u32> {
    let mut near = BTreeSet::new();
    let mut seen = BTreeSet::new();
    let mut queue = VecDeque::from([target]);
    while let Some(next) = queue.pop_front() {
        if near.len() >= size {
            break;
        }
        if !near.insert(next) {
            continue;
        }
        let mut joined: Vec<u32> = system.within[next as usize].iter().map(|(relation, _)| *relation).collect();
        joined.sort_by_key(|relation| system.relations[*relation as usize].terms.len());
        for relation in joined.into_iter().filter(|relation| seen.insert(*relation)) {
            let terms = &system.relations[relation as usize].terms;
            queue.extend(terms.iter().map(|(at, _)| *at).filter(|at| is_open(system, *at)));
        }
    }
    near
}

fn solve(
    system: &System,
    target: u32,
    near: &BTreeSet<u32>,
    direction: OptimizationDirection,
) -> Option<Vec<(u32, i64)>> {
    let mut problem = Problem::new(direction);
    let mut variables: BTreeMap<u32, Variable> = BTreeMap::new();
    let mut relations: BTreeSet<u32> = BTreeSet::new();
    for &at in near {
        let weight = if at == target { 1.0 } else { 0.0 };
        let least = -system.variables[at as usize].truth.min(FAR);
        variables.insert(at, problem.add_integer_var(weight, (least as i32, FAR as i32)));
        relations.extend(system.within[at as usize].iter().map(|(relation, _)| *relation));
    }
    for number in relations {
        let relation = &system.relations[number as usize];
        if relation.relaxed {
            continue;
        }
        let mut terms: BTreeMap<u32, f64> = BTreeMap::new();
        for &(at, sign) in relation.terms.iter().filter(|(at, _)| variables.contains_key(at)) {
            *terms.entry(at).or_default() += f64::from(sign);
        }
        let terms: Vec<(Variable, f64)> = terms.into_iter().map(|(at, sign)| (variables[&at], sign)).collect();
        if relation.down == relation.up {
            problem.add_constraint(&terms[..], ComparisonOp::Eq, relation.up as f64);
            continue;
        }
        problem.add_constraint(&terms[..], ComparisonOp::Ge, relation.down.max(-NO_BOUND) as f64);
        if relation.up < NO_BOUND {
            problem.add_constraint(&terms[..], ComparisonOp::Le, relation.up as f64);
        }
    }
    let mut options = SolveOptions::default();
    options.node_limit = Some(NODES);
    let solution = problem.solve_with(options).ok()?.into_solution().ok()?;
    let moves = variables.into_iter().map(|(at, variable)| (at, solution.var_value(variable).round() as i64));
    Some(moves.filter(|(_, by)| *by != 0).collect())
}

/// A bound beyond this says nothing about counts.
const NO_BOUND: i64 = 1 << 40;

/// Whether a table of whole numbers fits every relation: the programme's own answer is a rounded one.
fn fits(system: &System, moves: &[(u32, i64)]) -> bool {
    let mut sums: BTreeMap<u32, i64> = BTreeMap::new();
    for &(at, by) in moves {
        if system.variables[at as usize].truth + by < 0 {
            return false;
        }
        for &(relation, sign) in &system.within[at as usize] {
            *sums.entry(relation).or_default() += i64::from(sign) * by;
        }
    }
    sums.into_iter().all(|(relation, by)| {
        let relation = &system.relations[relation as usize];
        relation.relaxed || (relation.down..=relation.up).contains(&by)
    })
}
