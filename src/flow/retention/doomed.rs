//! What a return still holds, by names and digests.

use crate::domain::digest::{Digest, Digester};
use crate::domain::evidence::DeletedOf;
use crate::domain::identifier::ReturnId;
use crate::flow::Service;
use crate::flow::error::FlowError;
use crate::store::{
    Doomed, EventSubject, Folder, ObjectName, PersonRecord, ReturnRecord, StoreError, explanations_of, identity_of,
    notes_of,
};
use std::collections::BTreeSet;

/// Which parts of a return.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Parts {
    Original,
    /// Original, report, tables and explanations.
    Content,
    /// And what people wrote in its history.
    ContentAndNotes,
}

/// What says who a person is. It has no digest: a name is guessed from one.
pub(super) fn identity(person: &PersonRecord) -> Doomed {
    let bytes = person.name.len() + person.email.as_ref().map_or(0, String::len);
    Doomed {
        name: identity_of(person.id),
        of: DeletedOf::Person(person.id),
        authority: person.organisation.id().to_owned(),
        sha256: None,
        bytes: bytes as u64,
    }
}

impl Service {
    /// The parts of a return that are still there and that the ledger does not call deleted.
    pub(super) async fn doomed(
        &self,
        record: &ReturnRecord,
        parts: Parts,
        known: &BTreeSet<String>,
    ) -> Result<Vec<Doomed>, FlowError> {
        let failed = FlowError::store("look for what is to be deleted");
        let id = record.id;
        let mut names = vec![ObjectName::original(id)];
        if parts > Parts::Original {
            names.push(ObjectName::report(id));
            if !known.contains(&ObjectName::report(id).to_string()) {
                names.extend(self.archive().list(Folder::TablesOf(id)).await.map_err(&failed)?);
            }
        }
        let doomed = |name: String, sha256: Option<Digest>, bytes: u64| Doomed {
            name,
            of: DeletedOf::Return(id),
            authority: record.authority.clone(),
            sha256,
            bytes,
        };
        let mut found = Vec::new();
        for name in names {
            let path = name.to_string();
            if known.contains(&path) {
                continue;
            }
            match self.archive().get(&name).await {
                Ok(bytes) => found.push(doomed(path, Some(Digest::of(&bytes)), bytes.len() as u64)),
                Err(StoreError::NoObject { .. }) => {}
                Err(error) if self.is_unreadable(&error).await => {
                    tracing::error!(return_id = %id, %error, "an object that is to be deleted cannot be read: it goes without its digest");
                    found.push(doomed(path, None, 0));
                }
                Err(error) => return Err(failed(error)),
            }
        }
        if parts > Parts::Original
            && !known.contains(&explanations_of(id))
            && let Some((digest, bytes)) = self.explanations_digest(id).await?
        {
            found.push(doomed(explanations_of(id), Some(digest), bytes));
        }
        if parts > Parts::Content && !known.contains(&notes_of(id)) {
            let events = self.ledger().events(EventSubject::Return(id)).await.map_err(&failed)?;
            let said = events.iter().filter(|event| event.by.is_some()).filter_map(|event| event.note.as_ref());
            let bytes = said.map(|note| note.len() as u64).sum();
            found.push(doomed(notes_of(id), None, bytes));
        }
        Ok(found)
    }

    /// Whether it is the one object that nobody can read: with a wrong key, or a disk that does not answer, none can be.
    async fn is_unreadable(&self, error: &StoreError) -> bool {
        error.is_of_an_unreadable_object() && self.archive().ready().await.is_ok()
    }

    /// The digest and size of the explanations in force of a return; none where there are none.
    async fn explanations_digest(&self, id: ReturnId) -> Result<Option<(Digest, u64)>, FlowError> {
        let found = self.ledger().explanations(id).await.map_err(FlowError::store("read the explanations"))?;
        if found.is_empty() {
            return Ok(None);
        }
        let (mut digester, mut bytes) = (Digester::default(), 0);
        for one in &found {
            for part in [&one.code, &one.text] {
                digester.update(&(part.len() as u64).to_be_bytes());
                digester.update(part.as_bytes());
            }
            bytes += one.text.len() as u64;
        }
        Ok(Some((digester.finish(), bytes)))
    }
}
