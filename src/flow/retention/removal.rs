//! An authority's data is removed on request, and its accounts are closed. States, counts, digests, receipts and events stay; releases that counted it stay
//! published.

use super::doomed::Parts;
use crate::domain::evidence::DeletionCause;
use crate::domain::identifier::{CertificateId, KeyId};
use crate::domain::organisation::Organisation;
use crate::domain::state::ReturnState;
use crate::flow::error::FlowError;
use crate::flow::{Account, Service};
use crate::store::{ClosedAccounts, Page, ReturnFilter, SignedCertificate};

/// What a removal did. What says who its people were is deleted later, when the time that the policy gives it is over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Removed {
    /// The three-digit code.
    pub authority: String,
    /// How many objects were deleted.
    pub objects: u64,
    /// None where there was nothing left to delete.
    pub certificate: Option<SignedCertificate>,
    /// Keys and sessions that were ended, people who were disabled, and addresses that were removed.
    pub closed: ClosedAccounts,
    /// Uploads that are being decided at the moment, and are not removed: remove again when they are.
    pub undecided: u64,
}

impl Service {
    /// Removes every original, table, report and explanation of an authority and closes its accounts, for a collector. `confirm` repeats its code.
    pub async fn remove_authority(
        &self,
        account: &Account,
        authority: &str,
        confirm: &str,
        reason: &str,
    ) -> Result<Removed, FlowError> {
        account.may_collect()?;
        self.remove_data_of(authority, confirm, reason, Some(account.key)).await
    }

    /// The same for who runs the service: it takes no account.
    pub async fn remove_data_of(
        &self,
        authority: &str,
        confirm: &str,
        reason: &str,
        by: Option<KeyId>,
    ) -> Result<Removed, FlowError> {
        let known = self.specification().register.lines().any(|line| line.code == authority);
        if !known {
            return Err(FlowError::NotFound);
        }
        if confirm != authority {
            let problem = format!("to remove the data of {authority} for good, confirm with the same code");
            return Err(FlowError::RequestInvalid(problem));
        }
        let reason = self.written("reason", reason)?;
        // First, so that nobody sends more meanwhile.
        let organisation = Organisation::Authority(authority.to_owned());
        let closed = self.ledger().close_accounts(&organisation, self.now(), by).await;
        let closed = closed.map_err(FlowError::store("close the accounts of an authority"))?;
        let failed = FlowError::store("list the returns");
        let filter = ReturnFilter { authority: Some(authority.to_owned()), ..ReturnFilter::default() };
        let records = self.ledger().returns(&filter, Page::ALL).await.map_err(&failed)?;
        let gone = self.deleted_names().await?;
        let (mut objects, mut undecided) = (Vec::new(), 0);
        for record in &records {
            match record.state {
                ReturnState::Received => undecided += 1,
                _ => objects.extend(self.doomed(record, Parts::ContentAndNotes, &gone).await?),
            }
        }
        let id = CertificateId::new(self.now());
        let cause = DeletionCause::Removal { reason, by };
        let deleted = self.delete(id, &cause, &objects, None).await?;
        if deleted.failed > 0 {
            let cause = format!(
                "something of {} returns could not be deleted; the next run of retention finishes it",
                deleted.failed
            );
            return Err(FlowError::internal("remove the authority's data", cause));
        }
        let certificate = self.certify().await?.into_iter().find(|one| one.id == id);
        self.scrub().await?;
        let objects = deleted.objects;
        Ok(Removed { authority: authority.to_owned(), objects, certificate, closed, undecided })
    }
}
