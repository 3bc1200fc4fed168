//! Collects what intake finds: exact counts, and a list that is cut where one rule finds very much.

use crate::domain::finding::{Finding, Location, Severity};
use crate::domain::guarded::Guarded;
use std::collections::BTreeMap;

/// The findings of one upload, in the order in which they were made.
#[derive(Debug)]
pub(super) struct Findings {
    listed: Vec<Finding>,
    counts: BTreeMap<String, u64>,
    listed_at_most: u64,
}

impl Findings {
    pub(super) const fn new(listed_at_most: u64) -> Self {
        Self { listed: Vec::new(), counts: BTreeMap::new(), listed_at_most }
    }

    /// Adds a finding: a message of whole sentences, and what was expected. All F rules refuse the upload.
    pub(super) fn add(&mut self, code: &str, at: Location, message: impl Into<String>, expected: impl Into<String>) {
        self.add_with_value(code, at, message, expected, None);
    }

    /// Adds a finding about a cell, with what the cell holds.
    pub(super) fn add_with_value(
        &mut self,
        code: &str,
        at: Location,
        message: impl Into<String>,
        expected: impl Into<String>,
        value: Option<Guarded<String>>,
    ) {
        let count = self.counts.entry(code.to_owned()).or_default();
        *count += 1;
        if *count <= self.listed_at_most {
            let finding = Finding::new(code, Severity::Reject, message).at(at).expected(expected);
            self.listed.push(Finding { value, ..finding });
        }
    }

    /// Adds a finding that is made only if it is listed: for what can be wrong with every cell of an upload.
    pub(super) fn add_made(&mut self, code: &str, make: impl FnOnce() -> (Location, String, String)) {
        if self.counts.get(code).is_some_and(|count| *count >= self.listed_at_most) {
            return self.count_more(code, 1);
        }
        let (at, message, expected) = make();
        self.add(code, at, message, expected);
    }

    /// Counts findings past those that are listed.
    pub(super) fn count_more(&mut self, code: &str, more: u64) {
        if more > 0 {
            *self.counts.entry(code.to_owned()).or_default() += more;
        }
    }

    pub(super) fn any_of(&self, codes: &[&str]) -> bool {
        codes.iter().any(|code| self.counts.contains_key(*code))
    }

    pub(super) fn finish(self) -> (Vec<Finding>, BTreeMap<String, u64>) {
        (self.listed, self.counts)
    }
}

const LONGEST_SHOWN: usize = 60;

/// A name from the upload as a message shows it: in quotes, without control characters. Of a long one only the length is
/// told: the beginning of something identifying would pass the search that withholds the whole.
pub(super) fn shown(name: &str) -> String {
    let letters = name.chars().count();
    if letters > LONGEST_SHOWN {
        return format!("“…” ({letters} characters)");
    }
    format!("“{}”", without_controls(name))
}

/// A cell's text as the value of a finding, by the same measure.
pub(super) fn shown_cell(text: &str) -> String {
    if text.chars().count() > LONGEST_SHOWN { "…".to_owned() } else { without_controls(text) }
}

fn without_controls(text: &str) -> String {
    text.chars().map(|one| if one.is_control() { char::REPLACEMENT_CHARACTER } else { one }).collect()
}

/// A sentence that offers the nearest of the known names, where one is near; empty otherwise.
pub(super) fn did_you_mean<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> String {
    let name: String = name.trim().chars().take(60).collect::<String>().to_lowercase();
    let furthest = (name.chars().count() / 3).clamp(1, 3);
    known
        .map(|candidate| (strsim::damerau_levenshtein(&name, &candidate.to_lowercase()), candidate))
        .filter(|(distance, _)| *distance <= furthest)
        .min_by_key(|(distance, _)| *distance)
        .map_or_else(String::new, |(_, candidate)| format!(" Did you mean {candidate}?"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_stay_exact_where_the_list_is_cut() {
        let mut findings = Findings::new(2);
        for _ in 0..5 {
            findings.add("F08", Location::default(), "A row is ragged.", "10 cells");
        }
        let made = std::cell::Cell::new(0);
        for _ in 0..5 {
            findings.add_made("F06", || {
                made.set(made.get() + 1);
                (Location::default(), "A cell is odd.".to_owned(), String::new())
            });
        }
        let (listed, counts) = findings.finish();
        assert_eq!((listed.len(), counts["F08"], counts["F06"]), (4, 5, 5));
        assert_eq!(made.get(), 2, "what is not listed is not made");
    }

    #[test]
    fn near_names_are_offered_and_far_ones_are_not() {
        let known = ["CHILD", "BIRTH_MONTH"];
        assert_eq!(did_you_mean("birthmonth", known.into_iter()), " Did you mean BIRTH_MONTH?");
        assert_eq!(did_you_mean("Forename", known.into_iter()), "");
    }

    #[test]
    fn a_name_is_shown_without_control_characters() {
        assert_eq!(shown("a\u{7}b"), "“a\u{fffd}b”");
        assert_eq!(shown(&"x".repeat(60)).chars().count(), 62);
        assert_eq!(shown(&"x".repeat(80)), "“…” (80 characters)");
    }
}
