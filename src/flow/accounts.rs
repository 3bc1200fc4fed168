//! Accounts, managed through the service: operators manage all of them, signatories the submitters of their authority.
//!
//! Whatever belongs to an organisation that somebody does not see is looked up like everything else and then answered like
//! what does not exist: one look-up, one answer.

use super::Service;
use super::authorise::{Account, Manages};
use super::error::FlowError;
use super::keys::{MadeKey, NewKey};
use super::people::{NewPerson, PeopleKeeper, PersonChanges};
use crate::domain::account::{KeyKind, Roles};
use crate::domain::digest::Digest;
use crate::domain::identifier::{KeyId, PersonId};
use crate::domain::organisation::Organisation;
use crate::store::{KeyFilter, KeyRecord, PersonRecord};
use chrono::{DateTime, Duration, Utc};
use std::collections::BTreeMap;

/// The department, as lists call it.
const DEPARTMENT: &str = "The department";

/// An organisation, and how many accounts it has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrganisationAccounts {
    pub organisation: Organisation,
    /// From the register.
    pub name: String,
    /// People who may act.
    pub people: usize,
    /// Keys for machines that are in use.
    pub keys: usize,
}

/// A key that is to be made through the service. Without an organisation it is for the maker's own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountKey {
    pub organisation: Option<String>,
    pub person: Option<PersonId>,
    pub roles: Roles,
    pub label: String,
    pub certificate: Option<Digest>,
    pub expires: Option<DateTime<Utc>>,
}

impl Service {
    /// The organisations that the account sees: every authority that is live or has accounts, and the department.
    pub async fn organisations(&self, account: &Account) -> Result<Vec<OrganisationAccounts>, FlowError> {
        let manages = account.manages()?;
        let failed = FlowError::store("list the organisations");
        let now = self.now();
        let register = &self.specification().register;
        let mut known: BTreeMap<Organisation, OrganisationAccounts> = BTreeMap::new();
        let live = register.live_on(now.date_naive()).map(|line| Organisation::Authority(line.code.clone()));
        let entered = self.ledger().organisations().await.map_err(&failed)?;
        let all = live.chain(entered.into_iter().map(|one| one.organisation)).chain([Organisation::Department]);
        for organisation in all.filter(|organisation| manages.sees(organisation)) {
            let name = match organisation.authority() {
                None => DEPARTMENT.to_owned(),
                Some(code) => register.by_any_code(code).last().map(|line| line.name.clone()).unwrap_or_default(),
            };
            let empty = OrganisationAccounts { organisation: organisation.clone(), name, people: 0, keys: 0 };
            known.insert(organisation, empty);
        }
        let only = manages.only().cloned();
        let filter = KeyFilter { organisation: only, kind: Some(KeyKind::Machine), person: None };
        for key in self.ledger().keys(&filter).await.map_err(&failed)? {
            if let Some(counted) = known.get_mut(&key.organisation) {
                counted.keys += usize::from(key.is_in_use(now));
            }
        }
        for person in self.ledger().people(manages.only()).await.map_err(&failed)? {
            if let Some(counted) = known.get_mut(&person.organisation) {
                counted.people += usize::from(person.may_act());
            }
        }
        Ok(known.into_values().collect())
    }

    /// The people whom the account sees.
    pub async fn people(&self, account: &Account) -> Result<Vec<PersonRecord>, FlowError> {
        let manages = account.manages()?;
        self.ledger().people(manages.only()).await.map_err(FlowError::store("list the people"))
    }

    /// Enters a person; without an organisation, in the maker's own.
    pub async fn add_person(
        &self,
        account: &Account,
        organisation: Option<&str>,
        new: NewPerson,
    ) -> Result<PersonRecord, FlowError> {
        let manages = account.manages()?;
        let organisation = self.organisation_for(account, &manages, organisation)?;
        manages.may_give(new.roles)?;
        let confirmed_by_another = self.confirmed_by_another();
        let new = NewPerson { organisation, by: Some(account.key), confirmed_by_another, ..new };
        self.people_keeper().make(new).await
    }

    /// Changes a person. Disabled, they have no key and no session left at once.
    pub async fn change_person(
        &self,
        account: &Account,
        id: PersonId,
        changes: &PersonChanges,
    ) -> Result<PersonRecord, FlowError> {
        let manages = account.manages()?;
        let found = self.ledger().person(id).await.map_err(FlowError::store("look up the person"))?;
        let person = found.filter(|person| manages.sees(&person.organisation)).ok_or(FlowError::NotFound)?;
        if changes.roles.is_some() && account.person == Some(id) {
            return Err(FlowError::OwnRoles);
        }
        manages.may_give(person.all_roles())?;
        manages.may_give(changes.roles.unwrap_or(Roles::NONE))?;
        self.people_keeper().change(person, changes, Some(account.key), self.confirmed_by_another()).await
    }

    /// The keys that the account sees, without their secrets; of machines, or the sessions of people.
    pub async fn keys(&self, account: &Account, kind: KeyKind) -> Result<Vec<KeyRecord>, FlowError> {
        let organisation = account.manages()?.only().cloned();
        self.key_keeper().list(&KeyFilter { organisation, kind: Some(kind), person: None }).await
    }

    /// Makes a key for a machine.
    pub async fn new_key(&self, account: &Account, new: AccountKey) -> Result<MadeKey, FlowError> {
        let manages = account.manages()?;
        let organisation = self.organisation_for(account, &manages, new.organisation.as_deref())?;
        manages.may_give(new.roles)?;
        let key = NewKey {
            person: new.person,
            certificate: new.certificate,
            expires: new.expires,
            by: Some(account.key),
            waits: self.waits(new.roles),
            ..NewKey::machine(organisation, new.roles, new.label)
        };
        self.key_keeper().make(key).await
    }

    /// Makes a key that takes the place of another, which can be used until the overlap ends.
    pub async fn rotate_key(&self, account: &Account, id: KeyId, overlap: Duration) -> Result<MadeKey, FlowError> {
        let key = self.managed_key(account, id).await?;
        self.key_keeper().rotate(&key, overlap, Some(account.key), self.waits(key.roles)).await
    }

    /// Ends a key at once, and says what it is now.
    pub async fn end_key(&self, account: &Account, id: KeyId) -> Result<KeyRecord, FlowError> {
        let key = self.managed_key(account, id).await?;
        self.key_keeper().revoke(&key, Some(account.key)).await?;
        let now = self.ledger().key(id).await.map_err(FlowError::store("look up the key"))?;
        now.ok_or(FlowError::NotFound)
    }

    /// A key that the account may rotate and end; its own too, which gives nothing to anybody.
    async fn managed_key(&self, account: &Account, id: KeyId) -> Result<KeyRecord, FlowError> {
        let manages = account.manages()?;
        let found = self.ledger().key(id).await.map_err(FlowError::store("look up the key"))?;
        let key = found.filter(|key| manages.sees(&key.organisation)).ok_or(FlowError::NotFound)?;
        if key.id != account.key {
            manages.may_give(key.roles)?;
        }
        Ok(key)
    }

    /// The organisation that was named, or the account's own. One that is not seen is answered like one that is not known.
    fn organisation_for(
        &self,
        account: &Account,
        manages: &Manages<'_>,
        named: Option<&str>,
    ) -> Result<Organisation, FlowError> {
        let organisation = match named {
            None => return Ok(account.organisation.clone()),
            Some(id) if id == Organisation::Department.id() => Organisation::Department,
            Some(code) => self.key_keeper().organisation(Some(code))?,
        };
        if manages.sees(&organisation) {
            return Ok(organisation);
        }
        Err(super::keys::unknown_authority(named.unwrap_or_default()))
    }

    /// What people are kept with, for commands and for signing in: whoever asks has been let in by other means.
    pub fn people_keeper(&self) -> PeopleKeeper<'_> {
        PeopleKeeper { ledger: self.ledger(), clock: self.0.parts.clock.as_ref() }
    }
}
