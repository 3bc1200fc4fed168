//! HTTP: addresses, keys, limits, problem documents. Handlers read the request, call `flow`, and answer.
//!
//! This room never decides what a return is worth and never touches the ledger or the archive itself.
//! The commands call it.

pub mod problems;
mod rates;
mod server;

pub use rates::RateLimits;
pub use server::{ServerLimits, serve};
