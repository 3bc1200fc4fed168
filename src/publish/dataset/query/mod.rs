//! A query: which rows, which columns of figures, in which order, which page.

mod address;
mod body;
mod check;
mod message;

pub use message::{Message, QueryError, Warning};

use super::geography::Level;
use super::time::TimePeriod;

/// How many results a page may have.
pub const MAX_PAGE_SIZE: u64 = 10_000;
/// How many a page has when nothing else is asked for.
pub const PAGE_SIZE: u64 = 1_000;
/// How deep conditions may stand within each other.
pub const MAX_DEPTH: usize = 10;
/// How many conditions and facets a query may have in all.
pub const MAX_CLAUSES: usize = 500;
/// How many items one list of a query may have.
pub const MAX_ITEMS: usize = 1_000;
/// How many items all lists of a query may have together.
pub const MAX_ITEMS_IN_ALL: usize = 5_000;
/// How many fields results may be sorted by.
pub const MAX_SORTS: usize = 100;
/// How many errors of a query are told.
pub const MAX_ERRORS: usize = 100;

/// One query of a data set. What it asks for that the data set lacks is told when it is answered.
#[derive(Debug, Clone, PartialEq)]
pub struct Query {
    pub criteria: Option<Criteria>,
    /// Identifiers of columns of figures; all of them when there is no list.
    pub indicators: Option<Vec<String>>,
    pub sorts: Vec<Sort>,
    /// Counted from 1.
    pub page: u64,
    pub page_size: u64,
    /// Whether identifiers are answered with their labels.
    pub debug: bool,
    /// Whether it came in an address, whose places and periods are written in one piece.
    pub in_address: bool,
}

impl Default for Query {
    fn default() -> Self {
        Self {
            criteria: None,
            indicators: None,
            sorts: Vec::new(),
            page: 1,
            page_size: PAGE_SIZE,
            debug: false,
            in_address: false,
        }
    }
}

/// Which rows.
#[derive(Debug, Clone, PartialEq)]
pub enum Criteria {
    /// Every facet that is given must hold.
    Facets(Facets),
    And(Vec<Self>),
    Or(Vec<Self>),
    /// What it holds must not hold. Of several facets directly inside, none may hold, as DfE's service has it.
    Not(Box<Self>),
}

impl Criteria {
    /// With how many things rows are compared in all.
    pub fn comparisons(&self) -> usize {
        match self {
            Self::Facets(facets) => facets.comparisons(),
            Self::And(clauses) | Self::Or(clauses) => clauses.iter().map(|one| 1 + one.comparisons()).sum(),
            Self::Not(inside) => 1 + inside.comparisons(),
        }
    }
}

/// What a row may be asked for.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Facets {
    pub filters: Option<Comparisons<String>>,
    pub geographic_levels: Option<Comparisons<&'static Level>>,
    pub locations: Option<Comparisons<QueryLocation>>,
    pub time_periods: Option<TimeComparisons>,
}

impl Facets {
    fn comparisons(&self) -> usize {
        let periods = self.time_periods.as_ref();
        self.filters.as_ref().map_or(0, Comparisons::things)
            + self.geographic_levels.as_ref().map_or(0, Comparisons::things)
            + self.locations.as_ref().map_or(0, Comparisons::things)
            + periods.map_or(0, |periods| 4 + periods.named.things())
    }
}

/// Comparisons with named things; every one that is given must hold.
#[derive(Debug, Clone, PartialEq)]
pub struct Comparisons<T> {
    pub eq: Option<T>,
    pub not_eq: Option<T>,
    pub within: Option<Vec<T>>,
    pub not_within: Option<Vec<T>>,
}

impl<T> Comparisons<T> {
    fn things(&self) -> usize {
        let lists = self.within.iter().chain(&self.not_within).map(Vec::len).sum::<usize>();
        lists + usize::from(self.eq.is_some()) + usize::from(self.not_eq.is_some())
    }
}

impl<T> Default for Comparisons<T> {
    fn default() -> Self {
        Self { eq: None, not_eq: None, within: None, not_within: None }
    }
}

/// Comparisons with time periods, which have an order.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct TimeComparisons {
    pub named: Comparisons<TimePeriod>,
    pub gt: Option<TimePeriod>,
    pub gte: Option<TimePeriod>,
    pub lt: Option<TimePeriod>,
    pub lte: Option<TimePeriod>,
}

/// By what a place is named.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LocationKey {
    Id,
    /// The number of a property of its level: `code`, `oldCode`, `urn` and so on.
    Property(usize),
}

/// A place, as a query names it.
#[derive(Debug, Clone, PartialEq)]
pub struct QueryLocation {
    pub level: &'static Level,
    pub key: LocationKey,
    pub value: String,
}

impl QueryLocation {
    pub fn property(&self) -> &'static str {
        match self.key {
            LocationKey::Id => "id",
            LocationKey::Property(at) => self.level.properties[at].0,
        }
    }
}

/// What results are sorted by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sort {
    /// `timePeriod`, `geographicLevel`, `location|LEVEL`, `filter|ID` or `indicator|ID`.
    pub field: String,
    pub descending: bool,
}
