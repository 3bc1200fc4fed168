//! Makes cleared tables from raw ones and the pattern of what is hidden.

use super::analyses::clear_analysis;
use super::cleared::{ClearedRow, ClearedTable, ClearedTables, Place, Shown};
use super::derived::{Averages, amount, interval, percentage, rate};
use super::error::DisclosureError;
use super::grid::Grid;
use super::policy::{Policies, Policy};
use super::protect::Protection;
use super::round::{Rounded, round};
use super::system::Figure;
use crate::aggregate::statistics::relative_risk;
use crate::aggregate::{RawTable, RawTables, RowKey, Topic};

pub(super) fn clear(
    raw: &RawTables,
    policies: &Policies,
    grid: &Grid,
    protection: &Protection,
) -> Result<ClearedTables, DisclosureError> {
    let mut tables = Vec::new();
    let mut notes = raw.notes.clone();
    for table in &raw.tables {
        let policy = policies.of(&table.definition.id, &table.definition.policy)?;
        if table.definition.unit_analysis().is_some() {
            let (table, sentences) = clear_analysis(raw, table, policy)?;
            notes.extend(sentences.into_iter().map(|sentence| (table.definition().id.clone(), sentence)));
            tables.push(table);
            continue;
        }
        let pattern = Pattern::Protected { grid, protection };
        let clearing = Clearing { raw, table, policy, pattern };
        tables.push(clearing.table()?);
        notes.extend(clearing.references().map(|sentence| (table.definition.id.clone(), sentence)));
    }
    Ok(ClearedTables {
        year: raw.year,
        geography: raw.geography.clone(),
        has_return: (0..raw.has_return.len()).map(|at| raw.has_return[at] || is_merged(grid, at)).collect(),
        merged: grid.merged.clone(),
        tables,
        notes,
    })
}

/// Whether an authority's units are counted in another's row.
fn is_merged(grid: &Grid, at: usize) -> bool {
    grid.merged.iter().any(|(from, _)| *from == at)
}

/// For whom figures are cleared, and what follows from that.
pub(super) enum Pattern<'a> {
    /// For everybody: what is hidden was chosen for all tables together.
    Protected { grid: &'a Grid, protection: &'a Protection },
    /// For the authority of this number alone: its own figures and no others, with nothing hidden from it.
    Own(usize),
}

pub(super) struct Clearing<'a> {
    pub(super) raw: &'a RawTables,
    pub(super) table: &'a RawTable,
    pub(super) policy: &'a Policy,
    pub(super) pattern: Pattern<'a>,
}

impl Clearing<'_> {
    pub(super) fn table(&self) -> Result<ClearedTable, DisclosureError> {
        let definition = &self.table.definition;
        let keys = definition.rows();
        let mut rows = Vec::new();
        for (place, within) in self.places() {
            for (index, key) in keys.iter().enumerate() {
                let is_published = !matches!(place, Place::Authority(_)) || definition.at_authority(key);
                if !is_published && matches!(self.pattern, Pattern::Protected { .. }) {
                    continue;
                }
                rows.push(ClearedRow { place, key: key.clone(), figures: self.figures(place, &within, index, key)? });
            }
        }
        // A merged authority has a row and nothing in it: the sum stands in the other's.
        let is_own = |row: &&mut ClearedRow| matches!(row.place, Place::Authority(at) if self.is_merged(at));
        for row in rows.iter_mut().filter(is_own).filter(|_| self.policy.protect) {
            row.figures.fill(Shown::Confidential);
        }
        Ok(ClearedTable::new(definition.clone(), rows))
    }

    /// The places that have rows, each with its authorities that have figures.
    fn places(&self) -> Vec<(Place, Vec<usize>)> {
        if let Pattern::Own(at) = self.pattern {
            return vec![(Place::Authority(at), self.counted([at]))];
        }
        let geography = &self.raw.geography;
        let mut places = vec![(Place::England, self.counted(0..geography.authorities.len()))];
        let below = if self.table.definition.analysis.is_some() { 0 } else { geography.authorities.len() };
        for region in (0..geography.regions.len()).filter(|_| below > 0) {
            places.push((Place::Region(region), self.counted(geography.within(region))));
        }
        places.extend((0..below).map(|at| (Place::Authority(at), self.counted([at]))));
        places
    }

    fn is_merged(&self, at: usize) -> bool {
        matches!(self.pattern, Pattern::Protected { grid, .. } if is_merged(grid, at))
    }

    /// The authorities of a place that have figures.
    fn counted(&self, authorities: impl IntoIterator<Item = usize>) -> Vec<usize> {
        let own = |at: usize| !self.policy.protect && self.is_merged(at);
        let has = |at: &usize| !self.table.definition.needs_return || self.raw.has_return[*at] || own(*at);
        authorities.into_iter().filter(has).collect()
    }

    fn figures(&self, place: Place, within: &[usize], row: usize, key: &RowKey) -> Result<Vec<Shown>, DisclosureError> {
        let definition = &self.table.definition;
        let counts: Vec<Shown> =
            (0..definition.quantities()).map(|quantity| self.count(place, within, row, quantity)).collect();
        let mut figures = vec![counts[0]];
        for (number, share) in definition.shares.iter().enumerate() {
            let part = counts[number + 1];
            let whole = counts[definition.part_of(number).map_or(0, |of| of + 1)];
            figures.push(part);
            let is_never = definition.is_never(share, key) && part != Shown::NotAvailable;
            figures.push(if is_never { Shown::NotApplicable } else { percentage(part, whole) });
            if share.interval {
                figures.extend(interval(part, whole));
            }
        }
        figures.extend(&counts[definition.shares.len() + 1..]);
        let names = definition.count_names();
        let shown = |name: &str| names.iter().position(|known| *known == name).map(|quantity| counts[quantity]);
        for one in &definition.rates {
            let figures_of = (shown(&one.numerator), shown(&one.denominator));
            figures.push(if let (Some(part), Some(whole)) = figures_of {
                rate(one, part, whole)
            } else {
                Shown::Confidential
            });
        }
        let part = key.breakdown.is_some();
        let averages = Averages { table: self.table, policy: self.policy, within, row, part, counts: &counts };
        figures.extend(averages.figures()?);
        for (number, one) in definition.amounts.iter().enumerate() {
            let costs: f64 = within.iter().map(|at| self.table.cost(*at, number)).sum();
            figures.push(amount(counts[definition.quantity_of(one.of.as_deref())], costs / within.len().max(1) as f64));
        }
        if definition.analysis.is_some() {
            figures.extend(self.risk(within, key, &counts));
        }
        Ok(figures)
    }

    /// The relative risk of a row with its interval, and whether it is the one that others are compared with, from the
    /// figures as they are shown.
    fn risk(&self, within: &[usize], key: &RowKey, counts: &[Shown]) -> [Shown; 4] {
        let Some((topic, item)) = key.breakdown else { return [Shown::NotApplicable; 4] };
        let reference = self.reference(within, topic);
        let enough = |counts: &[Shown]| {
            let (whole, part) = (counts[0].number()?, counts[1].number()?);
            let usable = whole >= self.policy.analysis_from
                && part >= self.policy.events_from
                && whole - part >= self.policy.events_from;
            (!self.policy.protect || usable).then_some((part.unsigned_abs(), whole.unsigned_abs()))
        };
        let one = enough(counts);
        let is_reference = Shown::Number(i64::from(reference.as_ref().is_some_and(|(number, _)| *number == item)));
        let symbol = match (counts[0], counts[1]) {
            (Shown::NotAvailable, _) => Shown::NotAvailable,
            (Shown::Number(0), _) | (Shown::NotApplicable, _) => Shown::NotApplicable,
            _ => Shown::Confidential,
        };
        let (Some((part, whole)), Some((number, other))) = (one, reference) else {
            return [symbol, symbol, symbol, is_reference];
        };
        if number == item {
            return [Shown::of(1.0, 2), Shown::NotApplicable, Shown::NotApplicable, is_reference];
        }
        let ratio = enough(&other).and_then(|(reference, all)| relative_risk(part, whole, reference, all));
        ratio.map_or([symbol, symbol, symbol, is_reference], |ratio| {
            let [ratio, lower, upper] = [ratio.ratio, ratio.lower, ratio.upper].map(|value| Shown::of(value, 2));
            [ratio, lower, upper, is_reference]
        })
    }

    /// The largest group of a characteristic, by the number shown, and its counts; the first of the largest.
    fn reference(&self, within: &[usize], topic: usize) -> Option<(usize, Vec<Shown>)> {
        let definition = &self.table.definition;
        let keys = definition.rows();
        let mut largest: Option<(i64, usize, Vec<Shown>)> = None;
        for (row, key) in keys.iter().enumerate() {
            let Some((_, item)) = key.breakdown.filter(|(of, _)| *of == topic) else { continue };
            let counts: Vec<Shown> = (0..definition.quantities())
                .map(|quantity| self.count(Place::England, within, row, quantity))
                .collect();
            let Some(units) = counts[0].number().filter(|units| *units > 0) else { continue };
            if largest.as_ref().is_none_or(|(most, ..)| units > *most) {
                largest = Some((units, item, counts));
            }
        }
        largest.map(|(_, item, counts)| (item, counts))
    }

    /// Says with what the groups of a relative risk are compared.
    fn references(&self) -> Option<String> {
        let analysis = self.table.definition.analysis.as_ref()?;
        let within = self.counted(0..self.raw.geography.authorities.len());
        let named = |(number, topic): (usize, &Topic)| {
            let (item, _) = self.reference(&within, number)?;
            Some(format!("{}: {}", topic.label, topic.items[item].label))
        };
        let named: Vec<String> = analysis.groups.iter().enumerate().filter_map(named).collect();
        let text = format!("compared with the largest group of each characteristic ({})", named.join("; "));
        (!named.is_empty()).then_some(text)
    }

    fn count(&self, place: Place, within: &[usize], row: usize, quantity: usize) -> Shown {
        if within.is_empty() {
            return Shown::NotAvailable;
        }
        let truth: i64 = within.iter().map(|at| self.table.count(*at, row, quantity)).sum();
        let Pattern::Protected { grid, protection } = self.pattern else { return Shown::Number(truth) };
        if !self.policy.protect {
            return Shown::Number(truth);
        }
        let definition = &self.table.definition;
        let slot = grid.cells[&definition.id][row * definition.quantities() + quantity];
        if grid.slots[slot].impossible {
            return Shown::NotApplicable;
        }
        let region = match place {
            Place::Authority(at) => {
                let hidden = protection.system.variables[protection.system.variable(slot, at)].hidden;
                return if hidden { Shown::Confidential } else { Shown::Number(truth) };
            }
            Place::Region(region) => Some(region as u32),
            Place::England => None,
        };
        if protection.figures.contains(&Figure { slot: slot as u32, region }) {
            return Shown::Confidential;
        }
        match round(truth, self.policy.round_to) {
            Rounded::Number(number) => Shown::Number(number),
            Rounded::Low => Shown::Low,
        }
    }
}
