//! Another table by linear programming that may hide more: for the few numbers that no search comes to.
//!
//! A number moves in its own place, and one other place of the region takes up what the region's figures do not let go.
//! All numbers of the two may move, those that are shown at the price of hiding them, and a figure that does not hold
//! costs what hiding it costs. Such programmes are nearly networks: their best tables are whole numbers, and whichever is
//! not is left alone. That price times movement stands for the price of hiding is from Fischetti and Salazar-González
//! (Solving the cell suppression problem on tabular data with linear constraints, Management Science 47, 2001,
//! doi 10.1287/mnsc.47.7.1008.9805).

use super::price::{price, price_of_figure};
use super::search::Witness;
use super::system::{System, Variable};
use microlp::{ComparisonOp, OptimizationDirection, Problem};
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// So many other places are tried, the largest first.
const PARTNERS: usize = 6;
/// Nothing moves farther.
const FAR: i64 = 200;
/// Moving what is hidden already costs a little: a short table is as good, and protects no less.
const MOVE: f64 = 1.0;
const NO_BOUND: i64 = 1 << 40;

/// The cheapest table of whole numbers that was found in which the target is its width away.
pub(super) fn find(system: &System, target: u32) -> Option<Witness> {
    let goal = &system.variables[target as usize];
    goal.region?;
    let places = |partner: Option<u32>| [Some(goal.place).filter(|_| system.is_of_authority(goal)), partner];
    let partners = partners(system, target).into_iter().map(Some).take(PARTNERS);
    let tried = std::iter::once(None).chain(partners).map(places);
    let mut found: Vec<Witness> = Vec::new();
    for places in tried {
        let near = near(system, target, places);
        for by in [goal.width, -goal.width] {
            found.extend(solve(system, target, by, &near));
        }
    }
    found.into_iter().min_by_key(|witness| witness.cost)
}

/// The other authorities of the region, by the size of the same number.
fn partners(system: &System, target: u32) -> Vec<u32> {
    let goal = &system.variables[target as usize];
    let mut sizes: BTreeMap<u32, i64> = BTreeMap::new();
    for variable in &system.variables {
        if variable.region == goal.region && !variable.fixed && system.is_of_authority(variable) {
            let alike = if variable.slot == goal.slot { 1_000_000 } else { i64::from(variable.total) };
            *sizes.entry(variable.place).or_default() += alike * variable.truth;
        }
    }
    if system.is_of_authority(goal) {
        sizes.remove(&goal.place);
    }
    let mut places: Vec<u32> = sizes.keys().copied().collect();
    places.sort_by_key(|place| std::cmp::Reverse(sizes[place]));
    places
}

/// What may move: the numbers of these places, and those of their region as a whole, that hang together with the target.
fn near(system: &System, target: u32, places: [Option<u32>; 2]) -> BTreeSet<u32> {
    let region = system.variables[target as usize].region;
    let may_move = |variable: &Variable| {
        let inside = !system.is_of_authority(variable) || places.contains(&Some(variable.place));
        inside && !variable.fixed && variable.region == region
    };
    let mut near = BTreeSet::from([target]);
    let mut queue = VecDeque::from([target]);
    let mut seen = BTreeSet::new();
    while let Some(next) = queue.pop_front() {
        for (relation, _) in &system.within[next as usize] {
            if !seen.insert(*relation) {
                continue;
            }
            for (at, _) in &system.relations[*relation as usize].terms {
                if may_move(&system.variables[*at as usize]) && near.insert(*at) {
                    queue.push_back(*at);
                }
            }
        }
    }
    near
}

fn solve(system: &System, target: u32, by: i64, near: &BTreeSet<u32>) -> Option<Witness> {
    if system.variables[target as usize].truth + by < 0 {
        return None;
    }
    let mut problem = Problem::new(OptimizationDirection::Minimize);
    let mut moves: BTreeMap<u32, Vec<(microlp::Variable, f64)>> = BTreeMap::new();
    for &at in near {
        let variable = &system.variables[at as usize];
        let parts = if at == target {
            vec![(problem.add_var(0.0, (by as f64, by as f64)), 1.0)]
        } else {
            let is_shown = variable.printed && !variable.hidden;
            let each = if is_shown { price(system, at as usize) as f64 } else { MOVE };
            let down = problem.add_var(each, (0.0, variable.truth.min(FAR) as f64));
            vec![(problem.add_var(each, (0.0, FAR as f64)), 1.0), (down, -1.0)]
        };
        moves.insert(at, parts);
    }
    let relations: BTreeSet<u32> =
        near.iter().flat_map(|at| system.within[*at as usize].iter().map(|(relation, _)| *relation)).collect();
    for number in relations {
        let relation = &system.relations[number as usize];
        if relation.relaxed {
            continue;
        }
        let inside = relation.terms.iter().filter_map(|(at, sign)| Some((moves.get(at)?, f64::from(*sign))));
        let terms: Vec<(microlp::Variable, f64)> =
            inside.flat_map(|(parts, sign)| parts.iter().map(move |(part, one)| (*part, one * sign))).collect();
        if relation.down == relation.up && relation.figure.is_none() {
            problem.add_constraint(&terms[..], ComparisonOp::Eq, relation.up as f64);
            continue;
        }
        let mut bound = |operator: ComparisonOp, sign: f64, limit: i64| {
            let mut terms = terms.clone();
            if relation.figure.is_some() {
                let each = price_of_figure(system, number as usize) as f64;
                terms.push((problem.add_var(each, (0.0, f64::INFINITY)), sign));
            }
            problem.add_constraint(&terms[..], operator, limit as f64);
        };
        bound(ComparisonOp::Ge, 1.0, relation.down.max(-NO_BOUND));
        if relation.up < NO_BOUND {
            bound(ComparisonOp::Le, -1.0, relation.up);
        }
    }
    let solution = problem.solve().ok()?.into_solution().ok()?;
    let moved = moves.into_iter().map(|(at, parts)| {
        let by: f64 = parts.iter().map(|(part, sign)| solution.var_value(*part) * sign).sum();
        (at, by.round() as i64)
    });
    whole(system, moved.filter(|(_, by)| *by != 0).collect())
}

/// The table with its price and the figures that must be hidden for it, if it fits all sums: the programme's own answer
/// may have been no whole numbers.
fn whole(system: &System, moves: Vec<(u32, i64)>) -> Option<Witness> {
    let mut sums: BTreeMap<u32, i64> = BTreeMap::new();
    let mut witness = Witness::default();
    for &(at, by) in &moves {
        let variable = &system.variables[at as usize];
        if variable.truth + by < 0 {
            return None;
        }
        if variable.printed && !variable.hidden {
            witness.cost += price(system, at as usize);
        }
        for &(relation, sign) in &system.within[at as usize] {
            *sums.entry(relation).or_default() += i64::from(sign) * by;
        }
    }
    for (number, by) in sums {
        let relation = &system.relations[number as usize];
        if relation.relaxed || (relation.down..=relation.up).contains(&by) {
            continue;
        }
        relation.figure?;
        witness.relaxed.push(number);
        witness.cost += price_of_figure(system, number as usize);
    }
    Some(Witness { moves, ..witness })
}
