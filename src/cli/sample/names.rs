//! The names that children go by in a sample: pseudonyms and linkage keys.
//!
//! Both are digests, so that none has a pattern, and none can be read as an identifier: a pseudonym is twenty letters
//! and digits that begin with a letter, longer than any postcode, NHS, National Insurance, pupil or telephone number.

use super::chance::Stream;
use crate::domain::digest::hex;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

const LETTERS: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";

/// Makes the names of one seed.
#[derive(Debug, Clone)]
pub(super) struct Names {
    pseudonyms: Hmac<Sha256>,
    linkage: Hmac<Sha256>,
}

impl Names {
    pub(super) fn new(seed: u64) -> Self {
        let keyed = |purpose: &[u8]| {
            let mut block = [0; 64];
            block[..8].copy_from_slice(&seed.to_le_bytes());
            block[8..8 + purpose.len()].copy_from_slice(purpose);
            Hmac::new(&block.into())
        };
        Self { pseudonyms: keyed(b"homeward sample pseudonym"), linkage: keyed(b"homeward sample linkage key") }
    }

    pub(super) fn pseudonym(&self, stream: Stream) -> String {
        let digest = named(&self.pseudonyms, stream);
        let letter = LETTERS[usize::from(digest[0] % 26)];
        std::iter::once(letter)
            .chain(digest[1..20].iter().map(|byte| LETTERS[usize::from(byte & 31)]))
            .map(char::from)
            .collect()
    }

    pub(super) fn linkage_key(&self, stream: Stream) -> String {
        hex(&named(&self.linkage, stream))
    }
}

fn named(key: &Hmac<Sha256>, stream: Stream) -> [u8; 32] {
    let mut mac = key.clone();
    mac.update(&stream.id().to_le_bytes());
    mac.finalize().into_bytes().into()
}

#[cfg(test)]
mod tests {
    use super::super::chance::Subject;
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn names_are_distinct_and_shaped() {
        let names = Names::new(1);
        let stream = |number| Stream { subject: Subject::Child, authority: 330, year: 2026, number };
        let pseudonyms: BTreeSet<String> = (0..2_000).map(|number| names.pseudonym(stream(number))).collect();
        assert_eq!(pseudonyms.len(), 2_000);
        for name in &pseudonyms {
            assert_eq!(name.len(), 20);
            assert!(name.starts_with(|first: char| first.is_ascii_lowercase()));
            assert!(name.chars().all(|character| character.is_ascii_lowercase() || character.is_ascii_digit()));
        }
        assert_eq!(names.linkage_key(stream(1)).len(), 64);
        assert_ne!(names.linkage_key(stream(1)), Names::new(2).linkage_key(stream(1)));
    }
}
