//! Keys are found by the digest of their secret, rotate, end for good, and are never added twice.

use super::LedgerCase;
use super::made::{added_key, key, second, secret};
use crate::domain::account::Role;
use crate::domain::digest::Digest;
use crate::domain::identifier::KeyId;
use crate::domain::organisation::Organisation;
use crate::store::{EventSubject, KeyFilter, KeyRecord, Ledger, SecretDigest, SecretForm, StoreError};

pub(super) const ALL: &[LedgerCase] = &[
    ("a key reads back", |ledger| Box::pin(a_key_reads_back(ledger))),
    ("a revoked key keeps its first time", |ledger| Box::pin(a_revoked_key_keeps_its_first_time(ledger))),
    ("a secret is taken once", |ledger| Box::pin(a_secret_is_taken_once(ledger))),
    ("a secret is kept in another form", |ledger| Box::pin(a_secret_is_kept_in_another_form(ledger))),
    ("a key is replaced once", |ledger| Box::pin(a_key_is_replaced_once(ledger))),
    ("what has ended is not replaced", |ledger| Box::pin(what_has_ended_is_not_replaced(ledger))),
];

async fn a_key_reads_back(ledger: &dyn Ledger) {
    for role in Role::ALL {
        let made = KeyRecord { certificate: Some(Digest::of(b"certificate")), ..key(role.name(), role) };
        ledger.add_key(&made).await.expect("adds");
        assert_eq!(ledger.key_by_secret(&made.secret).await.expect("reads"), Some(made.clone()));
        assert_eq!(ledger.key(made.id).await.expect("reads"), Some(made));
    }
    let roles = [Role::Submitter, Role::Signatory].into_iter().collect();
    let both = KeyRecord { roles, ..key("both", Role::Signatory) };
    ledger.add_key(&both).await.expect("adds");
    assert_eq!(ledger.key(both.id).await.expect("reads"), Some(both));
    assert_eq!(ledger.keys(&KeyFilter::default()).await.expect("lists").len(), Role::ALL.len() + 1);
    let organisation = Some(Organisation::Department);
    let department = ledger.keys(&KeyFilter { organisation, ..KeyFilter::default() }).await.expect("lists");
    assert_eq!(department.len(), 3);
    assert_eq!(ledger.key_by_secret(&secret("another")).await.expect("reads"), None);
}

async fn a_revoked_key_keeps_its_first_time(ledger: &dyn Ledger) {
    let id = added_key(ledger, "first", Role::Submitter).await;
    let operator = added_key(ledger, "operator", Role::Operator).await;
    ledger.note_key_use(id, second(4)).await.expect("notes");
    ledger.revoke_key(id, second(5), Some(operator)).await.expect("revokes");
    ledger.revoke_key(id, second(6), None).await.expect("is revoked already");
    let found = ledger.key_by_secret(&secret("first")).await.expect("reads").expect("is there");
    assert_eq!((found.last_used, found.revoked), (Some(second(4)), Some(second(5))));
    assert!(!found.is_in_use(second(4)), "what is revoked is not in use, whatever the clock says");
    let events = ledger.events(EventSubject::Key(id)).await.expect("lists");
    let told: Vec<_> = events.iter().map(|event| (event.what.as_str(), event.by)).collect();
    assert_eq!(told, [("add key", None), ("revoke key", Some(operator))]);
    let unknown = ledger.revoke_key(KeyId::new(second(9)), second(9), None).await;
    assert!(matches!(unknown, Err(StoreError::NotFound { .. })));
}

async fn a_secret_is_taken_once(ledger: &dyn Ledger) {
    added_key(ledger, "first", Role::Submitter).await;
    assert!(ledger.add_key(&key("first", Role::Signatory)).await.is_err());
    assert_eq!(ledger.keys(&KeyFilter::default()).await.expect("lists").len(), 1);
}

async fn a_secret_is_kept_in_another_form(ledger: &dyn Ledger) {
    let plain = SecretDigest { form: SecretForm::Plain, digest: Digest::of(b"text") };
    let made = KeyRecord { secret: plain, ..key("old", Role::Collector) };
    ledger.add_key(&made).await.expect("adds");
    ledger.upgrade_key_secret(made.id, &secret("new"), second(3)).await.expect("upgrades");
    ledger.upgrade_key_secret(made.id, &secret("other"), second(4)).await.expect("is done already");
    assert_eq!(ledger.key_by_secret(&plain).await.expect("reads"), None);
    let found = ledger.key_by_secret(&secret("new")).await.expect("reads");
    assert_eq!(found, Some(KeyRecord { secret: secret("new"), ..made.clone() }), "nothing else changed");
    let last = ledger.events(EventSubject::Key(made.id)).await.expect("lists").pop().expect("has events");
    assert_eq!((last.what.as_str(), last.to.as_deref()), ("upgrade key", Some("hmac-sha-256")));
}

async fn a_key_is_replaced_once(ledger: &dyn Ledger) {
    let id = added_key(ledger, "first", Role::Submitter).await;
    let new = KeyRecord { created: second(10), created_by: Some(id), ..key("second", Role::Submitter) };
    ledger.rotate_key(id, &new, second(20)).await.expect("rotates");
    let old = ledger.key(id).await.expect("reads").expect("is there");
    assert_eq!((old.replaced_by, old.overlap_ends), (Some(new.id), Some(second(20))));
    assert!(old.is_in_use(second(19)) && !old.is_in_use(second(20)));
    assert_eq!(ledger.key(new.id).await.expect("reads"), Some(new.clone()));
    let again = KeyRecord { created: second(11), ..key("third", Role::Submitter) };
    let refused = ledger.rotate_key(id, &again, second(20)).await;
    assert!(matches!(refused, Err(StoreError::KeyEnded { .. })));
    assert_eq!(ledger.key(again.id).await.expect("reads"), None, "nothing happened");
}

async fn what_has_ended_is_not_replaced(ledger: &dyn Ledger) {
    let (expired, revoked) = (added_key(ledger, "a", Role::Analyst).await, added_key(ledger, "b", Role::Analyst).await);
    ledger.revoke_key(revoked, second(2), None).await.expect("revokes");
    for (id, at) in [(revoked, 3), (expired, 1000)] {
        let new = KeyRecord { created: second(at), ..key("new", Role::Analyst) };
        let refused = ledger.rotate_key(id, &new, second(2000)).await;
        assert!(matches!(refused, Err(StoreError::KeyEnded { .. })), "{refused:?}");
    }
}
