//! What a start makes of what a crash left behind.

use super::evidence::retention::POLICY;
use super::service_support::{AUTHORITY, House, YEAR, sample, sample_without};
use chrono::TimeDelta;
use homeward::domain::account::Role;
use homeward::domain::collecting::CollectionMove;
use homeward::domain::digest::Digest;
use homeward::domain::identifier::{KeyId, ReturnId};
use homeward::domain::state::ReturnState;
use homeward::flow::{CollectionRequest, Recovered, RetentionPolicy};
use homeward::store::{
    Archive, AttemptStep, EventSubject, Folder, Ledger, NewReturn, ObjectName, Page, ReturnFilter, compress,
};

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
async fn what_nothing_speaks_of_is_kept_until_its_time_is_over() {
    let house = House::new().await;
    let by = house.account(Role::Submitter).await;
    let kept = house.submit(&by, &sample(YEAR, AUTHORITY, 1)).await.expect("is received").record.id;
    // Later than what is kept: names are listed in the order of time.
    house.clock.advance(chrono::Duration::seconds(1));
    let orphan = ReturnId::new(house.service.now());
    house.data.archive.put(&ObjectName::original(orphan), bytes::Bytes::from_static(b"x")).await.expect("puts");
    std::fs::write(house.service.spool().join("upload-x"), b"half an upload").expect("writes");
    let recovered = house.started_again().recover().await.expect("recovers");
    let expected = Recovered { objects_unknown: 1, spool_files_removed: 1, ..Recovered::default() };
    assert_eq!(recovered, expected);
    let originals = async || house.data.archive.list(Folder::Originals).await.expect("lists");
    assert_eq!(originals().await, [ObjectName::original(kept), ObjectName::original(orphan)]);
    let policy = RetentionPolicy { originals_days: 3650, ..POLICY };
    // A clock that leaps lets one day pass for the ledger, and not the days in between.
    house.clock.advance(chrono::Duration::days(100));
    house.started_again().recover().await.expect("recovers");
    assert_eq!(house.service.retain(&policy).await.expect("runs").unknown_deleted, 0);
    for _ in 0..policy.unknown_days - 2 {
        house.clock.advance(chrono::Duration::days(1));
        house.started_again().recover().await.expect("recovers");
        house.started_again().recover().await.expect("recovers");
    }
    assert_eq!(house.service.retain(&policy).await.expect("runs").unknown_deleted, 0);
    assert_eq!(house.service.unknown_objects().await.expect("lists")[0].days, u64::from(policy.unknown_days) - 1);
    house.clock.advance(chrono::Duration::days(1));
    house.started_again().recover().await.expect("recovers");
    assert_eq!(house.service.retain(&policy).await.expect("runs").unknown_deleted, 1);
    assert_eq!(originals().await, [ObjectName::original(kept)]);
    let said = house.data.ledger.events(EventSubject::Return(orphan)).await.expect("reads");
    let note = said[0].note.as_deref().unwrap_or_default();
    assert!(note.ends_with("the ledger does not speak: unknown_days = 30"), "{note}");
    assert!(std::fs::read_dir(house.service.spool()).expect("lists").next().is_none());
}

#[tokio::test]
async fn what_was_on_its_way_when_the_service_ended_leaves_nothing() {
    let house = House::new().await;
    let halfway = ReturnId::new(house.service.now());
    house.data.ledger.announce(halfway, house.service.now()).await.expect("is announced");
    house.data.archive.put(&ObjectName::original(halfway), bytes::Bytes::from_static(b"x")).await.expect("puts");
    let recovered = house.started_again().recover().await.expect("recovers");
    assert_eq!(recovered, Recovered { objects_removed: 1, ..Recovered::default() }, "it is no unknown object");
    assert_eq!(house.data.archive.list(Folder::Originals).await.expect("lists"), []);
    assert!(house.data.ledger.announced().await.expect("lists").is_empty());
    // What is received, and what was sent before, is announced no more.
    let by = house.account(Role::Submitter).await;
    for _ in 0..2 {
        house.submit(&by, &sample(YEAR, AUTHORITY, 1)).await.expect("is received");
        assert!(house.data.ledger.announced().await.expect("lists").is_empty());
    }
    assert_eq!(house.data.archive.list(Folder::Originals).await.expect("lists").len(), 1);
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

/// Lets an upload that cannot be decided be tried until it is set aside.
async fn tried_to_the_end(house: &House, id: ReturnId) {
    for round in 1..=8 {
        house.clock.advance(TimeDelta::minutes(10));
        let recovered = house.started_again().recover().await.expect("goes on");
        assert_eq!((recovered.decided, recovered.undecided), (0, 1), "attempt {round}");
        let soon = house.started_again().recover().await.expect("goes on");
        assert_eq!(soon, Recovered::default(), "not at every moment");
    }
    house.clock.advance(TimeDelta::days(1));
    assert_eq!(house.started_again().recover().await.expect("goes on"), Recovered::default(), "and not for ever");
    assert_eq!(state(house, id).await, ReturnState::Received);
}

#[tokio::test]
async fn what_cannot_be_decided_is_set_aside_until_somebody_says_what_becomes_of_it() {
    let house = House::new().await;
    let other = house.accept("331", &sample(YEAR, "331", 1)).await.record.id;
    let name = ObjectName::table(other, "children").expect("a name");
    let whole = house.data.archive.get(&name).await.expect("is kept");
    house.data.archive.delete(&name).await.expect("is deleted");
    house.data.archive.put(&name, bytes::Bytes::from_static(b"no table")).await.expect("is put");

    let submitter = house.account(Role::Submitter).await;
    let bytes = sample(YEAR, AUTHORITY, 1);
    let failed = house.submit(&submitter, &bytes).await.expect_err("an accepted return cannot be read");
    assert_eq!(failed.code(), "internal");
    let [id] = house.service.undecided().await.expect("lists").iter().map(|one| one.record.id).collect::<Vec<_>>()[..]
    else {
        panic!("one is undecided");
    };
    assert!(house.service.end_upload(id, "It cannot be decided.").await.is_err(), "it is still tried");
    tried_to_the_end(&house, id).await;
    let again = house.submit(&submitter, &bytes).await.expect("is told how it stands");
    assert_eq!((again.record.id, again.record.state, again.report.is_none()), (id, ReturnState::Received, true));
    let history = house.service.history(&submitter, id).await.expect("is told");
    let notes: Vec<_> = history.iter().filter_map(|event| event.note.clone()).collect();
    assert!(notes.len() == 1 && notes[0].contains("waits for whoever runs the service"), "{notes:?}");

    house.service.try_anew(id).await.expect("is tried anew");
    tried_to_the_end(&house, id).await;
    house.data.archive.delete(&name).await.expect("is deleted");
    house.data.archive.put(&name, whole).await.expect("is put");
    house.service.try_anew(id).await.expect("is tried anew");
    house.clock.advance(TimeDelta::minutes(1));
    assert_eq!(house.started_again().recover().await.expect("goes on").decided, 1);
    assert_eq!(state(&house, id).await, ReturnState::Checked);
    assert!(house.service.try_anew(id).await.is_err(), "it is decided");
}

#[tokio::test]
async fn what_was_set_aside_can_be_ended() {
    let house = House::new().await;
    let submitter = house.account(Role::Submitter).await;
    let id = received(&house, submitter.key, &sample(YEAR, AUTHORITY, 1)).await;
    for _ in 0..8 {
        let begun = house.data.ledger.attempt(id, &AttemptStep::Begin, house.service.now()).await;
        begun.expect("is written down, and the process ends");
    }
    house.clock.advance(TimeDelta::days(1));
    assert_eq!(house.started_again().recover().await.expect("goes on"), Recovered::default(), "it is tried no more");
    let refused = house.service.end_upload(id, "Of Ms Zimtstern, NHS number 943 476 5919.").await;
    assert_eq!(refused.expect_err("is searched").code(), "identifying-text");
    let ended = house.service.end_upload(id, "The program ends at it; please send it as CSV.").await.expect("is ended");
    assert_eq!(ended.state, ReturnState::Rejected);
    assert_eq!(house.data.archive.list(Folder::Originals).await.expect("lists"), []);
    let receipt = house.data.ledger.receipt(id).await.expect("reads").expect("is there");
    assert_eq!(receipt.codes, Vec::<String>::new());
    let history = house.service.history(&submitter, id).await.expect("is told");
    assert!(history.iter().filter_map(|event| event.note.as_deref()).any(|note| note.ends_with("send it as CSV.")));
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
