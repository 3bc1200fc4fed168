//! Who may do what. Every decision by role and authority is made here.

use super::Service;
use super::error::FlowError;
use super::key_secret::plain_digest;
use crate::domain::account::{KeyKind, Role, Roles};
use crate::domain::collecting::CollectionMove;
use crate::domain::digest::Digest;
use crate::domain::identifier::{KeyId, PersonId, ReturnId};
use crate::domain::organisation::Organisation;
use crate::domain::release::ReleaseMove;
use crate::domain::state::ReturnMove;
use crate::store::{KeyRecord, ReturnRecord};
use chrono::Duration;

/// A key's last use is written down at most this often, so that reading does not cost a write.
const USE_IS_NOTED_EVERY: Duration = Duration::minutes(1);

/// Who manages accounts: everybody's, or the submitters of their own authority.
const MANAGERS: [Role; 2] = [Role::Operator, Role::Signatory];

/// The roles that decide: whoever makes a move in the life of a return, a collection or a release that the sender of a return
/// cannot make, or manages accounts.
pub(super) fn deciding_roles() -> Roles {
    let of_returns = ReturnMove::ALL.into_iter().flat_map(|step| step.who());
    let of_collections = CollectionMove::ALL.into_iter().flat_map(|step| step.who());
    let of_releases = ReleaseMove::ALL.into_iter().flat_map(|step| step.who());
    let moving = of_returns.chain(of_collections).chain(of_releases).chain(&MANAGERS).copied().collect::<Roles>();
    moving.without(ReturnMove::Receive.who().iter().copied().collect())
}

/// Whoever holds a key that is in use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    pub key: KeyId,
    pub kind: KeyKind,
    /// Who acts with the key, where that is known.
    pub person: Option<PersonId>,
    pub organisation: Organisation,
    /// What the key may be used at this moment: its own roles, as far as its person has them.
    pub roles: Roles,
    /// The client certificate without which the key is not to be taken.
    pub certificate: Option<Digest>,
}

impl Account {
    /// The three-digit code of the authority it belongs to; none for the department's roles.
    pub fn authority(&self) -> Option<&str> {
        self.organisation.authority()
    }

    fn is_one_of(&self, roles: &[Role], needed: &'static str) -> Result<(), FlowError> {
        let has_one = roles.iter().any(|role| self.roles.contains(*role));
        if has_one { Ok(()) } else { Err(FlowError::NotAllowed { roles: self.roles, needed }) }
    }

    /// The authority for which the account acts in one of its authority's roles.
    fn authority_as(&self, roles: &[Role], needed: &'static str) -> Result<&str, FlowError> {
        self.is_one_of(roles, needed)?;
        self.authority().ok_or(FlowError::NotAllowed { roles: self.roles, needed })
    }

    pub(super) fn may_check(&self) -> Result<(), FlowError> {
        let needed = "submitter, signatory or collector";
        self.is_one_of(&[Role::Submitter, Role::Signatory, Role::Collector], needed)
    }

    /// The authority for which the account sends and explains returns.
    pub(super) fn submits_for(&self) -> Result<&str, FlowError> {
        self.authority_as(ReturnMove::Receive.who(), "submitter")
    }

    pub(super) fn signs_for(&self) -> Result<&str, FlowError> {
        self.authority_as(ReturnMove::Sign.who(), "signatory")
    }

    pub(super) fn withdraws_for(&self) -> Result<&str, FlowError> {
        self.authority_as(ReturnMove::Withdraw.who(), "submitter or signatory")
    }

    /// The authority whose own figures the account may see: its own, and no role of the department any.
    pub(super) fn sees_profile_of(&self) -> Result<&str, FlowError> {
        self.authority_as(&[Role::Submitter, Role::Signatory], "submitter or signatory")
    }

    pub(super) fn may_collect(&self) -> Result<(), FlowError> {
        self.is_one_of(ReturnMove::Accept.who(), "collector")
    }

    pub(super) fn may_see_coverage(&self) -> Result<(), FlowError> {
        self.is_one_of(&[Role::Collector, Role::Analyst, Role::Operator], "collector, analyst or operator")
    }

    pub(super) fn may_see_drafts(&self) -> Result<(), FlowError> {
        self.is_one_of(&[Role::Collector, Role::Analyst], "collector or analyst")
    }

    /// Whose returns the account may read: one authority's, or (none) everybody's.
    pub(super) fn reads_returns_of(&self) -> Result<Option<&str>, FlowError> {
        if self.roles.contains(Role::Collector) {
            return Ok(None);
        }
        let needed = "submitter, signatory or collector";
        self.authority_as(&[Role::Submitter, Role::Signatory], needed).map(Some)
    }

    /// Whose explanations the account may read: one authority's, or (none) everybody's. Analysts see the reasons behind
    /// odd figures, and no record.
    pub(super) fn reads_reasons_of(&self) -> Result<Option<&str>, FlowError> {
        if self.roles.contains(Role::Analyst) { Ok(None) } else { self.reads_returns_of() }
    }

    /// Whether the account is told which finding a reason is for: of what it may not read it learns no name either.
    pub fn sees_findings(&self) -> bool {
        self.reads_returns_of().is_ok()
    }

    /// Whose accounts the account manages.
    pub(super) fn manages(&self) -> Result<Manages<'_>, FlowError> {
        if self.roles.contains(Role::Operator) {
            return Ok(Manages::Everyone);
        }
        self.is_one_of(&MANAGERS, "operator or signatory")?;
        Ok(Manages::SubmittersOf(&self.organisation))
    }

    /// Whether the account may stand by what waits for a second person, or end it.
    pub(super) fn may_confirm(&self) -> Result<(), FlowError> {
        self.is_one_of(&[Role::Operator], "operator")
    }
}

/// Whose accounts somebody manages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Manages<'a> {
    Everyone,
    /// The submitters of one organisation; its other accounts are seen and not touched.
    SubmittersOf(&'a Organisation),
}

impl Manages<'_> {
    /// The one organisation whose accounts are seen; none where all are.
    pub(super) const fn only(&self) -> Option<&Organisation> {
        match self {
            Self::Everyone => None,
            Self::SubmittersOf(organisation) => Some(organisation),
        }
    }

    /// Whether accounts of the organisation are there at all for whoever asks.
    pub(super) fn sees(&self, organisation: &Organisation) -> bool {
        self.only().is_none_or(|own| own == organisation)
    }

    /// Whether these roles may be given, changed and ended.
    pub(super) fn may_give(&self, roles: Roles) -> Result<(), FlowError> {
        match self {
            Self::SubmittersOf(_) if !roles.is_within(Role::Submitter.into()) => Err(FlowError::NotYoursToGive(
                "a signatory manages submitters only; an operator manages every other role",
            )),
            _ => Ok(()),
        }
    }
}

impl Service {
    /// The account of a key as it was presented, if it is in use.
    pub async fn authenticate(&self, presented: &str) -> Result<Account, FlowError> {
        let failed = FlowError::store("look up the key");
        let now = self.now();
        let key = self.key_presented(presented).await?.ok_or(FlowError::KeyUnknown)?;
        let is_idle = self.sign_in_rules().idle_until(&key).is_some_and(|end| end <= now);
        if !key.is_in_use(now) || is_idle {
            return Err(FlowError::KeyUnknown);
        }
        let roles = match key.person {
            None => key.roles,
            Some(id) => {
                let person = self.ledger().person(id).await.map_err(&failed)?.ok_or(FlowError::KeyUnknown)?;
                let roles = key.roles.shared_with(person.roles);
                if !person.may_act() || roles.is_empty() {
                    return Err(FlowError::KeyUnknown);
                }
                roles
            }
        };
        if key.last_used.is_none_or(|last| last + USE_IS_NOTED_EVERY <= now) {
            // A full disk must not keep anybody from reading.
            if let Err(error) = self.ledger().note_key_use(key.id, now).await {
                tracing::warn!(%error, "the use of a key was not noted");
            }
        }
        let KeyRecord { id, kind, person, organisation, certificate, .. } = key;
        Ok(Account { key: id, kind, person, organisation, roles, certificate })
    }

    /// The key of this text, also when it has ended.
    async fn key_presented(&self, presented: &str) -> Result<Option<KeyRecord>, FlowError> {
        let failed = FlowError::store("look up the key");
        let keyed = self.key_secret().digest(presented);
        if let Some(key) = self.ledger().key_by_secret(&keyed).await.map_err(&failed)? {
            return Ok(Some(key));
        }
        // A key of an earlier program, kept in the new form from now on.
        let found = self.ledger().key_by_secret(&plain_digest(presented)).await.map_err(&failed)?;
        if let Some(key) = &found {
            self.ledger().upgrade_key_secret(key.id, &keyed, self.now()).await.map_err(&failed)?;
        }
        Ok(found)
    }

    /// A return that the account may read.
    pub(super) async fn readable(&self, account: &Account, id: ReturnId) -> Result<ReturnRecord, FlowError> {
        self.found_for(account.reads_returns_of()?, id).await
    }

    /// A return of the authority for which the account acts.
    pub(super) async fn owned(&self, authority: &str, id: ReturnId) -> Result<ReturnRecord, FlowError> {
        self.found_for(Some(authority), id).await
    }

    /// A return of one authority, or (none) of any. Another's is not read at all, so that nothing tells it from one that is
    /// not there.
    pub(super) async fn found_for(&self, authority: Option<&str>, id: ReturnId) -> Result<ReturnRecord, FlowError> {
        let found = match authority {
            Some(authority) => self.ledger().return_of(authority, id).await,
            None => self.ledger().return_by_id(id).await,
        };
        found.map_err(FlowError::store("read the return"))?.ok_or(FlowError::NotFound)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signatories_collectors_and_operators_decide_and_nobody_else() {
        assert_eq!(deciding_roles(), [Role::Signatory, Role::Collector, Role::Operator].into_iter().collect());
    }
}
