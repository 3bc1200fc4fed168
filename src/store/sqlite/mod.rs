//! The embedded ledger: one SQLite file in WAL mode, flushed at every commit, written by one connection and read by some.

mod accesses;
mod arrivals;
mod attempts;
mod audit;
mod checkpoints;
mod closing;
mod collecting;
mod confirmations;
mod deletions;
mod explanations;
mod history;
mod keys;
mod moves;
mod people;
mod receipts;
mod reception;
mod releases;
mod reminders;
mod returns;
mod rows;
mod schema;
mod transaction;
mod unknown;

pub use audit::{Anchor, Audit, AuditFault, audit, export, keys_of};

use super::account_records::{
    KeyFilter, KeyRecord, KnownAs, OrganisationRecord, PersonRecord, PersonStep, SecretDigest,
};
use super::archive::ObjectName;
use super::collecting::{CollectionDecision, Contact, NewDecision, NewReminder, Reminder, ReminderEnd};
use super::deletion::{ClosedAccounts, Deletion, Doomed, SignedCertificate};
use super::error::StoreError;
use super::ledger::Ledger;
use super::observer::TransactionObserver;
use super::records::{
    Access, AttemptStep, Attempts, CarriedOver, Event, EventSubject, Explanation, ExplanationFilter,
    ExplanationOfReturn, Move, Moved, NewReturn, Page, Receipt, Reception, ReleaseRecord, ReleaseStep, ReturnFilter,
    ReturnRecord, SignedReceipt, Verdict, VersionId, VersionTimes,
};
use super::unknown::UnknownObject;
use crate::domain::account::Actor;
use crate::domain::digest::Digest;
use crate::domain::evidence::{DeletionCause, KeySet, Signer};
use crate::domain::identifier::{CertificateId, KeyId, PersonId, ReleaseId, ReturnId};
use crate::domain::organisation::Organisation;
use crate::domain::reminder::Channel;
use crate::domain::state::ReturnState;
use async_trait::async_trait;
use chrono::{DateTime, NaiveDate, Utc};
use sqlx::SqlitePool;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use transaction::Work;

pub(super) use schema::latest as latest_schema;

/// How long a connection waits for another process that holds the file, such as a backup.
const BUSY: Duration = Duration::from_secs(10);
const READERS: u32 = 4;

/// The ledger in one SQLite file.
#[derive(Debug, Clone)]
pub struct SqliteLedger {
    /// One connection only: SQLite has one writer at a time, and waiting here is fair and cannot end in "busy".
    writer: SqlitePool,
    readers: SqlitePool,
    observer: Arc<dyn TransactionObserver>,
    /// Signs receipts; none where a command opened the ledger that decides nothing.
    signer: Option<Arc<Signer>>,
}

impl SqliteLedger {
    /// Opens the file, makes it when it is not there, and brings it to this program's schema.
    /// A file of a later schema is refused and left as it is.
    pub async fn open(file: &Path, observer: Arc<dyn TransactionObserver>) -> Result<Self, StoreError> {
        let options = SqliteConnectOptions::new()
            .filename(file)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            // What is deleted is overwritten, so that nothing of it stays in free pages of the file.
            .pragma("secure_delete", "ON")
            .busy_timeout(BUSY);
        let writer = SqlitePoolOptions::new().max_connections(1).connect_with(options.clone()).await?;
        schema::bring_up_to_date(&writer).await?;
        let readers = SqlitePoolOptions::new().max_connections(READERS).connect_with(options.read_only(true)).await?;
        Ok(Self { writer, readers, observer, signer: None })
    }

    /// The same ledger, with the key that signs its receipts.
    #[must_use]
    pub fn signing_with(self, signer: Signer) -> Self {
        Self { signer: Some(Arc::new(signer)), ..self }
    }

    /// Waits for running work and closes the file.
    pub async fn close(&self) {
        self.readers.close().await;
        self.writer.close().await;
    }

    /// No transaction, because it changes nothing that the ledger says.
    async fn fold_log(&self) -> Result<bool, StoreError> {
        deletions::scrub(&self.writer).await
    }

    async fn begin(&self, name: &'static str) -> Result<Work, StoreError> {
        Work::begin(&self.writer, &self.observer, self.signer.as_ref(), name).await
    }
}

#[async_trait]
impl Ledger for SqliteLedger {
    async fn add_key(&self, key: &KeyRecord) -> Result<(), StoreError> {
        keys::add(self.begin("add key").await?, key).await
    }

    async fn key(&self, id: KeyId) -> Result<Option<KeyRecord>, StoreError> {
        keys::by_id(&self.readers, id).await
    }

    async fn key_by_secret(&self, secret: &SecretDigest) -> Result<Option<KeyRecord>, StoreError> {
        keys::by_secret(&self.readers, secret).await
    }

    async fn keys(&self, filter: &KeyFilter) -> Result<Vec<KeyRecord>, StoreError> {
        keys::list(&self.readers, filter).await
    }

    async fn upgrade_key_secret(&self, id: KeyId, secret: &SecretDigest, at: DateTime<Utc>) -> Result<(), StoreError> {
        keys::upgrade(self.begin("upgrade key").await?, id, secret, at).await
    }

    async fn rotate_key(&self, old: KeyId, new: &KeyRecord, overlap_ends: DateTime<Utc>) -> Result<(), StoreError> {
        keys::rotate(self.begin("rotate key").await?, old, new, overlap_ends).await
    }

    async fn revoke_key(&self, id: KeyId, at: DateTime<Utc>, by: Option<KeyId>) -> Result<(), StoreError> {
        keys::revoke(self.begin("revoke key").await?, id, at, by).await
    }

    async fn confirm_key(&self, id: KeyId, at: DateTime<Utc>, by: Option<KeyId>) -> Result<KeyRecord, StoreError> {
        confirmations::confirm(self.begin("confirm key").await?, id, at, by).await
    }

    async fn refuse_key(&self, id: KeyId, at: DateTime<Utc>, by: Option<KeyId>) -> Result<KeyRecord, StoreError> {
        confirmations::refuse(self.begin("refuse key").await?, id, at, by).await
    }

    async fn actor(&self, id: KeyId) -> Result<Option<Actor>, StoreError> {
        let mut connection = self.readers.acquire().await?;
        confirmations::actor_on(&mut connection, id).await
    }

    async fn note_key_use(&self, id: KeyId, at: DateTime<Utc>) -> Result<(), StoreError> {
        keys::note_use(self.begin("note key use").await?, id, at).await
    }

    async fn organisations(&self) -> Result<Vec<OrganisationRecord>, StoreError> {
        people::organisations(&self.readers).await
    }

    async fn add_person(&self, person: &PersonRecord) -> Result<(), StoreError> {
        people::add(self.begin("add person").await?, person).await
    }

    async fn person(&self, id: PersonId) -> Result<Option<PersonRecord>, StoreError> {
        people::by_id(&self.readers, id).await
    }

    async fn person_known_as(&self, known: &KnownAs) -> Result<Option<PersonRecord>, StoreError> {
        people::known_as(&self.readers, known).await
    }

    async fn people(&self, organisation: Option<&Organisation>) -> Result<Vec<PersonRecord>, StoreError> {
        people::list(&self.readers, organisation).await
    }

    async fn change_person(&self, step: &PersonStep) -> Result<PersonRecord, StoreError> {
        people::change(self.begin(step.action.name()).await?, step).await
    }

    async fn close_accounts(
        &self,
        organisation: &Organisation,
        at: DateTime<Utc>,
        by: Option<KeyId>,
    ) -> Result<ClosedAccounts, StoreError> {
        closing::close(self.begin("close accounts").await?, organisation, at, by).await
    }

    async fn announce(&self, id: ReturnId, at: DateTime<Utc>) -> Result<(), StoreError> {
        arrivals::announce(self.begin("announce upload").await?, id, at).await
    }

    async fn announced(&self) -> Result<BTreeSet<ReturnId>, StoreError> {
        arrivals::all(&self.readers).await
    }

    async fn forget_announced(&self, id: ReturnId) -> Result<(), StoreError> {
        arrivals::forget(self.begin("forget announced upload").await?, id).await
    }

    async fn receive(&self, new: &NewReturn) -> Result<Reception, StoreError> {
        reception::receive(self.begin("receive upload").await?, new).await
    }

    async fn decide_checked(
        &self,
        id: ReturnId,
        verdict: &Verdict,
        carried: &CarriedOver,
    ) -> Result<ReturnRecord, StoreError> {
        reception::decide_checked(self.begin("keep checked return").await?, id, verdict, carried).await
    }

    async fn decide_rejected(&self, id: ReturnId, codes: &[String]) -> Result<(), StoreError> {
        reception::decide_rejected(self.begin("write receipt").await?, id, codes).await
    }

    async fn close_rejected(&self, id: ReturnId, at: DateTime<Utc>) -> Result<ReturnRecord, StoreError> {
        reception::close_rejected(self.begin("reject upload").await?, id, at).await
    }

    async fn attempt(&self, id: ReturnId, step: &AttemptStep, at: DateTime<Utc>) -> Result<(), StoreError> {
        attempts::step(self.begin(attempts::name(step)).await?, id, step, at).await
    }

    async fn attempts(&self) -> Result<BTreeMap<ReturnId, Attempts>, StoreError> {
        attempts::all(&self.readers).await
    }

    async fn advance(&self, step: &Move) -> Result<Moved, StoreError> {
        moves::advance(self.begin(moves::name(step.by_move)).await?, step).await
    }

    async fn return_of(&self, authority: &str, id: ReturnId) -> Result<Option<ReturnRecord>, StoreError> {
        returns::of(&self.readers, authority, id).await
    }

    async fn return_by_id(&self, id: ReturnId) -> Result<Option<ReturnRecord>, StoreError> {
        returns::by_id(&self.readers, id).await
    }

    async fn returns(&self, filter: &ReturnFilter, page: Page) -> Result<Vec<ReturnRecord>, StoreError> {
        returns::list(&self.readers, filter, page).await
    }

    async fn version_times(&self, filter: &ReturnFilter) -> Result<Vec<VersionTimes>, StoreError> {
        returns::times(&self.readers, filter).await
    }

    async fn last_version(&self, authority: &str, collection: &str) -> Result<Option<VersionId>, StoreError> {
        returns::last_version(&self.readers, authority, collection).await
    }

    async fn return_states(&self) -> Result<BTreeMap<ReturnId, ReturnState>, StoreError> {
        returns::states(&self.readers).await
    }

    async fn counts_by_state(&self) -> Result<BTreeMap<ReturnState, u64>, StoreError> {
        returns::counts_by_state(&self.readers).await
    }

    async fn longest_in_states(&self) -> Result<BTreeMap<ReturnState, DateTime<Utc>>, StoreError> {
        returns::longest_in_states(&self.readers).await
    }

    async fn receipts(&self, authority: Option<&str>, page: Page) -> Result<Vec<Receipt>, StoreError> {
        returns::receipts(&self.readers, authority, page).await
    }

    async fn receipt(&self, id: ReturnId) -> Result<Option<Receipt>, StoreError> {
        returns::receipt(&self.readers, id).await
    }

    async fn explain(&self, id: ReturnId, explanations: &[Explanation]) -> Result<(), StoreError> {
        explanations::add(self.begin("explain findings").await?, id, explanations).await
    }

    async fn name_findings(
        &self,
        name: &(dyn for<'d> Fn(&'d Digest) -> Digest + Send + Sync),
    ) -> Result<u64, StoreError> {
        explanations::name_findings(self.begin("name explained findings").await?, name).await
    }

    async fn explanations(&self, id: ReturnId) -> Result<Vec<Explanation>, StoreError> {
        explanations::in_force(&self.readers, id).await
    }

    async fn explanations_across(
        &self,
        filter: &ExplanationFilter,
        page: Page,
    ) -> Result<Vec<ExplanationOfReturn>, StoreError> {
        explanations::across(&self.readers, filter, page).await
    }

    async fn events(&self, subject: EventSubject) -> Result<Vec<Event>, StoreError> {
        history::of(&self.readers, subject).await
    }

    async fn enter_signing_key(&self, at: DateTime<Utc>) -> Result<(), StoreError> {
        receipts::enter_key(self.begin("enter signing key").await?, at).await
    }

    async fn signing_keys(&self) -> Result<KeySet, StoreError> {
        receipts::keys(&self.readers).await
    }

    async fn signed_receipts(&self, id: ReturnId) -> Result<Vec<SignedReceipt>, StoreError> {
        receipts::of_return(&self.readers, id).await
    }

    async fn write_checkpoint(&self, at: DateTime<Utc>) -> Result<Option<String>, StoreError> {
        checkpoints::write(self.begin("write checkpoint").await?, at).await
    }

    async fn note_access(&self, access: &Access) -> Result<(), StoreError> {
        accesses::note(self.begin("note access").await?, access).await
    }

    async fn accesses(&self, subject_id: Option<&str>, page: Page) -> Result<Vec<Access>, StoreError> {
        accesses::list(&self.readers, subject_id, page).await
    }

    async fn forget_accesses(&self, before: DateTime<Utc>) -> Result<u64, StoreError> {
        accesses::forget(self.begin("forget accesses").await?, before).await
    }

    async fn plan_deletions(
        &self,
        certificate: CertificateId,
        cause: &DeletionCause,
        objects: &[Doomed],
        seen: Option<ReturnState>,
        at: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        deletions::plan(self.begin("plan deletions").await?, certificate, cause, objects, seen, at).await
    }

    async fn confirm_deletions(&self, deletions: &[Deletion], at: DateTime<Utc>) -> Result<(), StoreError> {
        deletions::confirm(self.begin("confirm deletions").await?, deletions, at).await
    }

    async fn certify_deletions(&self, at: DateTime<Utc>) -> Result<Vec<SignedCertificate>, StoreError> {
        deletions::certify(self.begin("certify deletions").await?, at).await
    }

    async fn deletions(&self, id: Option<ReturnId>) -> Result<Vec<Deletion>, StoreError> {
        deletions::list(&self.readers, id).await
    }

    async fn removals(&self) -> Result<BTreeMap<ReturnId, Deletion>, StoreError> {
        deletions::removals(&self.readers).await
    }

    async fn certificates(&self) -> Result<Vec<SignedCertificate>, StoreError> {
        deletions::certificates(&self.readers).await
    }

    async fn note_unknown(
        &self,
        names: &BTreeSet<ObjectName>,
        day: NaiveDate,
        at: DateTime<Utc>,
    ) -> Result<Vec<ObjectName>, StoreError> {
        unknown::note(self.begin("note unknown objects").await?, names, day, at).await
    }

    async fn unknown_objects(&self) -> Result<Vec<UnknownObject>, StoreError> {
        unknown::list(&self.readers).await
    }

    async fn give_up_unknown(&self, name: &ObjectName, why: &str, at: DateTime<Utc>) -> Result<bool, StoreError> {
        unknown::give_up(self.begin("delete unknown object").await?, name, why, at).await
    }

    async fn forget_keys(&self, before: DateTime<Utc>) -> Result<u64, StoreError> {
        deletions::forget_keys(self.begin("forget ended keys").await?, before).await
    }

    async fn scrub(&self) -> Result<bool, StoreError> {
        self.fold_log().await
    }

    async fn add_release(&self, release: &ReleaseRecord) -> Result<(), StoreError> {
        releases::add(self.begin("build release").await?, release).await
    }

    async fn advance_release(&self, step: &ReleaseStep) -> Result<ReleaseRecord, StoreError> {
        releases::advance(self.begin(releases::name(step.action.step())).await?, step).await
    }

    async fn release(&self, id: ReleaseId) -> Result<Option<ReleaseRecord>, StoreError> {
        releases::by_id(&self.readers, id).await
    }

    async fn releases(&self) -> Result<Vec<ReleaseRecord>, StoreError> {
        releases::all(&self.readers).await
    }

    async fn decide_collection(&self, new: &NewDecision) -> Result<CollectionDecision, StoreError> {
        collecting::decide(self.begin(collecting::name(new.decided.step)).await?, new).await
    }

    async fn collection_decisions(&self, collection: Option<&str>) -> Result<Vec<CollectionDecision>, StoreError> {
        collecting::all(&self.readers, collection).await
    }

    async fn add_contact(&self, contact: &Contact, at: DateTime<Utc>) -> Result<(), StoreError> {
        reminders::add_contact(self.begin("add contact").await?, contact, at).await
    }

    async fn remove_contact(&self, contact: &Contact, at: DateTime<Utc>) -> Result<bool, StoreError> {
        reminders::remove_contact(self.begin("remove contact").await?, contact, at).await
    }

    async fn contacts(&self) -> Result<Vec<Contact>, StoreError> {
        reminders::contacts(&self.readers).await
    }

    async fn reminder_addresses(&self) -> Result<Vec<Contact>, StoreError> {
        reminders::addresses(&self.readers).await
    }

    async fn plan_reminders(&self, reminders: &[NewReminder], at: DateTime<Utc>) -> Result<u64, StoreError> {
        reminders::plan(self.begin("plan reminders").await?, reminders, at).await
    }

    async fn reminders_due(&self, channel: Channel, at: DateTime<Utc>, most: u64) -> Result<Vec<Reminder>, StoreError> {
        reminders::due(&self.readers, channel, at, most).await
    }

    async fn attempt_reminder(&self, reminder: &Reminder, next: DateTime<Utc>) -> Result<bool, StoreError> {
        reminders::attempt(self.begin("attempt reminder").await?, reminder, next).await
    }

    async fn end_reminder(&self, reminder: &Reminder, end: ReminderEnd, at: DateTime<Utc>) -> Result<(), StoreError> {
        reminders::end(self.begin("end reminder").await?, reminder, end, at).await
    }

    async fn reminders_waiting(&self) -> Result<BTreeMap<Channel, u64>, StoreError> {
        reminders::waiting(&self.readers).await
    }

    async fn ready(&self) -> Result<(), StoreError> {
        sqlx::query("SELECT 1").execute(&self.readers).await?;
        Ok(())
    }
}

#[cfg(test)]
mod tests;
