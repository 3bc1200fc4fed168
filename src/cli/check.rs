//! `homeward check`: checks a return on this machine; no server is needed and nothing is kept.

use super::{Trouble, private_file, specifications};
use crate::domain::report::{Outcome, Report};
use crate::intake::{IntakeOptions, Source, read};
use crate::spec::Specification;
use crate::validate::difference::{self, Version};
use crate::validate::{CheckContext, CheckOutcome, Validator, report};
use clap::{Args, ValueEnum};
use std::io::{IsTerminal as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

/// Check a return before it is sent; exits with 0 (clean, or queries only), 1 (errors), 2 (rejected)
#[derive(Debug, Args)]
pub(super) struct CheckArguments {
    /// A folder or ZIP of CSV files, several CSV files, a workbook or a JSON document
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// Your return of the year before, to compare with
    #[arg(long, value_name = "PATH")]
    previous: Option<PathBuf>,
    /// An earlier version of the same return: print what changed since then in place of the report (text or json)
    #[arg(long, value_name = "PATH")]
    since: Option<PathBuf>,
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    /// Write the report to a file and print only the verdict
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// The largest upload in bytes, where yours is larger than the service takes
    #[arg(long, value_name = "BYTES")]
    max_bytes: Option<u64>,
    /// The most rows of a table, where yours has more than the service takes
    #[arg(long, value_name = "ROWS")]
    max_rows: Option<u64>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    Text,
    Json,
    Csv,
    Xlsx,
    Html,
}

pub(super) fn run(arguments: &CheckArguments, specs: Option<&Path>) -> Result<ExitCode, Trouble> {
    if arguments.format == Format::Xlsx && arguments.output.is_none() && std::io::stdout().is_terminal() {
        return Err(Trouble("a workbook cannot be shown here: name a file with --output".to_owned()));
    }
    let specification = specifications::load(specs)?;
    if arguments.since.is_some() && !matches!(arguments.format, Format::Text | Format::Json) {
        return Err(Trouble("what changed is written as text or json: choose one with --format".to_owned()));
    }
    let outcomes = checked(arguments, &specification)?;
    let Outcomes { now, since: Some(since) } = &outcomes else { return write_report(arguments, &outcomes.now.report) };
    let (Some(since_typed), Some(now_typed)) = (&since.typed, &now.typed) else {
        let path = if now.typed.is_none() { arguments.paths.as_slice() } else { arguments.since.as_slice() };
        let which = if now.typed.is_none() { "the return" } else { "the earlier version" };
        return Err(Trouble(format!(
            "{which} is rejected, so nothing can be compared with it: check {} without --since first",
            path.iter().map(|path| path.display().to_string()).collect::<Vec<_>>().join(" ")
        )));
    };
    let earlier = Version { report: &since.report, typed: since_typed };
    let compared = difference::difference(&specification, earlier, Version { report: &now.report, typed: now_typed })?;
    let bytes = match arguments.format {
        Format::Json => difference::json(&compared),
        _ => difference::text(&compared).into_bytes(),
    };
    put(arguments, &bytes, "what changed", now.report.outcome)
}

/// Prints the report, or writes it where the person wants it.
fn write_report(arguments: &CheckArguments, report: &Report) -> Result<ExitCode, Trouble> {
    let coloured = arguments.output.is_none() && std::io::stdout().is_terminal();
    let bytes = match arguments.format {
        Format::Text => report::text(report, coloured).into_bytes(),
        Format::Json => report::json(report),
        Format::Csv => report::csv(report),
        Format::Html => report::html(report),
        Format::Xlsx => report::xlsx(report)?,
    };
    put(arguments, &bytes, "the report", report.outcome)
}

fn put(arguments: &CheckArguments, bytes: &[u8], what: &str, outcome: Outcome) -> Result<ExitCode, Trouble> {
    match &arguments.output {
        Some(file) => {
            private_file::write(file, bytes)?;
            say!("The verdict is {outcome}; {what} lies in {}.", file.display());
        }
        None => match std::io::stdout().write_all(bytes) {
            // Whoever reads it has seen enough of it; the exit code still tells the verdict.
            Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => {}
            written => written?,
        },
    }
    Ok(ExitCode::from(outcome.exit_code()))
}

/// What came of the checks that the person asked for.
struct Outcomes {
    now: CheckOutcome,
    since: Option<CheckOutcome>,
}

fn checked(arguments: &CheckArguments, specification: &Arc<Specification>) -> Result<Outcomes, Trouble> {
    let mut limits = specification.limits.clone();
    if let Some(bytes) = arguments.max_bytes {
        limits.upload_bytes = bytes;
        limits.expanded_bytes = limits.expanded_bytes.max(bytes);
    }
    if let Some(rows) = arguments.max_rows {
        limits.rows_per_table = rows;
    }
    let options = IntakeOptions::new(limits);
    let validator = Validator::new(Arc::clone(specification))?;
    let previous = match &arguments.previous {
        None => None,
        Some(path) => {
            let intake = read(&Source::of_paths(vec![path.clone()]), specification, &options)?;
            let outcome = validator.check(intake, &CheckContext::default());
            let rejected = || {
                let what = "the previous return is rejected itself, so nothing can be compared with it";
                Trouble(format!("{what}: check {} first", path.display()))
            };
            Some(outcome.typed.ok_or_else(rejected)?)
        }
    };
    let intake = read(&Source::of_paths(arguments.paths.clone()), specification, &options)?;
    let context = CheckContext { previous, ..CheckContext::default() };
    let since = match &arguments.since {
        None => None,
        Some(path) => {
            let earlier = read(&Source::of_paths(vec![path.clone()]), specification, &options)?;
            Some(validator.check(earlier, &context))
        }
    };
    Ok(Outcomes { now: validator.check(intake, &context), since })
}
