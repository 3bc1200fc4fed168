//! What earlier releases of the year mean for what may be hidden now, and their bounds beside those of now.
//!
//! A number that is still the same keeps its state: what was shown is known whatever is done now, what was hidden stays
//! hidden. A number that moved is hidden when it was hidden before or must be now. Numbers of the past stay hidden for
//! ever, and must stay uncertain; what they truly were is not in the published files, so another table must be further
//! away than for a number of now: whatever the truth was, one of the two tables is then at least the width from it.

use super::super::audit::published::{OPEN, Sensitive};
use super::super::cleared::Place;
use super::super::grid::{CellName, Grid};
use super::super::system::{Figure, OTHER_YEAR, PAST, System, Variable};
use super::known::Known;
use crate::aggregate::RawTables;
use std::collections::BTreeMap;

/// Joins what is known to the system; gives the regions' and England's figures that are hidden from the start.
pub(in crate::disclosure) fn join(system: &mut System, grid: &Grid, raw: &RawTables, known: &Known) -> Vec<Figure> {
    let past = |truth: i64, other_year: bool, place: u32, region: Option<u32>, fixed: bool, sensitive: bool| Variable {
        slot: if other_year { OTHER_YEAR } else { PAST },
        place,
        region,
        truth,
        fixed,
        printed: false,
        hidden: false,
        sensitive,
        total: false,
        width: if other_year { grid.width } else { 2 * grid.width - 1 },
    };
    let mut at: Vec<u32> = Vec::with_capacity(known.numbers.len());
    for (number, one) in known.numbers.iter().enumerate() {
        let now = variable_now(system, grid, raw, &one.name, one.place);
        let is_shown = one.low == one.high;
        if let Some(now) = now {
            let variable = &mut system.variables[now as usize];
            if one.is_now && is_shown {
                (variable.fixed, variable.hidden, variable.sensitive) = (true, false, false);
            } else if one.hidden && variable.printed && !variable.fixed {
                variable.hidden = true;
            }
        }
        match now.filter(|_| one.is_now) {
            Some(now) => at.push(now),
            None => at.push(system.add_variable(past(
                one.truth,
                one.other_year,
                number as u32,
                region_of(raw, one.place),
                is_shown,
                one.hidden,
            ))),
        }
    }
    for fact in &known.facts {
        let truth: i64 = fact.terms.iter().map(|(at, sign)| known.numbers[*at as usize].truth * i64::from(*sign)).sum();
        let terms: Vec<(u32, i8)> = fact.terms.iter().map(|(number, sign)| (at[*number as usize], *sign)).collect();
        if fact.sensitive.is_some() && terms.len() > 1 {
            // What follows by subtraction is a number as well, with a name of nobody's.
            let sum = system.add_variable(past(
                truth,
                fact.sensitive == Some(Sensitive::OtherYear),
                u32::MAX,
                region_of(raw, fact.place),
                false,
                true,
            ));
            let whole = terms.iter().copied().chain([(sum, -1)]).collect();
            system.add_relation(whole, 0, 0);
        }
        let up = if fact.high < OPEN { fact.high - truth } else { OPEN };
        if fact.low > -OPEN || fact.high < OPEN {
            system.add_relation(terms, fact.low - truth, up);
        }
    }
    let hidden = known.hidden_figures.iter().filter_map(|(name, place)| {
        let slot = *grid.by_name.get(name)? as u32;
        match place {
            Place::England => Some(Figure { slot, region: None }),
            Place::Region(region) => Some(Figure { slot, region: Some(*region as u32) }),
            Place::Authority(_) => None,
        }
    });
    let hidden: Vec<Figure> = hidden.collect();
    for relation in &mut system.relations {
        relation.relaxed |= relation.figure.is_some_and(|figure| hidden.contains(&figure));
    }
    hidden
}

fn region_of(raw: &RawTables, place: Place) -> Option<u32> {
    match place {
        Place::England => None,
        Place::Region(region) => Some(region as u32),
        Place::Authority(at) => Some(raw.geography.region_of[at] as u32),
    }
}

/// The variable of a cell of now; none where it has none of its own.
fn variable_now(system: &System, grid: &Grid, raw: &RawTables, name: &CellName, place: Place) -> Option<u32> {
    let slot = *grid.by_name.get(name)?;
    let at = match (place, grid.slots[slot].at_authority) {
        (Place::Authority(at), true) if raw.has_return[at] => at,
        (Place::Region(region), false) => region,
        _ => return None,
    };
    Some(system.variable(slot, at) as u32)
}

/// The numbers of the past that another table moves, by their place among what is known.
pub(in crate::disclosure) fn moves_of_the_past(system: &System, moves: &[(u32, i64)]) -> BTreeMap<u32, i64> {
    let past = moves.iter().filter(|(at, _)| system.variables[*at as usize].is_past());
    let named = past.map(|(at, by)| (system.variables[*at as usize].place, *by));
    named.filter(|(number, _)| *number != u32::MAX).collect()
}
