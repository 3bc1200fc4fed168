//! What is known of a connection before its first request: the client's address, and its certificate if it showed one.

use crate::domain::digest::Digest;
use crate::domain::network::{Network, client_of};
use axum::http::HeaderMap;
use std::net::{IpAddr, SocketAddr};

/// The address that limits are counted for: that of the connection, or the one that a trusted proxy named. Of an IPv6 address
/// it is the network, see [`client_of`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct ClientAddress(pub(super) IpAddr);

/// SHA-256 of the certificate (as DER) that the client showed and that one of the configured authorities issued.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct ClientCertificate(pub(super) Digest);

impl ClientAddress {
    /// Every proxy adds at the end of `X-Forwarded-For` whom it was asked by, so the list is read from its end for as long
    /// as those who wrote it are trusted; what stands before that could be written by anybody.
    pub(super) fn of(peer: IpAddr, headers: &HeaderMap, proxies: &[Network]) -> Self {
        let trusted = |address: IpAddr| proxies.iter().any(|network| network.contains(address));
        let mut address = peer.to_canonical();
        let texts = headers.get_all("x-forwarded-for").into_iter().rev();
        for text in texts.flat_map(|value| value.to_str().unwrap_or_default().rsplit(',')) {
            if !trusted(address) {
                break;
            }
            let Some(named) = parse(text.trim()) else { break };
            address = named.to_canonical();
        }
        Self(client_of(address))
    }
}

/// An address; some proxies write the port as well.
fn parse(text: &str) -> Option<IpAddr> {
    text.parse().ok().or_else(|| text.parse::<SocketAddr>().ok().map(|address| address.ip()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(peer: &str, forwarded: &[&'static str]) -> String {
        let proxies = ["10.0.0.0/8".parse().expect("a range"), "2001:db8::1".parse().expect("a range")];
        let mut headers = HeaderMap::new();
        for value in forwarded {
            headers.append("x-forwarded-for", value.parse().expect("a header"));
        }
        ClientAddress::of(peer.parse().expect("an address"), &headers, &proxies).0.to_string()
    }

    #[test]
    fn a_forwarded_address_is_believed_from_trusted_proxies_alone() {
        assert_eq!(address("203.0.113.9", &["198.51.100.1"]), "203.0.113.9", "whoever says so is no proxy");
        assert_eq!(address("10.0.0.1", &[]), "10.0.0.1");
        assert_eq!(address("10.0.0.1", &["198.51.100.1"]), "198.51.100.1");
        assert_eq!(address("10.0.0.1", &["192.0.2.66, 198.51.100.1"]), "198.51.100.1", "the first was made up");
        assert_eq!(address("10.0.0.1", &["192.0.2.66, 198.51.100.1, 10.0.0.2"]), "198.51.100.1");
        assert_eq!(address("10.0.0.1", &["192.0.2.66", "198.51.100.1:4711"]), "198.51.100.1");
        assert_eq!(address("2001:db8::1", &["[2001:db8:0:9::7]:443"]), "2001:db8:0:9::");
        assert_eq!(address("2001:db8:0:9:1:2:3:4", &[]), "2001:db8:0:9::", "one network is one client");
        assert_eq!(address("::ffff:10.0.0.1", &["198.51.100.1"]), "198.51.100.1");
        assert_eq!(address("10.0.0.1", &["198.51.100.1, unknown"]), "10.0.0.1", "what cannot be read ends the list");
    }
}
