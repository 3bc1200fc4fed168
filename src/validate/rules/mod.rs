//! The query rules: planned once a collection year, run on each return, each on its own.

mod crowded;
mod exclusion;
mod facts;
mod groups;
mod plan;
mod run;

#[cfg(test)]
mod tests;

pub(super) use facts::shown;
pub(super) use plan::YearPlans;
pub use run::OtherTables;
pub(super) use run::{RulesContext, RulesRun, run};
