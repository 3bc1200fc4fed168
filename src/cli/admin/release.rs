//! `homeward admin release`: makes a release of the service again and compares it with what is kept.

use crate::cli::{Trouble, encryption_keys, secrets};
use crate::config::Configuration;
use crate::domain::clock::SystemClock;
use crate::domain::identifier::ReleaseId;
use crate::flow::{Limits, Parts, Reminders, Service, SignInRules};
use crate::spec::Specification;
use crate::store::{DataFolder, NoObserver};
use crate::telemetry::Metrics;
use crate::validate::Validator;
use clap::Subcommand;
use std::process::ExitCode;
use std::sync::Arc;

/// Something of the release is not what it was.
const DIFFERS: u8 = 1;

#[derive(Debug, Subcommand)]
pub(super) enum ReleaseCommand {
    /// Make a release again from the returns that it counted, and compare every byte; also beside a running service
    Verify {
        /// The release's id
        id: String,
    },
}

pub(super) async fn run(
    command: ReleaseCommand,
    configuration: &Configuration,
    specification: Arc<Specification>,
) -> Result<ExitCode, Trouble> {
    let ReleaseCommand::Verify { id } = command;
    let id: ReleaseId = id.parse().map_err(|_| Trouble(format!("{id} is not the id of a release")))?;
    let data_folder = &configuration.service.data_folder;
    let ledger = DataFolder::ledger_alone(data_folder, Arc::new(NoObserver)).await?;
    let archive = DataFolder::archive_alone(data_folder)?;
    archive.use_keys(encryption_keys::read(&configuration.encryption)?);
    let key_secret = secrets::key_secret(configuration, &ledger).await?;
    let service = Service::new(Parts {
        validator: Arc::new(Validator::new(Arc::clone(&specification))?),
        specification,
        ledger: Arc::new(ledger),
        archive: Arc::new(archive),
        clock: Arc::new(SystemClock),
        sign_in: SignInRules::default(),
        key_secret,
        metrics: Metrics::new()?,
        spool: data_folder.join("spool"),
        workers: 1,
        queue: 1,
        limits: Limits::default(),
        reminders: Reminders::default(),
    });
    let verified = service.verify_release(id).await?;
    for name in &verified.damaged {
        say!("Damaged: the file {name} in the archive is not the one that was built.");
    }
    for difference in &verified.differences {
        say!("Different: {difference}.");
    }
    if !verified.holds() {
        return Ok(ExitCode::from(DIFFERS));
    }
    let (release, count) = (&verified.release, verified.release.files.len());
    say!(
        "The release {} of {} was made again: all {count} files are the same, byte for byte.",
        release.id,
        release.collection
    );
    Ok(ExitCode::SUCCESS)
}
