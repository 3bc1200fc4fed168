//! `homeward admin sign-in`: how a person who was entered signs in.

use super::Beside;
use crate::cli::{Trouble, prompt};
use crate::config::SigninSection;
use crate::domain::account::Roles;
use crate::domain::clock::Clock as _;
use crate::domain::identifier::PersonId;
use crate::flow::hash_password;
use crate::store::{Ledger as _, PersonAction, PersonStep, SignIn};
use clap::Subcommand;
use std::process::ExitCode;

#[derive(Debug, Subcommand)]
pub(super) enum SignInCommand {
    /// Set a person's password, asked for at the terminal or read from standard input; every session of theirs ends
    Password {
        /// The person's id
        person: String,
        /// What the person types beside the password
        #[arg(long, value_name = "NAME")]
        user_name: String,
    },
    /// Name the account at the OpenID provider by which a person is known; every session of theirs ends
    Provider {
        /// The person's id
        person: String,
        /// The account's `sub`, which the service tells whoever signs in and was not entered
        #[arg(long, value_name = "SUB")]
        subject: String,
        /// The provider; without it the one that is configured
        #[arg(long, value_name = "ADDRESS")]
        issuer: Option<String>,
    },
}

pub(super) async fn run(command: SignInCommand, beside: &Beside, section: &SigninSection) -> Result<ExitCode, Trouble> {
    let (person, sign_in) = match command {
        SignInCommand::Password { person, user_name } => {
            if section.issuer.is_some() {
                let problem = "people sign in with the provider that [signin] names, and not with passwords";
                return Err(Trouble(problem.to_owned()));
            }
            let user_name = user_name.trim().to_owned();
            if user_name.is_empty() || user_name.chars().count() > 200 {
                return Err(Trouble("a user name has 1 to 200 characters".to_owned()));
            }
            let password = hash_password(&prompt::new_password().await?)?;
            (person, SignIn::Local { user_name, password })
        }
        SignInCommand::Provider { person, subject, issuer } => {
            let configured = || Trouble("[signin] names no issuer; give --issuer".to_owned());
            let issuer = issuer.or_else(|| section.issuer.clone()).ok_or_else(configured)?;
            (person, SignIn::OpenId { issuer, subject })
        }
    };
    let id: PersonId = person.parse().map_err(|_| Trouble(format!("{person} is not the id of a person")))?;
    let action = PersonAction::SignIn(sign_in);
    let step = PersonStep { id, action, at: beside.clock.now(), by: None, confirmed_by_another: Roles::NONE };
    let changed = beside.ledger.change_person(&step).await?;
    say!("The person {} of {} signs in that way from now on.", changed.id, changed.organisation);
    Ok(ExitCode::SUCCESS)
}
