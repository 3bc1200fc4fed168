//! The cells of releases as data sets that can be queried, in the shape of DfE's public data API.
//!
//! What it does: reads the published files of releases (never a table in memory that they came from), gives every filter,
//! option, place and column of figures an identifier that stays, reads queries with all their faults at once, and answers
//! them page by page. What it never does: it computes no figure (an answer is cells as they were published, symbols
//! included), and knows nothing of HTTP. It is part of `publish`.

mod answer;
mod error;
mod evaluate;
mod geography;
mod identity;
mod load;
mod mask;
mod model;
mod order;
mod query;
#[cfg(test)]
mod tests;
mod text;
pub(super) mod time;
mod written;

pub use answer::{Answer, Paging};
pub use error::DataSetError;
pub use geography::{LEVELS, Level};
pub use identity::{
    data_set_id, file_id, filter_identifier, indicator_identifier, location_identifier, option_identifier,
    publication_id,
};
pub use load::PublishedTable;
pub use model::{DataSet, Filter, FilterOption, IndicatorColumn, Location, LocationGroup, Outline};
pub use query::{
    Comparisons, Criteria, Facets, LocationKey, MAX_CLAUSES, MAX_DEPTH, MAX_ERRORS, MAX_ITEMS, MAX_ITEMS_IN_ALL,
    MAX_PAGE_SIZE, Message, Query, QueryError, QueryLocation, Sort, TimeComparisons, Warning,
};
pub use text::whole_csv;
pub use time::{Identifier, TimePeriod, identifiers};
