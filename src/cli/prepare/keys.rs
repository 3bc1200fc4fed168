//! Keys, and the names made with them. The pseudonym of a child is made with the authority's own key, its linkage key
//! with the collection's; neither key nor local identifier can be had back from what they make.

use super::error::KeyError;
use crate::domain::digest::{from_hex, hex};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use std::fmt;
use std::path::Path;

/// The letters and digits of a pseudonym.
const LETTERS: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";
/// A letter and 23 of [`LETTERS`]: 119 bits, longer than any identifier that the service looks for.
const PSEUDONYM_CHARACTERS: usize = 24;

/// A secret of 32 bytes.
#[derive(Clone, PartialEq, Eq)]
pub struct Key([u8; 32]);

impl fmt::Debug for Key {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("[withheld]")
    }
}

impl Key {
    /// Reads a key of 64 hexadecimal digits from a file that only its owner may read.
    pub fn read(path: &Path) -> Result<Self, KeyError> {
        let shown = path.display().to_string();
        let failed = |source| KeyError::Read { path: shown.clone(), source };
        let about = std::fs::metadata(path).map_err(failed)?;
        if open_to_others(&about) {
            return Err(KeyError::OpenToOthers { path: shown });
        }
        // A key file is 65 bytes; anything much longer is another file and not worth reading.
        if about.len() > 1_024 {
            return Err(KeyError::NotAKey { path: shown });
        }
        let bytes = std::fs::read(path).map_err(failed)?;
        let key = std::str::from_utf8(&bytes).ok().and_then(|text| from_hex(text.trim()));
        let Some(key) = key.and_then(|bytes| <[u8; 32]>::try_from(bytes).ok()) else {
            return Err(KeyError::NotAKey { path: shown });
        };
        if key.iter().all(|byte| *byte == key[0]) {
            return Err(KeyError::Weak { path: shown });
        }
        Ok(Self(key))
    }

    /// Makes a new key in a file that did not exist, readable by its owner alone.
    pub fn make(path: &Path) -> Result<(), KeyError> {
        use std::io::Write as _;
        let mut key = [0; 32];
        getrandom::fill(&mut key).map_err(KeyError::NoRandomness)?;
        let failed = |source| KeyError::Make { path: path.display().to_string(), source };
        let mut file = new_private_file(path).map_err(failed)?;
        writeln!(file, "{}", hex(&key)).map_err(failed)?;
        file.sync_all().map_err(failed)
    }

    /// The pseudonym of a child: the same for the same authority, key and local identifier, for ever.
    pub(super) fn pseudonym(&self, authority: &str, local_id: &str) -> String {
        let mut mac = self.mac();
        // The purpose and the authority are part of what is signed, so that no other use of the key, and no other
        // authority that a supplier gave the same key to, makes the same name.
        for part in ["homeward pseudonym 1", authority, local_id] {
            mac.update(&(part.len() as u64).to_le_bytes());
            mac.update(part.as_bytes());
        }
        let digest: [u8; 32] = mac.finalize().into_bytes().into();
        let first = LETTERS[usize::from(digest[0] % 26)];
        let rest = digest[1..PSEUDONYM_CHARACTERS].iter().map(|byte| LETTERS[usize::from(byte & 31)]);
        std::iter::once(first).chain(rest).map(char::from).collect()
    }

    /// The linkage key as the field's definition has it: HMAC-SHA-256 over the ten digits and nothing else.
    pub(super) fn linkage_key(&self, number: &NhsNumber) -> String {
        let mut mac = self.mac();
        mac.update(&number.0);
        hex(&mac.finalize().into_bytes())
    }

    fn mac(&self) -> Hmac<Sha256> {
        let mut block = [0; 64];
        block[..32].copy_from_slice(&self.0);
        Hmac::new(&block.into())
    }
}

/// Ten digits whose check digit is right.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct NhsNumber([u8; 10]);

impl NhsNumber {
    /// Reads a number written with or without spaces and hyphens.
    pub(super) fn read(text: &str) -> Option<Self> {
        let digits: Vec<u8> = text.bytes().filter(|byte| !matches!(byte, b' ' | b'-')).collect();
        let digits: [u8; 10] = digits.try_into().ok()?;
        if !digits.iter().all(u8::is_ascii_digit) {
            return None;
        }
        let sum: u32 =
            digits[..9].iter().zip((2..=10).rev()).map(|(digit, weight)| u32::from(digit - b'0') * weight).sum();
        let check = (11 - sum % 11) % 11;
        (check == u32::from(digits[9] - b'0')).then_some(Self(digits))
    }
}

#[cfg(unix)]
fn open_to_others(about: &std::fs::Metadata) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    about.permissions().mode() & 0o077 != 0
}

#[cfg(not(unix))]
fn open_to_others(_: &std::fs::Metadata) -> bool {
    // Other systems keep who may read a file in lists that a mode can't tell.
    false
}

#[cfg(unix)]
fn new_private_file(path: &Path) -> std::io::Result<std::fs::File> {
    use std::os::unix::fs::OpenOptionsExt as _;
    std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)
}

#[cfg(not(unix))]
fn new_private_file(path: &Path) -> std::io::Result<std::fs::File> {
    std::fs::OpenOptions::new().write(true).create_new(true).open(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(byte: u8) -> Key {
        Key([byte; 32])
    }

    #[test]
    fn a_pseudonym_is_stable_and_shaped() {
        let name = key(1).pseudonym("330", "S020000004");
        assert_eq!(name, key(1).pseudonym("330", "S020000004"));
        assert_eq!(name.len(), PSEUDONYM_CHARACTERS);
        assert!(name.starts_with(|first: char| first.is_ascii_lowercase()));
        assert!(name.chars().all(|one| one.is_ascii_lowercase() || one.is_ascii_digit()));
        assert_ne!(name, key(2).pseudonym("330", "S020000004"));
        assert_ne!(name, key(1).pseudonym("331", "S020000004"));
        assert_ne!(name, key(1).pseudonym("330", "S020000005"));
        assert_ne!(key(1).pseudonym("330", "1S"), key(1).pseudonym("3301", "S"));
    }

    #[test]
    fn a_linkage_key_is_the_hmac_of_the_ten_digits() {
        let number = NhsNumber::read("999 000 0018").expect("a number whose check digit is right");
        let mut bytes = [0; 32];
        for (place, byte) in bytes.iter_mut().enumerate() {
            *byte = u8::try_from(place).expect("below 32");
        }
        // Reckoned with Python: hmac.new(bytes(range(32)), b"9990000018", "sha256").hexdigest().
        assert_eq!(Key(bytes).linkage_key(&number), LINKAGE_VECTOR);
    }

    const LINKAGE_VECTOR: &str = "a9232021e78b7a864a4be7b89a81babe3a95a4abdbdb0e87bfe585ecabb0d424";

    #[test]
    fn a_number_with_a_wrong_check_digit_is_no_nhs_number() {
        assert!(NhsNumber::read("9990000018").is_some());
        for wrong in ["9990000019", "999000001", "99900000180", "999000001X", ""] {
            assert!(NhsNumber::read(wrong).is_none(), "{wrong}");
        }
    }

    #[test]
    fn a_new_key_is_read_back_and_never_written_over() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("key");
        Key::make(&path).expect("a key is made");
        let key = Key::read(&path).expect("the key is read");
        assert!(matches!(Key::make(&path), Err(KeyError::Make { .. })));
        assert_eq!(Key::read(&path).expect("the key is still there"), key);
        assert_eq!(format!("{key:?}"), "[withheld]");
    }

    #[cfg(unix)]
    #[test]
    fn poor_keys_are_refused() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("key");
        let refusal = |text: &str, mode| {
            std::fs::write(&path, text).expect("written");
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).expect("mode set");
            Key::read(&path).err()
        };
        let good = "0123456789abcdef".repeat(4);
        assert!(refusal(&good, 0o600).is_none());
        assert!(matches!(refusal(&good, 0o640), Some(KeyError::OpenToOthers { .. })));
        assert!(matches!(refusal(&good, 0o604), Some(KeyError::OpenToOthers { .. })));
        assert!(matches!(refusal(&good[..62], 0o600), Some(KeyError::NotAKey { .. })));
        assert!(matches!(refusal("swordfish", 0o600), Some(KeyError::NotAKey { .. })));
        assert!(matches!(refusal(&"00".repeat(32), 0o600), Some(KeyError::Weak { .. })));
        assert!(matches!(Key::read(&folder.path().join("none")), Err(KeyError::Read { .. })));
    }
}
