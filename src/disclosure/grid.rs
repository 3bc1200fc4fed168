//! Every number of all protected tables under one name, and how they add up.
//!
//! A cell is a population with a category of none, one or more dimensions. Two tables that count the same units print
//! the same cell, and a share's number is a cell with one dimension more. What is not printed but follows by
//! subtraction (what is left of a denominator, the difference of nested cohorts) is a cell too.

use super::error::DisclosureError;
use super::policy::{Cell, ClassDisclosure, Policies, Policy};
use crate::aggregate::{Definition, RawTable, RawTables, RowKey};
use std::collections::{BTreeMap, BTreeSet};

pub(super) type CellName = (String, BTreeMap<String, String>);

/// One cell, for every place.
#[derive(Debug, Clone)]
pub(super) struct Slot {
    pub(super) name: CellName,
    /// Printed for authorities, or from regions upwards only.
    pub(super) at_authority: bool,
    pub(super) printed: bool,
    /// Stands in a row without a breakdown: what people look at first.
    pub(super) total: bool,
    /// Cannot be anything but zero.
    pub(super) impossible: bool,
    pub(super) small: i64,
    pub(super) round_to: i64,
    /// The population's cell and what is left of it, where "all of them" is as telling as a small number.
    pub(super) class: Option<(usize, usize)>,
}

/// The whole is the sum of its parts, in every place.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Sum {
    pub(super) whole: usize,
    pub(super) parts: Vec<usize>,
}

pub(super) struct Grid {
    pub(super) slots: Vec<Slot>,
    pub(super) by_name: BTreeMap<CellName, usize>,
    /// For each slot, the true count of each authority; 0 where it made no return.
    pub(super) truth: Vec<Vec<i64>>,
    pub(super) sums: Vec<Sum>,
    /// Some less others is at least nothing, in every region: (the some, the others).
    pub(super) at_least: Vec<(Vec<usize>, Vec<usize>)>,
    /// (authority, the one in whose row its units are counted).
    pub(super) merged: Vec<(usize, usize)>,
    pub(super) width: i64,
    /// For each protected indicator, the cells of its rows: row by row, the units, each share, each further number.
    pub(super) cells: BTreeMap<String, Vec<usize>>,
    /// (population, dimension) whose cells do not make up the whole: their sums are given one by one.
    partial: BTreeSet<(String, String)>,
}

impl Grid {
    pub(super) fn new(raw: &RawTables, policies: &Policies) -> Result<Self, DisclosureError> {
        let mut grid = Self {
            slots: Vec::new(),
            by_name: BTreeMap::new(),
            truth: Vec::new(),
            sums: Vec::new(),
            at_least: Vec::new(),
            merged: Vec::new(),
            width: 1,
            cells: BTreeMap::new(),
            partial: BTreeSet::new(),
        };
        // A share that is the same number as another table's total finds that table already there.
        let borrows = |table: &&RawTable| table.definition.shares.iter().any(|share| share.same_as.is_some());
        let (later, first): (Vec<&RawTable>, Vec<&RawTable>) = raw.tables.iter().partition(borrows);
        for table in first.into_iter().chain(later) {
            let policy = policies.of(&table.definition.id, &table.definition.policy)?;
            if policy.protect && table.definition.unit_analysis().is_none() {
                grid.width = grid.width.max(policy.width);
                grid.add_table(raw, table, policy)?;
            }
        }
        grid.add_impossible(policies)?;
        grid.add_equations(policies);
        grid.add_category_sums();
        grid.add_nested(raw, policies)?;
        grid.add_implied(policies);
        grid.check_sums()?;
        Ok(grid)
    }

    /// Two names for what is left of one share, or a category that is missing, would make a sum that does not hold.
    fn check_sums(&self) -> Result<(), DisclosureError> {
        let holds = |sum: &Sum, place: usize| {
            sum.parts.iter().map(|part| self.truth[*part][place]).sum::<i64>() == self.truth[sum.whole][place]
        };
        let wrong = self.sums.iter().find(|sum| (0..self.truth[sum.whole].len()).any(|place| !holds(sum, place)));
        let population = |sum: &Sum| self.slots[sum.whole].name.0.clone();
        wrong.map_or(Ok(()), |sum| Err(DisclosureError::NotTheSum { population: population(sum) }))
    }

    fn slot(&mut self, name: CellName, truth: Vec<i64>, policy: &Policy) -> Result<usize, DisclosureError> {
        if let Some(&known) = self.by_name.get(&name) {
            if self.truth[known] != truth {
                return Err(DisclosureError::PopulationsDiffer { population: name.0 });
            }
            return Ok(known);
        }
        let slot = Slot {
            name: name.clone(),
            at_authority: false,
            printed: false,
            total: false,
            impossible: false,
            small: policy.small,
            round_to: policy.round_to,
            class: None,
        };
        self.slots.push(slot);
        self.truth.push(truth);
        self.by_name.insert(name, self.slots.len() - 1);
        Ok(self.slots.len() - 1)
    }

    fn add_table(&mut self, raw: &RawTables, table: &RawTable, policy: &Policy) -> Result<(), DisclosureError> {
        let definition = &table.definition;
        let authorities = 0..raw.geography.authorities.len();
        let mut cells = Vec::new();
        for (index, row) in definition.rows().iter().enumerate() {
            let truth = |quantity: usize| -> Vec<i64> {
                authorities.clone().map(|at| table.count(at, index, quantity)).collect()
            };
            let at_authority = definition.at_authority(row);
            let whole = self.slot(count_name(definition, row), truth(0), policy)?;
            self.print(whole, at_authority);
            self.slots[whole].total |= row.breakdown.is_none();
            cells.push(whole);
            let first = cells.len();
            for (number, share) in definition.shares.iter().enumerate() {
                let counts = truth(number + 1);
                let mut name = share_name(definition, row, number);
                if let Some(population) = &share.same_as
                    && row.breakdown.is_none()
                {
                    // The first table that counts it gives it the name.
                    let same = (definition.filled(population, row), BTreeMap::new());
                    if self.by_name.get(&same).is_none_or(|known| self.truth[*known] == counts) {
                        name = same;
                    }
                }
                let part = self.slot(name, counts, policy)?;
                self.print(part, at_authority);
                self.slots[part].total |= row.breakdown.is_none();
                cells.push(part);
                // What the share is a part of: the units, or another share.
                let base = definition.part_of(number).map_or(whole, |of| cells[first + of]);
                let alone =
                    definition.shares.iter().filter(|other| other.dimension() == share.dimension()).count() == 1;
                let left = self.less(base, part);
                let rest = self.slot(rest_name(definition, row, number, alone), left, policy)?;
                self.slots[rest].at_authority |= at_authority;
                if share.open_rest {
                    self.slots[rest].small = 0;
                }
                if !alone || base != whole || self.slots[part].name.0 != self.slots[whole].name.0 {
                    let dimension = rest_dimension(definition, row, number, alone);
                    self.partial.insert((self.slots[rest].name.0.clone(), dimension));
                    self.sums.push(Sum { whole: base, parts: vec![part, rest] });
                }
                if policy.class_disclosure == ClassDisclosure::All && !share.open_rest {
                    self.slots[part].class = Some((base, rest));
                }
                if let Some(holder) = definition.held_by(number) {
                    self.add_between(cells[first + holder], part, at_authority, policy)?;
                }
                if let Some(above) = definition.row_above(row)
                    && let Some(&holder) = self.by_name.get(&share_name(definition, &above, number))
                {
                    self.add_between(holder, part, at_authority, policy)?;
                }
            }
            for number in 0..definition.counts.len() {
                let name = further_name(definition, row, number);
                let slot = self.slot(name, truth(1 + definition.shares.len() + number), policy)?;
                self.print(slot, at_authority);
                self.slots[slot].total |= row.breakdown.is_none();
                cells.push(slot);
            }
            self.add_shared_dimensions(definition, row, whole, policy, at_authority)?;
        }
        self.cells.insert(definition.id.clone(), cells);
        Ok(())
    }

    fn less(&self, whole: usize, part: usize) -> Vec<i64> {
        self.truth[whole].iter().zip(&self.truth[part]).map(|(all, some)| all - some).collect()
    }

    /// What lies between a share and another that holds all of its units is a number of them too.
    fn add_between(
        &mut self,
        holder: usize,
        part: usize,
        at_authority: bool,
        policy: &Policy,
    ) -> Result<(), DisclosureError> {
        let mut name = self.slots[holder].name.clone();
        let inner = self.slots[part].name.1.iter().filter(|(dimension, _)| !name.1.contains_key(*dimension));
        let inner: Vec<String> = inner.map(|(dimension, _)| dimension.clone()).collect();
        name.1.insert("without".to_owned(), inner.join(", "));
        self.partial.insert((name.0.clone(), "without".to_owned()));
        let between = self.slot(name, self.less(holder, part), policy)?;
        self.slots[between].at_authority |= at_authority;
        self.sums.push(Sum { whole: holder, parts: vec![part, between] });
        Ok(())
    }

    /// Shares of one dimension do not overlap: together with the rest they make up the whole.
    fn add_shared_dimensions(
        &mut self,
        definition: &Definition,
        row: &RowKey,
        whole: usize,
        policy: &Policy,
        at_authority: bool,
    ) -> Result<(), DisclosureError> {
        let mut dimensions: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        for (number, share) in definition.shares.iter().enumerate() {
            dimensions.entry(share.dimension()).or_default().push(number);
        }
        for (dimension, shares) in dimensions.into_iter().filter(|(_, shares)| shares.len() > 1) {
            let mut parts = Vec::new();
            let mut left = self.truth[whole].clone();
            for number in shares {
                // The part as it was named when it was added: under its own name, or under that of the same number.
                let (population, mut name) = (self.slots[whole].name.0.clone(), self.slots[whole].name.1.clone());
                let share = &definition.shares[number];
                name.insert(definition.dimension_of(row, number), share.category().to_owned());
                let own = self.by_name.get(&(population, name)).copied();
                let same = share.same_as.as_ref().map(|same| (definition.filled(same, row), BTreeMap::new()));
                let same = same.and_then(|name| self.by_name.get(&name));
                let Some(part) = own.or(same.copied()) else { continue };
                left.iter_mut().zip(&self.truth[part]).for_each(|(left, some)| *left -= some);
                parts.push(part);
            }
            if definition.exhaustive.iter().any(|known| known == dimension) {
                self.partial.insert((definition.population_of(row), dimension.to_owned()));
                self.sums.push(Sum { whole, parts });
                continue;
            }
            let mut name = definition.categories_of(row);
            name.insert(dimension.to_owned(), "the rest".to_owned());
            let rest = self.slot((definition.population_of(row), name), left, policy)?;
            self.slots[rest].at_authority |= at_authority;
            self.partial.insert((definition.population_of(row), dimension.to_owned()));
            parts.push(rest);
            self.sums.push(Sum { whole, parts });
        }
        Ok(())
    }

    fn print(&mut self, slot: usize, at_authority: bool) {
        self.slots[slot].printed = true;
        self.slots[slot].at_authority |= at_authority;
    }

    fn add_impossible(&mut self, policies: &Policies) -> Result<(), DisclosureError> {
        for impossible in &policies.impossible {
            let name = (impossible.population.clone(), impossible.cell.clone());
            let Some(&slot) = self.by_name.get(&name) else { continue };
            if self.truth[slot].iter().any(|count| *count != 0) {
                return Err(DisclosureError::NotImpossible { population: impossible.population.clone() });
            }
            self.slots[slot].impossible = true;
        }
        Ok(())
    }

    /// The categories of a dimension add up to the cell without it, wherever both are there.
    fn add_category_sums(&mut self) {
        let mut families: BTreeMap<(CellName, String), Vec<usize>> = BTreeMap::new();
        for (number, slot) in self.slots.iter().enumerate() {
            for dimension in slot.name.1.keys() {
                if self.partial.contains(&(slot.name.0.clone(), dimension.clone())) {
                    continue;
                }
                let mut above = slot.name.clone();
                above.1.remove(dimension);
                families.entry((above, dimension.clone())).or_default().push(number);
            }
        }
        for ((above, _), parts) in families {
            if let Some(&whole) = self.by_name.get(&above) {
                self.sums.push(Sum { whole, parts });
            }
        }
        self.sums.sort();
        self.sums.dedup();
    }

    /// What lies between two nested cohorts is a number of children too, and so are those of a share in one of them, in both
    /// and in the other only. Of regions' own rows it is enough that none of them is below nothing: they are rounded.
    fn add_nested(&mut self, raw: &RawTables, policies: &Policies) -> Result<(), DisclosureError> {
        for table in &raw.tables {
            let definition = &table.definition;
            let Some(cells) = self.cells.get(&definition.id).cloned() else { continue };
            let rows: BTreeMap<RowKey, usize> =
                definition.rows().into_iter().enumerate().map(|(number, row)| (row, number)).collect();
            let class = policies.of(&definition.id, &definition.policy)?.class_disclosure == ClassDisclosure::All;
            for (outer, inner) in definition.nested() {
                let numbers = [rows[&outer], rows[&inner]];
                let slots = |quantity: usize| numbers.map(|row| cells[row * definition.quantities() + quantity]);
                let [all, some] = slots(0);
                if !(definition.at_authority(&outer) && definition.at_authority(&inner)) {
                    if definition.is_next(&outer, &inner) {
                        self.at_least.push((vec![all], vec![some]));
                        for [more, fewer] in definition.staying().map(|share| slots(share + 1)) {
                            self.at_least.push((vec![all, fewer], vec![some, more]));
                        }
                    }
                    continue;
                }
                let name = |what: &str| {
                    let names = [all, some].map(|slot| self.slots[slot].name.0.as_str());
                    (format!("{} and not {}{what}", names[0], names[1]), self.slots[all].name.1.clone())
                };
                let names = ["", ", of the share", ", in the longer only", ", and not of the share"].map(name);
                let [between, of_share, later, left] = names;
                let between = self.add_difference(between, &[all], &[some]);
                for share in definition.staying() {
                    let named = |name: &CellName| {
                        let mut name = name.clone();
                        name.1.insert(
                            definition.dimension_of(&outer, share),
                            definition.shares[share].category().to_owned(),
                        );
                        name
                    };
                    let [more, fewer] = slots(share + 1);
                    let truth = (0..raw.has_return.len()).map(|at| table.within(at, numbers[0], numbers[1], share));
                    let within = self.hidden(within_name(definition, &outer, &inner, share), truth.collect(), all);
                    let of_share = self.add_difference(named(&of_share), &[more], &[within]);
                    self.add_difference(named(&later), &[fewer], &[within]);
                    let left = self.add_difference(named(&left), &[between], &[of_share]);
                    if definition.shares[share].open_rest {
                        self.slots[left].small = 0;
                    } else if class {
                        self.slots[of_share].class = Some((between, left));
                    }
                }
            }
        }
        Ok(())
    }

    /// Sums that hold by definition between cells of different tables; a cell that is in no table joins nothing.
    fn add_equations(&mut self, policies: &Policies) {
        for equation in &policies.sums {
            let find = |cell: &Cell| self.by_name.get(&cell.name()).copied();
            let parts: Option<Vec<usize>> = equation.parts.iter().map(find).collect();
            let (Some(whole), Some(parts)) = (find(&equation.whole), parts) else { continue };
            self.sums.push(Sum { whole, parts });
        }
    }

    /// A number follows only where all that it follows from is in a table.
    fn add_implied(&mut self, policies: &Policies) {
        for implied in &policies.implied {
            let find = |population: &String| self.by_name.get(&(population.clone(), BTreeMap::new())).copied();
            let plus: Option<Vec<usize>> = implied.plus.iter().map(find).collect();
            let minus: Option<Vec<usize>> = implied.minus.iter().map(find).collect();
            if let (Some(plus), Some(minus)) = (plus, minus) {
                self.add_difference((implied.name.clone(), BTreeMap::new()), &plus, &minus);
            }
        }
    }

    /// A cell that is the sum of some less the sum of others. It is written as a sum: plus = minus + difference, with
    /// a first part of `plus` as the whole when it is alone, and through a cell of both otherwise.
    fn add_difference(&mut self, name: CellName, plus: &[usize], minus: &[usize]) -> usize {
        let sum_of = |grid: &Self, slots: &[usize]| -> Vec<i64> {
            let mut total = vec![0; grid.truth[plus[0]].len()];
            for slot in slots {
                total.iter_mut().zip(&grid.truth[*slot]).for_each(|(total, count)| *total += count);
            }
            total
        };
        let (added, taken) = (sum_of(self, plus), sum_of(self, minus));
        let at_authority = plus.iter().chain(minus).all(|slot| self.slots[*slot].at_authority);
        let left = added.iter().zip(&taken).map(|(added, taken)| added - taken).collect();
        let whole = if let [one] = plus {
            *one
        } else {
            let both = (format!("{} (all that is added)", name.0), name.1.clone());
            let both = self.hidden(both, added, plus[0]);
            (self.slots[both].at_authority, self.slots[both].small) = (at_authority, 0);
            self.sums.push(Sum { whole: both, parts: plus.to_vec() });
            both
        };
        let difference = self.hidden(name, left, plus[0]);
        self.slots[difference].at_authority = at_authority;
        self.sums.push(Sum { whole, parts: minus.iter().copied().chain([difference]).collect() });
        difference
    }

    /// A cell that nobody prints, given where another is and rounded and small as that one.
    fn hidden(&mut self, name: CellName, truth: Vec<i64>, like: usize) -> usize {
        let like = self.slots[like].clone();
        let own = Slot { name: name.clone(), printed: false, total: false, impossible: false, class: None, ..like };
        self.slots.push(own);
        self.truth.push(truth);
        self.by_name.insert(name, self.slots.len() - 1);
        self.slots.len() - 1
    }
}

pub(super) fn count_name(definition: &Definition, row: &RowKey) -> CellName {
    (definition.population_of(row), definition.categories_of(row))
}

pub(super) fn share_name(definition: &Definition, row: &RowKey, share: usize) -> CellName {
    let (population, mut cell) = count_name(definition, row);
    cell.insert(definition.dimension_of(row, share), definition.shares[share].category().to_owned());
    (population, cell)
}

pub(super) fn further_name(definition: &Definition, row: &RowKey, count: usize) -> CellName {
    (definition.population_of_count(row, count), definition.categories_of(row))
}

/// Those of a share in the first of two nested rows that are in the second: a population of both.
pub(super) fn within_name(definition: &Definition, outer: &RowKey, inner: &RowKey, share: usize) -> CellName {
    let (population, mut cell) = share_name(definition, outer, share);
    cell.extend(definition.categories_of(inner));
    (format!("{population} and {}", definition.population_of(inner)), cell)
}

fn rest_name(definition: &Definition, row: &RowKey, share_number: usize, alone: bool) -> CellName {
    let (population, mut cell) = count_name(definition, row);
    let share = &definition.shares[share_number];
    let rest = share.rest.clone().unwrap_or_else(|| format!("not {}", share.category()));
    cell.insert(rest_dimension(definition, row, share_number, alone), rest);
    (population, cell)
}

/// Where shares share a dimension, what is left of the whole beside one of them is a dimension of its own.
fn rest_dimension(definition: &Definition, row: &RowKey, share: usize, alone: bool) -> String {
    let dimension = definition.dimension_of(row, share);
    if alone { dimension } else { format!("{dimension}, {}", definition.shares[share].category()) }
}
