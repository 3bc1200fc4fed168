//! Checks of the parts of a query, wherever they were written; each fault goes to the list and the rest is read on.

use super::super::geography::{LEVELS, Level};
use super::super::time::{Identifier, TimePeriod, identifiers};
use super::{
    LocationKey, MAX_ERRORS, MAX_ITEMS, MAX_ITEMS_IN_ALL, MAX_SORTS, Message, QueryError, QueryLocation, Sort,
};

/// The longest identifier of a filter option or a place.
const ID_LENGTH: usize = 10;
/// The longest name of a field to sort by, and identifier of a column of figures.
const FIELD_LENGTH: usize = 40;
const CODE_LENGTH: usize = 30;

/// The faults found so far, no more than are told; and how many items lists had.
#[derive(Debug, Default)]
pub(super) struct Faults {
    found: Vec<QueryError>,
    items: usize,
}

impl Faults {
    pub(super) fn add(&mut self, fault: Message) {
        match self.found.len() {
            told if told < MAX_ERRORS => self.found.push(fault),
            MAX_ERRORS => self.found.push(Message::too_many_errors(MAX_ERRORS)),
            _ => {}
        }
    }

    /// Whether more is wrong than is told, so that nothing more need be read.
    pub(super) const fn are_too_many(&self) -> bool {
        self.found.len() > MAX_ERRORS
    }

    /// What was read, where nothing is wrong with it.
    pub(super) fn unless_any<T>(self, read: T) -> Result<T, Vec<QueryError>> {
        if self.found.is_empty() { Ok(read) } else { Err(self.found) }
    }

    /// Whether a list of so many items is read.
    pub(super) fn takes_list(&mut self, path: &str, items: usize) -> bool {
        let most = if path == "sorts" { MAX_SORTS } else { MAX_ITEMS };
        if items > most {
            self.add(Message::too_many_items(path, most));
            return false;
        }
        let before = self.items;
        self.items += items;
        if before <= MAX_ITEMS_IN_ALL && self.items > MAX_ITEMS_IN_ALL {
            self.add(Message::too_many_items_in_all(path, MAX_ITEMS_IN_ALL));
        }
        self.items <= MAX_ITEMS_IN_ALL
    }

    /// A text that is neither empty nor too long.
    pub(super) fn text(&mut self, path: &str, text: &str, longest: usize) -> Option<String> {
        if text.is_empty() {
            self.add(Message::empty(path));
            None
        } else if text.chars().count() > longest {
            self.add(Message::too_long(path, longest));
            None
        } else {
            Some(text.to_owned())
        }
    }

    pub(super) fn option(&mut self, path: &str, text: &str) -> Option<String> {
        self.text(path, text, ID_LENGTH)
    }

    pub(super) fn indicator(&mut self, path: &str, text: &str) -> Option<String> {
        self.text(path, text, FIELD_LENGTH)
    }

    pub(super) fn level(&mut self, path: &str, code: &str) -> Option<&'static Level> {
        let level = Level::of_code(code);
        if level.is_none() {
            self.add(Message::not_allowed(path, code, &level_codes()));
        }
        level
    }

    /// A place of a level, by the property of that name.
    pub(super) fn location(
        &mut self,
        path: &str,
        level: &'static Level,
        property: &str,
        value: &str,
    ) -> Option<QueryLocation> {
        let known = level.properties.iter().position(|(name, _)| *name == property);
        let key = match known {
            Some(at) => LocationKey::Property(at),
            None if property == "id" => LocationKey::Id,
            None => {
                let message = "Must be a location with an allowed identifying property.";
                self.add(Message::of_location("LocationAllowedProperty", message, path, property, &properties(level)));
                return None;
            }
        };
        let longest = if key == LocationKey::Id { ID_LENGTH } else { CODE_LENGTH };
        let value = self.text(path, value, longest)?;
        Some(QueryLocation { level, key, value })
    }

    pub(super) fn period(
        &mut self,
        period_path: &str,
        code_path: &str,
        period: &str,
        code: &str,
    ) -> Option<TimePeriod> {
        let ranges_only = period.contains('/');
        let identifier = Identifier::of_code(code).filter(|identifier| identifier.two_years || !ranges_only);
        let Some(identifier) = identifier else {
            let allowed = identifiers().iter().filter(|identifier| identifier.two_years || !ranges_only);
            let allowed: Vec<&str> = allowed.map(|identifier| identifier.code.as_str()).collect();
            self.add(Message::period_code(code_path, code, &allowed));
            return None;
        };
        let read = TimePeriod::of_query(period, identifier);
        if read.is_none() {
            self.add(Message::period_year(period_path, period));
        }
        read
    }

    pub(super) fn sort(
        &mut self,
        field_path: &str,
        direction_path: &str,
        field: &str,
        direction: &str,
    ) -> Option<Sort> {
        let field = self.text(field_path, field, FIELD_LENGTH);
        let descending = match direction {
            "Asc" => Some(false),
            "Desc" => Some(true),
            other => {
                self.add(Message::not_allowed(direction_path, other, &["Asc", "Desc"]));
                None
            }
        };
        Some(Sort { field: field?, descending: descending? })
    }

    pub(super) fn page(&mut self, path: &str, page: i64) -> u64 {
        u64::try_from(page).ok().filter(|page| *page > 0).unwrap_or_else(|| {
            self.add(Message::too_small(path, page, 1));
            1
        })
    }

    pub(super) fn page_size(&mut self, path: &str, size: i64, largest: u64) -> u64 {
        u64::try_from(size).ok().filter(|size| (1..=largest).contains(size)).unwrap_or_else(|| {
            self.add(Message::not_between(path, size, 1, largest));
            largest
        })
    }
}

pub(super) fn level_codes() -> Vec<&'static str> {
    LEVELS.iter().map(|level| level.code).collect()
}

/// What a place of a level may be named by.
pub(super) fn properties(level: &'static Level) -> Vec<&'static str> {
    std::iter::once("id").chain(level.properties.iter().map(|(name, _)| *name)).collect()
}
