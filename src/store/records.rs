//! What the ledger holds, as its callers see it.

use super::collecting::NewReminder;
use crate::domain::digest::Digest;
use crate::domain::evidence::SigningKeyId;
use crate::domain::identifier::{CertificateId, KeyId, PersonId, ReleaseId, ReturnId};
use crate::domain::organisation::Organisation;
use crate::domain::release::{DataVersion, ReleaseKind, ReleaseMove, ReleaseState};
use crate::domain::report::{Counts, NotChecked, Outcome, SpecificationStamp};
use crate::domain::state::{ReturnMove, ReturnState};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// An upload whose bytes are durable in the archive, to be entered as received.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewReturn {
    pub id: ReturnId,
    pub authority: String,
    /// SHA-256 of the uploaded bytes.
    pub digest: Digest,
    /// The size of the upload, in bytes.
    pub bytes: u64,
    pub idempotency_key: Option<String>,
    /// The digest of the specification it will be checked with.
    pub specification: Digest,
    pub uploaded_by: KeyId,
    pub received: DateTime<Utc>,
}

/// What became of an upload at the ledger's door.
#[derive(Debug, Clone, PartialEq)]
pub enum Reception {
    /// It is a new version, in state received.
    New(ReturnRecord),
    /// It was sent before: the same idempotency key, or the same bytes as a version that stands and has its content.
    Replay(ReturnRecord),
}

/// One version of an authority's return.
#[derive(Debug, Clone, PartialEq)]
pub struct ReturnRecord {
    pub id: ReturnId,
    pub authority: String,
    /// The collection it answers, once it has been checked.
    pub collection: Option<String>,
    /// Counted from 1 for each authority and collection, once it has been checked and was not rejected.
    pub version: Option<u32>,
    pub state: ReturnState,
    pub digest: Digest,
    pub bytes: u64,
    pub idempotency_key: Option<String>,
    pub uploaded_by: KeyId,
    pub received: DateTime<Utc>,
    pub verdict: Option<Verdict>,
    pub signed: Option<DateTime<Utc>>,
    pub signed_by: Option<KeyId>,
    pub accepted: Option<DateTime<Utc>>,
    pub accepted_by: Option<KeyId>,
    /// When it was superseded, withdrawn or sent back.
    pub ended: Option<DateTime<Utc>>,
    pub ended_by: Option<KeyId>,
    /// What the last person who moved it said.
    pub note: Option<String>,
}

/// What a check decided about an upload that is kept. Of a rejected one there is a [`Receipt`] instead.
#[derive(Debug, Clone, PartialEq)]
pub struct Verdict {
    pub outcome: Outcome,
    /// Names the collection that the return answers.
    pub specification: SpecificationStamp,
    pub counts: Counts,
    /// The rules that could not run, on everything or on some rows.
    pub not_checked: Vec<NotChecked>,
    pub decided: DateTime<Utc>,
}

/// What is kept of a rejected upload, and nothing else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt {
    pub id: ReturnId,
    pub authority: String,
    pub received: DateTime<Utc>,
    /// SHA-256 of the rejected bytes.
    pub digest: Digest,
    /// The size of the rejected upload, in bytes.
    pub bytes: u64,
    /// The codes of the rules that rejected it, in their order.
    pub codes: Vec<String>,
}

/// How often it was tried to decide a received upload after the first time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Attempts {
    /// Those that count: where the store did not answer, the upload is not at fault.
    pub made: u64,
    /// When the last was begun, counted or not.
    pub last: DateTime<Utc>,
    /// Since when it is tried no more and waits for whoever runs the service.
    pub aside: Option<DateTime<Utc>>,
}

/// What is done about an upload that an attempt did not decide. What is said stands in the history of the return.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AttemptStep {
    /// Another is begun. It is written before, because the process may not live to write it after.
    Begin,
    /// It does not count.
    Forgive,
    /// There are no more, until somebody says so.
    SetAside(String),
    /// It is tried as if it never was.
    Anew(String),
    /// It is given up, and will be rejected.
    End(String),
}

/// A move of a return along the state table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Move {
    pub id: ReturnId,
    /// Where the mover saw it.
    pub from: ReturnState,
    pub by_move: ReturnMove,
    pub at: DateTime<Utc>,
    pub by: KeyId,
    pub note: Option<String>,
    /// What is to be told of it, written in the same transaction.
    pub reminders: Vec<NewReminder>,
}

/// What a move did.
#[derive(Debug, Clone, PartialEq)]
pub struct Moved {
    pub now: ReturnRecord,
    /// The version that an acceptance took the place of.
    pub superseded: Option<ReturnId>,
}

/// What an explanation is about.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Explained {
    /// Every finding of a rule.
    Rule(String),
    /// One finding, by its fingerprint.
    Finding(Digest),
}

/// Why something odd is true.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Explanation {
    pub about: Explained,
    /// The rule's code, also where one finding is explained.
    pub code: String,
    pub text: String,
    pub by: KeyId,
    pub at: DateTime<Utc>,
    /// The earlier version for which it was written, where it was carried over.
    pub carried_from: Option<VersionId>,
}

/// A version of a return, by its identifier and its number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct VersionId {
    pub id: ReturnId,
    pub version: u32,
}

/// What goes with a return that is sent again.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CarriedOver {
    /// Explanations that hold for this version too, each with the version for which it was written.
    pub explanations: Vec<Explanation>,
    /// What was carried and what was not, as sentences for the history.
    pub notes: Vec<String>,
}

/// Which explanations to list across a collection. What is absent does not narrow the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExplanationFilter {
    pub collection: String,
    /// The three-digit code.
    pub authority: Option<String>,
    /// The rule's code.
    pub code: Option<String>,
}

/// An explanation and the version that it explains.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExplanationOfReturn {
    pub authority: String,
    pub version: VersionId,
    pub state: ReturnState,
    pub explanation: Explanation,
}

/// A version and its times, without its verdict: what says who has come how far.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VersionTimes {
    pub id: ReturnId,
    pub authority: String,
    pub version: Option<u32>,
    pub state: ReturnState,
    pub received: DateTime<Utc>,
    /// When the verdict was made.
    pub decided: Option<DateTime<Utc>>,
    pub signed: Option<DateTime<Utc>>,
    pub accepted: Option<DateTime<Utc>>,
    /// When it was superseded, withdrawn or sent back.
    pub ended: Option<DateTime<Utc>>,
}

/// Which returns to list. What is absent does not narrow the list.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ReturnFilter {
    pub authority: Option<String>,
    pub collection: Option<String>,
    pub state: Option<ReturnState>,
}

/// A part of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Page {
    pub skip: u64,
    pub take: u64,
}

impl Page {
    pub const ALL: Self = Self { skip: 0, take: i64::MAX as u64 };
}

/// What an event is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EventSubject {
    /// By its name, as the specification has it.
    Collection(String),
    Return(ReturnId),
    Release(ReleaseId),
    Key(KeyId),
    Person(PersonId),
    Organisation(Organisation),
    SigningKey(SigningKeyId),
    Certificate(CertificateId),
}

/// One line of the history, which is only ever added to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// Grows with every event, through all subjects.
    pub sequence: u64,
    pub at: DateTime<Utc>,
    /// The name of the transaction.
    pub what: String,
    pub subject: EventSubject,
    pub from: Option<String>,
    pub to: Option<String>,
    /// The key that did it; none where the service itself did.
    pub by: Option<KeyId>,
    pub note: Option<String>,
}

/// A receipt as it was given, and as it is given for ever.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedReceipt {
    /// The number of the event of the decision.
    pub sequence: u64,
    pub decision: ReturnState,
    /// The signed envelope: these bytes and no others.
    pub envelope: String,
}

/// That somebody read something: who, what and when, and nothing of what it said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Access {
    pub at: DateTime<Utc>,
    pub by: KeyId,
    /// What was read: `findings`, `changes`, `profile` …
    pub what: String,
    /// `return`, `collection` or `release`.
    pub subject: String,
    pub subject_id: String,
}

/// One file of a release.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReleaseFile {
    /// Its path within the release.
    pub name: String,
    pub digest: Digest,
    pub bytes: u64,
}

/// A release of statistics.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReleaseRecord {
    pub id: ReleaseId,
    pub collection: String,
    /// The series of collections it belongs to: the identifier of the specification.
    pub family: String,
    pub state: ReleaseState,
    pub kind: ReleaseKind,
    /// Its period, as people read it.
    pub label: String,
    /// The published release of the same collection that it takes the place of.
    pub revises: Option<ReleaseId>,
    /// The latest published release of its family when it was built: its changes and its protection start from there, so
    /// it can be published only while that is still the latest.
    pub follows: Option<ReleaseId>,
    /// Why the one before is revised.
    pub reason: Option<String>,
    /// The JSON from which the same bytes can be built again.
    pub manifest: String,
    /// SHA-256 of the manifest.
    pub digest: Digest,
    pub files: Vec<ReleaseFile>,
    /// The version of each indicator's data set once this is published. They were decided when it was built, and stay
    /// right because nothing else can be published in between.
    pub versions: BTreeMap<String, DataVersion>,
    pub built: DateTime<Utc>,
    pub built_by: KeyId,
    pub approved: Option<DateTime<Utc>>,
    pub approved_by: Option<KeyId>,
    /// When the service is to publish it.
    pub publish_at: Option<DateTime<Utc>>,
    pub scheduled_by: Option<KeyId>,
    pub published: Option<DateTime<Utc>>,
    /// None where the service itself published it at its time.
    pub published_by: Option<KeyId>,
    pub discarded: Option<DateTime<Utc>>,
    pub discarded_by: Option<KeyId>,
    pub discard_reason: Option<String>,
}

/// A move of a release along its table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReleaseStep {
    pub id: ReleaseId,
    pub action: ReleaseAction,
    pub at: DateTime<Utc>,
    /// None where the service itself acts.
    pub by: Option<KeyId>,
}

/// What is done to a release, with what it takes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ReleaseAction {
    Approve,
    Schedule { publish_at: DateTime<Utc> },
    Publish,
    Discard { reason: String },
}

impl ReleaseAction {
    pub const fn step(&self) -> ReleaseMove {
        match self {
            Self::Approve => ReleaseMove::Approve,
            Self::Schedule { .. } => ReleaseMove::Schedule,
            Self::Publish => ReleaseMove::Publish,
            Self::Discard { .. } => ReleaseMove::Discard,
        }
    }
}
