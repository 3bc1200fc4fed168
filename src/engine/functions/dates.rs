//! Arithmetic on days, with the conventions of [`crate::domain::period`].

use crate::domain::period;
use chrono::{Datelike, NaiveDate, TimeDelta};

pub(super) fn add_months(day: NaiveDate, months: i64) -> Option<NaiveDate> {
    period::add_months(day, i32::try_from(months).ok()?)
}

pub(super) fn add_years(day: NaiveDate, years: i64) -> Option<NaiveDate> {
    add_months(day, years.checked_mul(12)?)
}

pub(super) fn add_days(day: NaiveDate, days: i64) -> Option<NaiveDate> {
    day.checked_add_signed(TimeDelta::try_days(days)?)
}

pub(super) fn days_between(start: NaiveDate, finish: NaiveDate) -> Option<i64> {
    Some(finish.signed_duration_since(start).num_days())
}

/// The largest n for which `start` and n months is not after `finish`; below nought when `finish` is earlier.
pub(super) fn months_between(start: NaiveDate, finish: NaiveDate) -> Option<i64> {
    let months = i64::from(finish.year() - start.year()) * 12 + i64::from(finish.month()) - i64::from(start.month());
    completed(start, finish, months, 1)
}

fn years_between(start: NaiveDate, finish: NaiveDate) -> Option<i64> {
    completed(start, finish, i64::from(finish.year() - start.year()), 12)
}

/// The units apart by the calendar, less one when the last of them is not complete.
fn completed(start: NaiveDate, finish: NaiveDate, units: i64, months_in_unit: i64) -> Option<i64> {
    let reached = add_months(start, units.checked_mul(months_in_unit)?)?;
    Some(if reached > finish { units - 1 } else { units })
}

pub(super) fn youngest_age(birth_month: NaiveDate, day: NaiveDate) -> Option<i64> {
    years_between(last_day(birth_month)?, day)
}

pub(super) fn oldest_age(birth_month: NaiveDate, day: NaiveDate) -> Option<i64> {
    years_between(month_of(birth_month)?, day)
}

pub(super) fn last_day(day: NaiveDate) -> Option<NaiveDate> {
    period::last_of_month(day)
}

pub(super) fn month_of(day: NaiveDate) -> Option<NaiveDate> {
    day.with_day(1)
}

pub(super) fn collection_year(day: NaiveDate) -> i64 {
    i64::from(period::collection_year(day))
}

pub(super) fn date_text(day: NaiveDate) -> String {
    format!("{:02}/{:02}/{:04}", day.day(), day.month(), day.year())
}

pub(super) fn month_text(day: NaiveDate) -> String {
    format!("{:04}-{:02}", day.year(), day.month())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().expect("a date in a test")
    }

    #[test]
    fn whole_months_and_years_are_those_completed() {
        assert_eq!(months_between(day("2026-01-15"), day("2026-03-14")), Some(1));
        assert_eq!(months_between(day("2026-01-15"), day("2026-03-15")), Some(2));
        assert_eq!(months_between(day("2026-03-15"), day("2026-03-14")), Some(-1));
        assert_eq!(months_between(day("2025-11-30"), day("2026-02-28")), Some(3));
    }

    #[test]
    fn an_age_is_bounded_by_the_ends_of_the_birth_month() {
        let june = day("2008-06-01");
        assert_eq!(youngest_age(june, day("2026-06-29")), Some(17));
        assert_eq!(youngest_age(june, day("2026-06-30")), Some(18));
        assert_eq!(oldest_age(june, day("2026-05-31")), Some(17));
        assert_eq!(oldest_age(june, day("2026-06-01")), Some(18));
        assert_eq!(youngest_age(day("2008-02-01"), day("2026-02-28")), Some(18));
        assert_eq!(oldest_age(june, day("2008-05-31")), Some(-1));
        assert_eq!(youngest_age(day("2008-06-17"), day("2026-06-29")), Some(17));
    }

    #[test]
    fn a_day_outside_the_calendar_is_none() {
        assert_eq!(add_months(day("2026-01-01"), i64::MAX), None);
        assert_eq!(add_years(day("2026-01-01"), i64::MAX), None);
        assert_eq!(add_days(day("2026-01-01"), i64::MIN), None);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn months_between_is_the_largest_number_of_months_that_fits(a in 0i64..40_000, b in 0i64..40_000) {
            let start = add_days(day("1970-01-01"), a).expect("within the calendar");
            let finish = add_days(day("1970-01-01"), b).expect("within the calendar");
            let months = months_between(start, finish).expect("within the calendar");
            prop_assert!(add_months(start, months).expect("within the calendar") <= finish);
            prop_assert!(add_months(start, months + 1).expect("within the calendar") > finish);
        }
    }
}
