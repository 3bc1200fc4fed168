//! The chain of the history: each event carries the digest of the one before and its own.
//!
//! An event's digest is SHA-256 over its columns as canonical JSON (RFC 8785), the digest of the event before among them.
//! The words of a note go in as their digest, so that they can be deleted, and left out of an export, while the chain holds.

use crate::domain::digest::Digest;
use serde::{Deserialize, Serialize};

/// What stands for the digest of the event before the first.
pub const BEGINNING: Digest = Digest::from_bytes([0; 32]);

/// An event as it is digested. The members are in the order of RFC 8785, which is that of their names.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChainedEvent {
    /// Milliseconds since 1970-01-01T00:00:00Z.
    pub at: i64,
    /// The key that did it; none where the service itself did.
    pub done_by: Option<String>,
    /// SHA-256 of the words of its note.
    pub note_digest: Option<Digest>,
    /// The digest of the event before.
    pub previous: Digest,
    pub sequence: u64,
    pub state_from: Option<String>,
    pub state_to: Option<String>,
    pub subject: String,
    pub subject_id: String,
    /// The name of the transaction.
    pub what: String,
}

impl ChainedEvent {
    /// The bytes that are digested.
    pub fn canonical(&self) -> String {
        // Unwrap safety: texts, numbers and digests always serialise. serde_json escapes as RFC 8785 wants it.
        serde_json::to_string(self).unwrap_or_default()
    }

    pub fn digest(&self) -> Digest {
        Digest::of(self.canonical().as_bytes())
    }
}

/// How an event of the chain is not as it was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BrokenLink {
    #[error("it is missing: it was removed, or the numbers of the events after it were changed")]
    Missing(u64),
    #[error(
        "it is not linked to the event before it: that one was changed, or events were removed, inserted or put in another order"
    )]
    NotLinked,
    #[error("its content was changed after it was written: its digest does not hold")]
    Changed,
}

/// Walks a chain from its beginning, event by event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Walk {
    /// How many events were walked.
    pub events: u64,
    /// The digest of the last of them.
    pub head: Digest,
}

impl Default for Walk {
    fn default() -> Self {
        Self { events: 0, head: BEGINNING }
    }
}

impl Walk {
    /// Goes on to the next event, which says that its digest is this.
    pub fn step(&mut self, event: &ChainedEvent, digest: Digest) -> Result<(), BrokenLink> {
        let expected = self.events + 1;
        if event.sequence != expected {
            return Err(BrokenLink::Missing(expected));
        }
        if event.previous != self.head {
            return Err(BrokenLink::NotLinked);
        }
        if event.digest() != digest {
            return Err(BrokenLink::Changed);
        }
        *self = Self { events: expected, head: digest };
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event() -> ChainedEvent {
        ChainedEvent {
            at: 1_700_000_000_000,
            done_by: None,
            note_digest: Some(Digest::of("clean".as_bytes())),
            previous: BEGINNING,
            sequence: 1,
            state_from: None,
            state_to: Some("checked".to_owned()),
            subject: "return".to_owned(),
            subject_id: "x\u{1}\"é".to_owned(),
            what: "keep checked return".to_owned(),
        }
    }

    #[test]
    fn the_encoding_is_canonical_json() {
        insta::assert_snapshot!(event().canonical(), @r#"{"at":1700000000000,"done_by":null,"note_digest":"3b066804f6d1d077173cfe4d06002e6a61e6f21c2b2e648417962115f1afcd8e","previous":"0000000000000000000000000000000000000000000000000000000000000000","sequence":1,"state_from":null,"state_to":"checked","subject":"return","subject_id":"x\u0001\"é","what":"keep checked return"}"#);
        let read: serde_json::Map<String, serde_json::Value> =
            serde_json::from_str(&event().canonical()).expect("is JSON");
        let names: Vec<&String> = read.keys().collect();
        let mut sorted = names.clone();
        sorted.sort();
        assert_eq!(names, sorted);
    }

    #[test]
    fn every_member_goes_into_the_digest() {
        let alterations: [fn(&mut ChainedEvent); 10] = [
            |event| event.at += 1,
            |event| event.done_by = Some(String::new()),
            |event| event.note_digest = None,
            |event| event.previous = Digest::of(b""),
            |event| event.sequence += 1,
            |event| event.state_from = Some(String::new()),
            |event| event.state_to = None,
            |event| event.subject.push('x'),
            |event| event.subject_id.push('x'),
            |event| event.what.push('x'),
        ];
        for alter in alterations {
            let mut altered = event();
            alter(&mut altered);
            assert_ne!(altered.digest(), event().digest(), "{}", altered.canonical());
        }
    }
}
