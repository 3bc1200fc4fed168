//! Keys and roles that decide wait for a second person, where the configuration says so; until then nobody knows them.
//!
//! What is made on the command line never waits: whoever has the machine could write the ledger itself.

use super::Service;
use super::authorise::{Account, deciding_roles};
use super::error::FlowError;
use crate::domain::account::Roles;
use crate::domain::identifier::{KeyId, PersonId};
use crate::store::{KeyRecord, PersonAction, PersonRecord};
use chrono::{DateTime, Utc};

impl Service {
    /// The roles that another person confirms before they hold; none where the configuration does not ask for that.
    pub(super) fn confirmed_by_another(&self) -> Roles {
        if self.0.parts.confirmed_by_another { deciding_roles() } else { Roles::NONE }
    }

    /// Whether a key with these roles waits for another person.
    pub(super) fn waits(&self, roles: Roles) -> bool {
        !roles.shared_with(self.confirmed_by_another()).is_empty()
    }

    /// Stands by a key that waits.
    pub async fn confirm_key(&self, account: &Account, id: KeyId) -> Result<KeyRecord, FlowError> {
        account.may_confirm()?;
        let key = self.key_keeper().confirm(id, Some(account.key)).await?;
        tracing::info!(key = %id, by = %account.key, "a key was confirmed by a second person");
        Ok(key)
    }

    /// Ends a key that waits.
    pub async fn refuse_key(&self, account: &Account, id: KeyId) -> Result<KeyRecord, FlowError> {
        account.may_confirm()?;
        self.key_keeper().refuse(id, Some(account.key)).await
    }

    /// Stands by the roles of a person that wait since `asked`.
    pub async fn confirm_roles(
        &self,
        account: &Account,
        id: PersonId,
        asked: DateTime<Utc>,
    ) -> Result<PersonRecord, FlowError> {
        account.may_confirm()?;
        let action = PersonAction::ConfirmRoles { asked };
        let person = self.people_keeper().decide_roles(id, action, Some(account.key)).await?;
        tracing::info!(person = %id, by = %account.key, "roles were confirmed by a second person");
        Ok(person)
    }

    /// Does not give the roles of a person that wait since `asked`.
    pub async fn refuse_roles(
        &self,
        account: &Account,
        id: PersonId,
        asked: DateTime<Utc>,
    ) -> Result<PersonRecord, FlowError> {
        account.may_confirm()?;
        self.people_keeper().decide_roles(id, PersonAction::RefuseRoles { asked }, Some(account.key)).await
    }
}
