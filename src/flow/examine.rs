//! From the bytes of an upload to its report and typed tables: `intake`, then `validate`, on one worker.

use super::Service;
use super::error::FlowError;
use super::workers::{Place, Worker};
use crate::domain::report::Report;
use crate::intake::{self, IntakeOptions, IntakeResult, Source};
use crate::validate::CheckContext;
use arrow::array::RecordBatch;
use chrono::{DateTime, NaiveDate, Utc};
use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

/// What findings call an upload whose sender gave it no name: never the name of our spool file.
const UNNAMED: &str = "upload";

/// An upload to examine, and what it is held against.
#[derive(Debug)]
pub(super) struct Asked {
    pub(super) path: PathBuf,
    /// What the person called the file.
    pub(super) name: Option<String>,
    /// The authority whose account uploads; any may be named where there is none.
    pub(super) authority: Option<String>,
    /// The day on which the collection must be open.
    pub(super) today: Option<NaiveDate>,
    /// When it came: what people decided about collections later changes nothing for it.
    pub(super) received: DateTime<Utc>,
    /// Whether rules compare it with other authorities' accepted returns. Not where nothing of the check is kept: who knows a
    /// child's linkage key could ask again and again what became of the child elsewhere, and nothing would tell of it.
    pub(super) beside_others: bool,
}

/// What came of it.
pub(super) struct Examined {
    pub(super) report: Report,
    /// The typed tables by name; empty where the upload was rejected.
    pub(super) tables: BTreeMap<String, RecordBatch>,
}

impl fmt::Debug for Examined {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "Examined({}, {} tables)", self.report.outcome, self.tables.len())
    }
}

impl Service {
    /// Reads and checks an upload. One worker is held for the whole of it, so that what was read and waits to be checked
    /// is bounded by the number of workers and not by the length of the line.
    pub(super) async fn examine(&self, place: &Place, asked: Asked) -> Result<Examined, FlowError> {
        let worker = place.worker().await?;
        let beside_others = asked.beside_others;
        let read = self.read_upload(&worker, asked).await?;
        let context = self.context(&worker, &read, beside_others).await?;
        let validator = Arc::clone(self.validator());
        let checked = worker.run("check the upload", move || validator.check(read, &context)).await?;
        let tables = checked.typed.map(|typed| typed.tables).unwrap_or_default();
        Ok(Examined { report: checked.report, tables })
    }

    async fn read_upload(&self, worker: &Worker, asked: Asked) -> Result<IntakeResult, FlowError> {
        let specification = Arc::clone(self.specification());
        let options = IntakeOptions {
            expected_authority: asked.authority,
            today: asked.today,
            opened: self.opened_early(asked.received).await?,
            upload_name: Some(asked.name.unwrap_or_else(|| UNNAMED.to_owned())),
            ..IntakeOptions::new(specification.limits.clone())
        };
        let doing = "read the upload";
        let read = worker.run(doing, move || intake::read(&Source::File(asked.path), &specification, &options));
        read.await?.map_err(|error| FlowError::internal(doing, error))
    }

    /// The authority's last accepted return, and the others', as far as rules read them.
    async fn context(
        &self,
        worker: &Worker,
        read: &IntakeResult,
        beside_others: bool,
    ) -> Result<CheckContext, FlowError> {
        let (Some(authority), Some(collection)) = (&read.header.authority, &read.header.collection) else {
            return Ok(CheckContext::default());
        };
        let beside = match beside_others {
            true => self.tables_of_others(worker, authority, collection).await?,
            false => CheckContext::default(),
        };
        Ok(CheckContext { previous: self.previous_return(authority, collection).await?, ..beside })
    }
}
