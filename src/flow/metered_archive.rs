//! An archive whose operations are counted and timed: what was done and whether it was, never a name.

use crate::store::{Archive, Folder, ObjectName, StoreError};
use crate::telemetry::Metrics;
use async_trait::async_trait;
use bytes::Bytes;
use std::sync::Arc;
use std::time::Instant;

/// Counts the operations of the archive inside it.
#[derive(Debug, Clone)]
pub struct MeteredArchive {
    inside: Arc<dyn Archive>,
    metrics: Metrics,
}

impl MeteredArchive {
    pub fn new(inside: Arc<dyn Archive>, metrics: Metrics) -> Self {
        Self { inside, metrics }
    }

    /// An object that is not there is an answer like any other.
    async fn metered<T>(
        &self,
        operation: &str,
        done: impl Future<Output = Result<T, StoreError>> + Send,
    ) -> Result<T, StoreError> {
        let begun = Instant::now();
        let answer = done.await;
        let result = if matches!(answer, Ok(_) | Err(StoreError::NoObject { .. })) { "done" } else { "failed" };
        self.metrics.archive_operations_total.with_label_values(&[operation, result]).inc();
        let seconds = begun.elapsed().as_secs_f64();
        self.metrics.archive_operation_seconds.with_label_values(&[operation]).observe(seconds);
        answer
    }
}

#[async_trait]
impl Archive for MeteredArchive {
    async fn put(&self, name: &ObjectName, bytes: Bytes) -> Result<(), StoreError> {
        self.metered("put", self.inside.put(name, bytes)).await
    }

    async fn get(&self, name: &ObjectName) -> Result<Bytes, StoreError> {
        self.metered("get", self.inside.get(name)).await
    }

    async fn beginning(&self, name: &ObjectName, at_most: usize) -> Result<Bytes, StoreError> {
        self.metered("beginning", self.inside.beginning(name, at_most)).await
    }

    async fn delete(&self, name: &ObjectName) -> Result<(), StoreError> {
        self.metered("delete", self.inside.delete(name)).await
    }

    async fn list(&self, folder: Folder) -> Result<Vec<ObjectName>, StoreError> {
        self.metered("list", self.inside.list(folder)).await
    }

    async fn ready(&self) -> Result<(), StoreError> {
        self.metered("ready", self.inside.ready()).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::identifier::ReturnId;
    use crate::store::ObjectArchive;
    use chrono::DateTime;

    #[tokio::test]
    async fn operations_are_counted_by_what_came_of_them() {
        let folder = tempfile::tempdir().expect("a folder");
        let metrics = Metrics::new().expect("the metrics register");
        let archive = Arc::new(ObjectArchive::in_folder(folder.path()).expect("opens"));
        let archive = MeteredArchive::new(archive, metrics.clone());
        let name = ObjectName::original(ReturnId::new(DateTime::UNIX_EPOCH));
        archive.put(&name, Bytes::from_static(b"abc")).await.expect("is kept");
        assert!(archive.get(&name).await.is_ok());
        archive.delete(&name).await.expect("is removed");
        assert!(archive.get(&name).await.is_err(), "it is gone, which is no failure of the archive");
        let counted =
            |operation, result| metrics.archive_operations_total.with_label_values(&[operation, result]).get();
        assert_eq!((counted("put", "done"), counted("get", "done"), counted("get", "failed")), (1, 2, 0));
    }
}
