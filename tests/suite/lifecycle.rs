//! A return on its way: sent, checked, explained, signed, accepted; and every way in which it does not get there.

use super::service_support::{AUTHORITY, House, YEAR, files, sample, sample_without};
use homeward::domain::account::Role;
use homeward::domain::report::Outcome;
use homeward::domain::state::ReturnState;
use homeward::flow::{CheckOnly, FindingFilter, FlowError, NewExplanation, Standing};
use homeward::store::{Archive, Explained, Folder, Ledger, Page, ReturnFilter};

#[tokio::test]
async fn a_return_goes_the_whole_way() {
    let house = House::new().await;
    let (submitter, signatory) = (house.account(Role::Submitter).await, house.account(Role::Signatory).await);
    let collector = house.account(Role::Collector).await;
    let sent = house.submit(&submitter, &sample(YEAR, AUTHORITY, 1)).await.expect("is received");
    let id = sent.record.id;
    assert_eq!((sent.record.state, sent.record.version), (ReturnState::Checked, Some(1)));
    assert!(!sent.replayed);
    house.explain_all(&submitter, &sent).await;
    let signed = house.service.sign(&signatory, id, None).await.expect("is signed");
    assert_eq!(signed.state, ReturnState::Signed);
    let accepted = house.service.accept(&collector, id, None).await.expect("is accepted");
    assert_eq!((accepted.now.state, accepted.superseded), (ReturnState::Accepted, None));
    let tables = house.data.archive.list(Folder::TablesOf(id)).await.expect("lists");
    assert!(tables.len() >= 4, "one Parquet file for each table: {tables:?}");
    let coverage = house.service.coverage(&collector, YEAR).await.expect("is told");
    let own = coverage.authorities.iter().find(|one| one.authority.code == AUTHORITY).expect("is expected");
    assert_eq!((own.standing, own.in_force, own.on_time), (Standing::Accepted, Some((id, 1)), true));
    assert_eq!((coverage.england.expected, coverage.england.accepted), (153, 1));
    let told: Vec<_> = house.service.history(&submitter, id).await.expect("is told");
    let told: Vec<_> = told.iter().map(|event| event.what.as_str()).collect();
    assert_eq!(told, ["receive upload", "keep checked return", "sign return", "accept return"]);
}

#[tokio::test]
async fn the_old_version_counts_until_the_new_one_is_accepted() {
    let house = House::new().await;
    let (submitter, signatory) = (house.account(Role::Submitter).await, house.account(Role::Signatory).await);
    let collector = house.account(Role::Collector).await;
    let mut in_force = None;
    for seed in 1..=2 {
        let sent = house.submit(&submitter, &sample(YEAR, AUTHORITY, seed)).await.expect("is received");
        house.explain_all(&submitter, &sent).await;
        house.service.sign(&signatory, sent.record.id, None).await.expect("is signed");
        let coverage = house.service.coverage(&collector, YEAR).await.expect("is told");
        let own = coverage.authorities.iter().find(|one| one.authority.code == AUTHORITY).expect("is expected");
        assert_eq!(own.in_force.map(|(id, _)| id), in_force);
        let accepted = house.service.accept(&collector, sent.record.id, None).await.expect("is accepted");
        assert_eq!(accepted.superseded, in_force);
        in_force = Some(sent.record.id);
    }
}

#[tokio::test]
async fn a_rejected_upload_leaves_a_receipt_and_no_bytes() {
    let house = House::new().await;
    let submitter = house.account(Role::Submitter).await;
    let canary = b"Zimtstern4711";
    let table = |heading: &str| format!("CHILD,{heading}\nZimtstern4711,1\n").into_bytes();
    let sent = house.submit(&submitter, &table("UNKNOWN_COLUMN")).await.expect("is received");
    assert_eq!((sent.record.state, sent.record.verdict), (ReturnState::Rejected, None));
    let report = sent.report.expect("has a report");
    assert_eq!(report.outcome, Outcome::Rejected);
    let receipt = sent.receipt.expect("has a receipt");
    assert!(receipt.codes.iter().all(|code| report.counts.by_code.contains_key(code)), "{:?}", receipt.codes);
    assert!(!receipt.codes.is_empty());
    assert_eq!(house.files_with(canary), Vec::<std::path::PathBuf>::new());
    assert!(house.data.archive.list(Folder::Originals).await.expect("lists").is_empty());
    assert_eq!(house.service.receipts(&submitter, Page::ALL).await.expect("lists"), [receipt]);

    // The search finds the same bytes where a version is kept, so it would have found them here.
    let id = homeward::domain::identifier::ReturnId::new(house.service.now());
    let kept = homeward::store::compress(table("X").as_slice()).expect("compresses");
    house.data.archive.put(&homeward::store::ObjectName::original(id), kept).await.expect("puts");
    assert_eq!(house.files_with(canary).len(), 1);
}

#[tokio::test]
async fn sent_again_it_is_the_same_return() {
    let house = House::new().await;
    let submitter = house.account(Role::Submitter).await;
    let (good, other) = (sample(YEAR, AUTHORITY, 1), sample(YEAR, AUTHORITY, 2));
    let first = house.submit_with_key(&submitter, &good, Some("june")).await.expect("is received");
    for key in [Some("june"), None] {
        let again = house.submit_with_key(&submitter, &good, key).await.expect("is received");
        assert!(again.replayed);
        assert_eq!(again.record, first.record);
        let (first, again) = (first.report.as_ref().expect("a report"), again.report.expect("a report"));
        assert_eq!((again.findings, again.counts), (first.findings.clone(), first.counts.clone()));
    }
    let conflict = house.submit_with_key(&submitter, &other, Some("june")).await.expect_err("is refused");
    assert!(matches!(conflict, FlowError::IdempotencyConflict));
    assert_eq!(house.data.archive.list(Folder::Originals).await.expect("lists").len(), 1);

    let bad = b"CHILD,UNKNOWN_COLUMN\nx,1\n";
    let rejected = house.submit_with_key(&submitter, bad, Some("july")).await.expect("is received");
    let again = house.submit_with_key(&submitter, bad, Some("july")).await.expect("is received");
    assert_eq!((again.record, again.receipt), (rejected.record, rejected.receipt));
    assert_eq!(again.report.expect("a report").findings, rejected.report.expect("a report").findings);
    assert_eq!(house.data.archive.list(Folder::Originals).await.expect("lists").len(), 1);
}

#[tokio::test]
async fn sent_twice_at_once_it_is_one_return() {
    let house = House::new().await;
    let submitter = house.account(Role::Submitter).await;
    let bytes = sample(YEAR, AUTHORITY, 1);
    let (one, two) = futures::join!(house.submit(&submitter, &bytes), house.submit(&submitter, &bytes));
    let (one, two) = (one.expect("is received"), two.expect("is received"));
    assert_eq!(one.record.id, two.record.id);
    assert!(one.replayed != two.replayed);
    let all = house.data.ledger.returns(&ReturnFilter::default(), Page::ALL).await.expect("lists");
    assert_eq!(all.len(), 1);
    assert_eq!(house.data.archive.list(Folder::Originals).await.expect("lists").len(), 1);
}

#[tokio::test]
async fn of_two_who_act_at_once_one_wins() {
    let house = House::new().await;
    let (submitter, signatory) = (house.account(Role::Submitter).await, house.account(Role::Signatory).await);
    let collector = house.account(Role::Collector).await;
    let sent = house.submit(&submitter, &sample(YEAR, AUTHORITY, 1)).await.expect("is received");
    house.explain_all(&submitter, &sent).await;
    let id = sent.record.id;
    let (one, two) = futures::join!(house.service.sign(&signatory, id, None), house.service.sign(&signatory, id, None));
    assert!(one.is_ok() != two.is_ok(), "{one:?} {two:?}");
    let lost = one.err().or(two.err()).expect("one lost");
    assert_eq!(lost.code(), "wrong-state");
    let (accepted, back) = futures::join!(
        house.service.accept(&collector, id, None),
        house.service.send_back(&collector, id, "Please look again.".to_owned())
    );
    assert!(accepted.is_ok() != back.is_ok(), "{accepted:?} {back:?}");
}

#[tokio::test]
async fn a_return_is_signed_only_when_nothing_is_open() {
    let house = House::new().await;
    let (submitter, signatory) = (house.account(Role::Submitter).await, house.account(Role::Signatory).await);
    let sent = house.submit(&submitter, &sample_without(YEAR, "children", "SEX")).await.expect("is received");
    assert_eq!(sent.record.state, ReturnState::Checked);
    assert_eq!(sent.report.expect("a report").outcome, Outcome::Errors);
    let refused = house.service.sign(&signatory, sent.record.id, None).await.expect_err("has errors");
    let FlowError::NotReadyToSign { remaining } = refused else { panic!("{refused}") };
    assert!(!remaining.is_empty());
    let error = NewExplanation { about: Explained::Rule("V01".to_owned()), text: "So be it.".to_owned() };
    let refused = house.service.explain(&submitter, sent.record.id, vec![error]).await.expect_err("is an error");
    assert_eq!(refused.code(), "request-invalid");
    let tables = house.data.archive.list(Folder::Tables).await.expect("lists");
    assert!(tables.is_empty(), "what cannot count is not written as tables: {tables:?}");
    let page = Page { skip: 0, take: 1 };
    let filter = FindingFilter { code: Some("v01".to_owned()), ..FindingFilter::default() };
    let listed = house.service.findings(&submitter, sent.record.id, &filter, page).await.expect("lists");
    assert_eq!((listed.findings.len(), listed.findings[0].finding.code.as_str()), (1, "V01"));
    assert!(listed.total >= 1);
}

#[tokio::test]
async fn what_is_another_authoritys_is_not_there() {
    let house = House::new().await;
    let submitter = house.account(Role::Submitter).await;
    let neighbour = house.account_of(Role::Submitter, "331").await;
    let neighbour_signs = house.account_of(Role::Signatory, "331").await;
    let sent = house.submit(&submitter, &sample(YEAR, AUTHORITY, 1)).await.expect("is received");
    let id = sent.record.id;
    let unknown = homeward::domain::identifier::ReturnId::new(house.service.now());
    for wanted in [id, unknown] {
        let service = &house.service;
        let answers = [
            service.return_by_id(&neighbour, wanted).await.err(),
            service.report(&neighbour, wanted).await.err(),
            service.history(&neighbour, wanted).await.err(),
            service.explain(&neighbour, wanted, Vec::new()).await.err(),
            service.sign(&neighbour_signs, wanted, None).await.err(),
            service.withdraw(&neighbour, wanted, None).await.err(),
        ];
        for answer in answers {
            assert!(matches!(answer, Some(FlowError::NotFound)), "{answer:?}");
        }
    }
    assert!(house.service.returns(&neighbour, ReturnFilter::default(), Page::ALL).await.expect("lists").is_empty());
    // A return in another's name is refused, and only its sender hears of it.
    let refused = house.submit(&neighbour, &sample(YEAR, AUTHORITY, 2)).await.expect("is received");
    assert_eq!(refused.receipt.expect("a receipt").codes, ["F18"]);
}

#[tokio::test]
async fn each_role_does_its_own() {
    let house = House::new().await;
    let submitter = house.account(Role::Submitter).await;
    let sent = house.submit(&submitter, &sample(YEAR, AUTHORITY, 1)).await.expect("is received");
    let id = sent.record.id;
    for role in Role::ALL {
        let account = house.account(role).await;
        let service = &house.service;
        let refused = |answer: Option<FlowError>| matches!(answer, Some(FlowError::NotAllowed { .. }));
        let authoritys = matches!(role, Role::Submitter | Role::Signatory);
        let collects = role == Role::Collector;
        assert_eq!(refused(service.return_by_id(&account, id).await.err()), !(authoritys || collects), "{role}");
        assert_eq!(refused(service.explain(&account, id, vec![]).await.err()), role != Role::Submitter, "{role}");
        assert_eq!(refused(service.sign(&account, id, None).await.err()), role != Role::Signatory, "{role}");
        assert_eq!(refused(service.accept(&account, id, None).await.err()), !collects, "{role}");
        assert_eq!(refused(service.send_back(&account, id, String::new()).await.err()), !collects, "{role}");
        assert_eq!(refused(service.coverage(&account, YEAR).await.err()), authoritys, "{role}");
        let upload = house.upload(b"x").await;
        let check = CheckOnly { upload, file_name: None };
        assert_eq!(refused(service.check(&account, check).await.err()), !(authoritys || collects), "{role}");
    }
}

#[tokio::test]
async fn a_check_keeps_nothing() {
    let house = House::new().await;
    let submitter = house.account(Role::Submitter).await;
    let before = files(house.folder());
    let upload = house.upload(&sample(YEAR, AUTHORITY, 1)).await;
    let report = house.service.check(&submitter, CheckOnly { upload, file_name: None }).await.expect("checks");
    assert_ne!(report.outcome, Outcome::Rejected);
    assert_eq!(files(house.folder()), before);
    let all = house.data.ledger.returns(&ReturnFilter::default(), Page::ALL).await.expect("lists");
    assert!(all.is_empty());
}

#[tokio::test]
async fn a_full_line_is_busy_and_keeps_nothing() {
    let house = House::with(1, 0).await;
    let submitter = house.account(Role::Submitter).await;
    let (one, two) = (sample(YEAR, AUTHORITY, 1), sample(YEAR, AUTHORITY, 2));
    let (first, second) = futures::join!(house.submit(&submitter, &one), house.submit(&submitter, &two));
    let refused = match (first, second) {
        (Ok(_), Err(refused)) | (Err(refused), Ok(_)) => refused,
        both => panic!("one place was given to none or two: {both:?}"),
    };
    assert!(matches!(refused, FlowError::Busy { retry_after_seconds: 1.. }), "{refused}");
    assert_eq!(house.data.archive.list(Folder::Originals).await.expect("lists").len(), 1);
}
