//! From what happens to the metrics: codes, states and times, never a value.

use super::Service;
use super::error::FlowError;
use crate::domain::local_time::local_day;
use crate::domain::release::ReleaseState;
use crate::domain::report::Report;
use crate::domain::state::ReturnState;
use crate::intake::spool::bytes_held;
use crate::store::{DataFolder, DiskRoom, TransactionEnd, TransactionObserver};
use crate::telemetry::Metrics;
use std::path::Path;
use std::time::Duration;
use tokio::runtime::Handle;

/// Logs and counts the ledger's transactions by name.
#[derive(Debug, Clone)]
pub struct MeteredTransactions(pub Metrics);

impl TransactionObserver for MeteredTransactions {
    fn ended(&self, name: &'static str, end: TransactionEnd, took: Duration) {
        let result = match end {
            TransactionEnd::Committed => "committed",
            TransactionEnd::RolledBack => "rolled-back",
        };
        let milliseconds = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
        tracing::info!(transaction = name, result, milliseconds, "ledger");
        self.0.ledger_transactions_total.with_label_values(&[name, result]).inc();
        self.0.ledger_transaction_seconds.with_label_values(&[name]).observe(took.as_secs_f64());
    }
}

impl Service {
    /// Brings every gauge up to what is at this moment: of the ledger, the workers, the uploads, the disks, the process.
    pub async fn bring_up_to_date(&self) -> Result<(), FlowError> {
        self.count_states().await?;
        // There can be thousands of returns to count, which must not hold up the threads that listen.
        let (service, runtime) = (self.clone(), Handle::current());
        self.at_work("count the coverage", move || runtime.block_on(service.count_coverage())).await??;
        let metrics = self.metrics();
        let at_work = self.workers_at_work();
        metrics.workers_busy.set(whole(at_work.busy as u64));
        metrics.workers_wedged.set(whole(at_work.wedged as u64));
        metrics.worker_longest_seconds.set(at_work.longest.as_secs_f64());
        metrics.check_queue.set(whole(self.waiting() as u64));
        let (uploads, bytes) = self.uploads_under_way();
        metrics.uploads_under_way.set(whole(uploads as u64));
        metrics.upload_bytes_under_way.set(whole(bytes));
        let (service, doing) = (self.clone(), "look at the disks");
        let looked = tokio::task::spawn_blocking(move || service.look_at_disks());
        looked.await.map_err(|error| FlowError::internal(doing, error))
    }

    /// The gauges of returns and releases.
    async fn count_states(&self) -> Result<(), FlowError> {
        let failed = FlowError::store("count the returns");
        let counts = self.ledger().counts_by_state().await.map_err(&failed)?;
        let longest = self.ledger().longest_in_states().await.map_err(&failed)?;
        let now = self.now();
        for state in ReturnState::ALL {
            let count = counts.get(&state).copied().unwrap_or(0);
            self.metrics().returns_by_state.with_label_values(&[state.name()]).set(whole(count));
            let since = longest.get(&state).and_then(|since| (now - *since).to_std().ok()).unwrap_or_default();
            self.metrics().oldest_in_state_seconds.with_label_values(&[state.name()]).set(since.as_secs_f64());
        }
        let releases = self.ledger().releases().await.map_err(&failed)?;
        for state in ReleaseState::ALL {
            let count = releases.iter().filter(|release| release.state == state).count();
            self.metrics().releases_by_state.with_label_values(&[state.name()]).set(whole(count as u64));
        }
        Ok(())
    }

    /// Who has sent what of every collection that has begun.
    async fn count_coverage(&self) -> Result<(), FlowError> {
        let today = local_day(self.now());
        let begun = self.specification().collections.iter().filter(|collection| collection.opens <= today);
        for collection in begun {
            self.coverage_now(collection).await?;
        }
        Ok(())
    }

    /// It asks the file system, which can take long on a disk of the network: call it from a plain thread.
    fn look_at_disks(&self) {
        let metrics = self.metrics();
        metrics.count_process();
        metrics.spool_bytes.set(whole(bytes_held() + bytes_within(self.spool())));
        let backup = self.limits().disks.get(1).and_then(|data| DataFolder::last_backup(data));
        metrics.last_backup_timestamp_seconds.set(backup.map_or(0, |at| at.timestamp()));
        for (folder, disk) in self.limits().disks.iter().zip(["spool", "data"]) {
            if let Ok(room) = DiskRoom::of(folder) {
                metrics.disk_free_bytes.with_label_values(&[disk]).set(whole(room.free));
                metrics.disk_size_bytes.with_label_values(&[disk]).set(whole(room.size));
            }
        }
    }

    /// Counts a verdict on an upload that is kept or rejected; a check that keeps nothing is not counted.
    pub(super) fn count_verdict(&self, report: &Report, took: Duration) {
        let metrics = self.metrics();
        let outcome = report.outcome.name();
        metrics.returns_total.with_label_values(&[outcome]).inc();
        metrics.verdict_seconds.with_label_values(&[outcome]).observe(took.as_secs_f64());
        for (code, count) in &report.counts.by_code {
            metrics.findings_total.with_label_values(&[code]).inc_by(*count);
        }
        for rule in &report.not_checked {
            let what = if rule.rows.is_empty() { "rule" } else { "rows" };
            let blocks = if rule.blocks { "yes" } else { "no" };
            metrics.not_checked_total.with_label_values(&[rule.code.as_str(), what, blocks]).inc();
        }
    }
}

/// As the metrics hold it.
fn whole(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

/// The bytes of the files in a folder; spool files have names only where the system cannot do without. A file that goes away
/// meanwhile, as spool files do, counts for nothing.
fn bytes_within(folder: &Path) -> u64 {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    entries.filter_map(|entry| entry.metadata().ok()).map(|file| file.len()).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_spool_is_as_large_as_its_files() {
        let folder = tempfile::tempdir().expect("a folder");
        assert_eq!(bytes_within(folder.path()), 0);
        std::fs::write(folder.path().join("upload-1"), "1234").expect("written");
        std::fs::write(folder.path().join("upload-2"), "56").expect("written");
        assert_eq!(bytes_within(folder.path()), 6);
    }
}
