//! Files that commands write of a return or of the history: for whoever runs the command, and for nobody else on the machine.

use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{Result, Write as _};
use std::path::Path;

/// Writes a file that its owner alone may read. One that is there already keeps the readers that its owner gave it.
pub(super) fn write(path: &Path, bytes: &[u8]) -> Result<()> {
    create(path)?.write_all(bytes)
}

/// The same, for what is written piece by piece.
pub(super) fn create(path: &Path) -> Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

/// Makes a folder, and those above it where they are not there, that their owner alone may enter.
pub(super) fn create_folder(path: &Path) -> Result<()> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use std::fs::{Permissions, metadata, read, set_permissions};
    use std::os::unix::fs::PermissionsExt as _;

    #[test]
    fn what_is_written_is_for_its_owner_and_what_was_shared_stays_shared() {
        let folder = tempfile::tempdir().expect("a folder");
        let mode = |path: &Path| metadata(path).expect("is there").permissions().mode() & 0o777;
        let draft = folder.path().join("drafts").join("draft");
        create_folder(&draft).expect("is made");
        create_folder(&draft).expect("is there already");
        assert_eq!((mode(&draft), mode(draft.parent().expect("a parent"))), (0o700, 0o700));
        let file = draft.join("children.csv");
        write(&file, b"a longer text").expect("is written");
        assert_eq!(mode(&file), 0o600);
        set_permissions(&file, Permissions::from_mode(0o640)).expect("is changed");
        write(&file, b"a text").expect("is written over");
        assert_eq!((read(&file).expect("reads").as_slice(), mode(&file)), (&b"a text"[..], 0o640));
    }
}
