//! HTTP: addresses, keys, limits, problem documents. Handlers read the request, call `flow`, and answer.
//!
//! This room never decides what a return is worth and never touches the ledger or the archive itself.
//! The commands call it.

mod accounts;
mod admin;
mod bodies;
mod certificate;
mod changes;
mod client_certificates;
mod collection_moves;
mod collections;
mod confirmations;
mod connection;
mod crowd;
mod document;
mod early_answers;
mod ees;
mod explanations;
mod failure;
mod form;
mod heads;
mod identity;
mod moves;
mod observe;
mod problem_pages;
pub mod problems;
mod rates;
mod receipts;
mod release_moves;
mod release_views;
mod releases;
mod removals;
mod request;
mod returns;
mod router;
mod server;
mod sign_in;
mod state;
mod steady;
mod tls;
mod uploads;
mod views;

pub use admin::{Ready, Render, admin_router};
pub use bodies::Pace;
pub use client_certificates::{ClientAuthorities, ClientCertificates, ExpiredLists, ListsEnd};
pub use form::Form;
pub use observe::{Observation, observe};
pub use rates::{PerMinute, RateLimits};
pub use router::{openapi, router};
pub use server::{Counting, Entrance, ServerLimits, serve};
pub use sign_in::SignInDoor;
pub use state::ApiState;
pub use steady::Taking;
pub use tls::{Tls, TlsError, TlsFiles};
