//! Who may do what. Every decision by role and authority is made here.

use super::Service;
use super::error::FlowError;
use crate::domain::account::Role;
use crate::domain::digest::Digest;
use crate::domain::identifier::{KeyId, ReturnId};
use crate::store::ReturnRecord;
use chrono::Duration;

/// A key's last use is written down at most this often, so that reading does not cost a write.
const USE_IS_NOTED_EVERY: Duration = Duration::minutes(1);

/// Whoever holds a key that is in use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    pub key: KeyId,
    pub role: Role,
    /// The three-digit code of the authority it belongs to; none for the department's roles.
    pub authority: Option<String>,
}

impl Account {
    fn is_one_of(&self, roles: &[Role], needed: &'static str) -> Result<(), FlowError> {
        if roles.contains(&self.role) { Ok(()) } else { Err(FlowError::NotAllowed { role: self.role, needed }) }
    }

    /// The authority for which the account acts in one of its authority's roles.
    fn authority_as(&self, roles: &[Role], needed: &'static str) -> Result<&str, FlowError> {
        self.is_one_of(roles, needed)?;
        self.authority.as_deref().ok_or(FlowError::NotAllowed { role: self.role, needed })
    }

    pub(super) fn may_check(&self) -> Result<(), FlowError> {
        let needed = "submitter, signatory or collector";
        self.is_one_of(&[Role::Submitter, Role::Signatory, Role::Collector], needed)
    }

    /// The authority for which the account sends and explains returns.
    pub(super) fn submits_for(&self) -> Result<&str, FlowError> {
        self.authority_as(&[Role::Submitter], "submitter")
    }

    pub(super) fn signs_for(&self) -> Result<&str, FlowError> {
        self.authority_as(&[Role::Signatory], "signatory")
    }

    pub(super) fn withdraws_for(&self) -> Result<&str, FlowError> {
        self.authority_as(&[Role::Submitter, Role::Signatory], "submitter or signatory")
    }

    /// The authority whose own figures the account may see: its own, and no role of the department any.
    pub(super) fn sees_profile_of(&self) -> Result<&str, FlowError> {
        self.authority_as(&[Role::Submitter, Role::Signatory], "submitter or signatory")
    }

    pub(super) fn may_collect(&self) -> Result<(), FlowError> {
        self.is_one_of(&[Role::Collector], "collector")
    }

    pub(super) fn may_see_coverage(&self) -> Result<(), FlowError> {
        self.is_one_of(&[Role::Collector, Role::Analyst, Role::Operator], "collector, analyst or operator")
    }

    pub(super) fn may_see_drafts(&self) -> Result<(), FlowError> {
        self.is_one_of(&[Role::Collector, Role::Analyst], "collector or analyst")
    }

    /// Whose returns the account may read: one authority's, or (none) everybody's.
    pub(super) fn reads_returns_of(&self) -> Result<Option<&str>, FlowError> {
        if self.role == Role::Collector {
            return Ok(None);
        }
        let needed = "submitter, signatory or collector";
        self.authority_as(&[Role::Submitter, Role::Signatory], needed).map(Some)
    }

    /// Whose explanations the account may read: one authority's, or (none) everybody's. Analysts see the reasons behind
    /// odd figures, and no record.
    pub(super) fn reads_reasons_of(&self) -> Result<Option<&str>, FlowError> {
        if self.role == Role::Analyst { Ok(None) } else { self.reads_returns_of() }
    }

    /// What a key can be used for, without a word about what it cannot see.
    pub(super) fn may_read(&self, record: &ReturnRecord) -> Result<(), FlowError> {
        match self.reads_returns_of()? {
            Some(authority) if authority != record.authority => Err(FlowError::NotFound),
            _ => Ok(()),
        }
    }
}

impl Service {
    /// The account of a key as it was presented, if it is in use.
    pub async fn authenticate(&self, presented: &str) -> Result<Account, FlowError> {
        let failed = FlowError::store("look up the key");
        let found = self.ledger().key_by_secret(&Digest::of(presented.as_bytes())).await.map_err(&failed)?;
        let key = found.ok_or(FlowError::KeyUnknown)?;
        let now = self.now();
        if key.revoked.is_some() || key.expires.is_some_and(|end| end <= now) {
            return Err(FlowError::KeyUnknown);
        }
        if key.last_used.is_none_or(|last| last + USE_IS_NOTED_EVERY <= now) {
            // A full disk must not keep anybody from reading.
            if let Err(error) = self.ledger().note_key_use(key.id, now).await {
                tracing::warn!(%error, "the use of a key was not noted");
            }
        }
        Ok(Account { key: key.id, role: key.role, authority: key.authority })
    }

    /// A return that the account may read.
    pub(super) async fn readable(&self, account: &Account, id: ReturnId) -> Result<ReturnRecord, FlowError> {
        account.reads_returns_of()?;
        let found = self.ledger().return_by_id(id).await.map_err(FlowError::store("read the return"))?;
        let record = found.ok_or(FlowError::NotFound)?;
        account.may_read(&record)?;
        Ok(record)
    }

    /// A return of the authority for which the account acts.
    pub(super) async fn owned(&self, authority: &str, id: ReturnId) -> Result<ReturnRecord, FlowError> {
        let found = self.ledger().return_by_id(id).await.map_err(FlowError::store("read the return"))?;
        found.filter(|record| record.authority == authority).ok_or(FlowError::NotFound)
    }
}
