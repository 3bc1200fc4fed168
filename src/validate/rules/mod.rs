//! The query rules: planned once a collection year, run on each return, each on its own.

mod exclusion;
mod facts;
mod plan;
mod run;

pub(super) use plan::YearPlans;
pub use run::OtherTables;
pub(super) use run::{RulesContext, RulesRun, run};
