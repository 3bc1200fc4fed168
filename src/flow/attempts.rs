//! An upload that cannot be decided is not tried for ever, and not at every moment: each attempt after the first is written
//! down before it begins, so that one that ends the process counts too. The pauses grow, and after some attempts the upload is
//! set aside: it stays *received*, nothing of it is lost, its history says so, and whoever runs the service decides whether it
//! is tried anew or ended.
//!
//! An attempt at a time at which the store does not answer, or has no space, says nothing of the upload and does not count.

use super::Service;
use super::error::FlowError;
use super::examine::Asked;
use super::settle::Settled;
use super::workers::Place;
use crate::domain::identifier::ReturnId;
use crate::domain::state::ReturnState;
use crate::store::{AttemptStep, Attempts, Page, ReturnFilter, ReturnRecord};
use chrono::{DateTime, TimeDelta, Utc};

/// How many attempts after the first count before the upload is set aside.
const MOST: u64 = 8;
/// The pause after the first; each further one is twice as long.
const FIRST_PAUSE: TimeDelta = TimeDelta::seconds(2);

const ASIDE: &str = "The service could not decide this upload and tries it no more: it waits for whoever runs the service. \
                     Nothing of it is lost, and it need not be sent again.";
const ANEW: &str = "Whoever runs the service has it tried anew.";

/// A received upload, and how often it was tried to decide it after the first time.
#[derive(Debug, Clone, PartialEq)]
pub struct Undecided {
    pub record: ReturnRecord,
    /// None where it was not tried again yet.
    pub attempts: Option<Attempts>,
}

/// Whether an attempt may be made now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Turn {
    Now,
    Later,
    /// It waits for whoever runs the service, or is to.
    Never,
}

pub(super) fn turn(attempts: Option<&Attempts>, now: DateTime<Utc>) -> Turn {
    let Some(attempts) = attempts else { return Turn::Now };
    if attempts.aside.is_some() || attempts.made >= MOST {
        return Turn::Never;
    }
    let doublings = u32::try_from(attempts.made.saturating_sub(1)).unwrap_or(u32::MAX).min(8);
    if now - attempts.last >= FIRST_PAUSE * 2_i32.pow(doublings) { Turn::Now } else { Turn::Later }
}

impl Service {
    /// Whether the upload may be tried again now; one that was tried often enough is set aside.
    pub(super) async fn turn_of(&self, id: ReturnId) -> Result<Turn, FlowError> {
        let failed = FlowError::store("look up the attempts to decide an upload");
        let attempts = self.ledger().attempts().await.map_err(&failed)?;
        let (attempts, now) = (attempts.get(&id), self.now());
        let turn = turn(attempts, now);
        if turn == Turn::Never && attempts.is_some_and(|attempts| attempts.aside.is_none()) {
            let aside = AttemptStep::SetAside(ASIDE.to_owned());
            self.ledger().attempt(id, &aside, now).await.map_err(&failed)?;
            tracing::error!(return_id = %id, attempts = MOST, "an upload that cannot be decided was set aside");
        }
        Ok(turn)
    }

    /// Decides a received upload that was tried before.
    pub(super) async fn settle_again(
        &self,
        record: ReturnRecord,
        asked: Asked,
        place: &Place,
    ) -> Result<Settled, FlowError> {
        let (id, failed) = (record.id, FlowError::store("begin another attempt"));
        self.ledger().attempt(id, &AttemptStep::Begin, self.now()).await.map_err(&failed)?;
        let settled = self.settle(record, asked, place).await;
        if let Err(error) = &settled {
            let is_the_stores = matches!(error, FlowError::NoSpace) || self.store_answers().await.is_err();
            if is_the_stores {
                self.ledger().attempt(id, &AttemptStep::Forgive, self.now()).await.map_err(&failed)?;
            } else {
                // Said at once where this was the last.
                self.turn_of(id).await?;
            }
        }
        settled
    }

    /// Every received upload, oldest first, for whoever runs the service.
    pub async fn undecided(&self) -> Result<Vec<Undecided>, FlowError> {
        let failed = FlowError::store("list the received uploads");
        let filter = ReturnFilter { state: Some(ReturnState::Received), ..ReturnFilter::default() };
        let received = self.ledger().returns(&filter, Page::ALL).await.map_err(&failed)?;
        let attempts = self.ledger().attempts().await.map_err(&failed)?;
        let with = |record: ReturnRecord| Undecided { attempts: attempts.get(&record.id).copied(), record };
        Ok(received.into_iter().map(with).collect())
    }

    /// Has an upload that was set aside tried anew, by the service that runs or by the next that starts.
    pub async fn try_anew(&self, id: ReturnId) -> Result<(), FlowError> {
        self.must_be_aside(id).await?;
        let anew = AttemptStep::Anew(ANEW.to_owned());
        self.ledger().attempt(id, &anew, self.now()).await.map_err(FlowError::store("have an upload tried anew"))
    }

    /// Ends an upload that was set aside: rejected, by no rule; its bytes are removed and its receipt stays.
    pub async fn end_upload(&self, id: ReturnId, reason: &str) -> Result<ReturnRecord, FlowError> {
        let reason = reason.trim();
        if reason.is_empty() {
            return Err(FlowError::RequestInvalid("say why the upload is ended; its sender reads it".to_owned()));
        }
        self.must_not_identify([("--reason".to_owned(), reason)])?;
        self.must_be_aside(id).await?;
        let failed = FlowError::store("end an upload");
        let note = format!("Ended by whoever runs the service, by no rule: {reason}");
        self.ledger().attempt(id, &AttemptStep::End(note), self.now()).await.map_err(&failed)?;
        self.ledger().decide_rejected(id, &[]).await.map_err(&failed)?;
        Ok(self.end_rejected(id, None).await?.record)
    }

    async fn must_be_aside(&self, id: ReturnId) -> Result<(), FlowError> {
        let failed = FlowError::store("look up the attempts to decide an upload");
        if self.ledger().attempts().await.map_err(&failed)?.get(&id).is_some_and(|attempts| attempts.aside.is_some()) {
            return Ok(());
        }
        let problem =
            format!("the upload {id} was not set aside: it is decided, or the service still tries to decide it");
        Err(FlowError::RequestInvalid(problem))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_and_attempts_end() {
        let last = DateTime::UNIX_EPOCH;
        let after = |made: u64, seconds: i64| {
            let attempts = Attempts { made, last, aside: None };
            turn(Some(&attempts), last + TimeDelta::seconds(seconds))
        };
        assert_eq!(turn(None, last), Turn::Now);
        assert_eq!(
            (after(0, 1), after(0, 2)),
            (Turn::Later, Turn::Now),
            "one that does not count is followed by a pause too"
        );
        assert_eq!((after(1, 1), after(1, 2)), (Turn::Later, Turn::Now));
        assert_eq!((after(4, 15), after(4, 16)), (Turn::Later, Turn::Now));
        assert_eq!(after(8, 1_000_000), Turn::Never);
        let aside = Attempts { made: 0, last, aside: Some(last) };
        assert_eq!(turn(Some(&aside), last + TimeDelta::days(1)), Turn::Never);
    }
}
