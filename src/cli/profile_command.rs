//! `homeward profile`: an authority's own figures, from its return on this machine; nothing is sent or kept.

use super::{Trouble, private_file, specifications};
use crate::flow::profile_of_path;
use crate::publish::EarlierRelease;
use crate::validate::Validator;
use clap::{Args, ValueEnum};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

/// Your own figures beside your region's and England's: for yourselves alone, with nothing hidden
#[derive(Debug, Args)]
pub(super) struct ProfileArguments {
    /// The return: a folder or ZIP of CSV files, a workbook or a JSON document, without errors
    #[arg(value_name = "PATH")]
    path: PathBuf,
    /// The collection it answers; the latest without it
    #[arg(long, value_name = "NAME")]
    collection: Option<String>,
    /// The folder of a published release to put beside it
    #[arg(long, value_name = "RELEASE_FOLDER")]
    release: Option<PathBuf>,
    #[arg(long, value_enum, default_value_t = Format::Html)]
    format: Format,
    /// Write to a file in place of standard output
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    Html,
    Csv,
}

pub(super) fn run(arguments: &ProfileArguments, specs: Option<&Path>) -> Result<ExitCode, Trouble> {
    let specification = specifications::load(specs)?;
    let collection = match &arguments.collection {
        Some(name) => super::release::collection(&specification, name)?,
        None => specification.latest().ok_or_else(|| Trouble("the specification has no collection".to_owned()))?,
    };
    let published = arguments.release.as_deref().map(EarlierRelease::from_folder).transpose()?;
    let validator = Validator::new(Arc::clone(&specification))?;
    let profile = profile_of_path(&specification, &validator, collection, &arguments.path, published.as_ref())?;
    let bytes = match arguments.format {
        Format::Html => profile.html(),
        Format::Csv => profile.csv(),
    };
    match &arguments.output {
        Some(file) => {
            private_file::write(file, &bytes)?;
            say!("The profile lies in {}. Its small numbers are not hidden: keep it to yourselves.", file.display());
        }
        None => std::io::stdout().write_all(&bytes)?,
    }
    Ok(ExitCode::SUCCESS)
}
