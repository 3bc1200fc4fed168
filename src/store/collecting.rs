//! What the ledger holds of collections and reminders, as its callers see it.

use crate::domain::course::Decided;
use crate::domain::digest::Digest;
use crate::domain::identifier::{KeyId, ReminderId, ReturnId};
use crate::domain::reminder::{Channel, ReminderKind};
use chrono::{DateTime, NaiveDate, Utc};
use std::fmt;

/// A decision about a collection, to be entered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewDecision {
    pub collection: String,
    /// The first day of its calendar, by which a collection that nobody decided about is planned or open.
    pub opens: NaiveDate,
    /// The deadline of its calendar.
    pub deadline: NaiveDate,
    pub decided: Decided,
    pub reason: String,
    /// None on the command line.
    pub by: Option<KeyId>,
}

/// A decision about a collection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CollectionDecision {
    /// Grows with every decision.
    pub sequence: u64,
    pub collection: String,
    pub decided: Decided,
    pub reason: String,
    pub by: Option<KeyId>,
}

/// An address to which reminders for an organisation go.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Contact {
    /// The authority's three-digit code, or `department`.
    pub organisation: String,
    pub address: String,
}

impl fmt::Debug for Contact {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "Contact({})", self.organisation)
    }
}

/// A reminder to be written into the outbox, unless it is there.
#[derive(Clone, PartialEq, Eq)]
pub struct NewReminder {
    pub kind: ReminderKind,
    /// What sets it apart from others of its kind: a deadline with its days, or a return.
    pub occasion: String,
    pub collection: String,
    /// The three-digit code of the authority that it is about.
    pub authority: String,
    /// Who is told: that authority, or `department`.
    pub organisation: String,
    pub channel: Channel,
    /// The e-mail address; none for a webhook.
    pub recipient: Option<String>,
    pub deadline: Option<NaiveDate>,
    /// The days before or after.
    pub days: Option<u32>,
    pub return_id: Option<ReturnId>,
}

impl NewReminder {
    /// By this it is known that somebody was told already, when the address itself is no longer kept.
    pub fn recipient_digest(&self) -> Digest {
        Digest::of(self.recipient.as_deref().unwrap_or_default().to_lowercase().as_bytes())
    }
}

impl fmt::Debug for NewReminder {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "NewReminder({} {} {} by {})", self.kind, self.collection, self.authority, self.channel)
    }
}

/// A reminder of the outbox that waits to be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reminder {
    pub id: ReminderId,
    pub what: NewReminder,
    pub planned: DateTime<Utc>,
    /// How often it was tried.
    pub attempts: u64,
}

/// How a reminder ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReminderEnd {
    Delivered,
    GivenUp,
}
