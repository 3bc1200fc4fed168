//! An indicator as its file defines it: what is counted, by what, and the columns that are published.

use super::analysis::{Analysis, AnalysisKind, Curve, EventColumn};
use super::breakdowns::{self, Characteristic};
use super::kinds::{Amount, FurtherCount, Median, Rate, Reading, SurvivalMedian};
use crate::spec::{Indicator, Specification, SpecificationError};
use serde::Deserialize;
use std::collections::BTreeMap;

/// The number of the units: the population of every share and mean of the indicator.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CountColumn {
    pub name: String,
    pub label: String,
    /// The column that says how many units a row of the query stands for; one when there is none.
    pub weight: Option<String>,
}

/// A further filter of the table, such as the time since the return. Its items may overlap, so they have no total.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Filter {
    pub column: String,
    pub label: String,
    pub items: Vec<String>,
    /// The item that is shown when none is asked for.
    pub default: String,
    /// Whether the units of each item lie within those of the item before it.
    #[serde(default)]
    pub nested: bool,
    /// The items of other filters with which they do; all of them when empty.
    #[serde(default)]
    pub nested_with: BTreeMap<String, Vec<String>>,
    /// The columns of the query by which one of an authority's units is known again in every item.
    #[serde(default)]
    pub known_by: Vec<String>,
    /// Whether the units are the same for every item, which says only what is asked of them: the kind of support, say.
    #[serde(default)]
    pub same_units: bool,
    /// Whether the shares of every item lie within those of the first, which is any of them.
    #[serde(default)]
    pub within_first: bool,
    /// The items that go with each item of the filter before; all of them when empty.
    #[serde(default)]
    pub items_of: BTreeMap<String, Vec<String>>,
    /// The items for which the table is broken down at all; all when absent.
    pub breakdowns: Option<Vec<String>>,
    /// The items for which authorities' totals are given; all when absent.
    pub authority_total: Option<Vec<String>>,
    /// The items for which authorities' breakdowns are given; all when absent.
    pub authority_breakdowns: Option<Vec<String>>,
}

/// A part of the units, published as its number and as a percentage.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Share {
    /// The column of the query: 1 or 0 for each unit, or a number with `weight`.
    pub column: String,
    pub count: String,
    pub count_label: String,
    pub percent: String,
    pub percent_label: String,
    /// Parts of one dimension do not overlap; a share without one is a dimension of its own.
    pub dimension: Option<String>,
    /// Its category in the dimension; the column's name when absent.
    pub category: Option<String>,
    /// The name of what is left of the dimension beside the shares given.
    pub rest: Option<String>,
    /// The population whose total is the same number in every authority, by a rule of the specification. A filter's
    /// column in braces stands for the row's item.
    pub same_as: Option<String>,
    /// The column of an earlier share of which this is a part: the percentage is of that share's units.
    pub of: Option<String>,
    /// The column of an earlier share whose units hold all of this one's: what lies between them is a number too.
    pub within: Option<String>,
    /// Whether a unit that is of it at one item of the nested filter is of it at every later one that the unit is in.
    #[serde(default)]
    pub stays: bool,
    /// Whether what is left says nothing about anybody, such as "not known": then it may be small.
    #[serde(default)]
    pub open_rest: bool,
    /// Whether a 95% Wilson interval stands beside the percentage.
    #[serde(default)]
    pub interval: bool,
    /// For a filter's column, the items at which no unit can be of it, so that its percentage says nothing there.
    #[serde(default)]
    pub never_at: BTreeMap<String, Vec<String>>,
}

impl Share {
    pub fn dimension(&self) -> &str {
        self.dimension.as_deref().unwrap_or(&self.column)
    }

    pub fn category(&self) -> &str {
        self.category.as_deref().unwrap_or(&self.column)
    }
}

/// The mean of a column over the units, or over those of a share.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mean {
    pub column: String,
    /// The column of the share whose units have a value; all units when absent.
    pub of: Option<String>,
    pub name: String,
    pub label: String,
    pub decimals: u8,
    /// What the column measures; the policy says how uncertain the mean of a small group must be.
    pub measure: String,
}

/// A sentence that goes with the table, with a number counted by its own query.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Note {
    pub label: String,
    pub sql: String,
}

/// One line of a breakdown: a category of each of its columns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    pub label: String,
    pub categories: Vec<String>,
}

/// A breakdown: one characteristic, or two crossed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Topic {
    pub label: String,
    pub columns: Vec<String>,
    pub items: Vec<Item>,
}

/// A row of the table within one place: an item of each filter, and a line of a breakdown or the total.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RowKey {
    /// For each filter, the number of its item.
    pub filters: Vec<usize>,
    /// The topic and the item within it; none for the total.
    pub breakdown: Option<(usize, usize)>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Head {
    kind: Option<AnalysisKind>,
    domain: String,
    about: String,
    definition: String,
    population: String,
    policy: String,
    #[serde(default = "yes")]
    needs_return: bool,
    #[serde(default = "yes")]
    authority_total: bool,
    authority_breakdowns: Option<Vec<String>>,
    #[serde(default)]
    exhaustive: Vec<String>,
    #[serde(default)]
    breakdowns: Vec<String>,
    #[serde(default)]
    crosses: Vec<Vec<String>>,
    count: CountColumn,
    #[serde(default)]
    filters: Vec<Filter>,
    #[serde(default)]
    shares: Vec<Share>,
    #[serde(default)]
    counts: Vec<FurtherCount>,
    #[serde(default)]
    rates: Vec<Rate>,
    #[serde(default)]
    means: Vec<Mean>,
    #[serde(default)]
    medians: Vec<Median>,
    #[serde(default)]
    survival_medians: Vec<SurvivalMedian>,
    #[serde(default)]
    amounts: Vec<Amount>,
    time: Option<String>,
    event: Option<EventColumn>,
    curve: Option<Curve>,
    #[serde(default)]
    notes: Vec<Note>,
}

const fn yes() -> bool {
    true
}

/// Everything about an indicator's table but its figures. Public: it comes from the specification alone.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Definition {
    pub id: String,
    pub label: String,
    pub domain: String,
    /// What the figures are, in sentences for people: what is published beside them.
    pub about: String,
    /// The same in the words of the collection's list, which may be those of its fields.
    pub definition: String,
    /// What is counted. Two indicators with one population count the same units.
    pub population: String,
    /// The name of its policy in `disclosure.toml`.
    pub policy: String,
    /// Whether an authority without an accepted return has no figures.
    pub needs_return: bool,
    /// Whether authorities' own totals are given.
    pub authority_total: bool,
    /// The characteristics by which authorities' own rows are broken down; all when absent.
    pub authority_breakdowns: Option<Vec<String>>,
    /// The dimensions whose shares make up the whole, so that nothing is left beside them.
    pub exhaustive: Vec<String>,
    pub topics: Vec<Topic>,
    pub count: CountColumn,
    pub filters: Vec<Filter>,
    pub shares: Vec<Share>,
    /// Further numbers, which are no part of the units.
    pub counts: Vec<FurtherCount>,
    pub rates: Vec<Rate>,
    pub means: Vec<Mean>,
    pub medians: Vec<Median>,
    pub survival_medians: Vec<SurvivalMedian>,
    pub amounts: Vec<Amount>,
    /// What is made of England's units as a whole; then no other place has rows.
    pub analysis: Option<Analysis>,
    pub notes: Vec<Note>,
}

impl Definition {
    /// Every indicator of the specification, in the order of their ids.
    pub fn all(specification: &Specification) -> Result<Vec<Self>, SpecificationError> {
        let characteristics = breakdowns::parse(specification)?;
        specification.indicators.values().map(|indicator| Self::parse(indicator, &characteristics)).collect()
    }

    fn parse(indicator: &Indicator, characteristics: &[Characteristic]) -> Result<Self, SpecificationError> {
        let path = &indicator.page.path;
        let line = indicator.page.require("toml")?.line;
        let wrong = |problem: String| SpecificationError::wrong(path, line, problem);
        let head: Head =
            indicator.head.clone().try_into().map_err(|error: toml::de::Error| wrong(error.message().to_owned()))?;
        let find = |column: &String| {
            characteristics
                .iter()
                .find(|known| known.column == *column)
                .ok_or_else(|| wrong(format!("{column} is not a characteristic of breakdowns.toml")))
        };
        let mut topics = Vec::new();
        for column in &head.breakdowns {
            topics.push(topic(&[find(column)?]));
        }
        for columns in &head.crosses {
            topics.push(topic(&columns.iter().map(find).collect::<Result<Vec<_>, _>>()?));
        }
        for filter in &head.filters {
            let named = [&filter.authority_total, &filter.authority_breakdowns, &filter.breakdowns];
            let named = named.into_iter().flatten().chain(filter.items_of.values()).flatten();
            if let Some(unknown) = named.chain([&filter.default]).find(|item| !filter.items.contains(item)) {
                return Err(wrong(format!("{unknown} is not among the items of the filter {}", filter.column)));
            }
        }
        head.check_figures().map_err(wrong)?;
        head.check_nested().map_err(wrong)?;
        for (filter, before) in head.filters.iter().skip(1).zip(&head.filters) {
            if let Some(unknown) = filter.items_of.keys().find(|item| !before.items.contains(item)) {
                return Err(wrong(format!("{unknown} is not among the items of the filter {}", before.column)));
            }
        }
        if head.filters.first().is_some_and(|filter| !filter.items_of.is_empty()) {
            return Err(wrong("the first filter has no filter before it to go with".to_owned()));
        }
        for column in head.authority_breakdowns.iter().flatten() {
            if !topics.iter().any(|topic| topic.columns.contains(column)) {
                return Err(wrong(format!("{column} is not among the breakdowns")));
            }
        }
        let mut definition = Self {
            id: indicator.id.clone(),
            label: indicator.label.clone(),
            domain: head.domain,
            about: head.about,
            definition: head.definition,
            population: head.population,
            policy: head.policy,
            needs_return: head.needs_return,
            authority_total: head.authority_total,
            authority_breakdowns: head.authority_breakdowns,
            exhaustive: head.exhaustive,
            topics,
            count: head.count,
            filters: head.filters,
            shares: head.shares,
            counts: head.counts,
            rates: head.rates,
            means: head.means,
            medians: head.medians,
            survival_medians: head.survival_medians,
            amounts: head.amounts,
            analysis: None,
            notes: head.notes,
        };
        if let Some(kind) = head.kind {
            let groups = std::mem::take(&mut definition.topics);
            let analysis = Analysis::parse(kind, head.time, head.event, head.curve, groups).map_err(wrong)?;
            definition.analyse(analysis).map_err(wrong)?;
        } else if head.time.is_some() || head.event.is_some() || head.curve.is_some() {
            return Err(wrong("`time`, `[event]` and `[curve]` belong to an analysis: give its `kind`".to_owned()));
        }
        Ok(definition)
    }

    /// Makes the table that of an analysis: England's rows only, with the columns of its kind.
    fn analyse(&mut self, analysis: Analysis) -> Result<(), String> {
        let others = self.counts.len() + self.rates.len() + self.means.len() + self.medians.len();
        let shares = usize::from(!analysis.is_of_units());
        let plain = others + self.survival_medians.len() + self.amounts.len() == 0 && self.count.weight.is_none();
        if !plain || !self.filters.is_empty() || self.shares.len() != shares {
            return Err(
                "an analysis has a `[count]`, breakdowns and, for the kind `risk`, one share; nothing else".to_owned()
            );
        }
        self.topics = analysis.topics();
        self.filters = analysis.filter().into_iter().collect();
        if analysis.is_of_units() {
            self.counts = vec![analysis.count(&self.population)];
        }
        self.authority_total = false;
        self.authority_breakdowns = Some(Vec::new());
        self.analysis = Some(analysis);
        Ok(())
    }

    /// The analysis, where it is made from the units themselves: its numbers are none of the attacker's relations.
    pub fn unit_analysis(&self) -> Option<&Analysis> {
        self.analysis.as_ref().filter(|analysis| analysis.is_of_units())
    }

    /// Whether no unit can be of a share in a row, so that its percentage is not applicable there.
    pub fn is_never(&self, share: &Share, key: &RowKey) -> bool {
        let at = |(filter, item): (&Filter, &usize)| {
            share.never_at.get(&filter.column).is_some_and(|items| items.contains(&filter.items[*item]))
        };
        self.filters.iter().zip(&key.filters).any(at)
    }

    /// What is read of each unit beside counting it: for the medians, then for the medians of times; or for an analysis.
    pub(super) fn readings(&self) -> Vec<Reading<'_>> {
        if let Some((analysis, time)) = self.unit_analysis().and_then(|one| Some((one, one.time.as_ref()?))) {
            return vec![Reading { value: time, event: Some(&analysis.event.column), of: None }];
        }
        let medians =
            self.medians.iter().map(|median| Reading { value: &median.column, event: None, of: median.of.as_deref() });
        let times = self.survival_medians.iter().map(|median| Reading {
            value: &median.time,
            event: Some(&median.event),
            of: median.of.as_deref(),
        });
        medians.chain(times).collect()
    }
}

impl Head {
    /// What is said of nested items is said of filters that there are, and can be counted.
    fn check_nested(&self) -> Result<(), String> {
        let nested: Vec<&Filter> = self.filters.iter().filter(|filter| filter.nested).collect();
        if let Some(filter) = self.filters.iter().find(|filter| !filter.nested && !filter.nested_with.is_empty()) {
            return Err(format!("the filter {} has `nested_with` and is not `nested`", filter.column));
        }
        for (column, items) in nested.iter().flat_map(|filter| &filter.nested_with) {
            let other = self.filters.iter().find(|other| other.column == *column && !other.nested);
            let other = other.ok_or_else(|| format!("`nested_with` names {column}, which is no other filter"))?;
            if let Some(unknown) = items.iter().find(|item| !other.items.contains(item)) {
                return Err(format!("{unknown} is not among the items of the filter {column}"));
            }
        }
        let Some(share) = self.shares.iter().find(|share| share.stays) else { return Ok(()) };
        match nested[..] {
            [filter] if filter.known_by.is_empty() => Err(format!(
                "the share {} stays over the items of {}: name in its `known_by` the columns by which a unit is known again",
                share.column, filter.column
            )),
            [_] if self.count.weight.is_some() => {
                Err("a share that stays needs one row for each unit, so `count` may have no `weight`".to_owned())
            }
            [_] => Ok(()),
            _ => Err(format!("the share {} stays, which needs one filter with `nested = true`", share.column)),
        }
    }

    /// Every share and number that another figure rests on is given.
    fn check_figures(&self) -> Result<(), String> {
        for (number, share) in self.shares.iter().enumerate() {
            let earlier = |column: &&String| !self.shares[..number].iter().any(|before| before.column == **column);
            if let Some(unknown) = share.of.iter().chain(&share.within).find(earlier) {
                return Err(format!("the share {} is of {unknown}, which is not a share before it", share.column));
            }
            for (column, items) in &share.never_at {
                let filter = self.filters.iter().find(|filter| filter.column == *column);
                let known = filter.ok_or_else(|| format!("`never_at` names {column}, which is no filter"))?;
                if let Some(unknown) = items.iter().find(|item| !known.items.contains(item)) {
                    return Err(format!("{unknown} is not among the items of the filter {column}"));
                }
            }
            if share.of.is_some() && self.shares.iter().filter(|one| one.dimension() == share.dimension()).count() > 1 {
                return Err(format!("{} is of another share and has a dimension of its own", share.column));
            }
        }
        if let Some(unknown) = self.exhaustive.iter().find(|name| !self.shares.iter().any(|s| s.dimension() == **name))
        {
            return Err(format!("{unknown} is not the dimension of a share"));
        }
        let of = self.means.iter().map(|mean| (&mean.name, &mean.of));
        let of = of.chain(self.medians.iter().map(|median| (&median.name, &median.of)));
        let of = of.chain(self.survival_medians.iter().map(|median| (&median.name, &median.of)));
        let of = of.chain(self.amounts.iter().map(|amount| (&amount.name, &amount.of)));
        for (name, of) in of {
            if of.as_ref().is_some_and(|of| !self.shares.iter().any(|share| share.column == *of)) {
                return Err(format!("{name} is of the units of a share that is not given; name the column of a share"));
            }
        }
        if self.count.weight.is_some() && !(self.medians.is_empty() && self.survival_medians.is_empty()) {
            return Err("a median needs one row for each unit, so `count` may have no `weight` beside it".to_owned());
        }
        let mut numbers = vec![&self.count.name];
        numbers.extend(self.shares.iter().map(|share| &share.count));
        numbers.extend(self.counts.iter().map(|count| &count.name));
        for rate in &self.rates {
            if let Some(unknown) = [&rate.numerator, &rate.denominator].into_iter().find(|name| !numbers.contains(name))
            {
                return Err(format!(
                    "the rate {} needs {unknown}, which is no column of numbers of this table",
                    rate.name
                ));
            }
            if rate.factor == 0 {
                return Err(format!("the rate {} has the factor 0", rate.name));
            }
        }
        Ok(())
    }
}

fn topic(characteristics: &[&Characteristic]) -> Topic {
    let labels: Vec<&str> = characteristics.iter().map(|one| one.label.as_str()).collect();
    let mut combinations: Vec<Vec<String>> = vec![Vec::new()];
    for one in characteristics {
        combinations = combinations
            .into_iter()
            .flat_map(|before| one.categories.iter().map(move |label| [before.clone(), vec![label.clone()]].concat()))
            .collect();
    }
    let item = |categories: Vec<String>| Item { label: categories.join(", "), categories };
    Topic {
        label: labels.join(" by "),
        columns: characteristics.iter().map(|one| one.column.clone()).collect(),
        items: combinations.into_iter().map(item).collect(),
    }
}
