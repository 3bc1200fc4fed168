//! HTTP: addresses, keys, limits, problem documents. Handlers read the request, call `flow`, and answer.
//!
//! This room never decides what a return is worth and never touches the ledger or the archive itself.
//! The commands call it.

mod admin;
mod form;
mod observe;
pub mod problems;
mod rates;
mod server;

pub use admin::{Ready, Render, admin_router};
pub use form::Form;
pub use observe::{Observation, observe};
pub use rates::RateLimits;
pub use server::{ServerLimits, serve};
