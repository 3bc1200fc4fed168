//! The roles of those who hold a key, and who acts.

use super::identifier::{KeyId, PersonId};
use serde::{Deserialize, Serialize};
use std::fmt;

/// What a key's holder may do. The first two belong to one authority each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Sends an authority's returns and explains what is odd in them.
    Submitter,
    /// Signs an authority's returns off, and manages the submitters of its authority.
    Signatory,
    /// Takes returns or sends them back, and makes releases, for the department.
    Collector,
    /// Reads releases before they are published.
    Analyst,
    /// Runs the service and manages accounts; sees no return.
    Operator,
}

impl Role {
    pub const ALL: [Self; 5] = [Self::Submitter, Self::Signatory, Self::Collector, Self::Analyst, Self::Operator];

    pub const fn name(self) -> &'static str {
        match self {
            Self::Submitter => "submitter",
            Self::Signatory => "signatory",
            Self::Collector => "collector",
            Self::Analyst => "analyst",
            Self::Operator => "operator",
        }
    }

    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.name() == name)
    }

    /// Whether a key of this role belongs to one authority.
    pub const fn belongs_to_an_authority(self) -> bool {
        matches!(self, Self::Submitter | Self::Signatory)
    }

    const fn bit(self) -> u8 {
        1 << self as u8
    }
}

impl fmt::Display for Role {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.name())
    }
}

/// A set of roles, always told in the order of [`Role::ALL`].
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(from = "Vec<Role>", into = "Vec<Role>")]
pub struct Roles(u8);

impl Roles {
    pub const NONE: Self = Self(0);

    pub const fn one(role: Role) -> Self {
        Self(role.bit())
    }

    pub const fn contains(self, role: Role) -> bool {
        self.0 & role.bit() != 0
    }

    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Whether the other set has every role of this one.
    pub const fn is_within(self, other: Self) -> bool {
        self.0 & !other.0 == 0
    }

    /// The roles that both have.
    #[must_use]
    pub const fn shared_with(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// The roles that either has.
    #[must_use]
    pub const fn joined_with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// The roles of this one that the other has not.
    #[must_use]
    pub const fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    pub fn iter(self) -> impl Iterator<Item = Role> {
        Role::ALL.into_iter().filter(move |role| self.contains(*role))
    }
}

impl FromIterator<Role> for Roles {
    fn from_iter<T: IntoIterator<Item = Role>>(roles: T) -> Self {
        Self(roles.into_iter().fold(0, |set, role| set | role.bit()))
    }
}

impl From<Role> for Roles {
    fn from(role: Role) -> Self {
        Self::one(role)
    }
}

impl From<Vec<Role>> for Roles {
    fn from(roles: Vec<Role>) -> Self {
        roles.into_iter().collect()
    }
}

impl From<Roles> for Vec<Role> {
    fn from(roles: Roles) -> Self {
        roles.iter().collect()
    }
}

impl fmt::Display for Roles {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&str> = self.iter().map(Role::name).collect();
        out.write_str(&names.join(" and "))
    }
}

impl fmt::Debug for Roles {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_set().entries(self.iter()).finish()
    }
}

/// What a key is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum KeyKind {
    /// Shown once to somebody who keeps it.
    Machine,
    /// The session of a person who signed in; nobody sees it but their browser.
    Session,
}

impl KeyKind {
    pub const ALL: [Self; 2] = [Self::Machine, Self::Session];

    pub const fn name(self) -> &'static str {
        match self {
            Self::Machine => "machine",
            Self::Session => "session",
        }
    }

    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

/// Who acts: always a key, and the person behind it where one is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Actor {
    pub key: KeyId,
    pub person: Option<PersonId>,
}

impl Actor {
    /// Whether this is somebody else: another person where both are known, and another key otherwise.
    /// Wherever two people are asked for, this decides.
    pub fn is_another_than(&self, other: &Self) -> bool {
        match (self.person, other.person) {
            (Some(one), Some(two)) => one != two,
            _ => self.key != other.key,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::DateTime;

    #[test]
    fn a_set_of_roles_is_told_in_one_order() {
        let roles: Roles = [Role::Signatory, Role::Submitter, Role::Signatory].into_iter().collect();
        assert_eq!(roles.to_string(), "submitter and signatory");
        assert_eq!(serde_json::to_string(&roles).expect("writes"), r#"["submitter","signatory"]"#);
        assert_eq!(serde_json::from_str::<Roles>(r#"["signatory","submitter"]"#).expect("reads"), roles);
        assert!(Roles::one(Role::Signatory).is_within(roles) && !roles.is_within(Roles::one(Role::Signatory)));
        assert_eq!(roles.shared_with(Roles::one(Role::Operator)), Roles::NONE);
        assert_eq!(roles.without(Roles::one(Role::Signatory)), Roles::one(Role::Submitter));
        assert_eq!(Roles::one(Role::Signatory).joined_with(Roles::one(Role::Submitter)), roles);
        for role in Role::ALL {
            assert_eq!(Roles::one(role).iter().collect::<Vec<_>>(), [role]);
        }
    }

    #[test]
    fn another_is_another_person_where_both_are_known_and_another_key_otherwise() {
        let now = DateTime::UNIX_EPOCH;
        let (one, two) = (KeyId::new(now), KeyId::new(now));
        let (kit, sam) = (Some(PersonId::new(now)), Some(PersonId::new(now)));
        let is_another = |first: (KeyId, Option<PersonId>), second: (KeyId, Option<PersonId>)| {
            let actor = |(key, person)| Actor { key, person };
            let answer = actor(first).is_another_than(&actor(second));
            assert_eq!(answer, actor(second).is_another_than(&actor(first)), "it is the same both ways");
            answer
        };
        assert!(is_another((one, kit), (two, sam)));
        assert!(!is_another((one, kit), (two, kit)), "a second key of one person is no second person");
        assert!(!is_another((one, None), (one, None)));
        assert!(is_another((one, None), (two, None)) && is_another((one, kit), (two, None)));
    }
}
