//! What is kept long enough is deleted, with evidence before and after; what was interrupted is finished.

use crate::service_support::{AUTHORITY, House, YEAR, sample};
use chrono::Duration;
use homeward::domain::account::Role;
use homeward::domain::digest::Digest;
use homeward::domain::evidence::{Certificate, DeletedOf, DeletionCause, open};
use homeward::domain::identifier::{CertificateId, ReturnId};
use homeward::domain::state::ReturnState;
use homeward::flow::RetentionPolicy;
use homeward::store::{Archive, DataFolder, Doomed, EventSubject, Folder, Ledger, ObjectName, audit};

pub(crate) const POLICY: RetentionPolicy = RetentionPolicy {
    originals_days: 180,
    ended_days: 365,
    undecided_days: 730,
    accepted_years: 7,
    accesses_days: 730,
    keys_days: 90,
    people_days: 730,
    unknown_days: 30,
};

async fn objects(house: &House, id: ReturnId) -> Vec<String> {
    let archive = &house.data.archive;
    let mut found = Vec::new();
    for folder in [Folder::Originals, Folder::Reports, Folder::Tables] {
        found
            .extend(archive.list(folder).await.expect("lists").into_iter().filter(|name| name.return_id() == Some(id)));
    }
    found.iter().map(ToString::to_string).collect()
}

async fn nothing_is_wrong(house: &House) {
    let verified = house.service.verify_deletions().await.expect("looks");
    assert_eq!(verified.wrong, Vec::<String>::new());
    let walked = audit(&DataFolder::ledger_file(house.folder()), &[], None).await.expect("walks");
    assert_eq!(walked.fault, None);
}

#[tokio::test]
async fn each_thing_goes_when_its_time_is_over_and_not_before() {
    let house = House::new().await;
    let collector = house.account(Role::Collector).await;
    let superseded = house.accept(AUTHORITY, &sample(YEAR, AUTHORITY, 1)).await.record.id;
    let accepted = house.accept(AUTHORITY, &sample(YEAR, AUTHORITY, 2)).await.record.id;
    let undecided = house.accept("331", &sample(YEAR, "331", 1)).await.record.id;
    let whole = objects(&house, superseded).await;
    assert!(whole.len() > 4, "{whole:?}");
    let steps = [(179, [false, false, false]), (2, [false, false, false]), (185, [true, false, false])];
    let mut deleted = 0;
    for (days, gone) in steps {
        house.clock.advance(Duration::days(days));
        let due: usize = house.service.due(&POLICY).await.expect("looks").values().map(Vec::len).sum();
        assert_eq!(house.service.due(&POLICY).await.expect("looks").values().map(Vec::len).sum::<usize>(), due);
        let retained = house.service.retain(&POLICY).await.expect("runs");
        assert_eq!(retained.deleted as usize, due, "a dry run says what a run does");
        deleted += retained.deleted;
        for (id, gone) in [superseded, accepted, undecided].into_iter().zip(gone) {
            let left = objects(&house, id).await;
            assert_eq!(left.is_empty(), gone, "{days}: {left:?}");
        }
        nothing_is_wrong(&house).await;
    }
    assert!(deleted > 5);
    assert!(house.data.archive.list(Folder::Originals).await.expect("lists").is_empty(), "originals go first");
    let refused = house.service.report(&collector, superseded).await.expect_err("is deleted");
    assert_eq!(refused.code(), "content-deleted");
    assert!(refused.to_string().contains("ended_days = 365"), "{refused}");
    house.service.report(&collector, accepted).await.expect("still counts");
    let receipts = house.data.ledger.signed_receipts(superseded).await.expect("lists");
    assert_eq!(receipts.last().map(|receipt| receipt.decision), Some(ReturnState::Superseded), "receipts stay");
    house.clock.advance(Duration::days(7 * 366));
    house.service.retain(&POLICY).await.expect("runs");
    assert!(house.data.archive.list(Folder::Tables).await.expect("lists").is_empty());
    nothing_is_wrong(&house).await;
}

#[tokio::test]
async fn every_deletion_is_written_before_and_after_and_certified() {
    let house = House::new().await;
    let submitter = house.account(Role::Submitter).await;
    let id = house.submit(&submitter, &sample(YEAR, AUTHORITY, 1)).await.expect("is received").record.id;
    let kept = house.data.archive.get(&ObjectName::original(id)).await.expect("is there");
    house.clock.advance(Duration::days(200));
    let retained = house.service.retain(&POLICY).await.expect("runs");
    assert_eq!((retained.deleted, retained.certificates.len()), (1, 1));
    let keys = house.service.receipt_keys().await.expect("are published");
    let (certificate, _) =
        open::<Certificate>(retained.certificates[0].envelope.as_bytes(), &keys).expect("the certificate holds");
    let object = &certificate.objects[0];
    assert_eq!((object.name.as_str(), object.sha256), (&*format!("originals/{id}.zst"), Some(Digest::of(&kept))));
    assert_eq!(certificate.cause, DeletionCause::Schedule { rule: "originals_days = 180".to_owned() });
    let told = house.data.ledger.events(EventSubject::Return(id)).await.expect("lists");
    let planned = told.iter().find(|event| event.what == "plan deletions").expect("is written before");
    let confirmed = told.iter().find(|event| event.what == "confirm deletions").expect("is written after");
    assert_eq!((planned.sequence, confirmed.sequence), (object.planned, object.confirmed));
    assert!(planned.note.as_ref().is_some_and(|note| note.contains(&Digest::of(&kept).to_string())), "{planned:?}");
    assert_eq!(house.service.retain(&POLICY).await.expect("runs").deleted, 0, "once is enough");

    // What is called deleted and is there again is found.
    house.data.archive.put(&ObjectName::original(id), kept).await.expect("puts");
    let verified = house.service.verify_deletions().await.expect("looks");
    assert!(verified.wrong.iter().any(|wrong| wrong.contains("is called deleted and is there")), "{verified:?}");
    house.data.archive.delete(&ObjectName::original(id)).await.expect("deletes");
    // And so is what went without a word.
    house.data.archive.delete(&ObjectName::report(id)).await.expect("deletes");
    let verified = house.service.verify_deletions().await.expect("looks");
    assert!(verified.wrong.iter().any(|wrong| wrong.contains("nothing says that it was deleted")), "{verified:?}");
}

#[tokio::test]
async fn a_run_that_was_interrupted_is_finished_by_the_next() {
    let house = House::new().await;
    let submitter = house.account(Role::Submitter).await;
    let id = house.submit(&submitter, &sample(YEAR, AUTHORITY, 1)).await.expect("is received").record.id;
    // The process dies after the first step, and after the deletion itself of one of two.
    let doomed = |name: ObjectName| Doomed {
        name: name.to_string(),
        of: DeletedOf::Return(id),
        authority: AUTHORITY.to_owned(),
        sha256: None,
        bytes: 1,
    };
    let certificate = CertificateId::new(house.service.now());
    let cause = DeletionCause::Schedule { rule: "originals_days = 180".to_owned() };
    let both = [doomed(ObjectName::original(id)), doomed(ObjectName::report(id))];
    house.data.ledger.plan_deletions(certificate, &cause, &both, None, house.service.now()).await.expect("plans");
    house.data.archive.delete(&ObjectName::original(id)).await.expect("deletes");
    let verified = house.service.verify_deletions().await.expect("looks");
    assert_eq!(verified.gone, 0);
    assert_eq!(verified.wrong.len(), 3, "two are not finished and the certificate is missing: {verified:?}");
    let retained = house.started_again().retain(&POLICY).await.expect("runs");
    assert_eq!((retained.finished, retained.deleted), (2, 2));
    assert_eq!(retained.certificates.iter().map(|one| one.id).collect::<Vec<_>>(), [certificate]);
    nothing_is_wrong(&house).await;
    let again = house.service.retain(&POLICY).await.expect("runs");
    assert_eq!((again.deleted, again.certificates.len()), (0, 0));
}

#[tokio::test]
async fn keys_that_ended_go_unless_the_history_names_them() {
    let house = House::new().await;
    let submitter = house.account(Role::Submitter).await;
    let unused = house.account(Role::Operator).await;
    house.submit(&submitter, &sample(YEAR, AUTHORITY, 1)).await.expect("is received");
    for key in [submitter.key, unused.key] {
        house.data.ledger.revoke_key(key, house.service.now(), None).await.expect("ends");
    }
    house.clock.advance(Duration::days(91));
    let retained = house.service.retain(&POLICY).await.expect("runs");
    assert_eq!(retained.lines_removed, 1);
    let left = house.data.ledger.keys(&homeward::store::KeyFilter::default()).await.expect("lists");
    assert!(left.iter().any(|key| key.id == submitter.key) && left.iter().all(|key| key.id != unused.key));
    nothing_is_wrong(&house).await;
}

/// Bytes that are sealed with a key that nobody has.
const SEALED: &[u8] = b"\x93HWSEAL\x01\x04lostand a nonce and a ciphertext that nobody opens";

#[tokio::test]
async fn one_object_that_cannot_be_read_keeps_nothing_else() {
    let house = House::new().await;
    let first = house.accept(AUTHORITY, &sample(YEAR, AUTHORITY, 1)).await.record.id;
    let other = house.accept("331", &sample(YEAR, "331", 1)).await.record.id;
    let damaged = ObjectName::original(first);
    house.data.archive.put(&damaged, bytes::Bytes::from_static(SEALED)).await.expect("puts");
    assert!(house.data.archive.get(&damaged).await.is_err());
    house.clock.advance(Duration::days(181));
    let due: usize = house.service.due(&POLICY).await.expect("looks").values().map(Vec::len).sum();
    let retained = house.service.retain(&POLICY).await.expect("runs");
    assert_eq!((due, retained.deleted), (2, 2));
    assert!(house.data.archive.list(Folder::Originals).await.expect("lists").is_empty());
    let deletions = house.data.ledger.deletions(None).await.expect("lists");
    let digest =
        |id| deletions.iter().find(|one| one.object.of == DeletedOf::Return(id)).expect("is written").object.sha256;
    assert_eq!((digest(first).is_none(), digest(other).is_some()), (true, true));
    nothing_is_wrong(&house).await;
    assert!(house.service.metrics().render().expect("renders").contains("homeward_retention_overdue_returns 0\n"));
}

#[tokio::test]
async fn a_version_is_compared_with_the_last_whose_content_is_there() {
    let house = House::new().await;
    let submitter = house.account(Role::Submitter).await;
    let first = house.accept(AUTHORITY, &sample(YEAR, AUTHORITY, 1)).await.record.id;
    let second = house.submit(&submitter, &sample(YEAR, AUTHORITY, 2)).await.expect("is received").record.id;
    house.service.withdraw(&submitter, second, None).await.expect("is withdrawn");
    let third = house.submit(&submitter, &sample(YEAR, AUTHORITY, 3)).await.expect("is received").record.id;
    let since = async || house.service.changes(&submitter, third, None).await.expect("compares").since.id;
    assert_eq!(since().await, second);
    house.clock.advance(Duration::days(366));
    house.service.retain(&POLICY).await.expect("runs");
    assert_eq!(since().await, first);
    let named = house.service.changes(&submitter, third, Some(second)).await.expect_err("its content is gone");
    assert_eq!(named.code(), "content-deleted");
}
