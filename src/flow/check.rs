//! A check that keeps nothing: the verdict of a submission, without a trace in the ledger or the archive, and for that
//! without a word of other authorities' returns.

use super::Service;
use super::authorise::Account;
use super::error::FlowError;
use super::examine::Asked;
use crate::domain::local_time::local_day;
use crate::domain::report::Report;
use crate::intake::spool::SpooledUpload;

/// An upload to be checked only. Its spool file is gone when the check ends.
#[derive(Debug)]
pub struct CheckOnly {
    pub upload: SpooledUpload,
    /// What the person called the file.
    pub file_name: Option<String>,
}

impl Service {
    /// Checks an upload as if it were submitted now. Rules that compare with other authorities' returns are not checked.
    pub async fn check(&self, account: &Account, check: CheckOnly) -> Result<Report, FlowError> {
        account.may_check()?;
        let place = self.pool().admit()?;
        let now = self.now();
        let asked = Asked {
            path: check.upload.path().to_owned(),
            name: check.file_name,
            authority: account.authority().map(str::to_owned),
            today: Some(local_day(now)),
            received: now,
            beside_others: false,
        };
        let examined = self.examine(&place, asked).await;
        drop(check.upload);
        Ok(examined?.report)
    }
}
