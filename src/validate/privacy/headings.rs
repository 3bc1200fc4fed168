//! Headings that are named for a direct identifier (P01). The names are data: `identifiers.toml` of the specification.

use super::free_text::{Announcing, Identifier};
use crate::spec::Specification;
use crate::validate::ValidateError;
use serde::Deserialize;

const FILE: &str = "identifiers.toml";

/// Names in capitals, letters and digits only.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::validate) struct Headings {
    /// A heading that is this and nothing else.
    exact: Vec<String>,
    /// A heading of which this is a word.
    words: Vec<String>,
    /// A heading in which this stands anywhere, when what is not a letter or digit is left out.
    contains: Vec<String>,
    /// What announces an identifier in explanations and notes.
    pub(super) free_text: Announcing,
}

impl Headings {
    pub(in crate::validate) fn of(specification: &Specification) -> Result<Self, ValidateError> {
        let wrong = |problem: String| ValidateError::Identifiers { problem };
        let text = specification.file(FILE).ok_or_else(|| wrong("the file is missing".to_owned()))?;
        let headings: Self = toml::from_str(text).map_err(|error| wrong(error.message().to_owned()))?;
        let announcing = &headings.free_text;
        let all = || {
            let of_headings = headings.exact.iter().chain(&headings.words).chain(&headings.contains);
            of_headings.chain(&announcing.titles).chain(&announcing.naming).chain(&announcing.birth)
        };
        if let Some(name) = all().find(|name| name.is_empty() || **name != squeezed(name)) {
            return Err(wrong(format!("{name:?} is not in capitals, or is not letters and digits only")));
        }
        Ok(headings)
    }

    /// The kinds of identifier that free text seems to hold.
    pub(in crate::validate) fn identifiers_in(&self, text: &str) -> Vec<Identifier> {
        self.free_text.identifiers_in(text)
    }

    pub(in crate::validate) fn names_an_identifier(&self, heading: &str) -> bool {
        let whole = squeezed(heading);
        let capitals = heading.to_uppercase();
        let mut words = capitals.split(|letter: char| !letter.is_alphanumeric());
        self.exact.contains(&whole)
            || self.contains.iter().any(|part| whole.contains(part.as_str()))
            || words.any(|word| self.words.iter().any(|known| known == word))
    }
}

fn squeezed(heading: &str) -> String {
    heading.to_uppercase().chars().filter(|letter| letter.is_alphanumeric()).collect()
}
