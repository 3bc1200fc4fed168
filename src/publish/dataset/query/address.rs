//! Reads the simple form of a query from the parameters of an address.

use super::super::geography::Level;
use super::super::time::TimePeriod;
use super::check::{Faults, level_codes};
use super::{
    Comparisons, Criteria, Facets, MAX_PAGE_SIZE, Message, Query, QueryError, QueryLocation, Sort, TimeComparisons,
};
use std::collections::BTreeMap;

const PARAMETERS: [&str; 27] = [
    "filters.eq",
    "filters.notEq",
    "filters.in",
    "filters.notIn",
    "geographicLevels.eq",
    "geographicLevels.notEq",
    "geographicLevels.in",
    "geographicLevels.notIn",
    "locations.eq",
    "locations.notEq",
    "locations.in",
    "locations.notIn",
    "timePeriods.eq",
    "timePeriods.notEq",
    "timePeriods.in",
    "timePeriods.notIn",
    "timePeriods.gt",
    "timePeriods.gte",
    "timePeriods.lt",
    "timePeriods.lte",
    "indicators",
    "sorts",
    "page",
    "pageSize",
    "debug",
    // Of the data set and not of the query: whoever answers the address takes them before.
    "dataSetVersion",
    "asOf",
];

impl Query {
    /// The query of an address's parameters, each a name and a value already decoded. Lists are joined by commas, or
    /// the parameter stands more than once.
    pub fn from_parameters(parameters: &[(String, String)]) -> Result<Self, Vec<QueryError>> {
        let mut reader = Reader::default();
        for (name, value) in parameters {
            let known = PARAMETERS.contains(&name.as_str());
            if !known {
                let path: String = name.chars().take(60).collect();
                reader.faults.add(Message::unknown_field(path.clone(), &path, &PARAMETERS));
            }
            reader.values.entry(name.as_str()).or_default().push(value.as_str());
        }
        let query = reader.query();
        reader.faults.unless_any(query)
    }
}

#[derive(Default)]
struct Reader<'p> {
    values: BTreeMap<&'p str, Vec<&'p str>>,
    faults: Faults,
}

impl<'p> Reader<'p> {
    fn query(&mut self) -> Query {
        let mut query = Query { in_address: true, ..Query::default() };
        let facets = Facets {
            filters: self.comparisons("filters", Faults::option),
            geographic_levels: self.comparisons("geographicLevels", Faults::level),
            locations: self.comparisons("locations", location),
            time_periods: self.time_periods(),
        };
        query.criteria = (facets != Facets::default()).then_some(Criteria::Facets(facets));
        query.indicators = self.list("indicators", Faults::indicator);
        query.sorts = self.list("sorts", sort).unwrap_or_default();
        if let Some(page) = self.whole("page") {
            query.page = self.faults.page("page", page);
        }
        if let Some(size) = self.whole("pageSize") {
            query.page_size = self.faults.page_size("pageSize", size, MAX_PAGE_SIZE);
        }
        match self.one("debug").map(str::to_ascii_lowercase).as_deref() {
            None | Some("false") => {}
            Some("true") => query.debug = true,
            Some(_) => self.faults.add(Message::invalid("debug", "true or false")),
        }
        query
    }

    fn comparisons<T>(
        &mut self,
        facet: &str,
        read: impl Fn(&mut Faults, &str, &str) -> Option<T>,
    ) -> Option<Comparisons<T>> {
        let is_given = ["eq", "notEq", "in", "notIn"].iter().any(|name| self.has(facet, name));
        is_given.then(|| Comparisons {
            eq: self.single(&format!("{facet}.eq"), &read),
            not_eq: self.single(&format!("{facet}.notEq"), &read),
            within: self.list(&format!("{facet}.in"), &read),
            not_within: self.list(&format!("{facet}.notIn"), &read),
        })
    }

    fn time_periods(&mut self) -> Option<TimeComparisons> {
        let named = self.comparisons("timePeriods", period);
        let bounded = ["gt", "gte", "lt", "lte"].iter().any(|name| self.has("timePeriods", name));
        (named.is_some() || bounded).then(|| TimeComparisons {
            named: named.unwrap_or_default(),
            gt: self.single("timePeriods.gt", period),
            gte: self.single("timePeriods.gte", period),
            lt: self.single("timePeriods.lt", period),
            lte: self.single("timePeriods.lte", period),
        })
    }

    fn has(&self, facet: &str, name: &str) -> bool {
        self.values.contains_key(format!("{facet}.{name}").as_str())
    }

    /// The value of a parameter that stands once.
    fn one(&mut self, name: &str) -> Option<&'p str> {
        let values = self.values.get(name)?;
        if values.len() > 1 {
            self.faults.add(Message::invalid(name, "one value"));
        }
        values.first().map(|value| value.trim())
    }

    fn single<T>(&mut self, name: &str, read: impl Fn(&mut Faults, &str, &str) -> Option<T>) -> Option<T> {
        let value = self.one(name)?;
        read(&mut self.faults, name, value)
    }

    fn list<T>(&mut self, name: &str, read: impl Fn(&mut Faults, &str, &str) -> Option<T>) -> Option<Vec<T>> {
        let values = self.values.get(name)?;
        let items: Vec<&str> = values.iter().flat_map(|value| value.split(',')).map(str::trim).collect();
        if items.iter().all(|item| item.is_empty()) {
            self.faults.add(Message::empty(name));
            return None;
        }
        if !self.faults.takes_list(name, items.len()) {
            return None;
        }
        let items = items.into_iter().enumerate();
        Some(items.filter_map(|(at, item)| read(&mut self.faults, &format!("{name}[{at}]"), item)).collect())
    }

    fn whole(&mut self, name: &str) -> Option<i64> {
        let value = self.one(name)?;
        let whole = value.parse().ok();
        if whole.is_none() {
            self.faults.add(Message::invalid(name, "a whole number"));
        }
        whole
    }
}

/// `{level}|{property}|{value}`.
fn location(faults: &mut Faults, path: &str, text: &str) -> Option<QueryLocation> {
    let parts: Vec<&str> = text.split('|').collect();
    let [level, property, value] = parts.as_slice() else {
        faults.add(Message::format("LocationFormat", "location", path, text, "{level}|{property}|{value}"));
        return None;
    };
    let Some(level) = Level::of_code(level) else {
        let message = "Must be a location with an allowed level.";
        faults.add(Message::of_location("LocationAllowedLevel", message, path, level, &level_codes()));
        return None;
    };
    faults.location(path, level, property, value)
}

/// `{period}|{code}`.
fn period(faults: &mut Faults, path: &str, text: &str) -> Option<TimePeriod> {
    match text.split_once('|').filter(|(_, code)| !code.contains('|')) {
        Some((period, code)) => faults.period(path, path, period, code),
        None => {
            faults.add(Message::format("TimePeriodFormat", "time period", path, text, "{period}|{code}"));
            None
        }
    }
}

/// `{field}|{direction}`, where a field may have a bar of its own.
fn sort(faults: &mut Faults, path: &str, text: &str) -> Option<Sort> {
    match text.rsplit_once('|').filter(|(field, _)| field.matches('|').count() <= 1) {
        Some((field, direction)) => faults.sort(path, path, field, direction),
        None => {
            faults.add(Message::format("SortFormat", "sort", path, text, "{field}|{direction}"));
            None
        }
    }
}
