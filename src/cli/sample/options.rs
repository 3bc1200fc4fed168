//! What to generate, and what can be wrong with the asking.

use crate::cli::rows::RowsError;
use crate::cli::totals::UnknownTotal;

/// Which authorities to make returns for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Authorities {
    /// Every authority live on the last day of the period.
    All,
    /// Those with these codes, three-digit or GSS.
    Some(Vec<String>),
    /// The first so many of the register.
    First(usize),
}

/// What to generate. Two runs with equal options and specification give equal bytes.
#[derive(Debug, Clone, PartialEq)]
pub struct SampleOptions {
    /// The collection to answer: `reunification-2026`. Consecutive ones from one seed tell one history.
    pub collection: String,
    pub seed: u64,
    pub authorities: Authorities,
    /// The size of the nation: 1.0 is about 8,000 returns home a year, 0.1 a tenth of that.
    pub scale: f64,
    /// Returns home a year of each authority, instead of the sizes that the seed gives them.
    pub returns_a_year: Option<f64>,
    /// The share of rows that a fault is planted in; none makes returns without faults.
    pub faults: Option<f64>,
    /// The share of children of whom an authority puts something right in a return one to three years after the first
    /// that told of them, or should have.
    pub corrections: f64,
}

impl SampleOptions {
    pub fn new(collection: impl Into<String>, seed: u64) -> Self {
        let authorities = Authorities::All;
        let collection = collection.into();
        Self { collection, seed, authorities, scale: 1.0, returns_a_year: None, faults: None, corrections: 0.0 }
    }

    /// One authority's return of about so many rows over all its tables, for measuring.
    pub fn of_rows(collection: impl Into<String>, seed: u64, authority: impl Into<String>, rows: u64) -> Self {
        Self {
            authorities: Authorities::Some(vec![authority.into()]),
            returns_a_year: Some(rows as f64 / ROWS_FOR_EACH_RETURN_A_YEAR),
            ..Self::new(collection, seed)
        }
    }
}

/// How many rows an authority's return has for each return home a year: measured, see the test of `of_rows`.
const ROWS_FOR_EACH_RETURN_A_YEAR: f64 = 150.0;

/// Why no sample can be made.
#[derive(Debug, thiserror::Error)]
pub enum SampleError {
    #[error("The collection {0} is not in the specification, which has {1}. Name one of those.")]
    UnknownCollection(String, String),
    #[error(
        "The authority {0} is not in the register or not live on the last day of the period. Give a three-digit or nine-character code of one that is."
    )]
    UnknownAuthority(String),
    #[error("The size {0} is not a positive number below 100,000. Give one.")]
    Size(f64),
    #[error("The share of faults {0} is not between 0 and 1. Give one that is.")]
    Faults(f64),
    #[error("The share of corrected children {0} is not between 0 and 1. Give one that is.")]
    Corrections(f64),
    #[error(transparent)]
    Rows(#[from] RowsError),
    #[error(
        "The code list {list} has no code {code}, which the sample uses. The sample and the specification must be of one version."
    )]
    NoCode { list: &'static str, code: String },
    #[error(transparent)]
    Total(#[from] UnknownTotal),
    #[error("{path} could not be written: {source}. Choose a folder that you may write to.")]
    Write { path: String, source: std::io::Error },
    #[error("The ZIP file could not be made: {0}.")]
    Zip(#[from] zip::result::ZipError),
}
