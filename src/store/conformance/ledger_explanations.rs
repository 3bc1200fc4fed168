//! Reasons that go with a return that is sent again, and reasons across a collection.

use super::LedgerCase;
use super::made::{COLLECTION, added_key, advance, checked, received, second, upload, verdict};
use crate::domain::account::Role;
use crate::domain::digest::Digest;
use crate::domain::identifier::{KeyId, ReturnId};
use crate::domain::report::Outcome;
use crate::domain::state::{ReturnMove, ReturnState::Checked};
use crate::store::{
    CarriedOver, EventSubject, Explained, Explanation, ExplanationFilter, Ledger, NewReturn, Page, ReturnRecord,
    StoreError, VersionId,
};

pub(super) const ALL: &[LedgerCase] = &[
    ("explanations are carried with the verdict", |ledger| Box::pin(carried_with_the_verdict(ledger))),
    ("what is carried is entered with the verdict or not at all", |ledger| Box::pin(wholly_or_not_at_all(ledger))),
    ("explanations are listed across a collection", |ledger| Box::pin(listed_across_a_collection(ledger))),
];

fn reason(about: Explained, code: &str, text: &str, by: KeyId) -> Explanation {
    Explanation { about, code: code.to_owned(), text: text.to_owned(), by, at: second(4), carried_from: None }
}

async fn sent_again(ledger: &dyn Ledger, new: &NewReturn, carried: &CarriedOver) -> ReturnRecord {
    let record = received(ledger, new).await;
    ledger.decide_checked(record.id, &verdict(Outcome::Queries, 20), carried).await.expect("is checked")
}

async fn carried_with_the_verdict(ledger: &dyn Ledger) {
    let by = added_key(ledger, "submitter", Role::Submitter).await;
    let first = checked(ledger, b"a", by, 1).await;
    let one = Explained::Finding(Digest::of(b"one"));
    let carried_from = Some(VersionId { id: first.id, version: 1 });
    let given = Explanation { carried_from, ..reason(one.clone(), "Q601", "it is so", by) };
    let notes = vec!["1 explanation was carried over.".to_owned(), "J201: 1 was not.".to_owned()];
    let carried = CarriedOver { explanations: vec![given.clone()], notes };
    let record = sent_again(ledger, &upload(b"b", by, 10), &carried).await;
    assert_eq!(record.version, Some(2));
    assert_eq!(ledger.explanations(record.id).await.expect("lists"), std::slice::from_ref(&given));
    let events = ledger.events(EventSubject::Return(record.id)).await.expect("lists");
    let said: Vec<_> = events.iter().map(|event| (event.to.as_deref(), event.note.as_deref())).collect();
    let checked = (Some("checked"), Some("queries"));
    let notes = [(None, Some("1 explanation was carried over.")), (None, Some("J201: 1 was not."))];
    assert_eq!(said, [(Some("received"), None), checked, notes[0], notes[1]]);

    let anew = reason(one, "Q601", "said again", by);
    ledger.explain(record.id, std::slice::from_ref(&anew)).await.expect("explains");
    assert_eq!(ledger.explanations(record.id).await.expect("lists"), [anew], "a new reason is this version's own");
    assert!(ledger.explanations(first.id).await.expect("lists").is_empty());
}

async fn wholly_or_not_at_all(ledger: &dyn Ledger) {
    let by = added_key(ledger, "submitter", Role::Submitter).await;
    let unknown = VersionId { id: ReturnId::new(second(9)), version: 1 };
    let about = Explained::Rule("Q601".to_owned());
    let given = Explanation { carried_from: Some(unknown), ..reason(about, "Q601", "it is so", by) };
    let carried = CarriedOver { explanations: vec![given], notes: vec!["1 was carried over.".to_owned()] };
    let record = received(ledger, &upload(b"a", by, 1)).await;
    let refused = ledger.decide_checked(record.id, &verdict(Outcome::Queries, 3), &carried).await;
    assert!(refused.is_err(), "the version it is said to come from does not exist");
    assert_eq!(ledger.return_by_id(record.id).await.expect("reads").as_ref(), Some(&record), "still received");
    assert!(ledger.explanations(record.id).await.expect("lists").is_empty());
    assert_eq!(ledger.events(EventSubject::Return(record.id)).await.expect("lists").len(), 1);
    let late = ledger.explain(record.id, &[]).await;
    assert!(matches!(late, Err(StoreError::Moved { expected: Checked, .. })));
}

async fn listed_across_a_collection(ledger: &dyn Ledger) {
    let by = added_key(ledger, "submitter", Role::Submitter).await;
    let mut made = Vec::new();
    for (at, authority) in [(1, "331"), (2, "330"), (3, "332")] {
        let new = NewReturn { authority: authority.to_owned(), ..upload(authority.as_bytes(), by, at) };
        let record = sent_again(ledger, &new, &CarriedOver::default()).await;
        let one = Explained::Finding(Digest::of(b"one"));
        let reasons = [
            reason(one.clone(), "Q601", "first", by),
            reason(Explained::Rule("S414".to_owned()), "S414", "all of them", by),
            reason(one, "Q601", "second", by),
        ];
        ledger.explain(record.id, &reasons).await.expect("explains");
        made.push(record);
    }
    advance(ledger, made[2].id, Checked, ReturnMove::Withdraw, by, 30).await.expect("is withdrawn");
    let everything = ExplanationFilter { collection: COLLECTION.to_owned(), authority: None, code: None };
    let list = async |filter: &ExplanationFilter, page| {
        let listed = ledger.explanations_across(filter, page).await.expect("lists");
        let said = |one: &crate::store::ExplanationOfReturn| (one.authority.clone(), one.explanation.text.clone());
        listed.iter().map(said).collect::<Vec<_>>()
    };
    let said = |authority: &str, text: &str| (authority.to_owned(), text.to_owned());
    let all = [said("330", "second"), said("330", "all of them"), said("331", "second"), said("331", "all of them")];
    assert_eq!(list(&everything, Page::ALL).await, all);
    assert_eq!(list(&everything, Page { skip: 1, take: 2 }).await, all[1..3]);
    let of_rule = ExplanationFilter { code: Some("S414".to_owned()), ..everything.clone() };
    assert_eq!(list(&of_rule, Page::ALL).await, [all[1].clone(), all[3].clone()]);
    let own = ExplanationFilter { authority: Some("331".to_owned()), ..everything.clone() };
    assert_eq!(list(&own, Page::ALL).await, all[2..]);
    let elsewhere = ExplanationFilter { collection: "example-2025".to_owned(), ..everything.clone() };
    assert!(list(&elsewhere, Page::ALL).await.is_empty());
    let listed = ledger.explanations_across(&everything, Page { skip: 0, take: 1 }).await.expect("lists");
    assert_eq!((listed[0].version, listed[0].state), (VersionId { id: made[1].id, version: 1 }, Checked));
}
