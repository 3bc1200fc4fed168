//! When the figures are of.

use super::{Check, fails, when};
use crate::publish::dataset::time::MONTHS;
use std::collections::BTreeSet;

/// The identifiers of the standard by the group within which a file may mix them, and whether their period has 6 digits.
const IDENTIFIERS: [(&str, u8, bool); 15] = [
    ("Calendar year", 1, false),
    ("Reporting year", 2, false),
    ("Academic year", 3, true),
    ("Financial year", 4, true),
    ("Tax year", 5, true),
    ("Financial year Q1", 6, true),
    ("Financial year Q2", 6, true),
    ("Financial year Q3", 6, true),
    ("Financial year Q4", 6, true),
    ("Autumn term", 7, true),
    ("Spring term", 7, true),
    ("Summer term", 7, true),
    ("Autumn and spring term", 11, true),
    ("Part 1 (April to September)", 8, true),
    ("Part 2 (October to March)", 8, true),
];
/// The group of an identifier and whether its period has 6 digits.
fn known(identifier: &str) -> Option<(u8, bool)> {
    if MONTHS.contains(&identifier) {
        return Some((9, false));
    }
    let week = identifier.strip_prefix("Week ").and_then(|number| number.parse::<u8>().ok());
    if week.is_some_and(|number| (1..=52).contains(&number) && identifier == format!("Week {number}")) {
        return Some((10, false));
    }
    IDENTIFIERS.iter().find(|(name, ..)| *name == identifier).map(|(_, group, long)| (*group, *long))
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

pub(super) const CHECKS: &[Check] = &[
    ("time_period_num", |files| {
        let right = |period: &str| is_digits(period) && [4, 6].contains(&period.len());
        let wrong = files.data.distinct("time_period").into_iter().any(|period| !right(period));
        fails(when(wrong, "A time_period is not 4 or 6 digits."))
    }),
    ("time_id_valid", |files| {
        let wrong = files.data.distinct("time_identifier").into_iter().any(|one| known(one).is_none());
        fails(when(wrong, "A time_identifier is not in the standard."))
    }),
    ("time_id_mix", |files| {
        let groups =
            files.data.distinct("time_identifier").into_iter().map(known).map(|known| known.map(|(group, _)| group));
        let groups: BTreeSet<Option<u8>> = groups.collect();
        fails(when(groups.len() > 1 || groups.contains(&None), "Time identifiers of different groups share the file."))
    }),
    ("time_period", |files| {
        let pairs = files.data.column("time_period").zip(files.data.column("time_identifier"));
        let unfit = pairs.collect::<BTreeSet<_>>().into_iter().any(|(period, identifier)| {
            known(identifier).is_some_and(|(_, long)| period.len() != if long { 6 } else { 4 })
        });
        fails(when(unfit, "A time_period has not the length of its time_identifier."))
    }),
    ("time_period_six", |files| {
        let consecutive = |period: &str| {
            let (Some(Ok(year)), Some(Ok(next))) =
                (period.get(2..4).map(str::parse::<u8>), period.get(4..6).map(str::parse::<u8>))
            else {
                return false;
            };
            (year + 1) % 100 == next
        };
        let wrong = files.data.distinct("time_period").into_iter().any(|one| one.len() == 6 && !consecutive(one));
        fails(when(wrong, "A time_period of 6 digits does not name consecutive years."))
    }),
];
