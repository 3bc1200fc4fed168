//! A release as the API shows it.

use crate::domain::identifier::KeyId;
use crate::flow::{Account, FlowError, Service};
use crate::publish::is_for_readers;
use crate::store::{ReleaseFile, ReleaseRecord};
use chrono::{DateTime, Utc};
use serde::Serialize;
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// One release.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ReleaseView {
    id: String,
    collection: String,
    /// `draft`, `approved`, `scheduled`, `published` or `discarded`.
    state: String,
    /// `provisional` or `final`.
    kind: String,
    /// Its period, as people read it.
    label: String,
    /// The release of the same collection that it takes the place of.
    revises: Option<String>,
    /// Why.
    reason: Option<String>,
    /// The version of each indicator's data set; of a release that is not published, the one that it is to have.
    versions: BTreeMap<String, String>,
    /// SHA-256 of its `manifest.json`.
    digest: String,
    built: String,
    approved: Option<String>,
    /// When the service publishes it.
    publish_at: Option<String>,
    /// Why it can be published no more, where that is so; for who may see it before it is published. At its time the service
    /// discards it.
    obstacle: Option<String>,
    published: Option<String>,
    discarded: Option<String>,
    discard_reason: Option<String>,
    /// Which keys acted; for the department's keys only.
    #[serde(skip_serializing_if = "Option::is_none")]
    keys: Option<ReleaseKeysView>,
    files: Vec<ReleaseFileView>,
}

/// The identifiers of the keys that acted on a release.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ReleaseKeysView {
    built_by: String,
    approved_by: Option<String>,
    scheduled_by: Option<String>,
    /// Absent where the service published it at its time.
    published_by: Option<String>,
    discarded_by: Option<String>,
}

/// One file of a release, read at `/v1/releases/{id}/files/{name}`.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ReleaseFileView {
    name: String,
    bytes: u64,
    /// SHA-256, also its `ETag`.
    digest: String,
}

impl ReleaseView {
    /// The release with what stands in its way.
    pub(super) async fn with_obstacle(
        service: &Service,
        release: ReleaseRecord,
        reader: Option<&Account>,
    ) -> Result<Self, FlowError> {
        let obstacle = service.release_obstacle(&release).await?;
        Ok(Self { obstacle, ..Self::of(release, reader) })
    }

    /// The release, for somebody with an account or for anybody.
    pub(super) fn of(release: ReleaseRecord, reader: Option<&Account>) -> Self {
        let time = |at: Option<DateTime<Utc>>| at.map(|at| at.to_rfc3339());
        let key = |id: Option<KeyId>| id.map(|id| id.to_string());
        let is_of_department = reader.is_some_and(|account| account.authority().is_none());
        let keys = is_of_department.then(|| ReleaseKeysView {
            built_by: release.built_by.to_string(),
            approved_by: key(release.approved_by),
            scheduled_by: key(release.scheduled_by),
            published_by: key(release.published_by),
            discarded_by: key(release.discarded_by),
        });
        let file =
            |file: ReleaseFile| ReleaseFileView { name: file.name, bytes: file.bytes, digest: file.digest.to_string() };
        Self {
            id: release.id.to_string(),
            collection: release.collection,
            state: release.state.to_string(),
            kind: release.kind.to_string(),
            label: release.label,
            revises: release.revises.map(|id| id.to_string()),
            reason: release.reason,
            versions: release.versions.into_iter().map(|(id, version)| (id, version.to_string())).collect(),
            digest: release.digest.to_string(),
            built: release.built.to_rfc3339(),
            approved: time(release.approved),
            publish_at: time(release.publish_at),
            obstacle: None,
            published: time(release.published),
            discarded: time(release.discarded),
            discard_reason: release.discard_reason,
            keys,
            files: release.files.into_iter().filter(|file| is_for_readers(&file.name)).map(file).collect(),
        }
    }
}
