//! Which data sets there are, and how each came to be what it is: worked out from the published releases alone.

use super::selector::VersionSelector;
use crate::domain::identifier::ReleaseId;
use crate::domain::release::DataVersion;
use crate::publish::dataset::{data_set_id, publication_id};
use crate::store::ReleaseRecord;
use chrono::{DateTime, Utc};
use std::collections::BTreeSet;
use std::sync::Arc;
use uuid::Uuid;

/// The data sets of the series.
#[derive(Debug, Clone)]
pub struct Catalogue {
    publication: Publication,
    /// When each release was published, oldest first.
    published: Vec<DateTime<Utc>>,
    /// In the order of their indicators.
    data_sets: Vec<DataSetHistory>,
}

/// The series that the releases belong to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Publication {
    pub id: Uuid,
    pub title: String,
    pub slug: String,
}

/// One indicator, with its versions.
#[derive(Debug, Clone)]
pub struct DataSetHistory {
    pub id: Uuid,
    pub indicator: String,
    /// Oldest first.
    versions: Vec<Arc<DataSetVersion>>,
    /// When the last release that held figures of it was revised by one that holds none. Its versions stay.
    withdrawn: Option<DateTime<Utc>>,
}

/// A data set as it stood from one publication to the next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DataSetVersion {
    pub data_set: Uuid,
    pub indicator: String,
    pub version: DataVersion,
    pub published: DateTime<Utc>,
    /// The release with which it was published.
    pub release: ReleaseId,
    pub release_label: String,
    pub collection: String,
    /// Why that release revised another; empty for a first one.
    pub notes: String,
    /// The releases that its figures are in, the one that counts first.
    pub releases: Vec<ReleaseId>,
}

impl Catalogue {
    /// From the published releases of a family, oldest first.
    pub(super) fn new(family: &str, title: &str, published: &[ReleaseRecord]) -> Self {
        let indicators: BTreeSet<&str> = published.iter().flat_map(indicators).collect();
        let history = |indicator| history(family, indicator, published);
        let slug = title
            .to_lowercase()
            .split(|letter: char| !letter.is_ascii_alphanumeric())
            .filter(|word| !word.is_empty())
            .collect::<Vec<_>>()
            .join("-");
        Self {
            publication: Publication { id: publication_id(family), title: title.to_owned(), slug },
            published: published.iter().filter_map(|release| release.published).collect(),
            data_sets: indicators.into_iter().map(history).collect(),
        }
    }

    /// The publication and when it was last published, as of a time; none before its first release.
    pub fn publication(&self, at: Option<DateTime<Utc>>) -> Option<(&Publication, DateTime<Utc>)> {
        let last = self.published.iter().rev().find(|published| at.is_none_or(|at| **published <= at))?;
        Some((&self.publication, *last))
    }

    /// The data sets that a time knows, those published last first.
    pub fn data_sets(&self, at: Option<DateTime<Utc>>) -> Vec<(&DataSetHistory, &Arc<DataSetVersion>)> {
        let mut found: Vec<_> =
            self.data_sets.iter().filter_map(|one| Some((one, one.version(&VersionSelector::Latest, at)?))).collect();
        found.sort_by(|(one, latest), (other, other_latest)| {
            (other_latest.published, &one.indicator).cmp(&(latest.published, &other.indicator))
        });
        found
    }

    pub fn data_set(&self, id: Uuid) -> Option<&DataSetHistory> {
        self.data_sets.iter().find(|one| one.id == id)
    }
}

impl DataSetHistory {
    /// When it was withdrawn, where a time knows that it was.
    pub fn withdrawn(&self, at: Option<DateTime<Utc>>) -> Option<DateTime<Utc>> {
        self.withdrawn.filter(|withdrawn| at.is_none_or(|at| *withdrawn <= at))
    }

    /// The versions that a time knows, newest first.
    pub fn versions(&self, at: Option<DateTime<Utc>>) -> impl DoubleEndedIterator<Item = &Arc<DataSetVersion>> {
        self.versions.iter().rev().filter(move |version| at.is_none_or(|at| version.published <= at))
    }

    /// The newest version that is meant, of those that a time knows.
    pub fn version(&self, wanted: &VersionSelector, at: Option<DateTime<Utc>>) -> Option<&Arc<DataSetVersion>> {
        self.versions(at).filter(|version| wanted.means(version.version)).max_by_key(|version| version.version)
    }
}

/// The indicators that a release holds or says something about.
fn indicators(release: &ReleaseRecord) -> impl Iterator<Item = &str> {
    let in_files = release.files.iter().filter_map(|file| file.name.strip_suffix(".meta.csv"));
    in_files.chain(release.versions.keys().map(String::as_str))
}

fn holds(release: &ReleaseRecord, indicator: &str) -> bool {
    release.files.iter().any(|file| file.name.strip_suffix(".meta.csv") == Some(indicator))
}

fn history(family: &str, indicator: &str, published: &[ReleaseRecord]) -> DataSetHistory {
    let id = data_set_id(family, indicator);
    let mut versions: Vec<Arc<DataSetVersion>> = Vec::new();
    let mut withdrawn = None;
    // Of each collection the latest release so far, the last published first.
    let mut standing: Vec<&ReleaseRecord> = Vec::new();
    for release in published {
        standing.retain(|earlier| earlier.collection != release.collection);
        standing.insert(0, release);
        let is_about = indicators(release).any(|name| name == indicator);
        let (true, Some(at)) = (is_about, release.published) else { continue };
        let releases: Vec<ReleaseId> = standing.iter().filter(|one| holds(one, indicator)).map(|one| one.id).collect();
        withdrawn = releases.is_empty().then_some(at);
        let before = versions.last().map(|version| version.version);
        let counted = before.map_or(DataVersion::FIRST, DataVersion::next_minor);
        let version = release.versions.get(indicator).copied().unwrap_or(counted);
        // Where nothing changed with this release, it is the same version still.
        if withdrawn.is_some() || before == Some(version) {
            continue;
        }
        versions.push(Arc::new(DataSetVersion {
            data_set: id,
            indicator: indicator.to_owned(),
            version,
            published: at,
            release: release.id,
            release_label: release.label.clone(),
            collection: release.collection.clone(),
            notes: release.reason.clone().unwrap_or_default(),
            releases,
        }));
    }
    DataSetHistory { id, indicator: indicator.to_owned(), versions, withdrawn }
}
