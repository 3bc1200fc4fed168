//! Takes identifiers out of texts that quote what was uploaded: names of files, headings, messages of F rules.

use super::detect::Detector;
use crate::domain::finding::{Finding, Location};
use crate::domain::guarded::Guarded;

/// What stands in the place of an identifier.
pub(in crate::validate) const WITHHELD: &str = "[withheld]";

/// The text without any identifier in it.
pub(in crate::validate) fn withhold(text: &str) -> String {
    let mut ranges = Vec::new();
    Detector::default().each(text, |_, range| ranges.push(range));
    ranges.sort_by_key(|range| (range.start, range.end));
    let (mut safe, mut at) = (String::with_capacity(text.len()), 0);
    for range in ranges {
        if range.start >= at {
            safe.push_str(&text[at..range.start]);
            safe.push_str(WITHHELD);
        }
        at = at.max(range.end);
    }
    safe.push_str(&text[at.min(text.len())..]);
    safe
}

/// A finding that quotes no identifier.
pub(in crate::validate) fn withhold_finding(finding: &mut Finding) {
    finding.message = Guarded::new(withhold(finding.message.reveal()));
    let place = |at: &mut Location| {
        for name in [&mut at.table, &mut at.container, &mut at.field].into_iter().flatten() {
            *name = withhold(name);
        }
    };
    place(&mut finding.at);
    finding.also.iter_mut().for_each(place);
    for text in finding.expected.iter_mut() {
        *text = withhold(text);
    }
    for fact in finding.facts.values_mut().chain(&mut finding.value) {
        *fact = Guarded::new(withhold(fact.reveal()));
    }
    for (_, part) in &mut finding.key {
        *part = Guarded::new(withhold(part.reveal()));
    }
}
