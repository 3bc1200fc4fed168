//! Logs and metrics. Neither ever holds (and this room never sees) a value of a record: labels and fields are codes, states, routes and counts.
//!
//! `flow`, `api` and the commands may call it; it uses `domain` only.

mod dumps;
mod lag;
mod limit;
mod logs;
mod metrics;
mod panics;
mod process;
mod stages;

pub use dumps::withhold_memory_from_dumps;
pub use lag::watch_listeners;
pub use limit::Limit;
pub use logs::{LogShape, start_logs};
pub use metrics::{Measured, Metrics};
pub use panics::withhold_panic_messages;
pub use stages::{StageCost, StageWatch};
