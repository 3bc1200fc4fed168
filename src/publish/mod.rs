//! Lays cleared tables out as files and writes releases.
//!
//! What it does: EES CSV with its metadata, Parquet, JSON, notes, changes and the audit for each release; a manifest from
//! which the same bytes can be made again; a gate of checks that every file passes before it may be written; text charts.
//! What it never does: it reads no raw figure (it takes only what `disclosure` cleared), asks for no time of day, and
//! writes nothing whose audit or gate failed. Who may call it: `flow` and the rooms above. It calls `disclosure`,
//! `aggregate`, `spec` and `domain`.

pub mod changes;
mod chart;
mod charts;
mod columns;
mod coverage;
pub mod dataset;
mod dictionary;
mod earlier;
mod edition;
mod ees;
mod error;
mod gate;
mod inputs;
mod layout;
mod manifest;
mod notes;
mod profile;
mod published;
mod rebuild;
mod release;
pub mod screener;
mod sums;
#[cfg(test)]
mod tests;
mod workbook;

pub use chart::{ChartLine, bars, by_region};
pub use charts::Charts;
pub use coverage::{Coverage, RegionCount};
pub use earlier::EarlierRelease;
pub use edition::Edition;
pub use error::PublishError;
pub use gate::Fault;
pub use inputs::{INPUTS, Inputs, WHOLE_AUDIT, is_for_readers};
pub use manifest::{CountedReturn, EarlierEntry, FileEntry, Manifest, Origin};
pub use profile::Profile;
pub use rebuild::{Difference, Rebuilt, rebuild};
pub use release::{About, ReleaseFiles, build, lay_out};
