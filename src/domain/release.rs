//! The states of a release, which may follow which, and the numbers by which readers tell its data sets apart.

use super::account::Role;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// Where a release stands. What it was built from never changes; it only moves along [`MOVES`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ReleaseState {
    /// Built: its audit and the checks of its files passed.
    Draft,
    /// A second person stands by it.
    Approved,
    /// Approved, and to be published by the service itself at a time.
    Scheduled,
    /// Everybody may read it, and nothing about it changes any more.
    Published,
    /// Given up with a reason: its files are gone, its line in the ledger stays.
    Discarded,
}

/// What is done to a release.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ReleaseMove {
    Approve,
    Schedule,
    Publish,
    Discard,
}

/// One line of the table of moves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AllowedMove {
    pub from: ReleaseState,
    pub by: ReleaseMove,
}

const fn allowed(from: ReleaseState, by: ReleaseMove) -> AllowedMove {
    AllowedMove { from, by }
}

/// Every move there is.
pub const MOVES: [AllowedMove; 8] = [
    allowed(ReleaseState::Draft, ReleaseMove::Approve),
    allowed(ReleaseState::Approved, ReleaseMove::Schedule),
    allowed(ReleaseState::Scheduled, ReleaseMove::Schedule),
    allowed(ReleaseState::Approved, ReleaseMove::Publish),
    allowed(ReleaseState::Scheduled, ReleaseMove::Publish),
    allowed(ReleaseState::Draft, ReleaseMove::Discard),
    allowed(ReleaseState::Approved, ReleaseMove::Discard),
    allowed(ReleaseState::Scheduled, ReleaseMove::Discard),
];

impl ReleaseMove {
    pub const ALL: [Self; 4] = [Self::Approve, Self::Schedule, Self::Publish, Self::Discard];

    /// The states from which this move leads on.
    pub fn from(self) -> impl Iterator<Item = ReleaseState> {
        MOVES.into_iter().filter(move |line| line.by == self).map(|line| line.from)
    }

    /// The state to which this move leads, wherever it starts.
    pub const fn to(self) -> ReleaseState {
        match self {
            Self::Approve => ReleaseState::Approved,
            Self::Schedule => ReleaseState::Scheduled,
            Self::Publish => ReleaseState::Published,
            Self::Discard => ReleaseState::Discarded,
        }
    }

    pub const fn name(self) -> &'static str {
        match self {
            Self::Approve => "approve",
            Self::Schedule => "schedule",
            Self::Publish => "publish",
            Self::Discard => "discard",
        }
    }

    /// Who makes it; at its time the service publishes too.
    pub const fn who(self) -> &'static [Role] {
        match self {
            Self::Approve | Self::Schedule | Self::Publish | Self::Discard => &[Role::Collector],
        }
    }

    /// What it takes, as the documentation says it.
    const fn condition(self) -> &'static str {
        match self {
            Self::Approve => "another person than the one who built it, or another key where no person is known",
            Self::Schedule => "a time to come, and no other release of the series that is scheduled",
            Self::Publish => {
                "no release of the series was published since it was built; at its time the service does it"
            }
            Self::Discard => "a reason; the service does it at its time to one that can be published no more",
        }
    }
}

impl ReleaseState {
    pub const ALL: [Self; 5] = [Self::Draft, Self::Approved, Self::Scheduled, Self::Published, Self::Discarded];

    /// The state that a move leads to; none where it may not be made.
    pub fn after(self, step: ReleaseMove) -> Option<Self> {
        MOVES.contains(&AllowedMove { from: self, by: step }).then(|| step.to())
    }

    pub const fn name(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Approved => "approved",
            Self::Scheduled => "scheduled",
            Self::Published => "published",
            Self::Discarded => "discarded",
        }
    }

    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.name() == name)
    }
}

impl fmt::Display for ReleaseState {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.name())
    }
}

/// The table of moves as Markdown, for the documentation.
pub fn moves_as_markdown() -> String {
    let mut text = "| from | move | to | who | what it takes |\n|---|---|---|---|---|\n".to_owned();
    for AllowedMove { from, by } in MOVES {
        let who: Vec<&str> = by.who().iter().map(|role| role.name()).collect();
        let (name, to, who, condition) = (by.name(), by.to(), who.join(" or "), by.condition());
        text.push_str(&format!("| {from} | {name} | {to} | {who} | {condition} |\n"));
    }
    text
}

/// Whether a release may still be corrected as a matter of course.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ReleaseKind {
    /// Returns may still be missing or corrected.
    Provisional,
    Final,
}

impl ReleaseKind {
    pub const ALL: [Self; 2] = [Self::Provisional, Self::Final];

    pub const fn name(self) -> &'static str {
        match self {
            Self::Provisional => "provisional",
            Self::Final => "final",
        }
    }

    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

impl fmt::Display for ReleaseKind {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.name())
    }
}

/// The version of a data set: major when something that readers may rely on is gone, minor when something is new or a
/// value changed, patch when only words about it did. Written `1.0`, and `1.0.1` with a patch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct DataVersion {
    pub major: u32,
    pub minor: u32,
    pub patch: u32,
}

impl DataVersion {
    /// The version of a data set that was never published before.
    pub const FIRST: Self = Self { major: 1, minor: 0, patch: 0 };

    #[must_use]
    pub const fn next_major(self) -> Self {
        Self { major: self.major + 1, minor: 0, patch: 0 }
    }

    #[must_use]
    pub const fn next_minor(self) -> Self {
        Self { minor: self.minor + 1, patch: 0, ..self }
    }

    #[must_use]
    pub const fn next_patch(self) -> Self {
        Self { patch: self.patch + 1, ..self }
    }
}

impl fmt::Display for DataVersion {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.patch {
            0 => write!(out, "{}.{}", self.major, self.minor),
            patch => write!(out, "{}.{}.{patch}", self.major, self.minor),
        }
    }
}

/// A text that is not the version of a data set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a version is two or three numbers with full stops between them, such as 1.0 or 1.0.1")]
pub struct NotAVersion;

impl FromStr for DataVersion {
    type Err = NotAVersion;

    fn from_str(text: &str) -> Result<Self, NotAVersion> {
        let numbers: Result<Vec<u32>, _> = text.split('.').map(str::parse).collect();
        match numbers.map_err(|_| NotAVersion)?.as_slice() {
            [major, minor] => Ok(Self { major: *major, minor: *minor, patch: 0 }),
            [major, minor, patch] => Ok(Self { major: *major, minor: *minor, patch: *patch }),
            _ => Err(NotAVersion),
        }
    }
}

impl TryFrom<String> for DataVersion {
    type Error = NotAVersion;

    fn try_from(text: String) -> Result<Self, NotAVersion> {
        text.parse()
    }
}

impl From<DataVersion> for String {
    fn from(version: DataVersion) -> Self {
        version.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_published_or_discarded_leads_nowhere_and_nothing_is_published_without_approval() {
        for ended in [ReleaseState::Published, ReleaseState::Discarded] {
            assert!(ReleaseMove::ALL.into_iter().all(|step| ended.after(step).is_none()), "{ended}");
        }
        assert_eq!(ReleaseState::Draft.after(ReleaseMove::Publish), None);
        assert_eq!(ReleaseState::Draft.after(ReleaseMove::Schedule), None);
        assert_eq!(ReleaseState::Approved.after(ReleaseMove::Publish), Some(ReleaseState::Published));
        for state in ReleaseState::ALL {
            assert_eq!(ReleaseState::from_name(state.name()), Some(state));
            let reached = state == ReleaseState::Draft || MOVES.iter().any(|line| line.by.to() == state);
            assert!(reached, "nothing leads to {state}");
        }
    }

    #[test]
    fn the_documentation_has_the_table_of_moves() {
        let page = include_str!("../ARCHITECTURE.md");
        let table = moves_as_markdown();
        assert!(page.contains(&table), "put this table into src/ARCHITECTURE.md:\n{table}");
    }

    #[test]
    fn versions_read_back_and_follow_each_other() {
        let version = DataVersion::FIRST.next_minor().next_patch();
        assert_eq!((version.to_string().as_str(), "1.1.1".parse()), ("1.1.1", Ok(version)));
        assert_eq!(version.next_minor().to_string(), "1.2");
        assert_eq!(version.next_major().to_string(), "2.0");
        assert_eq!("2.0".parse(), Ok(DataVersion { major: 2, minor: 0, patch: 0 }));
        for wrong in ["", "1", "1.x", "1.2.3.4", "-1.0"] {
            assert_eq!(wrong.parse::<DataVersion>(), Err(NotAVersion), "{wrong}");
        }
        assert!(version < version.next_minor() && version.next_minor() < version.next_major());
    }
}
