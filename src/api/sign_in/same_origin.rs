//! Whether a request comes from a page of this service: a browser sends its cookies with the requests of any page.

use axum::http::header::{HOST, ORIGIN};
use axum::http::{HeaderMap, Method};

/// Where the request comes from, as the browser says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Site {
    Same,
    Other,
    /// No browser that is in use, or none at all.
    Untold,
}

impl Site {
    /// `own` is the origin by which browsers reach the service, where it is configured; without it the host that they asked.
    pub(super) fn of(headers: &HeaderMap, own: Option<&str>, encrypted: bool) -> Self {
        let text = |name| headers.get(name).map(|value| value.to_str().unwrap_or_default());
        if let Some(site) = text(axum::http::HeaderName::from_static("sec-fetch-site")) {
            return if site == "same-origin" { Self::Same } else { Self::Other };
        }
        let Some(origin) = text(ORIGIN) else { return Self::Untold };
        let scheme = if encrypted { "https" } else { "http" };
        let asked = text(HOST).map(|host| format!("{scheme}://{host}"));
        let is_own = |one: &str| one.eq_ignore_ascii_case(origin);
        if own.is_some_and(is_own) || asked.as_deref().is_some_and(is_own) { Self::Same } else { Self::Other }
    }
}

/// Whether a method only reads (RFC 9110, section 9.2.1).
pub(super) fn only_reads(method: &Method) -> bool {
    method.is_safe()
}

/// The origin of an address: scheme, host and port.
pub(super) fn origin_of(address: &str) -> Option<String> {
    let (scheme, rest) = address.split_once("://")?;
    let host = rest.split(['/', '?', '#']).next()?;
    (!host.is_empty()).then(|| format!("{scheme}://{host}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn site(headers: &[(&'static str, &'static str)]) -> Site {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.insert(*name, value.parse().expect("a header"));
        }
        Site::of(&map, Some("https://homeward.example"), true)
    }

    #[test]
    fn only_pages_of_this_service_count_as_its_own() {
        assert_eq!(site(&[("sec-fetch-site", "same-origin")]), Site::Same);
        for other in ["same-site", "cross-site", "none", "?"] {
            assert_eq!(
                site(&[("sec-fetch-site", other), ("origin", "https://homeward.example")]),
                Site::Other,
                "{other}"
            );
        }
        assert_eq!(site(&[("origin", "https://homeward.example")]), Site::Same);
        assert_eq!(site(&[("origin", "https://inside:8443"), ("host", "inside:8443")]), Site::Same);
        assert_eq!(site(&[("origin", "http://inside:8443"), ("host", "inside:8443")]), Site::Other);
        assert_eq!(site(&[("origin", "https://evil.example"), ("host", "homeward.example")]), Site::Other);
        assert_eq!(site(&[("origin", "null"), ("host", "homeward.example")]), Site::Other);
        assert_eq!(site(&[("host", "homeward.example")]), Site::Untold);
    }

    #[test]
    fn an_origin_is_scheme_host_and_port() {
        let origin = origin_of("https://homeward.example:8443/v1/sign-in/callback");
        assert_eq!(origin.as_deref(), Some("https://homeward.example:8443"));
        assert_eq!(origin_of("homeward.example"), None);
    }
}
