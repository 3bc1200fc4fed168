//! How accounts come to be.

use serde::{Deserialize, Serialize};

/// Keys and roles that decide about returns and releases, or give them to others, can be made to need two people.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AccountsSection {
    /// Whether a key or role of a signatory, collector or operator that is made or given over the API waits until a second
    /// operator confirms it. A department sets this to true; it takes two operators.
    pub confirmed_by_another: bool,
}
