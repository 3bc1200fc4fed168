//! From the configuration to those who send reminders. What cannot work is said at the start.

use super::{Trouble, secrets};
use crate::config::{Configuration, MailSection, MailTlsMode, WebhookSection};
use crate::flow::{ReminderSchedule, Reminders};
use crate::notices::{MailSettings, MailTls, Mailer, Webhook, WebhookSettings};
use std::path::Path;
use std::time::Duration;

/// The longest wait before a second attempt: a day, in seconds.
const LONGEST_RETRY: u64 = 86_400;
/// The longest time before a reminder is given up: a year, in seconds.
const LONGEST_GIVE_UP: u64 = 31_536_000;

/// The senders of a configuration; none where nothing is configured to send by.
pub(super) fn reminders(configuration: &Configuration) -> Result<Reminders, Trouble> {
    let section = &configuration.reminders;
    if section.hour > 23 {
        return Err(Trouble("reminders.hour is an hour of the day, from 0 to 23".to_owned()));
    }
    if section.retry_seconds > LONGEST_RETRY || section.give_up_seconds > LONGEST_GIVE_UP {
        let problem = "reminders.retry_seconds is a day at most, and reminders.give_up_seconds a year";
        return Err(Trouble(problem.to_owned()));
    }
    Ok(Reminders {
        schedule: ReminderSchedule {
            before_days: section.before_days.clone(),
            after_days: section.after_days.clone(),
            unaccepted_days: section.unaccepted_days.clone(),
            hour: section.hour,
            link: section.link.clone(),
            ask: section.ask.clone(),
            retry: Duration::from_secs(section.retry_seconds),
            give_up: Duration::from_secs(section.give_up_seconds),
        },
        mail: mailer(&configuration.mail)?,
        webhook: webhook(&configuration.webhooks)?,
    })
}

fn mailer(section: &MailSection) -> Result<Option<Mailer>, Trouble> {
    let Some(server) = section.server.clone() else { return Ok(None) };
    let missing = |what: &str| Trouble(format!("mail.server is set, so {what} is needed"));
    let from = section.from.clone().ok_or_else(|| missing("mail.from"))?;
    let password = secrets::configured("mail.password", section.password.as_ref(), section.password_file.as_deref())?;
    let credentials = match (section.user.clone(), password) {
        (Some(user), Some(password)) => Some((user, password)),
        (None, None) => None,
        _ => return Err(Trouble("mail.user and mail.password go together".to_owned())),
    };
    let tls = match section.tls {
        MailTlsMode::None => MailTls::None,
        MailTlsMode::Starttls => MailTls::StartTls,
        MailTlsMode::Tls => MailTls::Tls,
    };
    if credentials.is_some() && tls == MailTls::None {
        return Err(Trouble("mail.password would go over the network in plain text; set mail.tls".to_owned()));
    }
    let ca = section.ca_file.as_deref().map(|path| read("mail.ca_file", path)).transpose()?;
    let timeout = Duration::from_secs(section.timeout_seconds);
    let settings = MailSettings { server, port: section.port, tls, credentials, from, ca, timeout };
    Ok(Some(Mailer::new(settings)?))
}

fn webhook(section: &WebhookSection) -> Result<Option<Webhook>, Trouble> {
    let Some(url) = section.url.clone() else { return Ok(None) };
    let secret = secrets::configured("webhooks.secret", section.secret.as_ref(), section.secret_file.as_deref())?;
    let secret = secret.ok_or_else(|| Trouble("webhooks.url is set, so webhooks.secret is needed".to_owned()))?;
    let timeout = Duration::from_secs(section.timeout_seconds);
    Ok(Some(Webhook::new(WebhookSettings { url, secret, timeout })?))
}

fn read(name: &str, path: &Path) -> Result<Vec<u8>, Trouble> {
    std::fs::read(path).map_err(|error| Trouble(format!("{name}: {} cannot be read: {error}", path.display())))
}
