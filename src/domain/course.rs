//! The course of a collection: its calendar and what people decided since, read as of any moment.

use super::collecting::{CollectionMove, CollectionState};
use super::local_time::{end_of_day, local_day};
use chrono::{DateTime, NaiveDate, Utc};

/// Something that people decided about a collection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decided {
    pub step: CollectionMove,
    /// The three-digit code; none where it is for everybody.
    pub authority: Option<String>,
    /// The new deadline, or the last day of a reopening.
    pub last_day: Option<NaiveDate>,
    pub at: DateTime<Utc>,
}

/// A collection's calendar, and every decision in the order in which they were made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Course {
    /// The first day on which returns are taken.
    pub opens: NaiveDate,
    /// The last day on which a return is on time.
    pub deadline: NaiveDate,
    pub decided: Vec<Decided>,
}

impl Course {
    /// The course of a collection that has begun, where only what people decided matters.
    pub const fn begun(decided: Vec<Decided>) -> Self {
        Self { opens: NaiveDate::MIN, deadline: NaiveDate::MIN, decided }
    }

    fn by(&self, at: DateTime<Utc>) -> impl DoubleEndedIterator<Item = &Decided> {
        self.decided.iter().filter(move |one| one.at <= at)
    }

    pub fn state(&self, at: DateTime<Utc>) -> CollectionState {
        let turned = self.by(at).rev().find_map(|one| match one.step {
            CollectionMove::Open => Some(CollectionState::Open),
            CollectionMove::Close => Some(CollectionState::Closed),
            CollectionMove::Begin | CollectionMove::Extend | CollectionMove::Reopen => None,
        });
        let by_calendar = || {
            if self.opens <= local_day(at) { CollectionState::Open } else { CollectionState::Planned }
        };
        turned.unwrap_or_else(by_calendar)
    }

    /// Since when it is closed; none where it is not.
    pub fn closed_since(&self, at: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let closed = self.state(at) == CollectionState::Closed;
        self.by(at).rev().find(|one| closed && one.step == CollectionMove::Close).map(|one| one.at)
    }

    /// The last day on which an authority's return is on time; without an authority, everybody's.
    pub fn deadline_of(&self, authority: Option<&str>, at: DateTime<Utc>) -> NaiveDate {
        let extended = self.by(at).filter(|one| one.step == CollectionMove::Extend);
        let applies = |one: &&Decided| one.authority.is_none() || one.authority.as_deref() == authority;
        // Extensions only ever lead to a later day.
        extended.filter(applies).filter_map(|one| one.last_day).fold(self.deadline, NaiveDate::max)
    }

    /// The last day until which the collection takes an authority's return although it is closed for others: its own
    /// extended deadline, or what it was reopened for. None where nothing was decided for it alone.
    pub fn own_last_day(&self, authority: &str, at: DateTime<Utc>) -> Option<NaiveDate> {
        let own = |step: CollectionMove| {
            self.by(at).rev().find(|one| one.step == step && one.authority.as_deref() == Some(authority))?.last_day
        };
        own(CollectionMove::Extend).max(own(CollectionMove::Reopen))
    }

    /// Whether a return of the authority can be signed.
    pub fn takes(&self, authority: &str, at: DateTime<Utc>) -> bool {
        match self.state(at) {
            CollectionState::Planned => false,
            CollectionState::Open => true,
            CollectionState::Closed => self.own_last_day(authority, at).is_some_and(|day| at < end_of_day(day)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn time(text: &str) -> DateTime<Utc> {
        text.parse().expect("a time in a test")
    }

    fn day(text: &str) -> NaiveDate {
        text.parse().expect("a date in a test")
    }

    fn decided(step: CollectionMove, authority: Option<&str>, last_day: Option<&str>, at: &str) -> Decided {
        Decided { step, authority: authority.map(str::to_owned), last_day: last_day.map(day), at: time(at) }
    }

    fn course(decided: Vec<Decided>) -> Course {
        Course { opens: day("2026-04-01"), deadline: day("2026-06-30"), decided }
    }

    #[test]
    fn the_calendar_opens_it_and_nothing_but_people_close_it() {
        let course = course(vec![decided(CollectionMove::Close, None, None, "2026-08-01T10:00:00Z")]);
        let state = |at| course.state(time(at));
        assert_eq!(state("2026-03-31T22:59:59Z"), CollectionState::Planned);
        assert_eq!(state("2026-03-31T23:00:00Z"), CollectionState::Open, "midnight in London");
        assert_eq!(state("2026-07-31T10:00:00Z"), CollectionState::Open, "past its deadline");
        assert_eq!(state("2026-08-01T10:00:00Z"), CollectionState::Closed);
        assert_eq!(course.closed_since(time("2026-09-01T00:00:00Z")), Some(time("2026-08-01T10:00:00Z")));
        assert_eq!(course.closed_since(time("2026-07-01T00:00:00Z")), None);
    }

    #[test]
    fn deadlines_are_extended_for_all_or_one_and_a_promise_outlives_the_closing() {
        let course = course(vec![
            decided(CollectionMove::Extend, Some("330"), Some("2026-07-20"), "2026-06-20T10:00:00Z"),
            decided(CollectionMove::Extend, None, Some("2026-07-10"), "2026-06-21T10:00:00Z"),
            decided(CollectionMove::Close, None, None, "2026-07-11T10:00:00Z"),
        ]);
        let (early, later) = (time("2026-06-20T11:00:00Z"), time("2026-07-12T10:00:00Z"));
        assert_eq!(course.deadline_of(Some("330"), early), day("2026-07-20"));
        assert_eq!(course.deadline_of(Some("331"), early), day("2026-06-30"), "as of then nobody had extended it");
        assert_eq!(course.deadline_of(Some("331"), later), day("2026-07-10"));
        assert!(course.takes("330", later) && !course.takes("331", later));
        assert!(course.takes("330", time("2026-07-20T22:59:59Z")));
        assert!(!course.takes("330", time("2026-07-20T23:00:00Z")));
    }

    #[test]
    fn reopened_for_one_it_stays_closed_for_the_others_and_the_latest_day_counts() {
        let reopen = |last_day, at| decided(CollectionMove::Reopen, Some("330"), Some(last_day), at);
        let course = course(vec![
            decided(CollectionMove::Close, None, None, "2026-07-11T10:00:00Z"),
            reopen("2026-09-30", "2026-08-01T10:00:00Z"),
            reopen("2026-08-10", "2026-08-02T10:00:00Z"),
        ]);
        let at = time("2026-08-09T10:00:00Z");
        assert!(course.takes("330", at) && !course.takes("331", at));
        assert!(!course.takes("330", time("2026-08-11T10:00:00Z")), "a later decision can shorten it");
        assert_eq!(course.deadline_of(Some("330"), at), day("2026-06-30"), "to be late stays late");
        assert_eq!(course.state(at), CollectionState::Closed);
    }
}
