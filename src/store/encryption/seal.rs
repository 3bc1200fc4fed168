//! The form of a sealed object: `0x93 "HWSEAL"`, a version byte, the length of the key's id, the id, the nonce, the
//! ciphertext and its tag. The header and the object's name are authenticated with the content.

use crate::store::error::StoreError;
use chacha20poly1305::aead::{Aead as _, AeadInOut as _, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};

/// Begins no file that the service writes, and no text.
const MAGIC: &[u8] = b"\x93HWSEAL";
const VERSION: u8 = 1;
const NONCE_BYTES: usize = 24;
const TAG_BYTES: usize = 16;

/// So many bytes at the beginning of an object tell which key seals it.
pub(super) const HEAD_BYTES: usize = MAGIC.len() + 2 + u8::MAX as usize;

/// A sealed object, taken apart.
pub(super) struct Sealed<'a> {
    pub(super) key: &'a str,
    header: &'a [u8],
    /// Nonce, ciphertext and tag.
    rest: &'a [u8],
}

impl<'a> Sealed<'a> {
    /// None where the bytes are not sealed. What is sealed in a form that this program does not know is an error and
    /// never taken for content.
    pub(super) fn read(bytes: &'a [u8], name: &str) -> Result<Option<Self>, StoreError> {
        let Some(after) = bytes.strip_prefix(MAGIC) else { return Ok(None) };
        let unknown = || StoreError::damaged(format!("the object {name}"), "it is sealed in a form that is not known");
        let (&[version, length], after) = after.split_first_chunk::<2>().ok_or_else(unknown)?;
        let key = after.get(..usize::from(length)).and_then(|key| std::str::from_utf8(key).ok());
        let key = key.filter(|_| version == VERSION).ok_or_else(unknown)?;
        let (header, rest) = bytes.split_at(MAGIC.len() + 2 + key.len());
        Ok(Some(Self { key, header, rest }))
    }
}

fn associated(header: &[u8], name: &str) -> Vec<u8> {
    [header, name.as_bytes()].concat()
}

pub(super) fn seal(cipher: &XChaCha20Poly1305, key: &str, name: &str, bytes: &[u8]) -> Result<Vec<u8>, StoreError> {
    let failed = |problem: &str| StoreError::Sealing { name: name.to_owned(), problem: problem.to_owned() };
    let length = u8::try_from(key.len()).map_err(|_| failed("the id of its key is too long"))?;
    let mut nonce = [0; NONCE_BYTES];
    getrandom::fill(&mut nonce).map_err(|error| failed(&error.to_string()))?;
    let header = [MAGIC, &[VERSION, length], key.as_bytes()].concat();
    let mut sealed = Vec::with_capacity(header.len() + NONCE_BYTES + bytes.len() + TAG_BYTES);
    sealed.extend_from_slice(&header);
    sealed.extend_from_slice(&nonce);
    let content = sealed.len();
    sealed.extend_from_slice(bytes);
    let tag = cipher
        .encrypt_inout_detached(&XNonce::from(nonce), &associated(&header, name), sealed[content..].as_mut().into())
        .map_err(|_| failed("it is too large"))?;
    sealed.extend_from_slice(&tag);
    Ok(sealed)
}

pub(super) fn open(cipher: &XChaCha20Poly1305, name: &str, sealed: &Sealed<'_>) -> Result<Vec<u8>, StoreError> {
    let damaged = || StoreError::SealBroken { key: sealed.key.to_owned(), name: name.to_owned() };
    let (nonce, msg) = sealed.rest.split_first_chunk::<NONCE_BYTES>().ok_or_else(damaged)?;
    let payload = Payload { msg, aad: &associated(sealed.header, name) };
    cipher.decrypt(&XNonce::from(*nonce), payload).map_err(|_| damaged())
}

#[cfg(test)]
mod tests {
    use super::super::Keyring;
    use super::*;
    use proptest::prelude::*;

    fn ring() -> Keyring {
        Keyring::parse("one:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=").expect("parses")
    }

    #[test]
    fn an_object_opens_under_its_own_name_only() {
        let ring = ring();
        let sealed = ring.seal("originals/a.zst", b"Zimtstern").expect("seals").expect("has a key");
        assert_eq!(ring.open("originals/a.zst", &sealed).expect("opens").as_deref(), Some(&b"Zimtstern"[..]));
        let swapped = ring.open("originals/b.zst", &sealed).expect_err("is another's");
        assert!(matches!(swapped, StoreError::SealBroken { .. }), "{swapped}");
        let again = ring.seal("originals/a.zst", b"Zimtstern").expect("seals").expect("has a key");
        assert_ne!(sealed, again, "each sealing has a nonce of its own");
    }

    #[test]
    fn a_missing_key_and_another_key_of_the_same_id_are_told_apart_from_what_is_not_there() {
        let sealed = ring().seal("x", b"y").expect("seals").expect("has a key");
        let error = Keyring::none().open("x", &sealed).expect_err("has no key");
        insta::assert_snapshot!(error, @"the object x is sealed with the encryption key one, which is not among the keys that are configured; add it to encryption.keys_file, and keep it until nothing is sealed with it");
        let other = Keyring::parse(&Keyring::new_line("one").expect("makes")).expect("parses");
        let error = other.open("x", &sealed).expect_err("is another key");
        insta::assert_snapshot!(error, @"the object x does not open with the encryption key one: its bytes were altered, it was put in the place of another object, or the key is not the one that sealed it");
    }

    #[test]
    fn every_altered_byte_is_noticed() {
        let ring = ring();
        let sealed = ring.seal("x", b"a few bytes").expect("seals").expect("has a key");
        for at in 0..sealed.len() {
            let mut altered = sealed.clone();
            altered[at] ^= 1;
            // With another beginning it is no longer a sealed object, and whoever reads it finds no known form in it.
            assert!(!matches!(ring.open("x", &altered), Ok(Some(_))), "byte {at}");
        }
        for length in 0..sealed.len() {
            assert!(!matches!(ring.open("x", &sealed[..length]), Ok(Some(_))), "{length} bytes");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn anything_can_be_sealed_and_nothing_panics(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            let ring = ring();
            let sealed = ring.seal("x", &bytes).expect("seals").expect("has a key");
            let opened = ring.open("x", &sealed).expect("opens");
            prop_assert_eq!(opened.as_deref(), Some(bytes.as_slice()));
            let hostile = [MAGIC, bytes.as_slice()].concat();
            let _ = ring.open("x", &hostile);
        }
    }
}
