//! What was published before: it cannot be taken back, so it is part of what everybody knows.

mod analyses;
mod known;
mod means;
mod pattern;
mod pieces;
mod release;
mod repair;
mod series;
mod shown;
mod successive;
mod years;

pub(super) use analyses::{Kept, keep};
pub use known::JoinedRelease;
pub(super) use known::Known;
pub(super) use means::EarlierMeans;
pub(super) use pattern::{join, moves_of_the_past};
#[cfg(test)]
pub(super) use release::given;
pub(super) use series::carry;
pub use series::{CarriedRow, OtherYear};
pub use shown::{Earlier, EarlierRow, EarlierTable, EarlierTables};
pub use years::JoinedYear;
