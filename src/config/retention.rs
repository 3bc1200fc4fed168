//! How long what is kept.

use serde::{Deserialize, Serialize};

/// Nothing is kept longer than its purpose needs (UK GDPR, Article 5(1)(e)); OPERATIONS.md gives the reasons. Receipts and
/// the history are kept for ever.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RetentionSection {
    /// Days that the file of an upload is kept after the last decision on its return.
    pub originals_days: u32,
    /// Days that tables, report and explanations of a superseded, withdrawn or sent-back version are kept.
    pub ended_days: u32,
    /// Days that a version is kept which was checked or signed and of which nothing came.
    pub undecided_days: u32,
    /// Years that an accepted version is kept.
    pub accepted_years: u32,
    /// Days that it is kept who read what.
    pub accesses_days: u32,
    /// Days that sessions and keys are kept after they ended, where nothing speaks of them.
    pub keys_days: u32,
    /// Days that names and addresses of people are kept after they were disabled.
    pub people_days: u32,
    /// Days, each seen by the ledger, that objects are kept which it does not know, as after it was put back from an older copy.
    pub unknown_days: u32,
    /// Minutes between two runs.
    pub every_minutes: u64,
}

impl Default for RetentionSection {
    fn default() -> Self {
        Self {
            originals_days: 180,
            ended_days: 365,
            undecided_days: 730,
            accepted_years: 7,
            accesses_days: 730,
            keys_days: 90,
            people_days: 730,
            unknown_days: 30,
            every_minutes: 60,
        }
    }
}
