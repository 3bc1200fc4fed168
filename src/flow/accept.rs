//! The collection team takes a signed return, or gives one back.

use super::Service;
use super::authorise::Account;
use super::error::FlowError;
use crate::domain::identifier::ReturnId;
use crate::domain::state::{ReturnMove, ReturnState};
use crate::store::{Moved, ReturnRecord};

impl Service {
    /// Accepts a signed return. From now on it counts, and the version that counted before does not, in one step.
    ///
    /// Its tables were written when it was checked, so what is counted is what was checked, and this step is the
    /// ledger's alone.
    pub async fn accept(&self, account: &Account, id: ReturnId, note: Option<String>) -> Result<Moved, FlowError> {
        account.may_collect()?;
        let record = self.readable(account, id).await?;
        let wanted = "accepting";
        if record.state != ReturnState::Signed {
            let needed = ReturnState::Signed.name();
            return Err(FlowError::WrongState { found: record.state, needed, wanted });
        }
        self.step(account, &record, ReturnMove::Accept, note, wanted, Vec::new()).await
    }

    /// Gives a return back to its authority, with the reason.
    pub async fn send_back(&self, account: &Account, id: ReturnId, reason: String) -> Result<ReturnRecord, FlowError> {
        account.may_collect()?;
        if reason.trim().is_empty() {
            let problem = "say why the return is sent back: the authority reads it".to_owned();
            return Err(FlowError::RequestInvalid(problem));
        }
        let record = self.readable(account, id).await?;
        let reminders = self.told_of_sending_back(&record).await?;
        self.leave(account, record, ReturnMove::SendBack, Some(reason), "sending back", reminders).await
    }
}
