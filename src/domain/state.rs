//! The life of a return: one table of moves, from which the ledger's check, the documentation and the tests come.

use super::account::Role;
use serde::{Deserialize, Serialize};
use std::fmt;

/// Where a version of a return stands. A version is never edited; it only moves along [`MOVES`].
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

/// What happens to a return.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ReturnMove {
    Receive,
    Reject,
    Check,
    Sign,
    Accept,
    Supersede,
    Withdraw,
    SendBack,
}

/// One line of the table of moves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AllowedMove {
    /// None where the move begins a version.
    pub from: Option<ReturnState>,
    pub by: ReturnMove,
}

const fn allowed(from: ReturnState, by: ReturnMove) -> AllowedMove {
    AllowedMove { from: Some(from), by }
}

/// Every move there is.
pub const MOVES: [AllowedMove; 10] = [
    AllowedMove { from: None, by: ReturnMove::Receive },
    allowed(ReturnState::Received, ReturnMove::Reject),
    allowed(ReturnState::Received, ReturnMove::Check),
    allowed(ReturnState::Checked, ReturnMove::Sign),
    allowed(ReturnState::Signed, ReturnMove::Accept),
    allowed(ReturnState::Accepted, ReturnMove::Supersede),
    allowed(ReturnState::Checked, ReturnMove::Withdraw),
    allowed(ReturnState::Signed, ReturnMove::Withdraw),
    allowed(ReturnState::Checked, ReturnMove::SendBack),
    allowed(ReturnState::Signed, ReturnMove::SendBack),
];

impl ReturnMove {
    pub const ALL: [Self; 8] = [
        Self::Receive,
        Self::Reject,
        Self::Check,
        Self::Sign,
        Self::Accept,
        Self::Supersede,
        Self::Withdraw,
        Self::SendBack,
    ];

    /// The states from which this move leads on.
    pub fn from(self) -> impl Iterator<Item = ReturnState> {
        MOVES.into_iter().filter(move |line| line.by == self).filter_map(|line| line.from)
    }

    /// The state to which this move leads, wherever it starts.
    pub const fn to(self) -> ReturnState {
        match self {
            Self::Receive => ReturnState::Received,
            Self::Reject => ReturnState::Rejected,
            Self::Check => ReturnState::Checked,
            Self::Sign => ReturnState::Signed,
            Self::Accept => ReturnState::Accepted,
            Self::Supersede => ReturnState::Superseded,
            Self::Withdraw => ReturnState::Withdrawn,
            Self::SendBack => ReturnState::SentBack,
        }
    }

    /// Its name, which is also the last part of its address in the API where people make it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Receive => "receive",
            Self::Reject => "reject",
            Self::Check => "check",
            Self::Sign => "sign",
            Self::Accept => "accept",
            Self::Supersede => "supersede",
            Self::Withdraw => "withdraw",
            Self::SendBack => "send-back",
        }
    }

    /// Who makes it; empty where the service itself does.
    pub const fn who(self) -> &'static [Role] {
        match self {
            Self::Receive => &[Role::Submitter],
            Self::Reject | Self::Check | Self::Supersede => &[],
            Self::Sign => &[Role::Signatory],
            Self::Accept | Self::SendBack => &[Role::Collector],
            Self::Withdraw => &[Role::Submitter, Role::Signatory],
        }
    }

    /// Whether a person moves a version that is already there by it.
    pub const fn is_made_by_people(self) -> bool {
        !self.who().is_empty() && !matches!(self, Self::Receive)
    }

    /// What it takes, as the documentation says it.
    pub const fn condition(self) -> &'static str {
        match self {
            Self::Receive => {
                "an upload whose bytes arrived whole; the same key again, or the same bytes while they stand, are the same return"
            }
            Self::Reject => "a finding of severity reject; the content is deleted first, and a receipt stays",
            Self::Check => "no finding of severity reject; it gets its collection and its version",
            Self::Sign => {
                "no errors, every rule checked, an explanation for each query, and a collection that is open for the authority"
            }
            Self::Accept => "no later version is accepted; the version in force is superseded in the same step",
            Self::Supersede => "a later version of the same authority and collection is accepted",
            Self::Withdraw => "nothing more; the version in force stays in force",
            Self::SendBack => "a reason, which the authority reads; the version in force stays in force",
        }
    }
}

impl fmt::Display for ReturnMove {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.name())
    }
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

    /// The moves that may be made from here.
    pub fn moves(self) -> impl Iterator<Item = ReturnMove> {
        MOVES.into_iter().filter(move |line| line.from == Some(self)).map(|line| line.by)
    }

    /// The states that may follow this one.
    pub fn next(self) -> impl Iterator<Item = Self> {
        self.moves().map(ReturnMove::to)
    }

    /// The state that a move leads to; none where it may not be made.
    pub fn after(self, step: ReturnMove) -> Option<Self> {
        MOVES.contains(&allowed(self, step)).then(|| step.to())
    }

    /// What can be done to it now, as part of a sentence.
    pub fn possible(self) -> String {
        let names: Vec<&str> = self.moves().filter(|step| step.is_made_by_people()).map(ReturnMove::name).collect();
        match (self, names.as_slice()) {
            (Self::Received, _) => "nothing until its check ends".to_owned(),
            (_, []) => "nothing more; a new version can be sent".to_owned(),
            (_, names) => names.join(", "),
        }
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

/// Who makes a move, as the documentation says it.
pub(super) fn told(who: &[Role]) -> String {
    if who.is_empty() {
        return "the service".to_owned();
    }
    who.iter().map(|role| role.name()).collect::<Vec<_>>().join(" or ")
}

/// The table of moves as Markdown, for the documentation.
pub fn moves_as_markdown() -> String {
    let mut text = "| from | move | to | who | what it takes |\n|---|---|---|---|---|\n".to_owned();
    for AllowedMove { from, by } in MOVES {
        let (from, who) = (from.map_or("(nothing)", ReturnState::name), told(by.who()));
        text.push_str(&format!("| {from} | {by} | {} | {who} | {} |\n", by.to(), by.condition()));
    }
    text
}

/// The same as a state diagram in Mermaid.
pub fn moves_as_diagram() -> String {
    // A hyphen is part of an arrow in this language.
    let node = |state: ReturnState| state.name().replace('-', "_");
    let mut text = "stateDiagram-v2\n    state \"sent-back\" as sent_back\n".to_owned();
    for AllowedMove { from, by } in MOVES {
        let from = from.map_or_else(|| "[*]".to_owned(), node);
        text.push_str(&format!("    {from} --> {}: {by}\n", node(by.to())));
    }
    for ended in ReturnState::ALL.into_iter().filter(|state| state.moves().next().is_none()) {
        text.push_str(&format!("    {} --> [*]\n", node(ended)));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_state_is_reached_and_names_read_back() {
        for state in ReturnState::ALL {
            assert_eq!(ReturnState::from_name(state.name()), Some(state));
            assert!(MOVES.iter().any(|line| line.by.to() == state), "nothing leads to {state}");
            for step in ReturnMove::ALL {
                let expected = MOVES.iter().any(|line| line.from == Some(state) && line.by == step);
                assert_eq!(state.after(step).is_some(), expected, "{step} from {state}");
            }
        }
        assert_eq!(ReturnState::Checked.after(ReturnMove::Accept), None, "what is not signed is not accepted");
        assert_eq!(ReturnState::Checked.possible(), "sign, withdraw, send-back");
        assert_eq!(ReturnState::Rejected.possible(), "nothing more; a new version can be sent");
    }

    #[test]
    fn a_version_that_ended_stays_so() {
        for ended in [ReturnState::Rejected, ReturnState::Superseded, ReturnState::Withdrawn, ReturnState::SentBack] {
            assert_eq!(ended.next().count(), 0, "{ended}");
        }
        let in_force: Vec<_> = ReturnState::Accepted.next().collect();
        assert_eq!(in_force, [ReturnState::Superseded], "what counts ends only when a later version counts");
    }

    #[test]
    fn the_documentation_has_the_table_and_the_diagram() {
        let page = include_str!("../ARCHITECTURE.md");
        for part in [moves_as_markdown(), moves_as_diagram()] {
            assert!(page.contains(&part), "put this into src/ARCHITECTURE.md:\n{part}");
        }
    }
}
