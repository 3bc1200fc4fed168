//! What an attacker knows: every published figure, and every relation that the definitions give away.
//!
//! Built from cleared tables and public policy only. The truth stands beside each number for the check at the end, and
//! decides nothing here but which numbers must stay uncertain.

use super::super::cleared::{ClearedRow, ClearedTable, ClearedTables, Place, Shown};
use super::super::error::DisclosureError;
use super::super::grid::{CellName, count_name, further_name, share_name};
use super::super::policy::{Policies, Policy};
use super::super::round::{Rounded, bounds};
use super::shares;
use crate::aggregate::{Definition, RawTables, RowKey};
use std::collections::BTreeMap;

/// No upper bound.
pub(in crate::disclosure) const OPEN: i64 = i64::MAX / 4;

/// A number that is printed somewhere: for an authority, or for a region where authorities' own are not given.
#[derive(Debug, Clone, Copy)]
pub(in crate::disclosure) struct Number {
    pub(in crate::disclosure) truth: i64,
    pub(in crate::disclosure) low: i64,
    pub(in crate::disclosure) high: i64,
}

/// Why a sum of numbers must stay uncertain.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::disclosure) enum Sensitive {
    /// It is hidden itself.
    Hidden,
    /// It is small and follows by subtraction.
    Implied,
    /// It is what is left where all of a group have the outcome.
    Class,
    /// It is a small figure of a region or of England, shown rounded or hidden.
    SmallFigure,
    /// A number that an earlier release hid, or that followed from it, and that is another now.
    Earlier,
    /// A hidden number of another year's release, or a small one that follows from it, in a sum with numbers of now.
    OtherYear,
}

/// The sum of some numbers lies within bounds.
#[derive(Debug, Clone)]
pub(in crate::disclosure) struct Fact {
    pub(in crate::disclosure) terms: Vec<(u32, i8)>,
    pub(in crate::disclosure) low: i64,
    pub(in crate::disclosure) high: i64,
    pub(in crate::disclosure) sensitive: Option<Sensitive>,
    pub(in crate::disclosure) about: CellName,
    pub(in crate::disclosure) place: Place,
}

#[derive(Debug, Default)]
pub(in crate::disclosure) struct Published {
    pub(in crate::disclosure) cells: Vec<CellName>,
    pub(in crate::disclosure) by_name: BTreeMap<CellName, u32>,
    pub(in crate::disclosure) numbers: Vec<Number>,
    pub(in crate::disclosure) number_of: BTreeMap<(u32, Place), u32>,
    pub(in crate::disclosure) facts: Vec<Fact>,
    /// The names of populations that are in two others, and of those two: such a number may move when either does.
    pub(in crate::disclosure) of_two: BTreeMap<String, [String; 2]>,
    /// How often each kind of relation stands in the list.
    pub(in crate::disclosure) relations: BTreeMap<&'static str, usize>,
    /// Small authority numbers that are printed.
    pub(in crate::disclosure) printed_small: Vec<(CellName, Place)>,
    /// Figures that contradict the truth or each other.
    pub(in crate::disclosure) contradictions: Vec<(CellName, Place)>,
    pub(in crate::disclosure) width: i64,
}

pub(super) struct Table<'a> {
    pub(super) definition: &'a Definition,
    pub(super) policy: &'a Policy,
    pub(super) keys: Vec<RowKey>,
    pub(super) index: BTreeMap<RowKey, usize>,
    rows: BTreeMap<(Place, usize), &'a ClearedRow>,
    /// The columns of the counts: the units, each share, each further number.
    columns: Vec<usize>,
    pub(super) truth: &'a crate::aggregate::RawTable,
    /// For a share that is another table's total, the name of that total, by row and quantity.
    pub(super) same: BTreeMap<(RowKey, usize), CellName>,
}

impl Published {
    pub(in crate::disclosure) fn new(
        tables: &ClearedTables,
        raw: &RawTables,
        policies: &Policies,
    ) -> Result<Self, DisclosureError> {
        let mut published = Self { width: 1, ..Self::default() };
        let mut open: Vec<Table<'_>> = Vec::new();
        for (table, truth) in tables.tables().iter().zip(&raw.tables) {
            let definition = table.definition();
            let policy = policies.of(&definition.id, &definition.policy)?;
            if policy.protect && definition.unit_analysis().is_none() {
                published.width = published.width.max(policy.width);
                open.push(Table::new(table, policy, truth));
            }
        }
        shares::find_same(&mut published, &mut open, raw);
        // Numbers of authorities come first: a cell that one table gives for authorities is known by them everywhere.
        for table in &open {
            published.add_numbers(table, raw, true);
        }
        for table in &open {
            published.add_numbers(table, raw, false);
        }
        for table in &open {
            published.add_figures(table, raw);
            published.add_sums(table, raw);
            published.add_shares(table, raw);
            published.add_nested(table, raw);
        }
        published.add_implied(policies, raw);
        published.add_equations(policies, raw);
        Ok(published)
    }

    pub(super) fn cell(&mut self, name: &CellName) -> u32 {
        if let Some(&known) = self.by_name.get(name) {
            return known;
        }
        self.cells.push(name.clone());
        let number = (self.cells.len() - 1) as u32;
        self.by_name.insert(name.clone(), number);
        number
    }

    fn add_numbers(&mut self, table: &Table<'_>, raw: &RawTables, authorities: bool) {
        for (index, key) in table.keys.iter().enumerate() {
            if table.definition.at_authority(key) != authorities {
                continue;
            }
            for quantity in 0..table.definition.quantities() {
                let cell = self.cell(&table.name(key, quantity));
                let count = |at: usize| table.truth.count(at, index, quantity);
                if authorities {
                    for at in (0..raw.has_return.len()).filter(|at| raw.has_return[*at]) {
                        let shown = table.shown(Place::Authority(at), index, quantity);
                        self.add_number(cell, Place::Authority(at), count(at), shown, table.policy.small);
                    }
                    continue;
                }
                for region in 0..raw.geography.regions.len() {
                    let known = raw
                        .geography
                        .within(region)
                        .any(|at| self.number_of.contains_key(&(cell, Place::Authority(at))));
                    if known {
                        continue;
                    }
                    let truth = raw.geography.within(region).map(count).sum();
                    let place = Place::Region(region);
                    if self.number_of.contains_key(&(cell, place)) {
                        continue;
                    }
                    let number = Number { truth, low: 0, high: OPEN };
                    self.numbers.push(number);
                    self.number_of.insert((cell, place), (self.numbers.len() - 1) as u32);
                }
            }
        }
    }

    fn add_number(&mut self, cell: u32, place: Place, truth: i64, shown: Option<Shown>, small: i64) {
        let (low, high) = match shown {
            Some(Shown::Number(number)) => (number, number),
            Some(Shown::NotApplicable) => (0, 0),
            _ => (0, OPEN),
        };
        let name = self.cells[cell as usize].clone();
        if shown == Some(Shown::NotAvailable) || truth < low || truth > high {
            self.contradictions.push((name.clone(), place));
        }
        if shown.and_then(Shown::number).is_some_and(|number| (1..=small).contains(&number)) {
            self.printed_small.push((name.clone(), place));
        }
        if let Some(&known) = self.number_of.get(&(cell, place)) {
            let number = &mut self.numbers[known as usize];
            // Shown in one table and hidden in another is shown.
            number.low = number.low.max(low);
            number.high = number.high.min(high);
            return;
        }
        self.numbers.push(Number { truth, low, high });
        let number = (self.numbers.len() - 1) as u32;
        self.number_of.insert((cell, place), number);
        if low < high && shown.is_some() {
            self.add_fact(vec![(number, 1)], 0, OPEN, Some(Sensitive::Hidden), name, place);
        }
    }

    /// The numbers that add up to a cell in a place; none when nothing is printed about it there.
    pub(super) fn terms(&self, name: &CellName, place: Place, raw: &RawTables) -> Option<Vec<u32>> {
        let cell = *self.by_name.get(name)?;
        if let Some(&number) = self.number_of.get(&(cell, place)) {
            return Some(vec![number]);
        }
        let regions: Vec<usize> = match place {
            Place::Authority(_) => return None,
            Place::Region(region) => vec![region],
            Place::England => (0..raw.geography.regions.len()).collect(),
        };
        let mut all = Vec::new();
        for region in regions {
            all.extend(self.number_of.get(&(cell, Place::Region(region))).copied());
            all.extend(raw.geography.within(region).filter_map(|at| self.number_of.get(&(cell, Place::Authority(at)))));
        }
        (!all.is_empty()).then_some(all)
    }

    pub(super) fn truth_of(&self, terms: &[(u32, i8)]) -> i64 {
        terms.iter().map(|(at, sign)| self.numbers[*at as usize].truth * i64::from(*sign)).sum()
    }

    pub(super) fn add_fact(
        &mut self,
        terms: Vec<(u32, i8)>,
        low: i64,
        high: i64,
        sensitive: Option<Sensitive>,
        about: CellName,
        place: Place,
    ) {
        let truth = self.truth_of(&terms);
        if truth < low || truth > high {
            self.contradictions.push((about.clone(), place));
        }
        self.facts.push(Fact { terms, low, high, sensitive, about, place });
    }

    pub(super) fn count_relation(&mut self, kind: &'static str) {
        *self.relations.entry(kind).or_default() += 1;
    }

    /// What England's and regions' figures say of the numbers below them.
    fn add_figures(&mut self, table: &Table<'_>, raw: &RawTables) {
        let places = std::iter::once(Place::England).chain((0..raw.geography.regions.len()).map(Place::Region));
        for place in places {
            for (index, key) in table.keys.iter().enumerate() {
                for quantity in 0..table.definition.quantities() {
                    let name = table.name(key, quantity);
                    let Some(numbers) = self.terms(&name, place, raw) else { continue };
                    let round_to = table.policy.round_to;
                    let (low, high) = match table.shown(place, index, quantity) {
                        Some(Shown::Number(number)) => bounds(Rounded::Number(number), round_to),
                        Some(Shown::Low) => bounds(Rounded::Low, round_to),
                        Some(Shown::NotApplicable) => (0, 0),
                        _ => (0, OPEN),
                    };
                    let terms: Vec<(u32, i8)> = numbers.into_iter().map(|at| (at, 1)).collect();
                    let truth = self.truth_of(&terms);
                    let small = (1..=table.policy.small).contains(&truth);
                    let sensitive = small.then_some(Sensitive::SmallFigure);
                    self.count_relation(
                        "a rounded figure of a region or of England and the authorities or regions below it",
                    );
                    self.add_fact(terms, low, high, sensitive, name, place);
                }
            }
        }
    }

    pub(super) fn places(&self, table: &Table<'_>, key: &RowKey, raw: &RawTables) -> Vec<Place> {
        if table.definition.at_authority(key) {
            (0..raw.has_return.len()).filter(|at| raw.has_return[*at]).map(Place::Authority).collect()
        } else {
            (0..raw.geography.regions.len()).map(Place::Region).collect()
        }
    }

    /// whole = parts, in every place where the parts are printed.
    pub(super) fn relate(
        &mut self,
        whole: &CellName,
        parts: &[CellName],
        places: &[Place],
        raw: &RawTables,
        bounds: (i64, i64),
    ) {
        for &place in places {
            let Some(numbers) = self.terms(whole, place, raw) else { continue };
            let mut terms: Vec<(u32, i8)> = numbers.into_iter().map(|at| (at, 1)).collect();
            let found: Option<Vec<Vec<u32>>> = parts.iter().map(|part| self.terms(part, place, raw)).collect();
            let Some(found) = found else { continue };
            terms.extend(found.into_iter().flatten().map(|at| (at, -1)));
            self.add_fact(terms, bounds.0, bounds.1, None, whole.clone(), place);
        }
    }

    /// The lines of a breakdown add up to the total, those of a cross to the lines of the breakdown with one column less.
    fn add_sums(&mut self, table: &Table<'_>, raw: &RawTables) {
        let definition = table.definition;
        for key in &table.keys {
            // Each row is looked at as the whole: the total, or a line of a breakdown.
            let above = definition.categories_of(key);
            for (number, topic) in definition.topics.iter().enumerate() {
                let free: Vec<usize> =
                    (0..topic.columns.len()).filter(|at| !above.contains_key(&topic.columns[*at])).collect();
                let held = topic.columns.len() - free.len();
                if held != above.len() || free.is_empty() || (held > 0 && free.len() > 1) {
                    continue;
                }
                let fits = |categories: &[String]| {
                    topic
                        .columns
                        .iter()
                        .zip(categories)
                        .all(|(column, category)| above.get(column).is_none_or(|wanted| wanted == category))
                };
                let items: Vec<RowKey> = (0..topic.items.len())
                    .filter(|item| fits(&topic.items[*item].categories))
                    .map(|item| RowKey { filters: key.filters.clone(), breakdown: Some((number, item)) })
                    .collect();
                let Some(first) = items.first() else { continue };
                let places = self.places(table, first, raw);
                for quantity in 0..definition.quantities() {
                    let parts: Vec<CellName> = items.iter().map(|item| table.name(item, quantity)).collect();
                    self.count_relation("the categories of a breakdown and the row above them");
                    self.relate(&table.name(key, quantity), &parts, &places, raw, (0, 0));
                }
            }
        }
    }

    fn add_implied(&mut self, policies: &Policies, raw: &RawTables) {
        for implied in &policies.implied {
            let total = |population: &String| (population.clone(), BTreeMap::new());
            let plus: Vec<CellName> = implied.plus.iter().map(total).collect();
            let minus: Vec<CellName> = implied.minus.iter().map(total).collect();
            let about = (implied.name.clone(), BTreeMap::new());
            let small = policies.largest_small();
            self.count_relation("totals of several tables and the units that follow from them");
            for at in (0..raw.has_return.len()).filter(|at| raw.has_return[*at]) {
                let (plus, minus): (Vec<_>, Vec<_>) = (plus.iter().collect(), minus.iter().collect());
                self.add_difference(&plus, &minus, Place::Authority(at), small, &about, raw);
            }
        }
    }

    pub(super) fn add_difference(
        &mut self,
        plus: &[&CellName],
        minus: &[&CellName],
        place: Place,
        small: i64,
        about: &CellName,
        raw: &RawTables,
    ) {
        let signed = plus.iter().map(|name| (*name, 1_i8)).chain(minus.iter().map(|name| (*name, -1)));
        let mut terms = Vec::new();
        for (name, sign) in signed {
            let Some(numbers) = self.terms(name, place, raw) else { return };
            terms.extend(numbers.into_iter().map(|at| (at, sign)));
        }
        let sensitive = (1..=small).contains(&self.truth_of(&terms)).then_some(Sensitive::Implied);
        let about = (format!("{}, less the next cohort within it", about.0), about.1.clone());
        self.add_fact(terms, 0, OPEN, sensitive, about, place);
    }
}

impl<'a> Table<'a> {
    fn new(table: &'a ClearedTable, policy: &'a Policy, truth: &'a crate::aggregate::RawTable) -> Self {
        let definition = table.definition();
        let keys = definition.rows();
        let index: BTreeMap<RowKey, usize> = keys.iter().cloned().enumerate().map(|(at, key)| (key, at)).collect();
        let rows = table.rows().iter().map(|row| ((row.place, index[&row.key]), row)).collect();
        let column = |name: &str| table.columns().iter().position(|column| column.name == name).unwrap_or(0);
        let columns = definition.count_names().into_iter().map(column).collect();
        Self { definition, policy, keys, index, rows, columns, truth, same: BTreeMap::new() }
    }

    pub(super) fn name(&self, key: &RowKey, quantity: usize) -> CellName {
        if key.breakdown.is_none()
            && let Some(same) = self.same.get(&(key.clone(), quantity))
        {
            return same.clone();
        }
        match quantity.checked_sub(1 + self.definition.shares.len()) {
            Some(count) => further_name(self.definition, key, count),
            None if quantity == 0 => count_name(self.definition, key),
            None => share_name(self.definition, key, quantity - 1),
        }
    }

    /// None where an earlier release had no such row.
    fn shown(&self, place: Place, row: usize, quantity: usize) -> Option<Shown> {
        self.rows.get(&(place, row)).map(|row| row.figures[self.columns[quantity]])
    }
}
