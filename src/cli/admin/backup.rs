//! `homeward admin backup` and `homeward admin restore`.

use crate::cli::{Trouble, encryption_keys};
use crate::config::Configuration;
use crate::domain::clock::{Clock as _, SystemClock};
use crate::store::{BackupManifest, DataFolder, restore_backup, take_backup, verify_backups};
use clap::{Args, Subcommand};
use std::path::PathBuf;
use std::process::ExitCode;

/// A backup is damaged, or the archive was before it was made.
const DAMAGED: u8 = 1;

/// Copy the ledger and the archive, beside a running service, into a folder of backups
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub(super) struct BackupArguments {
    #[command(subcommand)]
    what: Option<What>,
    /// The folder of backups; what earlier backups hold already is not copied again
    #[arg(required = true)]
    folder: Option<PathBuf>,
    /// How many backups stay in the folder, this one included; without it, all
    #[arg(long, value_name = "NUMBER")]
    keep: Option<usize>,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Compare every byte of every backup in a folder with its digest
    Verify { folder: PathBuf },
}

/// Make a data folder from a backup
#[derive(Debug, Args)]
pub(super) struct RestoreArguments {
    /// The folder of backups
    folder: PathBuf,
    /// The empty folder that becomes the data folder
    #[arg(long, value_name = "FOLDER")]
    data_folder: PathBuf,
    /// The backup, by its name; without it, the latest
    #[arg(long, value_name = "NAME")]
    backup: Option<String>,
}

pub(super) async fn backup(arguments: BackupArguments, configuration: &Configuration) -> Result<ExitCode, Trouble> {
    let keys = encryption_keys::read(&configuration.encryption)?;
    if let Some(What::Verify { folder }) = arguments.what {
        let checked = verify_backups(&folder, &keys).await?;
        for damage in &checked.damage {
            say!("Damaged: {damage}.");
        }
        for manifest in &checked.whole {
            say!("{} is whole: {}.", manifest.name(), contents(manifest));
        }
        if checked.sealed_ledgers {
            say!(
                "Ledgers are sealed with keys that are not configured here: their bytes were compared, not their rows."
            );
        }
        return Ok(if checked.damage.is_empty() { ExitCode::SUCCESS } else { ExitCode::from(DAMAGED) });
    }
    let folder = arguments.folder.ok_or_else(|| Trouble("name the folder of backups".to_owned()))?;
    let data = &configuration.service.data_folder;
    let taken = take_backup(data, &folder, &keys, SystemClock.now(), arguments.keep).await?;
    say!(
        "The backup {} is whole: {}; {} objects ({} bytes) were new.",
        taken.place.display(),
        contents(&taken.manifest),
        taken.added,
        taken.bytes_added
    );
    if taken.removed_meanwhile > 0 {
        say!("{} objects were removed by a decision meanwhile and are not in it.", taken.removed_meanwhile);
    }
    if taken.pruned > 0 {
        say!("{} older backups were removed.", taken.pruned);
    }
    DataFolder::note_backup(data, &taken.manifest.name())?;
    if taken.without_bytes > 0 {
        say!("Damaged: {} received uploads have no bytes in the archive.", taken.without_bytes);
        return Ok(ExitCode::from(DAMAGED));
    }
    Ok(ExitCode::SUCCESS)
}

fn contents(manifest: &BackupManifest) -> String {
    let returns: u64 = manifest.returns.values().sum();
    format!("{returns} returns, {} objects, history to event {}", manifest.objects.len(), manifest.last_event)
}

pub(super) fn restore(arguments: &RestoreArguments, configuration: &Configuration) -> Result<ExitCode, Trouble> {
    let keys = encryption_keys::read(&configuration.encryption)?;
    let name = arguments.backup.as_deref();
    let restored = restore_backup(&arguments.folder, name, &arguments.data_folder, &keys)?;
    let place = arguments.data_folder.display();
    say!("{place} holds the backup {} now: {}.", restored.name(), contents(&restored));
    Ok(ExitCode::SUCCESS)
}
