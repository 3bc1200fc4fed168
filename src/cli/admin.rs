//! `homeward admin`: the keys of people and machines, and whether a release still holds.

use super::admin_encryption::{self, EncryptionCommand};
use super::admin_release::{self, ReleaseCommand};
use super::{Trouble, configuration, runtime, specifications};
use crate::config::Configuration;
use crate::domain::account::Role;
use crate::domain::clock::{Clock as _, SystemClock};
use crate::flow::{NewKey, list_keys, make_key, revoke_key};
use crate::spec::Specification;
use crate::store::{DataFolder, KeyRecord, NoObserver};
use clap::{Args, Subcommand};
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

/// Manage the keys of people and machines, and verify releases
#[derive(Debug, Args)]
pub(super) struct AdminArguments {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Make, list and revoke keys
    #[command(subcommand)]
    Key(KeyCommand),
    /// Verify releases
    #[command(subcommand)]
    Release(ReleaseCommand),
    /// Make encryption keys and seal the archive anew
    #[command(subcommand)]
    Encryption(EncryptionCommand),
}

#[derive(Debug, Subcommand)]
enum KeyCommand {
    /// Make a key; it is shown once
    New {
        /// submitter, signatory, collector, analyst or operator
        #[arg(long)]
        role: String,
        /// The authority, by either code, for a submitter or signatory
        #[arg(long, value_name = "CODE")]
        authority: Option<String>,
        /// What to call it in lists
        #[arg(long)]
        label: String,
        /// The days it can be used; without it, until it is revoked
        #[arg(long, value_name = "DAYS")]
        days: Option<u32>,
    },
    /// List the keys, without their secrets
    List,
    /// End a key at once
    Revoke {
        /// The key's id or the beginning that `list` shows
        key: String,
    },
}

pub(super) fn run(arguments: AdminArguments, config: Option<&Path>, specs: Option<&Path>) -> Result<ExitCode, Trouble> {
    let configuration = configuration(config)?;
    let specification = || specifications::load(specs.or(configuration.service.specs.as_deref()));
    match arguments.what {
        What::Key(command) => keys(command, &configuration, specification()?.as_ref()),
        What::Release(command) => runtime()?.block_on(admin_release::run(command, &configuration, specification()?)),
        What::Encryption(command) => runtime()?.block_on(admin_encryption::run(command, &configuration)),
    }
}

fn keys(
    command: KeyCommand,
    configuration: &Configuration,
    specification: &Specification,
) -> Result<ExitCode, Trouble> {
    runtime()?.block_on(async {
        let ledger = DataFolder::ledger_alone(&configuration.service.data_folder, Arc::new(NoObserver)).await?;
        let clock = SystemClock;
        match command {
            KeyCommand::New { role, authority, label, days } => {
                let names = Role::ALL.map(Role::name).join(", ");
                let role = Role::from_name(&role.to_ascii_lowercase())
                    .ok_or_else(|| Trouble(format!("there is no role {role}; the roles are {names}")))?;
                let expires = days.map(|days| clock.now() + chrono::Duration::days(i64::from(days)));
                let new = NewKey { role, authority, label, expires };
                let made = make_key(&ledger, &specification.register, &clock, new).await?;
                eprintln!("Key {} was made. It is shown this once; keep it safe:", made.record.id);
                say!("{}", made.text);
            }
            KeyCommand::List => {
                for key in list_keys(&ledger).await? {
                    say!("{}", line(&key));
                }
            }
            KeyCommand::Revoke { key } => {
                let key = revoke_key(&ledger, &clock, &key).await?;
                say!("Key {} ({}) can no longer be used.", key.id, key.label);
            }
        }
        Ok(ExitCode::SUCCESS)
    })
}

fn line(key: &KeyRecord) -> String {
    let state = match (key.revoked, key.expires) {
        (Some(at), _) => format!("revoked {}", at.date_naive()),
        (None, Some(at)) => format!("until {}", at.date_naive()),
        (None, None) => "in use".to_owned(),
    };
    let used = key.last_used.map_or_else(|| "never used".to_owned(), |at| format!("last used {}", at.date_naive()));
    let authority = key.authority.as_deref().unwrap_or("-");
    format!("{}  {}  {:<9}  {authority:>3}  {state}, {used}  {}", key.id, key.prefix, key.role.name(), key.label)
}
