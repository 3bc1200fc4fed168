//! Starts the log: to standard error, so that what a command prints can be piped.

use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt;

/// The form of a line of the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogShape {
    Text,
    Json,
}

/// Starts the log once for the process. A filter that cannot be read is said, and `info` is used.
pub fn start_logs(filter: &str, shape: LogShape) {
    let (filter, unread) = match EnvFilter::try_new(filter) {
        Ok(filter) => (filter, None),
        Err(error) => (EnvFilter::new("info"), Some(error.to_string())),
    };
    let lines = fmt().with_env_filter(filter).with_writer(std::io::stderr);
    // A second start, as tests make, keeps the first log.
    let started = match shape {
        LogShape::Text => lines.with_ansi(false).try_init(),
        LogShape::Json => lines.json().flatten_event(true).try_init(),
    };
    if let (Ok(()), Some(problem)) = (started, unread) {
        tracing::warn!(problem, "the log filter of the configuration cannot be read; info is used");
    }
}
