//! Statistical methods, each in a small file with its reference and numbers made by an independent implementation
//! (`tests/data/statistics/README.md`). Pure functions of slices: they read nothing and write nothing.

mod cox;
mod kaplan_meier;
mod log_rank;
mod quantile;
#[cfg(test)]
mod reference;
mod relative_risk;
mod wilson;

pub use cox::{Coefficient, CoxError, CoxModel, HazardUnit, cox, dependent};
pub use kaplan_meier::{KaplanMeier, MedianTime, Step};
pub use log_rank::{GroupedTime, LogRank, log_rank};
pub use quantile::quantile;
pub use relative_risk::{Ratio, relative_risk};
pub use wilson::wilson;

/// The 97.5% point of the standard normal distribution, for a two-sided interval of 95%.
const Z_95: f64 = 1.959_963_984_540_054;
