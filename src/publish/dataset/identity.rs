//! Identifiers that stay: made from names and never from an order, so that an addition moves none of them.
//!
//! A publication, a data set and a file of a version have a UUID whose bits come from SHA-256 (version 8, RFC 9562).
//! Everything within a data set has a short identifier: a sqid of forty bits of SHA-256. Two names with the same forty
//! bits are an error when the data set is loaded, and never two things with one identifier.

use super::error::DataSetError;
use super::geography::Level;
use crate::domain::digest::Digest;
use sqids::Sqids;
use std::collections::BTreeMap;
use uuid::Uuid;

fn digest(parts: &[&str]) -> Digest {
    let mut bytes = Vec::new();
    for part in parts {
        bytes.extend_from_slice(&(part.len() as u64).to_be_bytes());
        bytes.extend_from_slice(part.as_bytes());
    }
    Digest::of(&bytes)
}

fn uuid(parts: &[&str]) -> Uuid {
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&digest(parts).as_bytes()[..16]);
    uuid::Builder::from_custom_bytes(bytes).into_uuid()
}

/// The publication of a family of collections.
pub fn publication_id(family: &str) -> Uuid {
    uuid(&["homeward publication", family])
}

/// The data set of an indicator, whatever releases it has figures from.
pub fn data_set_id(family: &str, indicator: &str) -> Uuid {
    uuid(&["homeward data set", family, indicator])
}

/// The file behind a version of a data set.
pub fn file_id(data_set: Uuid, version: &str) -> Uuid {
    uuid(&["homeward file", &data_set.to_string(), version])
}

/// The identifier of a filter: the same in every data set that has a column of this name.
pub fn filter_identifier(column: &str) -> Result<Box<str>, DataSetError> {
    Identifiers::new()?.of(&["filter", column])
}

/// The identifier of an option of a filter.
pub fn option_identifier(column: &str, label: &str) -> Result<Box<str>, DataSetError> {
    Identifiers::new()?.of(&["option", column, label])
}

/// The identifier of a column of figures.
pub fn indicator_identifier(column: &str) -> Result<Box<str>, DataSetError> {
    Identifiers::new()?.of(&["indicator", column])
}

/// The identifier of a place, by its level and the codes that it is known by, in the order of the level's properties.
pub fn location_identifier(level: &Level, codes: &[Box<str>]) -> Result<Box<str>, DataSetError> {
    Identifiers::new()?.of(&level.names_of(codes))
}

/// Gives out short identifiers, and sees that no two things have the same.
#[derive(Debug)]
pub(super) struct Identifiers {
    sqids: Sqids,
    given: BTreeMap<String, String>,
}

impl Identifiers {
    pub(super) fn new() -> Result<Self, DataSetError> {
        let sqids = Sqids::builder().min_length(5).build();
        let sqids = sqids.map_err(|error| DataSetError::Identifier(error.to_string()))?;
        Ok(Self { sqids, given: BTreeMap::new() })
    }

    /// The identifier of a thing, by its names from the widest to its own.
    pub(super) fn of(&mut self, names: &[&str]) -> Result<Box<str>, DataSetError> {
        let digest = digest(names);
        let number = digest.as_bytes()[..5].iter().fold(0, |number, byte| (number << 8) | u64::from(*byte));
        self.give(number, names.join(", "))
    }

    fn give(&mut self, number: u64, name: String) -> Result<Box<str>, DataSetError> {
        let id = self.sqids.encode(&[number]).map_err(|error| DataSetError::Identifier(error.to_string()))?;
        match self.given.get(&id) {
            Some(one) if *one != name => Err(DataSetError::SameIdentifier { id, one: one.clone(), other: name }),
            _ => {
                self.given.insert(id.clone(), name);
                Ok(id.into())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identifiers_stay_what_they_are() {
        let mut identifiers = Identifiers::new().expect("an alphabet");
        let id = identifiers.of(&["filter", "sex"]).expect("an identifier");
        insta::assert_snapshot!(id, @"vQn7zu7");
        insta::assert_snapshot!(data_set_id("family", "indicator"), @"c25a2fa0-1794-8c94-b293-7a26af64a8ae");
        assert_eq!(identifiers.of(&["filter", "sex"]).expect("again"), id);
        assert_ne!(data_set_id("a", "bc"), data_set_id("ab", "c"));
        assert_eq!(data_set_id("a", "b").get_version_num(), 8);
    }

    #[test]
    fn two_things_never_share_an_identifier() {
        let mut identifiers = Identifiers::new().expect("an alphabet");
        identifiers.give(7, "one".to_owned()).expect("the first has it");
        let refused = identifiers.give(7, "other".to_owned()).expect_err("the second is refused");
        assert!(matches!(refused, DataSetError::SameIdentifier { .. }));
    }
}
