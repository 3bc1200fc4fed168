//! The life of a release with a clock that is moved by hand: approved by another, published at its time, revised.

use super::evidence::retention::POLICY;
use super::service_support::{House, YEAR, sample, sample_in_other_bytes};
use chrono::{DateTime, Duration, Utc};
use homeward::domain::account::Role;
use homeward::domain::release::{ReleaseKind, ReleaseState};
use homeward::flow::{Account, FlowError, NewRelease, Service};
use homeward::publish::changes::{Changes, Size};
use homeward::store::{Archive, Folder, ReleaseRecord};

const CORRECTED: &str = "One authority corrected its return.";

/// A house with accepted returns of two authorities, and two collectors.
async fn house() -> (House, Account, Account) {
    let house = House::new().await;
    for code in ["330", "331"] {
        house.accept(code, &sample(YEAR, code, 1)).await;
    }
    let (one, two) = (house.account(Role::Collector).await, house.account(Role::Collector).await);
    (house, one, two)
}

async fn approved(service: &Service, one: &Account, two: &Account, new: NewRelease) -> ReleaseRecord {
    let draft = service.build_release(one, new).await.expect("is built");
    service.approve_release(two, draft.id).await.expect("is approved")
}

fn revision(kind: ReleaseKind) -> NewRelease {
    NewRelease { kind, reason: Some(CORRECTED.to_owned()), ..NewRelease::of(YEAR) }
}

async fn changes(service: &Service, release: &ReleaseRecord) -> Changes {
    let (_, bytes) = service.release_file(None, release.id, "changes.json").await.expect("is there");
    serde_json::from_slice(&bytes).expect("reads")
}

#[tokio::test]
async fn who_builds_does_not_approve_and_nothing_is_published_without() {
    let (house, one, two) = house().await;
    let service = &house.service;
    let draft = service.build_release(&one, NewRelease::of(YEAR)).await.expect("is built");
    assert_eq!((draft.kind, draft.label.as_str()), (ReleaseKind::Provisional, "April 2025 to March 2026"));
    let early = service.publish_release(&one, draft.id, None).await.expect_err("is not approved");
    assert_eq!(early.code(), "release-wrong-state");
    let own = service.approve_release(&one, draft.id).await.expect_err("is the builder");
    assert_eq!(own.code(), "second-person-needed");
    for role in [Role::Analyst, Role::Operator, Role::Submitter, Role::Signatory] {
        let other = house.account(role).await;
        let refused = [
            service.build_release(&other, NewRelease::of(YEAR)).await,
            service.approve_release(&other, draft.id).await,
            service.publish_release(&other, draft.id, None).await,
            service.discard_release(&other, draft.id, "no need").await,
        ];
        for answer in refused {
            assert_eq!(answer.expect_err("is refused").code(), "not-allowed", "{role}");
        }
    }
    service.approve_release(&two, draft.id).await.expect("is approved");
    let passed = service.publish_release(&one, draft.id, Some(house.clock_time())).await;
    assert!(matches!(passed, Err(FlowError::RequestInvalid(_))), "that time has passed");
    service.publish_release(&one, draft.id, None).await.expect("is published");
}

#[tokio::test]
async fn a_scheduled_release_is_published_at_its_time_and_once() {
    let (house, one, two) = house().await;
    let release = approved(&house.service, &one, &two, NewRelease::of(YEAR)).await;
    let at = house.clock_time() + Duration::hours(2);
    let scheduled = house.service.publish_release(&one, release.id, Some(at)).await.expect("is scheduled");
    assert_eq!((scheduled.state, scheduled.publish_at), (ReleaseState::Scheduled, Some(at)));
    house.clock.advance(Duration::hours(1));
    assert_eq!(house.service.publish_due().await.expect("looks"), []);
    assert!(matches!(house.service.release(None, release.id).await, Err(FlowError::NotFound)));
    house.clock.advance(Duration::hours(1));
    let again = house.started_again();
    let (first, second) = tokio::join!(house.service.publish_due(), again.publish_due());
    let published = [first.expect("publishes"), second.expect("publishes")].concat();
    assert_eq!(published.len(), 1, "two processes publish it once");
    assert_eq!((published[0].published, published[0].published_by), (Some(at), None));
    assert_eq!(house.service.release(None, release.id).await.expect("everybody reads it"), published[0]);
}

#[tokio::test]
async fn a_time_that_passed_while_the_service_was_down_is_made_up_for() {
    let (house, one, two) = house().await;
    let release = approved(&house.service, &one, &two, NewRelease::of(YEAR)).await;
    let at = house.clock_time() + Duration::minutes(1);
    house.service.publish_release(&one, release.id, Some(at)).await.expect("is scheduled");
    house.clock.advance(Duration::days(1));
    let service = house.started_again();
    service.recover().await.expect("recovers");
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let publisher = service.clone();
    let task = tokio::spawn(async move {
        publisher.keep_publishing(std::time::Duration::from_millis(5), async { drop(stopped.await) }).await;
    });
    let mut seen = service.release(None, release.id).await;
    while seen.is_err() {
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        seen = service.release(None, release.id).await;
    }
    assert_eq!(seen.expect("is published").published, Some(house.clock_time()), "when readers could read it");
    stop.send(()).expect("is heard");
    task.await.expect("ends when it is told to");
}

#[tokio::test]
async fn a_discarded_release_leaves_its_line_and_no_file() {
    let (house, one, two) = house().await;
    let release = approved(&house.service, &one, &two, NewRelease::of(YEAR)).await;
    let named = house.service.discard_release(&two, release.id, "Ask Mrs Heron why.").await;
    assert_eq!(named.expect_err("names somebody").code(), "identifying-text");
    let empty = house.service.discard_release(&two, release.id, "  ").await;
    assert!(matches!(empty, Err(FlowError::RequestInvalid(_))));
    let reason = "An indicator was forgotten.";
    let discarded = house.service.discard_release(&two, release.id, reason).await.expect("is discarded");
    assert_eq!((discarded.state, discarded.discard_reason.as_deref()), (ReleaseState::Discarded, Some(reason)));
    assert!(house.data.archive.list(Folder::Releases).await.expect("lists").is_empty());
    let file = house.service.release_file(Some(&one), release.id, "manifest.json").await;
    assert!(matches!(file, Err(FlowError::NotFound)));
    assert_eq!(house.service.releases(Some(&one)).await.expect("lists"), [discarded]);
    let published = house.service.publish_release(&one, release.id, None).await.expect_err("is gone");
    assert_eq!(published.code(), "release-wrong-state");
}

#[tokio::test]
async fn a_revision_says_why_and_what_and_the_old_one_stands_where_it_stood() {
    let (house, one, two) = house().await;
    let service = &house.service;
    let early = NewRelease { reason: Some(CORRECTED.to_owned()), ..NewRelease::of(YEAR) };
    let nothing = service.build_release(&one, early).await;
    assert!(matches!(nothing, Err(FlowError::RequestInvalid(_))), "there is nothing to revise");
    let first = approved(service, &one, &two, NewRelease::of(YEAR)).await;
    // Built before the other is published, so it knows nothing of it.
    let overtaken = approved(service, &one, &two, NewRelease::of(YEAR)).await;
    let first = service.publish_release(&one, first.id, None).await.expect("is published");
    let late = service.publish_release(&one, overtaken.id, None).await.expect_err("was overtaken");
    assert_eq!(late.code(), "release-overtaken");
    assert!(first.versions.values().all(|version| version.to_string() == "1.0"), "{:?}", first.versions);
    let first_stood = house.clock_time();

    house.clock.advance(Duration::days(3));
    let silent = service.build_release(&one, NewRelease::of(YEAR)).await;
    assert!(matches!(silent, Err(FlowError::RequestInvalid(_))), "a revision needs its reason");
    // Past the deadline, so that this one is late.
    house.clock.advance(Duration::days(120));
    house.accept("332", &sample(YEAR, "332", 1)).await;
    // Whoever was on time may correct its return later and is not late by that.
    house.accept("330", &sample_in_other_bytes(YEAR, "330", 1)).await;
    let second = approved(service, &one, &two, revision(ReleaseKind::Final)).await;
    assert_eq!((second.revises, second.follows), (Some(first.id), Some(first.id)));
    let second = service.publish_release(&two, second.id, None).await.expect("is published");
    let told = changes(service, &second).await;
    assert_eq!((told.revises, told.edition.reason.as_deref()), (Some(first.digest), Some(CORRECTED)));
    let coverage = &told.indicators["coverage"];
    assert_eq!((coverage.size, coverage.version.to_string().as_str()), (Size::Minor, "1.1"), "{coverage:?}");
    assert!(coverage.values.changed > 0 && coverage.major.is_empty(), "{coverage:?}");
    assert_eq!(second.versions, told.versions());
    let read = async |name: &str| {
        let (_, bytes) = service.release_file(None, second.id, name).await.expect("is there");
        String::from_utf8(bytes.to_vec()).expect("UTF-8")
    };
    let notes = read("notes.md").await;
    assert!(notes.contains("Received after the deadline, and counted: ") && notes.contains(CORRECTED), "{notes}");
    assert!(read("changes.md").await.contains(CORRECTED));
    let table: serde_json::Value = serde_json::from_str(&read("leavers_home.json").await).expect("JSON");
    assert_eq!((&table["coverage"]["received"], &table["coverage"]["expected"]), (&3.into(), &153.into()));
    assert_eq!(table["coverage"]["late"].as_array().map(Vec::len), Some(1));
    assert!(read("footnotes.txt").await.lines().all(|line| line.contains(". [")));

    let back = service.build_release(&one, revision(ReleaseKind::Provisional)).await;
    assert!(matches!(back, Err(FlowError::RequestInvalid(_))), "what is final is not made provisional");
    let stood = async |at: DateTime<Utc>| service.release_as_of(YEAR, at).await.expect("answers").map(|one| one.id);
    assert_eq!(stood(first_stood - Duration::seconds(1)).await, None);
    assert_eq!(stood(first_stood).await, Some(first.id));
    assert_eq!(stood(house.clock_time()).await, Some(second.id));
    let family = service.releases(None).await.expect("lists");
    assert_eq!(family.iter().map(|release| release.id).collect::<Vec<_>>(), [first.id, second.id]);
    for file in &first.files {
        let (_, bytes) = service.release_file(None, first.id, &file.name).await.expect("is readable for ever");
        assert_eq!(homeward::domain::digest::Digest::of(&bytes), file.digest);
    }
    assert!(service.verify_release(second.id).await.expect("is made again").holds());
    assert!(service.verify_release(first.id).await.expect("is made again").holds());
}

/// Lets the publisher look once, at what is due and ahead, and gives back its count of what can be published no more.
async fn looked(house: &House) -> i64 {
    house.service.keep_publishing(std::time::Duration::from_secs(1), async {}).await;
    house.service.metrics().releases_unpublishable.with_label_values(&[YEAR]).get()
}

#[tokio::test]
async fn a_scheduled_release_whose_input_was_removed_is_told_and_discarded_at_its_time() {
    let (house, one, two) = house().await;
    let (service, reason) = (&house.service, "It asked for it.");
    let release = approved(service, &one, &two, NewRelease::of(YEAR)).await;
    let at = house.clock_time() + Duration::hours(2);
    service.publish_release(&one, release.id, Some(at)).await.expect("is scheduled");
    assert_eq!((service.release_obstacle(&release).await.expect("looks"), looked(&house).await), (None, 0));
    service.remove_authority(&one, "331", "331", reason).await.expect("removes");
    let scheduled = service.release(Some(&one), release.id).await.expect("reads");
    let obstacle = service.release_obstacle(&scheduled).await.expect("looks").expect("something stands in the way");
    assert!(obstacle.starts_with("the return of authority 331 (version 1) was deleted on "), "{obstacle}");
    house.clock.advance(Duration::minutes(2));
    assert_eq!(looked(&house).await, 1, "before its time");
    assert_eq!(service.release(Some(&one), release.id).await.expect("reads").state, ReleaseState::Scheduled);
    let listed = service.releases_with_obstacles().await.expect("lists");
    assert_eq!(listed, [(scheduled, Some(obstacle.clone()))]);

    house.clock.advance(Duration::hours(2));
    assert_eq!(looked(&house).await, 1, "and for a day after it");
    let ended = service.release(Some(&one), release.id).await.expect("reads");
    assert_eq!((ended.state, ended.discarded_by), (ReleaseState::Discarded, None));
    assert_eq!(ended.discard_reason, Some(format!("It could not be published at its time: {obstacle}.")));
    assert_eq!(service.release_obstacle(&ended).await.expect("looks"), None, "it is over");
    assert!(house.data.archive.list(Folder::Releases).await.expect("lists").is_empty(), "its files are gone");
    assert_eq!(service.publish_due().await.expect("looks"), [], "and nothing is left to be tried");
    house.clock.advance(Duration::hours(24));
    assert_eq!(looked(&house).await, 0);
}

#[tokio::test]
async fn an_input_whose_time_was_over_is_not_needed_to_publish_what_is_built() {
    let (house, one, two) = house().await;
    let service = &house.service;
    let release = approved(service, &one, &two, NewRelease::of(YEAR)).await;
    house.accept("331", &sample(YEAR, "331", 2)).await;
    let at = house.clock_time() + Duration::days(400);
    service.publish_release(&one, release.id, Some(at)).await.expect("is scheduled");
    house.clock.advance(Duration::days(399));
    service.retain(&POLICY).await.expect("runs");
    let gone = service.gone_inputs(&release).await.expect("looks");
    assert_eq!(
        gone.iter().map(|gone| (gone.authority.as_str(), gone.on_request)).collect::<Vec<_>>(),
        [("331", false)]
    );
    house.clock.advance(Duration::days(1));
    let published = service.publish_due().await.expect("publishes");
    assert_eq!(published.iter().map(|release| release.id).collect::<Vec<_>>(), [release.id]);
    let verified = service.verify_release(release.id).await.expect("verifies");
    assert!(verified.holds() && verified.gone.len() == 1, "{verified:?}");
}

#[tokio::test]
async fn a_draft_that_was_overtaken_says_by_which_release() {
    let (house, one, two) = house().await;
    let service = &house.service;
    let (first, second) = (
        approved(service, &one, &two, NewRelease::of(YEAR)).await,
        approved(service, &one, &two, NewRelease::of(YEAR)).await,
    );
    service.publish_release(&one, first.id, None).await.expect("is published");
    let told = service.release_obstacle(&second).await.expect("looks");
    assert_eq!(told, Some(format!("the release {} was published since it was built", first.id)));
    let refused = service.publish_release(&one, second.id, None).await.expect_err("is overtaken");
    assert_eq!(refused.code(), "release-overtaken");
}
