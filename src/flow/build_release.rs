//! A release is made: from the versions in force of the service, or from a folder of returns with no service at all.
//! Both go through `publish`, so the same returns give the same files.

use super::Service;
use super::authorise::Account;
use super::edition::{Edition, NewRelease};
use super::error::FlowError;
use crate::aggregate::{AcceptedReturn, AggregateError};
use crate::domain::digest::Digest;
use crate::domain::finding::Severity;
use crate::domain::identifier::{KeyId, ReleaseId};
use crate::domain::release::ReleaseState;
use crate::domain::report::Report;
use crate::intake::{self, IntakeOptions, Source};
use crate::publish::{self, EarlierRelease, Origin, PublishError, ReleaseFiles};
use crate::spec::{Collection, Specification};
use crate::store::{ObjectName, ReleaseFile, ReleaseRecord};
use crate::validate::{CheckContext, Validator};
use bytes::Bytes;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

impl Service {
    /// Builds a draft from the versions in force. It is refused when its audit or its checks of the files fail, and where
    /// a release of the collection is published already and no reason is given to revise it.
    pub async fn build_release(&self, account: &Account, new: NewRelease) -> Result<ReleaseRecord, FlowError> {
        account.may_collect()?;
        let collection = self.specification().collection(&new.collection).ok_or(FlowError::NotFound)?.clone();
        let edition = self.edition(&collection, new).await?;
        let (service, by) = (self.clone(), account.key);
        let work = tokio::spawn(async move {
            let made = service.make_release(&collection).await?;
            service.keep_release(&collection, made, edition, by).await
        });
        work.await.map_err(|_| FlowError::internal("build the release", "the task ended in a panic"))?
    }

    async fn make_release(&self, collection: &Collection) -> Result<ReleaseFiles, FlowError> {
        let in_force = self.in_force(&collection.id, None).await?;
        if in_force.is_empty() {
            let problem = format!("no return of {} is accepted, so there is nothing to count", collection.id);
            return Err(FlowError::ReleaseRefused(problem));
        }
        let place = self.pool().admit()?;
        let mut returns = Vec::with_capacity(in_force.len());
        for record in &in_force {
            let origin = Origin { id: Some(record.id.to_string()), version: record.version };
            returns.push((self.accepted_return(record).await?, origin));
        }
        let earlier = self.earlier_releases(collection).await?;
        let (specification, collection) = (Arc::clone(self.specification()), collection.clone());
        let worker = place.worker().await?;
        let made =
            worker.run("build the release", move || publish::build(&specification, &collection, returns, &earlier));
        made.await?.map_err(refused)
    }

    /// Every release published before, of the collection and of the earlier years that its series rests on, oldest
    /// first: read from the files that everybody can read.
    pub(super) async fn earlier_releases(&self, collection: &Collection) -> Result<Vec<EarlierRelease>, FlowError> {
        let doing = "read the earlier releases";
        let year = |release: &ReleaseRecord| self.specification().collection(&release.collection).map(|one| one.year);
        let mut published = self.ledger().releases().await.map_err(FlowError::store(doing))?;
        published.retain(|release| {
            let earlier = year(release).is_some_and(|year| year < collection.year);
            release.published.is_some() && (earlier || release.collection == collection.id)
        });
        published.sort_by_key(|release| (release.published, release.id));
        let mut earlier = Vec::with_capacity(published.len());
        for release in published {
            let manifest = release.manifest.into_bytes();
            let mut names = EarlierRelease::files_read(&manifest).map_err(refused)?;
            names.push("manifest.json".to_owned());
            let mut files = BTreeMap::new();
            for path in names {
                let name = ObjectName::release_file(release.id, &path).map_err(FlowError::store(doing))?;
                let bytes = self.archive().get(&name).await.map_err(|error| FlowError::internal(doing, error))?;
                files.insert(path, bytes.to_vec());
            }
            earlier.push(EarlierRelease::from_files(&files).map_err(|error| FlowError::internal(doing, error))?);
        }
        Ok(earlier)
    }

    /// The files are durable before the ledger speaks of them.
    async fn keep_release(
        &self,
        collection: &Collection,
        made: ReleaseFiles,
        edition: Edition,
        by: KeyId,
    ) -> Result<ReleaseRecord, FlowError> {
        let failed = FlowError::store("keep the release");
        let built = self.now();
        let id = ReleaseId::new(built);
        let manifest = made.manifest.to_json();
        let mut files = Vec::with_capacity(made.files.len());
        for (name, bytes) in made.files {
            let digest = Digest::of(&bytes);
            files.push(ReleaseFile { name: name.clone(), digest, bytes: bytes.len() as u64 });
            let name = ObjectName::release_file(id, &name).map_err(&failed)?;
            self.archive().put(&name, Bytes::from(bytes)).await.map_err(&failed)?;
        }
        let release = ReleaseRecord {
            id,
            collection: collection.id.clone(),
            family: self.specification().id.clone(),
            state: ReleaseState::Draft,
            kind: edition.kind,
            label: edition.label,
            revises: edition.revises,
            follows: edition.follows,
            reason: edition.reason,
            digest: Digest::of(manifest.as_bytes()),
            manifest,
            files,
            versions: BTreeMap::new(),
            built,
            built_by: by,
            approved: None,
            approved_by: None,
            publish_at: None,
            scheduled_by: None,
            published: None,
            published_by: None,
            discarded: None,
            discarded_by: None,
            discard_reason: None,
        };
        self.ledger().add_release(&release).await.map_err(&failed)?;
        Ok(release)
    }
}

/// What stands in the way of a release is told; a fault of ours is logged.
fn refused(error: PublishError) -> FlowError {
    match error {
        PublishError::Disclosure(_)
        | PublishError::Gate(_)
        | PublishError::Earlier(_)
        | PublishError::Aggregate(AggregateError::NotLive { .. } | AggregateError::Twice { .. }) => {
            FlowError::ReleaseRefused(error.to_string())
        }
        error => FlowError::internal("build the release", error),
    }
}

/// What was made of a folder of returns.
#[derive(Debug)]
pub struct FolderRelease {
    pub release: ReleaseFiles,
    /// The authorities whose returns were counted, by three-digit code.
    pub counted: Vec<String>,
    /// The returns that were not counted, and why, in the order of their names.
    pub left: Vec<(PathBuf, String)>,
}

/// Checks every return in a folder (each file or folder in it is one), takes those without errors as accepted, and makes
/// their release, safe together with the earlier ones. It blocks: call it from a plain thread. `progress` is told how many are checked, of how many.
pub fn release_from_folder(
    specification: &Specification,
    validator: &Validator,
    collection: &Collection,
    folder: &Path,
    earlier: &[EarlierRelease],
    progress: &(dyn Fn(usize, usize) + Sync),
) -> Result<FolderRelease, FlowError> {
    let unreadable = |error| FlowError::RequestInvalid(format!("{} cannot be read: {error}", folder.display()));
    let entries = std::fs::read_dir(folder).map_err(unreadable)?;
    let mut paths = entries.map(|entry| Ok(entry?.path())).collect::<Result<Vec<_>, _>>().map_err(unreadable)?;
    paths.retain(|path| !path.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.')));
    paths.sort();
    let judged = judge_all(&paths, progress, &|path| judge(specification, validator, collection, path));
    let (mut returns, mut left) = (Vec::new(), Vec::new());
    for (path, judged) in paths.into_iter().zip(judged) {
        match judged {
            Ok(accepted) => returns.push((accepted, Origin::default())),
            Err(reason) => left.push((path, reason)),
        }
    }
    if returns.is_empty() {
        let problem = format!("{} holds no return of {} without errors", folder.display(), collection.id);
        return Err(FlowError::ReleaseRefused(problem));
    }
    let mut counted: Vec<String> = returns.iter().map(|(one, _)| one.authority.clone()).collect();
    counted.sort();
    let release = publish::build(specification, collection, returns, earlier).map_err(refused)?;
    Ok(FolderRelease { release, counted, left })
}

/// What became of one return: accepted, or the reason why not.
type Judged = Result<AcceptedReturn, String>;

/// Judges each path on as many threads as there are processors; the answers are in the order of the paths.
fn judge_all(
    paths: &[PathBuf],
    progress: &(dyn Fn(usize, usize) + Sync),
    judge: &(dyn Fn(&Path) -> Judged + Sync),
) -> Vec<Judged> {
    let judged: Vec<Mutex<Option<Judged>>> = paths.iter().map(|_| Mutex::default()).collect();
    let (next, done) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let threads = std::thread::available_parallelism().map_or(1, std::num::NonZero::get).min(paths.len().max(1));
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                while let Some(at) = Some(next.fetch_add(1, Ordering::Relaxed)).filter(|at| *at < paths.len()) {
                    let answer = judge(&paths[at]);
                    *judged[at].lock().unwrap_or_else(PoisonError::into_inner) = Some(answer);
                    progress(done.fetch_add(1, Ordering::Relaxed) + 1, paths.len());
                }
            });
        }
    });
    let unread = || Err("it was not reached".to_owned());
    let answers = judged.into_iter().map(|cell| cell.into_inner().unwrap_or_else(PoisonError::into_inner));
    answers.map(|answer| answer.unwrap_or_else(unread)).collect()
}

fn judge(specification: &Specification, validator: &Validator, collection: &Collection, path: &Path) -> Judged {
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
