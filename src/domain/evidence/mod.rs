//! What proves something afterwards: signed receipts, the chain of the history, checkpoints of it, certificates of deletion.
//!
//! Everything signed is an envelope of one standard (DSSE) with an Ed25519 signature over the exact bytes of its payload.
//! Nothing here says anything of a child: identifiers, digests, counts, codes, states and times.

mod certificate;
mod chain;
mod checkpoint;
mod envelope;
mod keys;
mod receipt;

pub use certificate::{Certificate, DeletedObject, DeletedOf, DeletionCause};
pub use chain::{BEGINNING, BrokenLink, ChainedEvent, Walk};
pub use checkpoint::Checkpoint;
pub use envelope::{ENVELOPE_TYPE, Evidence, NotEvidence, open, seal};
pub use keys::{BadKey, KeySet, PublicKey, PublishedKey, Signer, SigningKeyId};
pub use receipt::{DecisionEvent, FindingCounts, ReceiptBody, ReceivedFile};
