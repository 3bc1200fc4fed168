//! From the door to the verdict: one return however often it is sent, and a receipt before a rejection.

use super::LedgerCase;
use super::made::{COLLECTION, added_key, advance, checked, received, second, upload, verdict};
use crate::domain::account::Role;
use crate::domain::digest::Digest;
use crate::domain::identifier::ReturnId;
use crate::domain::report::Outcome;
use crate::domain::state::{ReturnMove, ReturnState};
use crate::store::{
    CarriedOver, EventSubject, Ledger, Page, Reception, ReturnFilter, ReturnRecord, StoreError, VersionId, VersionTimes,
};

pub(super) const ALL: &[LedgerCase] = &[
    ("a verdict reads back", |ledger| Box::pin(a_verdict_reads_back(ledger))),
    ("versions are counted", |ledger| Box::pin(versions_are_counted(ledger))),
    ("one idempotency key is one return", |ledger| Box::pin(one_idempotency_key_is_one_return(ledger))),
    ("the same bytes are one return while it counts", |ledger| Box::pin(the_same_bytes_are_one_return(ledger))),
    ("an earlier file is a new version", |ledger| Box::pin(an_earlier_file_is_a_new_version(ledger))),
    ("another key finds the same bytes", |ledger| Box::pin(another_key_finds_the_same_bytes(ledger))),
    ("two at once are one return", |ledger| Box::pin(two_at_once_are_one_return(ledger))),
    ("a rejection needs its receipt", |ledger| Box::pin(a_rejection_needs_its_receipt(ledger))),
    ("a verdict is given once", |ledger| Box::pin(a_verdict_is_given_once(ledger))),
    ("lists are filtered and paged", |ledger| Box::pin(lists_are_filtered_and_paged(ledger))),
    ("times are those of the list", |ledger| Box::pin(times_are_those_of_the_list(ledger))),
    ("the last version is the highest", |ledger| Box::pin(the_last_version_is_the_highest(ledger))),
];

async fn a_verdict_reads_back(ledger: &dyn Ledger) {
    let by = added_key(ledger, "submitter", Role::Submitter).await;
    let record = received(ledger, &upload(b"a", by, 1)).await;
    assert_eq!((record.state, record.version, &record.verdict), (ReturnState::Received, None, &None));
    let given = verdict(Outcome::Queries, 2);
    let record = ledger.decide_checked(record.id, &given, &CarriedOver::default()).await.expect("is checked");
    assert_eq!((record.state, record.version), (ReturnState::Checked, Some(1)));
    assert_eq!(record.verdict, Some(given));
    assert_eq!(record.collection.as_deref(), Some(COLLECTION));
    let record_id = record.id;
    assert_eq!(ledger.return_of("no such authority", record.id).await.expect("reads"), None);
    assert_eq!(ledger.return_of(&record.authority, record.id).await.expect("reads").as_ref(), Some(&record));
    assert_eq!(ledger.return_by_id(record.id).await.expect("reads"), Some(record));
    assert_eq!(ledger.return_by_id(ReturnId::new(second(9))).await.expect("reads"), None);
    let waiting = received(ledger, &upload(b"b", by, 3)).await;
    let states = ledger.return_states().await.expect("reads");
    assert_eq!(states, [(record_id, ReturnState::Checked), (waiting.id, ReturnState::Received)].into());
}

async fn versions_are_counted(ledger: &dyn Ledger) {
    let by = added_key(ledger, "submitter", Role::Submitter).await;
    for version in 1..=3_u32 {
        let record = checked(ledger, &version.to_be_bytes(), by, i64::from(version)).await;
        assert_eq!(record.version, Some(version));
    }
}

async fn one_idempotency_key_is_one_return(ledger: &dyn Ledger) {
    let by = added_key(ledger, "submitter", Role::Submitter).await;
    let mut first = upload(b"a", by, 1);
    first.idempotency_key = Some("june".to_owned());
    received(ledger, &first).await;
    let again = crate::store::NewReturn { id: ReturnId::new(second(2)), received: second(2), ..first.clone() };
    let reception = ledger.receive(&again).await.expect("is received");
    assert!(matches!(reception, Reception::Replay(record) if record.id == first.id));
    let other = crate::store::NewReturn { digest: Digest::of(b"b"), ..again.clone() };
    assert!(matches!(ledger.receive(&other).await, Err(StoreError::IdempotencyKeyReused)));
    let neighbour = crate::store::NewReturn { authority: "331".to_owned(), ..other };
    received(ledger, &neighbour).await;
}

async fn the_same_bytes_are_one_return(ledger: &dyn Ledger) {
    let by = added_key(ledger, "submitter", Role::Submitter).await;
    let first = checked(ledger, b"a", by, 1).await;
    let reception = ledger.receive(&upload(b"a", by, 2)).await.expect("is received");
    assert!(matches!(reception, Reception::Replay(record) if record == first));
    let mut later = upload(b"a", by, 3);
    later.specification = Digest::of(b"a later specification");
    received(ledger, &later).await;
    advance(ledger, first.id, ReturnState::Checked, ReturnMove::Withdraw, by, 4).await.expect("is withdrawn");
    received(ledger, &upload(b"a", by, 5)).await;
}

async fn an_earlier_file_is_a_new_version(ledger: &dyn Ledger) {
    let by = added_key(ledger, "submitter", Role::Submitter).await;
    let first = checked(ledger, b"a", by, 1).await;
    let later = checked(ledger, b"b", by, 3).await;
    let again = checked(ledger, b"a", by, 5).await;
    assert_eq!((again.version, again.id == first.id), (Some(3), false), "whoever goes back sends a new version");
    let reception = ledger.receive(&upload(b"a", by, 7)).await.expect("is received");
    assert!(matches!(reception, Reception::Replay(record) if record.id == again.id));
    for id in [later.id, again.id] {
        advance(ledger, id, ReturnState::Checked, ReturnMove::Withdraw, by, 8).await.expect("is withdrawn");
    }
    let reception = ledger.receive(&upload(b"a", by, 9)).await.expect("is received");
    assert!(matches!(reception, Reception::Replay(record) if record.id == first.id), "no later version stands");
}

async fn another_key_finds_the_same_bytes(ledger: &dyn Ledger) {
    let by = added_key(ledger, "submitter", Role::Submitter).await;
    let keyed =
        |key: &str, at| crate::store::NewReturn { idempotency_key: Some(key.to_owned()), ..upload(b"a", by, at) };
    let first = received(ledger, &keyed("june", 1)).await;
    let reception = ledger.receive(&keyed("july", 2)).await.expect("is received");
    assert!(matches!(reception, Reception::Replay(record) if record == first));
    ledger.decide_rejected(first.id, &[]).await.expect("writes the receipt");
    ledger.close_rejected(first.id, second(3)).await.expect("is rejected");
    let reception = ledger.receive(&keyed("june", 4)).await.expect("is received");
    assert!(matches!(reception, Reception::Replay(record) if record.state == ReturnState::Rejected));
    received(ledger, &keyed("july", 5)).await;
}

async fn two_at_once_are_one_return(ledger: &dyn Ledger) {
    let by = added_key(ledger, "submitter", Role::Submitter).await;
    let uploads = [upload(b"a", by, 1), upload(b"a", by, 1)];
    let (one, two) = futures::join!(ledger.receive(&uploads[0]), ledger.receive(&uploads[1]));
    let new = [one, two].into_iter().filter(|reception| matches!(reception, Ok(Reception::New(_)))).count();
    assert_eq!(new, 1);
}

async fn a_rejection_needs_its_receipt(ledger: &dyn Ledger) {
    let by = added_key(ledger, "submitter", Role::Submitter).await;
    let new = upload(b"a", by, 1);
    received(ledger, &new).await;
    assert!(matches!(ledger.close_rejected(new.id, second(2)).await, Err(StoreError::NotFound { .. })));
    let codes = ["F04".to_owned(), "P02".to_owned()];
    ledger.decide_rejected(new.id, &codes).await.expect("writes the receipt");
    ledger.decide_rejected(new.id, &codes[..1]).await.expect("has a receipt already");
    let record = ledger.close_rejected(new.id, second(3)).await.expect("is rejected");
    assert_eq!((record.state, record.version, record.collection), (ReturnState::Rejected, None, None));
    let receipt = ledger.receipt(new.id).await.expect("reads").expect("is there");
    assert_eq!((receipt.codes.as_slice(), receipt.digest, receipt.bytes), (&codes[..], new.digest, 1));
    assert_eq!(ledger.receipts(Some("330"), Page::ALL).await.expect("lists"), [receipt]);
    assert!(ledger.receipts(Some("331"), Page::ALL).await.expect("lists").is_empty());
    let moves: Vec<_> = ledger.events(EventSubject::Return(new.id)).await.expect("lists");
    let moves: Vec<_> = moves.iter().map(|event| (event.what.as_str(), event.to.as_deref())).collect();
    assert_eq!(moves, [("receive upload", Some("received")), ("reject upload", Some("rejected"))]);
}

async fn a_verdict_is_given_once(ledger: &dyn Ledger) {
    let by = added_key(ledger, "submitter", Role::Submitter).await;
    let record = checked(ledger, b"a", by, 1).await;
    let again = ledger.decide_checked(record.id, &verdict(Outcome::Errors, 3), &CarriedOver::default()).await;
    assert!(matches!(again, Err(StoreError::Moved { found: ReturnState::Checked, .. })));
    assert!(matches!(ledger.decide_rejected(record.id, &[]).await, Err(StoreError::Moved { .. })));
    assert!(matches!(ledger.close_rejected(record.id, second(4)).await, Err(StoreError::Moved { .. })));
    assert_eq!(ledger.return_by_id(record.id).await.expect("reads"), Some(record));
}

async fn lists_are_filtered_and_paged(ledger: &dyn Ledger) {
    let by = added_key(ledger, "submitter", Role::Submitter).await;
    for at in 1..=5_u8 {
        checked(ledger, &[at], by, i64::from(at)).await;
    }
    received(ledger, &upload(b"f", by, 6)).await;
    let list = async |filter: ReturnFilter, page| ledger.returns(&filter, page).await.expect("lists").len();
    assert_eq!(list(ReturnFilter::default(), Page::ALL).await, 6);
    assert_eq!(list(ReturnFilter::default(), Page { skip: 4, take: 5 }).await, 2);
    assert_eq!(
        list(ReturnFilter { state: Some(ReturnState::Received), ..ReturnFilter::default() }, Page::ALL).await,
        1
    );
    let of = |collection: &str| ReturnFilter { collection: Some(collection.to_owned()), ..ReturnFilter::default() };
    assert_eq!(list(of(COLLECTION), Page::ALL).await, 5);
    assert_eq!(list(of("example-2025"), Page::ALL).await, 0);
    let other = ReturnFilter { authority: Some("331".to_owned()), ..ReturnFilter::default() };
    assert_eq!(list(other, Page::ALL).await, 0);
}

async fn times_are_those_of_the_list(ledger: &dyn Ledger) {
    let by = added_key(ledger, "submitter", Role::Submitter).await;
    let first = checked(ledger, b"a", by, 1).await;
    checked(ledger, b"b", by, 3).await;
    received(ledger, &upload(b"c", by, 5)).await;
    advance(ledger, first.id, ReturnState::Checked, ReturnMove::Withdraw, by, 6).await.expect("is withdrawn");
    for collection in [None, Some(COLLECTION.to_owned())] {
        for state in [None, Some(ReturnState::Received), Some(ReturnState::Checked), Some(ReturnState::Withdrawn)] {
            let filter = ReturnFilter { authority: Some("330".to_owned()), collection: collection.clone(), state };
            let listed = ledger.returns(&filter, Page::ALL).await.expect("lists");
            let wanted: Vec<VersionTimes> = listed.into_iter().map(times).collect();
            assert_eq!(ledger.version_times(&filter).await.expect("lists"), wanted, "{filter:?}");
        }
    }
    assert_eq!(ledger.version_times(&ReturnFilter::default()).await.expect("lists").len(), 3);
}

fn times(record: ReturnRecord) -> VersionTimes {
    VersionTimes {
        id: record.id,
        authority: record.authority,
        version: record.version,
        state: record.state,
        received: record.received,
        decided: record.verdict.map(|verdict| verdict.decided),
        signed: record.signed,
        accepted: record.accepted,
        ended: record.ended,
    }
}

async fn the_last_version_is_the_highest(ledger: &dyn Ledger) {
    let by = added_key(ledger, "submitter", Role::Submitter).await;
    assert_eq!(ledger.last_version("330", COLLECTION).await.expect("reads"), None);
    checked(ledger, b"a", by, 1).await;
    let second_one = checked(ledger, b"b", by, 3).await;
    received(ledger, &upload(b"c", by, 5)).await;
    let wanted = Some(VersionId { id: second_one.id, version: 2 });
    assert_eq!(ledger.last_version("330", COLLECTION).await.expect("reads"), wanted);
    advance(ledger, second_one.id, ReturnState::Checked, ReturnMove::Withdraw, by, 6).await.expect("is withdrawn");
    assert_eq!(ledger.last_version("330", COLLECTION).await.expect("reads"), wanted);
    assert_eq!(ledger.last_version("331", COLLECTION).await.expect("reads"), None);
    assert_eq!(ledger.last_version("330", "example-2025").await.expect("reads"), None);
}
