//! What was published before: it cannot be taken back, so it is part of what everybody knows.

mod shown;

pub use shown::{Earlier, EarlierRow, EarlierTable, EarlierTables};
