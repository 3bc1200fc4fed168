//! Turns raw tables into cleared ones: rounds, hides small numbers and what would give them away, and proves it.
//!
//! What it does: names every number of all tables of a release and how they add up, hides what the policy names and as
//! few further cells as leave every hidden one uncertain, and has an attacker of its own ([`audit`]) try to work them
//! out again from nothing but what is published. What it never does: it clears nothing whose audit fails, shows a
//! figure in an error, or changes a figure other than by rounding or hiding it.
//! Who may call it: `publish` and the rooms above. It calls `aggregate` (and is the only reader of raw figures),
//! `spec` and `domain`. Nothing else can make a [`ClearedTable`]; what [`own()`] gives an
//! authority of itself is another type, which no release takes.

mod analyses;
pub mod audit;
mod blocks;
mod clear;
mod cleared;
mod derived;
mod earlier;
mod error;
mod grid;
mod hazard;
mod hiding;
mod improve;
mod means;
mod merge;
mod own;
mod pattern;
mod policy;
mod price;
mod programme;
mod protect;
mod round;
mod search;
mod system;
#[cfg(test)]
pub(crate) mod tests;
mod withdraw;

pub use cleared::{ClearedRow, ClearedTable, ClearedTables, Column, Place, Shown};
pub use earlier::{CarriedRow, Earlier, EarlierRow, EarlierTable, EarlierTables, JoinedRelease, JoinedYear, OtherYear};
pub use error::DisclosureError;
pub use own::{OwnFigures, OwnTable, own};
pub use policy::{Cell, ClassDisclosure, Equation, Implied, Impossible, Merge, Policies, Policy, Series, Span};

use crate::aggregate::RawTables;
use crate::domain::stage::{Begins, Stage, unmeasured};
use audit::AuditReport;
use std::collections::BTreeSet;
use withdraw::Withdrawing;

/// Protects the tables of a release together and with everything published before, and audits them. Where returns are so
/// few and small that it cannot be done, tables are given without authorities' own rows, and the report names them. Tables
/// whose audit fails even so are not given out: the error says how it failed, and the report stands beside it.
pub fn clear(raw: &RawTables, policies: &Policies, earlier: &Earlier) -> Result<(ClearedTables, AuditReport), Refusal> {
    clear_in_stages(raw, policies, earlier, &unmeasured)
}

/// The same, and tells when it begins to protect and when to audit.
pub fn clear_in_stages(
    raw: &RawTables,
    policies: &Policies,
    earlier: &Earlier,
    begins: Begins<'_>,
) -> Result<(ClearedTables, AuditReport), Refusal> {
    let mut merged = merge::merge(raw, policies, earlier).map_err(refused)?;
    let earlier = &merged.earlier(earlier);
    let mut withdrawing = Withdrawing::default();
    loop {
        let attempt = attempt(&merged.raw, merged.pairs.clone(), policies, earlier, begins)?;
        let (unsafe_numbers, report) = match attempt {
            Attempt::Safe(mut tables, mut report) => {
                report.withdrawn = withdrawing.told();
                tables.notes.extend(report.withdrawn.iter().cloned());
                report.other_years = earlier::carry(&mut tables, earlier);
                return Ok((tables, report));
            }
            Attempt::Failed(report) if !report.can_withdraw() => {
                let error = report.failure().unwrap_or(DisclosureError::TooFew { first: String::new() });
                return Err(Refusal { error, report: Some(report) });
            }
            Attempt::Failed(report) => (report.unsafe_numbers.clone(), Some(report)),
            Attempt::GivenUp(unsafe_numbers) => (unsafe_numbers, None),
        };
        if withdrawing.next(&mut merged.raw, policies, &unsafe_numbers).map_err(refused)? {
            continue;
        }
        let first = unsafe_numbers.into_iter().next().unwrap_or_default();
        let of_revision = report.as_ref().filter(|report| !report.earlier.is_empty()).and_then(|one| one.failure());
        return Err(Refusal { error: of_revision.unwrap_or(DisclosureError::TooFew { first }), report });
    }
}

/// What came of protecting the tables with the rows that are left of them.
enum Attempt {
    Safe(ClearedTables, AuditReport),
    Failed(Box<AuditReport>),
    /// So many numbers found no other table that no audit could pass: their names.
    GivenUp(BTreeSet<String>),
}

fn attempt(
    raw: &RawTables,
    pairs: Vec<(usize, usize)>,
    policies: &Policies,
    earlier: &Earlier,
    begins: Begins<'_>,
) -> Result<Attempt, Refusal> {
    begins(Stage::Protect);
    let mut grid = grid::Grid::new(raw, policies).map_err(refused)?;
    grid.merged = pairs;
    let known = earlier::Known::new(raw, &grid, policies, earlier).map_err(refused)?;
    let protection = protect::protect(raw, &grid, &known);
    if !protection.given_up.is_empty() {
        let cells = protection.given_up.iter().filter_map(|slot| grid.slots.get(*slot as usize));
        return Ok(Attempt::GivenUp(cells.map(|slot| slot.name.0.clone()).collect()));
    }
    let mut tables = clear::clear(raw, policies, &grid, &protection).map_err(refused)?;
    earlier::keep(&mut tables, &known.kept);
    means::protect(&mut tables, raw, policies, &known.means).map_err(refused)?;
    begins(Stage::Audit);
    let hints = audit::hints(&grid, &protection);
    let report = audit::audit(&tables, raw, policies, &hints, &known).map_err(refused)?;
    Ok(if report.passed { Attempt::Safe(tables, report) } else { Attempt::Failed(Box::new(report)) })
}

fn refused(error: DisclosureError) -> Refusal {
    Refusal { error, report: None }
}

/// Why tables were not cleared, with the audit's report when it came so far.
#[derive(Debug, thiserror::Error)]
#[error("{error}")]
pub struct Refusal {
    #[source]
    pub error: DisclosureError,
    pub report: Option<Box<AuditReport>>,
}
