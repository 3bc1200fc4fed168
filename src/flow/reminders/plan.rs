//! Which reminders are due at a moment, from the coverage of a collection.

use super::{DEPARTMENT, ReminderSchedule};
use crate::domain::identifier::ReturnId;
use crate::domain::local_time::{local_day, local_hour};
use crate::domain::reminder::{Channel, ReminderKind};
use crate::flow::coverage::{AuthorityCoverage, Coverage, Standing};
use crate::store::{NewReminder, ReturnRecord};
use chrono::{DateTime, Days, Duration, NaiveDate, Utc};

/// How long a reminder may be late, as after a time in which the service did not run. What is older is not told any more.
const CATCH_UP: Duration = Duration::hours(48);

/// Something that somebody is to be told, before it is known by which ways.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Occasion {
    pub(super) kind: ReminderKind,
    pub(super) key: String,
    pub(super) collection: String,
    pub(super) authority: String,
    pub(super) organisation: String,
    pub(super) deadline: Option<NaiveDate>,
    pub(super) days: Option<u32>,
    pub(super) return_id: Option<ReturnId>,
}

impl Occasion {
    pub(super) fn sent_back(collection: String, record: &ReturnRecord) -> Self {
        Self {
            kind: ReminderKind::SentBack,
            key: record.id.to_string(),
            collection,
            authority: record.authority.clone(),
            organisation: record.authority.clone(),
            deadline: None,
            days: None,
            return_id: Some(record.id),
        }
    }

    pub(super) fn by(&self, channel: Channel, recipient: Option<String>) -> NewReminder {
        NewReminder {
            kind: self.kind,
            occasion: self.key.clone(),
            collection: self.collection.clone(),
            authority: self.authority.clone(),
            organisation: self.organisation.clone(),
            channel,
            recipient,
            deadline: self.deadline,
            days: self.days,
            return_id: self.return_id,
        }
    }
}

/// What is due: of an authority's deadline the latest that has come, and of a signed return the latest as well.
pub(super) fn due(schedule: &ReminderSchedule, coverage: &Coverage, now: DateTime<Utc>) -> Vec<Occasion> {
    let of = |one: &AuthorityCoverage| {
        let collection = &coverage.collection.id;
        [deadline(schedule, collection, one, now), unaccepted(schedule, collection, one, now)]
    };
    coverage.authorities.iter().flat_map(of).flatten().collect()
}

/// The latest of some days that has come, and not too long ago.
fn latest<T>(days: impl Iterator<Item = (NaiveDate, T)>, hour: u32, now: DateTime<Utc>) -> Option<T> {
    let come = days.map(|(day, what)| (local_hour(day, hour), what)).filter(|(at, _)| *at <= now);
    let (at, what) = come.max_by_key(|(at, _)| *at)?;
    (now < at + CATCH_UP).then_some(what)
}

fn deadline(
    schedule: &ReminderSchedule,
    collection: &str,
    one: &AuthorityCoverage,
    now: DateTime<Utc>,
) -> Option<Occasion> {
    if !one.open || one.standing >= Standing::Signed {
        return None;
    }
    let deadline = one.deadline;
    let before = schedule.before_days.iter().filter(|days| **days > 0).filter_map(|days| {
        let day = deadline.checked_sub_days(Days::new(u64::from(*days)))?;
        Some((day, (ReminderKind::Before, *days)))
    });
    let after = schedule.after_days.iter().filter(|days| **days > 0).filter_map(|days| {
        let day = deadline.checked_add_days(Days::new(u64::from(*days)))?;
        Some((day, (ReminderKind::After, *days)))
    });
    let on_the_day = std::iter::once((deadline, (ReminderKind::Due, 0)));
    let (kind, days) = latest(before.chain(on_the_day).chain(after), schedule.hour, now)?;
    Some(Occasion {
        kind,
        // A deadline that was extended is a new occasion.
        key: format!("{deadline} {days}"),
        collection: collection.to_owned(),
        authority: one.authority.code.clone(),
        organisation: one.authority.code.clone(),
        deadline: Some(deadline),
        days: Some(days),
        return_id: None,
    })
}

fn unaccepted(
    schedule: &ReminderSchedule,
    collection: &str,
    one: &AuthorityCoverage,
    now: DateTime<Utc>,
) -> Option<Occasion> {
    let (id, signed) = one.unaccepted?;
    let days = schedule
        .unaccepted_days
        .iter()
        .filter_map(|days| Some((local_day(signed).checked_add_days(Days::new(u64::from(*days)))?, *days)));
    let days = latest(days, schedule.hour, now)?;
    Some(Occasion {
        kind: ReminderKind::Unaccepted,
        key: format!("{id} {days}"),
        collection: collection.to_owned(),
        authority: one.authority.code.clone(),
        organisation: DEPARTMENT.to_owned(),
        deadline: None,
        days: Some(days),
        return_id: Some(id),
    })
}

#[cfg(test)]
mod tests;
