//! Makes a release again from its manifest, and says what is not as the manifest has it.

use super::earlier::EarlierRelease;
use super::error::PublishError;
use super::inputs::Inputs;
use super::manifest::{CountedReturn, Manifest, Origin};
use super::release::{ReleaseFiles, build};
use crate::aggregate::AcceptedReturn;
use crate::domain::digest::Digest;
use crate::domain::stage::Begins;
use crate::spec::{Collection, Specification};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// Something that is not as the manifest has it. None of them says anything of a return's content.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Difference {
    Specification { manifest: Digest, here: Digest },
    Policy { manifest: Digest, here: Digest },
    Program { manifest: String, here: String },
    ReturnMissing { authority: String },
    ReturnAdded { authority: String },
    Table { authority: String, table: String },
    EarlierMissing { collection: String, digest: Digest },
    EarlierAdded { collection: String, digest: Digest },
    NotBuilt { problem: String },
    FileMissing { name: String },
    FileAdded { name: String },
    File { name: String },
}

impl fmt::Display for Difference {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Specification { manifest, here } => {
                write!(out, "the specification is another: the manifest names {manifest}, and this one is {here}")
            }
            Self::Policy { manifest, here } => {
                write!(
                    out,
                    "the policy of disclosure is another: the manifest names {manifest}, and this one is {here}"
                )
            }
            Self::Program { manifest, here } => {
                write!(out, "the program is another: the manifest names {manifest}, and this one is {here}")
            }
            Self::ReturnMissing { authority } => write!(out, "the return of authority {authority} is not there"),
            Self::ReturnAdded { authority } => {
                write!(out, "there is a return of authority {authority}, which the manifest does not name")
            }
            Self::Table { authority, table } => {
                write!(out, "the table {table} of authority {authority} is not the one that was counted")
            }
            Self::EarlierMissing { collection, digest } => {
                write!(out, "the earlier release {digest} of {collection} was not given")
            }
            Self::EarlierAdded { collection, digest } => {
                write!(out, "the earlier release {digest} of {collection} was given, which the manifest does not name")
            }
            Self::NotBuilt { problem } => write!(out, "the release cannot be made again: {problem}"),
            Self::FileMissing { name } => write!(out, "the file {name} was not made"),
            Self::FileAdded { name } => write!(out, "the file {name} was made, which the manifest does not name"),
            Self::File { name } => write!(out, "the file {name} has other bytes"),
        }
    }
}

/// A release that was made again.
#[derive(Debug)]
pub struct Rebuilt {
    /// None where it could not be made.
    pub release: Option<ReleaseFiles>,
    /// What went in first, then the files; empty where every byte is the same.
    pub differences: Vec<Difference>,
}

/// Makes the release of a manifest again from returns and earlier releases, and compares everything that went in, the tables
/// too where it is known what was counted, and every file that came out.
pub fn rebuild(
    specification: &Specification,
    collection: &Collection,
    (manifest, counted): (&Manifest, Option<&Inputs>),
    returns: Vec<AcceptedReturn>,
    earlier: &[EarlierRelease],
    begins: Begins<'_>,
) -> Result<Rebuilt, PublishError> {
    let mut differences = ingredients(specification, manifest, earlier);
    let named: BTreeMap<&str, &CountedReturn> =
        manifest.returns.iter().map(|one| (one.authority.as_str(), one)).collect();
    let with_origin = |one: AcceptedReturn| {
        let known = named.get(one.authority.as_str());
        let origin = known.map(|known| Origin { id: known.id.clone(), version: known.version, late: known.late });
        (one, origin.unwrap_or_default())
    };
    let returns: Vec<_> = returns.into_iter().map(with_origin).collect();
    differences.extend(of_returns(manifest, counted, &Inputs::of(returns.iter().map(|(one, _)| one))));
    let release = match build(specification, collection, &manifest.edition, returns, earlier, begins) {
        Ok(release) => release,
        // With other ingredients it may well be refused, and that is an answer; with the same it is a fault.
        Err(error) if !differences.is_empty() => {
            differences.push(Difference::NotBuilt { problem: error.to_string() });
            return Ok(Rebuilt { release: None, differences });
        }
        Err(error) => return Err(error),
    };
    differences.extend(of_files(manifest, &release));
    Ok(Rebuilt { release: Some(release), differences })
}

fn ingredients(specification: &Specification, manifest: &Manifest, earlier: &[EarlierRelease]) -> Vec<Difference> {
    let mut differences = Vec::new();
    let here = Manifest::of_program(specification);
    if manifest.specification_digest != here.specification {
        differences
            .push(Difference::Specification { manifest: manifest.specification_digest, here: here.specification });
    }
    if manifest.policy_digest != here.policy {
        differences.push(Difference::Policy { manifest: manifest.policy_digest, here: here.policy });
    }
    if manifest.program != here.program {
        differences.push(Difference::Program { manifest: manifest.program.clone(), here: here.program });
    }
    let given: BTreeSet<Digest> = earlier.iter().map(|one| one.digest).collect();
    let named: BTreeSet<Digest> = manifest.earlier.iter().map(|one| one.sha256).collect();
    for one in manifest.earlier.iter().filter(|one| !given.contains(&one.sha256)) {
        differences.push(Difference::EarlierMissing { collection: one.collection.clone(), digest: one.sha256 });
    }
    for one in earlier.iter().filter(|one| !named.contains(&one.digest)) {
        differences.push(Difference::EarlierAdded { collection: one.collection().to_owned(), digest: one.digest });
    }
    differences
}

/// Which returns are missing or were added, and, where it is known what was counted, which tables are others.
fn of_returns(manifest: &Manifest, counted: Option<&Inputs>, given: &Inputs) -> BTreeSet<Difference> {
    let mut differences = BTreeSet::new();
    let named: BTreeSet<&String> = manifest.returns.iter().map(|one| &one.authority).collect();
    let nothing = BTreeMap::new();
    for authority in &named {
        let authority = (*authority).clone();
        let Some(tables) = given.returns.get(&authority) else {
            differences.insert(Difference::ReturnMissing { authority });
            continue;
        };
        let Some(counted) = counted else { continue };
        let wanted = counted.returns.get(&authority).unwrap_or(&nothing);
        for table in wanted.keys().chain(tables.keys()).filter(|table| wanted.get(*table) != tables.get(*table)) {
            differences.insert(Difference::Table { authority: authority.clone(), table: table.clone() });
        }
    }
    let added = given.returns.keys().filter(|authority| !named.contains(authority));
    differences.extend(added.map(|authority| Difference::ReturnAdded { authority: authority.clone() }));
    differences
}

fn of_files(manifest: &Manifest, release: &ReleaseFiles) -> Vec<Difference> {
    let digests = |manifest: &Manifest| -> BTreeMap<String, Digest> {
        manifest.files.iter().map(|file| (file.name.clone(), file.sha256)).collect()
    };
    let (wanted, made) = (digests(manifest), digests(&release.manifest));
    let mut differences = Vec::new();
    for name in wanted.keys().chain(made.keys()).collect::<BTreeSet<_>>() {
        let difference = |name: &String| match (wanted.get(name), made.get(name)) {
            (Some(_), None) => Some(Difference::FileMissing { name: name.clone() }),
            (None, Some(_)) => Some(Difference::FileAdded { name: name.clone() }),
            (one, other) if one != other => Some(Difference::File { name: name.clone() }),
            _ => None,
        };
        differences.extend(difference(name));
    }
    if differences.is_empty() && manifest.to_json() != release.manifest.to_json() {
        differences.push(Difference::File { name: "manifest.json".to_owned() });
    }
    differences
}
