//! What people are reminded of, and the ways by which they are told. None of it says anything about a child.

use std::fmt;

/// Why somebody is reminded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ReminderKind {
    /// The deadline comes near, and the authority has not signed.
    Before,
    /// It is the day of the deadline, and the authority has not signed.
    Due,
    /// The deadline has passed, and the authority has not signed.
    After,
    /// The collector sent the authority's return back.
    SentBack,
    /// A return is signed and waits for the collector.
    Unaccepted,
}

impl ReminderKind {
    pub const ALL: [Self; 5] = [Self::Before, Self::Due, Self::After, Self::SentBack, Self::Unaccepted];

    pub const fn name(self) -> &'static str {
        match self {
            Self::Before => "before",
            Self::Due => "due",
            Self::After => "after",
            Self::SentBack => "sent-back",
            Self::Unaccepted => "unaccepted",
        }
    }

    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

impl fmt::Display for ReminderKind {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.name())
    }
}

/// How somebody is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Channel {
    Mail,
    Webhook,
}

impl Channel {
    pub const ALL: [Self; 2] = [Self::Mail, Self::Webhook];

    pub const fn name(self) -> &'static str {
        match self {
            Self::Mail => "mail",
            Self::Webhook => "webhook",
        }
    }

    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|channel| channel.name() == name)
    }
}

impl fmt::Display for Channel {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.name())
    }
}
