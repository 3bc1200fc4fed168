//! `homeward admin key`: keys are made, listed, rotated and ended beside a service that may be running.

use super::Beside;
use crate::cli::Trouble;
use crate::domain::account::{KeyKind, Role, Roles};
use crate::domain::clock::Clock as _;
use crate::domain::digest::Digest;
use crate::flow::{MadeKey, NewKey};
use crate::store::{KeyFilter, KeyRecord};
use chrono::{DateTime, Duration, Utc};
use clap::Subcommand;
use std::process::ExitCode;

#[derive(Debug, Subcommand)]
pub(super) enum KeyCommand {
    /// Make a key; it is shown once
    New {
        /// submitter, signatory, collector, analyst or operator; several with commas
        #[arg(long, value_delimiter = ',', required = true)]
        role: Vec<String>,
        /// The authority, by either code, for a submitter or signatory
        #[arg(long, value_name = "CODE")]
        authority: Option<String>,
        /// The person who acts with it, by the id that `homeward admin person list` shows
        #[arg(long, value_name = "ID")]
        person: Option<String>,
        /// What to call it in lists
        #[arg(long)]
        label: String,
        /// The days it can be used; without it, until it is revoked
        #[arg(long, value_name = "DAYS")]
        days: Option<u32>,
        /// The SHA-256 of the client certificate without which it is not taken, in hexadecimal
        #[arg(long, value_name = "SHA256")]
        certificate: Option<String>,
    },
    /// List the keys, without their secrets
    List {
        /// The sessions of people who signed in, too
        #[arg(long)]
        sessions: bool,
    },
    /// Make a key that takes the place of another, which can be used until the overlap ends
    Rotate {
        /// The key's id or the beginning that `list` shows
        key: String,
        /// How long the old key can still be used: 7d, 12h
        #[arg(long, default_value = "7d", value_parser = overlap)]
        overlap: Duration,
    },
    /// Stand by a key that waits for a second person; it can be used from now on
    Confirm {
        /// The key's id or the beginning that `list` shows
        key: String,
    },
    /// End a key that waits for a second person
    Refuse {
        /// The key's id or the beginning that `list` shows
        key: String,
    },
    /// End a key at once
    Revoke {
        /// The key's id or the beginning that `list` shows
        key: String,
    },
}

/// A number of days or hours.
fn overlap(text: &str) -> Result<Duration, String> {
    let wrong = || "an overlap is a number of days or hours: 7d, 12h, 0d".to_owned();
    let (number, unit) = text.split_at_checked(text.len().saturating_sub(1)).ok_or_else(wrong)?;
    let number: u16 = number.parse().map_err(|_| wrong())?;
    match unit {
        "d" => Ok(Duration::days(number.into())),
        "h" => Ok(Duration::hours(number.into())),
        _ => Err(wrong()),
    }
}

/// The roles of these names.
pub(super) fn roles(names: &[String]) -> Result<Roles, Trouble> {
    let role = |name: &String| {
        let known = Role::ALL.map(Role::name).join(", ");
        Role::from_name(&name.trim().to_ascii_lowercase())
            .ok_or_else(|| Trouble(format!("there is no role {name}; the roles are {known}")))
    };
    names.iter().map(role).collect()
}

pub(super) async fn run(command: KeyCommand, beside: &Beside) -> Result<ExitCode, Trouble> {
    let keys = beside.keys();
    match command {
        KeyCommand::New { role, authority, person, label, days, certificate } => {
            let person = person.map(|id| id.parse().map_err(|_| Trouble(format!("{id} is not the id of a person"))));
            let certificate = certificate.map(|text| fingerprint(&text)).transpose()?;
            let expires = days.map(|days| beside.clock.now() + Duration::days(i64::from(days)));
            let organisation = keys.organisation(authority.as_deref())?;
            let new = NewKey {
                person: person.transpose()?,
                certificate,
                expires,
                ..NewKey::machine(organisation, roles(&role)?, label)
            };
            shown("was made", &keys.make(new).await?);
        }
        KeyCommand::List { sessions } => {
            let kind = (!sessions).then_some(KeyKind::Machine);
            let now = beside.clock.now();
            for key in keys.list(&KeyFilter { kind, ..KeyFilter::default() }).await? {
                say!("{}", line(&key, now));
            }
        }
        KeyCommand::Rotate { key, overlap } => {
            let old = keys.named(&key).await?;
            let made = keys.rotate(&old, overlap, None, false).await?;
            let until = beside.clock.now() + overlap;
            eprintln!("Key {} can be used until {}.", old.prefix, until.format("%Y-%m-%d %H:%M UTC"));
            shown("takes its place", &made);
        }
        KeyCommand::Confirm { key } => {
            let key = keys.confirm(keys.named(&key).await?.id, None).await?;
            say!("Key {} ({}) can be used from now on.", key.id, key.label);
        }
        KeyCommand::Refuse { key } => {
            let key = keys.refuse(keys.named(&key).await?.id, None).await?;
            say!("Key {} ({}) will never be used.", key.id, key.label);
        }
        KeyCommand::Revoke { key } => {
            let key = keys.named(&key).await?;
            keys.revoke(&key, None).await?;
            say!("Key {} ({}) can no longer be used.", key.id, key.label);
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// SHA-256 in hexadecimal, with or without the colons that openssl writes.
fn fingerprint(text: &str) -> Result<Digest, Trouble> {
    let digits: String = text.chars().filter(|sign| *sign != ':').collect();
    digits.to_ascii_lowercase().parse().map_err(|_| {
        Trouble("a certificate is named by 64 hexadecimal digits (openssl x509 -noout -fingerprint -sha256)".to_owned())
    })
}

fn shown(what: &str, made: &MadeKey) {
    eprintln!("Key {} {what}. It is shown this once; keep it safe:", made.record.id);
    say!("{}", made.text);
}

fn line(key: &KeyRecord, now: DateTime<Utc>) -> String {
    let state = match (key.revoked, key.ends()) {
        (Some(at), _) => format!("revoked {}", at.date_naive()),
        (None, Some(at)) if at <= now => format!("ended {}", at.date_naive()),
        (None, _) if key.waits() => "waits for a second person".to_owned(),
        (None, Some(at)) => format!("until {}", at.date_naive()),
        (None, None) => "in use".to_owned(),
    };
    let used = key.last_used.map_or_else(|| "never used".to_owned(), |at| format!("last used {}", at.date_naive()));
    let roles: Vec<&str> = key.roles.iter().map(Role::name).collect();
    let (organisation, roles) = (key.organisation.id(), roles.join(","));
    format!("{}  {}  {roles:<9}  {organisation:>3}  {state}, {used}  {}", key.id, key.prefix, key.label)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_overlap_is_days_or_hours() {
        assert_eq!(overlap("7d"), Ok(Duration::days(7)));
        assert_eq!(overlap("12h"), Ok(Duration::hours(12)));
        for wrong in ["", "7", "d", "-1d", "1w", "7é"] {
            assert!(overlap(wrong).is_err(), "{wrong}");
        }
    }
}
