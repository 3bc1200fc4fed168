//! `homeward release`: makes a release from a folder of returns, with no service; anew, or again from its manifest.

use super::{Trouble, specifications};
use crate::domain::digest::Digest;
use crate::domain::release::ReleaseKind;
use crate::flow::{Progress, ReturnsFolder, release_from_folder, release_from_manifest};
use crate::publish::{EarlierRelease, Edition, INPUTS, Inputs, Manifest};
use crate::spec::{Collection, Specification};
use crate::validate::Validator;
use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

/// Something differs from the manifest.
const DIFFERS: u8 = 1;

/// Make a release from a folder of returns: those without errors count
#[derive(Debug, Args)]
pub(super) struct ReleaseArguments {
    /// The folder of returns: each file or folder in it is one
    #[arg(long, value_name = "FOLDER")]
    from: PathBuf,
    /// The collection to make the release of: reunification-2026
    #[arg(long, value_name = "NAME", required_unless_present = "manifest", conflicts_with = "manifest")]
    collection: Option<String>,
    /// Make the release of this manifest again, and say what is different
    #[arg(long, value_name = "FILE", conflicts_with_all = ["kind", "label", "reason"])]
    manifest: Option<PathBuf>,
    /// provisional or final
    #[arg(long, default_value = "provisional")]
    kind: String,
    /// Its period as people read it; made from the collection's without it
    #[arg(long, value_name = "TEXT")]
    label: Option<String>,
    /// Why the earlier release of the same collection is revised; needed where there is one, and published
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
    /// The folder of a release of the series that was published before; give all of them, oldest first
    #[arg(long, value_name = "RELEASE_FOLDER")]
    earlier: Vec<PathBuf>,
    /// The folder for the files of the release
    #[arg(long, value_name = "FOLDER")]
    output: PathBuf,
}

pub(super) fn run(arguments: &ReleaseArguments, specs: Option<&Path>) -> Result<ExitCode, Trouble> {
    let specification = specifications::load(specs)?;
    let earlier = arguments.earlier.iter().map(|folder| EarlierRelease::from_folder(folder));
    let earlier = earlier.collect::<Result<Vec<_>, _>>()?;
    let validator = Validator::new(Arc::clone(&specification))?;
    // Hidden by itself where standard error is no terminal.
    let bar = ProgressBar::new(0);
    if let Ok(style) = ProgressStyle::with_template("checking {bar:40} {pos}/{len} returns") {
        bar.set_style(style);
    }
    let progress = |done: usize, all: usize| {
        bar.set_length(all as u64);
        bar.set_position(done as u64);
    };
    let from = ReturnsFolder { specification: &specification, validator: &validator, folder: &arguments.from };
    let done = match &arguments.manifest {
        Some(manifest) => again(from, manifest, &earlier, &arguments.output, &progress),
        None => anew(from, arguments, &earlier, &progress),
    };
    bar.finish_and_clear();
    done
}

fn anew(
    from: ReturnsFolder<'_>,
    arguments: &ReleaseArguments,
    earlier: &[EarlierRelease],
    progress: Progress<'_>,
) -> Result<ExitCode, Trouble> {
    let collection = collection(from.specification, arguments.collection.as_deref().unwrap_or_default())?;
    let made = release_from_folder(from, collection, &edition(arguments, collection, earlier)?, earlier, progress)?;
    made.release.write(&arguments.output)?;
    say!("{} returns were counted.", made.counted.len());
    for (path, reason) in &made.left {
        say!("Not counted: {}: {reason}", path.display());
    }
    say!("{} files of the release lie in {}.", made.release.files.len(), arguments.output.display());
    say!("Keep {INPUTS} with them, and publish all but it.");
    Ok(ExitCode::SUCCESS)
}

/// What the release calls itself; a revision says why.
fn edition(
    arguments: &ReleaseArguments,
    collection: &Collection,
    earlier: &[EarlierRelease],
) -> Result<Edition, Trouble> {
    let unknown = || Trouble(format!("a release is provisional or final, not {}", arguments.kind));
    let kind = ReleaseKind::from_name(&arguments.kind.to_ascii_lowercase()).ok_or_else(unknown)?;
    let revises = earlier.iter().any(|one| one.collection() == collection.id);
    let reason = arguments.reason.as_ref().map(|text| text.trim().to_owned()).filter(|text| !text.is_empty());
    match (revises, &reason) {
        (true, None) => {
            let problem =
                format!("an earlier release of {} is given, so say with --reason why it is revised", collection.id);
            return Err(Trouble(problem));
        }
        (false, Some(_)) => {
            let problem =
                format!("--reason says why an earlier release of {} is revised, and none is given", collection.id);
            return Err(Trouble(problem));
        }
        _ => {}
    }
    let label = arguments.label.clone().unwrap_or_else(|| Edition::period(collection));
    Ok(Edition { kind, label, reason })
}

fn again(
    from: ReturnsFolder<'_>,
    manifest: &Path,
    earlier: &[EarlierRelease],
    output: &Path,
    progress: Progress<'_>,
) -> Result<ExitCode, Trouble> {
    let unreadable = |error: &dyn std::fmt::Display| Trouble(format!("{} cannot be read: {error}", manifest.display()));
    let text = std::fs::read(manifest).map_err(|error| unreadable(&error))?;
    let named: Manifest = serde_json::from_slice(&text).map_err(|error| unreadable(&error))?;
    // Beside the manifest where the release lies as it was made; without it every file is compared all the same.
    let counted = match std::fs::read(manifest.with_file_name(INPUTS)) {
        Ok(bytes) => Some(Inputs::from_json(&bytes).map_err(|error| unreadable(&error))?),
        Err(error) if error.kind() == ErrorKind::NotFound => None,
        Err(error) => return Err(unreadable(&error)),
    };
    let counted = counted.filter(|counted| counted.manifest == Digest::of(&text));
    let made = release_from_manifest(from, (&named, counted.as_ref()), earlier, progress)?;
    if let Some(release) = &made.release {
        release.write(output)?;
        say!("{} files of the release lie in {}.", release.files.len(), output.display());
    }
    if made.differences.is_empty() {
        say!("Every file is the one that the manifest names, byte for byte.");
        return Ok(ExitCode::SUCCESS);
    }
    for difference in &made.differences {
        say!("Different: {difference}.");
    }
    Ok(ExitCode::from(DIFFERS))
}

pub(super) fn collection<'a>(specification: &'a Specification, name: &str) -> Result<&'a Collection, Trouble> {
    let known = || specification.collections.iter().map(|one| one.id.as_str()).collect::<Vec<_>>().join(", ");
    specification
        .collection(name)
        .ok_or_else(|| Trouble(format!("there is no collection {name}; there are {}", known())))
}
