//! How long the head of a request may be. One that is too long and still fits into a connection's buffer becomes a request,
//! which is refused; one that does not fit, or cannot be read, is refused by the connection ([`super::early_answers`]).

use super::problems::{ADDRESS_TOO_LONG, HEADERS_TOO_LARGE, Problem, REQUEST_INVALID};
use axum::extract::Request;
use axum::http::StatusCode;

/// What a connection reads of a head at most, in bytes.
pub(super) const HEAD: usize = 64 * 1024;
/// How many headers a request may have. It is what hyper has room for without asking for memory; a test holds it to this.
const HEADER_COUNT: usize = 100;

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

/// What is told of a head that cannot be read as HTTP, or is too long to be.
pub(super) fn unreadable(status: StatusCode) -> Problem {
    match status {
        StatusCode::URI_TOO_LONG => {
            Problem::new(ADDRESS_TOO_LONG, format!("An address may have at most {ADDRESS} bytes."))
        }
        StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE => {
            let detail = format!(
                "An address may have at most {ADDRESS} bytes; there may be {HEADER_COUNT} headers, of at most {HEADERS} bytes \
                 together."
            );
            Problem::new(HEADERS_TOO_LARGE, detail)
        }
        _ => Problem::new(
            REQUEST_INVALID,
            "What was sent is not HTTP/1.1: its first line, or one of its headers, is not in the form of RFC 9112.",
        ),
    }
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
