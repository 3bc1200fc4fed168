//! How fast one key and one address may ask, and how a client is told where it stands (draft-ietf-httpapi-ratelimit-headers).

use super::identity::address_of;
use super::problems::{Problem, TOO_MANY_REQUESTS};
use super::state::ApiState;
use crate::domain::digest::Digest;
use crate::domain::identifier::KeyId;
use crate::telemetry::Limit;
use axum::extract::{Request, State};
use axum::http::{HeaderName, HeaderValue};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use governor::clock::{Clock as _, DefaultClock};
use governor::middleware::StateInformationMiddleware;
use governor::state::keyed::DashMapStateStore;
use governor::{Quota, RateLimiter};
use std::fmt;
use std::net::IpAddr;
use std::num::NonZeroU32;
use std::sync::{Arc, Mutex, PoisonError};

type Limiter<K> = RateLimiter<K, DashMapStateStore<K>, DefaultClock, StateInformationMiddleware>;

const WINDOW_SECONDS: u64 = 60;

/// The rates a minute.
#[derive(Debug, Clone, Copy)]
pub struct PerMinute {
    pub requests: u32,
    pub uploads: u32,
    pub anonymous: u32,
    pub address_requests: u32,
    pub address_uploads: u32,
    /// Tries to sign in with a user name.
    pub sign_ins: u32,
    pub address_sign_ins: u32,
}

/// The limits: requests and uploads of a key and of an address, requests of an address that shows no valid key.
pub struct RateLimits {
    requests: Limiter<KeyId>,
    uploads: Limiter<KeyId>,
    anonymous: Limiter<IpAddr>,
    address_requests: Limiter<IpAddr>,
    address_uploads: Limiter<IpAddr>,
    address_sign_ins: Limiter<IpAddr>,
    user_sign_ins: Limiter<Digest>,
    clock: DefaultClock,
}

impl fmt::Debug for RateLimits {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("RateLimits")
    }
}

/// Where a request stands with a limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Standing {
    limit: Limit,
    per_minute: u32,
    remaining: u32,
}

/// The standing that the answer will tell: that with the limit of which least is left.
#[derive(Debug, Clone, Default)]
pub(super) struct Told(Arc<Mutex<Option<Standing>>>);

impl Told {
    pub(super) fn note(&self, standing: Standing) {
        // It is replaced as a whole, so a poisoned lock is still good.
        let mut told = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let left = |one: &Standing| u64::from(one.remaining) * 1_000 / u64::from(one.per_minute.max(1));
        if told.as_ref().is_none_or(|earlier| left(&standing) <= left(earlier)) {
            *told = Some(standing);
        }
    }

    fn standing(&self) -> Option<Standing> {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Counts every request for its address, lets what counts it further say where it stands, and writes it into the answer.
pub(super) async fn told(State(state): State<ApiState>, mut request: Request, next: Next) -> Response {
    let told = Told::default();
    let counted = state.rates.address_request(address_of(request.extensions()));
    let mut response = match state.within(Some(&told), counted) {
        Ok(()) => {
            request.extensions_mut().insert(told.clone());
            next.run(request).await
        }
        Err(problem) => problem.into_response(),
    };
    if let Some(Standing { limit, per_minute, remaining }) = told.standing() {
        let name = limit.name();
        // The seconds until one request more is allowed, or until all are again.
        let used = u64::from(per_minute.saturating_sub(remaining));
        let until = if remaining == 0 { 1 } else { used * WINDOW_SECONDS / u64::from(per_minute.max(1)) };
        let headers = [
            ("ratelimit-policy", format!("\"{name}\";q={per_minute};w={WINDOW_SECONDS}")),
            ("ratelimit", format!("\"{name}\";r={remaining};t={until}")),
        ];
        for (header, value) in headers {
            if let Ok(value) = HeaderValue::from_str(&value) {
                response.headers_mut().insert(HeaderName::from_static(header), value);
            }
        }
    }
    response
}

fn limiter<K: Clone + Eq + std::hash::Hash>(per_minute: u32) -> Limiter<K> {
    let quota = Quota::per_minute(NonZeroU32::new(per_minute).unwrap_or(NonZeroU32::MIN));
    RateLimiter::dashmap(quota).with_middleware()
}

/// One request more than a limit allows.
pub(super) struct TooFast {
    pub(super) limit: Limit,
    pub(super) standing: Standing,
    pub(super) problem: Box<Problem>,
}

impl RateLimits {
    pub fn new(rates: PerMinute) -> Self {
        Self {
            requests: limiter(rates.requests),
            uploads: limiter(rates.uploads),
            anonymous: limiter(rates.anonymous),
            address_requests: limiter(rates.address_requests),
            address_uploads: limiter(rates.address_uploads),
            address_sign_ins: limiter(rates.address_sign_ins),
            user_sign_ins: limiter(rates.sign_ins),
            clock: DefaultClock::default(),
        }
    }

    pub(super) fn request(&self, key: KeyId) -> Result<Standing, TooFast> {
        self.answer(&self.requests, &key, Limit::KeyRequests, "requests of this key")
    }

    pub(super) fn upload(&self, key: KeyId) -> Result<Standing, TooFast> {
        self.answer(&self.uploads, &key, Limit::KeyUploads, "uploads of this key")
    }

    pub(super) fn anonymous(&self, address: IpAddr) -> Result<Standing, TooFast> {
        self.answer(&self.anonymous, &address, Limit::AnonymousRequests, "requests without a key")
    }

    pub(super) fn address_request(&self, address: IpAddr) -> Result<Standing, TooFast> {
        self.answer(&self.address_requests, &address, Limit::AddressRequests, "requests of this address")
    }

    pub(super) fn address_upload(&self, address: IpAddr) -> Result<Standing, TooFast> {
        self.answer(&self.address_uploads, &address, Limit::AddressUploads, "uploads of this address")
    }

    pub(super) fn address_sign_in(&self, address: IpAddr) -> Result<Standing, TooFast> {
        self.answer(&self.address_sign_ins, &address, Limit::AddressSignIns, "tries to sign in from this address")
    }

    /// Counted whether or not there is somebody of that name, so that the limit does not tell.
    pub(super) fn user_sign_in(&self, user_name: &str) -> Result<Standing, TooFast> {
        let name = Digest::of(user_name.to_lowercase().as_bytes());
        self.answer(&self.user_sign_ins, &name, Limit::UserSignIns, "tries to sign in with this user name")
    }

    /// Forgets keys and addresses that have been quiet, so that memory does not grow with everyone who ever asked.
    pub fn forget_quiet(&self) {
        self.requests.retain_recent();
        self.uploads.retain_recent();
        self.anonymous.retain_recent();
        self.address_requests.retain_recent();
        self.address_uploads.retain_recent();
        self.address_sign_ins.retain_recent();
        self.user_sign_ins.retain_recent();
    }

    fn answer<K: Clone + Eq + std::hash::Hash>(
        &self,
        limiter: &Limiter<K>,
        key: &K,
        limit: Limit,
        what: &str,
    ) -> Result<Standing, TooFast> {
        match limiter.check_key(key) {
            Ok(state) => Ok(Standing {
                limit,
                per_minute: state.quota().burst_size().get(),
                remaining: state.remaining_burst_capacity(),
            }),
            Err(refused) => {
                let wait = refused.wait_time_from(self.clock.now()).as_secs() + 1;
                let detail = format!("There were too many {what} in the last minute. Go on in {wait} s.");
                let standing = Standing { limit, per_minute: refused.quota().burst_size().get(), remaining: 0 };
                let problem = Box::new(Problem::new(TOO_MANY_REQUESTS, detail).retry_after(wait));
                Err(TooFast { limit, standing, problem })
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_request_too_many_is_told_when_to_go_on() {
        let rates = PerMinute {
            requests: 2,
            uploads: 1,
            anonymous: 1,
            address_requests: 2,
            address_uploads: 1,
            sign_ins: 1,
            address_sign_ins: 1,
        };
        let limits = RateLimits::new(rates);
        let address = IpAddr::from([127, 0, 0, 1]);
        assert!(limits.anonymous(address).is_ok());
        let refused = limits.anonymous(address).expect_err("the second is refused");
        assert_eq!((refused.problem.status, refused.standing.remaining), (429, 0));
        assert!(refused.problem.retry_after_seconds.is_some_and(|seconds| seconds >= 1));
        assert!(limits.anonymous(IpAddr::from([127, 0, 0, 2])).is_ok());
        assert!(limits.user_sign_in("Kestrel").is_ok() && limits.user_sign_in("heron").is_ok());
        assert!(limits.user_sign_in("kestrel").is_err(), "a user name in other letters is the same");
        let first = limits.address_request(address).ok().expect("the first is not");
        assert_eq!((first.per_minute, first.remaining), (2, 1));
    }

    #[test]
    fn the_limit_of_which_least_is_left_is_told() {
        let told = Told::default();
        let wide = Standing { limit: Limit::KeyRequests, per_minute: 600, remaining: 599 };
        let narrow = Standing { limit: Limit::KeyUploads, per_minute: 30, remaining: 3 };
        told.note(narrow);
        told.note(wide);
        assert_eq!(told.standing(), Some(narrow));
    }
}
