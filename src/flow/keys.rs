//! The keys of the API: made, listed, ended. For `homeward admin` and for the demonstration.

use super::error::FlowError;
use crate::domain::account::Role;
use crate::domain::authority::Register;
use crate::domain::clock::Clock;
use crate::domain::digest::{Digest, hex};
use crate::domain::identifier::KeyId;
use crate::store::{KeyRecord, Ledger};
use chrono::{DateTime, Utc};

/// What every key begins with, so that one that is lost can be recognised for what it is.
const BEGINS: &str = "hw_";
/// The characters by which a key is told apart, `hw_` included.
const PREFIX: usize = 11;

/// What to make a key for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewKey {
    pub role: Role,
    /// Either code of the authority, for the roles that belong to one.
    pub authority: Option<String>,
    pub label: String,
    pub expires: Option<DateTime<Utc>>,
}

/// A key that was just made. The text is shown once and kept nowhere.
pub struct MadeKey {
    pub record: KeyRecord,
    pub text: String,
}

impl std::fmt::Debug for MadeKey {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "MadeKey({})", self.record.prefix)
    }
}

/// Makes a key and enters it in the ledger.
pub async fn make_key(
    ledger: &dyn Ledger,
    register: &Register,
    clock: &dyn Clock,
    new: NewKey,
) -> Result<MadeKey, FlowError> {
    let now = clock.now();
    let authority = match (&new.authority, new.role.belongs_to_an_authority()) {
        (Some(code), true) => {
            let line = register.by_any_code(code).find(|line| line.live_on(now.date_naive()));
            let line = line.or_else(|| register.by_any_code(code).last());
            let unknown = || FlowError::RequestInvalid(format!("the register has no authority {code}"));
            Some(line.ok_or_else(unknown)?.code.clone())
        }
        (None, false) => None,
        (None, true) => {
            let problem = format!("a key of the role {} belongs to an authority; name it by its code", new.role);
            return Err(FlowError::RequestInvalid(problem));
        }
        (Some(_), false) => {
            let problem = format!("a key of the role {} belongs to no authority; leave it out", new.role);
            return Err(FlowError::RequestInvalid(problem));
        }
    };
    let mut secret = [0; 32];
    getrandom::fill(&mut secret).map_err(|error| FlowError::internal("draw a secret", error))?;
    let text = format!("{BEGINS}{}", hex(&secret));
    let record = KeyRecord {
        id: KeyId::new(now),
        prefix: text.chars().take(PREFIX).collect(),
        secret: Digest::of(text.as_bytes()),
        role: new.role,
        authority,
        label: new.label,
        created: now,
        expires: new.expires,
        revoked: None,
        last_used: None,
    };
    ledger.add_key(&record).await.map_err(FlowError::store("add the key"))?;
    Ok(MadeKey { record, text })
}

/// Every key, oldest first.
pub async fn list_keys(ledger: &dyn Ledger) -> Result<Vec<KeyRecord>, FlowError> {
    ledger.keys().await.map_err(FlowError::store("list the keys"))
}

/// Ends a key, by its identifier or the beginning that tells it apart.
pub async fn revoke_key(ledger: &dyn Ledger, clock: &dyn Clock, named: &str) -> Result<KeyRecord, FlowError> {
    let keys = list_keys(ledger).await?;
    let mut found = keys.into_iter().filter(|key| key.id.to_string() == named || key.prefix == named);
    let (Some(key), None) = (found.next(), found.next()) else { return Err(FlowError::NotFound) };
    ledger.revoke_key(key.id, clock.now()).await.map_err(FlowError::store("revoke the key"))?;
    Ok(key)
}
