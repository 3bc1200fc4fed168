//! The section on encryption at rest.

use super::Secret;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// With which keys the archive is sealed. Without one it is not.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct EncryptionSection {
    /// A file with one key a line, as `homeward admin encryption new-key` makes them: the first seals, all open. It is read
    /// again when the service gets SIGHUP.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub keys_file: Option<PathBuf>,
    /// The keys themselves in place of the file, for the environment: `HOMEWARD_ENCRYPTION_KEYS`, separated by commas.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub keys: Option<Secret>,
}
