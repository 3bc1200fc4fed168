//! Months that carry a day: a date of birth where only its month is collected.

use super::tokens::tokens;
use chrono::NaiveDate;

const MONTHS: [&str; 12] = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"];

/// Whether a text that stands for a month says a day too, in any usual writing.
pub(super) fn has_day(text: &str) -> bool {
    let mut parts = Vec::new();
    tokens(text, &mut parts);
    // 2014-06-12T00:00 joins the day to the time with a letter.
    let until_time = |part: &'_ str| {
        part.find(['T', 't'])
            .filter(|at| *at > 0 && part[..*at].bytes().all(|byte| byte.is_ascii_digit()) && part.len() > *at + 2)
    };
    let parts: Vec<&str> =
        parts.iter().map(|part| part.text(text)).map(|part| until_time(part).map_or(part, |at| &part[..at])).collect();
    let is_number = |part: &&str| part.len() <= 4 && part.bytes().all(|byte| byte.is_ascii_digit());
    let is_month = |part: &&str| {
        let start: String = part.chars().take(3).collect::<String>().to_uppercase();
        part.chars().all(char::is_alphabetic) && MONTHS.contains(&start.as_str())
    };
    let is_day = |part: &&str| {
        let digits = part.trim_end_matches(|letter: char| letter.is_ascii_alphabetic());
        (1..=2).contains(&digits.len()) && digits.parse::<u32>().is_ok_and(|day| (1..=31).contains(&day))
    };
    match parts.as_slice() {
        [whole] => compact(whole),
        [first, second, third, ..] => {
            let numbers = [first, second, third].into_iter().all(is_number);
            let three = [first, second, third];
            let others: Vec<&&str> = three.into_iter().filter(|part| !is_month(part)).collect();
            let named = others.len() == 2
                && others.iter().any(|part| is_day(part))
                && others.iter().any(|part| is_number(part) && matches!(part.len(), 2 | 4));
            numbers || named
        }
        _ => false,
    }
}

/// Eight digits that are a day of a year in which a child can have been born: 20140612 or 12062014.
fn compact(text: &str) -> bool {
    if text.len() != 8 || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return false;
    }
    let number = |range: std::ops::Range<usize>| text[range].parse::<u32>().unwrap_or(0);
    let is_day = |year: u32, month: u32, day: u32| {
        (1950..2100).contains(&year)
            && i32::try_from(year).is_ok_and(|year| NaiveDate::from_ymd_opt(year, month, day).is_some())
    };
    is_day(number(0..4), number(4..6), number(6..8)) || is_day(number(4..8), number(2..4), number(0..2))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_is_seen_in_any_usual_writing() {
        for text in [
            "12/06/2014",
            "2014-06-12",
            "12-06-2014",
            "12.6.14",
            "12 June 2014",
            "12th Jun 2014",
            "June 12, 2014",
            "12-Jun-14",
            "2014-06-12 00:00:00",
            "2014-06-12T00:00:00",
            "20140612",
            "12062014",
        ] {
            assert!(has_day(text), "{text}");
        }
    }

    #[test]
    fn months_and_other_mistakes_carry_no_day() {
        for text in ["2014-06", "06/2014", "June 2014", "Jun-14", "2014", "201406", "unknown", "2014/13", ""] {
            assert!(!has_day(text), "{text}");
        }
    }
}
