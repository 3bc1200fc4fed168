//! How fast one key, or one address without a key, may ask.

use super::problems::{Problem, TOO_MANY_REQUESTS};
use crate::domain::identifier::KeyId;
use governor::clock::{Clock as _, DefaultClock};
use governor::state::keyed::DashMapStateStore;
use governor::{Quota, RateLimiter};
use std::fmt;
use std::net::IpAddr;
use std::num::NonZeroU32;

type Limiter<K> = RateLimiter<K, DashMapStateStore<K>, DefaultClock>;

/// The three limits: requests and uploads of a key, requests of an address that shows no valid key.
pub struct RateLimits {
    requests: Limiter<KeyId>,
    uploads: Limiter<KeyId>,
    anonymous: Limiter<IpAddr>,
    clock: DefaultClock,
}

impl fmt::Debug for RateLimits {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("RateLimits")
    }
}

fn quota(per_minute: u32) -> Quota {
    Quota::per_minute(NonZeroU32::new(per_minute).unwrap_or(NonZeroU32::MIN))
}

impl RateLimits {
    pub fn new(requests_per_minute: u32, uploads_per_minute: u32, anonymous_per_minute: u32) -> Self {
        Self {
            requests: Limiter::dashmap(quota(requests_per_minute)),
            uploads: Limiter::dashmap(quota(uploads_per_minute)),
            anonymous: Limiter::dashmap(quota(anonymous_per_minute)),
            clock: DefaultClock::default(),
        }
    }

    pub fn request(&self, key: KeyId) -> Result<(), Problem> {
        self.answer(&self.requests, &key, "requests")
    }

    pub fn upload(&self, key: KeyId) -> Result<(), Problem> {
        self.answer(&self.uploads, &key, "uploads")
    }

    pub fn anonymous(&self, address: IpAddr) -> Result<(), Problem> {
        self.answer(&self.anonymous, &address, "requests without a key")
    }

    /// Forgets keys and addresses that have been quiet, so that memory does not grow with everyone who ever asked.
    pub fn forget_quiet(&self) {
        self.requests.retain_recent();
        self.uploads.retain_recent();
        self.anonymous.retain_recent();
    }

    fn answer<K: Clone + Eq + std::hash::Hash>(
        &self,
        limiter: &Limiter<K>,
        key: &K,
        what: &str,
    ) -> Result<(), Problem> {
        limiter.check_key(key).map_err(|refused| {
            let wait = refused.wait_time_from(self.clock.now()).as_secs() + 1;
            let detail = format!("There were too many {what} in the last minute. Go on in {wait} s.");
            Problem::new(TOO_MANY_REQUESTS, detail).retry_after(wait)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_request_too_many_is_told_when_to_go_on() {
        let limits = RateLimits::new(2, 1, 1);
        let address = IpAddr::from([127, 0, 0, 1]);
        assert!(limits.anonymous(address).is_ok());
        let refused = limits.anonymous(address).expect_err("the second is refused");
        assert_eq!(refused.status, 429);
        assert!(refused.retry_after_seconds.is_some_and(|seconds| seconds >= 1));
        assert!(limits.anonymous(IpAddr::from([127, 0, 0, 2])).is_ok());
    }
}
