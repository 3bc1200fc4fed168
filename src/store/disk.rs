//! How much room a disk has.

use std::io;
use std::path::Path;

/// The room of the disk that a folder lies on, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DiskRoom {
    /// What this program may still write.
    pub free: u64,
    pub size: u64,
}

impl DiskRoom {
    /// Asks the system; on a disk of the network that can take long.
    pub fn of(folder: &Path) -> io::Result<Self> {
        let told = rustix::fs::statvfs(folder)?;
        let bytes = |blocks: u64| blocks.saturating_mul(told.f_frsize);
        Ok(Self { free: bytes(told.f_bavail), size: bytes(told.f_blocks) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_disk_has_less_free_than_its_size() {
        let folder = tempfile::tempdir().expect("a folder");
        let room = DiskRoom::of(folder.path()).expect("is told");
        assert!(room.free <= room.size && room.size > 0, "{room:?}");
        assert!(DiskRoom::of(&folder.path().join("absent")).is_err());
    }
}
