//! An authority's own profile: its figures beside its region's and England's, for itself alone.
//!
//! Its own figures are as they are, with nothing hidden from it; what stands beside them is what everybody can read in a
//! published release. Nothing of a profile goes into a release.

mod funnel;
mod lines;
mod page;
#[cfg(test)]
mod tests;

use super::charts::Charts;
use super::earlier::EarlierRelease;
use super::error::PublishError;
use crate::aggregate::{AcceptedReturn, AggregateError, Aggregator, NationalData};
use crate::disclosure::{OwnFigures, Policies, Refusal, Shown, own};
use crate::spec::{Collection, Specification};
use std::fmt;

/// A figure of the authority with what it rests on and what it is held against.
#[derive(Clone, PartialEq)]
struct Line {
    /// The items of the row: of the breakdown, then of the filters.
    items: Vec<String>,
    /// What is measured.
    measure: String,
    unit: &'static str,
    own: Shown,
    /// The number that the figure rests on, where it is a share, a mean or a median.
    rests_on: Option<Shown>,
    /// The 95% interval of a share, or the quartiles beside a median.
    ends: Option<(Shown, Shown)>,
    /// What the ends are.
    ends_are: &'static str,
    /// What the release shows of the authority itself.
    released: Option<Shown>,
    region: Option<Shown>,
    england: Option<Shown>,
    /// Whether it is of all units: the page shows those, the CSV everything.
    is_total: bool,
}

/// The figures of one indicator.
#[derive(Clone, PartialEq)]
struct Section {
    indicator: String,
    label: String,
    domain: String,
    about: String,
    /// The labels of the items of each line.
    filters: Vec<String>,
    lines: Vec<Line>,
}

/// A profile. Its `Debug` tells sizes only.
#[derive(Clone, PartialEq)]
pub struct Profile {
    authority: String,
    region: String,
    year: i32,
    /// The year and the digest of the release whose figures stand beside the authority's.
    beside: Option<(i32, String)>,
    /// Whether what other authorities' returns tell of its children is counted.
    knows_others: bool,
    sections: Vec<Section>,
    funnel: Option<String>,
}

impl fmt::Debug for Profile {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "Profile({}, {}, {} indicators)", self.authority, self.year, self.sections.len())
    }
}

impl Profile {
    /// Counts one authority's return, with what the linkage tables of others tell of its children, and puts its figures
    /// beside the published ones. It blocks for seconds: call it from a plain thread.
    pub fn build(
        specification: &Specification,
        collection: &Collection,
        own_return: AcceptedReturn,
        others: Vec<AcceptedReturn>,
        published: Option<&EarlierRelease>,
    ) -> Result<Self, PublishError> {
        let knows_others = specification.linkage.is_empty() || !others.is_empty();
        let code = own_return.authority.clone();
        let linked = others.into_iter().filter(|other| other.authority != code).map(|mut other| {
            other.tables.retain(|name, _| specification.linkage.contains(name));
            other
        });
        let returns = std::iter::once(own_return).chain(linked).collect();
        let national = NationalData::new(specification, collection, returns)?;
        let authority = national.geography.number_of(&code);
        let authority = authority.ok_or(AggregateError::NotLive { authority: code })?;
        let raw = Aggregator::new(specification, collection)?.run(&national)?;
        let refused = |error| Refusal { error, report: None };
        let policies = Policies::load(specification).map_err(refused)?;
        let figures = own(&raw, &policies, authority).map_err(refused)?;
        Ok(Self { knows_others, ..Self::new(&figures, published, &Charts::load(specification)?) })
    }

    /// Puts the authority's figures beside those of a published release, of the same year or, before that one is
    /// published, of an earlier one.
    fn new(own: &OwnFigures, published: Option<&EarlierRelease>, charts: &Charts) -> Self {
        let one = &own.geography.authorities[own.authority];
        let mut sections: Vec<Section> = own.tables.iter().map(|table| lines::section(table, one, published)).collect();
        sections.sort_by(|one, other| (&one.domain, &one.label).cmp(&(&other.domain, &other.label)));
        Self {
            authority: one.name.clone(),
            region: one.region.clone(),
            year: own.year,
            beside: published.map(|release| (release.year(), release.digest.to_string())),
            funnel: charts.funnel.as_ref().and_then(|of| funnel::draw(of, own, published?)),
            knows_others: true,
            sections,
        }
    }

    /// One page: no network, no script, readable aloud and on paper.
    pub fn html(&self) -> Vec<u8> {
        page::html(self)
    }

    /// Every figure, one line each, parts included.
    pub fn csv(&self) -> Vec<u8> {
        lines::csv(&self.sections)
    }
}
