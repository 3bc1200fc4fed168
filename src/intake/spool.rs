//! Writes the body of a request to a spool file under the byte cap, digesting it on the way.
//!
//! A spool file loses its name as soon as it is made and is read through its open handle. Nobody can open it by a path, and
//! whatever ends the process, `kill -9` too, frees its bytes with it: no upload outlives its request in the clear. Sealing it
//! with a key of the process instead would hold every upload in memory whole, because archives are read from their end.

use crate::domain::digest::{Digest, Digester};
use bytes::Bytes;
use futures::{Stream, StreamExt};
use std::any::Any;
use std::fmt::Display;
use std::fs::File;
use std::io::{ErrorKind, Write as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use tempfile::TempPath;
use tokio::io::AsyncWriteExt;

/// The bytes of all spool files of this process.
static HELD: AtomicU64 = AtomicU64::new(0);

/// The bytes that lie in spool files now, which no listing of the folder tells.
pub fn bytes_held() -> u64 {
    HELD.load(Ordering::Relaxed)
}

/// A file without a name, gone when this is dropped.
#[derive(Debug)]
pub struct SpoolFile {
    file: File,
    path: PathBuf,
    /// Where the system gives no path to an open file, it keeps its name until the end.
    _named: Option<TempPath>,
    bytes: u64,
}

impl SpoolFile {
    pub fn new_in(folder: &Path) -> std::io::Result<Self> {
        let (file, named) = tempfile::Builder::new().prefix("upload-").tempfile_in(folder)?.into_parts();
        #[cfg(unix)]
        {
            use std::os::fd::AsRawFd as _;
            let path = PathBuf::from(format!("/proc/self/fd/{}", file.as_raw_fd()));
            if path.exists() {
                named.close()?;
                return Ok(Self { file, path, _named: None, bytes: 0 });
            }
        }
        Ok(Self { file, path: named.to_path_buf(), _named: Some(named), bytes: 0 })
    }

    /// By which this process can open the file, as often as it likes.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Writes all of something at the end.
    pub fn write_all(&mut self, bytes: &[u8]) -> std::io::Result<()> {
        self.file.write_all(bytes)?;
        self.grew(bytes.len());
        Ok(())
    }

    fn grew(&mut self, bytes: usize) {
        self.bytes += bytes as u64;
        HELD.fetch_add(bytes as u64, Ordering::Relaxed);
    }
}

impl Drop for SpoolFile {
    fn drop(&mut self) {
        HELD.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}

/// An upload on disk. Its file is gone when this is dropped.
#[derive(Debug)]
pub struct SpooledUpload {
    file: SpoolFile,
    pub digest: Digest,
    pub bytes: u64,
    /// Given back once the file is gone.
    share: Option<Box<dyn Any + Send + Sync>>,
}

impl SpooledUpload {
    pub fn path(&self) -> &Path {
        self.file.path()
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
    let mut spooled = SpoolFile::new_in(folder).map_err(unwritable)?;
    let mut file = tokio::fs::File::from_std(spooled.file.try_clone().map_err(unwritable)?);
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
        spooled.grew(piece.len());
    }
    file.flush().await.map_err(unwritable)?;
    Ok(SpooledUpload { file: spooled, digest: digester.finish(), bytes, share: None })
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
        if cfg!(target_os = "linux") {
            assert_eq!(files(folder.path()), 0, "nothing leads to it but its open handle");
        }
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
