//! What is deleted, as the ledger's callers see it.

use crate::domain::digest::Digest;
use crate::domain::evidence::{DeletedOf, DeletionCause};
use crate::domain::identifier::{CertificateId, PersonId, ReturnId};
use crate::store::archive::ObjectName;
use chrono::{DateTime, Utc};

/// Something that is to be deleted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Doomed {
    /// Its name in the archive, or [`explanations_of`] or [`notes_of`] a return or [`identity_of`] a person for what the ledger
    /// holds.
    pub name: String,
    pub of: DeletedOf,
    /// The three-digit code; of a person of the department, `department`.
    pub authority: String,
    /// SHA-256 of its bytes; none where they have no one digest.
    pub sha256: Option<Digest>,
    pub bytes: u64,
}

/// Something that is deleted, or is to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deletion {
    pub sequence: u64,
    pub certificate: CertificateId,
    pub cause: DeletionCause,
    pub object: Doomed,
    /// The event that was written before.
    pub planned: u64,
    /// The event that was written after, and when; none while it is not done.
    pub confirmed: Option<(u64, DateTime<Utc>)>,
}

impl Deletion {
    /// Whether it takes the content of its return, and not the original alone or what people wrote about it.
    pub fn takes_content(&self) -> bool {
        let name = &self.object.name;
        !matches!(ObjectName::from_path(name), Some(ObjectName::Original(_)))
            && self.object.of.return_id().is_some_and(|id| *name != notes_of(id))
    }

    /// Whether its authority's data was removed on request, and not only its time was over.
    pub const fn is_removal(&self) -> bool {
        matches!(self.cause, DeletionCause::Removal { .. })
    }

    /// Of the deletions of a return the one that takes its content, written or done; none while nothing speaks of one. Of
    /// several the one that says most: that it was removed on request.
    pub fn of_content(deletions: impl IntoIterator<Item = Self>) -> Option<Self> {
        deletions.into_iter().filter(Self::takes_content).max_by_key(Self::is_removal)
    }
}

/// A certificate as it was signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedCertificate {
    pub id: CertificateId,
    pub at: DateTime<Utc>,
    pub envelope: String,
}

/// The name of a return's explanations among what is deleted.
pub fn explanations_of(id: ReturnId) -> String {
    format!("explanations/{id}")
}

/// The name of what says who a person is.
pub fn identity_of(id: PersonId) -> String {
    format!("people/{id}")
}

/// What became of the accounts of an organisation that were closed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ClosedAccounts {
    /// Keys and sessions that were ended.
    pub keys: u64,
    /// People who were disabled.
    pub people: u64,
    /// Addresses for reminders that were removed.
    pub contacts: u64,
}

/// The name of the words that people wrote in the history of a return.
pub fn notes_of(id: ReturnId) -> String {
    format!("notes/{id}")
}
