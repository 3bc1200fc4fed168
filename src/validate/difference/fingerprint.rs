//! What makes a finding the same finding when a return is sent again.

use crate::domain::digest::{Digest, Digester};
use crate::domain::finding::{Finding, Severity};
use crate::domain::report::Report;
use crate::spec::Specification;
use crate::validate::values::in_one_writing;
use std::collections::{BTreeMap, BTreeSet};

/// A finding by its rule, where it points, the record's key, the value there and the facts it rests on. Not its row, which
/// moves when rows are added: so a fact whose name ends in `_ROW` is no part of it either. Keys and values count as what
/// they mean: a day is the same day as `1/5/2025` and as `2025-05-01`. It stays in the process: who has it can try what it
/// is of.
pub fn fingerprint(specification: &Specification, finding: &Finding) -> Digest {
    let mut parts = record(specification, finding);
    let value = finding.value.as_ref().map(|value| value.reveal().as_str()).unwrap_or_default();
    let (table, field) = (finding.at.table.as_deref(), finding.at.field.as_deref());
    parts.push(in_one_writing(specification, table, field, value));
    for (name, fact) in finding.facts.iter().filter(|(name, _)| !name.ends_with("_ROW")) {
        parts.push(name.clone());
        parts.push(fact.reveal().clone());
    }
    digest(&parts)
}

/// The rule, where the finding points, and the key of the record it is about.
fn record(specification: &Specification, finding: &Finding) -> Vec<String> {
    let table = finding.at.table.as_deref();
    let mut parts = vec![
        finding.code.clone(),
        table.unwrap_or_default().to_owned(),
        finding.at.field.clone().unwrap_or_default(),
        finding.key.len().to_string(),
    ];
    for (field, part) in &finding.key {
        parts.push(field.clone());
        parts.push(in_one_writing(specification, table, Some(field), part.reveal()));
    }
    parts
}

/// The length of each part goes before it, so that no two lists of parts read alike.
fn digest(parts: &[String]) -> Digest {
    let mut digester = Digester::default();
    for part in parts {
        digester.update(&(part.len() as u64).to_be_bytes());
        digester.update(part.as_bytes());
    }
    digester.finish()
}

/// The queries of a report by rule, as far as explanations need to know them.
#[derive(Debug, Default)]
pub struct Facts {
    /// For each rule, its queries by name, with the record that each is about.
    queries: BTreeMap<String, BTreeMap<Digest, Digest>>,
    /// Rules that may have more findings than are listed: not checked on everything, or the list is cut.
    open: BTreeSet<String>,
    /// How many findings each rule made.
    counts: BTreeMap<String, u64>,
}

impl Facts {
    /// Findings are called what `name` calls them, as they are in explanations.
    pub fn of(specification: &Specification, report: &Report, name: impl Fn(&Finding) -> Digest) -> Self {
        let mut queries: BTreeMap<String, BTreeMap<Digest, Digest>> = BTreeMap::new();
        for finding in report.findings.iter().filter(|finding| finding.severity == Severity::Query) {
            let about = digest(&record(specification, finding));
            queries.entry(finding.code.clone()).or_default().insert(name(finding), about);
        }
        let open = open_rules(report).into_iter().map(str::to_owned).collect();
        Self { queries, open, counts: report.counts.by_code.clone() }
    }

    /// The names of a rule's queries.
    pub fn queries(&self, code: &str) -> BTreeSet<Digest> {
        self.queries.get(code).into_iter().flat_map(BTreeMap::keys).copied().collect()
    }

    pub fn has(&self, code: &str, fingerprint: &Digest) -> bool {
        self.queries.get(code).is_some_and(|queries| queries.contains_key(fingerprint))
    }

    /// Whether everything that the rule would find is listed.
    pub fn tells_all_of(&self, code: &str) -> bool {
        !self.open.contains(code)
    }

    /// How many findings the rule made, listed or not.
    pub fn count(&self, code: &str) -> u64 {
        self.counts.get(code).copied().unwrap_or(0)
    }

    /// Whether a query of the later report, which was not there before, is about the record that this earlier one was about.
    pub fn changed_in(&self, later: &Self, code: &str, fingerprint: &Digest) -> bool {
        let Some(record) = self.queries.get(code).and_then(|queries| queries.get(fingerprint)) else { return false };
        let mut others = later.queries.get(code).into_iter().flatten();
        others.any(|(other, about)| about == record && !self.has(code, other))
    }
}

/// The rules of which a report does not list everything that there may be.
pub(super) fn open_rules(report: &Report) -> BTreeSet<&str> {
    let mut listed: BTreeMap<&str, u64> = BTreeMap::new();
    for finding in &report.findings {
        *listed.entry(&finding.code).or_default() += 1;
    }
    let is_cut = |(code, count): &(&String, &u64)| listed.get(code.as_str()).copied().unwrap_or(0) < **count;
    let cut = report.counts.by_code.iter().filter(is_cut).map(|(code, _)| code.as_str());
    report.not_checked.iter().map(|entry| entry.code.as_str()).chain(cut).collect()
}
