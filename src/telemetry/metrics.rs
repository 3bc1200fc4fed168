//! Every metric of the service, in one place. The help text of a metric is its doc comment.

use super::Limit;
use crate::domain::stage::Stage;
use prometheus::{
    Counter, Encoder, Gauge, GaugeVec, HistogramOpts, HistogramVec, IntCounter, IntCounterVec, IntGauge, IntGaugeVec,
    Opts, Registry, TextEncoder,
};
use std::ops::Deref;
use std::sync::Arc;

/// Seconds; from a quick answer to the timeout of a request.
const SECONDS: [f64; 12] = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0, 60.0, 600.0];

macro_rules! make {
    (HistogramVec, $name:expr, $help:expr, [$($label:literal),*]) => {
        HistogramVec::new(HistogramOpts::new($name, $help).buckets(SECONDS.to_vec()), &[$($label),*])
    };
    ($kind:ident, $name:expr, $help:expr, []) => {
        $kind::new($name, $help)
    };
    ($kind:ident, $name:expr, $help:expr, [$($label:literal),*]) => {
        $kind::new(Opts::new($name, $help), &[$($label),*])
    };
}

macro_rules! metrics {
    ($(#[doc = $help:literal] $name:ident: $kind:ident [$($label:literal),*],)*) => {
        /// The metrics, each in the namespace `homeward_`; those of the process have the names that every program gives them.
        #[derive(Debug)]
        pub struct Measured {
            registry: Registry,
            $(#[doc = $help] pub $name: $kind,)*
        }

        impl Metrics {
            /// A registry of its own for each service, so that several can run in one process.
            pub fn new() -> Result<Self, prometheus::Error> {
                let registry = Registry::new();
                $(
                    let $name = make!($kind, named(stringify!($name)), $help.trim(), [$($label),*])?;
                    registry.register(Box::new($name.clone()))?;
                )*
                let metrics = Self(Arc::new(Measured { registry, $($name),* }));
                metrics.begin_at_nought();
                Ok(metrics)
            }
        }
    };
}

fn named(field: &str) -> String {
    if field.starts_with("process_") { field.to_owned() } else { format!("homeward_{field}") }
}

metrics! {
    /// What is running: always 1, with the version of the program and the digest of its specification.
    build_info: IntGaugeVec ["version", "specification"],
    /// Requests answered, by route pattern, method and status.
    http_requests_total: IntCounterVec ["route", "method", "status"],
    /// Seconds from the first byte of a request to the last byte of its answer, by route pattern.
    http_request_seconds: HistogramVec ["route"],
    /// Connections that are open.
    http_connections: IntGauge [],
    /// Connections that were cut because the client took nothing of its answer for too long.
    http_stalled_total: IntCounter [],
    /// Requests and connections refused, by the limit that refused them.
    refused_total: IntCounterVec ["limit"],
    /// The longest time, since the metrics were last read, by which a thread that listens came late to its work.
    listener_lag_seconds: Gauge [],
    /// People who tried to sign in, by way (provider, password) and outcome.
    sign_ins_total: IntCounterVec ["way", "outcome"],
    /// Uploads that were decided, by outcome.
    returns_total: IntCounterVec ["outcome"],
    /// Returns by the state they are in.
    returns_by_state: IntGaugeVec ["state"],
    /// How long the return that is longest in a state has been in it; 0 where none is.
    oldest_in_state_seconds: GaugeVec ["state"],
    /// Seconds from the last byte of an upload to its verdict, by outcome.
    verdict_seconds: HistogramVec ["outcome"],
    /// Findings made, by rule.
    findings_total: IntCounterVec ["code"],
    /// Rules that could not run on all they should have: not at all (rule) or not on some rows, and whether that blocks.
    not_checked_total: IntCounterVec ["code", "what", "blocks"],
    /// Uploads under way, from their first byte to their verdict.
    uploads_under_way: IntGauge [],
    /// Bytes of the uploads under way, announced or arrived.
    upload_bytes_under_way: IntGauge [],
    /// Bytes in the spool.
    spool_bytes: IntGauge [],
    /// Objects of the archive that wait to be sealed with the encryption key in force.
    objects_to_reseal: IntGauge [],
    /// Uploads that wait for a worker.
    check_queue: IntGauge [],
    /// Uploads that may wait for a worker.
    queue_limit: IntGauge [],
    /// Workers there are.
    workers: IntGauge [],
    /// Workers that have a piece of work.
    workers_busy: IntGauge [],
    /// Workers that are lost: their piece of work has taken longer than is credible.
    workers_wedged: IntGauge [],
    /// How long the oldest piece of work has taken so far; 0 where no worker has one.
    worker_longest_seconds: Gauge [],
    /// Pieces of work that ended in a panic.
    worker_panics_total: IntCounter [],
    /// Bytes that can still be written to the disk of the spool and to that of the data folder.
    disk_free_bytes: IntGaugeVec ["disk"],
    /// The size of the disk of the spool and of that of the data folder.
    disk_size_bytes: IntGaugeVec ["disk"],
    /// Transactions of the ledger, by name and whether they were committed.
    ledger_transactions_total: IntCounterVec ["name", "result"],
    /// Seconds that transactions of the ledger took, by name.
    ledger_transaction_seconds: HistogramVec ["name"],
    /// Operations of the archive, by what was done and whether it was.
    archive_operations_total: IntCounterVec ["operation", "result"],
    /// Seconds that operations of the archive took, by what was done.
    archive_operation_seconds: HistogramVec ["operation"],
    /// Authorities of a collection that have come so far or farther: expected, received, on-time, late, signed, accepted, missing.
    coverage_authorities: IntGaugeVec ["collection", "standing"],
    /// The end of the last day on which a return of the collection is on time, in seconds since 1970.
    collection_deadline_timestamp_seconds: IntGaugeVec ["collection"],
    /// Reminders by channel, kind and what came of an attempt: delivered, failed, given-up.
    reminders_total: IntCounterVec ["channel", "kind", "result"],
    /// Reminders that wait to be sent or sent again, by channel.
    reminders_waiting: IntGaugeVec ["channel"],
    /// Whether nothing can be sent by a channel of reminders: 1 since the last attempt failed for the channel as a whole, else 0.
    reminder_channel_down: IntGaugeVec ["channel"],
    /// Releases by the state they are in.
    releases_by_state: IntGaugeVec ["state"],
    /// Releases that are scheduled and can be published no more, or were discarded for it within a day, by collection.
    releases_unpublishable: IntGaugeVec ["collection"],
    /// Seconds that building a release took, by stage.
    release_stage_seconds: HistogramVec ["stage"],
    /// When the service was last backed up, in seconds since 1970; 0 where no backup is known.
    last_backup_timestamp_seconds: IntGauge [],
    /// When a run of retention was last done, in seconds since 1970; 0 where none was since the start.
    retention_completed_timestamp_seconds: IntGauge [],
    /// Returns and people of whom something is due to be deleted and could not be by the last run.
    retention_overdue_returns: IntGauge [],
    /// Objects of the archive of which the ledger does not speak: after a crash, or with a ledger that is not the newest.
    unknown_objects: IntGauge [],
    /// When the certificate of the service ends, in seconds since 1970; absent where it speaks no TLS.
    tls_certificate_ends_timestamp_seconds: IntGaugeVec ["listener"],
    /// When a revocation list of clients' certificates expires, in seconds since 1970, by the name of its file.
    tls_revocation_list_ends_timestamp_seconds: IntGaugeVec ["list"],
    /// Certificates of clients that were refused, by reason: revoked, list-expired, no-list, expired, unknown-authority, other.
    tls_certificates_refused_total: IntCounterVec ["reason"],
    /// Seconds of processor time that the process took.
    process_cpu_seconds_total: Counter [],
    /// When the process started, in seconds since 1970.
    process_start_time_seconds: Gauge [],
    /// Bytes of memory that the process holds.
    process_resident_memory_bytes: IntGauge [],
    /// Bytes of addresses that the process has.
    process_virtual_memory_bytes: IntGauge [],
    /// Files and connections that the process has open.
    process_open_fds: IntGauge [],
    /// Files and connections that the process may have open.
    process_max_fds: IntGauge [],
    /// Threads of the process.
    process_threads: IntGauge [],
}

/// The metrics of a service, for whoever counts: the same ones in every copy.
#[derive(Debug, Clone)]
pub struct Metrics(Arc<Measured>);

impl Deref for Metrics {
    type Target = Measured;

    fn deref(&self) -> &Measured {
        &self.0
    }
}

impl Metrics {
    /// The text that Prometheus reads.
    pub fn render(&self) -> Result<String, prometheus::Error> {
        let mut text = Vec::new();
        TextEncoder::new().encode(&self.registry.gather(), &mut text)?;
        self.listener_lag_seconds.set(0.0);
        Ok(String::from_utf8_lossy(&text).into_owned())
    }

    /// Counts a refusal.
    pub fn refused(&self, limit: Limit) {
        self.refused_total.with_label_values(&[limit.name()]).inc();
    }

    /// Series whose labels are known are there from the start, so that the first of a kind is seen as a rise.
    fn begin_at_nought(&self) {
        for limit in Limit::ALL {
            self.refused_total.with_label_values(&[limit.name()]);
        }
        for stage in Stage::ALL {
            self.release_stage_seconds.with_label_values(&[stage.name()]);
        }
        for operation in ["put", "get", "beginning", "delete", "list", "ready"] {
            for result in ["done", "failed"] {
                self.archive_operations_total.with_label_values(&[operation, result]);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn help_is_the_doc_comment() {
        let metrics = Metrics::new().expect("the metrics register");
        metrics.findings_total.with_label_values(&["J201"]).inc();
        let text = metrics.render().expect("renders");
        assert!(text.contains("# HELP homeward_findings_total Findings made, by rule."), "{text}");
        assert!(text.contains("homeward_findings_total{code=\"J201\"} 1"), "{text}");
    }
}
