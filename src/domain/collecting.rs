//! The life of a collection: planned, open, closed; one table of moves, from which the check and the documentation come.

use super::account::Role;
use super::state::told;
use std::fmt;

/// Where a collection stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum CollectionState {
    /// Its calendar's first day is to come.
    Planned,
    /// Returns for it are taken, late ones as well.
    Open,
    /// Returns for it are checked, and can no longer be signed.
    Closed,
}

/// What is done to a collection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum CollectionMove {
    /// The calendar's first day comes.
    Begin,
    Open,
    Extend,
    Close,
    Reopen,
}

/// Every move there is: from, by, to.
pub const MOVES: [(CollectionState, CollectionMove, CollectionState); 6] = [
    (CollectionState::Planned, CollectionMove::Begin, CollectionState::Open),
    (CollectionState::Planned, CollectionMove::Open, CollectionState::Open),
    (CollectionState::Open, CollectionMove::Extend, CollectionState::Open),
    (CollectionState::Open, CollectionMove::Close, CollectionState::Closed),
    (CollectionState::Closed, CollectionMove::Reopen, CollectionState::Closed),
    (CollectionState::Closed, CollectionMove::Open, CollectionState::Open),
];

impl CollectionMove {
    pub const ALL: [Self; 5] = [Self::Begin, Self::Open, Self::Extend, Self::Close, Self::Reopen];

    /// Its name, which is also the last part of its address in the API where people make it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Begin => "begin",
            Self::Open => "open",
            Self::Extend => "extend",
            Self::Close => "close",
            Self::Reopen => "reopen",
        }
    }

    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|step| step.name() == name)
    }

    /// Who makes it; empty where the calendar does.
    pub const fn who(self) -> &'static [Role] {
        match self {
            Self::Begin => &[],
            Self::Open | Self::Extend | Self::Close | Self::Reopen => &[Role::Collector],
        }
    }

    /// What it takes, as the documentation says it.
    pub const fn condition(self) -> &'static str {
        match self {
            Self::Begin => "the first day of its calendar",
            Self::Open => "a reason; it is open for everybody, before its calendar's day or again",
            Self::Extend => "a reason and a later deadline to come, for everybody or for one authority",
            Self::Close => "a reason; an authority whose own deadline is still to come keeps until then",
            Self::Reopen => "one authority, a reason and a last day; it stays closed for the others",
        }
    }
}

impl fmt::Display for CollectionMove {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.name())
    }
}

impl CollectionState {
    pub const ALL: [Self; 3] = [Self::Planned, Self::Open, Self::Closed];

    pub const fn name(self) -> &'static str {
        match self {
            Self::Planned => "planned",
            Self::Open => "open",
            Self::Closed => "closed",
        }
    }

    /// The moves that may be made from here.
    pub fn moves(self) -> impl Iterator<Item = CollectionMove> {
        MOVES.into_iter().filter(move |(from, ..)| *from == self).map(|(_, by, _)| by)
    }

    /// The state that a move leads to; none where it may not be made.
    pub fn after(self, step: CollectionMove) -> Option<Self> {
        MOVES.into_iter().find(|(from, by, _)| (*from, *by) == (self, step)).map(|(.., to)| to)
    }

    /// What people can do to it now, as part of a sentence.
    pub fn possible(self) -> String {
        let by_people = self.moves().filter(|step| !step.who().is_empty());
        by_people.map(CollectionMove::name).collect::<Vec<_>>().join(", ")
    }
}

impl fmt::Display for CollectionState {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.name())
    }
}

/// The table of moves as Markdown, for the documentation.
pub fn moves_as_markdown() -> String {
    let mut text = "| from | move | to | who | what it takes |\n|---|---|---|---|---|\n".to_owned();
    for (from, by, to) in MOVES {
        let who = if by.who().is_empty() { "the calendar".to_owned() } else { told(by.who()) };
        text.push_str(&format!("| {from} | {by} | {to} | {who} | {} |\n", by.condition()));
    }
    text
}

/// The same as a state diagram in Mermaid.
pub fn moves_as_diagram() -> String {
    let mut text = "stateDiagram-v2\n    [*] --> planned\n".to_owned();
    for (from, by, to) in MOVES {
        text.push_str(&format!("    {from} --> {to}: {by}\n"));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_moves_of_the_table_lead_on() {
        assert_eq!(CollectionState::Planned.after(CollectionMove::Close), None);
        assert_eq!(CollectionState::Open.after(CollectionMove::Reopen), None);
        assert_eq!(CollectionState::Closed.after(CollectionMove::Extend), None);
        assert_eq!(CollectionState::Closed.after(CollectionMove::Reopen), Some(CollectionState::Closed));
        assert_eq!(CollectionState::Open.possible(), "extend, close");
        for step in CollectionMove::ALL {
            assert_eq!(CollectionMove::from_name(step.name()), Some(step));
            assert!(MOVES.iter().any(|(_, by, _)| *by == step), "nothing is done by {step}");
        }
    }

    #[test]
    fn the_documentation_has_the_table_and_the_diagram() {
        let page = include_str!("../ARCHITECTURE.md");
        for part in [moves_as_markdown(), moves_as_diagram()] {
            assert!(page.contains(&part), "put this into src/ARCHITECTURE.md:\n{part}");
        }
    }
}
