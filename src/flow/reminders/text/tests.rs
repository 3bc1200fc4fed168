use super::*;
use crate::domain::identifier::{ReminderId, ReturnId};
use crate::domain::reminder::Channel;
use crate::store::NewReminder;
use chrono::{DateTime, Utc};

/// Stands for what must never be told.
const CANARY: &str = "Zimtstern4711";

fn time() -> DateTime<Utc> {
    "2026-06-27T08:00:00Z".parse().expect("a time in a test")
}

fn reminder(specification: &Specification, kind: ReminderKind) -> Reminder {
    let about_a_deadline = matches!(kind, ReminderKind::Before | ReminderKind::Due | ReminderKind::After);
    let collection = specification.latest().expect("is one");
    Reminder {
        id: ReminderId::new(time()),
        what: NewReminder {
            kind,
            occasion: CANARY.to_owned(),
            collection: collection.id.clone(),
            authority: "330".to_owned(),
            organisation: if kind == ReminderKind::Unaccepted { DEPARTMENT } else { "330" }.to_owned(),
            channel: Channel::Mail,
            recipient: Some(format!("{CANARY}@example.org")),
            deadline: about_a_deadline.then_some(collection.deadline),
            days: (kind != ReminderKind::SentBack).then_some(3),
            return_id: (!about_a_deadline)
                .then(|| "01890f4e-0000-7000-8000-000000000001".parse::<ReturnId>().expect("an id")),
        },
        planned: time(),
        attempts: 0,
    }
}

fn schedule() -> ReminderSchedule {
    ReminderSchedule {
        link: Some("https://homeward.example".to_owned()),
        ask: "collections@department.example".to_owned(),
        ..ReminderSchedule::default()
    }
}

#[test]
fn no_reminder_says_more_than_names_and_dates() {
    let specification = Specification::embedded().expect("loads");
    for kind in ReminderKind::ALL {
        let reminder = reminder(&specification, kind);
        let (subject, text) = written(&specification, &schedule(), &reminder);
        let body = webhook_body(&specification, &schedule(), &reminder);
        for said in [&subject, &text, &body] {
            assert!(!said.contains(CANARY), "{kind}: {said}");
            assert!(said.contains("Birmingham"), "{kind}: {said}");
        }
    }
}

#[test]
fn what_people_read() {
    let specification = Specification::embedded().expect("loads");
    let letter = |kind| {
        let (subject, text) = written(&specification, &schedule(), &reminder(&specification, kind));
        format!("{subject}\n\n{text}")
    };
    insta::assert_snapshot!(letter(ReminderKind::Before), @r"
    Return of Birmingham due on 30 June 2026

    The return of Birmingham for: Children returning home from care, 1 April 2025 to 31 March 2026.

    It is due in 3 days: by the end of 30 June 2026, UK time. It counts as sent in time when its first version arrives by then, and it is done when it is signed, which it is not yet.

    The service: https://homeward.example
    For help or more time ask collections@department.example.

    This was written by the service itself. It never says anything about a child; please do not answer it.
    ");
    insta::assert_snapshot!(letter(ReminderKind::SentBack), @r"
    Return of Birmingham sent back

    The return of Birmingham for: Children returning home from care, 1 April 2025 to 31 March 2026 (return 01890f4e-0000-7000-8000-000000000001).

    The collection team sent it back; the reason stands in the service. Correct it and send it again.

    The service: https://homeward.example
    For help or more time ask collections@department.example.

    This was written by the service itself. It never says anything about a child; please do not answer it.
    ");
    insta::assert_snapshot!(letter(ReminderKind::Unaccepted), @r"
    Return of Birmingham waits to be accepted

    The return of Birmingham for: Children returning home from care, 1 April 2025 to 31 March 2026 (return 01890f4e-0000-7000-8000-000000000001).

    It has been signed for 3 days or more and is neither accepted nor sent back.

    The service: https://homeward.example

    This was written by the service itself. It never says anything about a child; please do not answer it.
    ");
}
