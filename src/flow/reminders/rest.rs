//! Channels that are down are left alone for a while: what they refuse, they would refuse of every reminder.

use super::deliver::LONGEST_WAIT;
use crate::domain::reminder::Channel;
use chrono::{DateTime, Utc};
use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// The channels that are down.
#[derive(Debug, Default)]
pub(in crate::flow) struct Resting(Mutex<BTreeMap<Channel, Rest>>);

#[derive(Debug, Clone, Copy)]
struct Rest {
    /// How often in a row nothing was taken.
    failures: u32,
    until: DateTime<Utc>,
}

impl Resting {
    fn change<T>(&self, change: impl FnOnce(&mut BTreeMap<Channel, Rest>) -> T) -> T {
        // Every change is whole, so a poisoned lock is still good.
        change(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Whether nothing is tried by a channel now.
    pub(super) fn is_left_alone(&self, channel: Channel, now: DateTime<Utc>) -> bool {
        self.change(|resting| resting.get(&channel).is_some_and(|rest| now < rest.until))
    }

    /// The channel is down: until when it is left alone. Each time in a row it is twice as long, an hour at most.
    pub(super) fn is_down(&self, channel: Channel, retry: Duration, now: DateTime<Utc>) -> DateTime<Utc> {
        self.change(|resting| {
            let rest = resting.entry(channel).or_insert(Rest { failures: 0, until: now });
            let wait = retry.saturating_mul(2_u32.saturating_pow(rest.failures)).min(LONGEST_WAIT.max(retry));
            rest.failures = rest.failures.saturating_add(1);
            rest.until = now + wait;
            rest.until
        })
    }

    pub(super) fn works(&self, channel: Channel) {
        self.change(|resting| resting.remove(&channel));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_channel_that_is_down_is_asked_less_and_less_often() {
        let (resting, retry, begin) = (Resting::default(), Duration::from_secs(60), DateTime::UNIX_EPOCH);
        let minutes = |minutes: i64| begin + chrono::Duration::minutes(minutes);
        assert!(!resting.is_left_alone(Channel::Mail, begin));
        assert_eq!(resting.is_down(Channel::Mail, retry, begin), minutes(1));
        assert!(resting.is_left_alone(Channel::Mail, begin) && !resting.is_left_alone(Channel::Mail, minutes(1)));
        assert!(!resting.is_left_alone(Channel::Webhook, begin), "each by itself");
        assert_eq!(resting.is_down(Channel::Mail, retry, minutes(1)), minutes(3));
        for _ in 0..40 {
            resting.is_down(Channel::Mail, retry, begin);
        }
        assert_eq!(resting.is_down(Channel::Mail, retry, begin), minutes(60));
        resting.works(Channel::Mail);
        assert!(!resting.is_left_alone(Channel::Mail, begin));
        assert_eq!(resting.is_down(Channel::Mail, retry, begin), minutes(1));
    }
}
