//! The keys of evidence: Ed25519, read and written as PKCS #8 (RFC 8410), published as a JSON Web Key Set (RFC 8037), named
//! by their thumbprint (RFC 7638).

use crate::domain::digest::Digest;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Utc};
use ed25519_dalek::pkcs8::spki::der::pem::LineEnding;
use ed25519_dalek::pkcs8::{DecodePrivateKey as _, EncodePrivateKey as _, KeypairBytes};
use ed25519_dalek::{Signature, Signer as _, SigningKey, VerifyingKey};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// Why a key cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadKey {
    #[error("it is not an Ed25519 private key as PKCS #8 in PEM: make one with `openssl genpkey -algorithm ed25519`")]
    NotPrivate,
    #[error(
        "it is not a key set: a JSON object whose `keys` are Ed25519 public keys, as GET /v1/receipts/keys gives it ({0})"
    )]
    NotASet(String),
    #[error("the key {0} is not an Ed25519 public key")]
    NotPublic(String),
    #[error("the key that calls itself {0} is another one: its thumbprint differs")]
    Misnamed(String),
    #[error("the private key cannot be written")]
    Unwritable,
}

/// What a signing key is called: the thumbprint of its public half (RFC 7638, SHA-256).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SigningKeyId(Digest);

impl fmt::Display for SigningKeyId {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&URL_SAFE_NO_PAD.encode(self.0.as_bytes()))
    }
}

impl FromStr for SigningKeyId {
    type Err = BadKey;

    fn from_str(text: &str) -> Result<Self, BadKey> {
        let bytes = URL_SAFE_NO_PAD.decode(text).ok().and_then(|bytes| bytes.try_into().ok());
        bytes
            .map(|bytes| Self(Digest::from_bytes(bytes)))
            .ok_or_else(|| BadKey::NotPublic(text.chars().take(50).collect()))
    }
}

/// The public half of a signing key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PublicKey(VerifyingKey);

impl PublicKey {
    pub fn id(&self) -> SigningKeyId {
        let members = format!(r#"{{"crv":"Ed25519","kty":"OKP","x":"{self}"}}"#);
        SigningKeyId(Digest::of(members.as_bytes()))
    }

    /// Whether the signature is this key's over exactly this message. Only one form of a signature counts, so that an
    /// altered one never does.
    pub(super) fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        Signature::from_slice(signature).is_ok_and(|signature| self.0.verify_strict(message, &signature).is_ok())
    }
}

impl fmt::Display for PublicKey {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&URL_SAFE_NO_PAD.encode(self.0.as_bytes()))
    }
}

impl FromStr for PublicKey {
    type Err = BadKey;

    fn from_str(text: &str) -> Result<Self, BadKey> {
        let wrong = || BadKey::NotPublic(text.chars().take(50).collect());
        let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| wrong())?;
        let bytes: [u8; 32] = bytes.try_into().map_err(|_| wrong())?;
        VerifyingKey::from_bytes(&bytes).map(Self).map_err(|_| wrong())
    }
}

/// Signs evidence. The private half is shown by nothing.
pub struct Signer {
    key: SigningKey,
    id: SigningKeyId,
}

impl fmt::Debug for Signer {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "Signer({})", self.id)
    }
}

impl Signer {
    /// A key from 32 bytes that nobody can guess.
    pub fn from_secret(secret: &[u8; 32]) -> Self {
        let key = SigningKey::from_bytes(secret);
        Self { id: PublicKey(key.verifying_key()).id(), key }
    }

    /// A key as `openssl genpkey -algorithm ed25519` writes it.
    pub fn from_pem(pem: &str) -> Result<Self, BadKey> {
        let key = SigningKey::from_pkcs8_pem(pem.trim()).map_err(|_| BadKey::NotPrivate)?;
        Ok(Self { id: PublicKey(key.verifying_key()).id(), key })
    }

    /// The same form again, for the file in which the key is kept.
    pub fn to_pem(&self) -> Result<String, BadKey> {
        let bytes = KeypairBytes { secret_key: self.key.to_bytes(), public_key: None };
        bytes.to_pkcs8_pem(LineEnding::LF).map(|pem| pem.to_string()).map_err(|_| BadKey::Unwritable)
    }

    pub const fn id(&self) -> SigningKeyId {
        self.id
    }

    pub fn public(&self) -> PublicKey {
        PublicKey(self.key.verifying_key())
    }

    pub(super) fn sign(&self, message: &[u8]) -> [u8; 64] {
        self.key.sign(message).to_bytes()
    }
}

/// A public key and the time in which the service signed with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublishedKey {
    pub key: PublicKey,
    pub since: DateTime<Utc>,
    /// When another took its place; none of the key in use.
    pub until: Option<DateTime<Utc>>,
}

/// Every key of a service, the oldest first. An old key is never taken away: what it signed must stay verifiable.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct KeySet(pub Vec<PublishedKey>);

/// One key as a JSON Web Key.
#[derive(Serialize, Deserialize)]
struct WebKey {
    kty: String,
    crv: String,
    #[serde(default)]
    alg: String,
    #[serde(default, rename = "use")]
    for_what: String,
    kid: String,
    x: String,
    since: DateTime<Utc>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    until: Option<DateTime<Utc>>,
}

#[derive(Serialize, Deserialize)]
struct WebKeys {
    keys: Vec<WebKey>,
}

impl KeySet {
    pub fn find(&self, id: SigningKeyId) -> Option<&PublishedKey> {
        self.0.iter().find(|published| published.key.id() == id)
    }

    /// The JSON Web Key Set.
    pub fn to_json(&self) -> String {
        let keys = self.0.iter().map(|published| WebKey {
            kty: "OKP".to_owned(),
            crv: "Ed25519".to_owned(),
            alg: "EdDSA".to_owned(),
            for_what: "sig".to_owned(),
            kid: published.key.id().to_string(),
            x: published.key.to_string(),
            since: published.since,
            until: published.until,
        });
        // Unwrap safety: the set holds texts and times only, which always serialise.
        serde_json::to_string_pretty(&WebKeys { keys: keys.collect() }).unwrap_or_default() + "\n"
    }

    /// Reads a key set back. A key of another kind is left out; one whose name is not its thumbprint is refused.
    pub fn from_json(text: &str) -> Result<Self, BadKey> {
        let read: WebKeys = serde_json::from_str(text).map_err(|error| BadKey::NotASet(error.to_string()))?;
        let ours = read.keys.into_iter().filter(|key| key.kty == "OKP" && key.crv == "Ed25519");
        let keys = ours.map(|one| {
            let key: PublicKey = one.x.parse()?;
            if key.id().to_string() != one.kid {
                return Err(BadKey::Misnamed(one.kid.chars().take(50).collect()));
            }
            Ok(PublishedKey { key, since: one.since, until: one.until })
        });
        keys.collect::<Result<_, _>>().map(Self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The key and its thumbprint of RFC 8037, appendix A.
    #[test]
    fn a_key_is_named_as_the_standard_names_it() {
        let key: PublicKey = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo".parse().expect("a key");
        assert_eq!(key.id().to_string(), "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
        assert_eq!(key.id().to_string().parse(), Ok(key.id()));
    }

    #[test]
    fn a_private_key_reads_back_and_another_thing_is_refused_with_advice() {
        let signer = Signer::from_secret(&[7; 32]);
        let pem = signer.to_pem().expect("writes");
        assert!(pem.starts_with("-----BEGIN PRIVATE KEY-----"), "it is PKCS #8");
        assert_eq!(Signer::from_pem(&pem).expect("reads").id(), signer.id());
        // Made by openssl genpkey -algorithm ed25519; the key of RFC 8410, section 10.3.
        let from_openssl = "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC\n-----END PRIVATE KEY-----\n";
        let public = Signer::from_pem(from_openssl).expect("reads").public().to_string();
        assert_eq!(public, "Gb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE");
        let error = Signer::from_pem("-----BEGIN RSA PRIVATE KEY-----").expect_err("is refused");
        assert!(error.to_string().contains("openssl genpkey"), "{error}");
        assert!(!format!("{signer:?}").contains("BwcH"), "Debug shows no secret");
    }

    #[test]
    fn a_key_set_reads_back_and_a_misnamed_key_is_refused() {
        let (old, new) = (Signer::from_secret(&[1; 32]), Signer::from_secret(&[2; 32]));
        let since = DateTime::UNIX_EPOCH;
        let set = KeySet(vec![
            PublishedKey { key: old.public(), since, until: Some(since) },
            PublishedKey { key: new.public(), since, until: None },
        ]);
        let text = set.to_json();
        assert_eq!(KeySet::from_json(&text).expect("reads"), set);
        let swapped = text.replace(&old.public().to_string(), &new.public().to_string());
        assert!(matches!(KeySet::from_json(&swapped), Err(BadKey::Misnamed(_))));
        assert!(matches!(KeySet::from_json("[]"), Err(BadKey::NotASet(_))));
    }
}
