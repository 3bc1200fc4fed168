//! `homeward admin upload`: what was received and cannot be decided.

use crate::cli::Trouble;
use crate::domain::identifier::ReturnId;
use crate::flow::{Service, Undecided};
use clap::Subcommand;
use std::process::ExitCode;

#[derive(Debug, Subcommand)]
pub(super) enum UploadCommand {
    /// List the received uploads that are not decided, with how often it was tried; also beside a running service
    List,
    /// Have an upload that was set aside tried anew, by the running service or by the next that starts
    Retry {
        /// The upload's id
        id: ReturnId,
    },
    /// End an upload that was set aside: it is rejected by no rule, its bytes are removed, its receipt and its history stay
    End {
        /// The upload's id
        id: ReturnId,
        /// Why; its sender reads it in the history of the upload
        #[arg(long)]
        reason: String,
    },
}

pub(super) async fn run(command: UploadCommand, service: &Service) -> Result<ExitCode, Trouble> {
    match command {
        UploadCommand::List => list(&service.undecided().await?),
        UploadCommand::Retry { id } => {
            service.try_anew(id).await?;
            say!("The upload {id} is tried anew within a minute where the service runs, and else when it starts.");
        }
        UploadCommand::End { id, reason } => {
            let record = service.end_upload(id, &reason).await?;
            say!("The upload {id} of authority {} is {}; its bytes are removed.", record.authority, record.state);
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn list(undecided: &[Undecided]) {
    if undecided.is_empty() {
        say!("Every upload that was received is decided.");
    }
    for Undecided { record, attempts } in undecided {
        let received = record.received.format("%F %T UTC");
        let tried = match attempts {
            None => "not tried again yet".to_owned(),
            Some(attempts) => {
                let last = attempts.last.format("%F %T UTC");
                let state = if attempts.aside.is_some() { "set aside, waits for you" } else { "tried again later" };
                format!("tried again {} times, last {last}; {state}", attempts.made)
            }
        };
        say!("{}  authority {}  {} bytes  received {received}  {tried}", record.id, record.authority, record.bytes);
    }
}
