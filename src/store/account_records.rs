//! Keys, people and organisations, as the ledger's callers see them.

use crate::domain::account::{Actor, KeyKind, Role, Roles};
use crate::domain::digest::Digest;
use crate::domain::identifier::{KeyId, PersonId};
use crate::domain::organisation::Organisation;
use chrono::{DateTime, Utc};
use std::fmt;

/// A key of the API. Its secret is never kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyRecord {
    pub id: KeyId,
    pub kind: KeyKind,
    /// The first characters of the key, by which people tell their keys apart.
    pub prefix: String,
    pub secret: SecretDigest,
    pub organisation: Organisation,
    /// Who acts with it, where that is known.
    pub person: Option<PersonId>,
    /// What it was made for; a key of a person has no more of them than the person.
    pub roles: Roles,
    /// What its maker called it.
    pub label: String,
    /// SHA-256 of the client certificate without which it is not taken (as in RFC 8705, section 3).
    pub certificate: Option<Digest>,
    pub created: DateTime<Utc>,
    /// None where it was made on the command line.
    pub created_by: Option<KeyId>,
    pub expires: Option<DateTime<Utc>>,
    /// The key that takes its place.
    pub replaced_by: Option<KeyId>,
    /// When it ends because it was replaced.
    pub overlap_ends: Option<DateTime<Utc>>,
    pub revoked: Option<DateTime<Utc>>,
    /// When it was last used, to the minute.
    pub last_used: Option<DateTime<Utc>>,
}

impl KeyRecord {
    /// From when on it is not taken, whatever ends it first.
    pub fn ends(&self) -> Option<DateTime<Utc>> {
        [self.revoked, self.expires, self.overlap_ends].into_iter().flatten().min()
    }

    pub fn is_in_use(&self, now: DateTime<Utc>) -> bool {
        self.revoked.is_none() && self.ends().is_none_or(|end| now < end)
    }

    pub const fn actor(&self) -> Actor {
        Actor { key: self.id, person: self.person }
    }

    /// The first of its roles, in their order.
    pub fn first_role(&self) -> Option<Role> {
        self.roles.iter().next()
    }
}

/// How the digest of a key's secret was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SecretForm {
    /// SHA-256 alone, as earlier programs kept it. It is made anew at the key's next use.
    Plain,
    /// HMAC-SHA-256 under a secret that does not lie in the ledger, so that the ledger alone tells nothing about a key.
    Keyed,
}

impl SecretForm {
    pub const ALL: [Self; 2] = [Self::Plain, Self::Keyed];

    pub const fn name(self) -> &'static str {
        match self {
            Self::Plain => "sha-256",
            Self::Keyed => "hmac-sha-256",
        }
    }

    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|form| form.name() == name)
    }
}

/// The digest of a key's secret.
///
/// The secret is 256 random bits, so nobody can guess it from its digest and a fast function is right: a slow hash such as
/// Argon2 protects passwords that people choose, and here it would only make every request slow.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct SecretDigest {
    pub form: SecretForm,
    pub digest: Digest,
}

impl fmt::Debug for SecretDigest {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "SecretDigest({})", self.form.name())
    }
}

/// Which keys to list. What is absent does not narrow the list.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct KeyFilter {
    pub organisation: Option<Organisation>,
    pub kind: Option<KeyKind>,
    pub person: Option<PersonId>,
}

/// An organisation that has keys or people. Its name stands in the register.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrganisationRecord {
    pub organisation: Organisation,
    /// When its first key or person was made.
    pub made: DateTime<Utc>,
}

/// A person who may act. Only the text of their name and address says who it is, and neither goes into the history.
#[derive(Clone, PartialEq, Eq)]
pub struct PersonRecord {
    pub id: PersonId,
    pub organisation: Organisation,
    /// As others read it.
    pub name: String,
    /// Compared without regard to case; no two people have the same.
    pub email: Option<String>,
    pub sign_in: SignIn,
    pub roles: Roles,
    pub created: DateTime<Utc>,
    /// None where it was made on the command line.
    pub created_by: Option<KeyId>,
    /// Since when the person may not act.
    pub disabled: Option<DateTime<Utc>>,
}

impl fmt::Debug for PersonRecord {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "PersonRecord({}, {}, {})", self.id, self.organisation, self.roles)
    }
}

/// How a person shows who they are.
#[derive(Clone, PartialEq, Eq)]
pub enum SignIn {
    /// Not yet settled: the provider is to be asked, or a password to be set.
    NotYet,
    /// By an OpenID provider.
    OpenId { issuer: String, subject: String },
    /// By a user name, compared without regard to case, and a password.
    Local { user_name: String, password: PasswordHash },
}

impl fmt::Debug for SignIn {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("SignIn")
    }
}

/// What somebody who signs in is known by.
#[derive(Clone, PartialEq, Eq)]
pub enum KnownAs {
    Subject { issuer: String, subject: String },
    UserName(String),
    Email(String),
}

impl fmt::Debug for KnownAs {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("KnownAs")
    }
}

/// The Argon2id hash of a password in PHC form.
#[derive(Clone, PartialEq, Eq)]
pub struct PasswordHash(pub String);

impl fmt::Debug for PasswordHash {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("PasswordHash")
    }
}

/// A change of a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PersonStep {
    pub id: PersonId,
    pub action: PersonAction,
    pub at: DateTime<Utc>,
    /// None on the command line.
    pub by: Option<KeyId>,
}

/// What is changed of a person.
#[derive(Clone, PartialEq, Eq)]
pub enum PersonAction {
    /// Other name or address.
    Rename { name: String, email: Option<String> },
    /// Other roles. They hold at once for every key of the person.
    Roles(Roles),
    /// Another way to sign in; every session of the person ends.
    SignIn(SignIn),
    /// The person may not act any more: every key and session ends, for good.
    Disable,
    /// The person may act again, with new keys.
    Enable,
}

impl PersonAction {
    /// The name of the transaction.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Rename { .. } => "rename person",
            Self::Roles(_) => "change roles",
            Self::SignIn(_) => "change sign-in",
            Self::Disable => "disable person",
            Self::Enable => "enable person",
        }
    }
}

impl fmt::Debug for PersonAction {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.name())
    }
}
