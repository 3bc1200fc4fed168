//! `homeward admin person` and `homeward admin organisation`: who may act, beside a service that may be running.

use super::Beside;
use super::key::roles;
use crate::cli::Trouble;
use crate::domain::account::{KeyKind, Role};
use crate::domain::identifier::PersonId;
use crate::flow::{FlowError, NewPerson, PeopleKeeper, PersonChanges};
use crate::store::{KeyFilter, Ledger as _, PersonRecord, SignIn};
use clap::Subcommand;
use std::process::ExitCode;

#[derive(Debug, Subcommand)]
pub(super) enum PersonCommand {
    /// Enter a person; how they sign in is settled when they first do, or with a password
    New {
        #[arg(long)]
        name: String,
        /// Where reminders go, and by which an OpenID provider's account is matched
        #[arg(long)]
        email: Option<String>,
        /// submitter, signatory, collector, analyst or operator; several with commas
        #[arg(long, value_delimiter = ',', required = true)]
        role: Vec<String>,
        /// The authority, by either code, for a submitter or signatory
        #[arg(long, value_name = "CODE")]
        authority: Option<String>,
    },
    /// List the people
    List,
    /// Give a person other roles; they hold at once
    Roles {
        id: String,
        /// All the roles that the person has from now on, with commas
        #[arg(long, value_delimiter = ',', required = true)]
        role: Vec<String>,
    },
    /// End every key and session of a person at once, for good
    Disable { id: String },
    /// Let a person who was disabled sign in again
    Enable { id: String },
}

#[derive(Debug, Clone, Copy, Subcommand)]
pub(super) enum OrganisationCommand {
    /// List the organisations that have accounts, with how many
    List,
}

pub(super) async fn run(command: PersonCommand, beside: &Beside) -> Result<ExitCode, Trouble> {
    let people = PeopleKeeper { ledger: &beside.ledger, clock: &beside.clock };
    let changed = match command {
        PersonCommand::New { name, email, role, authority } => {
            let organisation = beside.keys().organisation(authority.as_deref())?;
            let made = people.make(NewPerson { organisation, name, email, roles: roles(&role)?, by: None }).await?;
            eprintln!("The person was entered with the id:");
            say!("{}", made.id);
            return Ok(ExitCode::SUCCESS);
        }
        PersonCommand::List => {
            for person in beside.ledger.people(None).await? {
                say!("{}", line(&person));
            }
            return Ok(ExitCode::SUCCESS);
        }
        PersonCommand::Roles { id, role } => (id, PersonChanges { roles: Some(roles(&role)?), ..Default::default() }),
        PersonCommand::Disable { id } => (id, PersonChanges { disabled: Some(true), ..Default::default() }),
        PersonCommand::Enable { id } => (id, PersonChanges { disabled: Some(false), ..Default::default() }),
    };
    let (id, changes) = changed;
    let id: PersonId = id.parse().map_err(|_| Trouble(format!("{id} is not the id of a person")))?;
    let person = beside.ledger.person(id).await?.ok_or(FlowError::NotFound)?;
    say!("{}", line(&people.change(person, &changes, None).await?));
    Ok(ExitCode::SUCCESS)
}

fn line(person: &PersonRecord) -> String {
    let state = person.disabled.map_or_else(|| "may act".to_owned(), |at| format!("disabled {}", at.date_naive()));
    let signs_in = match person.sign_in {
        SignIn::NotYet => "not signed in yet",
        SignIn::OpenId { .. } => "by OpenID",
        SignIn::Local { .. } => "by password",
    };
    let roles: Vec<&str> = person.roles.iter().map(Role::name).collect();
    let email = person.email.as_deref().unwrap_or("-");
    format!(
        "{}  {}  {:<9}  {state}, {signs_in}  {email}  {}",
        person.id,
        person.organisation,
        roles.join(","),
        person.name
    )
}

pub(super) async fn organisations(command: OrganisationCommand, beside: &Beside) -> Result<ExitCode, Trouble> {
    let OrganisationCommand::List = command;
    for known in beside.ledger.organisations().await? {
        let organisation = known.organisation;
        let people = beside.ledger.people(Some(&organisation)).await?.len();
        let filter = KeyFilter { organisation: Some(organisation.clone()), kind: Some(KeyKind::Machine), person: None };
        let keys = beside.ledger.keys(&filter).await?.len();
        let lines = organisation.authority().map(|code| beside.specification.register.by_any_code(code));
        let name = lines.and_then(|lines| lines.last().map(|line| line.name.clone())).unwrap_or_default();
        say!("{:<10}  people {people}, keys {keys}  {name}", organisation.id());
    }
    Ok(ExitCode::SUCCESS)
}
