//! Two people who act at once cannot both win, and one version is in force at a time.

use super::LedgerCase;
use super::made::{added_key, advance, checked, second, upload};
use crate::domain::account::Role;
use crate::domain::digest::Digest;
use crate::domain::evidence::{DeletedOf, DeletionCause};
use crate::domain::identifier::{CertificateId, KeyId, ReturnId};
use crate::domain::state::ReturnMove;
use crate::domain::state::ReturnState::{self, Accepted, Checked, Signed, Superseded};
use crate::store::{
    Doomed, EventSubject, Explained, Explanation, Ledger, ObjectName, Reception, ReturnFilter, StoreError,
};

pub(super) const ALL: &[LedgerCase] = &[
    ("moves are those of the state table", |ledger| Box::pin(moves_are_those_of_the_state_table(ledger))),
    ("of two who sign at once one wins", |ledger| Box::pin(of_two_who_sign_at_once_one_wins(ledger))),
    ("acceptance supersedes", |ledger| Box::pin(acceptance_supersedes(ledger))),
    ("an earlier version never takes the place of a later", |ledger| Box::pin(an_earlier_version_never_wins(ledger))),
    ("the longest in a state is known", |ledger| Box::pin(the_longest_in_a_state_is_known(ledger))),
    ("what is being deleted never counts", |ledger| Box::pin(what_is_being_deleted_never_counts(ledger))),
    ("what moved on is not due", |ledger| Box::pin(what_moved_on_is_not_due(ledger))),
    ("what is said is kept", |ledger| Box::pin(what_is_said_is_kept(ledger))),
    ("the latest explanation is in force", |ledger| Box::pin(the_latest_explanation_is_in_force(ledger))),
];

async fn moves_are_those_of_the_state_table(ledger: &dyn Ledger) {
    let by = added_key(ledger, "signatory", Role::Signatory).await;
    let mut record = checked(ledger, b"a", by, 1).await;
    for from in ReturnState::ALL {
        for by_move in ReturnMove::ALL {
            let result = advance(ledger, record.id, from, by_move, by, 3).await;
            if from.after(by_move).is_none() || !by_move.is_made_by_people() {
                assert!(matches!(result, Err(StoreError::NoSuchMove { .. })), "{by_move} from {from}");
            } else if from != Checked {
                assert!(matches!(result, Err(StoreError::Moved { found: Checked, .. })), "{by_move} from {from}");
            }
            if result.is_ok() {
                record = checked(ledger, format!("{by_move}").as_bytes(), by, 1).await;
            }
        }
    }
    let early = advance(ledger, record.id, Signed, ReturnMove::Accept, by, 3).await;
    assert!(matches!(early, Err(StoreError::Moved { expected: Signed, found: Checked, .. })));
    let unknown = advance(ledger, ReturnId::new(second(9)), Checked, ReturnMove::Sign, by, 3).await;
    assert!(matches!(unknown, Err(StoreError::NotFound { .. })));
    assert_eq!(ledger.return_by_id(record.id).await.expect("reads"), Some(record));
}

async fn of_two_who_sign_at_once_one_wins(ledger: &dyn Ledger) {
    let (one, two) = (added_key(ledger, "one", Role::Signatory).await, added_key(ledger, "two", Role::Signatory).await);
    let record = checked(ledger, b"a", one, 1).await;
    let sign = |by| advance(ledger, record.id, Checked, ReturnMove::Sign, by, 3);
    let (first, second) = futures::join!(sign(one), sign(two));
    assert_eq!([&first, &second].iter().filter(|result| result.is_ok()).count(), 1);
    let loser = if first.is_ok() { second } else { first };
    assert!(matches!(loser, Err(StoreError::Moved { found: Signed, .. })));
}

/// Writes that the report of a version will be deleted, because it was due in a state.
async fn plan(ledger: &dyn Ledger, id: ReturnId, seen: Option<ReturnState>) -> Result<(), StoreError> {
    let report = Doomed {
        name: ObjectName::report(id).to_string(),
        of: DeletedOf::Return(id),
        authority: "330".to_owned(),
        sha256: None,
        bytes: 1,
    };
    let cause = DeletionCause::Schedule { rule: "undecided_days = 730".to_owned() };
    ledger.plan_deletions(CertificateId::new(second(5)), &cause, &[report], seen, second(5)).await
}

async fn what_is_being_deleted_never_counts(ledger: &dyn Ledger) {
    let by = added_key(ledger, "signatory", Role::Signatory).await;
    let record = checked(ledger, b"a", by, 1).await;
    plan(ledger, record.id, Some(Checked)).await.expect("is due");
    let signed = advance(ledger, record.id, Checked, ReturnMove::Sign, by, 6).await;
    assert!(matches!(signed, Err(StoreError::ContentDeleted { .. })), "{signed:?}");
    let again = ledger.receive(&upload(b"a", by, 7)).await.expect("is received");
    assert!(matches!(again, Reception::New(_)), "{again:?}");
    advance(ledger, record.id, Checked, ReturnMove::Withdraw, by, 8).await.expect("can be ended");

    let other = checked(ledger, b"b", by, 9).await;
    advance(ledger, other.id, Checked, ReturnMove::Sign, by, 10).await.expect("is signed");
    plan(ledger, other.id, Some(Signed)).await.expect("is due");
    let accepted = advance(ledger, other.id, Signed, ReturnMove::Accept, by, 11).await;
    assert!(matches!(accepted, Err(StoreError::ContentDeleted { .. })), "{accepted:?}");
    assert!(ledger.removals().await.expect("reads").is_empty(), "its time was over, and nobody asked for it");
}

async fn what_moved_on_is_not_due(ledger: &dyn Ledger) {
    let by = added_key(ledger, "signatory", Role::Signatory).await;
    let record = checked(ledger, b"a", by, 1).await;
    advance(ledger, record.id, Checked, ReturnMove::Sign, by, 2).await.expect("is signed");
    let late = plan(ledger, record.id, Some(Checked)).await;
    assert!(matches!(late, Err(StoreError::Moved { expected: Checked, found: Signed, .. })), "{late:?}");
    assert!(ledger.deletions(None).await.expect("lists").is_empty());
    advance(ledger, record.id, Signed, ReturnMove::Accept, by, 3).await.expect("is accepted");
    plan(ledger, record.id, None).await.expect("a removal asks for no state");
}

async fn the_longest_in_a_state_is_known(ledger: &dyn Ledger) {
    assert!(ledger.longest_in_states().await.expect("reads").is_empty());
    let by = added_key(ledger, "signatory", Role::Signatory).await;
    let first = checked(ledger, b"a", by, 1).await;
    let second_version = checked(ledger, b"b", by, 10).await;
    let decided = |record: &crate::store::ReturnRecord| record.verdict.as_ref().expect("a verdict").decided;
    let longest = ledger.longest_in_states().await.expect("reads");
    assert_eq!(longest.into_iter().collect::<Vec<_>>(), [(Checked, decided(&first))]);
    advance(ledger, first.id, Checked, ReturnMove::Sign, by, 30).await.expect("is signed");
    let longest = ledger.longest_in_states().await.expect("reads");
    let expected = [(Checked, decided(&second_version)), (Signed, second(30))];
    assert_eq!(longest.into_iter().collect::<Vec<_>>(), expected, "it counts from the last move");
}

async fn accepted(ledger: &dyn Ledger, id: ReturnId, by: KeyId, at: i64) -> Option<ReturnId> {
    advance(ledger, id, Checked, ReturnMove::Sign, by, at).await.expect("is signed");
    let moved = advance(ledger, id, Signed, ReturnMove::Accept, by, at + 1).await.expect("is accepted");
    assert_eq!((moved.now.state, moved.now.accepted), (Accepted, Some(second(at + 1))));
    moved.superseded
}

async fn acceptance_supersedes(ledger: &dyn Ledger) {
    let by = added_key(ledger, "collector", Role::Collector).await;
    let first = checked(ledger, b"a", by, 1).await;
    assert_eq!(accepted(ledger, first.id, by, 3).await, None);
    let second_version = checked(ledger, b"b", by, 10).await;
    let in_force = ReturnFilter { state: Some(Accepted), ..ReturnFilter::default() };
    let ids = async || -> Vec<_> {
        ledger.returns(&in_force, super::super::Page::ALL).await.expect("lists").iter().map(|found| found.id).collect()
    };
    assert_eq!(ids().await, [first.id], "the earlier version is in force until the later is accepted");
    let counts = ledger.counts_by_state().await.expect("counts");
    assert_eq!(counts.into_iter().collect::<Vec<_>>(), [(Checked, 1), (Accepted, 1)]);
    assert_eq!(accepted(ledger, second_version.id, by, 12).await, Some(first.id));
    assert_eq!(ids().await, [second_version.id]);
    let first = ledger.return_by_id(first.id).await.expect("reads").expect("is there");
    assert_eq!((first.state, first.ended, first.ended_by), (Superseded, Some(second(13)), Some(by)));
    let last = ledger.events(EventSubject::Return(first.id)).await.expect("lists").pop().expect("has events");
    assert_eq!((last.what.as_str(), last.to.as_deref()), ("accept return", Some("superseded")));
}

async fn an_earlier_version_never_wins(ledger: &dyn Ledger) {
    let by = added_key(ledger, "collector", Role::Collector).await;
    let first = checked(ledger, b"a", by, 1).await;
    let later = checked(ledger, b"b", by, 3).await;
    let unsigned = checked(ledger, b"c", by, 4).await;
    advance(ledger, first.id, Checked, ReturnMove::Sign, by, 5).await.expect("is signed");
    let last = checked(ledger, b"d", by, 6).await;
    accepted(ledger, later.id, by, 7).await;
    accepted(ledger, last.id, by, 9).await;
    let refused = advance(ledger, unsigned.id, Checked, ReturnMove::Sign, by, 11).await;
    assert!(matches!(refused, Err(StoreError::LaterVersionInForce { in_force: 4 })), "nor is it signed");
    let refused = advance(ledger, first.id, Signed, ReturnMove::Accept, by, 12).await;
    assert!(matches!(refused, Err(StoreError::LaterVersionInForce { in_force: 4 })));
    let first = ledger.return_by_id(first.id).await.expect("reads").expect("is there");
    assert_eq!((first.state, first.accepted), (Signed, None));
}

async fn what_is_said_is_kept(ledger: &dyn Ledger) {
    let by = added_key(ledger, "collector", Role::Collector).await;
    let record = checked(ledger, b"a", by, 1).await;
    advance(ledger, record.id, Checked, ReturnMove::Sign, by, 2).await.expect("is signed");
    let moved = advance(ledger, record.id, Signed, ReturnMove::SendBack, by, 3).await.expect("is sent back");
    assert_eq!((moved.now.ended, moved.now.note.as_deref()), (Some(second(3)), Some("now sent-back")));
    let events = ledger.events(EventSubject::Return(record.id)).await.expect("lists");
    let said: Vec<_> = events.iter().filter_map(|event| event.note.as_deref()).collect();
    assert_eq!(said, ["clean", "now signed", "now sent-back"]);
    assert!(events.windows(2).all(|pair| pair[0].sequence < pair[1].sequence));
}

async fn the_latest_explanation_is_in_force(ledger: &dyn Ledger) {
    let by = added_key(ledger, "submitter", Role::Submitter).await;
    let record = checked(ledger, b"a", by, 1).await;
    let explanation = |about: Explained, text: &str| Explanation {
        about,
        code: "Q601".to_owned(),
        text: text.to_owned(),
        by,
        at: second(4),
        carried_from: None,
    };
    let one = Explained::Finding(Digest::of(b"one"));
    let whole = Explained::Rule("Q601".to_owned());
    let first = [explanation(one.clone(), "first"), explanation(whole.clone(), "all of them")];
    ledger.explain(record.id, &first).await.expect("explains");
    let second = [explanation(one.clone(), "second")];
    ledger.explain(record.id, &second).await.expect("explains again");
    let expected = [explanation(whole, "all of them"), explanation(one, "second")];
    assert_eq!(ledger.explanations(record.id).await.expect("lists"), expected);
    advance(ledger, record.id, Checked, ReturnMove::Sign, by, 5).await.expect("is signed");
    let late = ledger.explain(record.id, &second).await;
    assert!(matches!(late, Err(StoreError::Moved { expected: Checked, found: Signed, .. })));
}
