//! From *received* to a verdict that is kept. Whatever interrupts it, it can be done again from the kept bytes.

use super::Service;
use super::carry::Carried;
use super::error::FlowError;
use super::examine::{Asked, Examined};
use super::workers::Place;
use crate::domain::finding::Severity;
use crate::domain::identifier::ReturnId;
use crate::domain::report::{Outcome, Report};
use crate::store::{ObjectName, Receipt, ReturnRecord, Verdict, parquet, write_report};
use std::collections::BTreeSet;
use std::sync::Arc;

/// A decided return.
#[derive(Debug)]
pub(super) struct Settled {
    pub(super) record: ReturnRecord,
    pub(super) receipt: Option<Receipt>,
    /// Absent where an interrupted rejection was ended: its content is gone.
    pub(super) report: Option<Report>,
    /// What became of the explanations of the version before; absent where that had none.
    pub(super) carried: Option<Carried>,
}

impl Service {
    /// Checks a received upload and keeps what came of it.
    pub(super) async fn settle(&self, record: ReturnRecord, asked: Asked, place: &Place) -> Result<Settled, FlowError> {
        let failed = FlowError::store("read the receipt");
        if self.ledger().receipt(record.id).await.map_err(failed)?.is_some() {
            return self.end_rejected(record.id, None).await;
        }
        let mut examined = self.examine(place, asked).await?;
        if examined.report.outcome != Outcome::Rejected && examined.report.specification.collection.is_none() {
            refuse_without_collection(&mut examined);
        }
        let settled = if examined.report.outcome == Outcome::Rejected {
            let codes = rejecting_codes(&examined.report);
            let failed = FlowError::store("write the receipt");
            self.ledger().decide_rejected(record.id, &codes).await.map_err(failed)?;
            self.end_rejected(record.id, Some(examined.report)).await?
        } else {
            self.keep(&record, examined, place).await?
        };
        // Told once it is kept: what is interrupted before is checked and told again.
        if let Some(report) = &settled.report {
            self.tell_verdict(&record, report);
        }
        Ok(settled)
    }

    fn tell_verdict(&self, record: &ReturnRecord, report: &Report) {
        let took = (self.now() - record.received).to_std().unwrap_or_default();
        self.count_verdict(report, took);
        let findings: u64 = report.counts.by_code.values().sum();
        let (id, outcome, seconds) = (record.id, report.outcome.name(), took.as_secs_f64());
        tracing::info!(return_id = %id, outcome, findings, seconds, "an upload was checked");
    }

    /// Removes the content first, so that a return that is seen as rejected has none.
    pub(super) async fn end_rejected(&self, id: ReturnId, report: Option<Report>) -> Result<Settled, FlowError> {
        let failed = FlowError::store("reject the upload");
        self.archive().delete(&ObjectName::original(id)).await.map_err(&failed)?;
        let record = self.ledger().close_rejected(id, self.now()).await.map_err(&failed)?;
        let receipt = self.ledger().receipt(id).await.map_err(&failed)?;
        Ok(Settled { record, receipt, report, carried: None })
    }

    async fn keep(&self, record: &ReturnRecord, examined: Examined, place: &Place) -> Result<Settled, FlowError> {
        let id = record.id;
        let Examined { report, tables } = examined;
        let verdict = Verdict {
            outcome: report.outcome,
            specification: report.specification.clone(),
            counts: report.counts.clone(),
            not_checked: report.not_checked.clone(),
            decided: self.now(),
        };
        let Some(collection) = verdict.specification.collection.clone() else {
            let cause = "a return that was not rejected names no collection";
            return Err(FlowError::internal("keep the checked return", cause));
        };
        let failed = FlowError::store("keep the checked return");
        let worker = place.worker().await?;
        let written = worker.run("write the tables", move || {
            let kept_report = write_report(&report)?;
            let mut files = Vec::new();
            // A version with errors can never be signed, so only its report and original are kept.
            for (name, table) in tables.iter().filter(|_| report.outcome != Outcome::Errors) {
                let file = parquet::write(&table.schema(), std::slice::from_ref(table))?;
                files.push((ObjectName::table(id, name)?, file));
            }
            Ok((report, kept_report, files))
        });
        let (report, kept_report, files) = written.await?.map_err(&failed)?;
        drop(worker);
        let puts = files.iter().map(|(name, file)| self.archive().put(name, file.clone()));
        futures::future::try_join_all(puts).await.map_err(&failed)?;
        self.archive().put(&ObjectName::report(id), kept_report).await.map_err(&failed)?;
        let report = Arc::new(report);
        let carried = self.carry_over(&record.authority, &collection, &report).await?;
        let report = Arc::unwrap_or_clone(report);
        let entered = carried.as_ref().map(|(entered, _)| entered.clone()).unwrap_or_default();
        let record = self.ledger().decide_checked(id, &verdict, &entered).await.map_err(&failed)?;
        Ok(Settled { record, receipt: None, report: Some(report), carried: carried.map(|(_, carried)| carried) })
    }
}

/// What answers no collection can be kept under none, whatever rule finds the header at fault: it is refused.
fn refuse_without_collection(examined: &mut Examined) {
    let note = "The upload names no collection that it answers, so nothing of it can be kept: put the header right and send \
                it again.";
    examined.report.outcome = Outcome::Rejected;
    examined.report.notes.push(note.to_owned());
    examined.report.excerpts.clear();
    examined.tables.clear();
}

/// The codes of the rules that rejected an upload, in their order; of one that none rejected, of those that found errors.
fn rejecting_codes(report: &Report) -> Vec<String> {
    let of = |severity: Severity| -> BTreeSet<&String> {
        report.findings.iter().filter(|found| found.severity == severity).map(|found| &found.code).collect()
    };
    let rejecting = of(Severity::Reject);
    let codes = if rejecting.is_empty() { of(Severity::Error) } else { rejecting };
    codes.into_iter().cloned().collect()
}
