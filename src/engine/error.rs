//! What can go wrong with a query. Before it runs, the engine's own words are passed on: they quote the query. While
//! it runs they are not, because they can quote a cell.

use arrow::error::ArrowError;
use datafusion::common::DataFusionError;
use datafusion::sql::sqlparser::parser::ParserError;
use std::fmt;

/// Why a query could not be planned or run. No variant ever holds the content of a cell.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EngineError {
    /// The text of the query is at fault; the place counts lines and columns of the query from 1.
    #[error("the query does not plan{}: {message}", Place(*.line, *.column))]
    Plan { message: String, line: Option<u64>, column: Option<u64> },
    /// A table was given with other columns than its shape.
    #[error("the table {table} does not have the columns of its shape: {what}")]
    Shape { table: String, what: String },
    /// A table was given that the engine was never told of.
    #[error("there is no table {table} in the specification; give only tables that it names")]
    UnknownTable { table: String },
    /// The query failed on this return; the sentence comes from a fixed list.
    #[error("the query could not run: {what}")]
    Execution { what: &'static str },
    /// The queries of one return needed more memory than they may take together.
    #[error("the query needs more than the {limit_bytes} bytes of memory that the queries of one return may take")]
    OutOfMemory { limit_bytes: usize },
}

const NOT_DECORRELATED: &str = "a subquery refers to the query around it in a way that cannot be turned into a join; \
    one that gives a value may do so by equality only: join the table instead, or use EXISTS or a window function";

struct Place(Option<u64>, Option<u64>);

impl fmt::Display for Place {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.0, self.1) {
            (Some(line), Some(column)) => write!(out, " (line {line}, column {column} of the SQL)"),
            (Some(line), None) => write!(out, " (line {line} of the SQL)"),
            _ => Ok(()),
        }
    }
}

impl EngineError {
    /// A fault in the text of a query, with the engine's message and the place when it tells one.
    pub(super) fn planning(error: &DataFusionError) -> Self {
        let (mut line, mut column) = (None, None);
        let root = error.find_root();
        let mut message = match root {
            DataFusionError::SQL(parser, _) => {
                let text = match parser.as_ref() {
                    ParserError::TokenizerError(text) | ParserError::ParserError(text) => text.clone(),
                    ParserError::RecursionLimitExceeded => "the query is nested too deeply".to_owned(),
                };
                let (text, place) = split_place(&text);
                if let Some((at_line, at_column)) = place {
                    (line, column) = (Some(at_line), Some(at_column));
                }
                text
            }
            other => other.message().into_owned(),
        };
        if let Some(span) = error.diagnostic().and_then(|diagnostic| diagnostic.span) {
            (line, column) = (Some(span.start.line), Some(span.start.column));
        }
        for ours in ["datafusion.public.", "datafusion."] {
            message = message.replace(ours, "");
        }
        message = message.replace('\n', " ");
        if message.contains("does not support logical expression") {
            message = NOT_DECORRELATED.to_owned();
        }
        Self::Plan { message, line, column }
    }

    /// A failure while a query ran. The message is chosen by kind, never taken over.
    pub(super) fn running(error: &DataFusionError, limit_bytes: usize) -> Self {
        let what = match error.find_root() {
            DataFusionError::ResourcesExhausted(_) => return Self::OutOfMemory { limit_bytes },
            DataFusionError::ArrowError(arrow, _) => match arrow.as_ref() {
                ArrowError::MemoryError(_) => return Self::OutOfMemory { limit_bytes },
                ArrowError::CastError(_) | ArrowError::ParseError(_) => {
                    "a value cannot be read as the type that the query casts it to; write TRY_CAST, which gives null"
                }
                ArrowError::ArithmeticOverflow(_) => "a calculation gives a number too large for its type",
                ArrowError::DivideByZero => "a division by zero; write NULLIF(divisor, 0), which gives null",
                ArrowError::OffsetOverflowError(_) | ArrowError::DictionaryKeyOverflowError => {
                    "the text of a column is too long in all for one piece"
                }
                _ => "a calculation on the tables failed",
            },
            DataFusionError::Execution(_) => "a function refused a value",
            _ => "the query engine met a fault of its own",
        };
        Self::Execution { what }
    }
}

/// Takes ` at Line: 3, Column: 5` off the end of a parser's message.
fn split_place(text: &str) -> (String, Option<(u64, u64)>) {
    let found = text.rsplit_once(" at Line: ").and_then(|(before, place)| {
        let (line, column) = place.split_once(", Column: ")?;
        Some((before.to_owned(), (line.trim().parse().ok()?, column.trim().parse().ok()?)))
    });
    match found {
        Some((before, place)) => (before, Some(place)),
        None => (text.to_owned(), None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_fails_while_a_query_runs_is_told_by_kind_and_never_in_the_engines_words() {
        let canary = "CANARY-7731";
        let errors = [
            DataFusionError::from(ArrowError::CastError(format!("Cannot cast string '{canary}'"))),
            DataFusionError::from(ArrowError::ArithmeticOverflow(canary.to_owned())),
            DataFusionError::from(ArrowError::InvalidArgumentError(canary.to_owned())),
            DataFusionError::Execution(canary.to_owned()),
            DataFusionError::Internal(canary.to_owned()),
            DataFusionError::ResourcesExhausted(canary.to_owned()),
            DataFusionError::Context(canary.to_owned(), Box::new(DataFusionError::Execution(canary.to_owned()))),
        ];
        for error in errors {
            let ours = EngineError::running(&error, 10);
            assert!(!format!("{ours} {ours:?}").contains(canary), "{ours}");
        }
    }

    #[test]
    fn a_parsers_place_is_taken_off_its_message() {
        assert_eq!(split_place("Expected: x at Line: 3, Column: 14"), ("Expected: x".to_owned(), Some((3, 14))));
        assert_eq!(split_place("no place"), ("no place".to_owned(), None));
    }
}
