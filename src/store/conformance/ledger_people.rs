//! People are known by one address and one way to sign in, and a person who is disabled has no key left.

use super::LedgerCase;
use super::made::{added_key, added_key_of, added_person, key, person, second};
use crate::domain::account::{KeyKind, Role, Roles};
use crate::domain::identifier::PersonId;
use crate::domain::organisation::Organisation;
use crate::store::{
    EventSubject, KeyFilter, KeyRecord, KnownAs, Ledger, PasswordHash, PersonAction, PersonRecord, PersonStep, SignIn,
    StoreError,
};

pub(super) const ALL: &[LedgerCase] = &[
    ("a person reads back", |ledger| Box::pin(a_person_reads_back(ledger))),
    ("each is known by something of their own", |ledger| Box::pin(each_is_known_by_something_of_their_own(ledger))),
    ("a disabled person has no key left", |ledger| Box::pin(a_disabled_person_has_no_key_left(ledger))),
    ("another sign-in ends the sessions", |ledger| Box::pin(another_sign_in_ends_the_sessions(ledger))),
    ("organisations are made when they are needed", |ledger| Box::pin(organisations_are_made(ledger))),
    ("a key belongs where its person does", |ledger| Box::pin(a_key_belongs_where_its_person_does(ledger))),
];

async fn change(ledger: &dyn Ledger, id: PersonId, action: PersonAction, at: i64) -> Result<PersonRecord, StoreError> {
    let step = PersonStep { id, action, at: second(at), by: None, confirmed_by_another: Roles::NONE };
    ledger.change_person(&step).await
}

fn provider(subject: &str) -> SignIn {
    SignIn::OpenId { issuer: "https://example.org".to_owned(), subject: subject.to_owned() }
}

fn local(name: &str) -> SignIn {
    SignIn::Local { user_name: name.to_owned(), password: PasswordHash("$argon2id$".to_owned()) }
}

async fn a_person_reads_back(ledger: &dyn Ledger) {
    let kit = PersonRecord { sign_in: provider("1"), ..person("kit", Role::Signatory) };
    let sam = PersonRecord { sign_in: local("sam"), email: None, ..person("sam", Role::Collector) };
    for made in [&kit, &sam] {
        ledger.add_person(made).await.expect("adds");
        assert_eq!(ledger.person(made.id).await.expect("reads").as_ref(), Some(made));
    }
    let (issuer, subject) = ("https://example.org".to_owned(), "1".to_owned());
    let found = async |known| ledger.person_known_as(&known).await.expect("reads").map(|person| person.id);
    assert_eq!(found(KnownAs::Subject { issuer, subject }).await, Some(kit.id));
    assert_eq!(found(KnownAs::Email("KIT@example.org".to_owned())).await, Some(kit.id), "case does not matter");
    assert_eq!(found(KnownAs::UserName("Sam".to_owned())).await, Some(sam.id));
    assert_eq!(found(KnownAs::UserName("kit".to_owned())).await, None);
    assert_eq!(ledger.people(None).await.expect("lists").len(), 2);
    assert_eq!(ledger.people(Some(&kit.organisation)).await.expect("lists"), std::slice::from_ref(&kit));
    let name = "Kit".to_owned();
    let now = change(ledger, kit.id, PersonAction::Rename { name, email: None }, 5).await.expect("renames");
    assert_eq!((now.name.as_str(), now.email), ("Kit", None));
    let events = ledger.events(EventSubject::Person(kit.id)).await.expect("lists");
    let told: Vec<_> = events.iter().map(|event| (event.what.as_str(), event.note.as_deref())).collect();
    assert_eq!(told, [("add person", Some("signatory")), ("rename person", None)], "no name is in the history");
}

async fn each_is_known_by_something_of_their_own(ledger: &dyn Ledger) {
    let kit = PersonRecord { sign_in: provider("1"), ..person("kit", Role::Signatory) };
    let sam = PersonRecord { sign_in: local("sam"), ..person("sam", Role::Collector) };
    ledger.add_person(&kit).await.expect("adds");
    ledger.add_person(&sam).await.expect("adds");
    let taken = [
        (
            PersonRecord { email: Some("Kit@Example.org".to_owned()), ..person("a", Role::Analyst) },
            "the e-mail address",
        ),
        (PersonRecord { sign_in: provider("1"), ..person("b", Role::Analyst) }, "the account at the OpenID provider"),
        (PersonRecord { sign_in: local("SAM"), ..person("c", Role::Analyst) }, "the user name"),
    ];
    for (made, expected) in taken {
        let refused = ledger.add_person(&made).await;
        assert!(matches!(refused, Err(StoreError::Taken { what }) if what == expected), "{refused:?}");
    }
    let refused = change(ledger, sam.id, PersonAction::SignIn(provider("1")), 3).await;
    assert!(matches!(refused, Err(StoreError::Taken { .. })));
    change(ledger, sam.id, PersonAction::SignIn(local("sam")), 4).await.expect("it is their own");
    let nobody = change(ledger, PersonId::new(second(1)), PersonAction::Disable, 4).await;
    assert!(matches!(nobody, Err(StoreError::NotFound { .. })));
}

async fn a_disabled_person_has_no_key_left(ledger: &dyn Ledger) {
    let (kit, sam) =
        (added_person(ledger, "kit", Role::Signatory).await, added_person(ledger, "sam", Role::Signatory).await);
    let own = [
        added_key_of(ledger, "one", &kit, KeyKind::Machine).await,
        added_key_of(ledger, "two", &kit, KeyKind::Session).await,
    ];
    let others =
        [added_key_of(ledger, "three", &sam, KeyKind::Session).await, added_key(ledger, "four", Role::Signatory).await];
    let now = change(ledger, kit.id, PersonAction::Disable, 7).await.expect("disables");
    assert_eq!(now.disabled, Some(second(7)));
    for id in own {
        let key = ledger.key(id).await.expect("reads").expect("is there");
        assert_eq!(key.revoked, Some(second(7)));
        let last = ledger.events(EventSubject::Key(id)).await.expect("lists").pop().expect("has events");
        assert_eq!((last.what.as_str(), last.to.as_deref()), ("disable person", Some("revoked")));
    }
    for id in others {
        assert_eq!(ledger.key(id).await.expect("reads").expect("is there").revoked, None);
    }
    let again = change(ledger, kit.id, PersonAction::Disable, 9).await.expect("is disabled already");
    assert_eq!(again.disabled, Some(second(7)));
    let back = change(ledger, kit.id, PersonAction::Enable, 10).await.expect("enables");
    assert_eq!(back.disabled, None);
    assert!(ledger.key(own[0]).await.expect("reads").is_some_and(|key| key.revoked.is_some()), "keys stay ended");
}

async fn another_sign_in_ends_the_sessions(ledger: &dyn Ledger) {
    let kit = added_person(ledger, "kit", Role::Signatory).await;
    let machine = added_key_of(ledger, "one", &kit, KeyKind::Machine).await;
    let session = added_key_of(ledger, "two", &kit, KeyKind::Session).await;
    change(ledger, kit.id, PersonAction::SignIn(local("kit")), 3).await.expect("changes");
    let revoked = async |id| ledger.key(id).await.expect("reads").expect("is there").revoked;
    assert_eq!((revoked(machine).await, revoked(session).await), (None, Some(second(3))));
    let filter = KeyFilter { person: Some(kit.id), kind: Some(KeyKind::Session), ..KeyFilter::default() };
    assert_eq!(ledger.keys(&filter).await.expect("lists").len(), 1);
    let both: Roles = [Role::Submitter, Role::Signatory].into_iter().collect();
    let now = change(ledger, kit.id, PersonAction::Roles(both), 4).await.expect("changes");
    assert_eq!(now.roles, both);
    let last = ledger.events(EventSubject::Person(kit.id)).await.expect("lists").pop().expect("has events");
    assert_eq!(last.note.as_deref(), Some("from signatory to submitter and signatory"));
}

async fn organisations_are_made(ledger: &dyn Ledger) {
    added_key(ledger, "one", Role::Submitter).await;
    added_key(ledger, "two", Role::Signatory).await;
    added_person(ledger, "kit", Role::Collector).await;
    let listed = ledger.organisations().await.expect("lists");
    let names: Vec<_> = listed.iter().map(|known| known.organisation.id()).collect();
    assert_eq!(names, ["330", "department"]);
    let events = ledger.events(EventSubject::Organisation(Organisation::Department)).await.expect("lists");
    assert_eq!(events.iter().map(|event| event.what.as_str()).collect::<Vec<_>>(), ["add person"]);
}

async fn a_key_belongs_where_its_person_does(ledger: &dyn Ledger) {
    let kit = added_person(ledger, "kit", Role::Signatory).await;
    let astray = KeyRecord { person: Some(kit.id), ..key("astray", Role::Operator) };
    assert!(ledger.add_key(&astray).await.is_err());
    assert_eq!(ledger.keys(&KeyFilter::default()).await.expect("lists"), []);
}
