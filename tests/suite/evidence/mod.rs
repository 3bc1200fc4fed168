//! What can be proved afterwards: receipts, the chained history, deletions.

mod history;
mod leaving;
mod receipts;
mod removal;
pub(crate) mod retention;
