//! An authority that is removed leaves no account behind, and after its time nothing says who its people were.

use crate::evidence::retention::POLICY;
use crate::service_support::{AUTHORITY, House, YEAR};
use chrono::Duration;
use homeward::domain::account::{KeyKind, Role, Roles};
use homeward::domain::evidence::{Certificate, DeletedOf, open};
use homeward::domain::identifier::PersonId;
use homeward::domain::organisation::Organisation;
use homeward::domain::reminder::{Channel, ReminderKind};
use homeward::flow::{FlowError, NewKey, NewPerson, PersonChanges};
use homeward::store::{ClosedAccounts, Contact, DataFolder, EventSubject, Ledger, NewReminder, audit};

const NAME: &str = "Zimtschnecke4711";
const ADDRESS: &str = "mohnstrudel4711@council.example";
const LABEL: &str = "the laptop of Zwetschge4711";

fn authority(code: &str) -> Organisation {
    Organisation::Authority(code.to_owned())
}

/// A person of an authority with a key and a session, a contact, and a letter that waits.
async fn entered(house: &House, code: &str, name: &str, address: &str) -> (PersonId, [String; 2]) {
    let roles: Roles = [Role::Submitter, Role::Signatory].into_iter().collect();
    let new = NewPerson {
        organisation: authority(code),
        name: name.to_owned(),
        email: Some(address.to_owned()),
        roles,
        by: None,
        confirmed_by_another: Roles::NONE,
    };
    let person = house.service.people_keeper().make(new).await.expect("is entered").id;
    let machine = NewKey { person: Some(person), ..NewKey::machine(authority(code), roles, LABEL) };
    let session = NewKey { kind: KeyKind::Session, ..machine.clone() };
    let keys = house.service.key_keeper();
    let made = [keys.make(machine).await.expect("is made").text, keys.make(session).await.expect("is made").text];
    let ledger = house.data.ledger.as_ref();
    let contact = Contact { organisation: code.to_owned(), address: format!("team.{address}") };
    ledger.add_contact(&contact, house.clock_time()).await.expect("is added");
    let reminder = NewReminder {
        kind: ReminderKind::SentBack,
        occasion: code.to_owned(),
        collection: YEAR.to_owned(),
        authority: code.to_owned(),
        organisation: code.to_owned(),
        channel: Channel::Mail,
        recipient: Some(contact.address),
        deadline: None,
        days: None,
        return_id: None,
    };
    assert_eq!(ledger.plan_reminders(&[reminder], house.clock_time()).await.expect("is planned"), 1);
    (person, made)
}

async fn chain_holds(house: &House) {
    assert_eq!(house.service.verify_deletions().await.expect("looks").wrong, Vec::<String>::new());
    let walked = audit(&DataFolder::ledger_file(house.folder()), &[], None).await.expect("walks");
    assert_eq!(walked.fault, None);
}

#[tokio::test]
async fn a_removal_closes_every_account_of_the_authority_and_no_other() {
    let house = House::new().await;
    let ledger = house.data.ledger.as_ref();
    let (person, own) = entered(&house, AUTHORITY, NAME, ADDRESS).await;
    let (other, others) = entered(&house, "331", "A colleague", "colleague@elsewhere.example").await;
    let removed = house.service.remove_data_of(AUTHORITY, AUTHORITY, "It asked for it.", None).await.expect("removes");
    assert_eq!(removed.closed, ClosedAccounts { keys: 2, people: 1, contacts: 1 });
    for key in &own {
        assert!(matches!(house.service.authenticate(key).await, Err(FlowError::KeyUnknown)));
    }
    for key in &others {
        house.service.authenticate(key).await.expect("another authority goes on");
    }
    let disabled = async |id| ledger.person(id).await.expect("reads").expect("is there").disabled.is_some();
    assert_eq!((disabled(person).await, disabled(other).await), (true, false));
    let left: Vec<String> =
        ledger.reminder_addresses().await.expect("lists").into_iter().map(|one| one.organisation).collect();
    assert_eq!(left, ["331", "331"], "a contact and a person");
    let due = ledger.reminders_due(Channel::Mail, house.clock_time(), 10).await.expect("lists");
    assert_eq!(due.iter().map(|one| one.what.authority.as_str()).collect::<Vec<_>>(), ["331"]);
    let events = ledger.events(EventSubject::Person(person)).await.expect("lists");
    let told: Vec<_> = events.iter().map(|event| (event.what.as_str(), event.to.as_deref())).collect();
    assert_eq!(told, [("add person", Some("may act")), ("close accounts", Some("disabled"))]);
    let again = house.service.remove_data_of(AUTHORITY, AUTHORITY, "Once more.", None).await.expect("removes");
    assert_eq!(again.closed, ClosedAccounts::default());
    chain_holds(&house).await;
}

#[tokio::test]
async fn who_left_is_deleted_at_their_time_with_a_certificate() {
    let house = House::new().await;
    let ledger = house.data.ledger.as_ref();
    let (person, _) = entered(&house, AUTHORITY, NAME, ADDRESS).await;
    let (other, _) = entered(&house, "331", "A colleague", "colleague@elsewhere.example").await;
    house.service.remove_data_of(AUTHORITY, AUTHORITY, "It asked for it.", None).await.expect("removes");
    house.clock.advance(Duration::days(729));
    assert_eq!(house.service.retain(&POLICY).await.expect("runs").deleted, 0, "not before its time");
    for words in [NAME, ADDRESS] {
        assert!(!house.files_with(words.as_bytes()).is_empty(), "the search finds what is there");
    }
    house.clock.advance(Duration::days(1));
    let due = house.service.due(&POLICY).await.expect("looks");
    assert_eq!(due.keys().collect::<Vec<_>>(), ["people_days = 730"]);
    let retained = house.service.retain(&POLICY).await.expect("runs");
    let [certificate] = retained.certificates.as_slice() else { panic!("{retained:?}") };
    let keys = ledger.signing_keys().await.expect("reads");
    let (said, _) = open::<Certificate>(certificate.envelope.as_bytes(), &keys).expect("its signature holds");
    let [object] = said.objects.as_slice() else { panic!("{said:?}") };
    assert_eq!((object.name.as_str(), object.of), (format!("people/{person}").as_str(), DeletedOf::Person(person)));
    assert_eq!(object.sha256, None, "a name could be guessed from its digest");
    for words in [NAME, ADDRESS] {
        assert_eq!(house.files_with(words.as_bytes()), Vec::<std::path::PathBuf>::new(), "{words}");
    }
    let record = ledger.person(person).await.expect("reads").expect("its line stays");
    assert!(record.name.is_empty() && record.email.is_none() && record.erased.is_some());
    let labels = async |person| {
        let filter = homeward::store::KeyFilter { person: Some(person), ..Default::default() };
        let keys = ledger.keys(&filter).await.expect("lists");
        keys.into_iter().map(|key| key.label).collect::<Vec<_>>()
    };
    assert!(labels(person).await.iter().all(String::is_empty), "what a key is called can be a name");
    assert_eq!(labels(other).await, [LABEL, LABEL]);
    let back = PersonChanges { disabled: Some(false), ..PersonChanges::default() };
    let refused = house.service.people_keeper().change(record, &back, None, Roles::NONE).await.expect_err("is refused");
    assert!(refused.to_string().contains("enter them anew"), "{refused}");
    assert!(ledger.person(other).await.expect("reads").is_some_and(|other| other.name == "A colleague"));
    assert_eq!(house.service.retain(&POLICY).await.expect("runs").deleted, 0);
    chain_holds(&house).await;
}
