//! How long what is kept, and what follows for a return.

use crate::domain::state::ReturnState;
use crate::store::{PersonRecord, ReturnRecord};
use chrono::{DateTime, Days, Months, Utc};

/// How long what is kept. Receipts and events are kept for ever.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RetentionPolicy {
    /// Originals, after the last decision on their return.
    pub originals_days: u32,
    /// Versions that were superseded, withdrawn or sent back.
    pub ended_days: u32,
    /// Versions that were checked or signed, and of which nothing came.
    pub undecided_days: u32,
    /// Versions that count.
    pub accepted_years: u32,
    /// Who read what.
    pub accesses_days: u32,
    /// Sessions and keys after they ended, where nothing speaks of them.
    pub keys_days: u32,
    /// Names and addresses of people after they were disabled.
    pub people_days: u32,
    /// Objects of which the ledger does not speak, in days that it saw pass.
    pub unknown_days: u32,
}

/// Since when something is due, and the setting that says so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Term {
    pub(super) since: DateTime<Utc>,
    pub(super) rule: String,
}

impl RetentionPolicy {
    /// The end of the time of a return's original.
    pub(super) fn original(&self, record: &ReturnRecord) -> Option<Term> {
        let decided = record.verdict.as_ref().map(|verdict| verdict.decided);
        let last = [decided, record.signed, record.accepted, record.ended].into_iter().flatten().max()?;
        Some(Term {
            since: after(last, self.originals_days)?,
            rule: format!("originals_days = {}", self.originals_days),
        })
    }

    /// The end of the time of everything that a return holds: report, tables, explanations, original.
    pub(super) fn content(&self, record: &ReturnRecord) -> Option<Term> {
        let decided = record.verdict.as_ref().map(|verdict| verdict.decided);
        match record.state {
            ReturnState::Received | ReturnState::Rejected => None,
            ReturnState::Superseded | ReturnState::Withdrawn | ReturnState::SentBack => Some(Term {
                since: after(record.ended?, self.ended_days)?,
                rule: format!("ended_days = {}", self.ended_days),
            }),
            ReturnState::Checked | ReturnState::Signed => Some(Term {
                since: after(record.signed.or(decided)?, self.undecided_days)?,
                rule: format!("undecided_days = {}", self.undecided_days),
            }),
            ReturnState::Accepted => Some(Term {
                since: record.accepted?.checked_add_months(Months::new(self.accepted_years.saturating_mul(12)))?,
                rule: format!("accepted_years = {}", self.accepted_years),
            }),
        }
    }
}

impl RetentionPolicy {
    /// The end of the time of what says who a person is; none while they may act, or where it is gone.
    pub(super) fn identity(&self, person: &PersonRecord) -> Option<Term> {
        let disabled = person.disabled.filter(|_| person.erased.is_none())?;
        Some(Term { since: after(disabled, self.people_days)?, rule: format!("people_days = {}", self.people_days) })
    }
}

fn after(at: DateTime<Utc>, days: u32) -> Option<DateTime<Utc>> {
    at.checked_add_days(Days::new(u64::from(days)))
}
