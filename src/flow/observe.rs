//! From what happens to the metrics: codes, states and times, never a value.

use super::Service;
use super::error::FlowError;
use crate::domain::release::ReleaseState;
use crate::domain::report::Report;
use crate::domain::state::ReturnState;
use crate::store::{TransactionEnd, TransactionObserver};
use crate::telemetry::Metrics;
use std::path::Path;
use std::time::Duration;

/// Counts the ledger's transactions by name.
#[derive(Debug, Clone)]
pub struct MeteredTransactions(pub Metrics);

impl TransactionObserver for MeteredTransactions {
    fn ended(&self, name: &'static str, end: TransactionEnd, took: Duration) {
        let result = match end {
            TransactionEnd::Committed => "committed",
            TransactionEnd::RolledBack => "rolled-back",
        };
        self.0.ledger_transactions_total.with_label_values(&[name, result]).inc();
        self.0.ledger_transaction_seconds.with_label_values(&[name]).observe(took.as_secs_f64());
    }
}

impl Service {
    /// Brings the gauges of returns and releases up to what the ledger holds, and that of the spool to what lies there.
    pub async fn count_states(&self) -> Result<(), FlowError> {
        self.metrics().spool_bytes.set(i64::try_from(bytes_within(self.spool())).unwrap_or(i64::MAX));
        let failed = FlowError::store("count the returns");
        let counts = self.ledger().counts_by_state().await.map_err(&failed)?;
        for state in ReturnState::ALL {
            let count = counts.get(&state).copied().unwrap_or(0);
            let gauge = self.metrics().returns_by_state.with_label_values(&[state.name()]);
            gauge.set(i64::try_from(count).unwrap_or(i64::MAX));
        }
        let releases = self.ledger().releases().await.map_err(&failed)?;
        for state in ReleaseState::ALL {
            let count = releases.iter().filter(|release| release.state == state).count();
            let gauge = self.metrics().releases_by_state.with_label_values(&[state.name()]);
            gauge.set(i64::try_from(count).unwrap_or(i64::MAX));
        }
        Ok(())
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
            metrics.not_checked_total.with_label_values(&[&rule.code]).inc();
        }
    }
}

/// The bytes of the files in a folder. A file that goes away meanwhile, as spool files do, counts for nothing.
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
