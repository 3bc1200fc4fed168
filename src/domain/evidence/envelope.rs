//! DSSE, the Dead Simple Signing Envelope (version 1): a payload of a named type, and a signature over type and payload.
//!
//! The signature is over `DSSEv1 SP len(type) SP type SP len(payload) SP payload`. An envelope is written in one form only:
//! compact JSON, members in the order of the standard, base64 with padding, no byte before or after. Another form of the same
//! is refused, so that no byte of a file can be altered unnoticed.

use super::keys::{KeySet, Signer, SigningKeyId};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// The media type of an envelope.
pub const ENVELOPE_TYPE: &str = "application/vnd.dsse.envelope.v1+json";

/// Something that is signed, with the type by which it cannot be taken for another thing.
pub trait Evidence: Serialize + DeserializeOwned {
    /// The media type of the payload.
    const TYPE: &'static str;
    /// What it is called in a sentence.
    const NAME: &'static str;
}

/// Why something proves nothing. The texts are for the person who holds it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotEvidence {
    #[error("it is not a signed envelope (DSSE): {0}")]
    Unreadable(String),
    #[error(
        "it is not, byte for byte, in the form in which the service gives it: fetch it again from the service and keep the file as it comes"
    )]
    AnotherForm,
    #[error("it is of the type {found}, and {wanted} was expected")]
    AnotherType { found: String, wanted: &'static str },
    #[error(
        "it is signed with the key {0}, which the key set does not hold: fetch the key set again, or this is no evidence of that service"
    )]
    UnknownKey(String),
    #[error("its signature does not hold: it was altered after it was signed, or it was never signed with the key {0}")]
    WrongSignature(SigningKeyId),
    #[error("its signature holds, but its content cannot be read by this program ({0}); a newer one may be needed")]
    Content(String),
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Envelope {
    payload: String,
    #[serde(rename = "payloadType")]
    kind: String,
    signatures: Vec<OneSignature>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct OneSignature {
    keyid: String,
    sig: String,
}

/// The bytes that are signed: the standard's pre-authentication encoding.
fn signed_bytes(kind: &str, payload: &[u8]) -> Vec<u8> {
    let mut bytes = format!("DSSEv1 {} {kind} {} ", kind.len(), payload.len()).into_bytes();
    bytes.extend_from_slice(payload);
    bytes
}

/// Signs. The same evidence and key give the same text.
pub fn seal<E: Evidence>(signer: &Signer, evidence: &E) -> String {
    // Unwrap safety: evidence holds texts, numbers, digests and times only, which always serialise.
    let payload = serde_json::to_vec(evidence).unwrap_or_default();
    let signature = signer.sign(&signed_bytes(E::TYPE, &payload));
    let envelope = Envelope {
        payload: STANDARD.encode(&payload),
        kind: E::TYPE.to_owned(),
        signatures: vec![OneSignature { keyid: signer.id().to_string(), sig: STANDARD.encode(signature) }],
    };
    serde_json::to_string(&envelope).unwrap_or_default()
}

/// Verifies an envelope against the published keys, and gives what it says and the key that signed it.
pub fn open<E: Evidence>(text: &[u8], keys: &KeySet) -> Result<(E, SigningKeyId), NotEvidence> {
    let envelope: Envelope =
        serde_json::from_slice(text).map_err(|error| NotEvidence::Unreadable(error.to_string()))?;
    if serde_json::to_vec(&envelope).ok().as_deref() != Some(text) {
        return Err(NotEvidence::AnotherForm);
    }
    if envelope.kind != E::TYPE {
        let found = envelope.kind.chars().take(100).collect();
        return Err(NotEvidence::AnotherType { found, wanted: E::TYPE });
    }
    let [one] = envelope.signatures.as_slice() else {
        return Err(NotEvidence::Unreadable("it holds one signature, no more and no less".to_owned()));
    };
    let unreadable = |what: &str| NotEvidence::Unreadable(format!("its {what} is not base64"));
    let payload = STANDARD.decode(&envelope.payload).map_err(|_| unreadable("payload"))?;
    let signature = STANDARD.decode(&one.sig).map_err(|_| unreadable("signature"))?;
    let unknown = || NotEvidence::UnknownKey(one.keyid.chars().take(50).collect());
    let id: SigningKeyId = one.keyid.parse().map_err(|_| unknown())?;
    let published = keys.find(id).filter(|_| id.to_string() == one.keyid).ok_or_else(unknown)?;
    if !published.key.verifies(&signed_bytes(E::TYPE, &payload), &signature) {
        return Err(NotEvidence::WrongSignature(id));
    }
    let evidence = serde_json::from_slice(&payload).map_err(|error| NotEvidence::Content(error.to_string()))?;
    Ok((evidence, id))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::digest::Digest;
    use crate::domain::evidence::{Checkpoint, PublishedKey};
    use chrono::DateTime;

    fn signer() -> Signer {
        Signer::from_secret(&[9; 32])
    }

    fn keys() -> KeySet {
        KeySet(vec![PublishedKey { key: signer().public(), since: DateTime::UNIX_EPOCH, until: None }])
    }

    fn checkpoint() -> Checkpoint {
        Checkpoint { events: 3, head: Digest::of(b"head"), at: DateTime::UNIX_EPOCH, program: "homeward 0".to_owned() }
    }

    /// The example of the standard's own page.
    #[test]
    fn the_signed_bytes_are_those_of_the_standard() {
        let bytes = signed_bytes("http://example.com/HelloWorld", b"hello world");
        assert_eq!(bytes, b"DSSEv1 29 http://example.com/HelloWorld 11 hello world");
    }

    #[test]
    fn what_was_sealed_opens_and_no_altered_byte_of_it_does() {
        let sealed = seal(&signer(), &checkpoint());
        let (read, id) = open::<Checkpoint>(sealed.as_bytes(), &keys()).expect("holds");
        assert_eq!((read, id), (checkpoint(), signer().id()));
        for at in 0..sealed.len() {
            for flip in [0x01, 0x02, 0x20, 0x80] {
                let mut bytes = sealed.clone().into_bytes();
                bytes[at] ^= flip;
                assert!(open::<Checkpoint>(&bytes, &keys()).is_err(), "byte {at} was altered by {flip:#x}");
            }
            let mut shorter = sealed.clone().into_bytes();
            shorter.remove(at);
            assert!(open::<Checkpoint>(&shorter, &keys()).is_err(), "byte {at} was taken out");
        }
        for more in
            [format!("{sealed}\n"), format!(" {sealed}"), sealed.replace(",\"payloadType\"", ", \"payloadType\"")]
        {
            assert_eq!(open::<Checkpoint>(more.as_bytes(), &keys()), Err(NotEvidence::AnotherForm));
        }
    }

    #[test]
    fn what_is_wrong_is_said() {
        let sealed = seal(&Signer::from_secret(&[8; 32]), &checkpoint());
        let stranger = open::<Checkpoint>(sealed.as_bytes(), &keys()).expect_err("is a stranger's");
        assert!(matches!(stranger, NotEvidence::UnknownKey(_)), "{stranger}");
        let sealed = seal(&signer(), &checkpoint());
        let other = open::<crate::domain::evidence::Certificate>(sealed.as_bytes(), &keys()).expect_err("is another");
        assert!(matches!(other, NotEvidence::AnotherType { .. }), "{other}");
    }
}
