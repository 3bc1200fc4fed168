//! Decisions about collections follow their table; a reminder is written once, tried by one, and ends for good.

use super::LedgerCase;
use super::made::{COLLECTION, added_key, advance, checked, second};
use crate::domain::account::Role;
use crate::domain::collecting::CollectionMove;
use crate::domain::course::Decided;
use crate::domain::reminder::{Channel, ReminderKind};
use crate::domain::state::ReturnMove;
use crate::domain::state::ReturnState::Checked;
use crate::store::{Contact, EventSubject, Ledger, Move, NewDecision, NewReminder, Reminder, ReminderEnd, StoreError};
use chrono::NaiveDate;

pub(super) const ALL: &[LedgerCase] = &[
    ("decisions follow the table", |ledger| Box::pin(decisions_follow_the_table(ledger))),
    ("of two who close at once one wins", |ledger| Box::pin(of_two_who_close_at_once_one_wins(ledger))),
    ("a closed collection takes no signature", |ledger| Box::pin(a_closed_collection_takes_no_signature(ledger))),
    ("a reminder is written once", |ledger| Box::pin(a_reminder_is_written_once(ledger))),
    ("a reminder is told with its move or not at all", |ledger| Box::pin(told_with_its_move_or_not_at_all(ledger))),
    ("a reminder ends for good", |ledger| Box::pin(a_reminder_ends_for_good(ledger))),
    ("contacts come and go", |ledger| Box::pin(contacts_come_and_go(ledger))),
];

fn day(text: &str) -> NaiveDate {
    text.parse().expect("a date in a test")
}

fn decision(step: CollectionMove, authority: Option<&str>, last_day: Option<&str>, at: i64) -> NewDecision {
    let authority = authority.map(str::to_owned);
    NewDecision {
        collection: COLLECTION.to_owned(),
        opens: NaiveDate::MIN,
        deadline: day("2026-06-30"),
        decided: Decided { step, authority, last_day: last_day.map(day), at: second(at) },
        reason: "as agreed".to_owned(),
        by: None,
    }
}

async fn decisions_follow_the_table(ledger: &dyn Ledger) {
    let reopen = decision(CollectionMove::Reopen, Some("330"), Some("2026-09-30"), 1);
    let early = ledger.decide_collection(&reopen).await;
    assert!(matches!(early, Err(StoreError::CollectionMoved { step: CollectionMove::Reopen, .. })));
    let same_day = ledger.decide_collection(&decision(CollectionMove::Extend, None, Some("2026-06-30"), 2)).await;
    assert!(matches!(same_day, Err(StoreError::NotLater { deadline }) if deadline == day("2026-06-30")));
    let begin = ledger.decide_collection(&decision(CollectionMove::Begin, None, None, 2)).await;
    assert!(matches!(begin, Err(StoreError::CollectionMoved { .. })), "the calendar's move is nobody's");
    let extend = decision(CollectionMove::Extend, None, Some("2026-07-31"), 3);
    let first = ledger.decide_collection(&extend).await.expect("is extended");
    assert_eq!((first.decided, first.reason), (extend.decided, extend.reason));
    ledger.decide_collection(&decision(CollectionMove::Close, None, None, 4)).await.expect("is closed");
    ledger
        .decide_collection(&decision(CollectionMove::Reopen, Some("330"), Some("2026-09-30"), 5))
        .await
        .expect("is reopened");
    let all = ledger.collection_decisions(Some(COLLECTION)).await.expect("lists");
    let steps: Vec<_> = all.iter().map(|one| one.decided.step).collect();
    assert_eq!(steps, [CollectionMove::Extend, CollectionMove::Close, CollectionMove::Reopen]);
    assert_eq!(ledger.collection_decisions(None).await.expect("lists"), all);
    assert!(ledger.collection_decisions(Some("another")).await.expect("lists").is_empty());
    let events = ledger.events(EventSubject::Collection(COLLECTION.to_owned())).await.expect("lists");
    let told: Vec<_> = events.iter().map(|event| (event.what.as_str(), event.to.as_deref())).collect();
    assert_eq!(
        told,
        [
            ("extend deadline", Some("open")),
            ("close collection", Some("closed")),
            ("reopen collection", Some("closed"))
        ]
    );
}

async fn of_two_who_close_at_once_one_wins(ledger: &dyn Ledger) {
    let close = decision(CollectionMove::Close, None, None, 1);
    let (one, two) = futures::join!(ledger.decide_collection(&close), ledger.decide_collection(&close));
    assert!(one.is_ok() != two.is_ok());
}

async fn a_closed_collection_takes_no_signature(ledger: &dyn Ledger) {
    let by = added_key(ledger, "signatory", Role::Signatory).await;
    let record = checked(ledger, b"a", by, 1).await;
    ledger.decide_collection(&decision(CollectionMove::Close, None, None, 5)).await.expect("is closed");
    let refused = advance(ledger, record.id, Checked, ReturnMove::Sign, by, 6).await;
    assert!(matches!(refused, Err(StoreError::CollectionClosed { since, .. }) if since == second(5)));
    assert_eq!(ledger.return_by_id(record.id).await.expect("reads"), Some(record.clone()));
    ledger
        .decide_collection(&decision(CollectionMove::Reopen, Some("330"), Some("2999-01-01"), 7))
        .await
        .expect("is reopened");
    advance(ledger, record.id, Checked, ReturnMove::Sign, by, 8).await.expect("is signed");
}

fn reminder(channel: Channel, recipient: Option<&str>) -> NewReminder {
    NewReminder {
        kind: ReminderKind::Before,
        occasion: "2026-06-30 3".to_owned(),
        collection: COLLECTION.to_owned(),
        authority: "330".to_owned(),
        organisation: "330".to_owned(),
        channel,
        recipient: recipient.map(str::to_owned),
        deadline: Some(day("2026-06-30")),
        days: Some(3),
        return_id: None,
    }
}

async fn due(ledger: &dyn Ledger, channel: Channel, at: i64) -> Vec<Reminder> {
    ledger.reminders_due(channel, second(at), 10).await.expect("lists")
}

async fn a_reminder_is_written_once(ledger: &dyn Ledger) {
    let letter = reminder(Channel::Mail, Some("returns@authority.example"));
    let planned =
        [letter.clone(), reminder(Channel::Mail, Some("Returns@authority.example")), reminder(Channel::Webhook, None)];
    let (one, two) =
        futures::join!(ledger.plan_reminders(&planned, second(1)), ledger.plan_reminders(&planned, second(1)));
    assert_eq!(one.expect("plans") + two.expect("plans"), 2, "an address in another case is the same address");
    assert_eq!(ledger.plan_reminders(&planned, second(9)).await.expect("plans"), 0);
    let found = due(ledger, Channel::Mail, 1).await;
    assert_eq!(found.iter().map(|one| &one.what).collect::<Vec<_>>(), [&letter]);
    assert!(due(ledger, Channel::Mail, 0).await.is_empty());
    let waiting = ledger.reminders_waiting().await.expect("counts");
    assert_eq!(waiting.into_iter().collect::<Vec<_>>(), [(Channel::Mail, 1), (Channel::Webhook, 1)]);
}

async fn told_with_its_move_or_not_at_all(ledger: &dyn Ledger) {
    let by = added_key(ledger, "collector", Role::Collector).await;
    let record = checked(ledger, b"a", by, 1).await;
    let told = NewReminder {
        kind: ReminderKind::SentBack,
        occasion: record.id.to_string(),
        return_id: Some(record.id),
        ..reminder(Channel::Webhook, None)
    };
    let step = |from| Move {
        id: record.id,
        from,
        by_move: ReturnMove::SendBack,
        at: second(3),
        by,
        note: Some("look again".to_owned()),
        reminders: vec![told.clone()],
    };
    let refused = ledger.advance(&step(crate::domain::state::ReturnState::Signed)).await;
    assert!(matches!(refused, Err(StoreError::Moved { .. })));
    assert!(due(ledger, Channel::Webhook, 9).await.is_empty(), "nothing is told of what did not happen");
    ledger.advance(&step(Checked)).await.expect("is sent back");
    assert_eq!(due(ledger, Channel::Webhook, 9).await.len(), 1);
}

async fn a_reminder_ends_for_good(ledger: &dyn Ledger) {
    let planned = [reminder(Channel::Mail, Some("returns@authority.example")), reminder(Channel::Webhook, None)];
    ledger.plan_reminders(&planned, second(1)).await.expect("plans");
    let letter = due(ledger, Channel::Mail, 1).await.pop().expect("is due");
    let (one, two) =
        futures::join!(ledger.attempt_reminder(&letter, second(60)), ledger.attempt_reminder(&letter, second(60)));
    assert!(one.expect("tries") != two.expect("tries"), "one takes it");
    assert!(due(ledger, Channel::Mail, 59).await.is_empty());
    let again = due(ledger, Channel::Mail, 60).await.pop().expect("is due again");
    assert_eq!((again.id, again.attempts), (letter.id, 1));
    ledger.end_reminder(&again, ReminderEnd::Delivered, second(61)).await.expect("ends");
    assert!(due(ledger, Channel::Mail, 999).await.is_empty());
    assert!(!ledger.attempt_reminder(&again, second(99)).await.expect("tries"), "what has arrived is not sent again");
    assert_eq!(ledger.plan_reminders(&planned, second(99)).await.expect("plans"), 0, "nor planned again");
    let notice = due(ledger, Channel::Webhook, 1).await.pop().expect("is due");
    ledger.end_reminder(&notice, ReminderEnd::GivenUp, second(100)).await.expect("ends");
    let events = ledger.events(EventSubject::Collection(COLLECTION.to_owned())).await.expect("lists");
    let last = events.last().expect("has events");
    assert_eq!((last.what.as_str(), last.to.as_deref()), ("end reminder", Some("given-up")));
    assert!(ledger.reminders_waiting().await.expect("counts").is_empty());
}

async fn contacts_come_and_go(ledger: &dyn Ledger) {
    let contact = Contact { organisation: "330".to_owned(), address: "returns@authority.example".to_owned() };
    ledger.add_contact(&contact, second(1)).await.expect("adds");
    ledger.add_contact(&contact, second(2)).await.expect("is there");
    let own = std::slice::from_ref(&contact);
    assert_eq!(ledger.contacts().await.expect("lists"), own);
    assert_eq!(ledger.reminder_addresses().await.expect("lists"), own);
    assert!(ledger.remove_contact(&contact, second(3)).await.expect("removes"));
    assert!(!ledger.remove_contact(&contact, second(4)).await.expect("is gone"));
    assert!(ledger.contacts().await.expect("lists").is_empty());
    let events = ledger.events(EventSubject::Organisation("330".to_owned().into())).await.expect("lists");
    let told: Vec<_> = events.iter().map(|event| event.what.as_str()).collect();
    assert!(told.ends_with(&["add contact", "remove contact"]), "{told:?}");
    assert!(events.iter().all(|event| !event.note.as_deref().unwrap_or_default().contains('@')));
}
