//! `homeward admin`: the accounts of people and machines, whether a release still holds, encryption, backups.

mod audit;
mod backup;
mod collection;
mod encryption;
mod key;
mod person;
mod ping;
mod release;
mod retention;
mod service;
mod sign_in;
mod upload;

use super::{Trouble, configuration, runtime, specifications};
use crate::config::Configuration;
use crate::domain::clock::SystemClock;
use crate::flow::{KeyKeeper, KeySecret};
use crate::spec::Specification;
use crate::store::{DataFolder, NoObserver, SqliteLedger};
use clap::{Args, Subcommand};
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

/// Manage keys, verify releases, encrypt, back up and restore
#[derive(Debug, Args)]
pub(super) struct AdminArguments {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Make, list, rotate and revoke keys
    #[command(subcommand)]
    Key(key::KeyCommand),
    /// Show, open, extend, close and reopen collections
    #[command(subcommand)]
    Collection(collection::CollectionCommand),
    /// Add and remove addresses to which reminders go
    #[command(subcommand)]
    Contact(collection::ContactCommand),
    /// Settle how a person signs in
    #[command(subcommand)]
    SignIn(sign_in::SignInCommand),
    /// Enter, list, change and disable people
    #[command(subcommand)]
    Person(person::PersonCommand),
    /// List organisations
    #[command(subcommand)]
    Organisation(person::OrganisationCommand),
    /// List and verify releases
    #[command(subcommand)]
    Release(release::ReleaseCommand),
    /// List uploads that cannot be decided, have them tried anew, end them
    #[command(subcommand)]
    Upload(upload::UploadCommand),
    /// Make encryption keys and seal the archive anew
    #[command(subcommand)]
    Encryption(encryption::EncryptionCommand),
    /// Ask the running service of this configuration whether it is ready; it fails when it is not
    Ping {
        /// The longest time to wait
        #[arg(long, value_name = "SECONDS", default_value_t = 5)]
        seconds: u64,
    },
    /// Verify or export the history
    #[command(subcommand)]
    Audit(audit::AuditCommand),
    /// Delete what is kept long enough, and prove it
    #[command(subcommand)]
    Retention(retention::RetentionCommand),
    /// Remove an authority's data
    #[command(subcommand)]
    Authority(retention::AuthorityCommand),
    Backup(backup::BackupArguments),
    Restore(backup::RestoreArguments),
}

pub(super) fn run(arguments: AdminArguments, config: Option<&Path>, specs: Option<&Path>) -> Result<ExitCode, Trouble> {
    let configuration = configuration(config)?;
    let specification = || specifications::load(specs.or(configuration.service.specs.as_deref()));
    runtime()?.block_on(async {
        match arguments.what {
            What::Key(command) => key::run(command, &Beside::open(&configuration, specification()?).await?).await,
            What::Collection(command) => {
                collection::run(command, &Beside::open(&configuration, specification()?).await?).await
            }
            What::Contact(command) => {
                collection::contacts(command, &Beside::open(&configuration, specification()?).await?).await
            }
            What::SignIn(command) => {
                let beside = Beside::open(&configuration, specification()?).await?;
                sign_in::run(command, &beside, &configuration.signin).await
            }
            What::Ping { seconds } => ping::run(seconds, &configuration).await,
            What::Person(command) => person::run(command, &Beside::open(&configuration, specification()?).await?).await,
            What::Organisation(command) => {
                person::organisations(command, &Beside::open(&configuration, specification()?).await?).await
            }
            What::Release(command) => release::run(command, &configuration, specification()?).await,
            What::Upload(command) => {
                upload::run(command, &service::beside(&configuration, specification()?).await?).await
            }
            What::Retention(command) => {
                let service = service::beside(&configuration, specification()?).await?;
                retention::run(command, &configuration, &service).await
            }
            What::Authority(command) => {
                retention::authority(command, &service::beside(&configuration, specification()?).await?).await
            }
            What::Audit(command) => audit::run(command, &configuration).await,
            What::Backup(arguments) => backup::backup(arguments, &configuration).await,
            What::Restore(arguments) => backup::restore(&arguments, &configuration),
            What::Encryption(command) => encryption::run(command, &configuration).await,
        }
    })
}

/// The ledger and what keys are kept with, beside a service that may be running.
struct Beside {
    ledger: SqliteLedger,
    specification: Arc<Specification>,
    secret: KeySecret,
    clock: SystemClock,
}

impl Beside {
    async fn open(configuration: &Configuration, specification: Arc<Specification>) -> Result<Self, Trouble> {
        let ledger = DataFolder::ledger_alone(&configuration.service.data_folder, Arc::new(NoObserver)).await?;
        let secret = super::secrets::key_secret(configuration, &ledger).await?;
        Ok(Self { ledger, specification, secret, clock: SystemClock })
    }

    fn keys(&self) -> KeyKeeper<'_> {
        KeyKeeper {
            ledger: &self.ledger,
            register: &self.specification.register,
            clock: &self.clock,
            secret: &self.secret,
        }
    }
}
