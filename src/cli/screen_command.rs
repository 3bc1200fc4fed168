//! `homeward screen`: holds a data file and its metadata to the checks of DfE's screener.

use super::{Trouble, specifications};
use crate::publish::screener::{Dictionary, Verdict, screen};
use clap::Args;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// A check failed.
const FAILED: u8 = 1;

/// Hold a data file and its metadata to DfE's screener; exits with 0 (nothing fails) or 1 (something does)
#[derive(Debug, Args)]
pub(super) struct ScreenArguments {
    /// The data file; its metadata is DATA.meta.csv beside it
    #[arg(value_name = "DATA.csv")]
    data: PathBuf,
    /// The metadata, where it lies elsewhere
    #[arg(value_name = "META.csv")]
    meta: Option<PathBuf>,
    /// DfE's data dictionary as CSV (data-dictionary.csv of its screener), which decides the two checks that need it
    #[arg(long, value_name = "FILE")]
    dictionary: Option<PathBuf>,
    /// Show the checks that pass as well
    #[arg(long)]
    all: bool,
}

pub(super) fn run(arguments: &ScreenArguments, specs: Option<&Path>) -> Result<ExitCode, Trouble> {
    let specification = specifications::load(specs)?;
    let meta = arguments.meta.clone().unwrap_or_else(|| arguments.data.with_extension("meta.csv"));
    let read = |path: &Path| {
        std::fs::read(path).map_err(|error| Trouble(format!("{} cannot be read: {error}", path.display())))
    };
    let name = |path: &Path| path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let (rows, lines) = (read(&arguments.data)?, read(&meta)?);
    let dictionary = match &arguments.dictionary {
        None => None,
        Some(path) => {
            let wrong = |problem| Trouble(format!("{} is not DfE's data dictionary: {problem}", path.display()));
            Some(Dictionary::read(&read(path)?).map_err(wrong)?)
        }
    };
    let (data, meta) = ((name(&arguments.data), rows), (name(&meta), lines));
    let screened = screen((&data.0, &data.1), (&meta.0, &meta.1), &specification.register, dictionary.as_ref());
    for one in screened.iter().filter(|one| arguments.all || one.verdict != Verdict::Pass) {
        say!("{:9} {} {}", one.verdict.to_string(), one.check, one.problem);
    }
    let count = |verdict| screened.iter().filter(|one| one.verdict == verdict).count();
    say!(
        "{} checks: {} pass, {} warn, {} fail, {} cannot be decided here.",
        screened.len(),
        count(Verdict::Pass),
        count(Verdict::Warning),
        count(Verdict::Fail),
        count(Verdict::Undecided)
    );
    Ok(if count(Verdict::Fail) > 0 { ExitCode::from(FAILED) } else { ExitCode::SUCCESS })
}
