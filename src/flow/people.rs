//! People: made, listed, changed, disabled. For the service, and for `homeward admin` beside it.

use super::error::FlowError;
use super::keys::roles_fit;
use crate::domain::account::Roles;
use crate::domain::clock::Clock;
use crate::domain::identifier::{KeyId, PersonId};
use crate::domain::organisation::Organisation;
use crate::store::{Ledger, PersonAction, PersonRecord, PersonStep, SignIn, WaitingRoles};

const LONGEST_NAME: usize = 200;
/// RFC 5321, section 4.5.3.1.
const LONGEST_EMAIL: usize = 254;

/// A person who is to act. How they sign in is settled when they first do, or with a password.
#[derive(Clone, PartialEq, Eq)]
pub struct NewPerson {
    pub organisation: Organisation,
    pub name: String,
    pub email: Option<String>,
    pub roles: Roles,
    /// None on the command line.
    pub by: Option<KeyId>,
    /// The roles among which what is given waits for another person.
    pub confirmed_by_another: Roles,
}

impl std::fmt::Debug for NewPerson {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "NewPerson({}, {})", self.organisation, self.roles)
    }
}

/// What is to be changed of a person; what is absent stays.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct PersonChanges {
    pub name: Option<String>,
    /// Some of none takes the address away.
    pub email: Option<Option<String>>,
    pub roles: Option<Roles>,
    pub disabled: Option<bool>,
}

impl std::fmt::Debug for PersonChanges {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "PersonChanges(roles: {:?}, disabled: {:?})", self.roles, self.disabled)
    }
}

/// What people are kept with.
#[derive(Debug, Clone, Copy)]
pub struct PeopleKeeper<'a> {
    pub ledger: &'a dyn Ledger,
    pub clock: &'a dyn Clock,
}

impl PeopleKeeper<'_> {
    pub async fn make(&self, new: NewPerson) -> Result<PersonRecord, FlowError> {
        roles_fit(&new.organisation, new.roles)?;
        let now = self.clock.now();
        let held_back = new.roles.shared_with(new.confirmed_by_another);
        let asked_by = new.by.into_iter().collect();
        let waiting = (!held_back.is_empty()).then_some(WaitingRoles { roles: new.roles, asked: now, asked_by });
        let person = PersonRecord {
            id: PersonId::new(now),
            organisation: new.organisation,
            name: named(&new.name)?,
            email: new.email.as_deref().map(address).transpose()?,
            sign_in: SignIn::NotYet,
            roles: new.roles.without(held_back),
            waiting,
            created: now,
            created_by: new.by,
            disabled: None,
            erased: None,
        };
        self.ledger.add_person(&person).await.map_err(FlowError::store("add the person"))?;
        Ok(person)
    }

    /// Makes the changes one after the other, each a line of the history. Roles among `confirmed_by_another` that they give
    /// wait.
    pub async fn change(
        &self,
        person: PersonRecord,
        changes: &PersonChanges,
        by: Option<KeyId>,
        confirmed_by_another: Roles,
    ) -> Result<PersonRecord, FlowError> {
        let mut actions = Vec::new();
        if changes.name.is_some() || changes.email.is_some() {
            let name = changes.name.as_deref().map_or_else(|| Ok(person.name.clone()), named)?;
            let email = match &changes.email {
                None => person.email.clone(),
                Some(given) => given.as_deref().map(address).transpose()?,
            };
            actions.push(PersonAction::Rename { name, email });
        }
        let is_new = |roles: &Roles| *roles != person.roles || person.waiting.is_some();
        if let Some(roles) = changes.roles.filter(is_new) {
            roles_fit(&person.organisation, roles)?;
            actions.push(PersonAction::Roles(roles));
        }
        match changes.disabled {
            Some(true) => actions.push(PersonAction::Disable),
            Some(false) if person.disabled.is_some() => actions.push(PersonAction::Enable),
            _ => {}
        }
        let mut now = person;
        for action in actions {
            let step = PersonStep { id: now.id, action, at: self.clock.now(), by, confirmed_by_another };
            now = self.ledger.change_person(&step).await.map_err(FlowError::store("change the person"))?;
        }
        Ok(now)
    }

    /// Stands by the roles that wait since `asked`, or refuses them.
    pub async fn decide_roles(
        &self,
        id: PersonId,
        action: PersonAction,
        by: Option<KeyId>,
    ) -> Result<PersonRecord, FlowError> {
        let step = PersonStep { id, action, at: self.clock.now(), by, confirmed_by_another: Roles::NONE };
        self.ledger.change_person(&step).await.map_err(FlowError::store("decide on roles that wait"))
    }
}

fn named(name: &str) -> Result<String, FlowError> {
    let name = name.trim();
    let is_good = (1..=LONGEST_NAME).contains(&name.chars().count()) && !name.chars().any(char::is_control);
    let wrong = || FlowError::RequestInvalid(format!("a name has 1 to {LONGEST_NAME} characters on one line"));
    is_good.then(|| name.to_owned()).ok_or_else(wrong)
}

/// Good enough to be written to: one part, an @, and a domain. Whether it is read, only a letter tells.
fn address(email: &str) -> Result<String, FlowError> {
    let email = email.trim();
    let is_good = email.len() <= LONGEST_EMAIL
        && email.chars().all(|sign| !sign.is_whitespace() && !sign.is_control() && !"<>(),;:\"\\[]".contains(sign))
        && email.rsplit_once('@').is_some_and(|(local, domain)| {
            !local.is_empty() && !local.contains('@') && domain.split('.').all(|part| !part.is_empty())
        });
    let wrong =
        || FlowError::RequestInvalid("the e-mail address is not one; it is written name@example.org".to_owned());
    is_good.then(|| email.to_owned()).ok_or_else(wrong)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_one_part_an_at_and_a_domain() {
        for good in ["kit@example.org", " kit.two+x@council.example "] {
            assert!(address(good).is_ok(), "{good}");
        }
        for wrong in ["", "kit", "@example.org", "kit@", "kit@.org", "a b@example.org", "a@b@c", "<kit@example.org>"] {
            assert!(address(wrong).is_err(), "{wrong}");
        }
        assert!(named("  ").is_err() && named("a\nb").is_err() && named(&"x".repeat(201)).is_err());
    }
}
