//! Collections on their way, and what that means for the returns that answer them.

use super::service_support::{AUTHORITY, House, YEAR, sample};
use chrono::{DateTime, Days, Duration, NaiveDate, Utc};
use homeward::domain::account::Role;
use homeward::domain::collecting::{CollectionMove, CollectionState, MOVES};
use homeward::domain::local_time::end_of_day;
use homeward::domain::state::ReturnState;
use homeward::flow::{
    AuthorityCoverage, CollectionRequest, CollectionStatus, FlowError, NewRelease, Standing, Submitted,
};

const NEIGHBOUR: &str = "331";

fn request(step: CollectionMove, authority: Option<&str>, last_day: Option<NaiveDate>) -> CollectionRequest {
    let reason = "As agreed with the authorities.".to_owned();
    CollectionRequest { step, authority: authority.map(str::to_owned), last_day, reason }
}

async fn decide(house: &House, request: CollectionRequest) -> Result<CollectionStatus, FlowError> {
    let collector = house.account(Role::Collector).await;
    house.service.decide_collection(&collector, YEAR, request).await
}

/// A request that lacks nothing but the right state.
fn whole(step: CollectionMove, now: DateTime<Utc>) -> CollectionRequest {
    let far = now.date_naive().checked_add_days(Days::new(400)).expect("a day");
    match step {
        CollectionMove::Reopen => request(step, Some(AUTHORITY), Some(far)),
        CollectionMove::Extend => request(step, None, Some(far)),
        CollectionMove::Begin | CollectionMove::Open | CollectionMove::Close => request(step, None, None),
    }
}

async fn explained(house: &House, authority: &str, seed: u64) -> Submitted {
    let submitter = house.account_of(Role::Submitter, authority).await;
    let sent = house.submit(&submitter, &sample(YEAR, authority, seed)).await.expect("is received");
    house.explain_all(&submitter, &sent).await;
    sent
}

async fn covered(house: &House, authority: &str, as_of: Option<DateTime<Utc>>) -> AuthorityCoverage {
    let collector = house.account(Role::Collector).await;
    let coverage = house.service.coverage_as_of(&collector, YEAR, as_of).await.expect("is told");
    let found = coverage.authorities.into_iter().find(|one| one.authority.code == authority);
    found.expect("is expected")
}

#[tokio::test]
async fn only_moves_of_the_table_are_made_and_only_by_collectors() {
    for from in [CollectionState::Open, CollectionState::Closed] {
        for step in [CollectionMove::Open, CollectionMove::Extend, CollectionMove::Close, CollectionMove::Reopen] {
            let house = House::new().await;
            if from == CollectionState::Closed {
                decide(&house, whole(CollectionMove::Close, house.clock_time())).await.expect("is closed");
            }
            for role in Role::ALL.into_iter().filter(|role| !step.who().contains(role)) {
                let account = house.account(role).await;
                let refused = house.service.decide_collection(&account, YEAR, whole(step, house.clock_time())).await;
                assert!(matches!(refused, Err(FlowError::NotAllowed { .. })), "{role} may not {step}");
            }
            let made = decide(&house, whole(step, house.clock_time())).await;
            match MOVES.into_iter().find(|(start, by, _)| (*start, *by) == (from, step)) {
                Some((.., to)) => assert_eq!(made.expect("is made").state, to, "{step} from {from}"),
                None => {
                    let refused = made.expect_err("is not in the table");
                    assert_eq!(refused.code(), "collection-wrong-state", "{step} from {from}");
                    assert!(refused.to_string().contains(&from.possible()), "{refused}");
                }
            }
        }
    }
}

#[tokio::test]
async fn a_wrong_decision_says_what_is_wrong_with_it() {
    let house = House::new().await;
    let now = house.clock_time();
    let past = now.date_naive().pred_opt();
    let wrong = [
        request(CollectionMove::Begin, None, None),
        request(CollectionMove::Close, Some(AUTHORITY), None),
        request(CollectionMove::Close, None, past),
        request(CollectionMove::Extend, None, None),
        request(CollectionMove::Extend, None, past),
        request(CollectionMove::Extend, Some("999"), whole(CollectionMove::Extend, now).last_day),
        request(CollectionMove::Reopen, None, whole(CollectionMove::Extend, now).last_day),
        CollectionRequest { reason: "  ".to_owned(), ..request(CollectionMove::Close, None, None) },
    ];
    for one in wrong {
        let refused = decide(&house, one.clone()).await.expect_err("is refused");
        assert_eq!(refused.code(), "request-invalid", "{one:?}: {refused}");
    }
    let named = CollectionRequest {
        reason: "Ask me at someone@example.org about it.".to_owned(),
        ..request(CollectionMove::Close, None, None)
    };
    assert_eq!(decide(&house, named).await.expect_err("is refused").code(), "identifying-text");
    let extended = decide(&house, whole(CollectionMove::Extend, now)).await.expect("is extended");
    assert_eq!(Some(extended.deadline), whole(CollectionMove::Extend, now).last_day);
    let again = decide(&house, whole(CollectionMove::Extend, now)).await.expect_err("is not later");
    assert_eq!(again.code(), "collection-wrong-state");
    let collector = house.account(Role::Collector).await;
    let unknown = house.service.collection(&collector, "nothing-2026", None).await;
    assert!(matches!(unknown, Err(FlowError::NotFound)));
}

#[tokio::test]
async fn a_closed_collection_checks_and_takes_no_signature() {
    let house = House::new().await;
    let collector = house.account(Role::Collector).await;
    let signatory = house.account(Role::Signatory).await;
    let before = explained(&house, NEIGHBOUR, 1).await;
    let neighbour_signs = house.account_of(Role::Signatory, NEIGHBOUR).await;
    house.service.sign(&neighbour_signs, before.record.id, None).await.expect("is open");
    assert_eq!(before.closed, None);

    decide(&house, request(CollectionMove::Close, None, None)).await.expect("is closed");
    let closed_at = house.clock_time();
    house.clock.advance(Duration::hours(1));
    let sent = explained(&house, AUTHORITY, 1).await;
    let id = sent.record.id;
    assert_eq!(sent.record.state, ReturnState::Checked, "it is checked like any other");
    let closed = sent.closed.expect("its answer says so");
    assert_eq!((closed.collection.as_str(), closed.since), (YEAR, closed_at));
    assert!(closed.told.contains("collection team"), "{}", closed.told);
    let refused = house.service.sign(&signatory, id, None).await.expect_err("is closed");
    assert!(matches!(refused, FlowError::CollectionClosed { since, .. } if since == closed_at), "{refused}");
    let early = house.service.accept(&collector, id, None).await.expect_err("is not signed");
    assert_eq!(early.code(), "wrong-state");
    house.service.accept(&collector, before.record.id, None).await.expect("what was signed before is still accepted");

    // Reopened for the one, the same upload can be signed, until the day is over in London.
    let until = house.clock_time().date_naive().checked_add_days(Days::new(3)).expect("a day");
    decide(&house, request(CollectionMove::Reopen, Some(AUTHORITY), Some(until))).await.expect("is reopened");
    house.clock.advance(end_of_day(until) - house.clock_time());
    let late = house.service.sign(&signatory, id, None).await.expect_err("the day is over");
    assert_eq!(late.code(), "collection-closed");
    house.clock.advance(-Duration::milliseconds(1));
    assert_eq!(house.service.sign(&signatory, id, None).await.expect("is signed").state, ReturnState::Signed);

    let own = house.service.collection(&neighbour_signs, YEAR, None).await.expect("is told");
    assert!(own.exceptions.is_empty() && own.decisions.len() == 1, "what is another's is not told: {own:?}");
    let all = house.service.collection(&collector, YEAR, None).await.expect("is told");
    assert_eq!((all.exceptions.len(), all.decisions.len(), all.state), (1, 2, CollectionState::Closed));
    let earlier = house.service.collection(&collector, YEAR, Some(closed_at - Duration::seconds(1))).await;
    assert_eq!(earlier.expect("is told").state, CollectionState::Open);
}

#[tokio::test]
async fn a_collection_can_be_opened_before_its_day() {
    let house = House::new().await;
    let collector = house.account(Role::Collector).await;
    let status = house.service.collection(&collector, YEAR, None).await.expect("is told");
    // Back to the day before its first, which is another house's time and not this one's.
    let day_before =
        status.collection.opens.pred_opt().expect("a day").and_hms_opt(12, 0, 0).expect("a time").and_utc();
    house.clock.advance(day_before - house.clock_time());
    let submitter = house.account(Role::Submitter).await;
    let refused = house.submit(&submitter, &sample(YEAR, AUTHORITY, 1)).await.expect("is received");
    assert_eq!(refused.receipt.expect("a receipt").codes, ["F19"]);
    decide(&house, request(CollectionMove::Open, None, None)).await.expect("is opened");
    let taken = house.submit(&submitter, &sample(YEAR, AUTHORITY, 1)).await.expect("is received");
    assert_eq!(taken.record.state, ReturnState::Checked);
}

#[tokio::test]
async fn coverage_is_told_by_own_deadlines_and_as_of_any_moment() {
    let house = House::new().await;
    let start = house.clock_time();
    let collector = house.account(Role::Collector).await;
    let deadline = house.service.collection(&collector, YEAR, None).await.expect("is told").deadline;
    let extended = deadline.checked_add_days(Days::new(10)).expect("a day");
    decide(&house, request(CollectionMove::Extend, Some(AUTHORITY), Some(extended))).await.expect("is extended");
    house.clock.advance(end_of_day(deadline) - house.clock_time());
    let missing = covered(&house, NEIGHBOUR, None).await;
    assert!(missing.overdue && !missing.on_time && !missing.late);
    let sent = explained(&house, AUTHORITY, 1).await;
    explained(&house, NEIGHBOUR, 1).await;
    house.clock.advance(Duration::hours(1));
    let (own, other) = (covered(&house, AUTHORITY, None).await, covered(&house, NEIGHBOUR, None).await);
    assert_eq!((own.deadline, own.on_time, own.late), (extended, true, false));
    assert_eq!((other.deadline, other.on_time, other.late, other.overdue), (deadline, false, true, false));
    let coverage = house.service.coverage(&collector, YEAR).await.expect("is told");
    let england = &coverage.england;
    assert_eq!(
        (england.expected, england.received, england.on_time, england.late, england.missing),
        (153, 2, 1, 1, 151)
    );

    let signatory = house.account(Role::Signatory).await;
    house.service.sign(&signatory, sent.record.id, None).await.expect("is signed");
    let signed = house.clock_time();
    house.clock.advance(Duration::hours(1));
    house.service.accept(&collector, sent.record.id, None).await.expect("is accepted");
    house.clock.advance(Duration::hours(1));
    let standing = async |as_of| covered(&house, AUTHORITY, Some(as_of)).await.standing;
    assert_eq!(standing(start).await, Standing::Missing);
    assert_eq!(standing(signed - Duration::seconds(1)).await, Standing::Received);
    assert_eq!(standing(signed).await, Standing::Signed);
    assert_eq!(standing(house.clock_time()).await, Standing::Accepted);
    let future = house.service.coverage_as_of(&collector, YEAR, Some(house.clock_time() + Duration::days(1))).await;
    assert_eq!(future.expect_err("is to come").code(), "request-invalid");
    let text = house.service.metrics().render().expect("renders");
    let gauge = format!("homeward_coverage_authorities{{collection=\"{YEAR}\",standing=\"missing\"}} 151");
    assert!(text.contains(&gauge), "{text}");
}

#[tokio::test]
async fn a_resubmission_that_comes_to_nothing_changes_nothing_that_counts() {
    let house = House::new().await;
    let collector = house.account(Role::Collector).await;
    let submitter = house.account(Role::Submitter).await;
    let signatory = house.account(Role::Signatory).await;
    for authority in [AUTHORITY, NEIGHBOUR, "332"] {
        house.accept(authority, &sample(YEAR, authority, 1)).await;
    }
    let built = async || {
        let new = NewRelease {
            collection: YEAR.to_owned(),
            kind: homeward::domain::release::ReleaseKind::Provisional,
            label: None,
            reason: None,
        };
        let release = house.service.build_release(&collector, new).await.expect("is built");
        (release.manifest, release.files)
    };
    let in_force = async || covered(&house, AUTHORITY, None).await.in_force;
    let (before, counted) = (built().await, in_force().await);
    assert!(counted.is_some());

    let rejected = house.submit(&submitter, b"CHILD,UNKNOWN_COLUMN\nx,1\n").await.expect("is received");
    assert_eq!(rejected.record.state, ReturnState::Rejected);
    let withdrawn = explained(&house, AUTHORITY, 2).await;
    house.service.withdraw(&submitter, withdrawn.record.id, None).await.expect("is withdrawn");
    let sent_back = explained(&house, AUTHORITY, 3).await;
    house.service.sign(&signatory, sent_back.record.id, None).await.expect("is signed");
    let reason = "Please look again.".to_owned();
    house.service.send_back(&collector, sent_back.record.id, reason).await.expect("is sent back");
    let abandoned = explained(&house, AUTHORITY, 4).await;
    assert_eq!(abandoned.record.version, Some(4));
    assert_eq!(in_force().await, counted);
    assert_eq!(built().await, before, "the manifest and every file are the same");
    house.service.sign(&signatory, abandoned.record.id, None).await.expect("is signed");
    assert_eq!(built().await, before, "what is only signed does not count either");
    house.service.accept(&collector, abandoned.record.id, None).await.expect("is accepted");
    assert_ne!(built().await.0, before.0, "what is accepted does");
}

#[tokio::test]
async fn authorities_are_expected_as_the_register_has_them_at_the_end_of_the_period() {
    let house = House::new().await;
    let collector = house.account(Role::Collector).await;
    // Barnsley's GSS code changed on 1 May 2025; its three-digit code stayed.
    for (year, gss) in [("reunification-2025", "E08000016"), (YEAR, "E08000038")] {
        let coverage = house.service.coverage(&collector, year).await.expect("is told");
        let found: Vec<_> = coverage.authorities.iter().filter(|one| one.authority.code == "370").collect();
        assert_eq!((found.len(), found[0].authority.gss.as_str(), coverage.england.expected), (1, gss, 153), "{year}");
        assert!(coverage.further.is_empty());
    }
}

#[tokio::test]
async fn what_a_later_version_overtook_waits_for_nobody() {
    let house = House::new().await;
    let first = explained(&house, AUTHORITY, 1).await;
    let signatory = house.account_of(Role::Signatory, AUTHORITY).await;
    house.service.sign(&signatory, first.record.id, None).await.expect("is signed");
    assert!(covered(&house, AUTHORITY, None).await.unaccepted.is_some());
    house.accept(AUTHORITY, &sample(YEAR, AUTHORITY, 2)).await;
    let covered = covered(&house, AUTHORITY, None).await;
    assert_eq!((covered.standing, covered.unaccepted), (Standing::Accepted, None));
}
