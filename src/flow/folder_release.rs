//! A release is made from a folder of returns, with no service at all: anew, or again from its manifest. The same returns
//! give the same files as in the service, because both go through `publish`.

use super::build_release::refused;
use super::error::{FlowError, Identifying};
use crate::aggregate::AcceptedReturn;
use crate::domain::finding::Severity;
use crate::domain::report::Report;
use crate::domain::side_by_side::side_by_side;
use crate::domain::stage::{Begins, Stage, unmeasured};
use crate::intake::{self, IntakeOptions, Source};
use crate::publish::{self, EarlierRelease, Edition, Inputs, Manifest, Origin, Rebuilt, ReleaseFiles};
use crate::spec::{Collection, Specification};
use crate::validate::{CheckContext, Validator};
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

/// What was made of a folder of returns.
#[derive(Debug)]
pub struct FolderRelease {
    pub release: ReleaseFiles,
    /// The authorities whose returns were counted, by three-digit code.
    pub counted: Vec<String>,
    /// The returns that were not counted, and why, in the order of their names.
    pub left: Vec<(PathBuf, String)>,
}

/// Is told how many returns are checked, of how many.
pub type Progress<'a> = &'a (dyn Fn(usize, usize) + Sync);

/// Who is told how far the making of a release has come.
#[derive(Clone, Copy)]
pub struct Telling<'a> {
    pub progress: Progress<'a>,
    /// That a stage begins.
    pub begins: Begins<'a>,
}

impl fmt::Debug for Telling<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Telling")
    }
}

impl Telling<'_> {
    /// Nobody.
    pub const NOBODY: Self = Self { progress: &|_, _| {}, begins: &unmeasured };
}

/// Where the returns of a folder release come from, and how they are judged.
#[derive(Debug, Clone, Copy)]
pub struct ReturnsFolder<'a> {
    pub specification: &'a Specification,
    pub validator: &'a Validator,
    pub folder: &'a Path,
}

/// Checks every return in a folder (each file or folder in it is one), takes those without errors as accepted, and makes
/// their release, safe together with the earlier ones. It blocks: call it from a plain thread.
pub fn release_from_folder(
    from: ReturnsFolder<'_>,
    collection: &Collection,
    edition: &Edition,
    earlier: &[EarlierRelease],
    telling: Telling<'_>,
) -> Result<FolderRelease, FlowError> {
    refuse_identifying(from.validator, edition)?;
    let (returns, left) = from.read(collection, telling)?;
    let mut counted: Vec<String> = returns.iter().map(|one| one.authority.clone()).collect();
    counted.sort();
    let returns = returns.into_iter().map(|one| (one, Origin::default())).collect();
    let release =
        publish::build(from.specification, collection, edition, returns, earlier, telling.begins).map_err(refused)?;
    Ok(FolderRelease { release, counted, left })
}

/// Makes the release of a manifest again from a folder of returns, and says what is different; which tables, where it is
/// known what was counted. It blocks.
pub fn release_from_manifest(
    from: ReturnsFolder<'_>,
    (manifest, counted): (&Manifest, Option<&Inputs>),
    earlier: &[EarlierRelease],
    telling: Telling<'_>,
) -> Result<Rebuilt, FlowError> {
    let unknown = || FlowError::RequestInvalid(format!("the specification has no collection {}", manifest.collection));
    let collection = from.specification.collection(&manifest.collection).ok_or_else(unknown)?;
    let (returns, _) = from.read(collection, telling)?;
    let rebuilt =
        publish::rebuild(from.specification, collection, (manifest, counted), returns, earlier, telling.begins);
    rebuilt.map_err(refused)
}

/// What a release says of itself is published, so it is searched for direct identifiers as everything that people write.
fn refuse_identifying(validator: &Validator, edition: &Edition) -> Result<(), FlowError> {
    let texts = [("label", Some(&edition.label)), ("reason", edition.reason.as_ref())];
    let mut found = Vec::new();
    for (field, text) in texts.into_iter().filter_map(|(field, text)| Some((field, text?))) {
        let kinds = validator.identifiers_in(text);
        found.extend(kinds.into_iter().map(|kind| Identifying { field: field.to_owned(), kind }));
    }
    if found.is_empty() { Ok(()) } else { Err(FlowError::IdentifyingText { found }) }
}

type Read = (Vec<AcceptedReturn>, Vec<(PathBuf, String)>);

impl ReturnsFolder<'_> {
    /// The returns without errors, and those that have some with the reason.
    fn read(&self, collection: &Collection, telling: Telling<'_>) -> Result<Read, FlowError> {
        (telling.begins)(Stage::Read);
        let folder = self.folder;
        let unreadable = |error| FlowError::RequestInvalid(format!("{} cannot be read: {error}", folder.display()));
        let entries = std::fs::read_dir(folder).map_err(unreadable)?;
        let mut paths = entries.map(|entry| Ok(entry?.path())).collect::<Result<Vec<_>, _>>().map_err(unreadable)?;
        paths.retain(|path| !path.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.')));
        paths.sort();
        let done = AtomicUsize::new(0);
        let judged = side_by_side(&paths, |path| {
            let judged = judge(self.specification, self.validator, collection, path);
            (telling.progress)(done.fetch_add(1, Ordering::Relaxed) + 1, paths.len());
            judged
        });
        let (mut returns, mut left) = (Vec::new(), Vec::new());
        for (path, judged) in paths.into_iter().zip(judged) {
            match judged {
                Ok(accepted) => returns.push(accepted),
                Err(reason) => left.push((path, reason)),
            }
        }
        if returns.is_empty() {
            let problem = format!("{} holds no return of {} without errors", folder.display(), collection.id);
            return Err(FlowError::ReleaseRefused(problem));
        }
        Ok((returns, left))
    }
}

/// What became of one return: accepted, or the reason why not.
type Judged = Result<AcceptedReturn, String>;

pub(super) fn judge(
    specification: &Specification,
    validator: &Validator,
    collection: &Collection,
    path: &Path,
) -> Judged {
    let source = Source::of_paths(vec![path.to_owned()]);
    let options = IntakeOptions::new(specification.limits.clone());
    let read = intake::read(&source, specification, &options).map_err(|error| error.to_string())?;
    if let Some(other) = read.header.collection.as_ref().filter(|named| **named != collection.id) {
        return Err(format!("it answers {other}"));
    }
    let checked = validator.check(read, &CheckContext::default());
    match (standing_in_the_way(&checked.report), checked.report.authority, checked.typed) {
        (None, Some(authority), Some(typed)) => Ok(AcceptedReturn { authority, tables: typed.tables }),
        (Some(reason), ..) => Err(reason),
        (None, ..) => Err("its header names no authority".to_owned()),
    }
}

/// Why a return without a service does not count, if so.
fn standing_in_the_way(report: &Report) -> Option<String> {
    let counted = |severity| report.counts.of(severity);
    let blocking = report.not_checked.iter().filter(|rule| rule.blocks).count();
    match (counted(Severity::Reject), counted(Severity::Error), blocking) {
        (0, 0, 0) => None,
        (0, 0, rules) => Some(format!("{rules} of its rules could not be checked")),
        (0, errors, _) => Some(format!("it has {errors} errors")),
        (rejects, ..) => Some(format!("it is rejected, with {rejects} findings")),
    }
}
