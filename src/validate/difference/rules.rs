//! The findings of two reports, rule by rule.

use super::fingerprint::{fingerprint, open_rules};
use super::{FindingFate, RuleDifference};
use crate::domain::digest::Digest;
use crate::domain::finding::{Finding, Severity};
use crate::domain::report::Report;
use crate::spec::Specification;
use std::collections::{BTreeMap, BTreeSet};

/// A report's findings by rule, each with its fingerprint.
type ByRule<'a> = BTreeMap<&'a str, Vec<(Digest, &'a Finding)>>;

fn by_rule<'a>(specification: &Specification, report: &'a Report) -> ByRule<'a> {
    let mut rules = ByRule::new();
    for finding in &report.findings {
        rules.entry(&finding.code).or_default().push((fingerprint(specification, finding), finding));
    }
    rules
}

pub(super) fn compare(specification: &Specification, since: &Report, now: &Report) -> Vec<RuleDifference> {
    let (before, after) = (by_rule(specification, since), by_rule(specification, now));
    let (open_before, open_after) = (open_rules(since), open_rules(now));
    let codes: BTreeSet<&String> = since.counts.by_code.keys().chain(now.counts.by_code.keys()).collect();
    let rule = |code: &String| {
        let listed = |rules: &ByRule<'_>| rules.get(code.as_str()).map_or(0, |findings| findings.len() as u64);
        let counted = |report: &Report| report.counts.by_code.get(code).copied().unwrap_or(0);
        let note = now.rules.get(code).or_else(|| since.rules.get(code));
        let mut rule = RuleDifference {
            code: code.clone(),
            severity: note.map_or(Severity::Reject, |note| note.severity),
            statement: note.map(|note| note.statement.clone()).unwrap_or_default(),
            since: counted(since),
            now: counted(now),
            fixed: 0,
            new: 0,
            same: 0,
            unknown: 0,
            cut: listed(&before) < counted(since) || listed(&after) < counted(now),
            findings: Vec::new(),
        };
        let none = Vec::new();
        let earlier = before.get(code.as_str()).unwrap_or(&none);
        let later = after.get(code.as_str()).unwrap_or(&none);
        let fate = |is_open: bool, fate| if is_open { FindingFate::Unknown } else { fate };
        let added = only_in_first(later, earlier);
        rule.same = (later.len() - added.len()) as u64;
        rule.tell(added, fate(open_before.contains(code.as_str()), FindingFate::New));
        rule.tell(only_in_first(earlier, later), fate(open_after.contains(code.as_str()), FindingFate::Fixed));
        rule
    };
    codes.into_iter().map(rule).collect()
}

/// The findings of the first list that the second has not as often, in their order.
fn only_in_first<'a>(first: &[(Digest, &'a Finding)], second: &[(Digest, &'a Finding)]) -> Vec<&'a Finding> {
    let mut there: BTreeMap<Digest, u64> = BTreeMap::new();
    for (fingerprint, _) in second {
        *there.entry(*fingerprint).or_default() += 1;
    }
    let mut only = Vec::new();
    for (fingerprint, finding) in first {
        match there.get_mut(fingerprint).filter(|left| **left > 0) {
            Some(left) => *left -= 1,
            None => only.push(*finding),
        }
    }
    only
}

impl RuleDifference {
    fn tell(&mut self, findings: Vec<&Finding>, fate: FindingFate) {
        let count = match fate {
            FindingFate::Fixed => &mut self.fixed,
            FindingFate::New => &mut self.new,
            FindingFate::Unknown => &mut self.unknown,
        };
        *count += findings.len() as u64;
        self.findings.extend(findings.into_iter().map(|finding| (fate, finding.clone())));
    }
}
