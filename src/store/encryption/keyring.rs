//! The keys that seal and open. Nothing prints them.

use super::seal::{self, Sealed};
use crate::store::error::StoreError;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chacha20poly1305::{KeyInit as _, XChaCha20Poly1305};
use std::fmt;

const KEY_BYTES: usize = 32;
/// In bytes; the header of a sealed object has one byte for it.
const LONGEST_ID: usize = 64;

/// The keys in force: the first seals, all open. Without a key nothing is sealed.
#[derive(Default)]
pub struct Keyring {
    keys: Vec<Key>,
}

struct Key {
    id: String,
    cipher: XChaCha20Poly1305,
}

/// Why a list of keys cannot be used. No text holds any part of a key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeyringError {
    #[error(
        "line {line} of the encryption keys is not `id:key`; `homeward admin encryption new-key` makes such a line"
    )]
    NotALine { line: usize },
    #[error(
        "line {line} of the encryption keys has an id that cannot be used: take 1 to 64 letters, digits, dots, hyphens \
         and underscores, beginning with a letter or digit"
    )]
    BadId { line: usize },
    #[error("the encryption key {id} is not 32 bytes in base64; `homeward admin encryption new-key` makes one")]
    BadKey { id: String },
    #[error("there are two encryption keys with the id {id}; give each an id of its own")]
    Twice { id: String },
    #[error("no random bytes could be drawn: {0}")]
    NoRandomness(getrandom::Error),
}

impl Keyring {
    /// No keys: nothing is sealed, and what is sealed cannot be opened.
    pub const fn none() -> Self {
        Self { keys: Vec::new() }
    }

    /// One key a line, `id:base64 of 32 bytes`. Empty lines and those that begin with `#` mean nothing; in a variable of the
    /// environment a comma serves as the end of a line.
    pub fn parse(text: &str) -> Result<Self, KeyringError> {
        let mut ring = Self::none();
        for (number, line) in text.split(['\n', ',']).enumerate() {
            let (line, number) = (line.trim(), number + 1);
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let (id, key) = line.split_once(':').ok_or(KeyringError::NotALine { line: number })?;
            if !is_good(id) {
                return Err(KeyringError::BadId { line: number });
            }
            if ring.find(id).is_some() {
                return Err(KeyringError::Twice { id: id.to_owned() });
            }
            let bad = || KeyringError::BadKey { id: id.to_owned() };
            let bytes = STANDARD.decode(key).map_err(|_| bad())?;
            let cipher = XChaCha20Poly1305::new_from_slice(&bytes).map_err(|_| bad())?;
            ring.keys.push(Key { id: id.to_owned(), cipher });
        }
        Ok(ring)
    }

    /// The line of a new key with this id.
    pub fn new_line(id: &str) -> Result<String, KeyringError> {
        if !is_good(id) {
            return Err(KeyringError::BadId { line: 1 });
        }
        let mut bytes = [0; KEY_BYTES];
        getrandom::fill(&mut bytes).map_err(KeyringError::NoRandomness)?;
        Ok(format!("{id}:{}", STANDARD.encode(bytes)))
    }

    /// The id of the key that seals; none when nothing is sealed.
    pub fn sealing_id(&self) -> Option<&str> {
        self.keys.first().map(|key| key.id.as_str())
    }

    /// The ids of every key, the one that seals first.
    pub fn ids(&self) -> impl Iterator<Item = &str> {
        self.keys.iter().map(|key| key.id.as_str())
    }

    /// The id of the key that seals an object, by the bytes it begins with; none where it is not sealed.
    pub fn key_of<'a>(name: &str, bytes: &'a [u8]) -> Result<Option<&'a str>, StoreError> {
        Ok(Sealed::read(bytes, name)?.map(|sealed| sealed.key))
    }

    /// Seals bytes under a name; without a key they stay as they are.
    pub fn seal(&self, name: &str, bytes: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        let Some(key) = self.keys.first() else { return Ok(None) };
        seal::seal(&key.cipher, &key.id, name, bytes).map(Some)
    }

    /// Opens what was sealed under a name; what is not sealed is given as it is, which is what none means.
    pub fn open(&self, name: &str, bytes: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        let Some(sealed) = Sealed::read(bytes, name)? else { return Ok(None) };
        let Some(key) = self.find(sealed.key) else {
            return Err(StoreError::KeyMissing { key: sealed.key.to_owned(), name: name.to_owned() });
        };
        seal::open(&key.cipher, name, &sealed).map(Some)
    }

    fn find(&self, id: &str) -> Option<&Key> {
        self.keys.iter().find(|key| key.id == id)
    }
}

impl fmt::Debug for Keyring {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_list().entries(self.ids()).finish()
    }
}

fn is_good(id: &str) -> bool {
    let safe = |letter: char| letter.is_ascii_alphanumeric() || ['.', '-', '_'].contains(&letter);
    id.len() <= LONGEST_ID && id.starts_with(|first: char| first.is_ascii_alphanumeric()) && id.chars().all(safe)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_read_and_the_first_key_seals() {
        let (new, old) = (Keyring::new_line("new").expect("makes"), Keyring::new_line("old").expect("makes"));
        let ring = Keyring::parse(&format!("# in force since April\n{new}\n\n {old} \n")).expect("parses");
        assert_eq!(ring.ids().collect::<Vec<_>>(), ["new", "old"]);
        let in_one_line = Keyring::parse(&format!("{new},{old}")).expect("parses");
        let sealed = ring.seal("a/name", b"bytes").expect("seals").expect("has a key");
        assert_eq!(Keyring::key_of("a/name", &sealed).expect("is known"), Some("new"));
        assert_eq!(in_one_line.open("a/name", &sealed).expect("opens").as_deref(), Some(&b"bytes"[..]));
        assert_eq!(Keyring::parse("").expect("parses").sealing_id(), None);
    }

    #[test]
    fn wrong_lines_are_refused_without_repeating_them() {
        let good = Keyring::new_line("one").expect("makes");
        let key = good.split_once(':').expect("a line").1;
        for (text, expected) in [
            (key.to_owned(), KeyringError::NotALine { line: 1 }),
            (format!("{good}\n../x:{key}"), KeyringError::BadId { line: 2 }),
            (format!("{}:{key}", "x".repeat(65)), KeyringError::BadId { line: 1 }),
            (format!("two:{}", &key[4..]), KeyringError::BadKey { id: "two".to_owned() }),
            (format!("{good}\n{good}"), KeyringError::Twice { id: "one".to_owned() }),
        ] {
            let error = Keyring::parse(&text).expect_err("is refused");
            assert_eq!(error, expected);
            assert!(!error.to_string().contains(&key[..8]), "{error}");
        }
        assert!(!format!("{:?}", Keyring::parse(&good).expect("parses")).contains(&key[..8]));
    }
}
