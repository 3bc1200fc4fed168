//! Why a use case did not do what it was asked. Each has a stable code, a line of the problem registry of `api`.

use crate::domain::account::Roles;
use crate::domain::identifier::CertificateId;
use crate::domain::local_time::local_day;
use crate::domain::release::{ReleaseMove, ReleaseState};
use crate::domain::state::ReturnState;
use crate::provider::ProviderError;
use crate::store::StoreError;
use crate::validate::Identifier;
use chrono::{DateTime, Utc};
use std::collections::BTreeSet;

/// Why a use case refused or failed. The texts go to the person who asked; [`FlowError::cause`] goes to the log only.
#[derive(Debug, thiserror::Error)]
pub enum FlowError {
    #[error("the key is not known, has expired or was revoked")]
    KeyUnknown,
    #[error("{} may not do this; it takes the role {needed}", whose(*roles))]
    NotAllowed { roles: Roles, needed: &'static str },
    /// Also where it exists but belongs to another authority: the two cannot be told apart.
    #[error("there is nothing here for this key")]
    NotFound,
    #[error("{0}")]
    RequestInvalid(String),
    #[error("{0}")]
    SignInFailed(&'static str),
    #[error("{0}")]
    SignInElsewhere(String),
    /// Told to the person alone, who needs it to be entered; never to the log.
    #[error(
        "the provider knows you, and nobody has entered you at this service. Ask whoever runs it to do so, with \
         `homeward admin person new` and `homeward admin sign-in provider PERSON --issuer {issuer} --subject {subject}`"
    )]
    PersonUnknown { issuer: String, subject: String },
    #[error("the provider by which people sign in cannot be used at the moment; try again in a while")]
    ProviderUnusable { cause: String },
    /// The text itself is in no error.
    #[error(
        "the text seems to hold {}, and nothing of it was kept: say it without what could identify somebody",
        kinds(found)
    )]
    IdentifyingText { found: Vec<Identifying> },
    #[error(
        "the content of this return was deleted: {why} (certificate {certificate}); its receipts and its history are kept"
    )]
    ContentDeleted { certificate: CertificateId, why: String },
    #[error("{0}")]
    NothingToCompare(String),
    #[error(
        "the return is {found}, and {wanted} takes one that is {needed}; what can be done now: {}. Read it again, somebody \
         may have acted meanwhile",
        found.possible()
    )]
    WrongState { found: ReturnState, needed: &'static str, wanted: &'static str },
    #[error(
        "version {in_force} of this return is already accepted, and an earlier version cannot take its place; send the file of the \
         earlier one again, which makes a new version, and sign that"
    )]
    LaterVersionInForce { in_force: u32 },
    #[error("the return cannot be signed yet: {} of its rules are still open", remaining.len())]
    NotReadyToSign { remaining: Vec<Remaining> },
    #[error("the idempotency key was used before for another file; use a new key for a new file")]
    IdempotencyConflict,
    #[error(
        "the service has as many uploads in hand as it can hold; nothing was kept, send it again in {retry_after_seconds} seconds"
    )]
    Busy { retry_after_seconds: u64 },
    #[error(
        "this {whose} has {most} uploads under way, which is as many as it may have; nothing was kept, send it again in \
         {retry_after_seconds} seconds"
    )]
    TooManyUploads { whose: &'static str, most: usize, retry_after_seconds: u64 },
    #[error(
        "the service has no space left to keep this; nothing that was acknowledged is lost, and it can be sent again later"
    )]
    NoSpace,
    #[error(
        "the collection {collection} was closed on {} and takes no signature any more; ask the department's collection team, \
         which can reopen it for one authority",
        local_day(*since).format("%-d %B %Y")
    )]
    CollectionClosed { collection: String, since: DateTime<Utc> },
    #[error("{0}")]
    CollectionWrongState(String),
    #[error("{0}")]
    ReleaseRefused(String),
    #[error("the release is {found}, so it cannot be {}; read it again, somebody may have acted meanwhile", wanted.to())]
    ReleaseWrongState { found: ReleaseState, wanted: ReleaseMove },
    #[error(
        "a release is approved by a second person: somebody else than the one who built it approves it, with a key of their own"
    )]
    SecondPersonNeeded,
    #[error(
        "in this collection whoever sent a return may not sign it: another person of the authority signs it, with a key or \
         a session of their own"
    )]
    AuthorMayNotSign,
    #[error("{0}")]
    ConfirmedByMaker(String),
    #[error("{0}")]
    NothingWaits(String),
    #[error("nobody changes their own roles; ask another who manages accounts")]
    OwnRoles,
    /// Somebody wants to give, change or end what is not theirs to give.
    #[error("{0}")]
    NotYoursToGive(&'static str),
    #[error("{0}")]
    Taken(String),
    #[error("{0}")]
    KeyEnded(String),
    #[error("{0}")]
    ReleaseOvertaken(String),
    /// The text says nothing of the cause, which could name files and folders of the service.
    #[error("something went wrong in the service while it tried to {doing}; nothing that was acknowledged is lost")]
    Internal { doing: &'static str, cause: String },
}

/// A kind of direct identifier that a part of a request seems to hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identifying {
    /// Where in the request, as a JSONPath.
    pub field: String,
    pub kind: Identifier,
}

/// What has these roles, as part of a sentence.
fn whose(roles: Roles) -> String {
    if roles.is_empty() { "a key without a role".to_owned() } else { format!("a key of the role {roles}") }
}

/// Every kind once, as part of a sentence.
fn kinds(found: &[Identifying]) -> String {
    let kinds: BTreeSet<&str> = found.iter().map(|one| one.kind.name).collect();
    kinds.into_iter().collect::<Vec<_>>().join(" and ")
}

/// One rule that still stands between a return and its signature.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Remaining {
    pub code: String,
    /// How many findings of it are open.
    pub findings: u64,
    /// What to do about them, as a sentence.
    pub advice: String,
}

impl FlowError {
    /// The stable code, by which `api` finds the line of its registry.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::KeyUnknown => "key-invalid",
            Self::NotAllowed { .. } => "not-allowed",
            Self::NotFound => "not-found",
            Self::SignInFailed(_) => "sign-in-failed",
            Self::SignInElsewhere(_) => "sign-in-elsewhere",
            Self::PersonUnknown { .. } => "person-unknown",
            Self::ProviderUnusable { .. } => "sign-in-unavailable",
            Self::RequestInvalid(_) => "request-invalid",
            Self::IdentifyingText { .. } => "identifying-text",
            Self::ContentDeleted { .. } => "content-deleted",
            Self::NothingToCompare(_) => "nothing-to-compare",
            Self::WrongState { .. } | Self::LaterVersionInForce { .. } => "wrong-state",
            Self::NotReadyToSign { .. } => "not-ready-to-sign",
            Self::IdempotencyConflict => "idempotency-conflict",
            Self::Busy { .. } => "busy",
            Self::TooManyUploads { .. } => "too-many-uploads",
            Self::NoSpace => "no-space",
            Self::CollectionClosed { .. } => "collection-closed",
            Self::CollectionWrongState(_) => "collection-wrong-state",
            Self::ReleaseRefused(_) => "release-refused",
            Self::ReleaseWrongState { .. } => "release-wrong-state",
            Self::SecondPersonNeeded | Self::ConfirmedByMaker(_) => "second-person-needed",
            Self::NothingWaits(_) => "nothing-waits",
            Self::AuthorMayNotSign => "author-may-not-sign",
            Self::OwnRoles => "own-roles",
            Self::NotYoursToGive(_) => "not-yours-to-give",
            Self::Taken(_) => "taken",
            Self::KeyEnded(_) => "key-ended",
            Self::ReleaseOvertaken(_) => "release-overtaken",
            Self::Internal { .. } => "internal",
        }
    }

    /// What the log needs to know and the person who asked does not.
    pub fn cause(&self) -> Option<&str> {
        match self {
            Self::Internal { cause, .. } | Self::ProviderUnusable { cause } => Some(cause),
            _ => None,
        }
    }

    pub(super) fn internal(doing: &'static str, cause: impl ToString) -> Self {
        Self::Internal { doing, cause: cause.to_string() }
    }

    /// From the store, for what the use case was doing.
    pub(super) fn store(doing: &'static str) -> impl Fn(StoreError) -> Self {
        move |error| match error {
            StoreError::IdempotencyKeyReused => Self::IdempotencyConflict,
            StoreError::NoSpace => Self::NoSpace,
            StoreError::NotFound { .. } | StoreError::NoObject { .. } | StoreError::BadName { .. } => Self::NotFound,
            StoreError::LaterVersionInForce { in_force } => Self::LaterVersionInForce { in_force },
            StoreError::NoSuchMove { from, .. } => {
                Self::WrongState { found: from, needed: "in another state", wanted: doing }
            }
            StoreError::Moved { expected, found, .. } => {
                Self::WrongState { found, needed: expected.name(), wanted: doing }
            }
            StoreError::ContentDeleted { certificate, why } => Self::ContentDeleted { certificate, why },
            StoreError::CollectionClosed { collection, since } => Self::CollectionClosed { collection, since },
            error @ (StoreError::CollectionMoved { .. } | StoreError::NotLater { .. }) => {
                Self::CollectionWrongState(error.to_string())
            }
            StoreError::ReleaseMoved { found, step, .. } => Self::ReleaseWrongState { found, wanted: step },
            error @ StoreError::Taken { .. } => Self::Taken(error.to_string()),
            error @ StoreError::KeyEnded { .. } => Self::KeyEnded(error.to_string()),
            StoreError::ApprovedByBuilder => Self::SecondPersonNeeded,
            error @ StoreError::ConfirmedByMaker { .. } => Self::ConfirmedByMaker(error.to_string()),
            error @ StoreError::PersonDeleted { .. } => Self::RequestInvalid(error.to_string()),
            error @ StoreError::NothingWaits { .. } => Self::NothingWaits(error.to_string()),
            error @ (StoreError::ReleaseOvertaken { .. } | StoreError::AnotherScheduled { .. }) => {
                Self::ReleaseOvertaken(error.to_string())
            }
            error => Self::internal(doing, error),
        }
    }
}

impl From<ProviderError> for FlowError {
    fn from(error: ProviderError) -> Self {
        match error {
            ProviderError::Refused(why) => {
                tracing::warn!(why, "somebody came back from the provider and was not signed in");
                Self::SignInFailed(
                    "the provider did not vouch for you so that it can be believed; begin again at /v1/sign-in",
                )
            }
            ProviderError::Unusable(_) | ProviderError::Settings { .. } => {
                Self::ProviderUnusable { cause: error.to_string() }
            }
        }
    }
}
