//! What a start makes of what a crash left behind.

use super::service_support::{AUTHORITY, House, YEAR, sample, sample_without};
use homeward::domain::account::Role;
use homeward::domain::collecting::CollectionMove;
use homeward::domain::digest::Digest;
use homeward::domain::identifier::{KeyId, ReturnId};
use homeward::domain::state::ReturnState;
use homeward::flow::{CollectionRequest, Recovered};
use homeward::store::{Archive, Folder, Ledger, NewReturn, ObjectName, Page, ReturnFilter, compress};

/// An upload as it stands when the process dies after the ledger said *received*.
async fn received(house: &House, by: KeyId, bytes: &[u8]) -> ReturnId {
    let now = house.service.now();
    let id = ReturnId::new(now);
    let kept = compress(bytes).expect("compresses");
    house.data.archive.put(&ObjectName::original(id), kept).await.expect("puts");
    let new = NewReturn {
        id,
        authority: AUTHORITY.to_owned(),
        digest: Digest::of(bytes),
        bytes: bytes.len() as u64,
        idempotency_key: None,
        specification: house.service.specification().digest,
        uploaded_by: by,
        received: now,
    };
    house.data.ledger.receive(&new).await.expect("is received");
    id
}

async fn state(house: &House, id: ReturnId) -> ReturnState {
    house.data.ledger.return_by_id(id).await.expect("reads").expect("is there").state
}

#[tokio::test]
async fn received_uploads_are_decided_at_the_next_start() {
    let house = House::new().await;
    let by = house.account(Role::Submitter).await.key;
    let good = received(&house, by, &sample(YEAR, AUTHORITY, 1)).await;
    let bad = received(&house, by, b"CHILD,UNKNOWN_COLUMN\nZimtstern4711,1\n").await;
    let half_rejected = received(&house, by, b"CHILD\nZimtstern4711\n").await;
    house.data.ledger.decide_rejected(half_rejected, &["F12".to_owned()]).await.expect("writes the receipt");
    let recovered = house.started_again().recover().await.expect("recovers");
    assert_eq!(recovered, Recovered { decided: 3, ..Recovered::default() });
    assert_eq!(state(&house, good).await, ReturnState::Checked);
    assert_eq!(state(&house, bad).await, ReturnState::Rejected);
    assert_eq!(state(&house, half_rejected).await, ReturnState::Rejected);
    let receipt = house.data.ledger.receipt(half_rejected).await.expect("reads").expect("is there");
    assert_eq!(receipt.codes, ["F12"]);
    assert!(house.files_with(b"Zimtstern4711").is_empty());
    let again = house.started_again().recover().await.expect("recovers");
    assert_eq!(again, Recovered::default());
}

/// What was acknowledged is judged by what held when it came.
#[tokio::test]
async fn an_upload_from_before_a_closing_is_decided_as_it_would_have_been() {
    let house = House::new().await;
    let (by, collector) = (house.account(Role::Submitter).await.key, house.account(Role::Collector).await);
    let opens = house.service.collection(&collector, YEAR, None).await.expect("is told").collection.opens;
    let day_before = opens.pred_opt().expect("a day").and_hms_opt(12, 0, 0).expect("a time").and_utc();
    house.clock.advance(day_before - house.clock_time());
    let too_early = received(&house, by, &sample(YEAR, AUTHORITY, 2)).await;
    let decide = async |step| {
        house.clock.advance(chrono::Duration::minutes(1));
        let reason = "As agreed with the authorities.".to_owned();
        let request = CollectionRequest { step, authority: None, last_day: None, reason };
        house.service.decide_collection(&collector, YEAR, request).await.expect("is decided");
        house.clock.advance(chrono::Duration::minutes(1));
    };
    decide(CollectionMove::Open).await;
    let in_time = received(&house, by, &sample(YEAR, AUTHORITY, 1)).await;
    decide(CollectionMove::Close).await;
    house.started_again().recover().await.expect("recovers");
    assert_eq!(state(&house, in_time).await, ReturnState::Checked);
    assert_eq!(state(&house, too_early).await, ReturnState::Rejected, "what was opened later opens nothing for it");
}

#[tokio::test]
async fn what_nothing_speaks_of_is_removed() {
    let house = House::new().await;
    let by = house.account(Role::Submitter).await;
    let kept = house.submit(&by, &sample(YEAR, AUTHORITY, 1)).await.expect("is received").record.id;
    let orphan = ReturnId::new(house.service.now());
    house.data.archive.put(&ObjectName::original(orphan), bytes::Bytes::from_static(b"x")).await.expect("puts");
    std::fs::write(house.service.spool().join("upload-x"), b"half an upload").expect("writes");
    let recovered = house.started_again().recover().await.expect("recovers");
    let expected = Recovered { objects_removed: 1, spool_files_removed: 1, ..Recovered::default() };
    assert_eq!(recovered, expected);
    assert_eq!(house.data.archive.list(Folder::Originals).await.expect("lists"), [ObjectName::original(kept)]);
    assert!(std::fs::read_dir(house.service.spool()).expect("lists").next().is_none());
}

#[tokio::test]
async fn bytes_that_are_lost_end_in_a_clear_state() {
    let house = House::new().await;
    let by = house.account(Role::Submitter).await.key;
    let id = received(&house, by, &sample(YEAR, AUTHORITY, 1)).await;
    house.data.archive.delete(&ObjectName::original(id)).await.expect("deletes");
    house.started_again().recover().await.expect("recovers");
    assert_eq!(state(&house, id).await, ReturnState::Rejected);
    let receipts = house.data.ledger.receipts(None, Page::ALL).await.expect("lists");
    assert_eq!(receipts[0].codes, Vec::<String>::new());
}

#[tokio::test]
async fn what_names_no_collection_is_refused_and_nothing_of_it_is_kept() {
    let house = House::new().await;
    let submitter = house.account(Role::Submitter).await;
    let bytes = sample_without(YEAR, "header", "COLLECTION");
    let sent = house.submit(&submitter, &bytes).await.expect("is decided");
    assert_eq!(sent.record.state, ReturnState::Rejected);
    assert!(!sent.receipt.expect("a receipt").codes.is_empty());
    assert_eq!(house.data.archive.list(Folder::Originals).await.expect("lists"), []);
    let half = received(&house, submitter.key, &bytes).await;
    let recovered = house.started_again().recover().await.expect("recovers");
    assert_eq!((recovered.decided, recovered.undecided), (1, 0));
    assert_eq!(state(&house, half).await, ReturnState::Rejected);
}

#[tokio::test]
async fn an_interrupted_decision_is_made_when_the_upload_is_sent_again() {
    let house = House::new().await;
    let submitter = house.account(Role::Submitter).await;
    let bytes = sample(YEAR, AUTHORITY, 1);
    let id = received(&house, submitter.key, &bytes).await;
    let sent = house.submit(&submitter, &bytes).await.expect("is received");
    assert_eq!((sent.record.id, sent.record.state, sent.replayed), (id, ReturnState::Checked, true));
    let all = house.data.ledger.returns(&ReturnFilter::default(), Page::ALL).await.expect("lists");
    assert_eq!(all.len(), 1);
}
