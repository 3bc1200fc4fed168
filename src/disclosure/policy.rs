//! Reads `disclosure.toml`: what is hidden, rounded and proved is data, and public.

use super::error::DisclosureError;
use crate::spec::{Specification, SpecificationError};
use serde::Deserialize;
use std::collections::BTreeMap;

const FILE: &str = "disclosure.toml";

/// Which groups are hidden because all of their units have the outcome.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ClassDisclosure {
    #[default]
    None,
    All,
}

/// One policy; an indicator names it in its head.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Policy {
    /// Whether anything is done at all: a table that says nothing about children is shown as it is.
    pub protect: bool,
    /// Authorities' counts from 1 to this are hidden.
    #[serde(default)]
    pub small: i64,
    /// England's and regions' counts are rounded to the nearest multiple of this, halves upwards.
    #[serde(default = "one")]
    pub round_to: i64,
    /// How far from the truth another table that fits all that is published must put each hidden count.
    #[serde(default = "one")]
    pub width: i64,
    #[serde(default)]
    pub class_disclosure: ClassDisclosure,
    /// Whether a zero may be hidden to protect another cell.
    #[serde(default)]
    pub zeros_may_be_hidden: bool,
    /// The least number of units with a mean.
    #[serde(default)]
    pub mean_from: i64,
    /// For each measure, how far apart the least and the greatest mean of fewer units must be that other means allow.
    #[serde(default)]
    pub mean_widths: BTreeMap<String, u32>,
    /// The least number of units with a median and quartiles.
    #[serde(default)]
    pub quantiles_from: i64,
    /// For each measure, the whole number to whose multiples its medians and quartiles are rounded.
    #[serde(default)]
    pub quantile_steps: BTreeMap<String, u32>,
    /// The least number of units of a group that an analysis shows, and of all others beside it.
    #[serde(default)]
    pub analysis_from: i64,
    /// The least number of events in such a group, and of units without one.
    #[serde(default)]
    pub events_from: i64,
    /// The least number of units at risk where a point of a curve is shown.
    #[serde(default)]
    pub at_risk_from: i64,
}

const fn one() -> i64 {
    1
}

/// A cell that cannot be anything but zero.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Impossible {
    pub population: String,
    pub cell: BTreeMap<String, String>,
}

/// A number that is not printed but follows from totals that are.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Implied {
    pub name: String,
    /// Populations whose totals are added, and taken away.
    pub plus: Vec<String>,
    pub minus: Vec<String>,
}

/// A number of the tables: a population, and the categories of its units; none for its total.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cell {
    pub population: String,
    #[serde(default)]
    pub cell: BTreeMap<String, String>,
}

impl Cell {
    pub(super) fn name(&self) -> (String, BTreeMap<String, String>) {
        (self.population.clone(), self.cell.clone())
    }
}

/// A number of one table that is the sum of numbers of others, or the same as one of them, by their definitions. It
/// joins nothing where one of them is in no table.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Equation {
    pub whole: Cell,
    pub parts: Vec<Cell>,
}

/// A number of a table that counts the units of some months: those from `from` to `to` months before the year's end.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Span {
    pub population: String,
    /// The share that is counted, by its dimension; the units themselves when empty.
    #[serde(default)]
    pub share: BTreeMap<String, String>,
    pub from: i64,
    pub to: i64,
}

/// Numbers that count one kind of unit over different months, in releases of successive years: where nothing was told
/// otherwise since, those of the same months are one number, and a number is the sum of those that make up its months.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Series {
    pub name: String,
    /// The series of all units that these are some of.
    pub within: Option<String>,
    pub numbers: Vec<Span>,
}

/// A very small authority whose children are counted in the row of a larger one, by their three-digit codes.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Merge {
    pub authority: String,
    pub with: String,
    /// Why this one: for people who read the policy.
    pub why: String,
}

/// The whole file.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Policies {
    pub(super) policies: BTreeMap<String, Policy>,
    #[serde(default)]
    pub impossible: Vec<Impossible>,
    #[serde(default)]
    pub implied: Vec<Implied>,
    #[serde(default)]
    pub sums: Vec<Equation>,
    #[serde(default)]
    pub series: Vec<Series>,
    #[serde(default, rename = "merge")]
    pub merges: Vec<Merge>,
}

impl Policies {
    pub fn load(specification: &Specification) -> Result<Self, DisclosureError> {
        let path = format!("{}/{FILE}", specification.id);
        let missing = || SpecificationError::Missing { file: path.clone() };
        Ok(Self::parse(&path, specification.file(FILE).ok_or_else(missing)?)?)
    }

    pub(super) fn parse(path: &str, text: &str) -> Result<Self, SpecificationError> {
        let at = |span: Option<std::ops::Range<usize>>| {
            span.map_or(1, |span| text[..span.start.min(text.len())].matches('\n').count() + 1)
        };
        let policies: Self = toml::from_str(text).map_err(|error: toml::de::Error| {
            SpecificationError::wrong(path, at(error.span()), error.message().to_owned())
        })?;
        let named = |name: &str| policies.series.iter().any(|series| series.name == name);
        let within = |series: &Series| Some((series.name.clone(), series.within.clone()?));
        if let Some((name, within)) = policies.series.iter().filter_map(within).find(|(_, within)| !named(within)) {
            let line = text.lines().position(|line| line.trim() == format!("within = \"{within}\""));
            return Err(SpecificationError::wrong(
                path,
                line.map_or(1, |line| line + 1),
                format!(
                    "the series {name} is said to be within {within}, which is no series: give it the `name` of one"
                ),
            ));
        }
        Ok(policies)
    }

    /// The largest number that any policy calls small.
    pub(super) fn largest_small(&self) -> i64 {
        self.policies.values().map(|policy| policy.small).max().unwrap_or(0)
    }

    pub fn of(&self, indicator: &str, policy: &str) -> Result<&Policy, DisclosureError> {
        let missing = || DisclosureError::NoPolicy { indicator: indicator.to_owned(), policy: policy.to_owned() };
        self.policies.get(policy).ok_or_else(missing)
    }
}
