//! `homeward admin encryption`: makes keys, says what is sealed with which, and seals anew after the keys changed.

use crate::cli::{Trouble, encryption_keys};
use crate::config::Configuration;
use crate::domain::clock::{Clock as _, SystemClock};
use crate::store::{DataFolder, Keyring, NoObserver, StoreError};
use clap::Subcommand;
use std::collections::BTreeMap;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

/// How often a running service's progress is looked at.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// A service that seals nothing for so long is not resealing.
const GIVE_UP_AFTER: u32 = 60;

#[derive(Debug, Subcommand)]
pub(super) enum EncryptionCommand {
    /// Make a key: a line for the file of encryption.keys_file
    NewKey {
        /// What to call it; without it, the day and four random letters
        #[arg(long)]
        id: Option<String>,
    },
    /// Say how many objects are sealed with which key; also beside a running service
    Status,
    /// Seal every object with the first key; where a service runs it does the work, and this says how many are left
    Reseal,
}

pub(super) async fn run(command: EncryptionCommand, configuration: &Configuration) -> Result<ExitCode, Trouble> {
    match command {
        EncryptionCommand::NewKey { id } => new_key(id),
        EncryptionCommand::Status => {
            let keys = encryption_keys::read(&configuration.encryption)?;
            let archive = DataFolder::archive_alone(&configuration.service.data_folder)?;
            let sealing = keys.sealing_id().map(str::to_owned);
            archive.use_keys(keys);
            for (key, count) in archive.objects_by_key().await? {
                say!("{}", line(key.as_deref(), count, sealing.as_deref()));
            }
            archive.check_keys().await?;
            Ok(ExitCode::SUCCESS)
        }
        EncryptionCommand::Reseal => reseal(configuration).await,
    }
}

fn new_key(id: Option<String>) -> Result<ExitCode, Trouble> {
    let drawn = || -> Result<String, Trouble> {
        let mut letters = [0_u8; 4];
        getrandom::fill(&mut letters)?;
        let letters: String = letters.iter().map(|byte| char::from(b'a' + byte % 26)).collect();
        Ok(format!("{}-{letters}", SystemClock.now().date_naive()))
    };
    let id = id.map_or_else(drawn, Ok)?;
    let line = Keyring::new_line(&id)?;
    eprintln!("Key {id} was made. Put it first in the file of encryption.keys_file, keep a copy away from the data:");
    say!("{line}");
    Ok(ExitCode::SUCCESS)
}

fn line(key: Option<&str>, count: u64, sealing: Option<&str>) -> String {
    match key {
        None => format!("{count:>9}  not sealed"),
        Some(key) if Some(key) == sealing => format!("{count:>9}  sealed with {key}, the key in force"),
        Some(key) => format!("{count:>9}  sealed with {key}"),
    }
}

async fn reseal(configuration: &Configuration) -> Result<ExitCode, Trouble> {
    let keys = encryption_keys::read(&configuration.encryption)?;
    let Some(sealing) = keys.sealing_id().map(str::to_owned) else {
        return Err(Trouble("no encryption key is configured; see encryption.keys_file".to_owned()));
    };
    let data = match DataFolder::open(&configuration.service.data_folder, Arc::new(NoObserver)).await {
        Err(StoreError::InUse { .. }) => return wait_for_the_service(configuration, keys, &sealing).await,
        opened => opened?,
    };
    data.archive.use_keys(keys);
    let done = data.archive.reseal(|_| ()).await?;
    say!("{} objects were sealed with the key {sealing}.", done.resealed);
    if done.failed > 0 {
        say!("{} objects could not be: `homeward admin encryption status` says which key is missing.", done.failed);
        return Ok(ExitCode::FAILURE);
    }
    Ok(ExitCode::SUCCESS)
}

/// The service itself reseals, because it alone knows which objects are being written.
async fn wait_for_the_service(
    configuration: &Configuration,
    keys: Keyring,
    sealing: &str,
) -> Result<ExitCode, Trouble> {
    let archive = DataFolder::archive_alone(&configuration.service.data_folder)?;
    archive.use_keys(keys);
    let (mut last, mut unchanged) = (None, 0);
    loop {
        let counts: BTreeMap<Option<String>, u64> = archive.objects_by_key().await?;
        let others = counts.iter().filter(|(key, _)| key.as_deref() != Some(sealing));
        let left: u64 = others.map(|(_, count)| count).sum();
        if left == 0 {
            say!("Every object is sealed with the key {sealing}.");
            return Ok(ExitCode::SUCCESS);
        }
        unchanged = if last == Some(left) { unchanged + 1 } else { 0 };
        if unchanged == 0 {
            say!("{left} objects are left; the running service seals them.");
        }
        if unchanged == GIVE_UP_AFTER {
            let advice = "send it SIGHUP so that it reads its keys, and look into its log";
            return Err(Trouble(format!("the running service seals nothing with the key {sealing}: {advice}")));
        }
        last = Some(left);
        tokio::time::sleep(LOOK_EVERY).await;
    }
}
