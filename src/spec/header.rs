//! Which table and fields of a return say whose it is and what it answers.

use serde::Deserialize;

/// The names that intake reads before anything else is checked.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HeaderFields {
    pub table: String,
    /// Either code of the authority.
    pub authority: String,
    /// The yearly collection that the return answers.
    pub collection: String,
    pub period_start: String,
    pub period_end: String,
    /// The version of the specification that the return was made to.
    pub version: String,
}

impl HeaderFields {
    pub(super) fn names(&self) -> [&str; 5] {
        [&self.authority, &self.collection, &self.period_start, &self.period_end, &self.version]
    }
}
