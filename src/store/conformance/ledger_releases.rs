//! A release is approved by a second key, published once and in its turn, and never changes after.

use super::LedgerCase;
use super::made::{added_key, added_key_of, added_person, release, second};
use crate::domain::account::{KeyKind, Role};
use crate::domain::identifier::{KeyId, ReleaseId};
use crate::domain::release::{ReleaseMove, ReleaseState};
use crate::store::{EventSubject, Ledger, ReleaseAction, ReleaseRecord, ReleaseStep, StoreError};

pub(super) const ALL: &[LedgerCase] = &[
    ("a release reads back and is published once", |ledger| Box::pin(a_release_is_published_once(ledger))),
    ("moves of releases are those of the table", |ledger| Box::pin(moves_are_those_of_the_table(ledger))),
    ("a second person approves", |ledger| Box::pin(a_second_person_approves(ledger))),
    ("a second key approves", |ledger| Box::pin(a_second_key_approves(ledger))),
    ("the service publishes what is scheduled", |ledger| Box::pin(the_service_publishes_what_is_scheduled(ledger))),
    ("a release that was overtaken is not published", |ledger| Box::pin(what_was_overtaken_is_not_published(ledger))),
    ("of two who publish at once one wins", |ledger| Box::pin(of_two_who_publish_one_wins(ledger))),
    ("a discarded release keeps its line", |ledger| Box::pin(a_discarded_release_keeps_its_line(ledger))),
    ("the ledger says that it is ready", |ledger| Box::pin(the_ledger_says_that_it_is_ready(ledger))),
];

async fn step(
    ledger: &dyn Ledger,
    id: ReleaseId,
    action: ReleaseAction,
    by: KeyId,
    at: i64,
) -> Result<ReleaseRecord, StoreError> {
    ledger.advance_release(&ReleaseStep { id, action, at: second(at), by: Some(by) }).await
}

/// The keys of one who builds and of one who approves.
async fn two(ledger: &dyn Ledger) -> (KeyId, KeyId) {
    (added_key(ledger, "one", Role::Collector).await, added_key(ledger, "two", Role::Collector).await)
}

/// A draft that the second key approved.
async fn approved(ledger: &dyn Ledger, made: &ReleaseRecord, by: KeyId, at: i64) {
    ledger.add_release(made).await.expect("adds");
    step(ledger, made.id, ReleaseAction::Approve, by, at).await.expect("approves");
}

async fn a_release_is_published_once(ledger: &dyn Ledger) {
    let (one, two) = two(ledger).await;
    let made = release(one, 1, None);
    ledger.add_release(&made).await.expect("adds");
    assert_eq!(ledger.release(made.id).await.expect("reads"), Some(made.clone()));
    let record = step(ledger, made.id, ReleaseAction::Approve, two, 2).await.expect("approves");
    assert_eq!(
        (record.state, record.approved, record.approved_by),
        (ReleaseState::Approved, Some(second(2)), Some(two))
    );
    let published = step(ledger, made.id, ReleaseAction::Publish, one, 3).await.expect("publishes");
    assert_eq!((published.state, published.published), (ReleaseState::Published, Some(second(3))));
    assert_eq!((&published.versions, &published.files, published.digest), (&made.versions, &made.files, made.digest));
    let again = step(ledger, made.id, ReleaseAction::Publish, one, 4).await;
    assert!(matches!(again, Err(StoreError::ReleaseMoved { found: ReleaseState::Published, .. })));
    assert_eq!(ledger.releases().await.expect("lists"), [published]);
    let events = ledger.events(EventSubject::Release(made.id)).await.expect("lists");
    let names: Vec<&str> = events.iter().map(|event| event.what.as_str()).collect();
    assert_eq!(names, ["build release", "approve release", "publish release"]);
    let unknown = step(ledger, ReleaseId::new(second(9)), ReleaseAction::Publish, one, 9).await;
    assert!(matches!(unknown, Err(StoreError::NotFound { .. })));
}

async fn moves_are_those_of_the_table(ledger: &dyn Ledger) {
    let (one, two) = two(ledger).await;
    let actions = || {
        let (publish_at, reason) = (second(90), "not needed".to_owned());
        let all = [ReleaseAction::Approve, ReleaseAction::Schedule { publish_at }, ReleaseAction::Publish];
        all.into_iter().chain([ReleaseAction::Discard { reason }])
    };
    let mut last = None;
    for (at, wanted) in (1..).zip(ReleaseState::ALL) {
        for (offset, action) in (0..).zip(actions()) {
            let made = release(one, 100 * at + 10 * offset, last);
            ledger.add_release(&made).await.expect("adds");
            let way: &[ReleaseMove] = match wanted {
                ReleaseState::Draft => &[],
                ReleaseState::Approved => &[ReleaseMove::Approve],
                ReleaseState::Scheduled => &[ReleaseMove::Approve, ReleaseMove::Schedule],
                ReleaseState::Published => &[ReleaseMove::Approve, ReleaseMove::Publish],
                ReleaseState::Discarded => &[ReleaseMove::Discard],
            };
            for by in way {
                let action = actions().find(|action| action.step() == *by).expect("is one");
                step(ledger, made.id, action, two, 100 * at + 10 * offset).await.expect("moves");
            }
            let answer = step(ledger, made.id, action.clone(), two, 100 * at + 10 * offset + 1).await;
            match wanted.after(action.step()) {
                Some(to) => assert_eq!(answer.expect("moves").state, to, "{wanted} by {action:?}"),
                None => assert!(matches!(answer, Err(StoreError::ReleaseMoved { .. })), "{wanted} by {action:?}"),
            }
            let now = ledger.release(made.id).await.expect("reads").expect("is there");
            match now.state {
                ReleaseState::Published => last = Some(made.id),
                // So that the next one is alone in waiting.
                ReleaseState::Scheduled => {
                    let reason = "made room".to_owned();
                    step(ledger, made.id, ReleaseAction::Discard { reason }, two, 5000).await.expect("discards");
                }
                _ => {}
            }
        }
    }
}

async fn a_second_key_approves(ledger: &dyn Ledger) {
    let (one, two) = two(ledger).await;
    let made = release(one, 1, None);
    ledger.add_release(&made).await.expect("adds");
    let own = step(ledger, made.id, ReleaseAction::Approve, one, 2).await;
    assert!(matches!(own, Err(StoreError::ApprovedByBuilder)));
    assert_eq!(ledger.release(made.id).await.expect("reads"), Some(made.clone()), "nothing happened");
    step(ledger, made.id, ReleaseAction::Approve, two, 3).await.expect("approves");
}

async fn a_second_person_approves(ledger: &dyn Ledger) {
    let (kit, sam) =
        (added_person(ledger, "kit", Role::Collector).await, added_person(ledger, "sam", Role::Collector).await);
    let one = added_key_of(ledger, "one", &kit, KeyKind::Machine).await;
    let session = added_key_of(ledger, "session", &kit, KeyKind::Session).await;
    let two = added_key_of(ledger, "two", &sam, KeyKind::Session).await;
    let made = release(one, 1, None);
    ledger.add_release(&made).await.expect("adds");
    let own = step(ledger, made.id, ReleaseAction::Approve, session, 2).await;
    assert!(matches!(own, Err(StoreError::ApprovedByBuilder)), "another key of one person is no second person");
    step(ledger, made.id, ReleaseAction::Approve, two, 3).await.expect("approves");
}

async fn the_service_publishes_what_is_scheduled(ledger: &dyn Ledger) {
    let (one, two) = two(ledger).await;
    let (made, other) = (release(one, 1, None), release(one, 2, None));
    approved(ledger, &made, two, 3).await;
    approved(ledger, &other, two, 3).await;
    for publish_at in [second(50), second(60)] {
        let action = ReleaseAction::Schedule { publish_at };
        let scheduled = step(ledger, made.id, action, one, 4).await.expect("is scheduled, and again");
        assert_eq!((scheduled.publish_at, scheduled.scheduled_by), (Some(publish_at), Some(one)));
    }
    for action in [ReleaseAction::Publish, ReleaseAction::Schedule { publish_at: second(70) }] {
        let refused = step(ledger, other.id, action, one, 5).await;
        assert!(matches!(refused, Err(StoreError::AnotherScheduled { at, .. }) if at == second(60)));
    }
    let own = ReleaseStep { id: made.id, action: ReleaseAction::Publish, at: second(61), by: None };
    let published = ledger.advance_release(&own).await.expect("is published");
    assert_eq!((published.published, published.published_by), (Some(second(61)), None));
    assert!(ledger.advance_release(&own).await.is_err(), "it is published once");
}

async fn what_was_overtaken_is_not_published(ledger: &dyn Ledger) {
    let (one, two) = two(ledger).await;
    let (made, late) = (release(one, 1, None), release(one, 2, None));
    approved(ledger, &late, two, 3).await;
    approved(ledger, &made, two, 3).await;
    step(ledger, made.id, ReleaseAction::Publish, one, 4).await.expect("publishes");
    for action in [ReleaseAction::Publish, ReleaseAction::Schedule { publish_at: second(70) }] {
        let refused = step(ledger, late.id, action, one, 5).await;
        assert!(matches!(refused, Err(StoreError::ReleaseOvertaken { latest }) if latest == made.id));
    }
    let next = release(one, 6, Some(made.id));
    approved(ledger, &next, two, 7).await;
    step(ledger, next.id, ReleaseAction::Publish, one, 8).await.expect("publishes");
    let elsewhere = ReleaseRecord { family: "another".to_owned(), ..release(one, 9, None) };
    approved(ledger, &elsewhere, two, 10).await;
    step(ledger, elsewhere.id, ReleaseAction::Publish, one, 11).await.expect("is a series of its own");
}

async fn of_two_who_publish_one_wins(ledger: &dyn Ledger) {
    let (one, two) = two(ledger).await;
    let (first, other) = (release(one, 1, None), release(one, 2, None));
    approved(ledger, &first, two, 3).await;
    approved(ledger, &other, two, 3).await;
    let publish = |id| step(ledger, id, ReleaseAction::Publish, one, 4);
    let (a, b) = futures::join!(publish(first.id), publish(other.id));
    assert_eq!([&a, &b].iter().filter(|result| result.is_ok()).count(), 1);
    let loser = if a.is_ok() { b } else { a };
    assert!(matches!(loser, Err(StoreError::ReleaseOvertaken { .. })));
}

async fn a_discarded_release_keeps_its_line(ledger: &dyn Ledger) {
    let (one, two) = two(ledger).await;
    let made = release(one, 1, None);
    approved(ledger, &made, two, 2).await;
    let reason = "a table was forgotten".to_owned();
    let discarded = step(ledger, made.id, ReleaseAction::Discard { reason: reason.clone() }, one, 3).await;
    let discarded = discarded.expect("is discarded");
    assert_eq!((discarded.discarded, discarded.discarded_by), (Some(second(3)), Some(one)));
    assert_eq!(discarded.discard_reason, Some(reason.clone()));
    assert_eq!(ledger.releases().await.expect("lists"), [discarded]);
    let last = ledger.events(EventSubject::Release(made.id)).await.expect("lists").pop().expect("has events");
    assert_eq!((last.from.as_deref(), last.note), (Some("approved"), Some(reason)));
}

async fn the_ledger_says_that_it_is_ready(ledger: &dyn Ledger) {
    ledger.ready().await.expect("is ready");
}
