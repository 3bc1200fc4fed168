//! The digest under which the ledger knows a key.

use crate::domain::digest::Digest;
use crate::store::{SecretDigest, SecretForm};
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;
use std::fmt;

/// The secret of the service under which keys are digested. It lies outside the ledger: whoever has only the ledger cannot
/// even try keys, and nobody outside can steer what the look-up compares.
#[derive(Clone)]
pub struct KeySecret([u8; 32]);

impl fmt::Debug for KeySecret {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("KeySecret")
    }
}

impl KeySecret {
    pub const fn new(secret: [u8; 32]) -> Self {
        Self(secret)
    }

    /// HMAC-SHA-256 (RFC 2104) of the key's text. Two texts are compared by this digest alone, which an attacker can
    /// neither compute nor choose, so how long the comparison takes tells nothing about a key.
    pub fn digest(&self, text: &str) -> SecretDigest {
        SecretDigest { form: SecretForm::Keyed, digest: self.keyed(&[text.as_bytes()]) }
    }

    /// The name of a finding, by which it is explained, from its digest. The digest itself goes nowhere: what it is made of can
    /// be so little (two small counts) that whoever has it finds the values by trying.
    pub fn name_of_finding(&self, digest: &Digest) -> Digest {
        // No text of a key begins so.
        self.keyed(&[b"finding\n", digest.as_bytes()])
    }

    fn keyed(&self, parts: &[&[u8]]) -> Digest {
        // A block of SHA-256 is 64 bytes; a shorter key is completed with zeros, as the standard says.
        let mut block = [0; 64];
        block[..32].copy_from_slice(&self.0);
        let mut mac = Hmac::<Sha256>::new(&block.into());
        parts.iter().for_each(|part| mac.update(part));
        Digest::from_bytes(mac.finalize().into_bytes().into())
    }
}

/// SHA-256 alone, as earlier programs kept it.
pub(super) fn plain_digest(text: &str) -> SecretDigest {
    SecretDigest { form: SecretForm::Plain, digest: Digest::of(text.as_bytes()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_digest_is_that_of_the_standard_and_needs_the_secret() {
        // RFC 4231, test case 1: the key is 20 bytes 0x0b, which a block of zeros completes to the same key.
        let mut key = [0; 32];
        key[..20].fill(0x0b);
        let digest = KeySecret::new(key).digest("Hi There").digest;
        assert_eq!(digest.to_string(), "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
        assert_ne!(KeySecret::new([1; 32]).digest("Hi There").digest, digest);
    }
}
