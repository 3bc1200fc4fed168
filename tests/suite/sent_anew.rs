//! The same bytes sent again: one return while it stands, and a new version when it does not.

use super::service_support::{AUTHORITY, House, YEAR, sample};
use homeward::domain::account::Role;
use homeward::domain::evidence::{DeletedOf, DeletionCause};
use homeward::domain::identifier::CertificateId;
use homeward::domain::state::ReturnState;
use homeward::store::{Archive, Doomed, EventSubject, Explained, Explanation, Ledger, ObjectName, Page, ReturnFilter};

async fn count(house: &House) -> usize {
    house.data.ledger.returns(&ReturnFilter::default(), Page::ALL).await.expect("lists").len()
}

#[tokio::test]
async fn another_key_is_the_same_return_while_it_stands_and_a_new_one_afterwards() {
    let house = House::new().await;
    let (submitter, collector) = (house.account(Role::Submitter).await, house.account(Role::Collector).await);
    let bytes = sample(YEAR, AUTHORITY, 1);
    let first = house.submit_with_key(&submitter, &bytes, Some("one")).await.expect("is received").record;
    // Whoever sent it was killed before the answer came, and draws another key.
    let again = house.submit_with_key(&submitter, &bytes, Some("two")).await.expect("is received");
    assert_eq!((again.record.id, again.replayed, count(&house).await), (first.id, true, 1));

    let reason = "Please say more about the siblings.".to_owned();
    house.service.send_back(&collector, first.id, reason).await.expect("is sent back");
    let again = house.submit_with_key(&submitter, &bytes, Some("one")).await.expect("is answered");
    assert_eq!((again.record.id, again.record.state), (first.id, ReturnState::SentBack), "one key is one sending");
    let second = house.submit_with_key(&submitter, &bytes, Some("three")).await.expect("is received");
    assert_eq!((second.replayed, second.record.version), (false, Some(2)));

    house.service.withdraw(&submitter, second.record.id, None).await.expect("is withdrawn");
    let third = house.submit_with_key(&submitter, &bytes, Some("four")).await.expect("is received");
    assert_eq!((third.replayed, third.record.version), (false, Some(3)));
}

#[tokio::test]
async fn what_was_refused_before_its_time_is_taken_in_its_time() {
    let house = House::new().await;
    let submitter = house.account(Role::Submitter).await;
    let bytes = sample(YEAR, AUTHORITY, 1);
    house.clock.advance(chrono::Duration::days(-60));
    let early = house.submit_with_key(&submitter, &bytes, Some("early")).await.expect("is received").record;
    assert_eq!(early.state, ReturnState::Rejected, "its collection is not open yet");
    house.clock.advance(chrono::Duration::days(60));
    let in_time = house.submit_with_key(&submitter, &bytes, Some("in-time")).await.expect("is received").record;
    assert_eq!((in_time.state, in_time.version), (ReturnState::Checked, Some(1)));
}

#[tokio::test]
async fn the_bytes_of_what_was_removed_make_a_new_version() {
    let house = House::new().await;
    let (submitter, bytes) = (house.account(Role::Submitter).await, sample(YEAR, AUTHORITY, 1));
    let keyed = sample(YEAR, AUTHORITY, 2);
    let of_key = house.submit_with_key(&submitter, &keyed, Some("june")).await.expect("is received").record;
    house.accept(AUTHORITY, &bytes).await;
    house.service.remove_data_of(AUTHORITY, AUTHORITY, "Sent by mistake.", None).await.expect("removes");

    let anew = house.submit(&submitter, &bytes).await.expect("is received");
    assert_eq!((anew.replayed, anew.record.state, anew.record.version), (false, ReturnState::Checked, Some(3)));
    assert!(anew.report.is_some());
    let again = house.submit(&submitter, &bytes).await.expect("is answered");
    assert_eq!((again.replayed, again.record.id), (true, anew.record.id));

    let refused = house.submit_with_key(&submitter, &keyed, Some("june")).await.expect_err("its content is gone");
    assert_eq!(refused.code(), "content-deleted", "{refused}");
    let left = house.data.archive.get(&ObjectName::original(of_key.id)).await;
    assert!(left.is_err(), "nothing came back");
    let anew = house.submit_with_key(&submitter, &keyed, Some("july")).await.expect("is received");
    assert_eq!((anew.replayed, anew.record.version), (false, Some(4)));
}

/// Where the deletion of a version is written and not done yet, as a stop in between leaves it.
#[tokio::test]
async fn reasons_of_a_version_that_is_being_deleted_go_nowhere() {
    let house = House::new().await;
    let (submitter, collector) = (house.account(Role::Submitter).await, house.account(Role::Collector).await);
    let sent = house.submit(&submitter, &sample(YEAR, AUTHORITY, 1)).await.expect("is received");
    let id = sent.record.id;
    let reason = Explanation {
        about: Explained::Rule("Q601".to_owned()),
        code: "Q601".to_owned(),
        text: "It is so in our records.".to_owned(),
        by: submitter.key,
        at: house.service.now(),
        carried_from: None,
    };
    house.data.ledger.explain(id, &[reason]).await.expect("explains");
    assert!(!house.data.ledger.explanations(id).await.expect("lists").is_empty());
    house.service.send_back(&collector, id, "Please look again.".to_owned()).await.expect("is sent back");
    let doomed = |name: String| Doomed {
        name,
        of: DeletedOf::Return(id),
        authority: AUTHORITY.to_owned(),
        sha256: None,
        bytes: 1,
    };
    let both = [doomed(ObjectName::report(id).to_string()), doomed(format!("explanations/{id}"))];
    let certificate = CertificateId::new(house.service.now());
    let cause = DeletionCause::Removal { reason: "Sent by mistake.".to_owned(), by: None };
    house.data.ledger.plan_deletions(certificate, &cause, &both, None, house.service.now()).await.expect("plans");

    let next = house.submit(&submitter, &sample(YEAR, AUTHORITY, 2)).await.expect("is received");
    assert_eq!(next.carried, None);
    assert!(house.data.ledger.explanations(next.record.id).await.expect("lists").is_empty());
    let told = house.data.ledger.events(EventSubject::Return(next.record.id)).await.expect("lists");
    assert!(told.iter().all(|event| event.note.as_deref().is_none_or(|note| !note.contains("carried"))), "{told:?}");
}
