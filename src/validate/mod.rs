//! Everything that is found in a return: direct identifiers (P rules), values (V rules) and the query rules.
//!
//! It takes what `intake` read and gives a report and typed columns; it runs the examples of rules; it writes reports in
//! every form. It never stores anything, never asks for the time, and never repeats a value that a P rule found.
//! `flow` and `cli` may call it; it calls `domain`, `spec`, `engine` and `intake`.

mod check;
mod collect;
pub mod difference;
mod error;
pub mod examples;
mod excerpt;
mod place;
mod privacy;
mod refused;
pub mod report;
mod rules;
mod templates;
mod validator;
mod values;

pub use check::{CheckContext, CheckOutcome};
pub use collect::LISTED_AT_MOST;
pub use error::ValidateError;
pub use privacy::Identifier;
pub use rules::OtherTables;
pub use validator::Validator;
pub use values::{TypedReturn, Unusable};
