//! `homeward serve`: runs the service until it is told to stop.

use super::running::Running;
use super::{Trouble, configuration, runtime, specifications};
use crate::config::{Configuration, LogFormat};
use crate::telemetry::{LogShape, start_logs};
use std::io::Write as _;
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;
use tokio::signal::unix::{Signal, SignalKind, signal};

/// How long a piece of work may still run once everything else has ended.
const LAST_WORK: Duration = Duration::from_secs(5);

pub(super) fn run(config: Option<&Path>, specs: Option<&Path>) -> Result<ExitCode, Trouble> {
    let configuration = configuration(config)?;
    start(&configuration);
    let specification = specifications::load(specs.or(configuration.service.specs.as_deref()))?;
    let runtime = runtime()?;
    let ended = runtime.block_on(async {
        let stop = Stop::listen()?;
        let running = Running::start(&configuration, specification).await?;
        let mut out = std::io::stdout();
        writeln!(out, "The API is at {}, metrics and health at {}.", running.api, running.admin)?;
        out.flush()?;
        stop.told().await?;
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

/// SIGTERM or an interrupt from the keyboard. Listened for before the service answers: whoever sees it answer may stop it.
pub(super) struct Stop(Signal);

impl Stop {
    pub(super) fn listen() -> Result<Self, Trouble> {
        Ok(Self(signal(SignalKind::terminate())?))
    }

    /// Waits until the process was told.
    pub(super) async fn told(mut self) -> Result<(), Trouble> {
        tokio::select! {
            _ = self.0.recv() => {}
            interrupted = tokio::signal::ctrl_c() => interrupted?,
        }
        Ok(())
    }
}
