//! What can go wrong while a release is made.

use super::gate::Fault;
use crate::aggregate::AggregateError;
use crate::disclosure::Refusal;

/// Why there is no release.
#[derive(Debug, thiserror::Error)]
pub enum PublishError {
    #[error(transparent)]
    Aggregate(#[from] AggregateError),
    #[error(transparent)]
    Disclosure(#[from] Refusal),
    #[error("the files do not pass the checks that a publication must pass; the first of {} is: {}", .0.len(), first(.0))]
    Gate(Vec<Fault>),
    /// An earlier release is not what it says, or was given wrongly.
    #[error("{0}")]
    Earlier(String),
    #[error("a Parquet file cannot be made: {0}")]
    Parquet(#[from] parquet::errors::ParquetError),
    /// A chart names what the tables do not have.
    #[error("the chart {name} of charts.toml cannot be drawn: {problem}")]
    Chart { name: String, problem: String },
    #[error("the workbook of the tables cannot be written as {form}: {problem}")]
    Workbook { form: &'static str, problem: String },
    #[error("a column of a published table cannot be made: {0}")]
    Arrow(#[from] arrow::error::ArrowError),
    #[error("the release cannot be written to {folder}: {source}")]
    Write { folder: String, source: std::io::Error },
    #[error("{folder} holds other files already; give a new folder, so that a release is never mixed with another")]
    NotEmpty { folder: String },
}

fn first(faults: &[Fault]) -> String {
    faults.first().map(ToString::to_string).unwrap_or_default()
}
