//! Lays cleared tables out as files and writes releases.
//!
//! What it does: EES CSV with its metadata, Parquet, JSON, notes and the audit for each release; a manifest from which
//! the same bytes can be made again; a gate of checks that every file passes before it may be written; text charts.
//! What it never does: it reads no raw figure (it takes only what `disclosure` cleared), asks for no time of day, and
//! writes nothing whose audit or gate failed. Who may call it: `flow` and the rooms above. It calls `disclosure`,
//! `aggregate`, `spec` and `domain`.

mod chart;
mod columns;
pub mod dataset;
mod earlier;
mod ees;
mod error;
mod gate;
mod layout;
mod manifest;
mod release;
#[cfg(test)]
mod tests;
mod workbook;

pub use chart::{ChartLine, bars, by_region};
pub use earlier::EarlierRelease;
pub use error::PublishError;
pub use gate::Fault;
pub use manifest::{CountedReturn, EarlierEntry, FileEntry, Manifest, Origin, table_digest};
pub use release::{ReleaseFiles, build, lay_out};
