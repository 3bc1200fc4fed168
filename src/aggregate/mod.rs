//! Counts the accepted returns of a year into raw national tables, one for each indicator of the specification.
//!
//! What it does: puts the authorities' tables together, runs the views and the indicators' SQL, adds every grouping,
//! and completes the matrix: every authority live at the end of the period by every category, noughts included.
//! What it never does: it names no table or field (the specification does), imputes nothing for an authority that is
//! missing, rounds or hides nothing, and lets no raw figure out. A [`RawTables`] has no `Serialize`, its `Debug` tells
//! sizes only, and its figures are read by `disclosure`, which turns them into cleared tables.
//! Who may call it: `disclosure` and `publish` of this floor and the rooms above. It calls `domain`, `spec`, `engine`.

mod analysis;
mod breakdowns;
mod definition;
mod error;
#[cfg(test)]
pub(crate) mod example;
mod kinds;
mod matrix;
mod national;
mod nested;
mod query;
mod raw;
pub mod statistics;
#[cfg(test)]
mod tests;
mod units;

pub(crate) use analysis::AnalysisUnit;
pub use analysis::{Analysis, AnalysisKind, Curve, EventColumn};
pub use definition::{CountColumn, Definition, Filter, Item, Mean, RowKey, Share, Topic};
pub use error::AggregateError;
pub use kinds::{Amount, FurtherCount, Median, Rate, SurvivalMedian};
pub use national::{AcceptedReturn, Geography, NationalData, Region};
pub use query::Aggregator;
pub use raw::{RawTable, RawTables};
