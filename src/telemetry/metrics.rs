//! Every metric of the service, in one place. The help text of a metric is its doc comment.

use prometheus::{
    Encoder, HistogramOpts, HistogramVec, IntCounterVec, IntGauge, IntGaugeVec, Opts, Registry, TextEncoder,
};

/// Seconds; from a quick answer to the timeout of a request.
const SECONDS: [f64; 12] = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0, 60.0, 600.0];

macro_rules! make {
    (IntCounterVec, $name:expr, $help:expr, [$($label:literal),*]) => {
        IntCounterVec::new(Opts::new($name, $help), &[$($label),*])
    };
    (IntGaugeVec, $name:expr, $help:expr, [$($label:literal),*]) => {
        IntGaugeVec::new(Opts::new($name, $help), &[$($label),*])
    };
    (IntGauge, $name:expr, $help:expr, []) => {
        IntGauge::new($name, $help)
    };
    (HistogramVec, $name:expr, $help:expr, [$($label:literal),*]) => {
        HistogramVec::new(HistogramOpts::new($name, $help).buckets(SECONDS.to_vec()), &[$($label),*])
    };
}

macro_rules! metrics {
    ($(#[doc = $help:literal] $name:ident: $kind:ident [$($label:literal),*],)*) => {
        /// The metrics, each in the namespace `homeward_`.
        #[derive(Debug, Clone)]
        pub struct Metrics {
            registry: Registry,
            $(#[doc = $help] pub $name: $kind,)*
        }

        impl Metrics {
            /// A registry of its own for each service, so that several can run in one process.
            pub fn new() -> Result<Self, prometheus::Error> {
                let registry = Registry::new();
                $(
                    let $name = make!($kind, concat!("homeward_", stringify!($name)), $help.trim(), [$($label),*])?;
                    registry.register(Box::new($name.clone()))?;
                )*
                Ok(Self { registry, $($name),* })
            }
        }
    };
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
    /// Requests refused for coming too fast, by kind of limit.
    rate_limited_total: IntCounterVec ["limit"],
    /// Uploads that were decided, by outcome.
    returns_total: IntCounterVec ["outcome"],
    /// Returns by the state they are in.
    returns_by_state: IntGaugeVec ["state"],
    /// Seconds from the last byte of an upload to its verdict, by outcome.
    verdict_seconds: HistogramVec ["outcome"],
    /// Findings made, by rule.
    findings_total: IntCounterVec ["code"],
    /// Rules that could not run on all they should have, by rule.
    not_checked_total: IntCounterVec ["code"],
    /// Uploads that wait for a worker.
    check_queue: IntGauge [],
    /// Bytes in the spool.
    spool_bytes: IntGauge [],
    /// Objects of the archive that wait to be sealed with the encryption key in force.
    objects_to_reseal: IntGauge [],
    /// Transactions of the ledger, by name and whether they were committed.
    ledger_transactions_total: IntCounterVec ["name", "result"],
    /// Seconds that transactions of the ledger took, by name.
    ledger_transaction_seconds: HistogramVec ["name"],
    /// Authorities with an accepted return, by collection.
    coverage_accepted: IntGaugeVec ["collection"],
    /// Releases by the state they are in.
    releases_by_state: IntGaugeVec ["state"],
}

impl Metrics {
    /// The text that Prometheus reads.
    pub fn render(&self) -> Result<String, prometheus::Error> {
        let mut text = Vec::new();
        TextEncoder::new().encode(&self.registry.gather(), &mut text)?;
        Ok(String::from_utf8_lossy(&text).into_owned())
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
