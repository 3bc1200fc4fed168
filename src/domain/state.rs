//! The states of a return, and which may follow which.

use serde::{Deserialize, Serialize};
use std::fmt;

/// Where a version of a return stands. A version is never edited; it only moves along this table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ReturnState {
    /// The bytes are ours and durable; nothing has been decided.
    Received,
    /// Refused: a receipt is kept and none of the content.
    Rejected,
    /// Checked: the report says whether it has errors, queries or neither.
    Checked,
    /// The director stands by it.
    Signed,
    /// The collector took it: it counts.
    Accepted,
    /// A later version was accepted in its place.
    Superseded,
    /// The authority took it back before it was accepted.
    Withdrawn,
    /// The collector gave it back before it was accepted.
    SentBack,
}

impl ReturnState {
    pub const ALL: [Self; 8] = [
        Self::Received,
        Self::Rejected,
        Self::Checked,
        Self::Signed,
        Self::Accepted,
        Self::Superseded,
        Self::Withdrawn,
        Self::SentBack,
    ];

    /// The states that may follow this one.
    pub const fn next(self) -> &'static [Self] {
        match self {
            Self::Received => &[Self::Rejected, Self::Checked],
            Self::Checked => &[Self::Signed, Self::Withdrawn, Self::SentBack],
            Self::Signed => &[Self::Accepted, Self::Withdrawn, Self::SentBack],
            Self::Accepted => &[Self::Superseded],
            Self::Rejected | Self::Superseded | Self::Withdrawn | Self::SentBack => &[],
        }
    }

    pub fn may_become(self, next: Self) -> bool {
        self.next().contains(&next)
    }

    pub const fn name(self) -> &'static str {
        match self {
            Self::Received => "received",
            Self::Rejected => "rejected",
            Self::Checked => "checked",
            Self::Signed => "signed",
            Self::Accepted => "accepted",
            Self::Superseded => "superseded",
            Self::Withdrawn => "withdrawn",
            Self::SentBack => "sent-back",
        }
    }

    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.name() == name)
    }
}

impl fmt::Display for ReturnState {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ended_states_lead_nowhere_and_names_read_back() {
        for state in ReturnState::ALL {
            assert_eq!(ReturnState::from_name(state.name()), Some(state));
        }
        assert!(ReturnState::Rejected.next().is_empty());
        assert!(!ReturnState::Checked.may_become(ReturnState::Accepted));
    }
}
