//! Statistical methods, each in a small file with its reference and numbers made by an independent implementation
//! (`tests/data/statistics/README.md`). Pure functions of slices: they read nothing and write nothing.

mod kaplan_meier;
mod quantile;
#[cfg(test)]
mod reference;
mod wilson;

pub use kaplan_meier::{KaplanMeier, MedianTime, Step};
pub use quantile::quantile;
pub use wilson::wilson;

/// The 97.5% point of the standard normal distribution, for a two-sided interval of 95%.
const Z_95: f64 = 1.959_963_984_540_054;
