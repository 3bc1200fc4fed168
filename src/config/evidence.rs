//! What proves afterwards what the service did.

use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// Receipts are signed, and so are checkpoints of the history.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct EvidenceSection {
    /// The private key that signs, as `openssl genpkey -algorithm ed25519` makes it. Without one the service makes a key of
    /// its own in the folder `secrets` of its data folder.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub signing_key_file: Option<PathBuf>,
    /// Seconds between two signed checkpoints of the history; none is written where nothing happened.
    pub checkpoint_every_seconds: u64,
    /// A file, best on another machine's disk, to which each checkpoint is added as well.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub checkpoint_file: Option<PathBuf>,
}

impl Default for EvidenceSection {
    fn default() -> Self {
        Self { signing_key_file: None, checkpoint_every_seconds: 3600, checkpoint_file: None }
    }
}
