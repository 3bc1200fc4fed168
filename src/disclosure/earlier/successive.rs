//! Numbers of one kind of unit over different months: the months cut where any of them begins or ends, and each number
//! the sum of its pieces.

use super::super::audit::published::{Fact, OPEN, Sensitive};
use super::super::cleared::Place;
use super::super::grid::{CellName, Grid, count_name};
use super::super::policy::Policies;
use super::known::{Known, KnownNumber};
use super::pieces::{Pieces, Term};
use super::shown::EarlierTables;
use crate::aggregate::RawTables;
use std::collections::{BTreeMap, BTreeSet};

type Categories = BTreeMap<String, String>;

/// What counts over some months: from, to, what.
type Over<T> = Vec<(i64, i64, T)>;

/// Units of some categories over some months, counted back from the end of the year of now.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Months {
    series: usize,
    categories: Categories,
    pub(super) from: i64,
    pub(super) to: i64,
}

impl Months {
    /// What is counted over them.
    pub(super) const fn of(&self) -> (usize, &Categories) {
        (self.series, &self.categories)
    }

    /// The same months of a release so many months before.
    pub(super) fn earlier(self, months: i64) -> Self {
        Self { from: self.from + months, to: self.to + months, ..self }
    }
}

/// The numbers of the series, by the names that their cells have.
pub(super) struct Numbers<'a> {
    policies: &'a Policies,
    /// The names of rows' units, by population: a name with one category more is a share's.
    units: BTreeMap<String, BTreeSet<Categories>>,
    /// Cells of now, printed or not, by series: their months and slots.
    now: BTreeMap<usize, BTreeMap<Categories, Over<usize>>>,
    /// The codes of authorities that the policy merges and that are not merged now, because one made no return.
    merges: Vec<(String, String)>,
}

impl<'a> Numbers<'a> {
    pub(super) fn new(raw: &RawTables, grid: &Grid, policies: &'a Policies) -> Self {
        let mut units: BTreeMap<String, BTreeSet<Categories>> = BTreeMap::new();
        for definition in raw.tables.iter().map(|table| &table.definition) {
            for (population, categories) in definition.rows().iter().map(|row| count_name(definition, row)) {
                units.entry(population).or_default().insert(categories);
            }
        }
        let code = |at: usize| &raw.geography.authorities[at].code;
        let in_force = |from: &str| grid.merged.iter().any(|(at, _)| code(*at) == from);
        let merges = policies.merges.iter().filter(|one| !in_force(&one.authority));
        let merges = merges.map(|one| (one.authority.clone(), one.with.clone())).collect();
        let mut numbers = Self { policies, units, now: BTreeMap::new(), merges };
        for (name, &slot) in &grid.by_name {
            if let Some(Months { series, categories, from, to }) = numbers.months(name) {
                numbers.now.entry(series).or_default().entry(categories).or_default().push((from, to, slot));
            }
        }
        numbers
    }

    /// Over which months a cell counts; none where it is in no series.
    pub(super) fn months(&self, name: &CellName) -> Option<Months> {
        for (series, one) in self.policies.series.iter().enumerate() {
            for span in one.numbers.iter().filter(|span| span.population == name.0) {
                if !span.share.iter().all(|(dimension, category)| name.1.get(dimension) == Some(category)) {
                    continue;
                }
                let mut categories = name.1.clone();
                categories.retain(|dimension, _| !span.share.contains_key(dimension));
                if self.units.get(&name.0).is_some_and(|known| known.contains(&categories)) {
                    return Some(Months { series, categories, from: span.from, to: span.to });
                }
            }
        }
        None
    }

    /// What the returns of now tell of those months.
    pub(super) fn truth(
        &self,
        grid: &Grid,
        place: Place,
        (series, categories): (usize, &Categories),
        months: (i64, i64),
    ) -> Option<i64> {
        let Place::Authority(at) = place else { return None };
        let cells = self.now.get(&series)?.get(categories)?;
        let same = cells.iter().find(|(from, to, _)| (*from, *to) == months)?;
        Some(grid.truth[same.2][at])
    }

    /// Whether an authority was counted together with another then and is not now.
    pub(super) fn merged_then(&self, code: &str, release: &EarlierTables) -> bool {
        let merged = self.merges.iter().filter(|(from, with)| code == from || code == with);
        merged.into_iter().any(|(from, with)| release.returns.contains_key(from) && release.returns.contains_key(with))
    }
}

/// The numbers of other years, each with its months, beside those of now.
pub(super) struct Successive<'a> {
    pub(super) raw: &'a RawTables,
    pub(super) grid: &'a Grid,
    pub(super) policies: &'a Policies,
    pub(super) numbers: &'a Numbers<'a>,
    pub(super) placed: &'a [(u32, Months)],
}

/// How many numbers were made sums of months.
#[derive(Debug, Default)]
pub(super) struct Added {
    pub(super) sums: usize,
    /// Combinations of categories in an authority: those that were joined, and those that were not.
    pub(super) joined: usize,
    pub(super) contradicted: usize,
}

/// For a place and a series, the pieces of each combination of categories: from, to, the number.
type Cut<'a> = BTreeMap<&'a Categories, Over<u32>>;

impl Successive<'_> {
    /// Adds the pieces and the sums of every number that stands in one with a number of now.
    pub(super) fn add(&self, known: &mut Known, without: &BTreeSet<Place>) -> Added {
        let mut groups: BTreeMap<(Place, usize, &Categories), Over<Term>> = BTreeMap::new();
        for (number, months) in self.placed {
            let place = known.numbers[*number as usize].place;
            let group = groups.entry((place, months.series, &months.categories)).or_default();
            group.push((months.from, months.to, Term::Past(*number)));
        }
        let mut added = Added::default();
        let mut cuts: BTreeMap<(Place, usize), Cut<'_>> = BTreeMap::new();
        for ((place, series, categories), mut cells) in groups {
            let Place::Authority(at) = place else { continue };
            let now = self.numbers.now.get(&series).and_then(|one| one.get(categories));
            for &(from, to, slot) in now.into_iter().flatten() {
                let one = &self.grid.slots[slot];
                if one.at_authority && one.printed && self.raw.has_return[at] {
                    cells.push((from, to, Term::Now(slot)));
                }
            }
            let Some(pieces) = Pieces::new(cells) else { continue };
            let cut = (!without.contains(&place)).then(|| self.add_pieces(known, place, series, categories, pieces));
            match cut.flatten() {
                Some((sums, cut)) => {
                    added.sums += sums;
                    added.joined += 1;
                    cuts.entry((place, series)).or_default().insert(categories, cut);
                }
                None => added.contradicted += 1,
            }
        }
        self.add_bounds(known, &cuts);
        added
    }

    /// Adds one group's pieces and sums; none, and nothing, where what is published contradicts them.
    fn add_pieces(
        &self,
        known: &mut Known,
        place: Place,
        series: usize,
        categories: &Categories,
        mut pieces: Pieces,
    ) -> Option<(usize, Over<u32>)> {
        let Place::Authority(at) = place else { return None };
        let told = |from: i64, to: i64| self.numbers.truth(self.grid, place, (series, categories), (from, to));
        pieces.bound(|term| match term {
            Term::Past(number) => {
                let one = &known.numbers[*number as usize];
                (one.low, one.high, one.truth)
            }
            Term::Now(slot) => {
                let truth = self.grid.truth[*slot][at];
                (truth, truth, truth)
            }
        });
        if pieces.contradict() {
            return None;
        }
        pieces.suppose(told);
        let name = &self.policies.series[series].name;
        let mut cut = Vec::new();
        let mut numbers: BTreeMap<usize, u32> = BTreeMap::new();
        for (number, term) in pieces.cells.iter().enumerate() {
            let at = match term.term {
                Term::Past(number) => number,
                Term::Now(slot) => {
                    let (truth, name) = (term.truth, self.grid.slots[slot].name.clone());
                    push(known, KnownNumber { is_now: true, other_year: false, ..unknown(name, place, truth) })
                }
            };
            numbers.insert(number, at);
            let one = &mut known.numbers[at as usize];
            // A hidden number that stands in a sum with numbers of now must stay uncertain.
            one.hidden |= one.other_year && one.low < one.high;
            if one.other_year && one.low < one.high {
                add_fact(known, vec![(at, 1)], Some(Sensitive::OtherYear), at);
            }
        }
        let small = self.policies.largest_small();
        for piece in &pieces.pieces {
            let at = piece.is.map_or_else(
                || {
                    let name = format!("{name}, {} to {} months before the year's end", piece.from, piece.to);
                    let hidden = (1..=small).contains(&piece.truth);
                    let new = unknown((name, categories.clone()), place, piece.truth);
                    let at = push(known, KnownNumber { hidden, ..new });
                    if hidden {
                        add_fact(known, vec![(at, 1)], Some(Sensitive::OtherYear), at);
                    }
                    at
                },
                |cell| numbers[&cell],
            );
            cut.push((piece.from, piece.to, at));
        }
        let mut sums = 0;
        for (number, cell) in pieces.cells.iter().enumerate() {
            if pieces.pieces.iter().any(|piece| piece.is == Some(number)) {
                continue;
            }
            let inside = cut.iter().filter(|(from, to, _)| *from <= cell.from && cell.to <= *to);
            let terms = inside.map(|(_, _, at)| (*at, -1)).chain([(numbers[&number], 1)]).collect();
            let about = known.numbers[numbers[&number] as usize].name.clone();
            known.facts.push(Fact { terms, low: 0, high: 0, sensitive: None, about, place });
            sums += 1;
        }
        Some((sums, cut))
    }

    /// What the pieces of one combination of categories say of others: some of all units, and lines of a breakdown.
    fn add_bounds(&self, known: &mut Known, cuts: &BTreeMap<(Place, usize), Cut<'_>>) {
        let mut topics: Vec<(Vec<String>, Vec<Categories>)> = Vec::new();
        for topic in self.raw.tables.iter().flat_map(|table| &table.definition.topics) {
            let named =
                |item: &crate::aggregate::Item| topic.columns.iter().cloned().zip(item.categories.clone()).collect();
            if !topics.iter().any(|(columns, _)| *columns == topic.columns) {
                topics.push((topic.columns.clone(), topic.items.iter().map(named).collect()));
            }
        }
        for ((place, series), cut) in cuts {
            let within = self.policies.series[*series].within.as_ref();
            let holder = within.and_then(|name| self.policies.series.iter().position(|one| one.name == *name));
            if let Some(all) = holder.and_then(|holder| cuts.get(&(*place, holder))) {
                for (categories, pieces) in cut {
                    for piece in pieces {
                        if let Some(whole) = all.get(categories).and_then(|all| inside(all, piece)) {
                            relate(known, whole, &[piece.2], OPEN);
                        }
                    }
                }
            }
            let Some(total) = cut.get(&Categories::new()) else { continue };
            for (_, items) in &topics {
                let Some(lines) = items.iter().map(|item| cut.get(item)).collect::<Option<Vec<_>>>() else { continue };
                for piece in lines.first().copied().into_iter().flatten() {
                    let same = |line: &&Over<u32>| {
                        line.iter().find(|one| (one.0, one.1) == (piece.0, piece.1)).map(|one| one.2)
                    };
                    let parts: Option<Vec<u32>> = lines.iter().map(same).collect();
                    if let (Some(parts), Some(whole)) = (parts, inside(total, piece)) {
                        relate(known, whole, &parts, 0);
                    }
                }
            }
        }
    }
}

/// The pieces that make up the months of another; none where they do not.
fn inside(all: &[(i64, i64, u32)], piece: &(i64, i64, u32)) -> Option<Vec<u32>> {
    let found: Vec<&(i64, i64, u32)> = all.iter().filter(|(from, to, _)| *from <= piece.0 && piece.1 <= *to).collect();
    let months: i64 = found.iter().map(|(from, to, _)| from - to).sum();
    (months == piece.0 - piece.1).then(|| found.into_iter().map(|one| one.2).collect())
}

fn unknown(name: CellName, place: Place, truth: i64) -> KnownNumber {
    KnownNumber { name, place, is_now: false, truth, low: 0, high: OPEN, hidden: false, other_year: true }
}

fn push(known: &mut Known, number: KnownNumber) -> u32 {
    known.numbers.push(number);
    (known.numbers.len() - 1) as u32
}

fn add_fact(known: &mut Known, terms: Vec<(u32, i8)>, sensitive: Option<Sensitive>, about: u32) {
    let one = &known.numbers[about as usize];
    let (about, place) = (one.name.clone(), one.place);
    known.facts.push(Fact { terms, low: 0, high: OPEN, sensitive, about, place });
}

/// whole − parts is at least nothing, and at most so much.
fn relate(known: &mut Known, whole: Vec<u32>, parts: &[u32], high: i64) {
    let terms = whole.into_iter().map(|at| (at, 1)).chain(parts.iter().map(|at| (*at, -1))).collect();
    let one = &known.numbers[parts[0] as usize];
    let (about, place) = (one.name.clone(), one.place);
    known.facts.push(Fact { terms, low: 0, high, sensitive: None, about, place });
}
