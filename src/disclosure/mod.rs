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

pub use cleared::{ClearedRow, ClearedTable, ClearedTables, Column, Place, Shown};
pub use earlier::{CarriedRow, Earlier, EarlierRow, EarlierTable, EarlierTables, JoinedRelease, JoinedYear, OtherYear};
pub use error::DisclosureError;
pub use own::{OwnFigures, OwnTable, own};
pub use policy::{Cell, ClassDisclosure, Equation, Implied, Impossible, Merge, Policies, Policy, Series, Span};

use crate::aggregate::RawTables;
use crate::domain::stage::{Begins, Stage, unmeasured};
use audit::AuditReport;

/// Protects the tables of a release together and with everything published before, and audits them. Tables whose audit
/// fails are not given out: the error says how it failed, and the report stands beside it.
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
    begins(Stage::Protect);
    let refuse = |error| Refusal { error, report: None };
    let merged = merge::merge(raw, policies, earlier).map_err(refuse)?;
    let earlier = &merged.earlier(earlier);
    let raw = &merged.raw;
    let mut grid = grid::Grid::new(raw, policies).map_err(refuse)?;
    grid.merged = merged.pairs;
    let known = earlier::Known::new(raw, &grid, policies, earlier).map_err(refuse)?;
    let protection = protect::protect(raw, &grid, &known);
    let mut tables = clear::clear(raw, policies, &grid, &protection).map_err(refuse)?;
    means::protect(&mut tables, raw, policies).map_err(refuse)?;
    begins(Stage::Audit);
    let hints = audit::hints(&grid, &protection);
    let mut report = audit::audit(&tables, raw, policies, &hints, &known).map_err(refuse)?;
    report.other_years = earlier::carry(&mut tables, earlier);
    match report.failure() {
        None => Ok((tables, report)),
        Some(error) => Err(Refusal { error, report: Some(Box::new(report)) }),
    }
}

/// Why tables were not cleared, with the audit's report when it came so far.
#[derive(Debug, thiserror::Error)]
#[error("{error}")]
pub struct Refusal {
    #[source]
    pub error: DisclosureError,
    pub report: Option<Box<AuditReport>>,
}
