//! The director stands by a return, or the authority takes it back.

use super::Service;
use super::authorise::Account;
use super::error::{FlowError, Remaining};
use crate::domain::digest::Digest;
use crate::domain::finding::{Finding, Severity};
use crate::domain::identifier::ReturnId;
use crate::domain::report::Report;
use crate::domain::state::{ReturnMove, ReturnState};
use crate::store::{Explained, Explanation, Move, Moved, NewReminder, ReturnRecord};
use std::collections::{BTreeMap, BTreeSet};

impl Service {
    /// Signs a checked return: it needs no errors, every rule checked, and an explanation for each query.
    pub async fn sign(&self, account: &Account, id: ReturnId, note: Option<String>) -> Result<ReturnRecord, FlowError> {
        let authority = account.signs_for()?;
        let record = self.owned(authority, id).await?;
        let wanted = "signing";
        if record.state != ReturnState::Checked {
            let needed = ReturnState::Checked.name();
            return Err(FlowError::WrongState { found: record.state, needed, wanted });
        }
        self.may_be_signed_by(account, &record).await?;
        self.must_have_content(id).await?;
        let report = self.kept_report(id).await?;
        let explanations = self.ledger().explanations(id).await.map_err(FlowError::store(wanted))?;
        let name = self.finding_names();
        let remaining = self.at_work(wanted, move || remaining(name, &report, &explanations)).await?;
        if !remaining.is_empty() {
            return Err(FlowError::NotReadyToSign { remaining });
        }
        self.step(account, &record, ReturnMove::Sign, note, wanted, Vec::new()).await.map(|moved| moved.now)
    }

    /// Where the collection says so, the author of an upload is not its signatory.
    async fn may_be_signed_by(&self, account: &Account, record: &ReturnRecord) -> Result<(), FlowError> {
        let collection = record.collection.as_deref().and_then(|id| self.specification().collection(id));
        if !collection.is_some_and(|collection| collection.signed_by_another) {
            return Ok(());
        }
        let failed = FlowError::store("look up who sent the return");
        let author = self.ledger().actor(record.uploaded_by).await.map_err(&failed)?.ok_or(FlowError::NotFound)?;
        let signatory = self.ledger().actor(account.key).await.map_err(&failed)?.ok_or(FlowError::NotFound)?;
        if signatory.is_another_than(&author) { Ok(()) } else { Err(FlowError::AuthorMayNotSign) }
    }

    /// Takes a return back before it is accepted.
    pub async fn withdraw(
        &self,
        account: &Account,
        id: ReturnId,
        note: Option<String>,
    ) -> Result<ReturnRecord, FlowError> {
        let authority = account.withdraws_for()?;
        let record = self.owned(authority, id).await?;
        self.leave(account, record, ReturnMove::Withdraw, note, "withdrawing", Vec::new()).await
    }

    /// Ends a return that is checked or signed.
    pub(super) async fn leave(
        &self,
        account: &Account,
        record: ReturnRecord,
        by_move: ReturnMove,
        note: Option<String>,
        wanted: &'static str,
        reminders: Vec<NewReminder>,
    ) -> Result<ReturnRecord, FlowError> {
        if record.state.after(by_move).is_none() {
            return Err(FlowError::WrongState { found: record.state, needed: "checked or signed", wanted });
        }
        self.step(account, &record, by_move, note, wanted, reminders).await.map(|moved| moved.now)
    }

    /// One move in the ledger, on the condition that the return is still where it was seen.
    pub(super) async fn step(
        &self,
        account: &Account,
        record: &ReturnRecord,
        by_move: ReturnMove,
        note: Option<String>,
        wanted: &'static str,
        reminders: Vec<NewReminder>,
    ) -> Result<Moved, FlowError> {
        let note = note.map(|text| text.trim().to_owned()).filter(|text| !text.is_empty());
        if note.as_ref().is_some_and(|text| text.chars().count() > LONGEST_NOTE) {
            return Err(FlowError::RequestInvalid(format!("a note has at most {LONGEST_NOTE} characters")));
        }
        self.must_not_identify(note.iter().map(|text| ("$.note".to_owned(), text.as_str())))?;
        let step =
            Move { id: record.id, from: record.state, by_move, at: self.now(), by: account.key, note, reminders };
        let moved = self.ledger().advance(&step).await.map_err(FlowError::store(wanted))?;
        let (now, key) = (&moved.now, account.key);
        tracing::info!(return_id = %now.id, state = %now.state, key = %key, "a return moved on");
        Ok(moved)
    }
}

/// The longest note that is taken, in characters.
const LONGEST_NOTE: usize = 2000;

/// What still stands between a return and its signature, rule by rule.
fn remaining(name: impl Fn(&Finding) -> Digest, report: &Report, explanations: &[Explanation]) -> Vec<Remaining> {
    let explained: BTreeSet<&Explained> = explanations.iter().map(|explanation| &explanation.about).collect();
    let mut listed: BTreeMap<&str, (Severity, u64, u64)> = BTreeMap::new();
    for finding in &report.findings {
        let (_, all, open) = listed.entry(&finding.code).or_insert((finding.severity, 0, 0));
        *all += 1;
        *open += u64::from(!explained.contains(&Explained::Finding(name(finding))));
    }
    let mut remaining = Vec::new();
    for (code, (severity, all, open)) in listed {
        let counted = report.counts.by_code.get(code).copied().unwrap_or(all);
        // Findings that were counted but not listed can be explained with the whole rule only.
        let open = open + counted.saturating_sub(all);
        let (findings, advice) = match severity {
            Severity::Reject | Severity::Error => (counted, "Correct them and send the return again."),
            Severity::Query if open > 0 && !explained.contains(&Explained::Rule(code.to_owned())) => {
                (open, "Correct them and send the return again, or explain each of them or all of the rule.")
            }
            Severity::Query | Severity::Info => continue,
        };
        remaining.push(Remaining { code: code.to_owned(), findings, advice: advice.to_owned() });
    }
    for rule in report.not_checked.iter().filter(|rule| rule.blocks) {
        let advice = rule.because.clone();
        remaining.push(Remaining { code: rule.code.clone(), findings: rule.rows.values().sum(), advice });
    }
    remaining
}

#[cfg(test)]
mod tests;
