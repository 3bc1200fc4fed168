//! Sends what waits in the outbox, each channel by itself, so that a server that hangs holds up nobody else.

use super::text::{webhook_body, written};
use crate::domain::reminder::Channel;
use crate::flow::Service;
use crate::flow::error::FlowError;
use crate::notices::{Letter, Notice, NoticeError};
use crate::store::{Reminder, ReminderEnd};
use std::time::Duration;

/// The most reminders of a channel that are sent before it is looked again at what is due.
const AT_ONCE: u64 = 500;

/// The longest that an attempt waits for the one before it.
pub(super) const LONGEST_WAIT: Duration = Duration::from_secs(3600);

impl Service {
    /// Sends every reminder whose attempt is due, by all channels at the same time.
    pub async fn send_reminders(&self) -> Result<(), FlowError> {
        let channels: Vec<Channel> = self.reminders().channels().collect();
        let sent = channels.into_iter().map(|channel| self.send_by(channel));
        futures::future::try_join_all(sent).await?;
        let waiting = self.ledger().reminders_waiting().await.map_err(FlowError::store("count the reminders"))?;
        for channel in Channel::ALL {
            let count = waiting.get(&channel).copied().unwrap_or(0);
            let gauge = self.metrics().reminders_waiting.with_label_values(&[channel.name()]);
            gauge.set(i64::try_from(count).unwrap_or(i64::MAX));
        }
        Ok(())
    }

    async fn send_by(&self, channel: Channel) -> Result<(), FlowError> {
        let failed = FlowError::store("send the reminders");
        if self.0.resting.is_left_alone(channel, self.now()) {
            return Ok(());
        }
        let down = self.metrics().reminder_channel_down.with_label_values(&[channel.name()]);
        let due = self.ledger().reminders_due(channel, self.now(), AT_ONCE).await.map_err(&failed)?;
        for reminder in due {
            let schedule = &self.reminders().schedule;
            let tries = u32::try_from(reminder.attempts).unwrap_or(u32::MAX);
            let wait = schedule.retry.saturating_mul(2_u32.saturating_pow(tries)).min(LONGEST_WAIT.max(schedule.retry));
            let next = self.now() + wait;
            // Written first: should the process die while it is sent, it is tried again, and not at once.
            if !self.ledger().attempt_reminder(&reminder, next).await.map_err(&failed)? {
                continue;
            }
            match self.send(&reminder).await {
                Ok(()) => {
                    self.0.resting.works(channel);
                    down.set(0);
                    self.count_reminder(&reminder, "delivered");
                    self.ledger().end_reminder(&reminder, ReminderEnd::Delivered, self.now()).await.map_err(&failed)?;
                }
                Err(error) => {
                    let (id, attempt) = (reminder.id, reminder.attempts + 1);
                    tracing::warn!(reminder = %id, %channel, kind = %reminder.what.kind, attempt, %error, "a reminder was not sent");
                    self.count_reminder(&reminder, "failed");
                    // No letter is given up for what the server has against the service.
                    let is_refused = matches!(error, NoticeError::ChannelRefused { .. });
                    if next >= reminder.planned + schedule.give_up && !is_refused {
                        self.count_reminder(&reminder, "given-up");
                        self.ledger()
                            .end_reminder(&reminder, ReminderEnd::GivenUp, self.now())
                            .await
                            .map_err(&failed)?;
                    }
                    if error.concerns_the_whole_channel() {
                        let until = self.0.resting.is_down(channel, schedule.retry, self.now());
                        down.set(1);
                        tracing::error!(%channel, %error, %until, "nothing can be sent by a channel; it is left alone for a while");
                        return Ok(());
                    }
                }
            }
        }
        Ok(())
    }

    async fn send(&self, reminder: &Reminder) -> Result<(), NoticeError> {
        let missing = || NoticeError::Settings("the channel of the reminder is not configured any more".to_owned());
        let schedule = &self.reminders().schedule;
        match reminder.what.channel {
            Channel::Mail => {
                let mailer = self.reminders().mail.as_ref().ok_or_else(missing)?;
                let to = reminder.what.recipient.clone().ok_or_else(missing)?;
                let (subject, text) = written(self.specification(), schedule, reminder);
                mailer.send(&Letter { id: reminder.id, to, subject, text, at: reminder.planned }).await
            }
            Channel::Webhook => {
                let webhook = self.reminders().webhook.as_ref().ok_or_else(missing)?;
                let body = webhook_body(self.specification(), schedule, reminder);
                webhook.send(&Notice { id: reminder.id, body }, self.now()).await
            }
        }
    }

    fn count_reminder(&self, reminder: &Reminder, result: &str) {
        let (channel, kind) = (reminder.what.channel.name(), reminder.what.kind.name());
        self.metrics().reminders_total.with_label_values(&[channel, kind, result]).inc();
    }
}
