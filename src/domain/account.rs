//! The roles of those who hold a key.

use serde::{Deserialize, Serialize};
use std::fmt;

/// What a key's holder may do. The first two belong to one authority each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Sends an authority's returns and explains what is odd in them.
    Submitter,
    /// Signs an authority's returns off.
    Signatory,
    /// Takes returns or sends them back, and makes releases, for the department.
    Collector,
    /// Reads releases before they are published.
    Analyst,
    /// Runs the service; sees no return.
    Operator,
}

impl Role {
    pub const ALL: [Self; 5] = [Self::Submitter, Self::Signatory, Self::Collector, Self::Analyst, Self::Operator];

    pub const fn name(self) -> &'static str {
        match self {
            Self::Submitter => "submitter",
            Self::Signatory => "signatory",
            Self::Collector => "collector",
            Self::Analyst => "analyst",
            Self::Operator => "operator",
        }
    }

    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.name() == name)
    }

    /// Whether a key of this role belongs to one authority.
    pub const fn belongs_to_an_authority(self) -> bool {
        matches!(self, Self::Submitter | Self::Signatory)
    }
}

impl fmt::Display for Role {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.name())
    }
}
