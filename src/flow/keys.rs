//! The keys of the API: made, listed, rotated, ended.

use super::error::FlowError;
use super::key_secret::KeySecret;
use crate::domain::account::{KeyKind, Roles};
use crate::domain::authority::Register;
use crate::domain::clock::Clock;
use crate::domain::digest::{Digest, hex};
use crate::domain::identifier::{KeyId, PersonId};
use crate::domain::organisation::Organisation;
use crate::store::{Confirmation, KeyFilter, KeyRecord, Ledger};
use chrono::{DateTime, Duration, Utc};

/// What every key begins with, so that one that is lost can be recognised for what it is.
const BEGINS: &str = "hw_";
/// The characters by which a key is told apart, `hw_` included.
const PREFIX: usize = 11;
const LONGEST_LABEL: usize = 200;

/// What to make a key for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewKey {
    pub kind: KeyKind,
    pub organisation: Organisation,
    /// Who acts with it, where that is known.
    pub person: Option<PersonId>,
    pub roles: Roles,
    pub label: String,
    /// The client certificate without which it is not taken.
    pub certificate: Option<Digest>,
    pub expires: Option<DateTime<Utc>>,
    /// The key that makes it; none on the command line.
    pub by: Option<KeyId>,
    /// Whether another person has to confirm it before it can be used.
    pub waits: bool,
}

impl NewKey {
    /// A key for a machine, made on the command line.
    pub fn machine(organisation: Organisation, roles: impl Into<Roles>, label: impl Into<String>) -> Self {
        Self {
            kind: KeyKind::Machine,
            organisation,
            person: None,
            roles: roles.into(),
            label: label.into(),
            certificate: None,
            expires: None,
            by: None,
            waits: false,
        }
    }
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

/// What keys are kept with: for the service, and for the commands beside it.
#[derive(Debug, Clone, Copy)]
pub struct KeyKeeper<'a> {
    pub ledger: &'a dyn Ledger,
    pub register: &'a Register,
    pub clock: &'a dyn Clock,
    pub secret: &'a KeySecret,
}

impl KeyKeeper<'_> {
    /// Makes a key and enters it in the ledger.
    pub async fn make(&self, new: NewKey) -> Result<MadeKey, FlowError> {
        let now = self.clock.now();
        is_consistent(&new, now)?;
        if let Some(id) = new.person {
            let found = self.ledger.person(id).await.map_err(FlowError::store("look up the person"))?;
            let person = found.filter(|person| person.organisation == new.organisation).ok_or(FlowError::NotFound)?;
            if person.disabled.is_some() || !new.roles.is_within(person.roles) {
                let problem = "a key of a person has no more roles than the person, and a disabled person gets none";
                return Err(FlowError::RequestInvalid(problem.to_owned()));
            }
        }
        let made = self.draw(new, now)?;
        self.ledger.add_key(&made.record).await.map_err(FlowError::store("add the key"))?;
        Ok(made)
    }

    /// Makes a key that takes the place of another. The old one can be used until the overlap ends, which begins when the new
    /// one is confirmed where that `waits`.
    pub async fn rotate(
        &self,
        old: &KeyRecord,
        overlap: Duration,
        by: Option<KeyId>,
        waits: bool,
    ) -> Result<MadeKey, FlowError> {
        let now = self.clock.now();
        if old.kind != KeyKind::Machine {
            return Err(FlowError::RequestInvalid("a session is not rotated; sign out and in again".to_owned()));
        }
        let lifetime = old.expires.map(|end| end - old.created);
        let new = NewKey {
            kind: old.kind,
            organisation: old.organisation.clone(),
            person: old.person,
            roles: old.roles,
            label: old.label.clone(),
            certificate: old.certificate,
            expires: lifetime.map(|lifetime| now + lifetime),
            by,
            waits,
        };
        let mut made = self.draw(new, now)?;
        let ends = now.checked_add_signed(overlap).filter(|_| overlap >= Duration::zero());
        let too_long = || FlowError::RequestInvalid("an overlap is a number of days from 0 to 90".to_owned());
        let ends = ends.filter(|_| overlap <= LONGEST_OVERLAP).ok_or_else(too_long)?;
        if let Confirmation::Awaited { replaces } = &mut made.record.confirmation {
            *replaces = Some((old.id, overlap));
        }
        let rotated = self.ledger.rotate_key(old.id, &made.record, ends).await;
        rotated.map_err(FlowError::store("rotate the key"))?;
        Ok(made)
    }

    /// Keys, oldest first.
    pub async fn list(&self, filter: &KeyFilter) -> Result<Vec<KeyRecord>, FlowError> {
        self.ledger.keys(filter).await.map_err(FlowError::store("list the keys"))
    }

    /// The key with this identifier, or with the beginning that tells it apart.
    pub async fn named(&self, named: &str) -> Result<KeyRecord, FlowError> {
        let keys = self.list(&KeyFilter::default()).await?;
        let mut found = keys.into_iter().filter(|key| key.id.to_string() == named || key.prefix == named);
        let (Some(key), None) = (found.next(), found.next()) else { return Err(FlowError::NotFound) };
        Ok(key)
    }

    /// Stands by a key that waits.
    pub async fn confirm(&self, key: KeyId, by: Option<KeyId>) -> Result<KeyRecord, FlowError> {
        let confirmed = self.ledger.confirm_key(key, self.clock.now(), by).await;
        confirmed.map_err(FlowError::store("confirm the key"))
    }

    /// Ends a key that waits.
    pub async fn refuse(&self, key: KeyId, by: Option<KeyId>) -> Result<KeyRecord, FlowError> {
        let refused = self.ledger.refuse_key(key, self.clock.now(), by).await;
        refused.map_err(FlowError::store("refuse the key"))
    }

    /// Ends a key at once.
    pub async fn revoke(&self, key: &KeyRecord, by: Option<KeyId>) -> Result<(), FlowError> {
        self.ledger.revoke_key(key.id, self.clock.now(), by).await.map_err(FlowError::store("revoke the key"))
    }

    /// The organisation of a code of the register, or the department where there is none.
    pub fn organisation(&self, authority: Option<&str>) -> Result<Organisation, FlowError> {
        let Some(code) = authority else { return Ok(Organisation::Department) };
        let today = self.clock.now().date_naive();
        let line = self.register.by_any_code(code).find(|line| line.live_on(today));
        let line = line.or_else(|| self.register.by_any_code(code).last());
        Ok(Organisation::Authority(line.ok_or_else(|| unknown_authority(code))?.code.clone()))
    }

    fn draw(&self, new: NewKey, now: DateTime<Utc>) -> Result<MadeKey, FlowError> {
        let mut secret = [0; 32];
        getrandom::fill(&mut secret).map_err(|error| FlowError::internal("draw a secret", error))?;
        let text = format!("{BEGINS}{}", hex(&secret));
        let record = KeyRecord {
            id: KeyId::new(now),
            kind: new.kind,
            prefix: text.chars().take(PREFIX).collect(),
            secret: self.secret.digest(&text),
            organisation: new.organisation,
            person: new.person,
            roles: new.roles,
            label: new.label.trim().to_owned(),
            certificate: new.certificate,
            created: now,
            created_by: new.by,
            expires: new.expires,
            replaced_by: None,
            overlap_ends: None,
            revoked: None,
            last_used: None,
            confirmation: if new.waits { Confirmation::Awaited { replaces: None } } else { Confirmation::NotNeeded },
        };
        Ok(MadeKey { record, text })
    }
}

/// The code is shortened, because an answer is no echo.
pub(super) fn unknown_authority(code: &str) -> FlowError {
    let code: String = code.chars().take(20).collect();
    FlowError::RequestInvalid(format!("the register has no authority {code} that this key manages"))
}

/// The longest time that an old key works beside the one that replaced it.
const LONGEST_OVERLAP: Duration = Duration::days(90);

fn is_consistent(new: &NewKey, now: DateTime<Utc>) -> Result<(), FlowError> {
    let wrong = |problem: String| Err(FlowError::RequestInvalid(problem));
    roles_fit(&new.organisation, new.roles)?;
    if new.label.trim().is_empty() || new.label.chars().count() > LONGEST_LABEL {
        return wrong(format!("a label has 1 to {LONGEST_LABEL} characters"));
    }
    if new.expires.is_some_and(|end| end <= now) {
        return wrong("the key would have expired already; give a time to come".to_owned());
    }
    Ok(())
}

/// There is a role, and every role is one of the organisation's.
pub(super) fn roles_fit(organisation: &Organisation, roles: Roles) -> Result<(), FlowError> {
    if roles.is_empty() {
        return Err(FlowError::RequestInvalid("name at least one role".to_owned()));
    }
    if organisation.may_have(roles) {
        return Ok(());
    }
    let belongs = match organisation {
        Organisation::Department => "submitters and signatories belong to an authority; name it by its code",
        Organisation::Authority(_) => "an authority has submitters and signatories only; leave the authority out",
    };
    Err(FlowError::RequestInvalid(format!("the role {roles} does not belong there: {belongs}")))
}
