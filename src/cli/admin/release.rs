//! `homeward admin release`: lists the releases of the service; makes one again and compares it with what is kept.

use super::service;
use crate::cli::Trouble;
use crate::config::Configuration;
use crate::domain::identifier::ReleaseId;
use crate::domain::release::ReleaseState;
use crate::flow::Service;
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
    /// List the releases with their states, and what stands in the way of one; also beside a running service
    List,
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
    let id = match command {
        ReleaseCommand::List => return list(&service::beside(configuration, specification).await?).await,
        ReleaseCommand::Verify { id } => id,
    };
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

async fn list(service: &Service) -> Result<ExitCode, Trouble> {
    let releases = service.releases_with_obstacles().await?;
    if releases.is_empty() {
        say!("No release was built yet.");
    }
    for (release, obstacle) in releases {
        let (id, collection, kind, state) = (release.id, &release.collection, release.kind, release.state);
        let at = match state {
            ReleaseState::Draft => Some(release.built),
            ReleaseState::Approved => release.approved,
            ReleaseState::Scheduled => release.publish_at,
            ReleaseState::Published => release.published,
            ReleaseState::Discarded => release.discarded,
        };
        let at = at.map(|at| at.format(" %F %T UTC").to_string()).unwrap_or_default();
        say!("{id}  {collection}  {kind}  {state}{at}");
        if let Some(reason) = &release.discard_reason {
            say!("    {reason}");
        }
        if let Some(obstacle) = obstacle {
            say!("    It can be published no more: {obstacle}.");
        }
    }
    Ok(ExitCode::SUCCESS)
}
