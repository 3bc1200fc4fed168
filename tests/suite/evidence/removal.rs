//! An authority's data is removed on request: nothing of its words is left in any file, and what is published stays.

use crate::evidence::retention::POLICY;
use crate::service_support::{AUTHORITY, House, YEAR, sample};
use homeward::domain::account::Role;
use homeward::domain::identifier::ReturnId;
use homeward::domain::state::ReturnState;
use homeward::flow::{FlowError, NewRelease, Standing};
use homeward::publish::is_for_readers;
use homeward::store::{Archive, DataFolder, Explained, Explanation, Folder, Ledger, audit};

const SAID: &str = "Haselnusskringel4711";
const NOTED: &str = "Vanillekipferl4711";

/// An accepted return whose authority explained and noted something.
async fn accepted_with_words(house: &House) -> ReturnId {
    let (submitter, signatory) = (house.account(Role::Submitter).await, house.account(Role::Signatory).await);
    let collector = house.account(Role::Collector).await;
    let sent = house.submit(&submitter, &sample(YEAR, AUTHORITY, 1)).await.expect("is received");
    let id = sent.record.id;
    let explanation = Explanation {
        about: Explained::Rule("Q601".to_owned()),
        code: "Q601".to_owned(),
        text: format!("{SAID} {}", "and so on ".repeat(500)),
        by: submitter.key,
        at: house.service.now(),
        carried_from: None,
    };
    house.data.ledger.explain(id, &[explanation]).await.expect("explains");
    house.explain_all(&submitter, &sent).await;
    house.service.sign(&signatory, id, Some(NOTED.to_owned())).await.expect("is signed");
    house.service.accept(&collector, id, None).await.expect("is accepted");
    id
}

#[tokio::test]
async fn nothing_of_an_authoritys_words_is_left_in_any_file() {
    let house = House::new().await;
    let id = accepted_with_words(&house).await;
    let other = house.accept("331", &sample(YEAR, "331", 1)).await.record.id;
    for words in [SAID, NOTED] {
        assert!(!house.files_with(words.as_bytes()).is_empty(), "the search finds what is there");
    }
    let removed = house.service.remove_data_of(AUTHORITY, AUTHORITY, "It asked for it.", None).await.expect("removes");
    assert!(removed.objects > 5 && removed.certificate.is_some(), "{removed:?}");
    for words in [SAID, NOTED] {
        assert_eq!(house.files_with(words.as_bytes()), Vec::<std::path::PathBuf>::new(), "{words}");
    }
    for folder in [Folder::Originals, Folder::Reports, Folder::Tables] {
        let left = house.data.archive.list(folder).await.expect("lists");
        assert!(!left.is_empty() && left.iter().all(|name| name.return_id() == Some(other)), "{left:?}");
    }
    let kept = house.data.ledger.return_by_id(id).await.expect("reads").expect("its line stays");
    assert_eq!(kept.state, ReturnState::Accepted);
    assert!(kept.verdict.is_some_and(|verdict| !verdict.counts.rows.is_empty()), "counts stay");
    assert_eq!(house.data.ledger.signed_receipts(id).await.expect("lists").len(), 3, "receipts stay");
    let walked = audit(&DataFolder::ledger_file(house.folder()), &[], None).await.expect("walks");
    assert_eq!(walked.fault, None, "the chain holds without the words");
    assert_eq!(house.service.verify_deletions().await.expect("looks").wrong, Vec::<String>::new());
    let again = house.service.remove_data_of(AUTHORITY, AUTHORITY, "Once more.", None).await.expect("finds nothing");
    assert_eq!((again.objects, again.certificate), (0, None));
    assert_eq!(house.service.retain(&POLICY).await.expect("runs").deleted, 0);

    // It can send again, and its new return counts.
    let anew = house.accept(AUTHORITY, &sample(YEAR, AUTHORITY, 2)).await.record;
    assert_eq!(anew.version, Some(2));
}

#[tokio::test]
async fn a_removal_takes_the_code_twice_a_reason_and_a_collector() {
    let house = House::new().await;
    accepted_with_words(&house).await;
    let service = &house.service;
    let collector = house.account(Role::Collector).await;
    let reason = "It asked for it.";
    for role in Role::ALL.into_iter().filter(|role| *role != Role::Collector) {
        let account = house.account(role).await;
        let answer = service.remove_authority(&account, AUTHORITY, AUTHORITY, reason).await;
        assert!(matches!(answer, Err(FlowError::NotAllowed { .. })), "{role}: {answer:?}");
    }
    let wrong = [
        (AUTHORITY, "331", reason, "request-invalid"),
        ("000", "000", reason, "not-found"),
        (AUTHORITY, AUTHORITY, " ", "request-invalid"),
        (AUTHORITY, AUTHORITY, "Ask 07700 900123.", "identifying-text"),
    ];
    for (code, confirm, reason, expected) in wrong {
        let refused = service.remove_authority(&collector, code, confirm, reason).await.expect_err("is refused");
        assert_eq!(refused.code(), expected, "{refused}");
    }
    assert!(house.data.ledger.deletions(None).await.expect("lists").is_empty());
    let removed = service.remove_authority(&collector, AUTHORITY, AUTHORITY, reason).await.expect("removes");
    assert!(removed.objects > 0);
}

#[tokio::test]
async fn what_is_published_stays_and_nothing_new_comes_of_it() {
    let house = House::new().await;
    house.accept(AUTHORITY, &sample(YEAR, AUTHORITY, 1)).await;
    house.accept("331", &sample(YEAR, "331", 1)).await;
    let (one, two) = (house.account(Role::Collector).await, house.account(Role::Collector).await);
    let service = &house.service;
    let published = service.build_release(&one, NewRelease::of(YEAR)).await.expect("is built");
    let draft = service.build_release(&one, NewRelease::of(YEAR)).await.expect("is built");
    service.approve_release(&two, published.id).await.expect("is approved");
    service.publish_release(&one, published.id, None).await.expect("is published");
    assert!(service.verify_release(published.id).await.expect("verifies").gone.is_empty());
    let certificate = service.remove_authority(&one, AUTHORITY, AUTHORITY, "It asked for it.").await.expect("removes");
    let certificate = certificate.certificate.expect("is signed").id;

    let verified = service.verify_release(published.id).await.expect("verifies");
    assert!(verified.holds(), "{verified:?}");
    let [gone] = verified.gone.as_slice() else { panic!("{verified:?}") };
    assert_eq!((gone.authority.as_str(), gone.version, gone.certificate), (AUTHORITY, Some(1), certificate));
    for file in verified.release.files.iter().filter(|file| is_for_readers(&file.name)) {
        service.release_file(None, published.id, &file.name).await.expect("everybody can still read it");
    }
    let revision = NewRelease { reason: Some("A correction.".to_owned()), ..NewRelease::of(YEAR) };
    let refused = service.build_release(&one, revision.clone()).await.expect_err("an input is gone");
    assert_eq!(refused.code(), "release-refused");
    assert!(refused.to_string().contains(&certificate.to_string()), "{refused}");
    let refused = service.approve_release(&two, draft.id).await.expect_err("it rests on what is gone");
    assert!(refused.to_string().contains("was deleted"), "{refused}");
    house.accept(AUTHORITY, &sample(YEAR, AUTHORITY, 2)).await;
    service.build_release(&one, revision).await.expect("all its inputs exist again");
}

#[tokio::test]
async fn a_removed_authority_counts_as_missing_in_a_release_that_was_never_published() {
    let house = House::new().await;
    house.accept(AUTHORITY, &sample(YEAR, AUTHORITY, 1)).await;
    house.accept("331", &sample(YEAR, "331", 1)).await;
    let (collector, before) = (house.account(Role::Collector).await, house.service.now());
    house.clock.advance(chrono::Duration::hours(1));
    let removed = house.service.remove_authority(&collector, AUTHORITY, AUTHORITY, "It asked for it.").await;
    removed.expect("removes");

    let standing = async |as_of| {
        let told = house.service.coverage_as_of(&collector, YEAR, as_of).await.expect("is told");
        let own = told.authorities.iter().find(|one| one.authority.code == AUTHORITY).expect("is expected");
        (own.standing, own.in_force.is_some(), told.england.accepted, told.england.missing)
    };
    assert_eq!(standing(None).await, (Standing::Missing, false, 1, 152));
    assert_eq!(standing(Some(before)).await, (Standing::Accepted, true, 2, 151), "as it was");

    let draft = house.service.build_release(&collector, NewRelease::of(YEAR)).await.expect("is built without it");
    let manifest: serde_json::Value = serde_json::from_str(&draft.manifest).expect("reads");
    let counted: Vec<&str> =
        manifest["returns"].as_array().expect("returns").iter().filter_map(|one| one["authority"].as_str()).collect();
    assert_eq!(counted, ["331"]);
    let (_, notes) = house.service.release_file(Some(&collector), draft.id, "notes.md").await.expect("is kept");
    let notes = String::from_utf8_lossy(&notes).into_owned();
    let missing = notes.lines().find(|line| line.contains("Without an accepted return")).expect("is told");
    assert!(missing.contains("Birmingham"), "{missing}");
    assert!(house.service.verify_release(draft.id).await.expect("verifies").holds());
}

#[tokio::test]
async fn a_version_without_content_is_never_accepted() {
    let house = House::new().await;
    let (submitter, signatory) = (house.account(Role::Submitter).await, house.account(Role::Signatory).await);
    let collector = house.account(Role::Collector).await;
    let sent = house.submit(&submitter, &sample(YEAR, AUTHORITY, 1)).await.expect("is received");
    house.explain_all(&submitter, &sent).await;
    let id = sent.record.id;
    house.service.sign(&signatory, id, None).await.expect("is signed");
    house.service.remove_data_of(AUTHORITY, AUTHORITY, "It asked for it.", None).await.expect("removes");
    let refused = house.service.accept(&collector, id, None).await.expect_err("there is nothing to count");
    assert_eq!(refused.code(), "content-deleted", "{refused}");
    let state = house.data.ledger.return_by_id(id).await.expect("reads").expect("is there").state;
    assert_eq!(state, ReturnState::Signed);
    let reason = "Please send it again.".to_owned();
    house.service.send_back(&collector, id, reason).await.expect("what has no content can still be ended");
}
