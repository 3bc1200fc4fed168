//! Reminders: what is due is written into the outbox once, and sent from there until it has arrived or is given up.
//!
//! What is due follows from the calendar, the decisions and the coverage; a return that is sent back is told in the same
//! transaction. A reminder is tried at least once and has the same identifier at every attempt, so that a receiver can tell
//! the second copy that a crash at the wrong moment may bring.

mod deliver;
mod plan;
mod rest;
mod text;

use super::Service;
use super::contacts::DEPARTMENT;
use super::coverage::coverage_at;
use super::error::FlowError;
use crate::domain::reminder::Channel;
use crate::notices::{Mailer, Webhook};
use crate::store::{Contact, NewReminder, ReturnRecord};
use plan::{Occasion, due};
pub(super) use rest::Resting;
use std::collections::BTreeMap;
use std::future::Future;
use std::time::Duration;

/// When people are reminded, and how.
#[derive(Debug, Clone, Default)]
pub struct Reminders {
    pub schedule: ReminderSchedule,
    pub mail: Option<Mailer>,
    pub webhook: Option<Webhook>,
}

/// When people are reminded, and what they are told beside.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ReminderSchedule {
    /// Days before an authority's deadline.
    pub before_days: Vec<u32>,
    /// Days after it.
    pub after_days: Vec<u32>,
    /// Days that a signed return waits for the collector.
    pub unaccepted_days: Vec<u32>,
    /// The hour of the day in Europe/London from which reminders go out.
    pub hour: u32,
    /// The address of the service for people.
    pub link: Option<String>,
    /// Whom to ask.
    pub ask: String,
    /// How long the second attempt waits; each further one waits twice as long, an hour at most.
    pub retry: Duration,
    /// After how long a reminder that did not arrive is given up.
    pub give_up: Duration,
}

impl Reminders {
    fn channels(&self) -> impl Iterator<Item = Channel> {
        let (mail, webhook) = (self.mail.is_some(), self.webhook.is_some());
        Channel::ALL.into_iter().filter(move |channel| match channel {
            Channel::Mail => mail,
            Channel::Webhook => webhook,
        })
    }
}

impl Service {
    fn reminders(&self) -> &Reminders {
        &self.0.parts.reminders
    }

    /// Looks at the collections, plans what is due and sends what waits, again and again until `stop` is ready. What fails is logged and tried again.
    pub async fn keep_reminding(&self, every: Duration, stop: impl Future<Output = ()>) {
        let mut stop = std::pin::pin!(stop);
        loop {
            if let Err(error) = self.plan_reminders().await {
                tracing::error!(%error, cause = error.cause(), "the collections could not be looked at");
            }
            let sent = async {
                if let Err(error) = self.send_reminders().await {
                    tracing::error!(%error, cause = error.cause(), "reminders could not be sent");
                }
            };
            // A letter under way when the service stops is tried again by the next run.
            tokio::select! {
                () = sent => {}
                () = &mut stop => return,
            }
            if tokio::time::timeout(every, &mut stop).await.is_ok() {
                return;
            }
        }
    }

    /// Writes every reminder that is due into the outbox, each once, and says how many were new.
    pub async fn plan_reminders(&self) -> Result<u64, FlowError> {
        if self.reminders().channels().next().is_none() {
            return Ok(0);
        }
        let now = self.now();
        let mut occasions = Vec::new();
        for collection in &self.specification().collections {
            let coverage = coverage_at(self.ledger(), self.specification(), collection, now).await?;
            occasions.extend(due(&self.reminders().schedule, &coverage, now));
        }
        let planned = self.told(occasions).await?;
        if planned.is_empty() {
            return Ok(0);
        }
        self.ledger().plan_reminders(&planned, now).await.map_err(FlowError::store("plan the reminders"))
    }

    /// What is to be told of a return that is sent back, to be written with the move itself.
    pub(super) async fn told_of_sending_back(&self, record: &ReturnRecord) -> Result<Vec<NewReminder>, FlowError> {
        let Some(collection) = record.collection.clone() else { return Ok(Vec::new()) };
        self.told(vec![Occasion::sent_back(collection, record)]).await
    }

    /// A reminder for each occasion, channel and recipient.
    async fn told(&self, occasions: Vec<Occasion>) -> Result<Vec<NewReminder>, FlowError> {
        let channels: Vec<Channel> = self.reminders().channels().collect();
        if channels.is_empty() || occasions.is_empty() {
            return Ok(Vec::new());
        }
        let addresses = self.ledger().reminder_addresses().await;
        let mut by_organisation: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for Contact { organisation, address } in addresses.map_err(FlowError::store("read the contacts"))? {
            by_organisation.entry(organisation).or_default().push(address);
        }
        let mut told = Vec::new();
        for occasion in occasions {
            for channel in &channels {
                match channel {
                    Channel::Webhook => told.push(occasion.by(Channel::Webhook, None)),
                    Channel::Mail => {
                        let addresses = by_organisation.get(&occasion.organisation).map_or(&[][..], Vec::as_slice);
                        told.extend(addresses.iter().map(|one| occasion.by(Channel::Mail, Some(one.clone()))));
                    }
                }
            }
        }
        Ok(told)
    }
}
