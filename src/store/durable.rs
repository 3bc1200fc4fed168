//! Folders whose entries outlive a power failure, and that nobody else may enter.

use std::fs::File;
use std::io;
use std::path::Path;

/// Flushes a folder's own entries: what was made, renamed or removed in it stays so.
pub(super) fn flush_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

/// Makes a folder and those above it where they are not there, and flushes each one's entry. Only its owner may enter.
pub(super) fn make_private(folder: &Path) -> io::Result<()> {
    if folder.is_dir() {
        return Ok(());
    }
    let parent = folder.parent().filter(|parent| !parent.as_os_str().is_empty());
    if let Some(parent) = parent {
        make_private(parent)?;
    }
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::DirBuilderExt as _;
        builder.mode(0o700);
    }
    builder.create(folder)?;
    flush_folder(parent.unwrap_or(Path::new(".")))
}
