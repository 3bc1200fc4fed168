//! Means of groups that nobody prints: a mean of the whole beside means of its parts gives the mean of the rest.
//!
//! Where the units of the parts without a mean are fewer than the policy's number, their mean must stay uncertain. With
//! the whole's mean `m`, parts of `n` units with the means `p`, and `r` units left, the mean of those left is
//! `m + sum of (m - p) * n / r`, so it is as uncertain as the rounding of the means and of the numbers makes it.
//!
//! Means of earlier releases of the year stay known. One that was shown when the number of units was what it is now counts
//! as shown in a whole or a part; and where a mean is shown again beside another number of units, or is another, the
//! units that came, went or were corrected are a group of nobody's: `n * m` of now less `n * m` of then, among the fewest
//! that they can be, must leave as much room as the mean of any other small group.

use super::cleared::{ClearedTable, ClearedTables, Place, Shown};
use super::earlier::EarlierMeans;
use super::error::DisclosureError;
use super::policy::{Policies, Policy};
use super::round::{Rounded, bounds};
use crate::aggregate::{Definition, Geography, RawTable, RawTables, RowKey};
use std::collections::BTreeMap;

/// A mean that can be worked out.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Leak {
    pub(super) table: usize,
    /// The row and the column of the whole's mean.
    pub(super) whole: (usize, usize),
    /// The row of the shown part with the fewest units.
    pub(super) smallest: Option<usize>,
}

/// What the attacker tried.
#[derive(Debug, Default)]
pub(super) struct Attacked {
    /// Wholes and parts whose means were set against each other, with few units left over.
    pub(super) relations: usize,
    pub(super) leaks: Vec<Leak>,
}

/// Hides means until none of a small group can be worked out: of the parts that are shown the smallest first.
pub(super) fn protect(
    tables: &mut ClearedTables,
    raw: &RawTables,
    policies: &Policies,
    before: &EarlierMeans,
) -> Result<(), DisclosureError> {
    loop {
        let leaks = attack(tables, raw, policies, before)?.leaks;
        if leaks.is_empty() {
            return Ok(());
        }
        for leak in leaks {
            tables.tables[leak.table].hide(leak.smallest.unwrap_or(leak.whole.0), leak.whole.1);
        }
    }
}

/// Sets every shown mean against the means of the parts below it.
pub(super) fn attack(
    tables: &ClearedTables,
    raw: &RawTables,
    policies: &Policies,
    before: &EarlierMeans,
) -> Result<Attacked, DisclosureError> {
    let mut attacked = Attacked::default();
    for (number, (table, truth)) in tables.tables().iter().zip(&raw.tables).enumerate() {
        let definition = table.definition();
        let policy = policies.of(&definition.id, &definition.policy)?;
        if !policy.protect || definition.means.is_empty() {
            continue;
        }
        let attacking = Attacking::new(number, (table, truth), policy, &raw.geography, before);
        for (mean, one) in definition.means.iter().enumerate() {
            let at = |name: &str| table.columns().iter().position(|column| column.name == name).unwrap_or(0);
            let quantity = definition.quantity_of(one.of.as_deref());
            let column = at(&definition.means[mean].name);
            let units = at(definition.count_names()[quantity]);
            let half = 0.5 * 10_f64.powi(-i32::from(one.decimals));
            let width = f64::from(policy.mean_width(definition, &one.measure)?);
            attacking.run(&Measure { column, units, quantity, half, width }, &mut attacked);
        }
    }
    Ok(attacked)
}

struct Measure {
    column: usize,
    /// The column of the units that the mean is of.
    units: usize,
    quantity: usize,
    /// How far rounding moves a mean.
    half: f64,
    /// How uncertain the mean of a small group must be.
    width: f64,
}

struct Attacking<'a> {
    number: usize,
    table: &'a ClearedTable,
    truth: &'a RawTable,
    policy: &'a Policy,
    before: &'a EarlierMeans<'a>,
    geography: &'a Geography,
    keys: BTreeMap<RowKey, usize>,
    rows: BTreeMap<(Place, usize), usize>,
}

impl<'a> Attacking<'a> {
    fn new(
        number: usize,
        (table, truth): (&'a ClearedTable, &'a RawTable),
        policy: &'a Policy,
        geography: &'a Geography,
        before: &'a EarlierMeans<'a>,
    ) -> Self {
        let keys: BTreeMap<RowKey, usize> =
            table.definition().rows().into_iter().enumerate().map(|(at, key)| (key, at)).collect();
        let rows = table.rows().iter().enumerate().map(|(at, row)| ((row.place, keys[&row.key]), at)).collect();
        Self { number, table, truth, policy, before, geography, keys, rows }
    }

    fn run(&self, measure: &Measure, attacked: &mut Attacked) {
        for (&(place, key), &row) in &self.rows {
            let below: Vec<Place> = match place {
                Place::England => (0..self.geography.regions.len()).map(Place::Region).collect(),
                Place::Region(region) => self.geography.within(region).map(Place::Authority).collect(),
                Place::Authority(_) => Vec::new(),
            };
            let parts: Option<Vec<usize>> = below.iter().map(|place| self.rows.get(&(*place, key)).copied()).collect();
            self.set_against(measure, row, &parts.unwrap_or_default(), attacked);
            self.set_against_earlier(measure, row, attacked);
            let whole = &self.table.rows()[row].key;
            if whole.breakdown.is_some() {
                continue;
            }
            for (topic, given) in self.table.definition().topics.iter().enumerate() {
                let item = |item| {
                    let key = RowKey { filters: whole.filters.clone(), breakdown: Some((topic, item)) };
                    self.rows.get(&(place, *self.keys.get(&key)?)).copied()
                };
                let parts: Option<Vec<usize>> = (0..given.items.len()).map(item).collect();
                self.set_against(measure, row, &parts.unwrap_or_default(), attacked);
            }
        }
    }

    fn set_against(&self, measure: &Measure, whole: usize, parts: &[usize], attacked: &mut Attacked) {
        let Some(mean) = self.known_mean(whole, measure).filter(|_| !parts.is_empty()) else { return };
        let (shown, left): (Vec<usize>, Vec<usize>) =
            parts.iter().partition(|part| self.known_mean(**part, measure).is_some());
        let of_now: Vec<usize> =
            shown.iter().copied().filter(|part| self.mean(*part, measure.column).is_some()).collect();
        if of_now.is_empty() && self.mean(whole, measure.column).is_none() {
            // Earlier releases tell it: nothing that is shown now does.
            return;
        }
        let units_left: i64 = left.iter().map(|part| self.units(*part, measure.quantity)).sum();
        if !(1..self.policy.mean_from).contains(&units_left) {
            return;
        }
        attacked.relations += 1;
        let (mut low, mut high) = (0.0, 0.0);
        for part in &shown {
            let difference = mean - self.known_mean(*part, measure).unwrap_or(mean);
            let (least, most) = self.known_units(*part, measure.units);
            let ends = [least, most].map(|units| units as f64);
            let each = ends.iter().flat_map(|units| [-2.0, 2.0].map(|way| (difference + way * measure.half) * units));
            let each: Vec<f64> = each.collect();
            low += each.iter().copied().fold(f64::INFINITY, f64::min);
            high += each.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        }
        let known: Vec<(i64, i64)> = left.iter().map(|part| self.known_units(*part, measure.units)).collect();
        let fewest = known.iter().map(|(least, _)| least).sum::<i64>().max(1) as f64;
        let most = known.iter().map(|(_, most)| most).sum::<i64>().max(1).min(self.policy.mean_from) as f64;
        let ends = [fewest, most.max(fewest)].into_iter().flat_map(|units| [low / units, high / units]);
        let (least, greatest) =
            ends.fold((f64::INFINITY, f64::NEG_INFINITY), |(least, greatest), end| (least.min(end), greatest.max(end)));
        if greatest - least + 2.0 * measure.half < measure.width {
            let smallest = of_now.into_iter().min_by_key(|part| self.units(*part, measure.quantity));
            attacked.leaks.push(Leak { table: self.number, whole: (whole, measure.column), smallest });
        }
    }

    /// A mean of an earlier release beside that of now: what it tells of those who are only in one of them.
    fn set_against_earlier(&self, measure: &Measure, row: usize, attacked: &mut Attacked) {
        let Some(now) = self.mean(row, measure.column) else { return };
        let (few, many) = self.known_units(row, measure.units);
        let figures = &self.table.rows()[row].figures;
        for [then, units] in self.shown_before(row, measure) {
            let Some(mean) = value(then) else { continue };
            if (then, units) == (figures[measure.column], figures[measure.units]) {
                continue;
            }
            let (few_then, many_then) = self.units_of(units, self.table.rows()[row].place);
            let fewest = (few - many_then).max(few_then - many).max(1);
            let most = (many - few_then).max(many_then - few).clamp(fewest, self.policy.mean_from.max(fewest));
            if fewest >= self.policy.mean_from {
                continue;
            }
            attacked.relations += 1;
            let half = measure.half;
            let ends = |mean: f64, units: [i64; 2]| {
                let each =
                    units.into_iter().flat_map(move |units| [mean - half, mean + half].map(|mean| mean * units as f64));
                each.fold((f64::INFINITY, f64::NEG_INFINITY), |(least, most), end| (least.min(end), most.max(end)))
            };
            let (now, then) = (ends(now, [few, many]), ends(mean, [few_then, many_then]));
            let (least, greatest) = (now.0 - then.1, now.1 - then.0);
            if (greatest - least) / (most as f64) < measure.width {
                attacked.leaks.push(Leak { table: self.number, whole: (row, measure.column), smallest: None });
                return;
            }
        }
    }

    /// The mean and the units of a row as earlier releases showed them, the latest first.
    fn shown_before(&self, row: usize, measure: &Measure) -> Vec<[Shown; 2]> {
        let names = [measure.column, measure.units].map(|at| self.table.columns()[at].name.as_str());
        let row = &self.table.rows()[row];
        self.before.shown(self.table.definition(), row.place, &row.key, names)
    }

    fn mean(&self, row: usize, column: usize) -> Option<f64> {
        value(self.table.rows()[row].figures[column])
    }

    /// A mean that is shown now, or was when there were as many units.
    fn known_mean(&self, row: usize, measure: &Measure) -> Option<f64> {
        self.mean(row, measure.column).or_else(|| {
            let units = self.units(row, measure.quantity);
            let place = self.table.rows()[row].place;
            let same = |shown: &[Shown; 2]| {
                let (least, most) = self.units_of(shown[1], place);
                shown[1] != Shown::Confidential && (least..=most).contains(&units)
            };
            self.shown_before(row, measure).into_iter().filter(same).find_map(|shown| value(shown[0]))
        })
    }

    /// The true number of units.
    fn units(&self, row: usize, quantity: usize) -> i64 {
        let row = &self.table.rows()[row];
        let key = self.keys[&row.key];
        row.place.authorities(self.geography).into_iter().map(|at| self.truth.count(at, key, quantity)).sum()
    }

    /// What the number that is shown says of the units.
    fn known_units(&self, row: usize, column: usize) -> (i64, i64) {
        let row = &self.table.rows()[row];
        self.units_of(row.figures[column], row.place)
    }

    fn units_of(&self, shown: Shown, place: Place) -> (i64, i64) {
        let rounded = |shown| bounds(shown, self.policy.round_to);
        match (shown, place) {
            (Shown::Number(number), Place::Authority(_)) => (number, number),
            (Shown::Number(number), _) => rounded(Rounded::Number(number)),
            (Shown::Low, _) => rounded(Rounded::Low),
            (Shown::Confidential, _) => (0, self.policy.mean_from),
            _ => (0, 0),
        }
    }
}

impl Policy {
    /// How uncertain the mean of a small group must be, in what is measured.
    fn mean_width(&self, definition: &Definition, measure: &str) -> Result<u32, DisclosureError> {
        let missing = || DisclosureError::NoWidth {
            indicator: definition.id.clone(),
            policy: definition.policy.clone(),
            measure: measure.to_owned(),
        };
        self.mean_widths.get(measure).copied().filter(|width| *width > 0).ok_or_else(missing)
    }
}

fn value(shown: Shown) -> Option<f64> {
    match shown {
        Shown::Decimal(value, _) => Some(value),
        Shown::Number(value) => Some(value as f64),
        _ => None,
    }
}
