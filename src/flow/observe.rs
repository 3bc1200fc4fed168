//! From what happens to the metrics: codes, states and times, never a value.

use super::Service;
use crate::domain::report::Report;
use crate::store::{TransactionEnd, TransactionObserver};
use crate::telemetry::Metrics;
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
