//! The lexical step: what a person wrote becomes the JSON value that the schema judges, and the cell that SQL reads.
//!
//! Text that cannot be read as its type is left as a JSON string, so that it is the schema which refuses it.

use crate::domain::authority::Register;
use crate::domain::period::Period;
use crate::spec::{CodeList, FieldType};
use chrono::{Datelike, NaiveDate};
use serde_json::Value;

/// A cell as its column will hold it.
#[derive(Clone, PartialEq)]
pub(super) enum Typed {
    /// The text as it was written.
    AsWritten,
    Text(String),
    /// Days since 1970-01-01.
    Day(i32),
    Whole(i64),
    Decimal(f64),
}

impl Typed {
    /// The reading as text, the same for every way of writing the value.
    pub(super) fn in_one_writing(&self, written: &str) -> String {
        match self {
            Self::AsWritten => written.to_owned(),
            Self::Text(text) => text.clone(),
            Self::Day(day) => day.to_string(),
            Self::Whole(whole) => whole.to_string(),
            Self::Decimal(decimal) => decimal.to_string(),
        }
    }
}

/// What a text was read as.
pub(super) struct Reading {
    pub(super) json: Value,
    /// None where the text is not of the type; the schema then refuses the JSON value.
    pub(super) typed: Option<Typed>,
}

/// What the lexical step knows of a field.
#[derive(Debug, Clone, Copy)]
pub(super) struct Lexicon<'a> {
    pub(super) kind: FieldType,
    /// None for the register of authorities, and for fields without codes.
    pub(super) list: Option<&'a CodeList>,
    pub(super) register: &'a Register,
    pub(super) period: Period,
}

impl Lexicon<'_> {
    /// Reads a text that is not empty and has no white space around it.
    pub(super) fn read(&self, text: &str) -> Reading {
        match self.kind {
            FieldType::Text | FieldType::Pseudonym | FieldType::Hash => {
                Reading { json: Value::from(text), typed: Some(Typed::AsWritten) }
            }
            FieldType::Date => match date(text) {
                Some(day) => {
                    let iso = format!("{:04}-{:02}-{:02}", day.year(), day.month(), day.day());
                    Reading { json: Value::from(iso), typed: Some(Typed::Day(days(day))) }
                }
                None => unread(text),
            },
            FieldType::Month => match month(text) {
                Some(first) => {
                    let iso = format!("{:04}-{:02}", first.year(), first.month());
                    Reading { json: Value::from(iso), typed: Some(Typed::Day(days(first))) }
                }
                None => unread(text),
            },
            FieldType::Integer | FieldType::Flag | FieldType::Flag9 => match number(text) {
                Some(Number::Whole(whole)) => Reading { json: Value::from(whole), typed: Some(Typed::Whole(whole)) },
                Some(Number::Decimal(decimal)) => Reading { json: Value::from(decimal), typed: None },
                None => unread(text),
            },
            FieldType::Decimal => match number(text) {
                #[expect(clippy::cast_precision_loss, reason = "a decimal column holds what a double holds")]
                Some(Number::Whole(whole)) => {
                    Reading { json: Value::from(whole), typed: Some(Typed::Decimal(whole as f64)) }
                }
                Some(Number::Decimal(decimal)) => {
                    Reading { json: Value::from(decimal), typed: Some(Typed::Decimal(decimal)) }
                }
                None => unread(text),
            },
            FieldType::Code => {
                let (spelled, read) = self.code(text);
                Reading { json: Value::from(spelled), typed: Some(Typed::Text(read)) }
            }
            FieldType::Codes => self.codes(text),
        }
    }

    /// A code in the list's own spelling, and the code it is read as.
    fn code(&self, text: &str) -> (String, String) {
        let Some(list) = self.list else {
            let code =
                self.register.live_in(text, self.period).map_or_else(|| text.to_owned(), |line| line.code.clone());
            return (code.clone(), code);
        };
        match list.get(text) {
            Some(code) => (code.code.clone(), code.read_as.clone().unwrap_or_else(|| code.code.clone())),
            None => (text.to_uppercase(), text.to_uppercase()),
        }
    }

    fn codes(&self, text: &str) -> Reading {
        let mut spelled: Vec<Value> = Vec::new();
        let mut read: Vec<String> = Vec::new();
        let mut is_empty_known = false;
        for item in text.split(';').map(str::trim) {
            // One empty item tells as much as several, and an empty item is no code that could be repeated.
            if item.is_empty() && std::mem::replace(&mut is_empty_known, true) {
                continue;
            }
            let (code, target) = self.code(item);
            spelled.push(Value::from(code));
            read.push(target);
        }
        Reading { json: Value::Array(spelled), typed: Some(Typed::Text(read.join(";"))) }
    }
}

fn unread(text: &str) -> Reading {
    Reading { json: Value::from(text), typed: None }
}

/// Days since 1970-01-01, as Arrow counts them.
fn days(day: NaiveDate) -> i32 {
    const EPOCH: i32 = 719_163;
    day.num_days_from_ce() - EPOCH
}

/// `dd/mm/yyyy`, leading noughts may be missing, or `yyyy-mm-dd`; a real day.
pub(crate) fn date(text: &str) -> Option<NaiveDate> {
    if let Some((day, rest)) = text.split_once('/') {
        let (month, year) = rest.split_once('/')?;
        return NaiveDate::from_ymd_opt(digits(year, 4, 4)?.try_into().ok()?, digits(month, 1, 2)?, digits(day, 1, 2)?);
    }
    let (year, rest) = text.split_once('-')?;
    let (month, day) = rest.split_once('-')?;
    NaiveDate::from_ymd_opt(digits(year, 4, 4)?.try_into().ok()?, digits(month, 2, 2)?, digits(day, 2, 2)?)
}

/// `yyyy-mm` or `mm/yyyy`, as the first day of the month.
fn month(text: &str) -> Option<NaiveDate> {
    let (year, month) = match text.split_once('/') {
        Some((month, year)) => (year, digits(month, 1, 2)?),
        None => text.split_once('-').and_then(|(year, month)| Some((year, digits(month, 2, 2)?)))?,
    };
    NaiveDate::from_ymd_opt(digits(year, 4, 4)?.try_into().ok()?, month, 1)
}

/// A number of so many digits and nothing else.
fn digits(text: &str, least: usize, most: usize) -> Option<u32> {
    let right = (least..=most).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    if right { text.parse().ok() } else { None }
}

enum Number {
    Whole(i64),
    Decimal(f64),
}

/// A number with an optional sign, decimals and exponent; `12.0` is whole. None when it is too large for its type.
fn number(text: &str) -> Option<Number> {
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (unsigned, None),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let all_digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    let exponent_is_right = exponent.is_none_or(|part| {
        let digits = part.strip_prefix(['-', '+']).unwrap_or(part);
        !digits.is_empty() && all_digits(digits)
    });
    if whole.len() + fraction.len() == 0 || !all_digits(whole) || !all_digits(fraction) || !exponent_is_right {
        return None;
    }
    if exponent.is_none() && fraction.bytes().all(|digit| digit == b'0') {
        let signed = if text.starts_with('-') { format!("-{whole}") } else { whole.to_owned() };
        return signed.parse().ok().map(Number::Whole);
    }
    let value: f64 = text.parse().ok().filter(|value: &f64| value.is_finite())?;
    #[expect(clippy::cast_possible_truncation, reason = "whole and within 53 bits")]
    let number =
        if value.fract() == 0.0 && value.abs() < 9e15 { Number::Whole(value as i64) } else { Number::Decimal(value) };
    Some(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_read_as_people_here_write_them() {
        for (text, expected) in [
            ("01/05/2025", Some("2025-05-01")),
            ("1/5/2025", Some("2025-05-01")),
            ("2025-05-01", Some("2025-05-01")),
            ("29/02/2024", Some("2024-02-29")),
            ("29/02/2025", None),
            ("31/06/2025", None),
            ("01/05/25", None),
            ("05/13/2025", None),
            ("2025-5-1", None),
            ("2025/05/01", None),
            ("01-05-2025", None),
            ("+1/05/2025", None),
            ("01/05/2025 00:00", None),
        ] {
            assert_eq!(date(text).map(|day| day.to_string()).as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn months_are_years_and_months_and_never_days() {
        for (text, expected) in [
            ("2014-06", Some("2014-06-01")),
            ("06/2014", Some("2014-06-01")),
            ("6/2014", Some("2014-06-01")),
            ("2014-13", None),
            ("2014-6", None),
            ("01/06/2014", None),
            ("2014-06-01", None),
            ("06/14", None),
        ] {
            assert_eq!(month(text).map(|day| day.to_string()).as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn numbers_keep_their_kind_and_large_ones_are_not_bent() {
        let shown = |text: &str| match number(text) {
            Some(Number::Whole(whole)) => format!("whole {whole}"),
            Some(Number::Decimal(decimal)) => format!("decimal {decimal}"),
            None => "no".to_owned(),
        };
        for (text, expected) in [
            ("12.0", "whole 12"),
            ("012", "whole 12"),
            ("-3", "whole -3"),
            ("12.5", "decimal 12.5"),
            (".5", "decimal 0.5"),
            ("1e3", "whole 1000"),
            ("1e400", "no"),
            ("99999999999999999999", "no"),
            ("1,000", "no"),
            ("£5", "no"),
            ("NaN", "no"),
            ("inf", "no"),
            ("0x10", "no"),
            (".", "no"),
            ("-", "no"),
            ("1e", "no"),
            ("--1", "no"),
        ] {
            assert_eq!(shown(text), expected, "{text}");
        }
    }
}
