//! `homeward release`: makes a release from a folder of returns, with no service; anew, or again from its manifest.

use super::{Trouble, specifications};
use crate::domain::digest::Digest;
use crate::domain::release::ReleaseKind;
use crate::domain::stage::Stage;
use crate::flow::{ReturnsFolder, Telling, release_from_folder, release_from_manifest};
use crate::publish::{EarlierRelease, Edition, INPUTS, Inputs, Manifest, WHOLE_AUDIT};
use crate::spec::{Collection, Specification};
use crate::telemetry::{StageCost, StageWatch};
use crate::validate::Validator;
use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use std::collections::BTreeMap;
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
    /// Say what each stage took: seconds, processor time, and the most memory held at once
    #[arg(long)]
    timings: bool,
}

pub(super) fn run(arguments: &ReleaseArguments, specs: Option<&Path>) -> Result<ExitCode, Trouble> {
    let watch = StageWatch::alone();
    watch.begin(Stage::Read);
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
    let telling = Telling { progress: &progress, begins: &|stage| watch.begin(stage) };
    let done = match &arguments.manifest {
        Some(manifest) => again(from, manifest, &earlier, &arguments.output, telling),
        None => anew(from, arguments, &earlier, telling),
    };
    bar.finish_and_clear();
    let costs = watch.end();
    if arguments.timings {
        say_on!("{}", timings(&costs));
    }
    done
}

/// What the stages took, as a table; the last line is their sum, and the highest peak.
fn timings(costs: &BTreeMap<Stage, StageCost>) -> String {
    let mut text = format!("{:<10}{:>12}{:>16}{:>14}\n", "stage", "seconds", "processor s", "peak MiB");
    let mut all = StageCost::default();
    let mut line = |name: &str, cost: &StageCost| {
        let peak = cost.peak_bytes / (1 << 20);
        text.push_str(&format!("{name:<10}{:>12.2}{:>16.2}{peak:>14}\n", cost.seconds, cost.cpu_seconds));
    };
    for (stage, cost) in costs {
        line(stage.name(), cost);
        all.seconds += cost.seconds;
        all.cpu_seconds += cost.cpu_seconds;
        all.peak_bytes = all.peak_bytes.max(cost.peak_bytes);
    }
    line("all", &all);
    text
}

fn anew(
    from: ReturnsFolder<'_>,
    arguments: &ReleaseArguments,
    earlier: &[EarlierRelease],
    telling: Telling<'_>,
) -> Result<ExitCode, Trouble> {
    let collection = collection(from.specification, arguments.collection.as_deref().unwrap_or_default())?;
    let made = release_from_folder(from, collection, &edition(arguments, collection, earlier)?, earlier, telling)?;
    (telling.begins)(Stage::Write);
    made.release.write(&arguments.output)?;
    say!("{} returns were counted.", made.counted.len());
    for (path, reason) in &made.left {
        say!("Not counted: {}: {reason}", path.display());
    }
    say!("{} files of the release lie in {}.", made.release.files.len(), arguments.output.display());
    say!("Keep {INPUTS} and {WHOLE_AUDIT} with them, and publish all but these two.");
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
    telling: Telling<'_>,
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
    let made = release_from_manifest(from, (&named, counted.as_ref()), earlier, telling)?;
    (telling.begins)(Stage::Write);
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_stages_stand_in_their_order_with_their_sum() {
        let cost =
            |seconds, cpu_seconds, mebibytes: i64| StageCost { seconds, cpu_seconds, peak_bytes: mebibytes << 20 };
        let costs = BTreeMap::from([(Stage::Audit, cost(1.25, 1.5, 700)), (Stage::Count, cost(3.0, 5.0, 900))]);
        insta::assert_snapshot!(timings(&costs), @r"
        stage          seconds     processor s      peak MiB
        count             3.00            5.00           900
        audit             1.25            1.50           700
        all               4.25            6.50           900
        ");
    }
}
