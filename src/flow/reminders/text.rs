//! What a reminder says: the authority's name, the collection, dates and an address. Nothing of a return's content can reach
//! it, because a reminder of the outbox holds none.

use super::{DEPARTMENT, ReminderSchedule};
use crate::domain::reminder::ReminderKind;
use crate::spec::Specification;
use crate::store::Reminder;
use chrono::NaiveDate;
use serde_json::json;

/// A day as people write it.
fn day(day: NaiveDate) -> String {
    day.format("%-d %B %Y").to_string()
}

fn days(count: u32) -> String {
    if count == 1 { "1 day".to_owned() } else { format!("{count} days") }
}

/// The authority's name as it is in the collection's period.
fn authority_name(specification: &Specification, reminder: &Reminder) -> String {
    let code = &reminder.what.authority;
    let period = specification.collection(&reminder.what.collection).map(|collection| collection.period);
    let line = period.and_then(|period| specification.register.live_in(code, period));
    line.map_or_else(|| format!("authority {code}"), |line| line.name.clone())
}

/// The collection as people call it.
fn collection_name(specification: &Specification, reminder: &Reminder) -> String {
    match specification.collection(&reminder.what.collection) {
        Some(one) => format!("{}, {} to {}", specification.title, day(one.period.start), day(one.period.end)),
        None => specification.title.clone(),
    }
}

/// The subject and the text of a letter.
pub(super) fn written(
    specification: &Specification,
    schedule: &ReminderSchedule,
    reminder: &Reminder,
) -> (String, String) {
    let what = &reminder.what;
    let (name, collection) = (authority_name(specification, reminder), collection_name(specification, reminder));
    let deadline = what.deadline.map(day).unwrap_or_default();
    let count = days(what.days.unwrap_or(0));
    let (subject, said) = match what.kind {
        ReminderKind::Before => (
            format!("Return of {name} due on {deadline}"),
            format!(
                "It is due in {count}: by the end of {deadline}, UK time. It counts as sent in time when its first version \
                 arrives by then, and it is done when it is signed, which it is not yet."
            ),
        ),
        ReminderKind::Due => (
            format!("Return of {name} due today, {deadline}"),
            format!("It is due today: by the end of {deadline}, UK time. It is not signed yet."),
        ),
        ReminderKind::After => (
            format!("Return of {name} was due on {deadline}"),
            format!("It was due by the end of {deadline}, {count} ago, and is not signed yet. It is still taken."),
        ),
        ReminderKind::SentBack => (
            format!("Return of {name} sent back"),
            "The collection team sent it back; the reason stands in the service. Correct it and send it again."
                .to_owned(),
        ),
        ReminderKind::Unaccepted => (
            format!("Return of {name} waits to be accepted"),
            format!("It has been signed for {count} or more and is neither accepted nor sent back."),
        ),
    };
    let about = match what.return_id {
        Some(id) => format!("The return of {name} for: {collection} (return {id})."),
        None => format!("The return of {name} for: {collection}."),
    };
    let link = schedule.link.as_ref().map(|link| format!("The service: {link}\n")).unwrap_or_default();
    let ask = match what.organisation.as_str() {
        DEPARTMENT => String::new(),
        _ => format!("For help or more time ask {}.\n", schedule.ask),
    };
    let text = format!(
        "{about}\n\n{said}\n\n{link}{ask}\nThis was written by the service itself. It never says anything about a child; please \
         do not answer it.\n"
    );
    (subject, text)
}

/// The JSON of a webhook.
pub(super) fn webhook_body(specification: &Specification, schedule: &ReminderSchedule, reminder: &Reminder) -> String {
    let what = &reminder.what;
    json!({
        "delivery": reminder.id.to_string(),
        "kind": what.kind.name(),
        "collection": what.collection,
        "authority": { "code": what.authority, "name": authority_name(specification, reminder) },
        "organisation": what.organisation,
        "deadline": what.deadline.map(|day| day.to_string()),
        "days": what.days,
        "return": what.return_id.map(|id| id.to_string()),
        "planned": reminder.planned.to_rfc3339_opts(chrono::SecondsFormat::Secs, true),
        "link": schedule.link,
    })
    .to_string()
}

#[cfg(test)]
mod tests;
