//! What lies in the archive and the ledger does not speak of, as the ledger's callers see it.

use super::archive::ObjectName;
use chrono::{DateTime, Utc};

/// An object of which the ledger does not speak.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownObject {
    pub name: ObjectName,
    /// When it was first seen.
    pub noted: DateTime<Utc>,
    /// On how many days it was seen after the first.
    pub days: u64,
}
