//! The arguments of `homeward submit`.

use super::client_tls::ClientTls;
use super::submit::{SubmitOptions, Submitted, submit};
use super::{Trouble, runtime};
use crate::domain::report::Outcome;
use clap::Args;
use std::io::IsTerminal as _;
use std::path::PathBuf;
use std::process::ExitCode;

/// Send a return to the service, wait for its verdict and print the findings
#[derive(Debug, Args)]
pub(super) struct SubmitArguments {
    /// A folder of CSV files, a ZIP of them, a workbook or a JSON document
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// The address of the service
    #[arg(long, value_name = "URL")]
    service: String,
    /// The file that holds your key
    #[arg(long, value_name = "FILE")]
    key_file: PathBuf,
    #[command(flatten)]
    tls: ClientTls,
    /// Keep the signed receipt of the decision in this file; `homeward receipt verify` says what it proves
    #[arg(long, value_name = "FILE")]
    receipt: Option<PathBuf>,
    /// Show no progress
    #[arg(long)]
    quiet: bool,
}

pub(super) fn run(arguments: &SubmitArguments) -> Result<ExitCode, Trouble> {
    let options = SubmitOptions {
        paths: arguments.paths.clone(),
        service: arguments.service.clone(),
        key_file: arguments.key_file.clone(),
        receipt: arguments.receipt.clone(),
        tls: arguments.tls.clone(),
        progress: !arguments.quiet && std::io::stderr().is_terminal(),
        quiet: arguments.quiet,
    };
    let submitted = runtime()?.block_on(submit(&options))?;
    say_on!("{}", submitted.report);
    say!("Return {} is {}.", submitted.id, submitted.state);
    if submitted.sent_before {
        say!("The same file was sent before: this is that return, and no new version.");
    }
    if let Some(since) = &submitted.closed_since {
        say!(
            "Its collection has been closed since {since}: it was checked and cannot be signed. Ask the department's collection \
             team, which can reopen it for one authority."
        );
    }
    if submitted.carried + submitted.dropped > 0 {
        say!(
            "Explanations carried over from the version before: {}; no longer valid: {} (its history says which and why).",
            submitted.carried,
            submitted.dropped
        );
    }
    if let Some(deadline) = submitted.deadline {
        let day = deadline.format("%-d %B %Y");
        if submitted.late {
            say!("Its deadline was {day}: it is late, and counts as late whatever is sent after it.");
        } else {
            say!("Its deadline is {day}: it is on time.");
        }
    }
    if let Some(next) = next_step(&submitted) {
        say!("{next}");
    }
    Ok(ExitCode::from(submitted.outcome.exit_code()))
}

/// What is to be done now, and by whom; nothing where that is said already.
fn next_step(submitted: &Submitted) -> Option<&'static str> {
    match (submitted.state.as_str(), submitted.outcome) {
        ("checked", _) if submitted.closed_since.is_some() => None,
        ("checked", Outcome::Clean) => Some("It does not count yet: a signatory of your authority must sign it now."),
        ("checked", Outcome::Queries) => Some(
            "It does not count yet: explain its queries or correct them, and then a signatory of your authority must sign it.",
        ),
        ("checked", Outcome::Errors) => Some("It cannot be signed: correct its errors and send it again."),
        ("signed", _) => Some("It is signed; the department's collection team accepts it or sends it back."),
        _ => None,
    }
}
