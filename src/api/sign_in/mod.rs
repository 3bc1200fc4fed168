//! Signing people in, from the browser's side: to the provider and back, sessions, cookies, and pages of others kept out.

mod cookies;
pub(super) mod leave;
pub(super) mod page;
mod pending;
mod return_path;
mod same_origin;
pub(super) mod session;

use super::problems::{CROSS_SITE, Problem};
use axum::http::{HeaderMap, Method};
use cookies::SESSION;
use pending::PendingSignIns;
use same_origin::Site;
use std::fmt;

/// What signing in needs beside the service itself.
pub struct SignInDoor {
    encrypted: bool,
    /// The origin by which browsers reach the service, where it is known.
    origin: Option<String>,
    pending: PendingSignIns,
}

impl fmt::Debug for SignInDoor {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("SignInDoor")
    }
}

impl SignInDoor {
    /// `encrypted` says whether browsers reach the service by HTTPS; `address` is one by which they do, where it is known.
    pub fn new(encrypted: bool, address: Option<&str>) -> Result<Self, getrandom::Error> {
        Ok(Self { encrypted, origin: address.and_then(same_origin::origin_of), pending: PendingSignIns::new()? })
    }

    /// The session of a browser, if the request may use it: what changes something must come from a page of this service.
    pub(super) fn session_of(&self, method: &Method, headers: &HeaderMap) -> Result<Option<String>, Problem> {
        let Some(session) = SESSION.read(headers, self.encrypted) else { return Ok(None) };
        let site = Site::of(headers, self.origin.as_deref(), self.encrypted);
        if same_origin::only_reads(method) || site == Site::Same { Ok(Some(session)) } else { Err(cross_site()) }
    }

    /// A page of another service signs nobody in here. What is no browser says nothing of where it comes from.
    fn refuse_other_sites(&self, headers: &HeaderMap) -> Result<(), Problem> {
        let site = Site::of(headers, self.origin.as_deref(), self.encrypted);
        if site == Site::Other { Err(cross_site()) } else { Ok(()) }
    }
}

fn cross_site() -> Problem {
    Problem::new(CROSS_SITE, CROSS_SITE.help)
}
