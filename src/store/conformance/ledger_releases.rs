//! A published release never changes.

use super::LedgerCase;
use super::made::{COLLECTION, added_key, second};
use crate::domain::account::Role;
use crate::domain::digest::Digest;
use crate::domain::identifier::ReleaseId;
use crate::store::{EventSubject, Ledger, ReleaseFile, ReleaseRecord, ReleaseState, StoreError};

pub(super) const ALL: &[LedgerCase] = &[
    ("a release is published once", |ledger| Box::pin(a_release_is_published_once(ledger))),
    ("the ledger says that it is ready", |ledger| Box::pin(the_ledger_says_that_it_is_ready(ledger))),
];

async fn a_release_is_published_once(ledger: &dyn Ledger) {
    let by = added_key(ledger, "collector", Role::Collector).await;
    let made = ReleaseRecord {
        id: ReleaseId::new(second(1)),
        collection: COLLECTION.to_owned(),
        state: ReleaseState::Draft,
        manifest: "{}".to_owned(),
        files: vec![ReleaseFile { name: "data/returns.csv".to_owned(), digest: Digest::of(b"csv"), bytes: 3 }],
        built: second(1),
        built_by: by,
        published: None,
        published_by: None,
    };
    ledger.add_release(&made).await.expect("adds");
    assert_eq!(ledger.release(made.id).await.expect("reads"), Some(made.clone()));
    let published = ledger.publish_release(made.id, second(2), by).await.expect("publishes");
    assert_eq!((published.state, published.published), (ReleaseState::Published, Some(second(2))));
    let again = ledger.publish_release(made.id, second(3), by).await;
    assert!(matches!(again, Err(StoreError::ReleaseMoved { found: ReleaseState::Published, .. })));
    assert_eq!(ledger.releases().await.expect("lists"), [published]);
    assert_eq!(ledger.events(EventSubject::Release(made.id)).await.expect("lists").len(), 2);
    let unknown = ledger.publish_release(ReleaseId::new(second(9)), second(9), by).await;
    assert!(matches!(unknown, Err(StoreError::NotFound { .. })));
}

async fn the_ledger_says_that_it_is_ready(ledger: &dyn Ledger) {
    ledger.ready().await.expect("is ready");
}
