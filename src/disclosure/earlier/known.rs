//! All earlier releases of a year together: their numbers, each under the name of now where it is the same number, and
//! every bound and sum that they give away.
//!
//! An authority's numbers of a population are the same in two releases when none that both show has moved: an attacker
//! will take the hidden ones to be the same too, and what is safe from him is safe from whoever does not. Where that
//! contradicts what is published (the authority sent again and only hidden numbers moved), they are different numbers.

use super::super::audit::published::{Fact, Published, Sensitive};
use super::super::cleared::{Place, Shown};
use super::super::error::DisclosureError;
use super::super::grid::{CellName, Grid, count_name, further_name, share_name};
use super::super::policy::Policies;
use super::analyses::{self, Kept};
use super::means::EarlierMeans;
use super::release::{Readable, read};
use super::repair;
use super::shown::{Earlier, EarlierTables};
use super::years::{self, JoinedYear};
use crate::aggregate::RawTables;
use crate::domain::digest::Digest;
use std::collections::{BTreeMap, BTreeSet};

/// A number of earlier releases.
#[derive(Debug, Clone)]
pub(in crate::disclosure) struct KnownNumber {
    pub(in crate::disclosure) name: CellName,
    pub(in crate::disclosure) place: Place,
    /// The number of now is the same; otherwise it is a number of the past.
    pub(in crate::disclosure) is_now: bool,
    /// What it is, or, for a hidden number of the past, what it may have been: one whole that fits everything shown.
    pub(in crate::disclosure) truth: i64,
    pub(in crate::disclosure) low: i64,
    pub(in crate::disclosure) high: i64,
    /// Hidden in one of the releases and shown in none, and to be kept uncertain.
    pub(in crate::disclosure) hidden: bool,
    /// It is of another year than the release of now.
    pub(in crate::disclosure) other_year: bool,
}

/// What became of an earlier release in the audit.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct JoinedRelease {
    /// The digest of its manifest.
    pub release: String,
    pub year: i32,
    /// Authorities whose return is another than the one counted now, or that sent none then or now.
    pub sent_again: usize,
    /// Of all authorities, those of whose numbers at least one is not the number of now.
    pub changed: usize,
    /// Numbers that it shares with the release of now, and numbers that were its own.
    pub shared_numbers: usize,
    pub own_numbers: usize,
    pub facts: usize,
    /// Rows that the definitions of now have no name for: nothing joins them.
    pub strange_rows: usize,
}

/// Everything known from earlier releases: of the year, and of other years where sums join them with it.
#[derive(Debug, Default)]
pub(in crate::disclosure) struct Known<'a> {
    pub(in crate::disclosure) numbers: Vec<KnownNumber>,
    /// Over the places of `numbers`. A fact is sensitive only where it is about numbers of the past.
    pub(in crate::disclosure) facts: Vec<Fact>,
    /// How many of them, the first, are of earlier releases of the year.
    pub(in crate::disclosure) of_the_year: usize,
    /// Regions' and England's figures that were hidden.
    pub(in crate::disclosure) hidden_figures: BTreeSet<(CellName, Place)>,
    pub(in crate::disclosure) releases: Vec<JoinedRelease>,
    pub(in crate::disclosure) years: Vec<JoinedYear>,
    /// The means of the year's earlier releases, and the rows of its analyses that stand as they stood.
    pub(in crate::disclosure) means: EarlierMeans<'a>,
    pub(in crate::disclosure) kept: Kept,
}

/// An authority or region whose numbers of a population moved between two releases.
type Moved = BTreeSet<(Place, String)>;

pub(super) struct Joining<'a> {
    raw: &'a RawTables,
    grid: &'a Grid,
    /// Oldest first, as are `published`.
    readable: Vec<Readable>,
    published: Vec<Published>,
    releases: &'a [&'a EarlierTables],
    /// The digests of the returns of now; of a year that is over, of those of its last release.
    now: &'a BTreeMap<String, Digest>,
    /// Whether it is the year of now; the numbers of another year are no numbers of now.
    of_now: bool,
    /// Places whose numbers are different in every release, because taking them as the same contradicts what is shown.
    apart: BTreeSet<Place>,
}

impl<'a> Known<'a> {
    pub(in crate::disclosure) fn new(
        raw: &RawTables,
        grid: &Grid,
        policies: &Policies,
        earlier: &'a Earlier,
    ) -> Result<Self, DisclosureError> {
        let releases: Vec<&EarlierTables> = earlier.of_year(raw.year).collect();
        let mut known = if releases.is_empty() {
            Self::default()
        } else {
            let joining = Joining::new(raw, grid, policies, &releases, &earlier.returns, true)?;
            let names: Vec<&str> = releases.iter().map(|release| release.name.as_str()).collect();
            joining.repaired().ok_or(DisclosureError::EarlierContradicts { release: names.join(", ") })?
        };
        known.of_the_year = known.facts.len();
        years::join(&mut known, raw, grid, policies, earlier)?;
        known.means = EarlierMeans::new(raw, earlier);
        known.kept = analyses::kept(raw, policies, earlier)?;
        Ok(known)
    }
}

impl<'a> Joining<'a> {
    /// The releases of one year, oldest first.
    pub(super) fn new(
        raw: &'a RawTables,
        grid: &'a Grid,
        policies: &Policies,
        releases: &'a [&'a EarlierTables],
        now: &'a BTreeMap<String, Digest>,
        of_now: bool,
    ) -> Result<Self, DisclosureError> {
        let mut joining = Joining {
            raw,
            grid,
            readable: Vec::new(),
            published: Vec::new(),
            releases,
            now,
            of_now,
            apart: BTreeSet::new(),
        };
        for release in releases {
            let readable = read(release, raw);
            joining.published.push(Published::new(&readable.tables, &readable.supposed, policies)?);
            joining.readable.push(readable);
        }
        Ok(joining)
    }

    /// Everything known, with values supposed for the hidden numbers of the past; none where no values fit.
    fn repaired<'k>(mut self) -> Option<Known<'k>> {
        loop {
            let mut known = self.join();
            let Err(places) = repair::repair(&mut known, &repair::NEIGHBOURHOODS) else { return Some(known) };
            let before = self.apart.len();
            self.set_apart(&places);
            if self.apart.len() == before {
                return None;
            }
        }
    }
}

impl Joining<'_> {
    /// The places whose numbers cannot be the same: those that sent again, or where none did, all of them.
    fn set_apart(&mut self, places: &BTreeSet<Place>) {
        let sent_again = |place: &&Place| {
            let Place::Authority(at) = place else { return true };
            let code = &self.raw.geography.authorities[*at].code;
            self.releases.iter().any(|release| release.returns.get(code) != self.now.get(code))
        };
        let mut more: Vec<Place> = places.iter().filter(sent_again).copied().collect();
        if more.iter().all(|place| self.apart.contains(place)) {
            more = places.iter().copied().collect();
        }
        self.apart.extend(more);
    }

    fn truth_now(&self, name: &CellName, place: Place) -> Option<i64> {
        if !self.of_now {
            return None;
        }
        let truth = &self.grid.truth[*self.grid.by_name.get(name)?];
        match place {
            Place::Authority(at) => self.raw.has_return[at].then(|| truth[at]),
            Place::Region(region) => Some(self.raw.geography.within(region).map(|at| truth[at]).sum()),
            Place::England => None,
        }
    }

    /// Where release `at` and a later one, or the one of now, show different numbers.
    fn moved(&self, at: usize, later: Option<usize>) -> Moved {
        let mut moved = Moved::new();
        let published = &self.published[at];
        for (&(cell, place), &number) in &published.number_of {
            let name = &published.cells[cell as usize];
            let known = &published.numbers[number as usize];
            let differs = match later {
                None => self.truth_now(name, place).is_none_or(|now| now < known.low || now > known.high),
                Some(later) => {
                    let other = &self.published[later];
                    let found = other.by_name.get(name).and_then(|cell| other.number_of.get(&(*cell, place)));
                    let other = found.map(|number| &other.numbers[*number as usize]);
                    other.is_none_or(|other| known.high < other.low || other.high < known.low)
                }
            };
            if differs || self.apart.contains(&place) || self.region_sent_again(at, later, place) {
                moved.insert((place, name.0.clone()));
            }
        }
        let of_two = published.of_two.iter().flat_map(|(both, of)| of.iter().map(move |one| (one, both)));
        let of_two: Vec<(&String, &String)> = of_two.collect();
        let with = |(place, name): &(Place, String)| {
            let place = *place;
            let both = of_two.iter().filter(|(one, _)| *one == name).map(move |(_, both)| (place, (*both).clone()));
            both.collect::<Vec<_>>()
        };
        let more: Moved = moved.iter().flat_map(with).collect();
        moved.extend(more);
        moved
    }

    /// Of a region's own numbers nothing is shown but rounded: they are the same when nobody in it sent again.
    fn region_sent_again(&self, at: usize, later: Option<usize>, place: Place) -> bool {
        let Place::Region(region) = place else { return false };
        let other = later.map_or(self.now, |later| &self.releases[later].returns);
        self.raw.geography.within(region).any(|authority| {
            let code = &self.raw.geography.authorities[authority].code;
            self.releases[at].returns.get(code) != other.get(code)
        })
    }

    pub(super) fn join<'k>(&self) -> Known<'k> {
        let mut known = Known::default();
        let mut placed: Vec<Vec<u32>> = vec![Vec::new(); self.published.len()];
        let mut now: BTreeMap<(CellName, Place), u32> = BTreeMap::new();
        for at in (0..self.published.len()).rev() {
            let published = &self.published[at];
            let moved_now = self.moved(at, None);
            let moved_later: Vec<(usize, Moved)> =
                (at + 1..self.published.len()).rev().map(|later| (later, self.moved(at, Some(later)))).collect();
            let hidden: BTreeSet<u32> = published
                .facts
                .iter()
                .filter(|fact| fact.sensitive == Some(Sensitive::Hidden))
                .map(|fact| fact.terms[0].0)
                .collect();
            let mut named: Vec<(u32, &CellName, Place)> = published
                .number_of
                .iter()
                .map(|(&(cell, place), &number)| (number, &published.cells[cell as usize], place))
                .collect();
            named.sort_unstable_by_key(|(number, ..)| *number);
            let names: Vec<(&CellName, Place)> = named.into_iter().map(|(_, name, place)| (name, place)).collect();
            let mut own = Vec::with_capacity(names.len());
            for (number, &(name, place)) in names.iter().enumerate() {
                let one = &published.numbers[number];
                let population = (place, name.0.clone());
                let key = (name.clone(), place);
                let same = if moved_now.contains(&population) {
                    moved_later.iter().find(|(_, moved)| !moved.contains(&population)).and_then(|(later, _)| {
                        let other = &self.published[*later];
                        let cell = other.by_name.get(name)?;
                        Some(placed[*later][*other.number_of.get(&(*cell, place))? as usize])
                    })
                } else {
                    now.get(&key).copied()
                };
                let at = same.unwrap_or_else(|| {
                    let is_now = !moved_now.contains(&population);
                    let truth = if one.low == one.high { one.low } else { one.truth };
                    known.numbers.push(KnownNumber {
                        name: name.clone(),
                        place,
                        is_now,
                        truth,
                        low: one.low,
                        high: one.high,
                        hidden: false,
                        other_year: !self.of_now,
                    });
                    let at = (known.numbers.len() - 1) as u32;
                    if is_now {
                        now.insert(key, at);
                    }
                    at
                });
                let number_known = &mut known.numbers[at as usize];
                number_known.low = number_known.low.max(one.low);
                number_known.high = number_known.high.min(one.high);
                number_known.hidden |= hidden.contains(&(number as u32));
                if number_known.low == number_known.high {
                    number_known.truth = number_known.low;
                    number_known.hidden = false;
                }
                own.push(at);
            }
            let first = known.facts.len();
            for fact in &published.facts {
                let terms: Vec<(u32, i8)> = fact.terms.iter().map(|(at, sign)| (own[*at as usize], *sign)).collect();
                let of_the_past = terms.iter().any(|(at, _)| !known.numbers[*at as usize].is_now);
                let sensitive = fact.sensitive.filter(|_| of_the_past).map(|_| Sensitive::Earlier);
                // What says nothing more than the number's own bounds is left out.
                if sensitive.is_none() && fact.terms.len() == 1 && fact.sensitive == Some(Sensitive::Hidden) {
                    continue;
                }
                known.facts.push(Fact { terms, sensitive, ..fact.clone() });
            }
            known.releases.push(self.joined(at, &known, &own, known.facts.len() - first));
            placed[at] = own;
            self.hidden_figures(at, &mut known.hidden_figures);
        }
        known.releases.reverse();
        known
    }

    fn joined(&self, at: usize, known: &Known, own: &[u32], facts: usize) -> JoinedRelease {
        let returns = &self.releases[at].returns;
        let codes: BTreeSet<&String> = returns.keys().chain(self.now.keys()).collect();
        let sent_again = codes.into_iter().filter(|code| returns.get(*code) != self.now.get(*code)).count();
        let changed = own.iter().map(|number| &known.numbers[*number as usize]).filter(|number| !number.is_now);
        let places: BTreeSet<Place> =
            changed.clone().map(|number| number.place).filter(|place| matches!(place, Place::Authority(_))).collect();
        let own_numbers = changed.count();
        JoinedRelease {
            release: self.releases[at].name.clone(),
            year: self.raw.year,
            sent_again,
            changed: places.len(),
            shared_numbers: own.len() - own_numbers,
            own_numbers,
            facts,
            strange_rows: self.readable[at].strange_rows,
        }
    }

    fn hidden_figures(&self, at: usize, hidden: &mut BTreeSet<(CellName, Place)>) {
        for table in self.readable[at].tables.tables() {
            let definition = table.definition();
            let names = definition.count_names();
            let columns = names.iter().map(|name| table.columns().iter().position(|column| column.name == *name));
            let columns: Vec<Option<usize>> = columns.collect();
            for row in table.rows().iter().filter(|row| !matches!(row.place, Place::Authority(_))) {
                for (quantity, column) in columns.iter().enumerate() {
                    if column.is_some_and(|at| row.figures[at] == Shown::Confidential) {
                        let name = match quantity.checked_sub(1 + definition.shares.len()) {
                            Some(count) => further_name(definition, &row.key, count),
                            None if quantity == 0 => count_name(definition, &row.key),
                            None => share_name(definition, &row.key, quantity - 1),
                        };
                        hidden.insert((name, row.place));
                    }
                }
            }
        }
    }
}
