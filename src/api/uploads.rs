//! Takes an upload on, and its body from the connection to the spool: under its cap, digest compared.

use super::ApiState;
use super::identity::{Caller, address, told};
use super::problems::{DIGEST_MISMATCH, INTERNAL, Problem, TOO_LARGE, UNSUPPORTED_MEDIA_TYPE, UPLOAD_INCOMPLETE};
use super::request::invalid;
use crate::domain::digest::Digest;
use crate::flow::{Account, FlowError, UploadUnderWay};
use crate::intake::spool::{SpoolError, SpooledUpload, spool_stream};
use axum::body::Body;
use axum::extract::FromRequestParts;
use axum::http::HeaderMap;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_LENGTH, CONTENT_TYPE};
use axum::http::request::Parts;
use futures::StreamExt as _;
use futures::stream::unfold;

/// An upload that was taken on before a byte of its body was read: it is within the rates and the limits of its key and
/// its address, and there is room for it.
#[derive(Debug)]
pub(super) struct Uploading {
    pub(super) account: Account,
    under_way: UploadUnderWay,
}

impl FromRequestParts<ApiState> for Uploading {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &ApiState) -> Result<Self, Problem> {
        let Caller(account) = Caller::from_request_parts(parts, state).await?;
        let address = address(parts);
        state.within(told(parts), state.rates.upload(account.key))?;
        state.within(told(parts), state.rates.address_upload(address))?;
        let limit = state.service.specification().limits.upload_bytes;
        let length = parts.headers.get(CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse::<u64>().ok());
        if length.is_some_and(|length| length > limit) {
            return Err(too_large(limit));
        }
        let under_way = state.service.take_on(&account, address, length).await?;
        Ok(Self { account, under_way })
    }
}

impl Uploading {
    /// Receives the body whole, or says why not. Nothing stays on disk of one that did not arrive.
    pub(super) async fn receive(
        self,
        state: &ApiState,
        headers: &HeaderMap,
        body: Body,
    ) -> Result<SpooledUpload, Problem> {
        let announced = announced_digest(headers)?;
        if is_form(headers) {
            return Err(Problem::new(
                UNSUPPORTED_MEDIA_TYPE,
                "The file is the body itself, and not a field of a form.",
            ));
        }
        let limit = state.service.specification().limits.upload_bytes;
        let mut under_way = self.under_way;
        let mut no_room = None;
        let pieces = unfold(Some((body.into_data_stream(), &mut under_way, &mut no_room)), |taking| async move {
            let (mut stream, under_way, no_room) = taking?;
            match stream.next().await? {
                Ok(piece) => match under_way.arrived(piece.len() as u64).await {
                    Ok(()) => Some((Ok(piece), Some((stream, under_way, no_room)))),
                    Err(error) => {
                        *no_room = Some(error);
                        Some((Err("there is no room for more".to_owned()), None))
                    }
                },
                Err(error) => Some((Err(error.to_string()), None)),
            }
        });
        let spooled = spool_stream(pieces, state.service.spool(), limit).await;
        if let Some(error) = no_room {
            return Err(error.into());
        }
        let upload = spooled.map_err(spool_problem)?.holding(under_way);
        match announced {
            Some(digest) if digest != upload.digest => Err(Problem::new(
                DIGEST_MISMATCH,
                format!("The SHA-256 of the bytes that arrived is {}.", upload.digest),
            )),
            _ => Ok(upload),
        }
    }
}

/// Whether the body is the form of a page, with the file in one of its fields.
fn is_form(headers: &HeaderMap) -> bool {
    let kind = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    kind.trim_start().to_ascii_lowercase().starts_with("multipart/")
}

fn spool_problem(error: SpoolError) -> Problem {
    match error {
        SpoolError::TooLarge { limit } => too_large(limit),
        SpoolError::BrokenOff { bytes, .. } => {
            Problem::new(UPLOAD_INCOMPLETE, format!("The connection ended after {bytes} bytes. Send the file again."))
        }
        SpoolError::NoSpace => FlowError::NoSpace.into(),
        error @ SpoolError::Unwritable { .. } => {
            tracing::error!(%error, "the spool cannot be written");
            Problem::new(INTERNAL, "The upload could not be kept. Send it again later.")
        }
    }
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
