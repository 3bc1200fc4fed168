//! The ledger's seam. Every method is one named transaction: it happened wholly or not at all, and it is durable when it
//! returns.

use super::account_records::{
    KeyFilter, KeyRecord, KnownAs, OrganisationRecord, PersonRecord, PersonStep, SecretDigest,
};
use super::archive::ObjectName;
use super::collecting::{CollectionDecision, Contact, NewDecision, NewReminder, Reminder, ReminderEnd};
use super::deletion::{ClosedAccounts, Deletion, Doomed, SignedCertificate};
use super::error::StoreError;
use super::records::{
    Access, AttemptStep, Attempts, CarriedOver, Event, EventSubject, Explanation, ExplanationFilter,
    ExplanationOfReturn, Move, Moved, NewReturn, Page, Receipt, Reception, ReleaseRecord, ReleaseStep, ReturnFilter,
    ReturnRecord, SignedReceipt, Verdict, VersionId, VersionTimes,
};
use super::unknown::UnknownObject;
use crate::domain::account::Actor;
use crate::domain::digest::Digest;
use crate::domain::evidence::{DeletionCause, KeySet};
use crate::domain::identifier::{CertificateId, KeyId, PersonId, ReleaseId, ReturnId};
use crate::domain::organisation::Organisation;
use crate::domain::reminder::Channel;
use crate::domain::state::ReturnState;
use async_trait::async_trait;
use chrono::{DateTime, NaiveDate, Utc};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Debug;

/// Says who sent what, what was decided and when. It never holds anything that a return says.
#[async_trait]
pub trait Ledger: Debug + Send + Sync {
    /// Enters a new key, and its organisation where that is new.
    async fn add_key(&self, key: &KeyRecord) -> Result<(), StoreError>;

    async fn key(&self, id: KeyId) -> Result<Option<KeyRecord>, StoreError>;

    /// The key whose secret has this digest, also when it is revoked or has expired.
    async fn key_by_secret(&self, secret: &SecretDigest) -> Result<Option<KeyRecord>, StoreError>;

    /// Keys, oldest first.
    async fn keys(&self, filter: &KeyFilter) -> Result<Vec<KeyRecord>, StoreError>;

    /// Keeps a key's secret in another form. The key stays the same.
    async fn upgrade_key_secret(&self, id: KeyId, secret: &SecretDigest, at: DateTime<Utc>) -> Result<(), StoreError>;

    /// Enters a key that takes the place of another, which ends when the overlap does. Where the new one waits for another
    /// person, it takes the place and the overlap begins when it is confirmed.
    /// [`StoreError::KeyEnded`] when that one was revoked, has expired or was replaced before.
    async fn rotate_key(&self, old: KeyId, new: &KeyRecord, overlap_ends: DateTime<Utc>) -> Result<(), StoreError>;

    /// Ends a key at once. A key that was revoked before keeps its first time.
    async fn revoke_key(&self, id: KeyId, at: DateTime<Utc>, by: Option<KeyId>) -> Result<(), StoreError>;

    /// Stands by a key that waits, which can be used from now on; the key that it replaces ends when its overlap does.
    /// [`StoreError::NothingWaits`] when it does not wait; [`StoreError::ConfirmedByMaker`] when whoever made it or is to have
    /// it would confirm it; [`StoreError::KeyEnded`] when the key that it was to replace was revoked or replaced meanwhile.
    async fn confirm_key(&self, id: KeyId, at: DateTime<Utc>, by: Option<KeyId>) -> Result<KeyRecord, StoreError>;

    /// Ends a key that waits. [`StoreError::NothingWaits`] when it does not.
    async fn refuse_key(&self, id: KeyId, at: DateTime<Utc>, by: Option<KeyId>) -> Result<KeyRecord, StoreError>;

    /// Who acts with a key. A key that took the place of another is that other, however often.
    async fn actor(&self, id: KeyId) -> Result<Option<Actor>, StoreError>;

    /// Remembers that a key was used.
    async fn note_key_use(&self, id: KeyId, at: DateTime<Utc>) -> Result<(), StoreError>;

    /// The organisations that have keys or people, by their identifiers.
    async fn organisations(&self) -> Result<Vec<OrganisationRecord>, StoreError>;

    /// Enters a person, and their organisation where that is new. [`StoreError::Taken`] when another has the same address,
    /// user name or subject.
    async fn add_person(&self, person: &PersonRecord) -> Result<(), StoreError>;

    async fn person(&self, id: PersonId) -> Result<Option<PersonRecord>, StoreError>;

    /// The person of a provider's subject, a user name or an address; also when they are disabled.
    async fn person_known_as(&self, known: &KnownAs) -> Result<Option<PersonRecord>, StoreError>;

    /// People, oldest first; of one organisation or of all.
    async fn people(&self, organisation: Option<&Organisation>) -> Result<Vec<PersonRecord>, StoreError>;

    /// Changes a person, ends what no longer holds, and answers with what the person is now. Where something of it waits for
    /// another person, [`StoreError::NothingWaits`] and [`StoreError::ConfirmedByMaker`] as for a key.
    async fn change_person(&self, step: &PersonStep) -> Result<PersonRecord, StoreError>;

    /// Ends every key and session of an organisation, disables its people and removes its addresses for reminders, all at
    /// once, and says how many there were.
    async fn close_accounts(
        &self,
        organisation: &Organisation,
        at: DateTime<Utc>,
        by: Option<KeyId>,
    ) -> Result<ClosedAccounts, StoreError>;

    /// Writes down that the bytes of an upload go into the archive now, before they do: until it is received nobody was told of
    /// it, and what an interruption leaves of it need not be kept.
    async fn announce(&self, id: ReturnId, at: DateTime<Utc>) -> Result<(), StoreError>;

    /// The uploads that were announced, neither received nor forgotten.
    async fn announced(&self) -> Result<BTreeSet<ReturnId>, StoreError>;

    /// Forgets an upload that will not be received, once nothing of it is in the archive.
    async fn forget_announced(&self, id: ReturnId) -> Result<(), StoreError>;

    /// Enters an upload as received, unless it was sent before.
    ///
    /// With an idempotency key, the same authority's earlier upload with that key is the answer; if that had other bytes,
    /// the answer is [`StoreError::IdempotencyKeyReused`]. Where there is none, a version of the same bytes under the same
    /// specification that is received, checked, signed or accepted is the answer, unless its content was deleted.
    async fn receive(&self, new: &NewReturn) -> Result<Reception, StoreError>;

    /// Moves a received upload to checked, gives it its collection and version, and enters the explanations that hold for
    /// it too, all at once.
    async fn decide_checked(
        &self,
        id: ReturnId,
        verdict: &Verdict,
        carried: &CarriedOver,
    ) -> Result<ReturnRecord, StoreError>;

    /// Writes the receipt of an upload that will be rejected, while its content still exists. What happens after is
    /// decided: should the process die now, the next start ends the upload as rejected.
    async fn decide_rejected(&self, id: ReturnId, codes: &[String]) -> Result<(), StoreError>;

    /// Moves a received upload whose receipt is written to rejected; its content must be gone by now.
    async fn close_rejected(&self, id: ReturnId, at: DateTime<Utc>) -> Result<ReturnRecord, StoreError>;

    /// Writes down what is done about an upload that is still received although it was tried to decide it.
    /// [`StoreError::Moved`] when it is received no more.
    async fn attempt(&self, id: ReturnId, step: &AttemptStep, at: DateTime<Utc>) -> Result<(), StoreError>;

    /// The received uploads that were tried again, and how often.
    async fn attempts(&self) -> Result<BTreeMap<ReturnId, Attempts>, StoreError>;

    /// Moves a checked or signed return on. Acceptance supersedes the version in force in the same transaction.
    /// [`StoreError::Moved`] when the return is not in the state it is to move from; [`StoreError::CollectionClosed`] when it
    /// is to be signed and its collection no longer takes that; [`StoreError::ContentDeleted`] when it is to be signed or
    /// accepted and its content is deleted, or written to be.
    async fn advance(&self, step: &Move) -> Result<Moved, StoreError>;

    async fn return_by_id(&self, id: ReturnId) -> Result<Option<ReturnRecord>, StoreError>;

    /// The return, where it is this authority's. Another's is not read at all, so that not even the time tells of it.
    async fn return_of(&self, authority: &str, id: ReturnId) -> Result<Option<ReturnRecord>, StoreError>;

    /// Returns in the order in which they were received.
    async fn returns(&self, filter: &ReturnFilter, page: Page) -> Result<Vec<ReturnRecord>, StoreError>;

    /// The same returns in the same order, with their times only: for what reads many of them.
    async fn version_times(&self, filter: &ReturnFilter) -> Result<Vec<VersionTimes>, StoreError>;

    /// The last version of an authority's return to a collection, whatever became of it.
    async fn last_version(&self, authority: &str, collection: &str) -> Result<Option<VersionId>, StoreError>;

    /// The state of every return, without anything else of it.
    async fn return_states(&self) -> Result<BTreeMap<ReturnId, ReturnState>, StoreError>;

    /// How many returns are in each state; states that none is in may be absent.
    async fn counts_by_state(&self) -> Result<BTreeMap<ReturnState, u64>, StoreError>;

    /// Since when the return that is longest in each state has been in it; states that none is in are absent.
    async fn longest_in_states(&self) -> Result<BTreeMap<ReturnState, DateTime<Utc>>, StoreError>;

    /// Receipts in the order in which the uploads were received; of one authority or of all.
    async fn receipts(&self, authority: Option<&str>, page: Page) -> Result<Vec<Receipt>, StoreError>;

    /// The receipt of one rejected upload.
    async fn receipt(&self, id: ReturnId) -> Result<Option<Receipt>, StoreError>;

    /// Adds explanations to a return that is checked. A later explanation of the same thing takes the place of the
    /// earlier, which stays in the history.
    async fn explain(&self, id: ReturnId, explanations: &[Explanation]) -> Result<(), StoreError>;

    /// Gives what was explained by an earlier program, under a digest that anybody can make, the name that is made of that
    /// digest; says of how many explanations. What was named before stays.
    async fn name_findings(
        &self,
        name: &(dyn for<'d> Fn(&'d Digest) -> Digest + Send + Sync),
    ) -> Result<u64, StoreError>;

    /// The explanations in force, by rule and then by what they are about.
    async fn explanations(&self, id: ReturnId) -> Result<Vec<Explanation>, StoreError>;

    /// The explanations in force of the versions of a collection that are checked, signed or accepted: by authority,
    /// version, rule, and what they are about.
    async fn explanations_across(
        &self,
        filter: &ExplanationFilter,
        page: Page,
    ) -> Result<Vec<ExplanationOfReturn>, StoreError>;

    /// The history of one thing, oldest first.
    async fn events(&self, subject: EventSubject) -> Result<Vec<Event>, StoreError>;

    /// Publishes the key that this ledger signs receipts with, for ever; a key that is known is left as it is.
    async fn enter_signing_key(&self, at: DateTime<Utc>) -> Result<(), StoreError>;

    /// Every key that ever signed a receipt here, oldest first.
    async fn signing_keys(&self) -> Result<KeySet, StoreError>;

    /// The signed receipts of a return, one for each decision, oldest first. Each was written with its decision.
    async fn signed_receipts(&self, id: ReturnId) -> Result<Vec<SignedReceipt>, StoreError>;

    /// Writes a signed checkpoint of the history; none where nothing happened since the last.
    async fn write_checkpoint(&self, at: DateTime<Utc>) -> Result<Option<String>, StoreError>;

    /// Writes down that somebody read something.
    async fn note_access(&self, access: &Access) -> Result<(), StoreError>;

    /// Who read what, in order: one thing, by its identifier, or everything.
    async fn accesses(&self, subject_id: Option<&str>, page: Page) -> Result<Vec<Access>, StoreError>;

    /// Removes what was written down of reading before a time, and says how many lines.
    async fn forget_accesses(&self, before: DateTime<Utc>) -> Result<u64, StoreError>;

    /// Writes that things will be deleted, an event for each, before any of them is. What is written already is left out.
    /// Where the state is given in which their returns were found due, they must still be in it: [`StoreError::Moved`].
    async fn plan_deletions(
        &self,
        certificate: CertificateId,
        cause: &DeletionCause,
        objects: &[Doomed],
        seen: Option<ReturnState>,
        at: DateTime<Utc>,
    ) -> Result<(), StoreError>;

    /// Confirms deletions, an event for each. What the ledger itself held of them goes in the same transaction.
    async fn confirm_deletions(&self, deletions: &[Deletion], at: DateTime<Utc>) -> Result<(), StoreError>;

    /// Signs every certificate whose deletions are all confirmed, and gives those that were signed now.
    async fn certify_deletions(&self, at: DateTime<Utc>) -> Result<Vec<SignedCertificate>, StoreError>;

    /// Deletions in their order: of one return, or all; also those that are not confirmed.
    async fn deletions(&self, id: Option<ReturnId>) -> Result<Vec<Deletion>, StoreError>;

    /// The returns whose content was removed on request, or is written to be, each with the deletion that takes it.
    async fn removals(&self) -> Result<BTreeMap<ReturnId, Deletion>, StoreError>;

    /// Every certificate of deletion, oldest first.
    async fn certificates(&self) -> Result<Vec<SignedCertificate>, StoreError>;

    /// Notes the objects of which the ledger does not speak, counts the day for those that it has noted before, and forgets
    /// what is not among them. Gives those that are new.
    async fn note_unknown(
        &self,
        names: &BTreeSet<ObjectName>,
        day: NaiveDate,
        at: DateTime<Utc>,
    ) -> Result<Vec<ObjectName>, StoreError>;

    /// The objects that are noted so, by name.
    async fn unknown_objects(&self) -> Result<Vec<UnknownObject>, StoreError>;

    /// Writes into the history that an object is deleted of which the ledger does not speak, before it is. False where it is
    /// not noted, or the ledger speaks of it by now: then it is not to be deleted.
    async fn give_up_unknown(&self, name: &ObjectName, why: &str, at: DateTime<Utc>) -> Result<bool, StoreError>;

    /// Removes keys that ended before a time and of which nothing speaks, and says how many.
    async fn forget_keys(&self, before: DateTime<Utc>) -> Result<u64, StoreError>;

    /// Makes sure that nothing that was deleted stands in the ledger's files any more. False where a reader is in the way:
    /// ask again.
    async fn scrub(&self) -> Result<bool, StoreError>;

    /// Enters a release whose files are in the archive, as a draft.
    async fn add_release(&self, release: &ReleaseRecord) -> Result<(), StoreError>;

    /// Moves a release along its table, and answers with what it is now.
    ///
    /// [`StoreError::ReleaseMoved`] when its state does not allow the move; [`StoreError::ApprovedByBuilder`];
    /// [`StoreError::ReleaseOvertaken`] when another of its family was published since it was built, whatever the move but
    /// to discard it; [`StoreError::AnotherScheduled`] when it is to be scheduled or published while another of its family
    /// waits for its time. From its publication on nothing about it changes.
    async fn advance_release(&self, step: &ReleaseStep) -> Result<ReleaseRecord, StoreError>;

    async fn release(&self, id: ReleaseId) -> Result<Option<ReleaseRecord>, StoreError>;

    /// Releases, oldest first.
    async fn releases(&self) -> Result<Vec<ReleaseRecord>, StoreError>;

    /// Enters a decision about a collection. [`StoreError::CollectionMoved`] when its state does not allow it;
    /// [`StoreError::NotLater`] when a deadline is to be extended to a day that is not later.
    async fn decide_collection(&self, new: &NewDecision) -> Result<CollectionDecision, StoreError>;

    /// Every decision about a collection, or about all, in the order in which they were made.
    async fn collection_decisions(&self, collection: Option<&str>) -> Result<Vec<CollectionDecision>, StoreError>;

    /// Adds an address for reminders; one that is there stays.
    async fn add_contact(&self, contact: &Contact, at: DateTime<Utc>) -> Result<(), StoreError>;

    /// Removes an address, and says whether it was there.
    async fn remove_contact(&self, contact: &Contact, at: DateTime<Utc>) -> Result<bool, StoreError>;

    /// The addresses that were entered, by organisation.
    async fn contacts(&self) -> Result<Vec<Contact>, StoreError>;

    /// Where reminders for each organisation go: the addresses that were entered, and those of its people who send or sign
    /// returns, or collect them for the department.
    async fn reminder_addresses(&self) -> Result<Vec<Contact>, StoreError>;

    /// Writes reminders into the outbox, each once however often it is planned, and says how many were new.
    async fn plan_reminders(&self, reminders: &[NewReminder], at: DateTime<Utc>) -> Result<u64, StoreError>;

    /// The reminders of a channel that are to be tried by now, the oldest first.
    async fn reminders_due(&self, channel: Channel, at: DateTime<Utc>, most: u64) -> Result<Vec<Reminder>, StoreError>;

    /// Takes a reminder for one attempt and writes when the next would be, before anything is sent. False where somebody
    /// else took it meanwhile.
    async fn attempt_reminder(&self, reminder: &Reminder, next: DateTime<Utc>) -> Result<bool, StoreError>;

    /// Ends a reminder, and forgets its address.
    async fn end_reminder(&self, reminder: &Reminder, end: ReminderEnd, at: DateTime<Utc>) -> Result<(), StoreError>;

    /// How many reminders wait, by channel; a channel without any may be absent.
    async fn reminders_waiting(&self) -> Result<BTreeMap<Channel, u64>, StoreError>;

    /// Whether the ledger answers, for readiness.
    async fn ready(&self) -> Result<(), StoreError>;
}
