//! The use cases, one file each: check, submit, explain, carry over, compare, sign, accept, collections, coverage, reminders,
//! release, data sets, keys, recover, sign in.
//!
//! Here rooms meet: an upload goes through `intake` and `validate` into `store`, accepted returns go through `aggregate`,
//! `disclosure` and `publish` into a release. Every decision about who may do what is made in `authorise`, and only this
//! room makes an accepted return. It never speaks HTTP, never reads configuration, and never looks at a value of a record.
//! `api` and the commands call it.

mod accept;
mod accepted;
mod accounts;
mod admission;
mod aside;
mod attempts;
mod authorise;
mod build_release;
mod carry;
mod changes;
mod check;
mod collections;
mod confirmations;
mod contacts;
mod coverage;
mod data_sets;
mod deadline;
mod edition;
mod error;
mod evidence;
mod examine;
mod explain;
mod finding_names;
mod folder_release;
mod key_secret;
mod keys;
mod metered_archive;
mod observe;
mod other_returns;
mod password;
mod people;
mod profile;
mod read;
mod recover;
mod release;
mod release_moves;
mod release_obstacle;
mod reminders;
mod retention;
mod settle;
mod sign;
mod sign_in;
mod submit;
mod threads;
mod unknown;
mod verify_release;
mod workers;

pub use crate::provider::Returned;
pub use accounts::{AccountKey, OrganisationAccounts};
pub use admission::{Limits, UploadUnderWay};
pub use attempts::Undecided;
pub use authorise::Account;
pub use carry::{Carried, DroppedExplanations, WhyDropped};
pub use changes::Changes;
pub use check::CheckOnly;
pub use collections::{
    ClosedCollection, CollectionException, CollectionRequest, CollectionStatus, collection_status, decide_collection,
};
pub use contacts::{add_contact, list_contacts, remove_contact};
pub use coverage::{AuthorityCoverage, Coverage, RegionCoverage, Standing, coverage_at};
pub use data_sets::{Catalogue, DataSetHistory, DataSetVersion, FieldKind, Publication, VersionSelector};
pub use deadline::Deadline;
pub use edition::NewRelease;
pub use error::{FlowError, Identifying, Remaining};
pub use explain::NewExplanation;
pub use folder_release::{FolderRelease, Progress, ReturnsFolder, Telling, release_from_folder, release_from_manifest};
pub use key_secret::KeySecret;
pub use keys::{KeyKeeper, MadeKey, NewKey};
pub use metered_archive::MeteredArchive;
pub use observe::MeteredTransactions;
pub use password::hash_password;
pub use people::{NewPerson, PeopleKeeper, PersonChanges};
pub use profile::profile_of_path;
pub use read::{FindingFilter, FindingsPage, ListedFinding, ReturnView};
pub use recover::Recovered;
pub use reminders::{ReminderSchedule, Reminders};
pub use retention::{Due, GoneInput, Removed, Retained, RetentionPolicy, VerifiedDeletions};
pub use sign_in::{BegunSession, SignInRules, WhoAmI};
pub use submit::{Submission, Submitted};
pub use verify_release::VerifiedRelease;
pub use workers::AtWork;

use crate::domain::clock::Clock;
use crate::domain::identifier::ReturnId;
use crate::spec::Specification;
use crate::store::{Archive, Ledger};
use crate::telemetry::Metrics;
use crate::validate::Validator;
use admission::Admission;
use chrono::{DateTime, Utc};
use data_sets::DataSets;
use other_returns::OtherReturns;
use password::Passwords;
use reminders::Resting;
use std::collections::BTreeSet;
use std::num::NonZero;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::available_parallelism;
use threads::Threads;
use workers::{Capacity, Workers};

/// What the service is made of.
#[derive(Debug)]
pub struct Parts {
    pub specification: Arc<Specification>,
    pub validator: Arc<Validator>,
    pub ledger: Arc<dyn Ledger>,
    pub archive: Arc<dyn Archive>,
    pub clock: Arc<dyn Clock>,
    /// Under which keys are digested.
    pub key_secret: KeySecret,
    /// How people sign in.
    pub sign_in: SignInRules,
    /// Whether keys and roles that decide wait until a second person confirms them.
    pub confirmed_by_another: bool,
    pub metrics: Metrics,
    /// The folder for uploads that are being read. It holds nothing that must outlive the process.
    pub spool: PathBuf,
    /// Uploads read or checked at the same time.
    pub workers: usize,
    /// Uploads that may wait for a worker.
    pub queue: usize,
    pub limits: Limits,
    /// When people are reminded, and how.
    pub reminders: Reminders,
}

/// The service: every use case is a method. Cloning it is cheap; the clones are one service.
#[derive(Debug, Clone)]
pub struct Service(Arc<Inside>);

#[derive(Debug)]
struct Inside {
    parts: Parts,
    pool: Workers,
    admission: Admission,
    passwords: Passwords,
    other_returns: OtherReturns,
    resting: Resting,
    data_sets: DataSets,
    /// For work of the department and of authorities, and for what anybody may ask: neither waits for the other.
    own: Threads,
    public: Threads,
    /// The received returns that a task of this process is deciding.
    in_hand: Mutex<BTreeSet<ReturnId>>,
}

impl Service {
    /// Puts the service together. Call [`Service::recover`] before the first upload.
    pub fn new(parts: Parts) -> Self {
        let capacity = Capacity {
            workers: parts.workers,
            queue: parts.queue,
            memory_bytes: parts.limits.memory_bytes,
            held_bytes: parts.specification.limits.held_bytes,
        };
        let pool = Workers::new(capacity, &parts.metrics);
        // A rule that does not run is told of; the first time must be seen as a rise.
        for code in parts.specification.rules.keys() {
            parts.metrics.not_checked_total.with_label_values(&[code.as_str(), "rule", "yes"]);
        }
        let in_hand = Mutex::new(BTreeSet::new());
        let processors = available_parallelism().map_or(1, NonZero::get);
        Self(Arc::new(Inside {
            parts,
            pool,
            admission: Admission::default(),
            passwords: Passwords::default(),
            other_returns: OtherReturns::default(),
            resting: Resting::default(),
            data_sets: DataSets::default(),
            own: Threads::new("homeward-own", processors),
            public: Threads::new("homeward-public", processors),
            in_hand,
        }))
    }

    pub fn specification(&self) -> &Arc<Specification> {
        &self.0.parts.specification
    }

    pub fn validator(&self) -> &Arc<Validator> {
        &self.0.parts.validator
    }

    /// Where `intake::spool` is to write the bodies of uploads.
    pub fn spool(&self) -> &Path {
        &self.0.parts.spool
    }

    pub fn metrics(&self) -> &Metrics {
        &self.0.parts.metrics
    }

    pub fn now(&self) -> DateTime<Utc> {
        self.0.parts.clock.now()
    }

    /// What keys are kept with, for commands and for signing in: whoever asks has been let in by other means.
    pub fn key_keeper(&self) -> KeyKeeper<'_> {
        let parts = &self.0.parts;
        KeyKeeper {
            ledger: self.ledger(),
            register: &parts.specification.register,
            clock: parts.clock.as_ref(),
            secret: &parts.key_secret,
        }
    }

    /// Uploads that wait for a worker.
    pub fn waiting(&self) -> usize {
        self.0.pool.waiting()
    }

    /// How the workers are.
    pub fn workers_at_work(&self) -> AtWork {
        self.pool().at_work(self.0.parts.workers.max(1), self.limits().wedged)
    }

    /// Whether the ledger and the archive answer, and a worker is left that could.
    pub async fn ready(&self) -> Result<(), FlowError> {
        let at_work = self.workers_at_work();
        if at_work.wedged >= at_work.workers {
            return Err(FlowError::internal("ask whether a worker is left", "every worker is wedged"));
        }
        self.store_answers().await
    }

    /// Whether the ledger and the archive answer.
    async fn store_answers(&self) -> Result<(), FlowError> {
        let failed = FlowError::store("ask whether the store is ready");
        self.ledger().ready().await.map_err(&failed)?;
        self.archive().ready().await.map_err(&failed)
    }

    fn ledger(&self) -> &dyn Ledger {
        self.0.parts.ledger.as_ref()
    }

    fn archive(&self) -> &dyn Archive {
        self.0.parts.archive.as_ref()
    }

    fn limits(&self) -> &Limits {
        &self.0.parts.limits
    }

    fn admission(&self) -> &Admission {
        &self.0.admission
    }

    fn key_secret(&self) -> &KeySecret {
        &self.0.parts.key_secret
    }

    fn sign_in_rules(&self) -> &SignInRules {
        &self.0.parts.sign_in
    }

    fn passwords(&self) -> &Passwords {
        &self.0.passwords
    }

    fn pool(&self) -> &Workers {
        &self.0.pool
    }

    fn other_returns(&self) -> &OtherReturns {
        &self.0.other_returns
    }

    fn data_sets(&self) -> &DataSets {
        &self.0.data_sets
    }

    fn in_hand(&self) -> MutexGuard<'_, BTreeSet<ReturnId>> {
        // The set is whole whatever a thread that held it did, so a poisoned lock is still good.
        self.0.in_hand.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes a return in hand, unless another task of this process has it.
    fn take_in_hand(&self, id: ReturnId) -> Option<InHand> {
        self.in_hand().insert(id).then(|| InHand { service: self.clone(), id })
    }
}

/// A return that this task decides; it is given up when this is dropped.
#[derive(Debug)]
struct InHand {
    service: Service,
    id: ReturnId,
}

impl Drop for InHand {
    fn drop(&mut self) {
        self.service.in_hand().remove(&self.id);
    }
}

#[cfg(test)]
mod tests;
