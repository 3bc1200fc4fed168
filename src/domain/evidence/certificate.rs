//! A certificate of deletion: what was deleted, why and when, by names and digests.

use super::envelope::Evidence;
use crate::domain::digest::Digest;
use crate::domain::identifier::{CertificateId, KeyId, PersonId, ReturnId};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use std::fmt;

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

/// Whose it was: a return's, or a person's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DeletedOf {
    Return(ReturnId),
    Person(PersonId),
}

impl DeletedOf {
    pub const fn return_id(self) -> Option<ReturnId> {
        match self {
            Self::Return(id) => Some(id),
            Self::Person(_) => None,
        }
    }
}

impl fmt::Display for DeletedOf {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Return(id) => write!(out, "return {id}"),
            Self::Person(id) => write!(out, "person {id}"),
        }
    }
}

/// One thing that is no more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeletedObject {
    /// Its name in the archive, or `explanations/RETURN`, `notes/RETURN` and `people/PERSON` for what the ledger held.
    pub name: String,
    /// SHA-256 of its bytes as they were kept; none where it was not there any more.
    pub sha256: Option<Digest>,
    pub bytes: u64,
    #[serde(flatten)]
    pub of: DeletedOf,
    /// The three-digit code; of a person of the department, `department`.
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
