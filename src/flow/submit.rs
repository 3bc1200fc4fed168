//! An authority sends its return.
//!
//! The order is what keeps an acknowledged return: the bytes are durable in the archive, then the ledger says *received*,
//! then the check decides, and only then the client hears of it. A client that goes away changes nothing: the work is a
//! task of its own. Sent again with the same idempotency key it is the same return, whatever became of it; with the same
//! bytes it is the same return while that stands and has its content, and else a new version.

use super::attempts::Turn;
use super::authorise::Account;
use super::carry::Carried;
use super::collections::ClosedCollection;
use super::deadline::Deadline;
use super::error::FlowError;
use super::examine::Asked;
use super::settle::Settled;
use super::workers::Place;
use super::{InHand, Service};
use crate::domain::identifier::ReturnId;
use crate::domain::local_time::local_day;
use crate::domain::report::Report;
use crate::domain::state::ReturnState;
use crate::intake::spool::SpooledUpload;
use crate::store::{NewReturn, ObjectName, Receipt, Reception, ReturnRecord, compress};
use bytes::Bytes;
use tracing::{Instrument as _, Span};

/// The longest idempotency key that is taken, in characters.
const LONGEST_KEY: usize = 255;

/// An upload on disk, and what came with it.
#[derive(Debug)]
pub struct Submission {
    pub upload: SpooledUpload,
    /// What the person called the file; findings name it, and it is kept nowhere but in them.
    pub file_name: Option<String>,
    pub idempotency_key: Option<String>,
}

/// What became of a submission.
#[derive(Debug)]
pub struct Submitted {
    pub record: ReturnRecord,
    /// Of a rejected upload.
    pub receipt: Option<Receipt>,
    /// Absent only while another request is still checking the same upload.
    pub report: Option<Report>,
    /// What became of the explanations of the version before; absent where that had none, and where this was sent before.
    pub carried: Option<Carried>,
    /// Where its collection is closed, so that it cannot be signed.
    pub closed: Option<ClosedCollection>,
    /// Until when it is on time, and whether it is late.
    pub deadline: Option<Deadline>,
    /// Whether it had been sent before.
    pub replayed: bool,
}

impl Service {
    /// Receives and decides an upload. [`FlowError::Busy`] before anything is kept.
    pub async fn submit(&self, account: &Account, submission: Submission) -> Result<Submitted, FlowError> {
        let authority = account.submits_for()?.to_owned();
        if let Some(key) = &submission.idempotency_key {
            let is_good = (1..=LONGEST_KEY).contains(&key.len()) && key.bytes().all(|byte| byte.is_ascii_graphic());
            if !is_good {
                let problem = "an idempotency key is 1 to 255 letters, digits or signs of ASCII without spaces";
                return Err(FlowError::RequestInvalid(problem.to_owned()));
            }
        }
        let place = self.pool().admit()?;
        let now = self.now();
        let new = NewReturn {
            id: ReturnId::new(now),
            authority,
            digest: submission.upload.digest,
            bytes: submission.upload.bytes,
            idempotency_key: submission.idempotency_key.clone(),
            specification: self.specification().digest,
            uploaded_by: account.key,
            received: now,
        };
        let service = self.clone();
        // The task's lines in the log belong to the request, also when its client has gone.
        let receiving = async move { service.receive(new, submission, place).await };
        let work = tokio::spawn(receiving.instrument(Span::current()));
        let mut submitted =
            work.await.map_err(|_| FlowError::internal("receive the upload", "the task ended in a panic"))??;
        submitted.closed = self.closed_to(&submitted.record).await?;
        submitted.deadline = self.deadline_of(&submitted.record).await?;
        Ok(submitted)
    }

    async fn receive(&self, new: NewReturn, submission: Submission, place: Place) -> Result<Submitted, FlowError> {
        let in_hand = self.take_in_hand(new.id);
        let original = ObjectName::original(new.id);
        let path = submission.upload.path().to_owned();
        let worker = place.worker().await?;
        let bytes = worker.run("compress the upload", move || compress(std::fs::File::open(path)?)).await?;
        let bytes = bytes.map_err(|error| FlowError::internal("read the spooled upload", error))?;
        self.ledger().announce(new.id, new.received).await.map_err(FlowError::store("announce the upload"))?;
        let kept = self.archive().put(&original, bytes.clone()).await;
        drop(worker);
        kept.map_err(FlowError::store("keep the upload"))?;
        let reception = match self.ledger().receive(&new).await {
            Ok(reception) => reception,
            Err(error) => {
                // Should this fail too, the next start removes it: it is announced and was not received.
                let _ = self.archive().delete(&original).await;
                return Err(FlowError::store("receive the upload")(error));
            }
        };
        match reception {
            Reception::New(record) => {
                let (id, authority, bytes) = (record.id, record.authority.as_str(), record.bytes);
                tracing::info!(return_id = %id, authority, bytes, key = %record.uploaded_by, "an upload was received");
                let in_hand = in_hand.ok_or_else(|| FlowError::internal("receive the upload", "its id is taken"))?;
                self.decide(record, &submission, &place, in_hand, None).await
            }
            Reception::Replay(earlier) => {
                tracing::info!(return_id = %earlier.id, state = %earlier.state, "an upload was sent before");
                self.archive().delete(&original).await.map_err(FlowError::store("remove the second copy"))?;
                let failed = FlowError::store("forget the second copy");
                self.ledger().forget_announced(new.id).await.map_err(failed)?;
                self.replay(earlier, &submission, &place, bytes).await
            }
        }
    }

    /// The answer that the first sending got, or gets now if its decision was interrupted. What was deleted since has none.
    async fn replay(
        &self,
        earlier: ReturnRecord,
        submission: &Submission,
        place: &Place,
        bytes: Bytes,
    ) -> Result<Submitted, FlowError> {
        match earlier.state {
            // One that could not be decided is not tried at every moment that somebody asks.
            ReturnState::Received => match self.take_in_hand_now(earlier.id).await? {
                Some(in_hand) => self.decide(earlier, submission, place, in_hand, Some(bytes)).await,
                None => Ok(Submitted {
                    record: earlier,
                    receipt: None,
                    report: None,
                    carried: None,
                    closed: None,
                    deadline: None,
                    replayed: true,
                }),
            },
            ReturnState::Rejected => {
                // The report was not kept, because it speaks of content; the same bytes give it again.
                let receipt = self.ledger().receipt(earlier.id).await.map_err(FlowError::store("read the receipt"))?;
                // What is sent again writes nothing down, so it is told nothing that was not there at the first time.
                let asked = Asked { beside_others: false, ..self.asked(&earlier, submission) };
                let examined = self.examine(place, asked).await?;
                Ok(Submitted {
                    record: earlier,
                    receipt,
                    report: Some(examined.report),
                    carried: None,
                    closed: None,
                    deadline: None,
                    replayed: true,
                })
            }
            _ => {
                self.must_have_content(earlier.id).await?;
                let report = self.kept_report(earlier.id).await?;
                Ok(Submitted {
                    record: earlier,
                    receipt: None,
                    report: Some(report),
                    carried: None,
                    closed: None,
                    deadline: None,
                    replayed: true,
                })
            }
        }
    }

    async fn decide(
        &self,
        record: ReturnRecord,
        submission: &Submission,
        place: &Place,
        in_hand: InHand,
        sent_again: Option<Bytes>,
    ) -> Result<Submitted, FlowError> {
        // Whoever had it in hand may have decided it between our reading and our taking it.
        let current = self.ledger().return_by_id(record.id).await.map_err(FlowError::store("read the return"))?;
        let record = current.ok_or(FlowError::NotFound)?;
        let replayed = sent_again.is_some();
        if record.state != ReturnState::Received {
            drop(in_hand);
            return Box::pin(self.replay(record, submission, place, sent_again.unwrap_or_default())).await;
        }
        if let Some(bytes) = sent_again {
            // Whatever became of the first copy, what is decided now is what is kept.
            let original = ObjectName::original(record.id);
            self.archive().put(&original, bytes).await.map_err(FlowError::store("keep the upload"))?;
        }
        let asked = self.asked(&record, submission);
        let settled = match replayed {
            true => self.settle_again(record, asked, place).await?,
            false => self.settle(record, asked, place).await?,
        };
        let Settled { record, receipt, report, carried } = settled;
        Ok(Submitted { record, receipt, report, carried, closed: None, deadline: None, replayed })
    }

    /// Takes a received upload in hand, unless another task has it or it is not its turn.
    async fn take_in_hand_now(&self, id: ReturnId) -> Result<Option<InHand>, FlowError> {
        let Some(in_hand) = self.take_in_hand(id) else { return Ok(None) };
        Ok((self.turn_of(id).await? == Turn::Now).then_some(in_hand))
    }

    fn asked(&self, record: &ReturnRecord, submission: &Submission) -> Asked {
        Asked {
            path: submission.upload.path().to_owned(),
            name: submission.file_name.clone(),
            authority: Some(record.authority.clone()),
            today: Some(local_day(record.received)),
            received: record.received,
            beside_others: true,
        }
    }
}
