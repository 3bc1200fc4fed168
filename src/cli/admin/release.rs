//! `homeward admin release`: makes a release of the service again and compares it with what is kept.

use super::service;
use crate::cli::Trouble;
use crate::config::Configuration;
use crate::domain::identifier::ReleaseId;
use crate::spec::Specification;
use clap::Subcommand;
use std::process::ExitCode;
use std::sync::Arc;

/// Something of the release is not what it was.
const DIFFERS: u8 = 1;
/// Its files are as they were published, and it cannot be made again, because inputs were deleted.
const INPUTS_DELETED: u8 = 2;

#[derive(Debug, Subcommand)]
pub(super) enum ReleaseCommand {
    /// Make a release again from the returns that it counted, and compare every byte; also beside a running service.
    /// Exits with 0 where all is the same, 1 where something differs, 2 where its files hold and inputs were deleted since
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
    let service = service::beside(configuration, specification).await?;
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
    if !verified.gone.is_empty() {
        let count = verified.release.files.len();
        say!(
            "The files of the release {} are as they were published: all {count} have their digests.",
            verified.release.id
        );
        for gone in &verified.gone {
            say!("Deleted since: {gone}.");
        }
        say!("The rest cannot be computed again.");
        return Ok(ExitCode::from(INPUTS_DELETED));
    }
    let (release, count) = (&verified.release, verified.release.files.len());
    say!(
        "The release {} of {} was made again: all {count} files are the same, byte for byte.",
        release.id,
        release.collection
    );
    Ok(ExitCode::SUCCESS)
}
