//! Encryption at rest: what the archive holds is sealed with a key that lies elsewhere.
//!
//! An object is sealed with XChaCha20-Poly1305 under the first key of the [`Keyring`]; its nonce is drawn at random, which
//! its 24 bytes allow. The header names the key, and the object's name is authenticated with the bytes, so that an object
//! put in the place of another does not open. Every key of the ring opens; what was written before is read as it is.

mod archive;
mod keyring;
mod seal;

pub use archive::{Resealed, SealedArchive};
pub use keyring::{Keyring, KeyringError};
