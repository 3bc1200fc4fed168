//! The query engine: SQL over tables in memory, planned once and run for each return.
//!
//! What it does: it is given the shapes of the tables and the values of the parameters, plans a query, and runs the
//! plan over the tables of one return after another, from many threads at once. It adds the functions that rules and
//! indicators share ([`functions`]); `specs/FUNCTIONS.md` lists them for the people who write rules.
//!
//! What it never does: it reads no file, writes no file (a query that needs more memory than its limit fails, it does
//! not spill records to disk), asks for no time of day, and repeats no cell of a table in an error or a log line.
//! DataFusion is named in this room and in no other.
//!
//! Who may call it: the rooms above that run rules and indicators. It calls `domain` only.
//!
//! How a query is written:
//! - Names are taken as they are written: columns are upper case, tables lower case. A table of the return is
//!   `episodes`; a table of another schema is `previous.episodes`.
//! - `$name` stands for a parameter and is put in as a literal when the query is planned.
//! - The caller gives every table a column `_row`, the number of the row counted from 0.
//! - Only functions whose answer depends on nothing but their arguments can be called: `now()` and `random()` are
//!   unknown here.

mod catalog;
mod error;
pub mod functions;
mod in_order;
mod parameters;
mod planned;
mod scan;
mod session;
mod shape;
mod tables;

#[cfg(test)]
mod tests;

pub use error::EngineError;
pub use parameters::Parameter;
pub use session::{DataFusionEngine, Limits};
pub use shape::TableShape;
pub use tables::Tables;

use arrow::datatypes::SchemaRef;
use arrow::record_batch::RecordBatch;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Debug;
use std::sync::Arc;

/// Plans queries. One of the four seams: in process now, a cluster for the national queries later.
pub trait QueryEngine: Send + Sync + Debug {
    /// Plans one `SELECT`. A query that names an unknown table, column, function or parameter does not plan.
    fn plan(&self, sql: &str) -> Result<Arc<dyn PlannedQuery>, EngineError>;
}

/// A query that has been planned and can be run any number of times, from any number of threads.
pub trait PlannedQuery: Send + Sync + Debug {
    /// The tables it reads, by qualified name and sorted: `episodes`, `previous.children`.
    fn tables(&self) -> &[String];

    /// The columns of its answer.
    fn columns(&self) -> &SchemaRef;

    /// For each table it reads, the columns whose cells can change its answer.
    fn scanned_columns(&self) -> &BTreeMap<String, BTreeSet<String>>;

    /// How many of its joins compare each row of one side with each row of the other, because no equality links them.
    /// Harmless where one side is a single row; with two large tables the work is the product of their rows.
    fn joins_without_equality(&self) -> usize;

    /// Runs the query over the tables of one return. It blocks: call it from a plain thread.
    fn run(&self, tables: &Tables) -> Result<RecordBatch, EngineError>;
}
