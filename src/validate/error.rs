//! What can keep a return from being checked. None of it is about the return's content.

use crate::engine::EngineError;
use crate::spec::NotConformed;

/// Why a validator could not be made or a check could not be carried out.
#[derive(Debug, thiserror::Error)]
pub enum ValidateError {
    #[error("{file}, line {line}: the query of rule {code} does not plan: {source}")]
    Plan { code: String, file: String, line: usize, source: EngineError },
    #[error("{file}, line {line}: {problem}")]
    Rule { file: String, line: usize, problem: String },
    #[error("the schema of {table}.{field} cannot be compiled: {problem}; correct the field in collection.toml")]
    Schema { table: String, field: String, problem: String },
    #[error("the query engine cannot be set up for {collection}: {source}")]
    Engine { collection: String, source: EngineError },
    #[error("the specification has no page for rule {code}, which every collection needs: add rules/{code}.md")]
    MissingRule { code: &'static str },
    #[error("the columns of {table} do not have the form that the specification gives; this is a fault of the program")]
    Columns { table: String },
    #[error(transparent)]
    Kept(NotConformed),
    #[error("the list of identifying headings is at fault: {problem}; correct identifiers.toml")]
    Identifiers { problem: String },
    #[error("there is no collection {collection} in the specification")]
    UnknownCollection { collection: String },
    #[error("the report cannot be written as {form}: {problem}")]
    Write { form: &'static str, problem: String },
}
