//! How long the head of a request may be. Longer ones that still fit into a connection's buffer are told so with a problem
//! document; what does not even fit is answered by the connection itself, with the status alone.

use super::problems::{ADDRESS_TOO_LONG, HEADERS_TOO_LARGE, Problem};
use axum::extract::Request;

/// The longest address, its query included, in bytes.
const ADDRESS: usize = 8 * 1024;
/// The names and values of all headers together, in bytes.
const HEADERS: usize = 32 * 1024;

/// What is wrong with the size of the head, if anything.
pub(super) fn oversized(request: &Request) -> Option<Problem> {
    let address = request.uri().path_and_query().map_or(0, |address| address.as_str().len());
    if address > ADDRESS {
        return Some(Problem::new(ADDRESS_TOO_LONG, format!("An address may have at most {ADDRESS} bytes.")));
    }
    let headers: usize = request.headers().iter().map(|(name, value)| name.as_str().len() + value.len()).sum();
    (headers > HEADERS)
        .then(|| Problem::new(HEADERS_TOO_LARGE, format!("The headers may have at most {HEADERS} bytes together.")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::body::Body;

    fn refused(path: &str, header: &str) -> Option<u16> {
        let request = Request::get(path).header("cookie", header).body(Body::empty()).expect("a request");
        oversized(&request).map(|problem| problem.status)
    }

    #[test]
    fn long_addresses_and_large_headers_are_told_apart() {
        assert_eq!(refused("/v1/returns", "a=b"), None);
        assert_eq!(refused(&format!("/v1/returns?authority={}", "3".repeat(ADDRESS)), "a=b"), Some(414));
        assert_eq!(refused("/v1/returns", &"a".repeat(HEADERS)), Some(431));
    }
}
