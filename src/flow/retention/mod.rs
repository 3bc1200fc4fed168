//! Nothing is kept longer than its purpose needs, and what was deleted is proved.
//!
//! A deletion has two steps: the ledger says what will be deleted, with its digest; then it is deleted, and the ledger confirms
//! it. One that was interrupted in between is finished by the next run. When all of a certificate is confirmed it is signed.
//! What the ledger keeps for ever are states, counts, digests, receipts and events.

mod deleted;
mod doomed;
mod policy;
mod removal;
mod run;
mod verify;

pub use deleted::GoneInput;
pub use policy::RetentionPolicy;
pub use removal::Removed;
pub use run::{Due, Retained};
pub use verify::VerifiedDeletions;
