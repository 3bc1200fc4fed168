//! Makes cleared tables from raw ones and the pattern of what is hidden.

use super::cleared::{ClearedRow, ClearedTable, ClearedTables, Place, Shown};
use super::error::DisclosureError;
use super::grid::Grid;
use super::policy::{Policies, Policy};
use super::protect::Protection;
use super::round::{Rounded, round};
use super::system::Figure;
use crate::aggregate::statistics::wilson;
use crate::aggregate::{Definition, RawTable, RawTables};

pub(super) fn clear(
    raw: &RawTables,
    policies: &Policies,
    grid: &Grid,
    protection: &Protection,
) -> Result<ClearedTables, DisclosureError> {
    let mut tables = Vec::new();
    for table in &raw.tables {
        let policy = policies.of(&table.definition.id, &table.definition.policy)?;
        tables.push(Clearing { raw, table, policy, grid, protection }.table());
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
    fn table(&self) -> ClearedTable {
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
                rows.push(ClearedRow { place, key: key.clone(), figures: self.figures(place, &within, index) });
            }
        }
        ClearedTable::new(definition.clone(), rows)
    }

    /// The authorities of a place that have figures.
    fn counted(&self, authorities: impl IntoIterator<Item = usize>) -> Vec<usize> {
        let has = |at: &usize| !self.table.definition.needs_return || self.raw.has_return[*at];
        authorities.into_iter().filter(has).collect()
    }

    fn figures(&self, place: Place, within: &[usize], row: usize) -> Vec<Shown> {
        let definition = &self.table.definition;
        let counts: Vec<Shown> =
            (0..definition.quantities()).map(|quantity| self.count(place, within, row, quantity)).collect();
        let mut figures = vec![counts[0]];
        for (number, share) in definition.shares.iter().enumerate() {
            let part = counts[number + 1];
            figures.push(part);
            figures.push(percentage(part, counts[0]));
            if share.interval {
                figures.extend(interval(part, counts[0]));
            }
        }
        for number in 0..definition.means.len() {
            figures.push(self.mean(definition, &counts, place, within, row, number));
        }
        figures
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

    fn mean(
        &self,
        definition: &Definition,
        counts: &[Shown],
        place: Place,
        within: &[usize],
        row: usize,
        number: usize,
    ) -> Shown {
        let mean = &definition.means[number];
        let of = mean.of.as_ref().and_then(|of| definition.shares.iter().position(|share| share.column == *of));
        let quantity = of.map_or(0, |share| share + 1);
        match counts[quantity] {
            Shown::Number(0) => Shown::NotApplicable,
            Shown::Number(_) => {
                let units: i64 = within.iter().map(|at| self.table.count(*at, row, quantity)).sum();
                let sum: f64 = within.iter().map(|at| self.table.sum(*at, row, number)).sum();
                let enough = units >= self.policy.mean_from && units > 0;
                // Only totals of authorities: a mean beside the mean of a part tells the mean of the rest.
                let part = matches!(place, Place::Authority(_)) && definition.rows()[row].breakdown.is_some();
                if !enough || (self.policy.protect && part) {
                    return Shown::Confidential;
                }
                Shown::Decimal(rounded(sum / units as f64, mean.decimals), mean.decimals)
            }
            Shown::NotAvailable => Shown::NotAvailable,
            Shown::NotApplicable => Shown::NotApplicable,
            Shown::Confidential | Shown::Low | Shown::Decimal(..) => Shown::Confidential,
        }
    }
}

/// A whole percentage of two figures as they are shown, so that it tells nothing that they don't; halves go up.
fn percentage(part: Shown, whole: Shown) -> Shown {
    match (part, whole) {
        (Shown::NotAvailable, _) | (_, Shown::NotAvailable) => Shown::NotAvailable,
        (Shown::NotApplicable, _) | (_, Shown::NotApplicable | Shown::Number(0)) => Shown::NotApplicable,
        (Shown::Number(part), Shown::Number(whole)) => Shown::Number((200 * part + whole) / (2 * whole)),
        (Shown::Low, Shown::Number(_)) => Shown::Low,
        _ => Shown::Confidential,
    }
}

/// The 95% interval of a percentage, from the figures as they are shown.
fn interval(part: Shown, whole: Shown) -> [Shown; 2] {
    if let (Shown::Number(part), Shown::Number(whole)) = (part, whole)
        && let Some((lower, upper)) = wilson(part.unsigned_abs(), whole.unsigned_abs())
    {
        return [lower, upper].map(|end| Shown::Decimal(rounded(end * 100.0, 1), 1));
    }
    [percentage(part, whole); 2]
}

/// Rounds half away from zero, so that the text does not depend on how the formatter breaks ties.
fn rounded(value: f64, decimals: u8) -> f64 {
    let scale = 10_f64.powi(i32::from(decimals));
    let whole = (value * scale).round() / scale;
    // Negative nought would be written with its sign.
    if whole == 0.0 { 0.0 } else { whole }
}
