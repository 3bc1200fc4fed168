//! The manifest: everything a release was made from and every file it has, so that it can be made again byte for byte.

use super::edition::Edition;
use crate::domain::digest::Digest;
use crate::spec::{Collection, Specification};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// An accepted version that the release counts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CountedReturn {
    pub authority: String,
    /// The service's identifier of the return; none when the release was made from a folder.
    #[serde(rename = "return")]
    pub id: Option<String>,
    pub version: Option<u32>,
    /// Whether it was received after its authority's deadline; none when the release was made from a folder.
    #[serde(default)]
    pub late: Option<bool>,
}

/// Where an accepted return comes from: beside its tables, for the manifest.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Origin {
    pub id: Option<String>,
    pub version: Option<u32>,
    /// Whether it was received after its authority's deadline, where a ledger knows.
    pub late: Option<bool>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileEntry {
    pub name: String,
    pub bytes: u64,
    pub sha256: Digest,
}

/// An earlier release that the release was protected together with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EarlierEntry {
    pub collection: String,
    pub year: i32,
    /// SHA-256 of its manifest.
    pub sha256: Digest,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    pub collection: String,
    pub year: i32,
    #[serde(flatten)]
    pub edition: Edition,
    pub specification: String,
    pub specification_version: String,
    pub specification_digest: Digest,
    /// SHA-256 of `disclosure.toml`.
    pub policy_digest: Digest,
    /// The version of the program.
    pub program: String,
    /// In the order of the authorities' codes.
    pub returns: Vec<CountedReturn>,
    /// What was published before it, of its own year and of the years of its series, oldest first.
    #[serde(default)]
    pub earlier: Vec<EarlierEntry>,
    /// In the order of their names; the manifest itself is not among them.
    pub files: Vec<FileEntry>,
}

/// What a release is made with, beside its returns.
pub(super) struct Ingredients {
    pub(super) specification: Digest,
    pub(super) policy: Digest,
    pub(super) program: String,
}

impl Manifest {
    /// What this program makes releases with.
    pub(super) fn of_program(specification: &Specification) -> Ingredients {
        Ingredients {
            specification: specification.digest,
            policy: Digest::of(specification.file("disclosure.toml").unwrap_or_default().as_bytes()),
            program: format!("homeward {}", env!("CARGO_PKG_VERSION")),
        }
    }

    pub(super) fn new(
        specification: &Specification,
        collection: &Collection,
        edition: &Edition,
        returns: Vec<CountedReturn>,
        earlier: Vec<EarlierEntry>,
        files: &BTreeMap<String, Vec<u8>>,
    ) -> Self {
        let entry = |(name, bytes): (&String, &Vec<u8>)| FileEntry {
            name: name.clone(),
            bytes: bytes.len() as u64,
            sha256: Digest::of(bytes),
        };
        let with = Self::of_program(specification);
        Self {
            collection: collection.id.clone(),
            year: collection.year,
            edition: edition.clone(),
            specification: specification.id.clone(),
            specification_version: specification.version.clone(),
            specification_digest: with.specification,
            policy_digest: with.policy,
            program: with.program,
            returns,
            earlier,
            files: files.iter().map(entry).collect(),
        }
    }

    pub fn to_json(&self) -> String {
        // Unwrap safety: the manifest holds texts, numbers and digests only, which always serialise.
        serde_json::to_string_pretty(self).unwrap_or_default() + "\n"
    }
}

/// The entry of a return. It says nothing that follows from the return's cells.
pub(super) fn counted(authority: &str, origin: Origin) -> CountedReturn {
    CountedReturn { authority: authority.to_owned(), id: origin.id, version: origin.version, late: origin.late }
}
