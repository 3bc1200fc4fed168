use super::*;
use crate::domain::authority::Authority;
use crate::domain::collecting::CollectionState;
use crate::domain::period::Period;
use crate::flow::coverage::RegionCoverage;
use crate::spec::Collection;

fn time(text: &str) -> DateTime<Utc> {
    text.parse().expect("a time in a test")
}

fn day(text: &str) -> NaiveDate {
    text.parse().expect("a date in a test")
}

fn authority(standing: Standing) -> AuthorityCoverage {
    AuthorityCoverage {
        authority: Authority {
            code: "330".to_owned(),
            gss: "E08000025".to_owned(),
            name: "Birmingham".to_owned(),
            region_gss: "E12000005".to_owned(),
            region: "West Midlands".to_owned(),
            live_from: day("1974-04-01"),
            live_to: None,
        },
        standing,
        open: true,
        deadline: day("2026-06-30"),
        first_received: None,
        on_time: false,
        late: false,
        overdue: false,
        in_force: None,
        latest: None,
        unaccepted: None,
    }
}

fn coverage(one: AuthorityCoverage) -> Coverage {
    Coverage {
        collection: Collection {
            id: "example-2026".to_owned(),
            year: 2026,
            period: Period { start: day("2025-04-01"), end: day("2026-03-31") },
            opens: day("2026-04-01"),
            deadline: day("2026-06-30"),
            signed_by_another: false,
        },
        as_of: time("2026-06-01T00:00:00Z"),
        state: CollectionState::Open,
        deadline: day("2026-06-30"),
        england: RegionCoverage::default(),
        regions: Vec::new(),
        authorities: vec![one],
        further: Vec::new(),
    }
}

fn schedule() -> ReminderSchedule {
    ReminderSchedule {
        before_days: vec![14, 3],
        after_days: vec![1, 7],
        unaccepted_days: vec![5],
        hour: 9,
        ..ReminderSchedule::default()
    }
}

fn told(one: &AuthorityCoverage, now: &str) -> Vec<(ReminderKind, Option<u32>)> {
    due(&schedule(), &coverage(one.clone()), time(now)).iter().map(|one| (one.kind, one.days)).collect()
}

#[test]
fn each_reminder_comes_at_its_hour_and_for_two_days_at_most() {
    let missing = authority(Standing::Missing);
    let expected = [
        ("2026-06-16T07:59:59Z", vec![]),
        ("2026-06-16T08:00:00Z", vec![(ReminderKind::Before, Some(14))]),
        ("2026-06-18T08:00:00Z", vec![]),
        ("2026-06-27T08:00:00Z", vec![(ReminderKind::Before, Some(3))]),
        ("2026-06-30T08:00:00Z", vec![(ReminderKind::Due, Some(0))]),
        ("2026-07-01T08:00:00Z", vec![(ReminderKind::After, Some(1))]),
        ("2026-07-08T00:00:00Z", vec![(ReminderKind::After, Some(7))]),
        ("2026-09-01T08:00:00Z", vec![]),
    ];
    for (now, expected) in expected {
        assert_eq!(told(&missing, now), expected, "{now}");
    }
}

#[test]
fn who_has_signed_or_cannot_any_more_is_left_alone() {
    let now = "2026-06-30T08:00:00Z";
    assert_eq!(told(&authority(Standing::Received), now).len(), 1, "what is sent and not signed is not done");
    assert!(told(&authority(Standing::Signed), now).is_empty());
    let closed = AuthorityCoverage { open: false, ..authority(Standing::Missing) };
    assert!(told(&closed, now).is_empty());
}

#[test]
fn an_extended_deadline_is_another_occasion() {
    let extended = AuthorityCoverage { deadline: day("2026-07-10"), ..authority(Standing::Missing) };
    let key =
        |one: &AuthorityCoverage, now| due(&schedule(), &coverage(one.clone()), time(now)).pop().map(|one| one.key);
    assert_eq!(key(&extended, "2026-06-30T09:00:00Z"), None);
    assert_ne!(key(&extended, "2026-07-10T09:00:00Z"), key(&authority(Standing::Missing), "2026-06-30T09:00:00Z"));
}

#[test]
fn the_department_is_told_of_what_waits_for_it() {
    let id = ReturnId::new(time("2026-06-01T00:00:00Z"));
    let waiting =
        AuthorityCoverage { unaccepted: Some((id, time("2026-06-20T22:30:00Z"))), ..authority(Standing::Signed) };
    assert!(told(&waiting, "2026-06-25T07:59:59Z").is_empty());
    let due = due(&schedule(), &coverage(waiting), time("2026-06-25T08:00:00Z"));
    assert_eq!(
        (due[0].kind, due[0].organisation.as_str(), due[0].return_id),
        (ReminderKind::Unaccepted, "department", Some(id))
    );
}
