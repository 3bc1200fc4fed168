//! Sign-ins and sign-outs that have begun: kept by the browser in a sealed cookie, so that whoever begins many costs the service
//! nothing.

use crate::domain::digest::Digest;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chacha20poly1305::aead::{Aead as _, KeyInit as _};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use chrono::{DateTime, Duration, Utc};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Mutex, PoisonError};

/// How long somebody may take at the provider.
pub(super) const LIVES: Duration = Duration::minutes(10);

const NONCE: usize = 24;

/// What somebody is at the provider for.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Errand {
    SignIn { nonce: String, verifier: String },
    SignOut,
}

/// A sign-in or sign-out that has begun.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Pending {
    pub(super) state: String,
    pub(super) errand: Errand,
    /// The path of this service to go to afterwards, where one was named.
    pub(super) return_to: Option<String>,
    pub(super) ends: DateTime<Utc>,
}

impl fmt::Debug for Pending {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "Pending(until {})", self.ends)
    }
}

/// Seals them under a key of this process, and remembers which came back.
pub(super) struct PendingSignIns {
    cipher: XChaCha20Poly1305,
    /// Digests of the states that came back, until they would have ended.
    returned: Mutex<BTreeMap<Digest, DateTime<Utc>>>,
}

impl PendingSignIns {
    pub(super) fn new() -> Result<Self, getrandom::Error> {
        let mut key = [0; 32];
        getrandom::fill(&mut key)?;
        Ok(Self { cipher: XChaCha20Poly1305::new(&key.into()), returned: Mutex::default() })
    }

    /// What the browser keeps; none only where no random bytes can be had.
    pub(super) fn seal(&self, pending: &Pending) -> Option<String> {
        let mut nonce = [0; NONCE];
        getrandom::fill(&mut nonce).ok()?;
        let text = serde_json::to_vec(pending).ok()?;
        let sealed = self.cipher.encrypt(&XNonce::from(nonce), text.as_slice()).ok()?;
        Some(URL_SAFE_NO_PAD.encode([nonce.as_slice(), &sealed].concat()))
    }

    /// What the browser began, if it comes back with its own state, in time and for the first time.
    pub(super) fn come_back(&self, sealed: &str, state: &str, now: DateTime<Utc>) -> Option<Pending> {
        let bytes = URL_SAFE_NO_PAD.decode(sealed).ok()?;
        let (nonce, sealed) = bytes.split_at_checked(NONCE)?;
        let nonce: [u8; NONCE] = nonce.try_into().ok()?;
        let text = self.cipher.decrypt(&XNonce::from(nonce), sealed).ok()?;
        let pending: Pending = serde_json::from_slice(&text).ok()?;
        let digest = Digest::of(pending.state.as_bytes());
        if digest != Digest::of(state.as_bytes()) || pending.ends <= now {
            return None;
        }
        // The map is whole whatever a thread that held it did, so a poisoned lock is still good.
        let mut returned = self.returned.lock().unwrap_or_else(PoisonError::into_inner);
        returned.retain(|_, ends| now < *ends);
        returned.insert(digest, pending.ends).is_none().then_some(pending)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pending(ends: DateTime<Utc>) -> Pending {
        let text = |text: &str| text.to_owned();
        let errand = Errand::SignIn { nonce: text("n"), verifier: text("v") };
        Pending { state: text("s"), errand, return_to: Some(text("/")), ends }
    }

    #[test]
    fn a_sign_in_comes_back_once_in_time_and_with_its_own_state() {
        let sign_ins = PendingSignIns::new().expect("random bytes");
        let now = DateTime::UNIX_EPOCH;
        let made = pending(now + LIVES);
        let sealed = sign_ins.seal(&made).expect("is sealed");
        assert_eq!(sign_ins.come_back(&sealed, "another", now), None);
        assert_eq!(sign_ins.come_back(&sealed, "s", now + LIVES), None, "too late");
        assert_eq!(sign_ins.come_back(&sealed, "s", now), Some(made));
        assert_eq!(sign_ins.come_back(&sealed, "s", now), None, "a second time");
    }

    #[test]
    fn what_was_altered_or_sealed_by_another_is_nothing() {
        let sign_ins = PendingSignIns::new().expect("random bytes");
        let now = DateTime::UNIX_EPOCH;
        let sealed = sign_ins.seal(&pending(now + LIVES)).expect("is sealed");
        let other = PendingSignIns::new().expect("random bytes");
        assert_eq!(other.come_back(&sealed, "s", now), None);
        let mut altered = sealed.clone().into_bytes();
        altered[40] = if altered[40] == b'A' { b'B' } else { b'A' };
        assert_eq!(sign_ins.come_back(&String::from_utf8(altered).expect("text"), "s", now), None);
        for nothing in ["", "AAAA", "not base64!"] {
            assert_eq!(sign_ins.come_back(nothing, "s", now), None);
        }
        assert!(!format!("{:?}", pending(now)).contains('v'));
    }
}
