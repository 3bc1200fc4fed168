//! A release is made from the versions in force of the service, and kept as a draft.

use super::Service;
use super::authorise::Account;
use super::collections::course_of;
use super::coverage::{first_received, is_on_time};
use super::edition::{NewRelease, Planned};
use super::error::FlowError;
use super::release::for_readers;
use crate::aggregate::AggregateError;
use crate::domain::digest::Digest;
use crate::domain::identifier::{KeyId, ReleaseId};
use crate::domain::release::ReleaseState;
use crate::domain::stage::Stage;
use crate::publish::{self, EarlierRelease, INPUTS, Manifest, Origin, PublishError, ReleaseFiles};
use crate::spec::Collection;
use crate::store::{ObjectName, ReleaseFile, ReleaseRecord, ReturnFilter, VersionTimes};
use crate::telemetry::StageWatch;
use bytes::Bytes;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use tracing::{Instrument as _, Span};

impl Service {
    /// Builds a draft from the versions in force. It is refused when its audit or its checks of the files fail, and where
    /// a release of the collection is published already and no reason is given to revise it.
    pub async fn build_release(&self, account: &Account, new: NewRelease) -> Result<ReleaseRecord, FlowError> {
        account.may_collect()?;
        let collection = self.specification().collection(&new.collection).ok_or(FlowError::NotFound)?.clone();
        let planned = self.plan_release(&collection, new).await?;
        let (service, by) = (self.clone(), account.key);
        let building = async move {
            let watch = Arc::new(StageWatch::metered(service.metrics().clone()));
            let made = service.make_release(&collection, &planned, &watch).await?;
            watch.begin(Stage::Write);
            let release = service.keep_release(&collection, made, planned, by).await?;
            watch.end();
            tracing::info!(release = %release.id, collection = release.collection, key = %by, "a release was built");
            Ok(for_readers(release))
        };
        let work = tokio::spawn(building.instrument(Span::current()));
        work.await.map_err(|_| FlowError::internal("build the release", "the task ended in a panic"))?
    }

    async fn make_release(
        &self,
        collection: &Collection,
        planned: &Planned,
        watch: &Arc<StageWatch>,
    ) -> Result<ReleaseFiles, FlowError> {
        let in_force = self.that_can_be_counted(collection, planned).await?;
        if in_force.is_empty() {
            let problem = format!("no return of {} is accepted, so there is nothing to count", collection.id);
            return Err(FlowError::ReleaseRefused(problem));
        }
        let place = self.pool().admit()?;
        watch.begin(Stage::Read);
        let (course, _) = course_of(self.ledger(), collection).await?;
        let now = self.now();
        let sent = ReturnFilter { collection: Some(collection.id.clone()), ..ReturnFilter::default() };
        let sent = self.ledger().version_times(&sent).await.map_err(FlowError::store("read when returns came"))?;
        let first = first_received(&sent, now);
        let mut returns = Vec::with_capacity(in_force.len());
        for record in &in_force {
            let deadline = course.deadline_of(Some(&record.authority), now);
            let came = first.get(record.authority.as_str()).copied().unwrap_or(record.received);
            let late = Some(!is_on_time(came, deadline));
            let origin = Origin { id: Some(record.id.to_string()), version: record.version, late };
            let counted = self.accepted_return(record.id, &record.authority, record.state).await?;
            returns.push((counted, origin));
        }
        let earlier = self.earlier_releases(&planned.series).await?;
        let (specification, collection) = (Arc::clone(self.specification()), collection.clone());
        let edition = planned.edition.clone();
        let worker = place.worker().await?;
        let watch = Arc::clone(watch);
        let made = worker.run("build the release", move || {
            publish::build(&specification, &collection, &edition, returns, &earlier, &|stage| watch.begin(stage))
        });
        made.await?.map_err(refused)
    }

    /// The versions in force without those whose content was removed on request: their authorities count as missing, and the
    /// coverage names them.
    ///
    /// It is refused where a published release of the collection counted such an authority, because the difference of the
    /// two would be its figures; and where a version's time was over, because then the others' time is over too.
    async fn that_can_be_counted(
        &self,
        collection: &Collection,
        planned: &Planned,
    ) -> Result<Vec<VersionTimes>, FlowError> {
        let mut counted_before = BTreeSet::new();
        for release in planned.series.iter().filter(|release| release.collection == collection.id) {
            let manifest: Manifest = serde_json::from_str(&release.manifest)
                .map_err(|error| FlowError::internal("read the manifest of a release", error))?;
            counted_before.extend(manifest.returns.into_iter().map(|one| one.authority));
        }
        let mut counted = Vec::new();
        for record in self.in_force(&collection.id, None).await? {
            let Some(gone) = self.gone_input(&record.authority, record.version, record.id).await? else {
                counted.push(record);
                continue;
            };
            let problem = if !gone.on_request {
                format!("{gone}; a release needs every return that it counts")
            } else if counted_before.contains(&record.authority) {
                format!(
                    "{gone}, and a published release of {} counts it: the difference of the two would tell its figures; the \
                     published release stays as it is until the authority's new return is accepted",
                    collection.id
                )
            } else {
                let (authority, certificate) = (&record.authority, gone.certificate);
                tracing::warn!(authority, %certificate, "a release is built without an authority whose data was removed");
                continue;
            };
            return Err(FlowError::ReleaseRefused(problem));
        }
        Ok(counted)
    }

    /// The published releases of a series, as everybody can read them.
    pub(super) async fn earlier_releases(&self, published: &[ReleaseRecord]) -> Result<Vec<EarlierRelease>, FlowError> {
        let doing = "read the earlier releases";
        let mut earlier = Vec::with_capacity(published.len());
        for release in published {
            let manifest = release.manifest.as_bytes();
            let mut names = EarlierRelease::files_read(manifest).map_err(refused)?;
            names.push("manifest.json".to_owned());
            names.extend(release.files.iter().map(|file| file.name.clone()).filter(|name| name == INPUTS));
            let mut files = BTreeMap::new();
            for path in names {
                let bytes = self.kept_file(release.id, &path).await?;
                files.insert(path, bytes.to_vec());
            }
            let read = self.at_work(doing, move || EarlierRelease::from_files(&files));
            earlier.push(read.await?.map_err(|error| FlowError::internal(doing, error))?);
        }
        Ok(earlier)
    }

    /// The files are durable before the ledger speaks of them.
    async fn keep_release(
        &self,
        collection: &Collection,
        made: ReleaseFiles,
        planned: Planned,
        by: KeyId,
    ) -> Result<ReleaseRecord, FlowError> {
        let failed = FlowError::store("keep the release");
        let built = self.now();
        let id = ReleaseId::new(built);
        let manifest = made.manifest.to_json();
        let mut files = Vec::with_capacity(made.files.len());
        for (name, bytes) in made.files {
            let digested = self.at_work("digest a file of the release", move || (Digest::of(&bytes), bytes));
            let (digest, bytes) = digested.await?;
            files.push(ReleaseFile { name: name.clone(), digest, bytes: bytes.len() as u64 });
            let name = ObjectName::release_file(id, &name).map_err(&failed)?;
            self.archive().put(&name, Bytes::from(bytes)).await.map_err(&failed)?;
        }
        let release = ReleaseRecord {
            id,
            collection: collection.id.clone(),
            family: self.specification().id.clone(),
            state: ReleaseState::Draft,
            kind: planned.edition.kind,
            label: planned.edition.label,
            revises: planned.revises,
            follows: planned.series.last().map(|release| release.id),
            reason: planned.edition.reason,
            digest: Digest::of(manifest.as_bytes()),
            manifest,
            files,
            versions: made.changes.versions(),
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
pub(super) fn refused(error: PublishError) -> FlowError {
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
