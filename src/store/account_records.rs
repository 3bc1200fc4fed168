//! Keys, people and organisations, as the ledger's callers see them.

use crate::domain::account::{KeyKind, Role, Roles};
use crate::domain::digest::Digest;
use crate::domain::identifier::{KeyId, PersonId};
use crate::domain::organisation::Organisation;
use chrono::{DateTime, Duration, Utc};
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
    /// Whether another person stands by it.
    pub confirmation: Confirmation,
}

/// Whether another person has to stand by a key before it can be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Confirmation {
    /// It could be used at once.
    NotNeeded,
    /// It waits, and until then it is used by nobody.
    Awaited {
        /// The key whose place it is to take, and how long that one works on from then.
        replaces: Option<(KeyId, Duration)>,
    },
    /// It waited, and was confirmed; none on the command line.
    Given { at: DateTime<Utc>, by: Option<KeyId> },
}

impl KeyRecord {
    /// Whether it waits for another person to confirm it.
    pub const fn waits(&self) -> bool {
        matches!(self.confirmation, Confirmation::Awaited { .. }) && self.revoked.is_none()
    }

    /// From when on it is not taken, whatever ends it first.
    pub fn ends(&self) -> Option<DateTime<Utc>> {
        [self.revoked, self.expires, self.overlap_ends].into_iter().flatten().min()
    }

    pub fn is_in_use(&self, now: DateTime<Utc>) -> bool {
        let waits = matches!(self.confirmation, Confirmation::Awaited { .. });
        !waits && self.revoked.is_none() && self.ends().is_none_or(|end| now < end)
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
    /// Those that hold; none while all that were given wait to be confirmed.
    pub roles: Roles,
    /// What waits for another person, if anything.
    pub waiting: Option<WaitingRoles>,
    pub created: DateTime<Utc>,
    /// None where it was made on the command line.
    pub created_by: Option<KeyId>,
    /// Since when the person may not act.
    pub disabled: Option<DateTime<Utc>>,
    /// When name, address and way to sign in were deleted.
    pub erased: Option<DateTime<Utc>>,
}

/// Roles that hold when another person has confirmed them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WaitingRoles {
    /// All that the person has then.
    pub roles: Roles,
    /// Since when they wait as they are now; who confirms them names it, so that nothing is confirmed unseen.
    pub asked: DateTime<Utc>,
    /// Everybody who had a part in it: none of them confirms it.
    pub asked_by: Vec<KeyId>,
}

impl PersonRecord {
    /// Whether the person is not disabled and has a role that holds.
    pub const fn may_act(&self) -> bool {
        self.disabled.is_none() && !self.roles.is_empty()
    }

    /// Those that hold, and those that wait.
    pub fn all_roles(&self) -> Roles {
        self.roles.joined_with(self.waiting.as_ref().map_or(Roles::NONE, |waiting| waiting.roles))
    }
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
    /// The roles that wait for another person where the step gives them; none on the command line.
    pub confirmed_by_another: Roles,
}

/// What is changed of a person.
#[derive(Clone, PartialEq, Eq)]
pub enum PersonAction {
    /// Other name or address.
    Rename { name: String, email: Option<String> },
    /// Other roles. They hold at once for every key of the person, but for those that wait.
    Roles(Roles),
    /// Another way to sign in; every session of the person ends.
    SignIn(SignIn),
    /// The person may not act any more: every key and session ends, for good.
    Disable,
    /// The person may act again, with new keys.
    Enable,
    /// Another person stands by the roles that wait since then.
    ConfirmRoles { asked: DateTime<Utc> },
    /// The roles that wait since then are not given; those that hold stay.
    RefuseRoles { asked: DateTime<Utc> },
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
            Self::ConfirmRoles { .. } => "confirm roles",
            Self::RefuseRoles { .. } => "refuse roles",
        }
    }
}

impl fmt::Debug for PersonAction {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.name())
    }
}
