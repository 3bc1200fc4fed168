//! What can go wrong while national tables are made. No text holds a figure or a value of a record.

use crate::engine::EngineError;
use crate::spec::{NotConformed, SpecificationError};

/// Why the national tables cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum AggregateError {
    #[error(transparent)]
    Specification(#[from] SpecificationError),
    #[error("{file}, line {line}: {source}")]
    Plan { file: String, line: usize, source: EngineError },
    #[error("{file}: {source}")]
    Run { file: String, source: EngineError },
    #[error("the query engine cannot be set up: {0}")]
    Engine(#[from] EngineError),
    #[error("{file}: the query has no column {column}; the head of the file names it")]
    NoColumn { file: String, column: String },
    #[error(
        "{file}: the column {column} holds a category that is not among those given for it in breakdowns.toml or in the head of the file; add it there, or correct the query"
    )]
    UnknownCategory { file: String, column: String },
    #[error(
        "{file}: the query returns a row for an authority that is not live at the end of the period, or made no return"
    )]
    UnknownAuthority { file: String },
    #[error(
        "{file}: the column {column} is empty, or no number from 0 up, for a unit whose value is asked for; leave such units out of the query, or name a share of the units that have a value in `of`"
    )]
    NoValue { file: String, column: String },
    #[error(
        "{file}: the units of the items of {column} do not lie within each other, or a unit that is of a share that stays is not of it at a later item; correct the query, or what the head says of `nested`, `nested_with`, `known_by` and `stays`"
    )]
    NotNested { file: String, column: String },
    #[error("the authority {authority} is not live at the end of the period, so its return cannot be counted")]
    NotLive { authority: String },
    #[error("the authority {authority} is given twice; one return of an authority counts")]
    Twice { authority: String },
    #[error(
        "the return of {authority} cannot be read: its table {table} does not have the columns of the specification"
    )]
    Columns { authority: String, table: String },
    #[error("the return of {authority} cannot be counted: {source}")]
    Kept { authority: String, source: NotConformed },
    #[error("a calculation on columns failed: {0}")]
    Arrow(#[from] arrow::error::ArrowError),
}
