//! Homeward: the national service for anonymised returns on children who go home from care.
//! `src/ARCHITECTURE.md` explains the house; each room's `mod.rs` says what it does and never does.

pub mod aggregate;
pub mod api;
pub mod cli;
pub mod config;
pub mod disclosure;
pub mod domain;
pub mod engine;
pub mod flow;
pub mod intake;
pub mod notices;
pub mod provider;
pub mod publish;
pub mod spec;
pub mod store;
pub mod telemetry;
pub mod validate;
