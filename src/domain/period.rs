//! Collection years: 1 April to 31 March, named by the year they end in.

use chrono::{Datelike, Days, Months, NaiveDate};

/// A period of days, both ends included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Period {
    pub start: NaiveDate,
    pub end: NaiveDate,
}

impl Period {
    pub fn contains(&self, day: NaiveDate) -> bool {
        self.start <= day && day <= self.end
    }
}

/// The collection year in which a day lies: 31 March 2026 is in 2026, 1 April 2026 in 2027.
pub fn collection_year(day: NaiveDate) -> i32 {
    if day.month() >= 4 { day.year() + 1 } else { day.year() }
}

/// Adds months and keeps the day, or takes the last day of a shorter month
/// (30 November + 3 months = 28 February). A negative number goes back.
pub fn add_months(day: NaiveDate, months: i32) -> Option<NaiveDate> {
    let step = Months::new(months.unsigned_abs());
    if months >= 0 { day.checked_add_months(step) } else { day.checked_sub_months(step) }
}

/// The last day of the month of the given day.
pub fn last_of_month(day: NaiveDate) -> Option<NaiveDate> {
    day.with_day(1)?.checked_add_months(Months::new(1))?.checked_sub_days(Days::new(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().expect("a date in a test")
    }

    #[test]
    fn years_end_on_31_march() {
        assert_eq!(collection_year(day("2026-03-31")), 2026);
        assert_eq!(collection_year(day("2026-04-01")), 2027);
    }

    #[test]
    fn adding_months_takes_the_last_day_of_a_shorter_month() {
        assert_eq!(add_months(day("2025-11-30"), 3), Some(day("2026-02-28")));
        assert_eq!(add_months(day("2024-02-29"), -36), Some(day("2021-02-28")));
        assert_eq!(last_of_month(day("2024-02-03")), Some(day("2024-02-29")));
    }
}
