//! The rows of an indicator's table, and what each of them counts.

use super::definition::{Definition, Filter, RowKey};
use std::collections::{BTreeMap, BTreeSet};

impl Definition {
    /// Every row of the table within a place, totals first: the whole matrix.
    pub fn rows(&self) -> Vec<RowKey> {
        let mut filters: Vec<Vec<usize>> = vec![Vec::new()];
        for (at, filter) in self.filters.iter().enumerate() {
            filters = filters
                .into_iter()
                .flat_map(|before| {
                    let items = (0..filter.items.len()).filter(|item| self.goes_with(at, &before, *item));
                    items.map(|item| [before.clone(), vec![item]].concat()).collect::<Vec<_>>()
                })
                .collect();
        }
        let topics = self.topics.iter().enumerate();
        let lines: Vec<(usize, usize)> =
            topics.flat_map(|(topic, given)| (0..given.items.len()).map(move |item| (topic, item))).collect();
        filters
            .into_iter()
            .flat_map(|filters| {
                let lines = if self.is_broken_down(&filters) { lines.as_slice() } else { &[] };
                let total = RowKey { filters: filters.clone(), breakdown: None };
                let row = move |line: &(usize, usize)| RowKey { filters: filters.clone(), breakdown: Some(*line) };
                std::iter::once(total).chain(lines.iter().map(row).collect::<Vec<_>>())
            })
            .collect()
    }

    /// Whether a filter's item goes with the item of the filter before it.
    fn goes_with(&self, at: usize, before: &[usize], item: usize) -> bool {
        let (Some(&last), true) = (before.last(), !self.filters[at].items_of.is_empty()) else { return true };
        let with = self.filters[at].items_of.get(&self.filters[at - 1].items[last]);
        with.is_some_and(|items| items.contains(&self.filters[at].items[item]))
    }

    fn is_broken_down(&self, items: &[usize]) -> bool {
        self.filters
            .iter()
            .zip(items)
            .all(|(filter, item)| filter.breakdowns.as_ref().is_none_or(|given| given.contains(&filter.items[*item])))
    }

    /// Whether authorities' own rows are published for this row.
    pub fn at_authority(&self, row: &RowKey) -> bool {
        let given = match row.breakdown {
            None => self.authority_total,
            Some((topic, _)) => self
                .authority_breakdowns
                .as_ref()
                .is_none_or(|given| self.topics[topic].columns.iter().all(|column| given.contains(column))),
        };
        given
            && self.filters.iter().zip(&row.filters).all(|(filter, item)| {
                let given =
                    if row.breakdown.is_some() { &filter.authority_breakdowns } else { &filter.authority_total };
                given.as_ref().is_none_or(|items| items.contains(&filter.items[*item]))
            })
    }

    fn items<'a>(&'a self, row: &'a RowKey) -> impl Iterator<Item = (&'a Filter, &'a str)> {
        self.filters.iter().zip(&row.filters).map(|(filter, item)| (filter, filter.items[*item].as_str()))
    }

    /// A text with the columns of filters in braces, and the row's items in their place.
    pub fn filled(&self, text: &str, row: &RowKey) -> String {
        self.items(row)
            .fold(text.to_owned(), |text, (filter, item)| text.replace(&format!("{{{}}}", filter.column), item))
    }

    /// The population of a row: the indicator's, with the items of the filters where they tell units apart. They stand
    /// where the population names their columns in braces, and else behind it.
    pub fn population_of(&self, row: &RowKey) -> String {
        self.with_items(&self.population, row)
    }

    /// The population of a further number of a row, with the items of the filters.
    pub fn population_of_count(&self, row: &RowKey, count: usize) -> String {
        self.with_items(&self.counts[count].population, row)
    }

    fn with_items(&self, population: &str, row: &RowKey) -> String {
        if population.contains('{') {
            return self.filled(population, row);
        }
        let items: Vec<&str> = self.items(row).filter(|(filter, _)| !filter.same_units).map(|(_, item)| item).collect();
        if items.is_empty() { population.to_owned() } else { format!("{population}: {}", items.join(", ")) }
    }

    /// The categories of a row by the column they belong to; empty for the total.
    pub fn categories_of(&self, row: &RowKey) -> BTreeMap<String, String> {
        let Some((topic, item)) = row.breakdown else { return BTreeMap::new() };
        let topic = &self.topics[topic];
        topic.columns.iter().cloned().zip(topic.items[item].categories.iter().cloned()).collect()
    }

    /// The dimension of a share in a row. Where a filter has the same units for every item, each item but the first is
    /// asked about in a dimension of its own.
    pub fn dimension_of(&self, row: &RowKey, share: usize) -> String {
        let mut dimension = self.shares[share].dimension().to_owned();
        for (filter, item) in self.items(row).filter(|(filter, _)| filter.same_units) {
            if filter.items[0] != item {
                dimension = format!("{dimension}, {item}");
            }
        }
        dimension
    }

    /// The row that holds the shares of this one: that of the first item of a filter which says so.
    pub fn row_above(&self, row: &RowKey) -> Option<RowKey> {
        let at = (0..self.filters.len()).find(|at| self.filters[*at].within_first && row.filters[*at] > 0)?;
        let mut above = row.clone();
        above.filters[at] = 0;
        Some(above)
    }

    /// Every two rows of one line of which the units of the second lie within those of the first, by a nested filter.
    pub fn nested(&self) -> Vec<(RowKey, RowKey)> {
        let Some(at) = self.filters.iter().position(|filter| filter.nested) else { return Vec::new() };
        let rows = self.rows();
        let known: BTreeSet<&RowKey> = rows.iter().collect();
        let later = |row: &RowKey| {
            let items = row.filters[at] + 1..self.filters[at].items.len();
            let inner = items.map(|item| {
                let mut inner = row.clone();
                inner.filters[at] = item;
                inner
            });
            inner.filter(|inner| known.contains(inner)).map(|inner| (row.clone(), inner)).collect::<Vec<_>>()
        };
        rows.iter().filter(|row| self.is_nested(at, row)).flat_map(later).collect()
    }

    /// Those of them of which authorities' own rows are given.
    pub fn nested_at_authority(&self) -> Vec<(RowKey, RowKey)> {
        let given = |(outer, inner): &(RowKey, RowKey)| self.at_authority(outer) && self.at_authority(inner);
        self.nested().into_iter().filter(given).collect()
    }

    /// Whether the second of two nested rows is of the item after the first one's.
    pub fn is_next(&self, outer: &RowKey, inner: &RowKey) -> bool {
        outer.filters.iter().zip(&inner.filters).all(|(one, other)| one == other || one + 1 == *other)
    }

    fn is_nested(&self, at: usize, row: &RowKey) -> bool {
        let with = &self.filters[at].nested_with;
        self.items(row)
            .all(|(filter, item)| with.get(&filter.column).is_none_or(|items| items.iter().any(|known| known == item)))
    }

    /// The numbers of the shares that a unit keeps over the items of a nested filter.
    pub fn staying(&self) -> impl Iterator<Item = usize> + '_ {
        (0..self.shares.len()).filter(|share| self.shares[*share].stays)
    }

    /// The number of the share of which this one is a part.
    pub fn part_of(&self, share: usize) -> Option<usize> {
        let of = self.shares[share].of.as_ref()?;
        self.shares.iter().position(|one| one.column == *of)
    }

    /// The number of the share that holds the units of this one, without being its denominator.
    pub fn held_by(&self, share: usize) -> Option<usize> {
        let within = self.shares[share].within.as_ref()?;
        self.shares.iter().position(|one| one.column == *within)
    }

    /// The labels of a row's breakdown: topic and item; `Total` twice for the total.
    pub fn breakdown_labels(&self, row: &RowKey) -> (&str, &str) {
        row.breakdown.map_or(("Total", "Total"), |(topic, item)| {
            (self.topics[topic].label.as_str(), self.topics[topic].items[item].label.as_str())
        })
    }

    /// The counts of a row: the units, then each share, then the further numbers.
    pub const fn quantities(&self) -> usize {
        1 + self.shares.len() + self.counts.len()
    }

    /// The names of the columns of the counts, in the order of the quantities.
    pub fn count_names(&self) -> Vec<&str> {
        let shares = self.shares.iter().map(|share| share.count.as_str());
        let counts = self.counts.iter().map(|count| count.name.as_str());
        std::iter::once(self.count.name.as_str()).chain(shares).chain(counts).collect()
    }

    /// The quantity of the units of a share, or of all units where none is named.
    pub fn quantity_of(&self, share: Option<&str>) -> usize {
        let named = share.and_then(|of| self.shares.iter().position(|share| share.column == of));
        named.map_or(0, |number| number + 1)
    }
}
