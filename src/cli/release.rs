//! `homeward release`: makes a release from a folder of returns, with no service.

use super::{Trouble, specifications};
use crate::flow::release_from_folder;
use crate::publish::EarlierRelease;
use crate::validate::Validator;
use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

/// Make a release from a folder of returns: those without errors count
#[derive(Debug, Args)]
pub(super) struct ReleaseArguments {
    /// The folder of returns: each file or folder in it is one
    #[arg(long, value_name = "FOLDER")]
    from: PathBuf,
    /// The collection to make the release of: reunification-2026
    #[arg(long, value_name = "NAME")]
    collection: String,
    /// The folder of a release published before, of this collection or of an earlier year; give all of them, oldest first
    #[arg(long, value_name = "RELEASE_FOLDER")]
    earlier: Vec<PathBuf>,
    /// The folder for the files of the release
    #[arg(long, value_name = "FOLDER")]
    output: PathBuf,
}

pub(super) fn run(arguments: &ReleaseArguments, specs: Option<&Path>) -> Result<ExitCode, Trouble> {
    let specification = specifications::load(specs)?;
    let known = || specification.collections.iter().map(|one| one.id.as_str()).collect::<Vec<_>>().join(", ");
    let unknown = || Trouble(format!("there is no collection {}; there are {}", arguments.collection, known()));
    let collection = specification.collection(&arguments.collection).ok_or_else(unknown)?;
    let earlier = arguments.earlier.iter().map(|folder| EarlierRelease::from_folder(folder));
    let earlier = earlier.collect::<Result<Vec<_>, _>>()?;
    let validator = Validator::new(Arc::clone(&specification))?;
    // Hidden by itself where standard error is no terminal.
    let bar = ProgressBar::new(0);
    if let Ok(style) = ProgressStyle::with_template("checking {bar:40} {pos}/{len} returns") {
        bar.set_style(style);
    }
    let made = release_from_folder(&specification, &validator, collection, &arguments.from, &earlier, &|done, all| {
        bar.set_length(all as u64);
        bar.set_position(done as u64);
    })?;
    bar.finish_and_clear();
    made.release.write(&arguments.output)?;
    say!("{} returns were counted.", made.counted.len());
    for (path, reason) in &made.left {
        say!("Not counted: {}: {reason}", path.display());
    }
    say!("{} files of the release lie in {}.", made.release.files.len(), arguments.output.display());
    Ok(ExitCode::SUCCESS)
}
