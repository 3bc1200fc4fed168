//! Makes cleared tables from raw ones and the pattern of what is hidden.

use super::cleared::{ClearedRow, ClearedTable, ClearedTables, Place, Shown};
use super::derived::{Averages, amount, interval, percentage, rate};
use super::error::DisclosureError;
use super::grid::Grid;
use super::policy::{Policies, Policy};
use super::protect::Protection;
use super::round::{Rounded, round};
use super::system::Figure;
use crate::aggregate::{RawTable, RawTables, RowKey};

pub(super) fn clear(
    raw: &RawTables,
    policies: &Policies,
    grid: &Grid,
    protection: &Protection,
) -> Result<ClearedTables, DisclosureError> {
    let mut tables = Vec::new();
    for table in &raw.tables {
        let policy = policies.of(&table.definition.id, &table.definition.policy)?;
        tables.push(Clearing { raw, table, policy, grid, protection }.table()?);
    }
    Ok(ClearedTables {
        year: raw.year,
        geography: raw.geography.clone(),
        has_return: raw.has_return.clone(),
        tables,
        notes: raw.notes.clone(),
    })
}

struct Clearing<'a> {
    raw: &'a RawTables,
    table: &'a RawTable,
    policy: &'a Policy,
    grid: &'a Grid,
    protection: &'a Protection,
}

impl Clearing<'_> {
    fn table(&self) -> Result<ClearedTable, DisclosureError> {
        let definition = &self.table.definition;
        let keys = definition.rows();
        let geography = &self.raw.geography;
        let mut places = vec![(Place::England, self.counted(0..geography.authorities.len()))];
        for region in 0..geography.regions.len() {
            places.push((Place::Region(region), self.counted(geography.within(region))));
        }
        places.extend((0..geography.authorities.len()).map(|at| (Place::Authority(at), self.counted([at]))));
        let mut rows = Vec::new();
        for (place, within) in places {
            for (index, key) in keys.iter().enumerate() {
                if matches!(place, Place::Authority(_)) && !definition.at_authority(key) {
                    continue;
                }
                rows.push(ClearedRow { place, key: key.clone(), figures: self.figures(place, &within, index, key)? });
            }
        }
        Ok(ClearedTable::new(definition.clone(), rows))
    }

    /// The authorities of a place that have figures.
    fn counted(&self, authorities: impl IntoIterator<Item = usize>) -> Vec<usize> {
        let has = |at: &usize| !self.table.definition.needs_return || self.raw.has_return[*at];
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
            figures.push(percentage(part, whole));
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
        let averages = Averages { table: self.table, policy: self.policy, place, within, row, part, counts: &counts };
        figures.extend(averages.figures()?);
        for (number, one) in definition.amounts.iter().enumerate() {
            let costs: f64 = within.iter().map(|at| self.table.cost(*at, number)).sum();
            figures.push(amount(counts[definition.quantity_of(one.of.as_deref())], costs / within.len().max(1) as f64));
        }
        Ok(figures)
    }

    fn count(&self, place: Place, within: &[usize], row: usize, quantity: usize) -> Shown {
        if within.is_empty() {
            return Shown::NotAvailable;
        }
        let truth: i64 = within.iter().map(|at| self.table.count(*at, row, quantity)).sum();
        if !self.policy.protect {
            return Shown::Number(truth);
        }
        let definition = &self.table.definition;
        let slot = self.grid.cells[&definition.id][row * definition.quantities() + quantity];
        if self.grid.slots[slot].impossible {
            return Shown::NotApplicable;
        }
        let region = match place {
            Place::Authority(at) => {
                let hidden = self.protection.system.variables[self.protection.system.variable(slot, at)].hidden;
                return if hidden { Shown::Confidential } else { Shown::Number(truth) };
            }
            Place::Region(region) => Some(region as u32),
            Place::England => None,
        };
        if self.protection.figures.contains(&Figure { slot: slot as u32, region }) {
            return Shown::Confidential;
        }
        match round(truth, self.policy.round_to) {
            Rounded::Number(number) => Shown::Number(number),
            Rounded::Low => Shown::Low,
        }
    }
}
