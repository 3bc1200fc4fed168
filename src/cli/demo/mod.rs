//! `homeward demo`: the whole path for real on the embedded default, from made returns to a national table.
//!
//! Nothing here is faked: the returns go through the HTTP API of a service that listens, and every figure that is printed
//! is read from the files of the release.

mod broken;
mod collecting;
mod show;
mod stages;

use super::client::Client;
use super::client_tls::ClientTls;
use super::running::Running;
use super::sample::{SampleOptions, SampleReturn, generate};
use super::serve::{Stop, start};
use super::{Trouble, runtime, specifications};
use crate::config::Configuration;
use crate::domain::account::Role;
use crate::flow::NewKey;
use crate::spec::Specification;
use clap::Args;
use collecting::{Keys, collect, refuse};
use serde_json::json;
use stages::Stages;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

/// Show the whole path, for real: a service, a national year of returns, refusals, a release, a table
#[derive(Debug, Args)]
pub(super) struct DemoArguments {
    /// The folder for the demonstration's data; a new one without it
    #[arg(long, value_name = "FOLDER")]
    data: Option<PathBuf>,
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// How many uploads are under way at a time
    #[arg(long, default_value_t = 4, value_parser = clap::value_parser!(u16).range(1..=64))]
    uploads: u16,
    /// Only so many authorities, for a quick look
    #[arg(long, value_name = "NUMBER")]
    authorities: Option<usize>,
    /// End when all is shown, instead of leaving the service up
    #[arg(long)]
    exit: bool,
}

pub(super) fn run(arguments: DemoArguments, specs: Option<&Path>) -> Result<ExitCode, Trouble> {
    let specification = specifications::load(specs)?;
    runtime()?.block_on(demonstrate(arguments, specification))
}

async fn demonstrate(arguments: DemoArguments, specification: Arc<Specification>) -> Result<ExitCode, Trouble> {
    let mut stages = Stages::begin();
    let collection = specification.latest().ok_or_else(|| Trouble("there is no collection".to_owned()))?.clone();
    let folder = match arguments.data {
        Some(folder) => folder,
        None => tempfile::Builder::new().prefix("homeward-demo-").tempdir()?.keep(),
    };
    let configuration = configured(&folder);
    start(&configuration);
    let running = Running::start(&configuration, Arc::clone(&specification)).await?;
    let address = running.api.clone();
    say!("The service is at {address} (metrics and health at {}).", running.admin);
    say!("Its data folder is {}.", folder.display());
    stages.end("starting the service");

    let mut options = SampleOptions::new(collection.id.clone(), arguments.seed);
    if let Some(count) = arguments.authorities {
        options.authorities = super::sample::Authorities::First(count);
    }
    let returns = made(options, Arc::clone(&specification)).await?;
    let rows: u64 = returns.iter().map(SampleReturn::rows).sum();
    say!("\n{} returns for {} were made from seed {}: {rows} rows.", returns.len(), collection.id, arguments.seed);
    stages.end("making the returns");

    let keys = keys(&running, &returns).await?;
    let client = Client::new(&address, "", &ClientTls::default())?;
    stages.end("making the keys");

    say!("\nFiles that must be refused");
    if let Some(good) = returns.iter().find(|made| made.table("support").is_some_and(|table| table.rows > 0)) {
        refuse(&client, &keys, good).await?;
    }
    stages.end("sending what must be refused");

    say!("\nA national year, {} uploads at a time", arguments.uploads);
    let collected = collect(&client, &keys, returns, usize::from(arguments.uploads)).await?;
    stages.end("uploading and checking");
    collected.sign_and_accept(&client, &keys).await?;
    stages.end("signing and accepting");

    let collector = client.with_key(&keys.collector);
    let coverage = collector.get(&format!("/v1/collections/{}/coverage", collection.id)).await?;
    show::coverage(&coverage);
    let built = collector.post("/v1/releases", &json!({ "collection": collection.id })).await?;
    stages.end("building the release");
    let release = built["id"].as_str().unwrap_or_default().to_owned();
    // A second person stands by it, with another key than the one that built it.
    client.with_key(&keys.approver).post(&format!("/v1/releases/{release}/approve"), &json!({})).await?;
    collector.post(&format!("/v1/releases/{release}/publish"), &json!({})).await?;
    let written = show::download(&collector, &release, &folder.join("release")).await?;
    stages.end("approving, publishing, downloading");
    show::national(&written)?;

    say!("\nThe {} files of the release lie in {}.", written.count, written.folder.display());
    say!("\nWhere the time went\n{stages}");
    if !arguments.exit {
        say!("\nThe service stays up for a look around; Ctrl-C ends it.");
        say!("  a collector's key: {}", keys.collector);
        say!("  curl -H 'Authorization: Bearer {}' {address}/v1/returns", keys.collector);
        say!("  {address}/v1/openapi.json");
        Stop::listen()?.told().await?;
    }
    running.stop().await;
    Ok(ExitCode::SUCCESS)
}

/// The embedded default on free ports, with a log of warnings only and room for the demonstration's own pace.
fn configured(folder: &Path) -> Configuration {
    let mut configuration = Configuration::default();
    let free = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    configuration.service.listen = free;
    configuration.service.admin_listen = free;
    configuration.service.data_folder = folder.join("data");
    configuration.rates.requests_per_minute = 60_000;
    configuration.log.filter = "warn".to_owned();
    configuration
}

async fn made(options: SampleOptions, specification: Arc<Specification>) -> Result<Vec<SampleReturn>, Trouble> {
    let work = tokio::task::spawn_blocking(move || generate(&options, &specification)?.collect::<Result<Vec<_>, _>>());
    Ok(work.await??)
}

/// A submitter and a signatory for each authority, and two collectors: one builds the release, the other approves it.
async fn keys(running: &Running, returns: &[SampleReturn]) -> Result<Keys, Trouble> {
    let keeper = running.service().key_keeper();
    let make = async |role: Role, authority: Option<&str>| {
        let organisation = keeper.organisation(authority)?;
        keeper.make(NewKey::machine(organisation, role, "demonstration")).await.map(|made| made.text)
    };
    let (collector, approver) = (make(Role::Collector, None).await?, make(Role::Collector, None).await?);
    let mut keys = Keys { collector, approver, ..Keys::default() };
    for made in returns {
        let authority = Some(made.authority.as_str());
        keys.submitters.insert(made.authority.clone(), make(Role::Submitter, authority).await?);
        keys.signatories.insert(made.authority.clone(), make(Role::Signatory, authority).await?);
    }
    Ok(keys)
}
