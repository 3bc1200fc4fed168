//! The files of a specification, from inside the program or from a folder.

use super::error::SpecificationError;
use crate::domain::digest::{Digest, Digester};
use include_dir::{Dir, include_dir};
use std::collections::BTreeMap;
use std::path::Path;

static EMBEDDED: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/specs");

/// Every text file of a `specs/` folder by its path in it, with `/` between the parts.
#[derive(Debug, Clone, Default)]
pub struct SpecificationFiles(BTreeMap<String, String>);

impl SpecificationFiles {
    pub fn embedded() -> Result<Self, SpecificationError> {
        let mut files = BTreeMap::new();
        let mut folders = vec![&EMBEDDED];
        while let Some(folder) = folders.pop() {
            folders.extend(folder.dirs());
            for file in folder.files() {
                let path = file.path().to_string_lossy().replace('\\', "/");
                let text = file
                    .contents_utf8()
                    .ok_or_else(|| SpecificationError::wrong(&path, 1, "the file is not UTF-8 text"))?;
                files.insert(path, text.to_owned());
            }
        }
        Ok(Self(files))
    }

    pub fn from_folder(folder: &Path) -> Result<Self, SpecificationError> {
        let unreadable = |source| SpecificationError::Unreadable { folder: folder.display().to_string(), source };
        let mut files = BTreeMap::new();
        let mut folders = vec![folder.to_path_buf()];
        while let Some(next) = folders.pop() {
            for entry in std::fs::read_dir(&next).map_err(unreadable)? {
                let path = entry.map_err(unreadable)?.path();
                if path.is_dir() {
                    folders.push(path);
                } else if let Ok(inside) = path.strip_prefix(folder) {
                    let name = inside.to_string_lossy().replace('\\', "/");
                    files.insert(name, std::fs::read_to_string(&path).map_err(unreadable)?);
                }
            }
        }
        Ok(Self(files))
    }

    /// From texts by path; for tests and tools that make a specification of their own.
    pub fn from_texts(texts: impl IntoIterator<Item = (String, String)>) -> Self {
        Self(texts.into_iter().collect())
    }

    pub fn get(&self, path: &str) -> Option<&str> {
        self.0.get(path).map(String::as_str)
    }

    pub fn require(&self, path: &str) -> Result<&str, SpecificationError> {
        self.get(path).ok_or_else(|| SpecificationError::Missing { file: path.to_owned() })
    }

    /// The files in a folder that end as given, in the order of their names: (path, name without ending, text).
    pub fn within<'a>(&'a self, folder: &'a str, ending: &'a str) -> impl Iterator<Item = (&'a str, &'a str, &'a str)> {
        self.0.iter().filter_map(move |(path, text)| {
            let name = path.strip_prefix(folder)?.strip_prefix('/')?.strip_suffix(ending)?;
            (!name.contains('/')).then_some((path.as_str(), name, text.as_str()))
        })
    }

    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(path, text)| (path.as_str(), text.as_str()))
    }

    /// Over what decides verdicts and figures: pages generated from the specification are left out.
    pub fn digest(&self) -> Digest {
        let mut digester = Digester::default();
        for (path, text) in self.iter().filter(|(path, _)| !path.contains("/catalogue")) {
            for part in [path, text] {
                digester.update(&(part.len() as u64).to_be_bytes());
                digester.update(part.as_bytes());
            }
        }
        digester.finish()
    }
}
