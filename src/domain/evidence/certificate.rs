//! A certificate of deletion: what was deleted, why and when, by names and digests.

use super::envelope::Evidence;
use crate::domain::digest::Digest;
use crate::domain::identifier::{CertificateId, KeyId, ReturnId};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// Why something is deleted.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(tag = "cause", rename_all = "kebab-case")]
pub enum DeletionCause {
    /// Its time was over; `rule` is the setting of the policy and its value.
    Schedule { rule: String },
    /// The authority's data was removed on request.
    Removal { reason: String, by: Option<KeyId> },
}

impl DeletionCause {
    /// As part of a sentence.
    pub fn told(&self) -> String {
        match self {
            Self::Schedule { rule } => format!("its time was over ({rule})"),
            Self::Removal { .. } => "the authority's data was removed on request".to_owned(),
        }
    }
}

/// One thing that is no more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeletedObject {
    /// Its name in the archive, or `explanations/RETURN` and `notes/RETURN` for what the ledger held.
    pub name: String,
    /// SHA-256 of its bytes as they were kept; none where it was not there any more.
    pub sha256: Option<Digest>,
    pub bytes: u64,
    #[serde(rename = "return")]
    pub return_id: ReturnId,
    /// The three-digit code.
    pub authority: String,
    /// The number of the event that was written before it was deleted.
    pub planned: u64,
    /// The number of the event that was written after.
    pub confirmed: u64,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Certificate {
    pub id: CertificateId,
    pub at: DateTime<Utc>,
    #[serde(flatten)]
    pub cause: DeletionCause,
    pub objects: Vec<DeletedObject>,
    pub program: String,
}

impl Evidence for Certificate {
    const TYPE: &'static str = "application/vnd.homeward.deletion+json";
    const NAME: &'static str = "certificate of deletion";
}
