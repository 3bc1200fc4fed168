//! What the service takes on at the same time.

use serde::{Deserialize, Serialize};

const MEBIBYTE: u64 = 1024 * 1024;

/// What the service takes on at the same time. More is answered with 429 or 503 and `Retry-After`, before memory or disk are
/// harmed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LimitsSection {
    /// Uploads under way at once for each key, from their first byte to their verdict.
    pub uploads_per_key: usize,
    /// Uploads under way at once for each address.
    pub uploads_per_address: usize,
    /// Uploads under way at once in all.
    pub uploads: usize,
    /// Bytes of all uploads under way, which lie in the spool: what is announced counts before it arrives.
    pub spool_bytes: u64,
    /// Bytes that stay free on the disks of the spool and of the data folder, for what was acknowledged already.
    pub reserve_bytes: u64,
    /// Memory for the texts of the uploads that workers read at once. Each may hold `held_bytes` of the specification, so fewer
    /// workers run at once where this is less than all of them may take. Columns and the queries of rules come on top.
    pub memory_bytes: u64,
    /// Connections open at once for each address.
    pub connections_per_address: usize,
    /// Bytes a second that a body must bring, and that a client must take of an answer, on average.
    pub bytes_per_second: u64,
    /// Seconds that may pass before that average counts, and without a client taking anything of its answer.
    pub patience_seconds: u64,
    /// Seconds after which a piece of work counts as wedged: it is told of, and with every worker wedged the service says
    /// that it is not ready.
    pub wedged_seconds: u64,
}

impl Default for LimitsSection {
    fn default() -> Self {
        Self {
            uploads_per_key: 16,
            uploads_per_address: 256,
            uploads: 512,
            spool_bytes: 8 * 1024 * MEBIBYTE,
            reserve_bytes: 256 * MEBIBYTE,
            memory_bytes: 4 * 1024 * MEBIBYTE,
            connections_per_address: 512,
            bytes_per_second: 512,
            patience_seconds: 30,
            wedged_seconds: 300,
        }
    }
}
