//! Whether what the ledger calls deleted is gone, and what it does not call deleted is there.

use crate::domain::evidence::{Certificate, DeletedOf, open};
use crate::domain::state::ReturnState;
use crate::flow::Service;
use crate::flow::error::FlowError;
use crate::store::{Deletion, EventSubject, ObjectName, Page, ReturnFilter, StoreError, explanations_of, notes_of};
use std::collections::BTreeMap;

/// What came of looking after every deletion.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct VerifiedDeletions {
    /// Deletions that are done: what they name is not there.
    pub gone: u64,
    /// Certificates whose signature holds and that say what the ledger says.
    pub certificates: u64,
    /// What is wrong, as sentences; empty where all holds.
    pub wrong: Vec<String>,
}

impl Service {
    /// Looks after every deletion and every certificate.
    pub async fn verify_deletions(&self) -> Result<VerifiedDeletions, FlowError> {
        let failed = FlowError::store("look after the deletions");
        let deletions = self.ledger().deletions(None).await.map_err(&failed)?;
        let mut verified = VerifiedDeletions::default();
        for deletion in &deletions {
            let name = &deletion.object.name;
            if deletion.confirmed.is_none() {
                verified.wrong.push(format!("{name} is to be deleted and not confirmed: the next run finishes it"));
            } else if self.is_there(deletion).await? {
                verified.wrong.push(format!("{name} is called deleted and is there"));
            } else {
                verified.gone += 1;
            }
        }
        self.verify_certificates(&deletions, &mut verified).await?;
        self.look_for_losses(&deletions, &mut verified).await?;
        Ok(verified)
    }

    async fn is_there(&self, deletion: &Deletion) -> Result<bool, FlowError> {
        let failed = FlowError::store("look after a deletion");
        let name = &deletion.object.name;
        let id = match deletion.object.of {
            DeletedOf::Return(id) => id,
            DeletedOf::Person(id) => {
                let person = self.ledger().person(id).await.map_err(&failed)?;
                return Ok(person.is_some_and(|person| person.erased.is_none()));
            }
        };
        if let Some(object) = ObjectName::from_path(name) {
            return self.has(&object).await;
        }
        if *name == explanations_of(id) {
            return Ok(!self.ledger().explanations(id).await.map_err(&failed)?.is_empty());
        }
        let events = self.ledger().events(EventSubject::Return(id)).await.map_err(&failed)?;
        let said = |what: &str| !matches!(what, "plan deletions" | "confirm deletions");
        Ok(*name == notes_of(id)
            && events.iter().any(|event| event.by.is_some() && event.note.is_some() && said(&event.what)))
    }

    async fn has(&self, name: &ObjectName) -> Result<bool, FlowError> {
        match self.archive().get(name).await {
            Ok(_) => Ok(true),
            Err(StoreError::NoObject { .. }) => Ok(false),
            Err(error) if error.is_of_an_unreadable_object() => Ok(true),
            Err(error) => Err(FlowError::store("look for an object")(error)),
        }
    }

    async fn verify_certificates(
        &self,
        deletions: &[Deletion],
        verified: &mut VerifiedDeletions,
    ) -> Result<(), FlowError> {
        let failed = FlowError::store("read the certificates");
        let keys = self.ledger().signing_keys().await.map_err(&failed)?;
        let certificates = self.ledger().certificates().await.map_err(&failed)?;
        let mut by_certificate: BTreeMap<_, Vec<&Deletion>> = BTreeMap::new();
        for deletion in deletions {
            by_certificate.entry(deletion.certificate).or_default().push(deletion);
        }
        for signed in &certificates {
            let listed = by_certificate.remove(&signed.id).unwrap_or_default();
            match open::<Certificate>(signed.envelope.as_bytes(), &keys) {
                Err(problem) => verified.wrong.push(format!("the certificate {} proves nothing: {problem}", signed.id)),
                Ok((certificate, _)) => {
                    let says: Vec<_> = certificate.objects.iter().map(|one| (&one.name, one.sha256)).collect();
                    let ledger: Vec<_> = listed.iter().map(|one| (&one.object.name, one.object.sha256)).collect();
                    if certificate.id == signed.id && says == ledger {
                        verified.certificates += 1;
                    } else {
                        verified
                            .wrong
                            .push(format!("the certificate {} says another thing than the ledger", signed.id));
                    }
                }
            }
        }
        let without = by_certificate
            .into_keys()
            .map(|id| format!("the certificate {id} is not signed yet: the next run does it"));
        verified.wrong.extend(without);
        Ok(())
    }

    /// Objects that should be there, and are called deleted by nothing.
    async fn look_for_losses(&self, deletions: &[Deletion], verified: &mut VerifiedDeletions) -> Result<(), FlowError> {
        let failed = FlowError::store("list the returns");
        let called_deleted = |name: &ObjectName| {
            let path = name.to_string();
            deletions.iter().any(|deletion| deletion.object.name == path)
        };
        for record in self.ledger().returns(&ReturnFilter::default(), Page::ALL).await.map_err(&failed)? {
            if matches!(record.state, ReturnState::Received | ReturnState::Rejected) {
                continue;
            }
            for name in [ObjectName::original(record.id), ObjectName::report(record.id)] {
                if !self.has(&name).await? && !called_deleted(&name) {
                    verified.wrong.push(format!("{name} is not there, and nothing says that it was deleted"));
                }
            }
        }
        Ok(())
    }
}
