//! What was explained stays explained: when a return is sent again, the reasons for findings whose facts did not change go
//! with it, with their author and time. What does not go is told.
//!
//! A reason for a whole rule goes as it is when every finding of the rule was there before with the same facts; fewer are
//! fine. Where others came, it becomes a reason for each finding that is unchanged, and the others need one of their own.
//! What the last version lost is looked for in those before it: after a wrong file in between, a finding whose facts are what
//! they were gets the reason that it had.
//! A rule that was not checked on everything, or whose list is cut, proves nothing about a finding that it does not list:
//! reasons for such findings go along unused, so that the version after can take them up again.

use super::Service;
use super::error::FlowError;
use crate::domain::digest::Digest;
use crate::domain::report::Report;
use crate::store::{CarriedOver, Explained, Explanation, Page, ReturnFilter, VersionId};
use crate::validate::difference::Facts;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// In how many versions before reasons are looked for.
const LOOKED_BACK: usize = 20;

/// What became of the explanations of the version before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Carried {
    /// The version before; of those that were looked at the last that had explanations.
    pub from: VersionId,
    /// How many explanations hold for the new version too.
    pub carried: u64,
    pub dropped: Vec<DroppedExplanations>,
}

/// Explanations of one rule that do not hold any more, or not for everything.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DroppedExplanations {
    pub code: String,
    /// How many explanations; where a whole rule's reason was narrowed, how many findings it no longer covers.
    pub count: u64,
    pub why: WhyDropped,
}

/// Why an explanation does not hold any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum WhyDropped {
    FactsChanged,
    Gone,
    /// The reason of a whole rule holds for the unchanged findings only.
    OtherFindings,
    /// The earlier report is not kept any more, so nothing says which findings the whole rule's reason was for.
    ReportGone,
}

impl WhyDropped {
    /// The reason as part of a sentence.
    pub const fn told(self) -> &'static str {
        match self {
            Self::FactsChanged => "the facts of this finding changed",
            Self::Gone => "the finding is gone",
            Self::OtherFindings => {
                "the rule has findings that are new or changed: the reason for the whole rule holds for the unchanged ones only"
            }
            Self::ReportGone => "the report of the earlier version is not kept any more",
        }
    }
}

impl DroppedExplanations {
    /// One sentence for the history. It says nothing of the finding but its rule.
    fn note(&self, version: u32) -> String {
        let (code, count, why) = (&self.code, self.count, self.why.told());
        match (self.why, count) {
            (WhyDropped::OtherFindings, 1) => format!("{code}: 1 finding needs a reason of its own, because {why}."),
            (WhyDropped::OtherFindings, _) => {
                format!("{code}: {count} findings need a reason of their own, because {why}.")
            }
            (_, 1) => format!("{code}: 1 explanation of version {version} was not carried over, because {why}."),
            _ => format!("{code}: {count} explanations of version {version} were not carried over, because {why}."),
        }
    }
}

impl Service {
    /// The explanations of the authority's versions of the collection that hold for this report too, the latest first; none
    /// where there is no earlier version, or nothing was explained in any.
    pub(super) async fn carry_over(
        &self,
        authority: &str,
        collection: &str,
        report: &Arc<Report>,
    ) -> Result<Option<(CarriedOver, Carried)>, FlowError> {
        let failed = FlowError::store("read the versions before");
        let (authority, collection) = (Some(authority.to_owned()), Some(collection.to_owned()));
        let filter = ReturnFilter { authority, collection, state: None };
        let records = self.ledger().returns(&filter, Page::ALL).await.map_err(&failed)?;
        let mut versions: Vec<VersionId> =
            records.iter().filter_map(|record| Some(VersionId { id: record.id, version: record.version? })).collect();
        versions.sort_by_key(|one| std::cmp::Reverse(one.version));
        let (specification, now, name) = (Arc::clone(self.specification()), Arc::clone(report), self.finding_names());
        let facts = self.at_work("read what was found", move || Facts::of(&specification, &now, &name)).await?;
        let now = Arc::new(facts);
        let mut found: Option<(CarriedOver, Carried)> = None;
        for version in versions.into_iter().take(LOOKED_BACK) {
            let mut explanations = self.ledger().explanations(version.id).await.map_err(&failed)?;
            if let Some((entered, _)) = &found {
                explanations.retain(|one| may_be_missing(one, entered, &now));
            }
            // What is written to be deleted lives on nowhere, also where a stop came before its reasons were gone.
            if explanations.is_empty() || self.is_without_content(version.id).await? {
                continue;
            }
            let before = match self.kept_report(version.id).await {
                Ok(before) => Some(before),
                Err(error) => {
                    // A return can still be sent; what cannot be told is dropped with a note.
                    tracing::error!(return_id = %version.id, cause = error.cause(), "the report of a version before cannot be read");
                    None
                }
            };
            let (specification, now, name) = (Arc::clone(self.specification()), Arc::clone(&now), self.finding_names());
            let carried = self.at_work("carry explanations over", move || {
                let before = before.map(|before| Facts::of(&specification, &before, &name));
                carry(version, explanations, before.as_ref(), &now)
            });
            let carried = carried.await?;
            match &mut found {
                None => found = Some(carried),
                Some(found) => add_older(found, carried.0, version),
            }
        }
        Ok(found)
    }
}

/// Whether an explanation of an older version is about something that the report has and that has no reason yet.
fn may_be_missing(older: &Explanation, entered: &CarriedOver, now: &Facts) -> bool {
    let has_reason = |about: &Explained| {
        entered
            .explanations
            .iter()
            .any(|one| one.about == *about || (one.code == older.code && matches!(one.about, Explained::Rule(_))))
    };
    match &older.about {
        Explained::Finding(fingerprint) => now.has(&older.code, fingerprint) && !has_reason(&older.about),
        Explained::Rule(code) => !now.queries(code).is_empty() && !has_reason(&older.about),
    }
}

/// Adds what only an older version has a reason for. What does not hold of it was told when the version after it came.
fn add_older(found: &mut (CarriedOver, Carried), older: CarriedOver, version: VersionId) {
    let (entered, carried) = found;
    let known: BTreeSet<Explained> = entered.explanations.iter().map(|one| one.about.clone()).collect();
    let new: Vec<Explanation> = older.explanations.into_iter().filter(|one| !known.contains(&one.about)).collect();
    if !new.is_empty() {
        entered.notes.push(told_carried(new.len(), version.version));
        carried.carried += new.len() as u64;
        entered.explanations.extend(new);
    }
}

fn told_carried(count: usize, version: u32) -> String {
    match count {
        1 => format!("1 explanation was carried over from version {version}."),
        many => format!("{many} explanations were carried over from version {version}."),
    }
}

/// Sorts the explanations of the last version into those that hold and those that do not.
fn carry(
    from: VersionId,
    explanations: Vec<Explanation>,
    before: Option<&Facts>,
    now: &Facts,
) -> (CarriedOver, Carried) {
    let mut sorting = Sorting { from, before, now, kept: Vec::new(), dropped: BTreeMap::new() };
    let (rules, findings): (Vec<_>, Vec<_>) =
        explanations.into_iter().partition(|one| matches!(one.about, Explained::Rule(_)));
    for explanation in findings {
        if let Explained::Finding(fingerprint) = explanation.about {
            sorting.of_finding(explanation, fingerprint);
        }
    }
    for explanation in rules {
        sorting.of_rule(explanation);
    }
    sorting.done()
}

struct Sorting<'a> {
    from: VersionId,
    before: Option<&'a Facts>,
    now: &'a Facts,
    kept: Vec<Explanation>,
    dropped: BTreeMap<(String, WhyDropped), u64>,
}

impl Sorting<'_> {
    fn keep(&mut self, explanation: Explanation) {
        let carried_from = explanation.carried_from.or(Some(self.from));
        self.kept.push(Explanation { carried_from, ..explanation });
    }

    fn drop(&mut self, code: &str, why: WhyDropped, count: u64) {
        *self.dropped.entry((code.to_owned(), why)).or_default() += count;
    }

    fn of_finding(&mut self, explanation: Explanation, fingerprint: Digest) {
        let code = explanation.code.clone();
        let changed = self.before.is_some_and(|before| before.changed_in(self.now, &code, &fingerprint));
        if self.now.has(&code, &fingerprint) {
            self.keep(explanation);
        } else if changed {
            self.drop(&code, WhyDropped::FactsChanged, 1);
        } else if self.now.tells_all_of(&code) {
            self.drop(&code, WhyDropped::Gone, 1);
        } else {
            self.keep(explanation);
        }
    }

    fn of_rule(&mut self, explanation: Explanation) {
        let code = explanation.code.clone();
        let Some(before) = self.before else { return self.drop(&code, WhyDropped::ReportGone, 1) };
        let (then, now) = (before.queries(&code), self.now.queries(&code));
        let tells_all = self.now.tells_all_of(&code);
        if now.is_empty() && tells_all {
            return self.drop(&code, WhyDropped::Gone, 1);
        }
        let unchanged: BTreeSet<Digest> = then.intersection(&now).copied().collect();
        if tells_all && unchanged.len() == now.len() {
            return self.keep(explanation);
        }
        let others = self.now.count(&code).saturating_sub(unchanged.len() as u64);
        if others > 0 {
            self.drop(&code, WhyDropped::OtherFindings, others);
        }
        let own: BTreeSet<Digest> = self.kept.iter().filter_map(finding_of).collect();
        let held = if tells_all { &unchanged } else { &then };
        for fingerprint in held.difference(&own) {
            self.keep(Explanation { about: Explained::Finding(*fingerprint), ..explanation.clone() });
        }
    }

    fn done(self) -> (CarriedOver, Carried) {
        let dropped = self.dropped.into_iter();
        let dropped: Vec<DroppedExplanations> =
            dropped.map(|((code, why), count)| DroppedExplanations { code, count, why }).collect();
        let version = self.from.version;
        let told = (!self.kept.is_empty()).then(|| told_carried(self.kept.len(), version));
        let notes = told.into_iter().chain(dropped.iter().map(|one| one.note(version))).collect();
        let carried = Carried { from: self.from, carried: self.kept.len() as u64, dropped };
        (CarriedOver { explanations: self.kept, notes }, carried)
    }
}

fn finding_of(explanation: &Explanation) -> Option<Digest> {
    match explanation.about {
        Explained::Finding(fingerprint) => Some(fingerprint),
        Explained::Rule(_) => None,
    }
}

#[cfg(test)]
mod tests;
