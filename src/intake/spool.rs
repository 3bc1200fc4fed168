//! Writes the body of a request to a spool file under the byte cap, digesting it on the way.

use crate::domain::digest::{Digest, Digester};
use bytes::Bytes;
use futures::{Stream, StreamExt};
use std::any::Any;
use std::fmt::Display;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use tempfile::TempPath;
use tokio::io::AsyncWriteExt;

/// An upload on disk. Its file is deleted when this is dropped.
#[derive(Debug)]
pub struct SpooledUpload {
    path: TempPath,
    pub digest: Digest,
    pub bytes: u64,
    /// Given back once the file is gone.
    share: Option<Box<dyn Any + Send + Sync>>,
}

impl SpooledUpload {
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Holds on to what must last as long as the file, such as its share of a limit.
    #[must_use]
    pub fn holding(mut self, share: impl Any + Send + Sync) -> Self {
        self.share = Some(Box::new(share));
        self
    }
}

/// Why a body could not be spooled.
#[derive(Debug, thiserror::Error)]
pub enum SpoolError {
    #[error(
        "the upload is larger than {limit} bytes, the limit of upload_bytes; send CSV files compressed in a ZIP archive"
    )]
    TooLarge { limit: u64 },
    #[error("the upload broke off after {bytes} bytes: {reason}; send it again")]
    BrokenOff { bytes: u64, reason: String },
    #[error("there is no space left to take the upload; nothing of it was kept")]
    NoSpace,
    #[error("the spool folder {folder} cannot be written: {source}")]
    Unwritable { folder: PathBuf, source: std::io::Error },
}

/// Writes a body to a new file in `folder`, at most `cap` bytes of it. Nothing stays on disk when it fails.
pub async fn spool_stream<E: Display>(
    stream: impl Stream<Item = Result<Bytes, E>>,
    folder: &Path,
    cap: u64,
) -> Result<SpooledUpload, SpoolError> {
    let unwritable = |source: std::io::Error| match source.kind() {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => SpoolError::NoSpace,
        _ => SpoolError::Unwritable { folder: folder.to_path_buf(), source },
    };
    let (file, path) = tempfile::Builder::new().prefix("upload-").tempfile_in(folder).map_err(unwritable)?.into_parts();
    let mut file = tokio::fs::File::from_std(file);
    let mut digester = Digester::default();
    let mut bytes = 0;
    let mut stream = std::pin::pin!(stream);
    while let Some(piece) = stream.next().await {
        let piece = piece.map_err(|reason| SpoolError::BrokenOff { bytes, reason: reason.to_string() })?;
        bytes += piece.len() as u64;
        if bytes > cap {
            return Err(SpoolError::TooLarge { limit: cap });
        }
        digester.update(&piece);
        file.write_all(&piece).await.map_err(unwritable)?;
    }
    file.flush().await.map_err(unwritable)?;
    Ok(SpooledUpload { path, digest: digester.finish(), bytes, share: None })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn body(pieces: &[&'static str]) -> impl Stream<Item = Result<Bytes, String>> + use<> {
        futures::stream::iter(pieces.iter().map(|piece| Ok(Bytes::from_static(piece.as_bytes()))).collect::<Vec<_>>())
    }

    fn files(folder: &Path) -> usize {
        std::fs::read_dir(folder).expect("the spool folder").count()
    }

    #[tokio::test]
    async fn a_body_is_on_disk_while_it_is_held_and_gone_after() {
        let folder = tempfile::tempdir().expect("a folder");
        let spooled = spool_stream(body(&["LA,", "SEX"]), folder.path(), 6).await.expect("within the cap");
        assert_eq!(std::fs::read(spooled.path()).expect("the file"), b"LA,SEX");
        assert_eq!((spooled.bytes, spooled.digest), (6, Digest::of(b"LA,SEX")));
        drop(spooled);
        assert_eq!(files(folder.path()), 0);
    }

    #[tokio::test]
    async fn a_share_is_held_as_long_as_the_file() {
        let folder = tempfile::tempdir().expect("a folder");
        let share = std::sync::Arc::new(());
        let spooled = spool_stream(body(&["LA"]), folder.path(), 6).await.expect("within the cap");
        let spooled = spooled.holding(std::sync::Arc::clone(&share));
        assert_eq!(std::sync::Arc::strong_count(&share), 2);
        drop(spooled);
        assert_eq!(std::sync::Arc::strong_count(&share), 1);
    }

    #[tokio::test]
    async fn a_body_past_the_cap_leaves_nothing() {
        let folder = tempfile::tempdir().expect("a folder");
        let error = spool_stream(body(&["LA,", "SEX"]), folder.path(), 5).await.expect_err("past the cap");
        assert!(error.to_string().contains("5 bytes, the limit of upload_bytes"), "{error}");
        assert_eq!(files(folder.path()), 0);
    }

    #[tokio::test]
    async fn a_body_that_breaks_off_is_not_bad_data() {
        let folder = tempfile::tempdir().expect("a folder");
        let broken = body(&["LA"]).chain(futures::stream::once(async { Err("connection reset".to_owned()) }));
        let error = spool_stream(broken, folder.path(), 50).await.expect_err("broken off");
        assert!(matches!(error, SpoolError::BrokenOff { bytes: 2, .. }), "{error}");
        assert_eq!(files(folder.path()), 0);
    }
}
