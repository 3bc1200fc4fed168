//! `homeward admin person` and `homeward admin organisation`: who may act, beside a service that may be running.

use super::Beside;
use super::key::roles;
use crate::cli::Trouble;
use crate::domain::account::{KeyKind, Role, Roles};
use crate::domain::identifier::PersonId;
use crate::flow::{FlowError, NewPerson, PeopleKeeper, PersonChanges};
use crate::store::{KeyFilter, Ledger as _, PersonAction, PersonRecord, SignIn};
use chrono::{DateTime, Utc};
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
    /// Stand by the roles of a person that wait for a second person; they hold from now on
    Confirm { id: String },
    /// Do not give the roles of a person that wait; those that hold stay
    Refuse { id: String },
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
            let (roles, confirmed_by_another) = (roles(&role)?, Roles::NONE);
            let new = NewPerson { organisation, name, email, roles, by: None, confirmed_by_another };
            let made = people.make(new).await?;
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
        PersonCommand::Confirm { id } => {
            return decide(&people, &id, |asked| PersonAction::ConfirmRoles { asked }).await;
        }
        PersonCommand::Refuse { id } => return decide(&people, &id, |asked| PersonAction::RefuseRoles { asked }).await,
        PersonCommand::Roles { id, role } => (id, PersonChanges { roles: Some(roles(&role)?), ..Default::default() }),
        PersonCommand::Disable { id } => (id, PersonChanges { disabled: Some(true), ..Default::default() }),
        PersonCommand::Enable { id } => (id, PersonChanges { disabled: Some(false), ..Default::default() }),
    };
    let (id, changes) = changed;
    let person = named(&people, &id).await?;
    say!("{}", line(&people.change(person, &changes, None, Roles::NONE).await?));
    Ok(ExitCode::SUCCESS)
}

async fn named(people: &PeopleKeeper<'_>, id: &str) -> Result<PersonRecord, Trouble> {
    let id: PersonId = id.parse().map_err(|_| Trouble(format!("{id} is not the id of a person")))?;
    Ok(people.ledger.person(id).await?.ok_or(FlowError::NotFound)?)
}

/// Confirms or refuses the roles that wait.
async fn decide(
    people: &PeopleKeeper<'_>,
    id: &str,
    action: impl Fn(DateTime<Utc>) -> PersonAction,
) -> Result<ExitCode, Trouble> {
    let person = named(people, id).await?;
    let nothing = || Trouble(format!("no role of the person {} waits", person.id));
    let asked = person.waiting.as_ref().ok_or_else(nothing)?.asked;
    say!("{}", line(&people.decide_roles(person.id, action(asked), None).await?));
    Ok(ExitCode::SUCCESS)
}

fn line(person: &PersonRecord) -> String {
    let state = match (person.disabled, &person.waiting) {
        (Some(at), _) => format!("disabled {}", at.date_naive()),
        (None, Some(waiting)) => format!("{} waits for a second person", waiting.roles),
        (None, None) => "may act".to_owned(),
    };
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
