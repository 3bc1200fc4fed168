//! Reads a query from JSON. Comments are allowed, unknown members are not, and everything that is wrong is said at once.

use super::super::geography::Level;
use super::super::time::TimePeriod;
use super::check::{Faults, level_codes};
use super::{
    Comparisons, Criteria, Facets, MAX_CLAUSES, MAX_DEPTH, MAX_ERRORS, MAX_PAGE_SIZE, Message, Query, QueryError,
    QueryLocation, Sort, TimeComparisons,
};
use serde_json::{Map, Value};

const MEMBERS: [&str; 6] = ["criteria", "indicators", "sorts", "page", "pageSize", "debug"];
const NAMED: [&str; 4] = ["eq", "notEq", "in", "notIn"];
const TIMED: [&str; 8] = ["eq", "notEq", "in", "notIn", "gt", "gte", "lt", "lte"];

impl Query {
    /// The query of a request's body; no body asks for everything.
    pub fn from_json(body: &[u8]) -> Result<Self, Vec<QueryError>> {
        if body.iter().all(u8::is_ascii_whitespace) {
            return Ok(Self::default());
        }
        let mut text = body.to_vec();
        // What is no comment is left as it is, so that a fault of the JSON is found below with its place.
        let stripped = json_strip_comments::strip_slice(&mut text).is_ok();
        let value: Value = match serde_json::from_slice(if stripped { &text } else { body }) {
            Ok(value) => value,
            Err(error) => {
                let place = format!("JSON; it ends to be so at line {}, column {}", error.line(), error.column());
                return Err(vec![Message::invalid("$", &place)]);
            }
        };
        let mut reader = Reader::default();
        let query = reader.query(&value);
        reader.faults.unless_any(query)
    }
}

#[derive(Default)]
struct Reader {
    faults: Faults,
    clauses: usize,
}

impl Reader {
    fn query(&mut self, value: &Value) -> Query {
        let mut query = Query::default();
        let Some(members) = self.object("", value, &MEMBERS) else { return query };
        if let Some(criteria) = given(members, "criteria") {
            query.criteria = self.criteria("criteria", criteria, 1);
        }
        if let Some(value) = given(members, "indicators") {
            query.indicators = self.texts("indicators", value, Faults::indicator);
        }
        if let Some(value) = given(members, "sorts") {
            query.sorts = self.list("sorts", value, Self::sort).unwrap_or_default();
        }
        if let Some(value) = given(members, "page") {
            query.page = self.whole("page", value).map_or(1, |page| self.faults.page("page", page));
        }
        if let Some(value) = given(members, "pageSize") {
            let size = self.whole("pageSize", value);
            query.page_size = size.map_or(1, |size| self.faults.page_size("pageSize", size, MAX_PAGE_SIZE));
        }
        if let Some(value) = given(members, "debug") {
            match value.as_bool() {
                Some(debug) => query.debug = debug,
                None => self.faults.add(Message::invalid("debug", "true or false")),
            }
        }
        query
    }

    fn criteria(&mut self, path: &str, value: &Value, depth: usize) -> Option<Criteria> {
        self.clauses += 1;
        if self.clauses == MAX_CLAUSES + 1 {
            self.faults.add(Message::too_many(path, MAX_CLAUSES));
        }
        if self.clauses > MAX_CLAUSES {
            return None;
        }
        if depth > MAX_DEPTH {
            self.faults.add(Message::too_deep(path, MAX_DEPTH));
            return None;
        }
        let Some(members) = value.as_object() else {
            self.faults.add(Message::invalid(path, "an object with facets, or with one of and, or, not"));
            return None;
        };
        if members.contains_key("and") {
            let members = self.object(path, value, &["and"])?;
            return self.clauses(&join(path, "and"), &members["and"], depth).map(Criteria::And);
        }
        if members.contains_key("or") {
            let members = self.object(path, value, &["or"])?;
            return self.clauses(&join(path, "or"), &members["or"], depth).map(Criteria::Or);
        }
        if members.contains_key("not") {
            let members = self.object(path, value, &["not"])?;
            let inside = self.criteria(&join(path, "not"), &members["not"], depth + 1)?;
            return Some(Criteria::Not(Box::new(inside)));
        }
        self.facets(path, value).map(Criteria::Facets)
    }

    fn clauses(&mut self, path: &str, value: &Value, depth: usize) -> Option<Vec<Criteria>> {
        self.list(path, value, |reader, path, value| reader.criteria(path, value, depth + 1))
    }

    fn facets(&mut self, path: &str, value: &Value) -> Option<Facets> {
        let members = self.object(path, value, &["filters", "geographicLevels", "locations", "timePeriods"])?;
        let mut facets = Facets::default();
        if let Some(value) = given(members, "filters") {
            let option = |reader: &mut Self, path: &str, value: &Value| {
                let text = reader.text(path, value)?;
                reader.faults.option(path, text)
            };
            facets.filters = self.comparisons(&join(path, "filters"), value, &NAMED, option);
        }
        if let Some(value) = given(members, "geographicLevels") {
            facets.geographic_levels = self.comparisons(&join(path, "geographicLevels"), value, &NAMED, Self::level);
        }
        if let Some(value) = given(members, "locations") {
            facets.locations = self.comparisons(&join(path, "locations"), value, &NAMED, Self::location);
        }
        if let Some(value) = given(members, "timePeriods") {
            facets.time_periods = self.time_periods(&join(path, "timePeriods"), value);
        }
        Some(facets)
    }

    fn comparisons<T>(
        &mut self,
        path: &str,
        value: &Value,
        known: &[&str],
        read: impl Fn(&mut Self, &str, &Value) -> Option<T>,
    ) -> Option<Comparisons<T>> {
        let members = self.object(path, value, known)?;
        let mut comparisons = Comparisons::default();
        if let Some(value) = given(members, "eq") {
            comparisons.eq = read(self, &join(path, "eq"), value);
        }
        if let Some(value) = given(members, "notEq") {
            comparisons.not_eq = read(self, &join(path, "notEq"), value);
        }
        if let Some(value) = given(members, "in") {
            comparisons.within = self.list(&join(path, "in"), value, &read);
        }
        if let Some(value) = given(members, "notIn") {
            comparisons.not_within = self.list(&join(path, "notIn"), value, &read);
        }
        Some(comparisons)
    }

    fn time_periods(&mut self, path: &str, value: &Value) -> Option<TimeComparisons> {
        let named = self.comparisons(path, value, &TIMED, Self::period)?;
        let members = value.as_object()?;
        let mut timed = TimeComparisons { named, ..TimeComparisons::default() };
        let bounds = [("gt", &mut timed.gt), ("gte", &mut timed.gte), ("lt", &mut timed.lt), ("lte", &mut timed.lte)];
        for (name, bound) in bounds {
            if let Some(value) = given(members, name) {
                *bound = self.period(&join(path, name), value);
            }
        }
        Some(timed)
    }

    fn level(&mut self, path: &str, value: &Value) -> Option<&'static Level> {
        let code = self.text(path, value)?;
        self.faults.level(path, code)
    }

    fn location(&mut self, path: &str, value: &Value) -> Option<QueryLocation> {
        let members = value.as_object();
        let Some(members) = members else {
            self.faults
                .add(Message::invalid(path, "an object with level and one of id, code, oldCode, urn, laEstab, ukprn"));
            return None;
        };
        let keys: Vec<&String> = members.keys().filter(|name| *name != "level").collect();
        let level = match members.get("level") {
            None => {
                self.faults.add(Message::required(join(path, "level"), "level"));
                None
            }
            Some(value) => {
                let path = join(path, "level");
                let code = self.text(&path, value);
                code.and_then(|code| {
                    let level = Level::of_code(code);
                    if level.is_none() {
                        let message = "Must be a location with an allowed level.";
                        let fault = Message::of_location("LocationAllowedLevel", message, &path, code, &level_codes());
                        self.faults.add(fault);
                    }
                    level
                })
            }
        };
        let [key] = keys.as_slice() else {
            match keys.get(1..) {
                None => self.faults.add(Message::required(path, "id")),
                Some(more) => {
                    for name in more.iter().take(MAX_ERRORS) {
                        self.faults.add(Message::unknown_field(join(path, name), name, &["level", "id"]));
                    }
                }
            }
            return None;
        };
        let path = join(path, key);
        let text = self.text(&path, &members[key.as_str()])?;
        self.faults.location(&path, level?, key, text)
    }

    fn period(&mut self, path: &str, value: &Value) -> Option<TimePeriod> {
        let members = self.object(path, value, &["period", "code"])?;
        let (period, code) = (self.required(path, members, "period"), self.required(path, members, "code"));
        self.faults.period(&join(path, "period"), &join(path, "code"), period?, code?)
    }

    fn sort(&mut self, path: &str, value: &Value) -> Option<Sort> {
        let members = self.object(path, value, &["field", "direction"])?;
        let (field, direction) = (self.required(path, members, "field"), self.required(path, members, "direction"));
        self.faults.sort(&join(path, "field"), &join(path, "direction"), field?, direction?)
    }

    /// An object with none but these members; those that are unknown are named, and the others read all the same.
    fn object<'v>(&mut self, path: &str, value: &'v Value, known: &[&str]) -> Option<&'v Map<String, Value>> {
        let Some(members) = value.as_object() else {
            let path = if path.is_empty() { "$" } else { path };
            self.faults.add(Message::invalid(path, &format!("an object with any of {}", known.join(", "))));
            return None;
        };
        for name in members.keys().filter(|name| !known.contains(&name.as_str())) {
            if self.faults.are_too_many() {
                break;
            }
            self.faults.add(Message::unknown_field(join(path, name), name, known));
        }
        Some(members)
    }

    /// A list that is not empty.
    fn list<T>(
        &mut self,
        path: &str,
        value: &Value,
        read: impl Fn(&mut Self, &str, &Value) -> Option<T>,
    ) -> Option<Vec<T>> {
        let Some(items) = value.as_array() else {
            self.faults.add(Message::invalid(path, "a list"));
            return None;
        };
        if items.is_empty() {
            self.faults.add(Message::empty(path));
        }
        if !self.faults.takes_list(path, items.len()) {
            return None;
        }
        let mut taken = Vec::with_capacity(items.len());
        for (at, item) in items.iter().enumerate() {
            if self.faults.are_too_many() {
                break;
            }
            taken.extend(read(self, &format!("{path}[{at}]"), item));
        }
        Some(taken)
    }

    fn texts(
        &mut self,
        path: &str,
        value: &Value,
        check: impl Fn(&mut Faults, &str, &str) -> Option<String>,
    ) -> Option<Vec<String>> {
        self.list(path, value, |reader, path, value| {
            let text = reader.text(path, value)?;
            check(&mut reader.faults, path, text)
        })
    }

    fn text<'v>(&mut self, path: &str, value: &'v Value) -> Option<&'v str> {
        let text = value.as_str();
        if text.is_none() {
            self.faults.add(Message::invalid(path, "a text"));
        }
        text
    }

    /// The text of a member that must be there.
    fn required<'v>(&mut self, path: &str, members: &'v Map<String, Value>, name: &str) -> Option<&'v str> {
        let path = join(path, name);
        match given(members, name) {
            Some(value) => self.text(&path, value),
            None => {
                self.faults.add(Message::required(path, name));
                None
            }
        }
    }

    fn whole(&mut self, path: &str, value: &Value) -> Option<i64> {
        let whole = value.as_i64();
        if whole.is_none() {
            self.faults.add(Message::invalid(path, "a whole number"));
        }
        whole
    }
}

/// A member that is there and not null.
fn given<'v>(members: &'v Map<String, Value>, name: &str) -> Option<&'v Value> {
    members.get(name).filter(|value| !value.is_null())
}

fn join(path: &str, name: &str) -> String {
    // A name comes from the client, so no more of it is repeated than is needed to find it.
    let name: String = name.chars().take(60).collect();
    if path.is_empty() { name } else { format!("{path}.{name}") }
}
