//! The cookies of people who sign in with a browser.

use axum::http::header::COOKIE;
use axum::http::{HeaderMap, HeaderValue};
use chrono::Duration;
use cookie::{Cookie, SameSite};

/// The name that a browser ties to this host, to encryption and to the whole of it (RFC 6265bis, section 4.1.3).
const PREFIX: &str = "__Host-";

/// A cookie of ours. No script of a page can read it, and no other host gets it.
#[derive(Debug, Clone, Copy)]
pub(super) struct OwnCookie {
    name: &'static str,
}

/// The session of a person who is signed in.
pub(super) const SESSION: OwnCookie = OwnCookie { name: "homeward" };
/// A sign-in that has begun at the provider.
pub(super) const PENDING: OwnCookie = OwnCookie { name: "homeward-sign-in" };

/// A sign-out that has begun at the provider.
pub(super) const LEAVING: OwnCookie = OwnCookie { name: "homeward-sign-out" };

impl OwnCookie {
    /// The text that the browser sent under the name. Without encryption the browser would not take the prefix.
    pub(super) fn read(self, headers: &HeaderMap, encrypted: bool) -> Option<String> {
        let name = self.full_name(encrypted);
        let texts = headers.get_all(COOKIE).into_iter().filter_map(|value| value.to_str().ok());
        let found = texts.flat_map(Cookie::split_parse).filter_map(Result::ok).find(|cookie| cookie.name() == name)?;
        Some(found.value().to_owned())
    }

    pub(super) fn set(self, value: &str, lives: Duration, encrypted: bool) -> Option<HeaderValue> {
        self.header(value, lives.num_seconds(), encrypted)
    }

    pub(super) fn clear(self, encrypted: bool) -> Option<HeaderValue> {
        self.header("", 0, encrypted)
    }

    fn header(self, value: &str, seconds: i64, encrypted: bool) -> Option<HeaderValue> {
        let mut cookie = Cookie::new(self.full_name(encrypted), value);
        cookie.set_path("/");
        cookie.set_http_only(true);
        cookie.set_secure(encrypted);
        // With links from elsewhere, so that the provider's redirect brings it back; never with what changes something.
        cookie.set_same_site(SameSite::Lax);
        cookie.set_max_age(Some(cookie::time::Duration::seconds(seconds)));
        cookie.to_string().parse().ok()
    }

    fn full_name(self, encrypted: bool) -> String {
        format!("{}{}", if encrypted { PREFIX } else { "" }, self.name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cookie_is_tied_to_the_host_and_hidden_from_pages() {
        let set = SESSION.set("hw_1", Duration::hours(1), true).expect("a header");
        assert_eq!(set, "__Host-homeward=hw_1; HttpOnly; SameSite=Lax; Secure; Path=/; Max-Age=3600");
        let local = SESSION.set("hw_1", Duration::hours(1), false).expect("a header");
        assert_eq!(local, "homeward=hw_1; HttpOnly; SameSite=Lax; Path=/; Max-Age=3600");
        let cleared = SESSION.clear(true).expect("a header");
        assert_eq!(cleared, "__Host-homeward=; HttpOnly; SameSite=Lax; Secure; Path=/; Max-Age=0");
    }

    #[test]
    fn a_cookie_is_found_among_others() {
        let mut headers = HeaderMap::new();
        headers.append(COOKIE, HeaderValue::from_static("theme=dark; homeward=hw_plain"));
        headers.append(COOKIE, HeaderValue::from_static("__Host-homeward=hw_host"));
        assert_eq!(SESSION.read(&headers, true).as_deref(), Some("hw_host"));
        assert_eq!(SESSION.read(&headers, false).as_deref(), Some("hw_plain"), "without encryption there is no prefix");
        assert_eq!(PENDING.read(&headers, true), None);
    }
}
