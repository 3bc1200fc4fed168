//! `homeward serve`: runs the service until it is told to stop.

use super::running::Running;
use super::{Trouble, configuration, runtime, specifications};
use crate::config::{Configuration, LogFormat};
use crate::telemetry::{LogShape, start_logs};
use std::io::Write as _;
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

/// How long a piece of work may still run once everything else has ended.
const LAST_WORK: Duration = Duration::from_secs(5);

pub(super) fn run(config: Option<&Path>, specs: Option<&Path>) -> Result<ExitCode, Trouble> {
    let configuration = configuration(config)?;
    start(&configuration);
    let specification = specifications::load(specs.or(configuration.service.specs.as_deref()))?;
    let runtime = runtime()?;
    let ended = runtime.block_on(async {
        let running = Running::start(&configuration, specification).await?;
        let mut out = std::io::stdout();
        writeln!(out, "The API is at {}, metrics and health at {}.", running.api, running.admin)?;
        out.flush()?;
        told_to_stop().await?;
        tracing::info!("told to stop");
        let in_time = running.stop().await;
        if !in_time {
            tracing::warn!("some requests did not end in time and were cut off; what was acknowledged is kept");
        }
        Ok(ExitCode::SUCCESS)
    });
    // A piece of work that never ends must not keep the process from leaving.
    runtime.shutdown_timeout(LAST_WORK);
    ended
}

pub(super) fn start(configuration: &Configuration) {
    let shape = match configuration.log.format {
        LogFormat::Text => LogShape::Text,
        LogFormat::Json => LogShape::Json,
    };
    start_logs(&configuration.log.filter, shape);
}

/// Waits for SIGTERM or for an interrupt from the keyboard.
pub(super) async fn told_to_stop() -> Result<(), Trouble> {
    let mut terminate = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())?;
    tokio::select! {
        _ = terminate.recv() => {}
        interrupted = tokio::signal::ctrl_c() => interrupted?,
    }
    Ok(())
}
