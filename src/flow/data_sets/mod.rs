//! Data sets for readers: which there are, in which versions, and what they answer. Only published releases are read.
//!
//! A data set is one indicator of the series. A version of it is what stood when a release was published: of each
//! collection the latest release by then. Because published releases never change, neither does a version.

mod catalogue;
mod kept;
mod selector;
#[cfg(test)]
mod tests;

pub use catalogue::{Catalogue, DataSetHistory, DataSetVersion, Publication};
pub use selector::VersionSelector;

use super::Service;
use super::error::FlowError;
use crate::domain::identifier::ReleaseId;
use crate::publish::changes::{Changes, IndicatorChanges};
use crate::publish::dataset::{DataSet, Outline, PublishedTable, Query, QueryError, whole_csv};
use bytes::Bytes;
pub(super) use kept::DataSets;
pub use kept::FieldKind;
use kept::Held;
use std::collections::BTreeSet;
use std::sync::Arc;

/// The files of one release that a data set is made of.
struct Part {
    release: ReleaseId,
    csv: Bytes,
    meta: Bytes,
    json: Bytes,
}

impl Service {
    /// Every data set with its versions, from the releases published so far.
    pub async fn catalogue(&self) -> Result<Arc<Catalogue>, FlowError> {
        let data_sets = self.data_sets();
        if let Some(catalogue) = data_sets.catalogue() {
            return Ok(catalogue);
        }
        let specification = self.specification();
        let mark = data_sets.mark();
        let published = self.published_releases(&specification.id).await?;
        let catalogue = Arc::new(Catalogue::new(&specification.id, &specification.title, &published));
        data_sets.keep_catalogue(mark, Arc::clone(&catalogue));
        Ok(catalogue)
    }

    /// What a list tells of a version.
    pub async fn outline(&self, version: &DataSetVersion) -> Result<Arc<Outline>, FlowError> {
        if let Some(outline) = self.data_sets().outline(version) {
            return Ok(outline);
        }
        let outline = Arc::new(self.data_set(version).await?.outline());
        self.data_sets().keep_outline(version, Arc::clone(&outline));
        Ok(outline)
    }

    /// A version's fields and cells, read from the published files unless they are still in memory.
    pub async fn data_set(&self, version: &DataSetVersion) -> Result<Arc<DataSet>, FlowError> {
        Ok(Arc::clone(&self.held(version).await?.data))
    }

    async fn held(&self, version: &DataSetVersion) -> Result<Arc<Held>, FlowError> {
        let cell = self.data_sets().cell(version);
        if let Some(held) = cell.get() {
            return Ok(Arc::clone(held));
        }
        let load = async || Ok::<_, FlowError>(Arc::new(Held::new(self.load(version).await?)));
        let held = Arc::clone(cell.get_or_try_init(load).await?);
        self.data_sets().make_room();
        Ok(held)
    }

    /// What a version's fields of these kinds are, as `write` writes it: once, and kept for as long as the data set is.
    pub async fn data_set_fields(
        &self,
        version: &DataSetVersion,
        kinds: &BTreeSet<FieldKind>,
        write: impl FnOnce(&DataSet) -> Vec<u8> + Send + 'static,
    ) -> Result<Bytes, FlowError> {
        let held = self.held(version).await?;
        if let Some(written) = held.fields(kinds) {
            return Ok(written);
        }
        let data = Arc::clone(&held.data);
        let written = self.for_the_public("write what a data set holds", move || write(&data)).await?;
        let written = Bytes::from(written);
        held.keep_fields(kinds.clone(), written.clone());
        self.data_sets().make_room();
        Ok(written)
    }

    async fn load(&self, version: &DataSetVersion) -> Result<Arc<DataSet>, FlowError> {
        let mut parts = Vec::with_capacity(version.releases.len());
        for release in &version.releases {
            let file = |ending: &str| format!("{}.{ending}", version.indicator);
            parts.push(Part {
                release: *release,
                csv: self.kept_file(*release, &file("csv")).await?,
                meta: self.kept_file(*release, &file("meta.csv")).await?,
                json: self.kept_file(*release, &file("json")).await?,
            });
        }
        let (id, indicator) = (version.data_set, version.indicator.clone());
        let read = move || {
            let names: Vec<String> = parts.iter().map(|part| format!("{}/{indicator}", part.release)).collect();
            let tables = parts.iter().zip(&names);
            let tables =
                tables.map(|(part, name)| PublishedTable { name, csv: &part.csv, meta: &part.meta, json: &part.json });
            DataSet::load(id, &tables.collect::<Vec<_>>()).map(Arc::new)
        };
        let doing = "read a data set";
        self.for_the_public(doing, read).await?.map_err(|error| FlowError::internal(doing, error))
    }

    /// The answer to a query, as JSON, or everything that is wrong with the query.
    pub async fn query(
        &self,
        version: &DataSetVersion,
        query: Query,
    ) -> Result<Result<String, Vec<QueryError>>, FlowError> {
        let data = self.data_set(version).await?;
        let is_quick = data.is_quick(&query);
        let answer = move || data.query(&query).map(|answer| answer.to_json());
        // To change threads costs more than most answers do.
        if is_quick { Ok(answer()) } else { self.for_the_public("answer a query", answer).await }
    }

    /// What is different in a version since the one before, as the release that it was published with told it.
    pub async fn data_set_changes(&self, version: &DataSetVersion) -> Result<IndicatorChanges, FlowError> {
        let doing = "read the changes of a data set";
        let bytes = self.kept_file(version.release, "changes.json").await?;
        let read = self.for_the_public(doing, move || serde_json::from_slice::<Changes>(&bytes));
        let mut changes = read.await?.map_err(|error| FlowError::internal(doing, error))?;
        changes.indicators.remove(&version.indicator).ok_or(FlowError::NotFound)
    }

    /// A version as one CSV file.
    pub async fn data_set_csv(&self, version: &DataSetVersion) -> Result<Vec<u8>, FlowError> {
        let data = self.data_set(version).await?;
        self.for_the_public("write a data set", move || whole_csv(&data)).await
    }
}
