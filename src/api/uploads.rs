//! Takes the body of an upload from the connection to the spool: under its cap, never paused for long, digest compared.

use super::ApiState;
use super::problems::{DIGEST_MISMATCH, INTERNAL, NO_SPACE, Problem, TOO_LARGE, TOO_SLOW, UPLOAD_INCOMPLETE};
use super::request::invalid;
use crate::domain::digest::Digest;
use crate::intake::spool::{SpoolError, SpooledUpload, spool_stream};
use axum::body::Body;
use axum::http::HeaderMap;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_LENGTH};
use futures::StreamExt as _;
use futures::stream::unfold;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// Receives a body whole, or says why not. Nothing stays on disk of one that did not arrive.
pub(super) async fn receive(state: &ApiState, headers: &HeaderMap, body: Body) -> Result<SpooledUpload, Problem> {
    let announced = announced_digest(headers)?;
    let limit = state.service.specification().limits.upload_bytes;
    let length = headers.get(CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse::<u64>().ok());
    if length.is_some_and(|length| length > limit) {
        read_away(body, limit).await;
        return Err(too_large(limit));
    }
    let slow = Arc::new(AtomicBool::new(false));
    let (paused, idle) = (Arc::clone(&slow), state.body_idle);
    let pieces = unfold(Some(body.into_data_stream()), move |stream| {
        let paused = Arc::clone(&paused);
        async move {
            let mut stream = stream?;
            match tokio::time::timeout(idle, stream.next()).await {
                Ok(Some(Ok(piece))) => Some((Ok(piece), Some(stream))),
                Ok(Some(Err(error))) => Some((Err(error.to_string()), None)),
                Ok(None) => None,
                Err(_) => {
                    paused.store(true, Ordering::Relaxed);
                    Some((Err("no byte came for too long".to_owned()), None))
                }
            }
        }
    });
    let spooled = spool_stream(pieces, state.service.spool(), limit).await;
    let upload = spooled.map_err(|error| match error {
        SpoolError::TooLarge { limit } => too_large(limit),
        SpoolError::BrokenOff { .. } if slow.load(Ordering::Relaxed) => {
            Problem::new(TOO_SLOW, format!("No byte of the body came for {} s.", state.body_idle.as_secs()))
        }
        SpoolError::BrokenOff { bytes, .. } => {
            Problem::new(UPLOAD_INCOMPLETE, format!("The connection ended after {bytes} bytes. Send the file again."))
        }
        SpoolError::NoSpace => Problem::new(NO_SPACE, error.to_string()).retry_after(60),
        SpoolError::Unwritable { .. } => {
            tracing::error!(%error, "the spool cannot be written");
            Problem::new(INTERNAL, "The upload could not be kept. Send it again later.")
        }
    })?;
    match announced {
        Some(digest) if digest != upload.digest => {
            Err(Problem::new(DIGEST_MISMATCH, format!("The SHA-256 of the bytes that arrived is {}.", upload.digest)))
        }
        _ => Ok(upload),
    }
}

/// How long the rest of a refused body is read away.
const READ_AWAY_FOR: Duration = Duration::from_secs(10);

/// Reads a refused body and keeps nothing of it, so that its sender, who writes before reading, still gets the answer.
/// One that is more than twice too large, or slow, is cut off.
async fn read_away(body: Body, limit: u64) {
    let mut pieces = body.into_data_stream();
    let mut bytes = 0_u64;
    let reading = async {
        while let Some(Ok(piece)) = pieces.next().await {
            bytes += piece.len() as u64;
            if bytes > 2 * limit {
                break;
            }
        }
    };
    // Either way the answer is the same.
    let _ = tokio::time::timeout(READ_AWAY_FOR, reading).await;
}

fn too_large(limit: u64) -> Problem {
    Problem::new(
        TOO_LARGE,
        format!("An upload may have at most {limit} bytes (upload_bytes). A ZIP of the files is smaller."),
    )
}

/// The digest that the client says its bytes have: `sha-256=:BASE64:` (RFC 9530) or 64 hexadecimal digits.
fn announced_digest(headers: &HeaderMap) -> Result<Option<Digest>, Problem> {
    let Some(value) = headers.get("content-digest") else { return Ok(None) };
    let text = value.to_str().unwrap_or_default().trim();
    let wrong = || invalid("Content-Digest", "the digest cannot be read", "sha-256=:BASE64: or 64 hexadecimal digits");
    if let Ok(digest) = text.parse() {
        return Ok(Some(digest));
    }
    let encoded = text.strip_prefix("sha-256=:").and_then(|rest| rest.strip_suffix(':')).ok_or_else(wrong)?;
    let bytes = base64_bytes(encoded).ok_or_else(wrong)?;
    bytes.try_into().map(|bytes| Some(Digest::from_bytes(bytes))).map_err(|_| wrong())
}

fn base64_bytes(text: &str) -> Option<Vec<u8>> {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.decode(text).ok()
}

/// What the person called the file: `Content-Disposition: attachment; filename="…"`.
pub(super) fn file_name(headers: &HeaderMap) -> Option<String> {
    let disposition = headers.get(CONTENT_DISPOSITION)?.to_str().ok()?;
    let named = disposition.split(';').find_map(|part| part.trim().strip_prefix("filename="))?;
    let name = named.trim_matches('"').rsplit(['/', '\\']).next()?;
    let sound = !name.is_empty() && name.len() <= 255 && !name.chars().any(char::is_control);
    sound.then(|| name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(name: &'static str, value: &str) -> HeaderMap {
        HeaderMap::from_iter([(axum::http::HeaderName::from_static(name), value.parse().expect("a header"))])
    }

    #[test]
    fn digests_are_read_in_both_forms() {
        let digest = Digest::of(b"abc");
        for text in ["sha-256=:ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=:", &digest.to_string()] {
            assert_eq!(announced_digest(&headers("content-digest", text)).expect("reads"), Some(digest));
        }
        assert_eq!(announced_digest(&HeaderMap::new()).expect("none"), None);
        assert_eq!(announced_digest(&headers("content-digest", "md5=:x:")).expect_err("is refused").status, 400);
    }

    #[test]
    fn a_file_name_is_only_its_last_part() {
        let name = |value| file_name(&headers("content-disposition", value));
        assert_eq!(name("attachment; filename=\"C:\\data\\return.zip\"").as_deref(), Some("return.zip"));
        assert_eq!(name("attachment; filename=../../etc/x.csv").as_deref(), Some("x.csv"));
        assert_eq!(name("attachment"), None);
    }
}
