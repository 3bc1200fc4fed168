//! Wires a service together from its configuration and keeps it running: for `serve` and for the demonstration.

use super::encryption::{self, Encryption};
use super::{Trouble, encryption_keys, reminding, secrets, signing_in};
use crate::api::{
    ApiState, Counting, Entrance, Observation, Pace, PerMinute, RateLimits, Ready, Render, ServerLimits, Taking, Tls,
    admin_router, router, serve,
};
use crate::config::{Configuration, RetentionSection};
use crate::domain::clock::{Clock as _, SystemClock};
use crate::domain::network::Network;
use crate::flow::{Limits, MeteredArchive, MeteredTransactions, Parts, RetentionPolicy, Service};
use crate::spec::Specification;
use crate::store::{DataFolder, ObjectArchive};
use crate::telemetry::{Metrics, watch_listeners};
use crate::validate::Validator;
use chrono::{DateTime, Utc};
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// How often keys and addresses that have been quiet are forgotten.
const FORGET_EVERY: Duration = Duration::from_secs(60);

/// How often the service looks for received uploads that nobody decides, as after a moment without space.
const DECIDE_EVERY: Duration = Duration::from_secs(5);

/// How often the service looks for releases whose time has come.
const PUBLISH_EVERY: Duration = Duration::from_secs(1);

/// A service that takes requests.
#[derive(Debug)]
pub(super) struct Running {
    /// The address of the API, with its scheme.
    pub(super) api: String,
    /// The address of metrics and health, with its scheme.
    pub(super) admin: String,
    stop: CancellationToken,
    ended: Vec<JoinHandle<bool>>,
    /// Writes a last checkpoint when the service stops.
    witness: JoinHandle<()>,
    service: Service,
    /// Held for its lock.
    _data: DataFolder,
}

impl Running {
    /// Opens the data folder, plans every rule, then listens; what an earlier run left behind is put in order
    /// meanwhile.
    pub(super) async fn start(
        configuration: &Configuration,
        specification: Arc<Specification>,
    ) -> Result<Self, Trouble> {
        let encryption = Encryption::configured(&configuration.tls)?;
        encryption::warn(configuration);
        let validator = planned(Arc::clone(&specification)).await?;
        let metrics = metrics_of(&specification)?;
        let section = &configuration.service;
        let observer = Arc::new(MeteredTransactions(metrics.clone()));
        let key_file = configuration.evidence.signing_key_file.as_deref();
        let data = DataFolder::open_signing_with(&section.data_folder, observer, key_file).await?;
        data.archive.use_keys(encryption_keys::read(&configuration.encryption)?);
        let service = service(configuration, specification, validator, &data, &metrics).await?;
        service.prepare().await?;
        let api_listener = listen(section.listen).await?;
        let admin_listener = listen(section.admin_listen).await?;
        let (api, admin) = (api_listener.local_addr()?, admin_listener.local_addr()?);
        let (api, admin) = (address(encryption.api.as_ref(), api), address(encryption.admin.as_ref(), admin));
        let state = state(configuration, &service)?;
        let stop = CancellationToken::new();
        encryption.keep_fresh(&stop)?;
        encryption_keys::keep_sealed(&configuration.encryption, &data.archive, &metrics, &stop)?;
        tokio::spawn(forget_quiet(Arc::clone(&state.rates), stop.clone()));
        tokio::spawn(watch_listeners(metrics.clone(), stop.clone().cancelled_owned()));
        let witness = keep_on(configuration, &service, &data, &stop);
        let timeout = Duration::from_secs(configuration.http.request_timeout_seconds);
        let encrypted = encryption::is_encrypted(&configuration.tls);
        let public = router(state, Observation { metrics: metrics.clone(), timeout, encrypted });
        let private = admin_router(render(&service, encryption.api.clone()), ready(&service));
        let unmetered = prometheus::IntGauge::new("admin_connections", "Connections of the admin listener")?;
        let proxies: Arc<[Network]> = configuration.http.trusted_proxies.as_slice().into();
        let api_entrance =
            Entrance { listener: api_listener, tls: encryption.api, encrypted, proxies: Arc::clone(&proxies) };
        let encrypted = encryption.admin.is_some();
        let admin_entrance = Entrance { listener: admin_listener, tls: encryption.admin, encrypted, proxies };
        let counted = Counting { open: metrics.http_connections.clone(), metrics: metrics.clone() };
        let uncounted = Counting { open: unmetered, metrics };
        let limits = server_limits(configuration);
        let ended = vec![
            tokio::spawn(serve(api_entrance, public, limits, counted, stop.clone().cancelled_owned())),
            tokio::spawn(serve(admin_entrance, private, limits, uncounted, stop.clone().cancelled_owned())),
        ];
        Ok(Self { api, admin, stop, ended, witness, service, _data: data })
    }

    pub(super) const fn service(&self) -> &Service {
        &self.service
    }

    /// Takes no more requests, lets those under way end, and gives the data folder back.
    /// Says whether all of them ended in time.
    pub(super) async fn stop(self) -> bool {
        self.stop.cancel();
        let mut in_time = true;
        for listener in self.ended {
            in_time &= listener.await.unwrap_or(false);
        }
        in_time & self.witness.await.is_ok()
    }
}

/// Every rule, planned. It keeps a processor busy for seconds, so a plain thread does it.
async fn planned(specification: Arc<Specification>) -> Result<Arc<Validator>, Trouble> {
    let planning = tokio::task::spawn_blocking(move || {
        let validator = Validator::new(specification)?;
        validator.plan_all()?;
        Ok::<_, Trouble>(Arc::new(validator))
    });
    planning.await?
}

/// The metrics of a service that starts now.
fn metrics_of(specification: &Specification) -> Result<Metrics, Trouble> {
    let metrics = Metrics::new()?;
    metrics.process_start_time_seconds.set(seconds_since_1970(SystemClock.now()));
    let digest = specification.digest.to_string();
    metrics.build_info.with_label_values(&[env!("CARGO_PKG_VERSION"), digest.as_str()]).set(1);
    Ok(metrics)
}

async fn service(
    configuration: &Configuration,
    specification: Arc<Specification>,
    validator: Arc<Validator>,
    data: &DataFolder,
    metrics: &Metrics,
) -> Result<Service, Trouble> {
    let section = &configuration.service;
    Ok(Service::new(Parts {
        specification,
        validator,
        ledger: Arc::clone(&data.ledger) as _,
        archive: Arc::new(MeteredArchive::new(Arc::clone(&data.archive) as _, metrics.clone())),
        clock: Arc::new(SystemClock),
        sign_in: signing_in::rules(&configuration.signin)?,
        confirmed_by_another: configuration.accounts.confirmed_by_another,
        key_secret: secrets::key_secret(configuration, data.ledger.as_ref()).await?,
        metrics: metrics.clone(),
        spool: data.spool.clone(),
        workers: section.workers,
        queue: section.queue,
        limits: limits(configuration, &data.spool),
        reminders: reminding::reminders(configuration)?,
    }))
}

/// What the handlers of the API need.
fn state(configuration: &Configuration, service: &Service) -> Result<ApiState, Trouble> {
    let rates = &configuration.rates;
    let rates = RateLimits::new(PerMinute {
        requests: rates.requests_per_minute,
        uploads: rates.uploads_per_minute,
        anonymous: rates.anonymous_per_minute,
        address_requests: rates.address_requests_per_minute,
        address_uploads: rates.address_uploads_per_minute,
        sign_ins: rates.sign_ins_per_minute,
        address_sign_ins: rates.address_sign_ins_per_minute,
    });
    let Taking { patience, bytes_per_second } = taking(configuration);
    let idle = Duration::from_secs(configuration.http.body_idle_seconds);
    Ok(ApiState {
        service: service.clone(),
        rates: Arc::new(rates),
        sign_in: Arc::new(signing_in::door(configuration, encryption::is_encrypted(&configuration.tls))?),
        pace: Pace { idle, patience, bytes_per_second },
    })
}

/// What the service does by itself until it stops. What is given back ends with a last checkpoint.
fn keep_on(
    configuration: &Configuration,
    service: &Service,
    data: &DataFolder,
    stop: &CancellationToken,
) -> JoinHandle<()> {
    tokio::spawn(put_in_order(service.clone(), Arc::clone(&data.objects), stop.clone()));
    let (publisher, ended) = (service.clone(), stop.clone().cancelled_owned());
    tokio::spawn(async move { publisher.keep_publishing(PUBLISH_EVERY, ended).await });
    let (reminding, ended) = (service.clone(), stop.clone().cancelled_owned());
    let every = Duration::from_secs(configuration.reminders.look_seconds.max(1));
    tokio::spawn(async move { reminding.keep_reminding(every, ended).await });
    let (keeper, ended) = (service.clone(), stop.clone().cancelled_owned());
    let (policy, every) = retention(&configuration.retention);
    tokio::spawn(async move { keeper.keep_retaining(policy, every, ended).await });
    let (witness, ended) = (service.clone(), stop.clone().cancelled_owned());
    let evidence = &configuration.evidence;
    let (every, file) = (Duration::from_secs(evidence.checkpoint_every_seconds), evidence.checkpoint_file.clone());
    tokio::spawn(async move { witness.keep_checkpointing(every, file, ended).await })
}

/// The slowest that a client may take its answer.
fn taking(configuration: &Configuration) -> Taking {
    let section = &configuration.limits;
    Taking { patience: Duration::from_secs(section.patience_seconds), bytes_per_second: section.bytes_per_second }
}

fn server_limits(configuration: &Configuration) -> ServerLimits {
    let http = &configuration.http;
    ServerLimits {
        connections: http.connections,
        header_timeout: Duration::from_secs(http.header_timeout_seconds),
        connections_per_address: configuration.limits.connections_per_address,
        taking: taking(configuration),
        shutdown: Duration::from_secs(http.shutdown_seconds),
    }
}

/// What the service takes on at once, and where its data lie.
fn limits(configuration: &Configuration, spool: &Path) -> Limits {
    let section = &configuration.limits;
    Limits {
        uploads_per_key: section.uploads_per_key,
        uploads_per_address: section.uploads_per_address,
        uploads: section.uploads,
        spool_bytes: section.spool_bytes,
        reserve_bytes: section.reserve_bytes,
        disks: vec![spool.to_owned(), configuration.service.data_folder.clone()],
        memory_bytes: section.memory_bytes,
        wedged: Duration::from_secs(section.wedged_seconds),
    }
}

fn seconds_since_1970(at: DateTime<Utc>) -> f64 {
    at.timestamp_millis() as f64 / 1000.0
}

/// The policy of the configuration, and how often it is carried out.
pub(super) const fn retention(section: &RetentionSection) -> (RetentionPolicy, Duration) {
    let policy = RetentionPolicy {
        originals_days: section.originals_days,
        ended_days: section.ended_days,
        undecided_days: section.undecided_days,
        accepted_years: section.accepted_years,
        accesses_days: section.accesses_days,
        keys_days: section.keys_days,
        people_days: section.people_days,
        unknown_days: section.unknown_days,
    };
    let minutes = if section.every_minutes == 0 { 1 } else { section.every_minutes };
    (policy, Duration::from_secs(minutes * 60))
}

fn address(tls: Option<&Tls>, listening: SocketAddr) -> String {
    format!("{}://{listening}", if tls.is_some() { "https" } else { "http" })
}

async fn listen(address: SocketAddr) -> Result<TcpListener, Trouble> {
    let taken = |error| Trouble(format!("{address} cannot be listened on: {error}; choose another address or port"));
    TcpListener::bind(address).await.map_err(taken)
}

async fn forget_quiet(rates: Arc<RateLimits>, stop: CancellationToken) {
    while tokio::time::timeout(FORGET_EVERY, stop.cancelled()).await.is_err() {
        rates.forget_quiet();
    }
}

/// Ends what an earlier run began, while the service answers already, and then whatever is left undecided.
async fn put_in_order(service: Service, objects: Arc<ObjectArchive>, stop: CancellationToken) {
    match objects.remove_staging_files().await {
        Ok(0) => {}
        Ok(removed) => tracing::info!(removed, "removed objects that were half written"),
        Err(error) => tracing::error!(%error, "what was half written could not be removed"),
    }
    service.keep_deciding(DECIDE_EVERY, stop.cancelled_owned()).await;
}

fn render(service: &Service, tls: Option<Tls>) -> Render {
    let service = service.clone();
    Arc::new(move || {
        let (service, ends) = (service.clone(), tls.as_ref().and_then(Tls::ends));
        let lists_end = tls.as_ref().map(Tls::lists_end).unwrap_or_default();
        Box::pin(async move {
            let metrics = service.metrics();
            if let Some(ends) = ends {
                metrics.tls_certificate_ends_timestamp_seconds.with_label_values(&["api"]).set(ends.timestamp());
            }
            // Of two lists of one file, or of two files of one name, the one that expires first.
            for (ends, path) in lists_end.into_iter().rev() {
                let name = path.file_name().unwrap_or_default().to_string_lossy();
                let gauge = &metrics.tls_revocation_list_ends_timestamp_seconds;
                gauge.with_label_values(&[name.as_ref()]).set(ends.timestamp());
            }
            service.bring_up_to_date().await.map_err(|error| error.to_string())?;
            metrics.render().map_err(|error| error.to_string())
        })
    })
}

fn ready(service: &Service) -> Ready {
    let service = service.clone();
    Arc::new(move || {
        let service = service.clone();
        Box::pin(async move {
            service.ready().await.map_err(|error| error.to_string())?;
            Ok(service.refuses_uploads().await.map_or_else(String::new, |why| format!("uploads are refused: {why}\n")))
        })
    })
}
