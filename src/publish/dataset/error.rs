//! What can be wrong with published files that are to be queried.

use std::sync::Arc;

/// Why a data set cannot be made of the files of a release. Each is a fault of ours: the files passed their checks.
#[derive(Debug, Clone, thiserror::Error)]
pub enum DataSetError {
    #[error("{file} cannot be read as CSV: {source}")]
    Csv { file: String, source: Arc<csv::Error> },
    #[error("{file} is not the JSON of a published table: {source}")]
    Json { file: String, source: Arc<serde_json::Error> },
    #[error("{file} has no column {column}")]
    NoColumn { file: String, column: String },
    #[error("{file}, row {row}: {problem}")]
    Row { file: String, row: usize, problem: String },
    #[error("the metadata of {file}: {problem}")]
    Metadata { file: String, problem: String },
    #[error("{one} and {other} would have the same identifier, {id}")]
    SameIdentifier { id: String, one: String, other: String },
    #[error("an identifier cannot be made: {0}")]
    Identifier(String),
    #[error("there is no row to make the data set of")]
    Nothing,
}
