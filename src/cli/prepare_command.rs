//! The arguments of `homeward prepare`.

use super::prepare::{Key, PrepareOptions, prepare};
use super::{Trouble, specifications};
use clap::{Args, ValueEnum};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Make a draft return from a case system's export, on your own machine
#[derive(Debug, Args)]
pub(super) struct PrepareArguments {
    /// The kind of export
    #[arg(long, value_enum, requires = "export")]
    from: Option<From>,
    /// The newest export: a folder of CSV files, or an XML file
    #[arg(value_name = "EXPORT")]
    export: Option<PathBuf>,
    /// An export of an earlier year; give each, so that six years can be seen
    #[arg(long, value_name = "EXPORT")]
    previous: Vec<PathBuf>,
    /// Your authority, by its three-digit or GSS code
    #[arg(long, value_name = "CODE", required_unless_present = "new_key")]
    authority: Option<String>,
    /// Your authority's own key, from which pseudonyms are made; keep it from year to year and show it to nobody
    #[arg(long, value_name = "FILE", required_unless_present = "new_key")]
    key_file: Option<PathBuf>,
    /// The collection's key, from which linkage keys are made
    #[arg(long, value_name = "FILE")]
    linkage_key_file: Option<PathBuf>,
    /// A CSV file with the columns CHILD and NHS_NUMBER, for linkage keys
    #[arg(long, value_name = "FILE", requires = "linkage_key_file")]
    nhs_numbers: Option<PathBuf>,
    /// The collection to answer; that of the export's latest date without it
    #[arg(long, value_name = "NAME")]
    collection: Option<String>,
    /// The folder for the draft
    #[arg(long, value_name = "FOLDER", required_unless_present = "new_key")]
    output: Option<PathBuf>,
    /// Make a new key in this file, and nothing else
    #[arg(long, value_name = "FILE", conflicts_with_all = ["from", "export", "previous", "output"])]
    new_key: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum From {
    Ssda903,
}

pub(super) fn run(arguments: PrepareArguments, specs: Option<&Path>) -> Result<ExitCode, Trouble> {
    if let Some(file) = &arguments.new_key {
        Key::make(file)?;
        say!("A new key lies in {}. Keep it safe: the same key gives the same pseudonyms next year.", file.display());
        return Ok(ExitCode::SUCCESS);
    }
    let missing = |what: &str| Trouble(format!("{what} is missing; see `homeward prepare --help`"));
    let specification = specifications::load(specs)?;
    let output = arguments.output.ok_or_else(|| missing("--output"))?;
    let options = PrepareOptions {
        export: arguments.export.ok_or_else(|| missing("the export"))?,
        previous: arguments.previous,
        authority: arguments.authority.ok_or_else(|| missing("--authority"))?,
        key_file: arguments.key_file.ok_or_else(|| missing("--key-file"))?,
        linkage_key_file: arguments.linkage_key_file,
        nhs_numbers: arguments.nhs_numbers,
        collection: arguments.collection,
    };
    let draft = prepare(&options, &specification)?;
    draft.write(&output)?;
    say!("{}", draft.summary);
    say!(
        "The draft lies in {}. `homeward check {}` says what is still to fill in.",
        output.display(),
        output.display()
    );
    Ok(ExitCode::SUCCESS)
}
