//! The department's time of day, Europe/London, by the law that sets it and not by the machine's zone.
//!
//! Source: Summer Time Act 1972 as amended by the Summer Time Order 2002: summer time runs from one o'clock UTC on the last
//! Sunday of March to one o'clock UTC on the last Sunday of October, one hour ahead of UTC.

use chrono::{DateTime, Datelike, Days, Duration, NaiveDate, NaiveDateTime, NaiveTime, Utc};

/// The last Sunday of a month with 31 days, at one o'clock.
fn last_sunday(year: i32, month: u32) -> Option<NaiveDateTime> {
    let last = NaiveDate::from_ymd_opt(year, month, 31)?;
    let back = u64::from(last.weekday().num_days_from_sunday());
    last.checked_sub_days(Days::new(back))?.and_hms_opt(1, 0, 0)
}

fn is_summer(at: NaiveDateTime) -> bool {
    let (start, end) = (last_sunday(at.year(), 3), last_sunday(at.year(), 10));
    start.zip(end).is_some_and(|(start, end)| start <= at && at < end)
}

/// The day that it is in London.
pub fn local_day(at: DateTime<Utc>) -> NaiveDate {
    let at = at.naive_utc();
    if is_summer(at) { (at + Duration::hours(1)).date() } else { at.date() }
}

/// The moment at which a clock in London shows this hour of a day. Hours from three on are the same hour every day; the hour
/// that is skipped in March counts as the one after it, and of the one that comes twice in October the first is meant.
pub fn local_hour(day: NaiveDate, hour: u32) -> DateTime<Utc> {
    let shown = day.and_time(NaiveTime::MIN) + Duration::hours(i64::from(hour));
    let as_summer = shown - Duration::hours(1);
    let at = if is_summer(as_summer) { as_summer } else { shown };
    at.and_utc()
}

/// The moment at which a day ends in London: the first that is no longer of that day.
pub fn end_of_day(day: NaiveDate) -> DateTime<Utc> {
    local_hour(day.succ_opt().unwrap_or(day), 0)
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

    #[test]
    fn a_day_of_summer_ends_an_hour_before_utc_does() {
        assert_eq!(end_of_day(day("2026-06-30")), time("2026-06-30T23:00:00Z"));
        assert_eq!(end_of_day(day("2026-01-31")), time("2026-02-01T00:00:00Z"));
        assert_eq!(local_day(time("2026-06-30T22:59:59Z")), day("2026-06-30"));
        assert_eq!(local_day(time("2026-06-30T23:00:00Z")), day("2026-07-01"));
        assert_eq!(local_hour(day("2026-06-30"), 9), time("2026-06-30T08:00:00Z"));
        assert_eq!(local_hour(day("2026-12-01"), 9), time("2026-12-01T09:00:00Z"));
    }

    #[test]
    fn clocks_change_on_the_last_sundays() {
        // 29 March and 25 October 2026 are the last Sundays: one day of 23 hours and one of 25.
        for (changes, hours) in [("2026-03-29", 23), ("2026-10-25", 25), ("2026-10-24", 24)] {
            let before = end_of_day(day(changes).pred_opt().expect("a day"));
            assert_eq!((end_of_day(day(changes)) - before).num_hours(), hours, "{changes}");
        }
        assert_eq!(local_day(time("2026-03-29T00:59:59Z")), day("2026-03-29"));
        assert_eq!(local_hour(day("2026-03-29"), 1), time("2026-03-29T01:00:00Z"));
        assert_eq!(local_hour(day("2026-10-25"), 1), time("2026-10-25T00:00:00Z"));
    }

    #[test]
    fn every_day_of_many_years_contains_itself() {
        let mut one = day("2024-01-01");
        while one < day("2035-01-01") {
            let last = end_of_day(one) - Duration::seconds(1);
            assert_eq!((local_day(last), local_day(end_of_day(one))), (one, one.succ_opt().expect("a day")), "{one}");
            assert_eq!(local_day(local_hour(one, 9)), one);
            one = one.succ_opt().expect("a day");
        }
    }
}
