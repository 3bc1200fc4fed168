//! What waits is confirmed by a second person, once; who asked for it or is to have it is no second person.

use super::LedgerCase;
use super::made::{added_key, added_key_of, added_person, key, person, second};
use crate::domain::account::{KeyKind, Role, Roles};
use crate::domain::identifier::{KeyId, PersonId};
use crate::store::{
    Confirmation, EventSubject, KeyRecord, Ledger, PersonAction, PersonRecord, PersonStep, StoreError, WaitingRoles,
};
use chrono::Duration;

pub(super) const ALL: &[LedgerCase] = &[
    ("a key that waits is confirmed once", |ledger| Box::pin(a_key_that_waits_is_confirmed_once(ledger))),
    ("two who confirm at once have one winner", |ledger| Box::pin(two_at_once_have_one_winner(ledger))),
    ("who made a key or is to have it does not confirm", |ledger| Box::pin(who_made_it_does_not_confirm(ledger))),
    ("a rotation makes nobody a second person", |ledger| Box::pin(a_rotation_makes_nobody_a_second(ledger))),
    ("a key that waits ends nothing before its time", |ledger| Box::pin(a_waiting_rotation_ends_nothing(ledger))),
    ("roles that wait are confirmed as they were seen", |ledger| Box::pin(roles_are_confirmed_as_seen(ledger))),
    ("another address makes roles wait again", |ledger| Box::pin(another_address_makes_roles_wait(ledger))),
    ("who comes back waits again", |ledger| Box::pin(who_comes_back_waits_again(ledger))),
];

fn that_waits(label: &str, by: KeyId, replaces: Option<(KeyId, Duration)>) -> KeyRecord {
    let confirmation = Confirmation::Awaited { replaces };
    KeyRecord { created_by: Some(by), confirmation, ..key(label, Role::Collector) }
}

async fn waiting_key(ledger: &dyn Ledger, label: &str, by: KeyId) -> KeyRecord {
    let made = that_waits(label, by, None);
    ledger.add_key(&made).await.expect("adds");
    made
}

/// A key that waits to take the place of another, whose overlap is so many seconds.
async fn waiting_rotation(
    ledger: &dyn Ledger,
    old: KeyId,
    by: KeyId,
    overlap: i64,
    at: i64,
) -> Result<KeyRecord, StoreError> {
    let made = that_waits(&format!("rotated at {at}"), by, Some((old, Duration::seconds(overlap))));
    let made = KeyRecord { created: second(at), ..made };
    ledger.rotate_key(old, &made, second(at + overlap)).await.map(|()| made)
}

async fn change(
    ledger: &dyn Ledger,
    id: PersonId,
    action: PersonAction,
    at: i64,
    by: KeyId,
) -> Result<PersonRecord, StoreError> {
    let confirmed_by_another = [Role::Collector, Role::Operator].into_iter().collect();
    ledger.change_person(&PersonStep { id, action, at: second(at), by: Some(by), confirmed_by_another }).await
}

async fn a_key_that_waits_is_confirmed_once(ledger: &dyn Ledger) {
    let (one, two) = (added_key(ledger, "one", Role::Operator).await, added_key(ledger, "two", Role::Operator).await);
    let made = waiting_key(ledger, "new", one).await;
    let found = ledger.key(made.id).await.expect("reads").expect("is there");
    assert!(found == made && found.waits() && !found.is_in_use(second(1)), "{found:?}");
    assert!(ledger.note_key_use(made.id, second(1)).await.is_err(), "what waits is not used");
    let confirmed = ledger.confirm_key(made.id, second(2), Some(two)).await.expect("confirms");
    assert_eq!(confirmed.confirmation, Confirmation::Given { at: second(2), by: Some(two) });
    assert!(confirmed.is_in_use(second(3)) && !confirmed.waits());
    for again in
        [ledger.confirm_key(made.id, second(4), Some(two)).await, ledger.refuse_key(made.id, second(4), None).await]
    {
        assert!(matches!(again, Err(StoreError::NothingWaits { .. })), "{again:?}");
    }
    let refused = waiting_key(ledger, "other", one).await;
    let refused = ledger.refuse_key(refused.id, second(5), Some(two)).await.expect("refuses");
    assert!(refused.revoked == Some(second(5)) && !refused.waits());
    assert!(matches!(ledger.confirm_key(refused.id, second(6), Some(two)).await, Err(StoreError::NothingWaits { .. })));
    let events = ledger.events(EventSubject::Key(refused.id)).await.expect("lists");
    let told: Vec<_> = events.iter().map(|event| (event.what.as_str(), event.to.as_deref(), event.by)).collect();
    let expected = [("add key", Some("waits for confirmation"), Some(one)), ("refuse key", Some("revoked"), Some(two))];
    assert_eq!(told, expected);
    let at_once = added_key(ledger, "at once", Role::Collector).await;
    let answer = ledger.confirm_key(at_once, second(7), Some(two)).await;
    assert!(matches!(answer, Err(StoreError::NothingWaits { .. })), "{answer:?}");
}

async fn two_at_once_have_one_winner(ledger: &dyn Ledger) {
    let (one, two) = (added_key(ledger, "one", Role::Operator).await, added_key(ledger, "two", Role::Operator).await);
    let three = added_key(ledger, "three", Role::Operator).await;
    let made = waiting_key(ledger, "new", one).await;
    let by_two = ledger.confirm_key(made.id, second(2), Some(two));
    let by_three = ledger.refuse_key(made.id, second(2), Some(three));
    let (by_two, by_three) = tokio::join!(by_two, by_three);
    assert!(by_two.is_ok() != by_three.is_ok(), "{by_two:?} {by_three:?}");
    let lost = by_two.err().or(by_three.err()).expect("one lost");
    assert!(matches!(lost, StoreError::NothingWaits { .. }), "{lost}");
    assert_eq!(ledger.events(EventSubject::Key(made.id)).await.expect("lists").len(), 2);
}

async fn who_made_it_does_not_confirm(ledger: &dyn Ledger) {
    let kit = added_person(ledger, "kit", Role::Operator).await;
    let first = added_key_of(ledger, "first", &kit, KeyKind::Machine).await;
    let second_of_kit = added_key_of(ledger, "second", &kit, KeyKind::Session).await;
    let sam = added_person(ledger, "sam", Role::Operator).await;
    let of_sam = added_key_of(ledger, "sam", &sam, KeyKind::Session).await;
    let confirmation = Confirmation::Awaited { replaces: None };
    let new = key("for sam", Role::Operator);
    let made = KeyRecord { created_by: Some(first), person: Some(sam.id), confirmation, ..new };
    ledger.add_key(&made).await.expect("adds");
    for (who, why) in [(first, "made it"), (second_of_kit, "is the one who made it"), (of_sam, "is to have it")] {
        let answer = ledger.confirm_key(made.id, second(2), Some(who)).await;
        assert!(matches!(answer, Err(StoreError::ConfirmedByMaker { .. })), "whoever {why}: {answer:?}");
    }
    ledger.confirm_key(made.id, second(3), None).await.expect("on the machine itself");
}

async fn a_rotation_makes_nobody_a_second(ledger: &dyn Ledger) {
    let (one, two) = (added_key(ledger, "one", Role::Operator).await, added_key(ledger, "two", Role::Operator).await);
    let made = waiting_key(ledger, "new", one).await;
    let rotated = KeyRecord { created: second(1), created_by: Some(one), ..key("rotated", Role::Operator) };
    ledger.rotate_key(one, &rotated, second(100)).await.expect("rotates");
    let again = KeyRecord { created: second(2), ..key("again", Role::Operator) };
    ledger.rotate_key(rotated.id, &again, second(100)).await.expect("rotates");
    assert_eq!(ledger.actor(again.id).await.expect("reads").map(|actor| actor.key), Some(one));
    assert_eq!(ledger.actor(KeyId::new(second(0))).await.expect("reads"), None);
    for own in [one, rotated.id, again.id] {
        let answer = ledger.confirm_key(made.id, second(3), Some(own)).await;
        assert!(matches!(answer, Err(StoreError::ConfirmedByMaker { .. })), "{answer:?}");
    }
    ledger.confirm_key(made.id, second(4), Some(two)).await.expect("another confirms");
}

async fn a_waiting_rotation_ends_nothing(ledger: &dyn Ledger) {
    let (one, two) = (added_key(ledger, "one", Role::Operator).await, added_key(ledger, "two", Role::Operator).await);
    let old = added_key(ledger, "old", Role::Collector).await;
    let new = waiting_rotation(ledger, old, one, 50, 4).await.expect("rotates");
    let ends = async |id| ledger.key(id).await.expect("reads").expect("is there").overlap_ends;
    assert_eq!(ends(old).await, None, "the old one goes on");
    let own = ledger.confirm_key(new.id, second(5), Some(old)).await;
    assert!(matches!(own, Err(StoreError::ConfirmedByMaker { .. })), "{own:?}");
    ledger.confirm_key(new.id, second(5), Some(two)).await.expect("confirms");
    let replaced = ledger.key(old).await.expect("reads").expect("is there");
    assert_eq!((replaced.replaced_by, replaced.overlap_ends), (Some(new.id), Some(second(55))));
    let again = waiting_rotation(ledger, old, one, 50, 6).await;
    assert!(matches!(again, Err(StoreError::KeyEnded { .. })), "what was replaced is not replaced again: {again:?}");

    let revoked = added_key(ledger, "revoked", Role::Collector).await;
    let late = waiting_rotation(ledger, revoked, one, 0, 5).await.expect("rotates");
    ledger.revoke_key(revoked, second(6), None).await.expect("revokes");
    let answer = ledger.confirm_key(late.id, second(7), Some(two)).await;
    assert!(matches!(answer, Err(StoreError::KeyEnded { .. })), "what was revoked is not brought back: {answer:?}");
    assert!(ledger.key(late.id).await.expect("reads").is_some_and(|key| key.waits()), "and nothing of it happened");
    let later = waiting_rotation(ledger, revoked, one, 0, 8).await;
    assert!(matches!(later, Err(StoreError::KeyEnded { .. })), "nor is it waited for: {later:?}");
}

/// A person who waits to be a collector, whom the first key asked for.
async fn waiting_person(ledger: &dyn Ledger, by: KeyId) -> PersonRecord {
    let waiting = WaitingRoles { roles: Role::Collector.into(), asked: second(1), asked_by: vec![by] };
    let kit = PersonRecord { roles: Roles::NONE, waiting: Some(waiting), ..person("kit", Role::Collector) };
    ledger.add_person(&kit).await.expect("adds");
    kit
}

async fn roles_are_confirmed_as_seen(ledger: &dyn Ledger) {
    let (one, two) = (added_key(ledger, "one", Role::Operator).await, added_key(ledger, "two", Role::Operator).await);
    let three = added_key(ledger, "three", Role::Operator).await;
    let kit = waiting_person(ledger, one).await;
    assert_eq!(ledger.person(kit.id).await.expect("reads").as_ref(), Some(&kit));
    let confirm = |asked| PersonAction::ConfirmRoles { asked: second(asked) };
    let own = change(ledger, kit.id, confirm(1), 2, one).await;
    assert!(matches!(own, Err(StoreError::ConfirmedByMaker { .. })), "{own:?}");
    let name = "Kit".to_owned();
    let other = Some("another@example.org".to_owned());
    let now = change(ledger, kit.id, PersonAction::Rename { name, email: other }, 3, two).await.expect("renames");
    let waiting = now.waiting.expect("waits on");
    assert_eq!((waiting.asked, waiting.asked_by), (second(3), vec![one, two]));
    let unseen = change(ledger, kit.id, confirm(1), 4, three).await;
    assert!(matches!(unseen, Err(StoreError::NothingWaits { .. })), "{unseen:?}");
    for had_a_part in [one, two] {
        let answer = change(ledger, kit.id, confirm(3), 5, had_a_part).await;
        assert!(matches!(answer, Err(StoreError::ConfirmedByMaker { .. })), "{answer:?}");
    }
    let now = change(ledger, kit.id, confirm(3), 6, three).await.expect("confirms");
    assert_eq!((now.roles, now.waiting), (Role::Collector.into(), None));
    let of_kit = added_key_of(ledger, "kit", &kit_with(&kit, Role::Collector), KeyKind::Session).await;

    // More roles wait, and those that decide nothing or are taken away do not.
    let wanted: Roles = [Role::Operator, Role::Analyst].into_iter().collect();
    let now = change(ledger, kit.id, PersonAction::Roles(wanted), 7, one).await.expect("changes");
    assert_eq!(now.roles, Role::Analyst.into());
    assert_eq!(now.waiting.map(|waiting| waiting.roles), Some(wanted));
    let own = change(ledger, kit.id, confirm(7), 8, of_kit).await;
    assert!(matches!(own, Err(StoreError::ConfirmedByMaker { .. })), "nobody confirms their own: {own:?}");
    let refuse = PersonAction::RefuseRoles { asked: second(7) };
    let now = change(ledger, kit.id, refuse.clone(), 9, one).await.expect("refuses, whoever it is");
    assert_eq!((now.roles, now.waiting), (Role::Analyst.into(), None));
    assert!(matches!(change(ledger, kit.id, refuse, 9, two).await, Err(StoreError::NothingWaits { .. })));
    let events = ledger.events(EventSubject::Person(kit.id)).await.expect("lists");
    let told: Vec<_> = events.iter().filter_map(|event| Some((event.what.as_str(), event.note.as_deref()?))).collect();
    let expected = [
        ("add person", "no role, and collector when another person confirms it"),
        (
            "rename person",
            "from no role, and collector when another person confirms it to no role, and collector when another person confirms it",
        ),
        ("confirm roles", "from no role, and collector when another person confirms it to collector"),
        ("change roles", "from collector to analyst, and analyst and operator when another person confirms it"),
        ("refuse roles", "from analyst, and analyst and operator when another person confirms it to analyst"),
    ];
    assert_eq!(told, expected);
}

fn kit_with(kit: &PersonRecord, role: Role) -> PersonRecord {
    PersonRecord { roles: role.into(), ..kit.clone() }
}

async fn another_address_makes_roles_wait(ledger: &dyn Ledger) {
    let one = added_key(ledger, "one", Role::Operator).await;
    let kit = added_person(ledger, "kit", Role::Collector).await;
    let rename = |email: &str| PersonAction::Rename { name: "Kit".to_owned(), email: Some(email.to_owned()) };
    let now = change(ledger, kit.id, rename("kit@example.org"), 2, one).await.expect("renames");
    assert_eq!((now.roles, now.waiting), (Role::Collector.into(), None), "the same address");
    let now = change(ledger, kit.id, rename("other@example.org"), 3, one).await.expect("renames");
    assert_eq!(now.roles, Roles::NONE, "whoever has that address is somebody else until another person says so");
    assert_eq!(now.waiting.map(|waiting| waiting.roles), Some(Role::Collector.into()));
    let sam = added_person(ledger, "sam", Role::Analyst).await;
    let now = change(ledger, sam.id, rename("third@example.org"), 3, one).await.expect("renames");
    assert_eq!((now.roles, now.waiting), (Role::Analyst.into(), None), "an analyst decides nothing");
}

async fn who_comes_back_waits_again(ledger: &dyn Ledger) {
    let one = added_key(ledger, "one", Role::Operator).await;
    let kit = added_person(ledger, "kit", Role::Collector).await;
    change(ledger, kit.id, PersonAction::Disable, 2, one).await.expect("disables");
    let now = change(ledger, kit.id, PersonAction::Enable, 3, one).await.expect("enables");
    assert_eq!((now.disabled, now.roles), (None, Roles::NONE));
    let waiting = now.waiting.expect("waits");
    assert_eq!((waiting.roles, waiting.asked_by), (Role::Collector.into(), vec![one]));
}
