//! Earlier releases, read back from their published files, which is what anybody outside has, and from what says which
//! returns they counted.

use super::changes::{Changes, Compared};
use super::error::PublishError;
use super::inputs::{INPUTS, Inputs};
use super::manifest::{EarlierEntry, Manifest};
use super::published::{self, Words};
use super::release::CHANGES;
use crate::disclosure::{EarlierTable, EarlierTables};
use crate::domain::digest::Digest;
use crate::domain::release::DataVersion;
use crate::spec::Collection;
use std::collections::{BTreeMap, BTreeSet};
use std::io::ErrorKind;
use std::path::Path;

const MANIFEST: &str = "manifest.json";

/// What was published before: the rows as they were shown and the digests of the returns that they rest on.
#[derive(Debug, Clone, PartialEq)]
pub struct EarlierRelease {
    /// SHA-256 of its `manifest.json`.
    pub digest: Digest,
    pub manifest: Manifest,
    pub(super) tables: EarlierTables,
    /// What stands beside the figures, by indicator.
    words: BTreeMap<String, Words>,
    /// The version of each data set, as its own document of changes gives it.
    pub(super) versions: BTreeMap<String, DataVersion>,
    /// Whether it came with what it counted, without which nobody knows which returns were sent again.
    has_inputs: bool,
}

impl EarlierRelease {
    pub fn collection(&self) -> &str {
        &self.manifest.collection
    }

    pub const fn year(&self) -> i32 {
        self.manifest.year
    }

    /// The rows of an indicator as they were shown.
    pub(super) fn table(&self, indicator: &str) -> Option<&EarlierTable> {
        self.tables.tables.get(indicator)
    }

    /// The files that are read of a release, by the text of its manifest: the JSON file of each indicator, and its changes.
    pub fn files_read(manifest: &[u8]) -> Result<Vec<String>, PublishError> {
        let manifest = parse_manifest(manifest)?;
        let names = manifest.files.into_iter().map(|file| file.name);
        Ok(names.filter(|name| name.ends_with(".json") && name != "audit.json").collect())
    }

    /// Reads a release from its files by name, what it counted among them where it is at hand; those that are not needed may
    /// be left out. Each file that is read must
    /// have the digest that the manifest gives.
    pub fn from_files(files: &BTreeMap<String, Vec<u8>>) -> Result<Self, PublishError> {
        let bytes = files.get(MANIFEST).ok_or_else(|| wrong("it has no manifest.json"))?;
        let manifest = parse_manifest(bytes)?;
        let digest = Digest::of(bytes);
        let (mut tables, mut words) = (BTreeMap::new(), BTreeMap::new());
        let mut its_versions = BTreeMap::new();
        for name in Self::files_read(bytes)? {
            let missing = || wrong(format!("its manifest names {name}, which is not there"));
            let bytes = files.get(&name).ok_or_else(missing)?;
            let entry = manifest.files.iter().find(|entry| entry.name == name);
            if entry.is_none_or(|entry| entry.sha256 != Digest::of(bytes)) {
                return Err(wrong(format!("{name} does not have the digest that its manifest gives: it was altered")));
            }
            if name == CHANGES {
                let unreadable = |error| wrong(format!("its {CHANGES} cannot be read: {error}"));
                its_versions = serde_json::from_slice::<Changes>(bytes).map_err(unreadable)?.versions();
            } else if let Some(read) = published::read(&name, bytes, manifest.year)? {
                words.insert(read.indicator.clone(), read.words);
                tables.insert(read.indicator, read.table);
            }
        }
        let returns = match files.get(INPUTS) {
            Some(bytes) => {
                let inputs = Inputs::from_json(bytes)?;
                if inputs.manifest != digest {
                    return Err(wrong(format!("its {INPUTS} belongs to another manifest")));
                }
                Some(inputs.versions())
            }
            None => None,
        };
        let has_inputs = returns.is_some();
        let returns = returns.unwrap_or_default();
        let tables = EarlierTables { name: digest.to_string(), year: manifest.year, tables, returns };
        Ok(Self { digest, manifest, tables, words, versions: its_versions, has_inputs })
    }

    /// Reads a release from the folder that it was written to.
    pub fn from_folder(folder: &Path) -> Result<Self, PublishError> {
        let about = |error: PublishError| match error {
            PublishError::Earlier(problem) => {
                PublishError::Earlier(format!("{} is not a release that can be rested on: {problem}", folder.display()))
            }
            other => other,
        };
        let read = |name: &str| {
            std::fs::read(folder.join(name)).map_err(|error| wrong(format!("{name} cannot be read: {error}")))
        };
        let manifest = read(MANIFEST).map_err(about)?;
        let mut files = BTreeMap::new();
        for name in Self::files_read(&manifest).map_err(about)? {
            let bytes = read(&name).map_err(about)?;
            files.insert(name, bytes);
        }
        files.insert(MANIFEST.to_owned(), manifest);
        match std::fs::read(folder.join(INPUTS)) {
            Ok(inputs) => drop(files.insert(INPUTS.to_owned(), inputs)),
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            Err(error) => return Err(about(wrong(format!("{INPUTS} cannot be read: {error}")))),
        }
        Self::from_files(&files).map_err(about)
    }

    /// As it is compared with the release that comes after it.
    pub(super) fn compared(&self) -> Compared<'_> {
        let tables = self.tables.tables.iter();
        let tables = tables.filter_map(|(id, table)| Some((id.as_str(), (self.words.get(id)?, table)))).collect();
        Compared { collection: self.collection(), year: self.year(), edition: &self.manifest.edition, tables }
    }

    pub(super) fn entry(&self) -> EarlierEntry {
        EarlierEntry { collection: self.manifest.collection.clone(), year: self.year(), sha256: self.digest }
    }
}

/// The releases must be given oldest first, each once, and with everything that they rest on: what is left out would be
/// known to everybody and not to the audit.
pub(super) fn check(collection: &Collection, earlier: &[EarlierRelease]) -> Result<(), PublishError> {
    let mut given: BTreeSet<Digest> = BTreeSet::new();
    for one in earlier {
        let about = |problem: String| {
            PublishError::Earlier(format!("the earlier release {} of {}: {problem}", one.digest, one.collection()))
        };
        if (one.year() == collection.year) != (one.collection() == collection.id) {
            return Err(about(format!("it is of another collection than {} of the same year", collection.id)));
        }
        if !one.has_inputs {
            let problem = format!(
                "its {INPUTS} is not there, which says which returns it counted; give the release as it was made"
            );
            return Err(about(problem));
        }
        if !given.insert(one.digest) {
            return Err(about("it is given twice; give it once".to_owned()));
        }
        if let Some(missing) = one.manifest.earlier.iter().find(|entry| !given.contains(&entry.sha256)) {
            return Err(about(format!(
                "it rests on the release {} of {}, which is not given before it; give every earlier release, oldest first",
                missing.sha256, missing.collection
            )));
        }
    }
    Ok(())
}

fn wrong(problem: impl Into<String>) -> PublishError {
    PublishError::Earlier(problem.into())
}

fn parse_manifest(bytes: &[u8]) -> Result<Manifest, PublishError> {
    serde_json::from_slice(bytes).map_err(|error| wrong(format!("its manifest.json cannot be read: {error}")))
}
