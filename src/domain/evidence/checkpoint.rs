//! A checkpoint: how long the history was at a time, and the digest of its last event. Kept elsewhere, it shows that the end
//! was not cut off.

use super::envelope::Evidence;
use crate::domain::digest::Digest;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Checkpoint {
    /// How many events there were.
    pub events: u64,
    /// The digest of the last of them.
    pub head: Digest,
    pub at: DateTime<Utc>,
    pub program: String,
}

impl Evidence for Checkpoint {
    const TYPE: &'static str = "application/vnd.homeward.checkpoint+json";
    const NAME: &'static str = "checkpoint";
}
