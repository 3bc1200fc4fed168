//! Keys are found by the digest of their secret, end for good, and are never added twice.

use super::LedgerCase;
use super::made::{added_key, key, second};
use crate::domain::account::Role;
use crate::domain::digest::Digest;
use crate::domain::identifier::KeyId;
use crate::store::{EventSubject, Ledger, StoreError};

pub(super) const ALL: &[LedgerCase] = &[
    ("a key reads back", |ledger| Box::pin(a_key_reads_back(ledger))),
    ("a revoked key keeps its first time", |ledger| Box::pin(a_revoked_key_keeps_its_first_time(ledger))),
    ("a secret is taken once", |ledger| Box::pin(a_secret_is_taken_once(ledger))),
];

async fn a_key_reads_back(ledger: &dyn Ledger) {
    for role in Role::ALL {
        let made = key(role.name(), role);
        ledger.add_key(&made).await.expect("adds");
        assert_eq!(ledger.key_by_secret(&made.secret).await.expect("reads"), Some(made));
    }
    assert_eq!(ledger.keys().await.expect("lists").len(), Role::ALL.len());
    assert_eq!(ledger.key_by_secret(&Digest::of(b"another")).await.expect("reads"), None);
}

async fn a_revoked_key_keeps_its_first_time(ledger: &dyn Ledger) {
    let id = added_key(ledger, "first", Role::Submitter).await;
    ledger.note_key_use(id, second(4)).await.expect("notes");
    ledger.revoke_key(id, second(5)).await.expect("revokes");
    ledger.revoke_key(id, second(6)).await.expect("is revoked already");
    let found = ledger.key_by_secret(&Digest::of(b"first")).await.expect("reads").expect("is there");
    assert_eq!((found.last_used, found.revoked), (Some(second(4)), Some(second(5))));
    let events = ledger.events(EventSubject::Key(id)).await.expect("lists");
    let names: Vec<_> = events.iter().map(|event| event.what.as_str()).collect();
    assert_eq!(names, ["add key", "revoke key"]);
    let unknown = ledger.revoke_key(KeyId::new(second(9)), second(9)).await;
    assert!(matches!(unknown, Err(StoreError::NotFound { .. })));
}

async fn a_secret_is_taken_once(ledger: &dyn Ledger) {
    added_key(ledger, "first", Role::Submitter).await;
    assert!(ledger.add_key(&key("first", Role::Signatory)).await.is_err());
    assert_eq!(ledger.keys().await.expect("lists").len(), 1);
}
