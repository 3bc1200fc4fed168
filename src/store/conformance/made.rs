//! Records made for the cases.

use crate::domain::account::{KeyKind, Role};
use crate::domain::digest::Digest;
use crate::domain::finding::Severity;
use crate::domain::identifier::{KeyId, PersonId, ReleaseId, ReturnId};
use crate::domain::organisation::Organisation;
use crate::domain::release::{DataVersion, ReleaseKind, ReleaseState};
use crate::domain::report::{Counts, Outcome, SpecificationStamp};
use crate::domain::state::{ReturnMove, ReturnState};
use crate::store::{
    CarriedOver, Confirmation, KeyRecord, Ledger, Move, Moved, NewReturn, PersonRecord, Reception, ReleaseFile,
    ReleaseRecord, ReturnRecord, SecretDigest, SecretForm, SignIn, StoreError, Verdict,
};
use chrono::{DateTime, Duration, Utc};
use std::collections::BTreeMap;

pub(super) const COLLECTION: &str = "example-2026";

/// A time that is so many seconds after the beginning.
pub(super) fn second(count: i64) -> DateTime<Utc> {
    DateTime::UNIX_EPOCH + Duration::seconds(1_800_000_000 + count)
}

pub(super) fn key(label: &str, role: Role) -> KeyRecord {
    let authority = || Organisation::Authority("330".to_owned());
    KeyRecord {
        id: KeyId::new(second(0)),
        kind: KeyKind::Machine,
        prefix: format!("hw_{label}"),
        secret: secret(label),
        organisation: if role.belongs_to_an_authority() { authority() } else { Organisation::Department },
        person: None,
        roles: role.into(),
        label: label.to_owned(),
        certificate: None,
        created: second(0),
        created_by: None,
        expires: Some(second(1000)),
        replaced_by: None,
        overlap_ends: None,
        revoked: None,
        last_used: None,
        confirmation: Confirmation::NotNeeded,
    }
}

pub(super) fn secret(label: &str) -> SecretDigest {
    SecretDigest { form: SecretForm::Keyed, digest: Digest::of(label.as_bytes()) }
}

pub(super) fn person(name: &str, role: Role) -> PersonRecord {
    PersonRecord {
        id: PersonId::new(second(0)),
        organisation: key("", role).organisation,
        name: name.to_owned(),
        email: Some(format!("{name}@example.org")),
        sign_in: SignIn::NotYet,
        roles: role.into(),
        created: second(0),
        created_by: None,
        disabled: None,
        waiting: None,
        erased: None,
    }
}

/// A person, and a key of theirs.
pub(super) async fn added_person(ledger: &dyn Ledger, name: &str, role: Role) -> PersonRecord {
    let made = person(name, role);
    ledger.add_person(&made).await.expect("a new person is added");
    made
}

pub(super) async fn added_key_of(ledger: &dyn Ledger, label: &str, person: &PersonRecord, kind: KeyKind) -> KeyId {
    let role = person.roles.iter().next().expect("has a role");
    let made = KeyRecord { person: Some(person.id), kind, ..key(label, role) };
    ledger.add_key(&made).await.expect("a new key is added");
    made.id
}

pub(in crate::store) async fn added_key(ledger: &dyn Ledger, label: &str, role: Role) -> KeyId {
    let key = key(label, role);
    ledger.add_key(&key).await.expect("a new key is added");
    key.id
}

pub(super) fn upload(bytes: &[u8], by: KeyId, at: i64) -> NewReturn {
    NewReturn {
        id: ReturnId::new(second(at)),
        authority: "330".to_owned(),
        digest: Digest::of(bytes),
        bytes: bytes.len() as u64,
        idempotency_key: None,
        specification: Digest::of(b"specification"),
        uploaded_by: by,
        received: second(at),
    }
}

pub(super) async fn received(ledger: &dyn Ledger, new: &NewReturn) -> ReturnRecord {
    match ledger.receive(new).await.expect("is received") {
        Reception::New(record) => record,
        Reception::Replay(record) => panic!("{} was taken as {}", new.id, record.id),
    }
}

pub(super) fn verdict(outcome: Outcome, at: i64) -> Verdict {
    Verdict {
        outcome,
        specification: SpecificationStamp {
            id: "example".to_owned(),
            version: "0.1".to_owned(),
            digest: Digest::of(b"specification"),
            collection: Some(COLLECTION.to_owned()),
        },
        counts: Counts {
            by_code: BTreeMap::from([("Q601".to_owned(), 2)]),
            by_severity: BTreeMap::from([(Severity::Query, 2)]),
            rows: BTreeMap::from([("children".to_owned(), 60)]),
        },
        not_checked: vec![],
        decided: second(at),
    }
}

/// A version that is checked and clean.
pub(super) async fn checked(ledger: &dyn Ledger, bytes: &[u8], by: KeyId, at: i64) -> ReturnRecord {
    let record = received(ledger, &upload(bytes, by, at)).await;
    ledger
        .decide_checked(record.id, &verdict(Outcome::Clean, at + 1), &CarriedOver::default())
        .await
        .expect("is checked")
}

pub(super) async fn advance(
    ledger: &dyn Ledger,
    id: ReturnId,
    from: ReturnState,
    by_move: ReturnMove,
    by: KeyId,
    at: i64,
) -> Result<Moved, StoreError> {
    let note = Some(format!("now {}", by_move.to()));
    ledger.advance(&Move { id, from, by_move, at: second(at), by, note, reminders: Vec::new() }).await
}

/// A draft that was built when `follows` was the latest published release.
pub(super) fn release(by: KeyId, at: i64, follows: Option<ReleaseId>) -> ReleaseRecord {
    let manifest = format!("{{\"made\":{at}}}");
    ReleaseRecord {
        id: ReleaseId::new(second(at)),
        collection: COLLECTION.to_owned(),
        family: "example".to_owned(),
        state: ReleaseState::Draft,
        kind: ReleaseKind::Provisional,
        label: "April 2025 to March 2026".to_owned(),
        revises: follows,
        follows,
        reason: follows.map(|_| "an authority corrected its return".to_owned()),
        digest: Digest::of(manifest.as_bytes()),
        manifest,
        files: vec![ReleaseFile { name: "data/returns.csv".to_owned(), digest: Digest::of(b"csv"), bytes: 3 }],
        versions: BTreeMap::from([("returns".to_owned(), DataVersion::FIRST)]),
        built: second(at),
        built_by: by,
        approved: None,
        approved_by: None,
        publish_at: None,
        scheduled_by: None,
        published: None,
        published_by: None,
        discarded: None,
        discarded_by: None,
        discard_reason: None,
    }
}
