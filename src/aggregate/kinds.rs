//! The kinds of statistic an indicator may give beside numbers, shares and means: rates, medians and their quartiles,
//! and medians of times some of which are not over.

use serde::Deserialize;

/// A further number beside the units, and no part of them: it is protected as a population of its own.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FurtherCount {
    /// The column of the query that is summed.
    pub column: String,
    pub name: String,
    pub label: String,
    /// What it counts. Two tables that name one population show one number.
    pub population: String,
}

/// One published number over another, times a factor, made from the numbers as they are shown.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rate {
    pub name: String,
    pub label: String,
    /// The names of two columns of numbers of the same table.
    pub numerator: String,
    pub denominator: String,
    pub factor: u32,
    pub decimals: u8,
}

/// The median and the quartiles of a column, over the units or over those of a share.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Median {
    pub column: String,
    /// The column of the share whose units have a value; all units when absent.
    pub of: Option<String>,
    pub name: String,
    pub label: String,
    /// What the column measures; the policy says to what it is rounded.
    pub measure: String,
}

/// The median of a time some of which are not over yet, with its 95% interval.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SurvivalMedian {
    /// The column of the time, from nought.
    pub time: String,
    /// The column that is 1 where the time is over and 0 where it was still going on when it was last seen.
    pub event: String,
    /// The column of the share whose units have a time; all units when absent.
    pub of: Option<String>,
    pub name: String,
    pub label: String,
    /// What the column measures; the policy says to what it is rounded.
    pub measure: String,
}

/// A sum of money: a count as it is published, times what one costs. It tells nothing that the count does not.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Amount {
    pub name: String,
    pub label: String,
    /// The column of the share that is multiplied; the units themselves when absent.
    pub of: Option<String>,
    /// A query of one row for each authority: `LA` and `amount`, what one costs there. The mean of the authorities of a
    /// place is used, each counted once, so that it tells nothing about their numbers.
    pub sql: String,
}

/// What is read of each unit: one column, or a time with its event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Reading<'a> {
    pub(super) value: &'a str,
    pub(super) event: Option<&'a str>,
    pub(super) of: Option<&'a str>,
}
