//! Secrets of the service that lie in files of their own, outside the ledger.

use super::durable::{flush_folder, make_private};
use super::error::StoreError;
use crate::domain::digest::{from_hex, hex};
use std::fs::OpenOptions;
use std::io::{Error, ErrorKind, Write as _};
use std::path::Path;

/// The 32 bytes of a file of 64 hexadecimal digits. Where `make` says so, a file that is not there is made from random
/// bits, readable by its owner alone. Of several processes that make it at once, all get the same.
pub fn secret_of_file(file: &Path, make: bool) -> Result<[u8; 32], StoreError> {
    let wrong = |source| StoreError::SecretFile { file: file.display().to_string(), source };
    match read(file) {
        Err(error) if make && error.kind() == ErrorKind::NotFound => {
            make_new(file).and_then(|()| read(file)).map_err(wrong)
        }
        other => other.map_err(wrong),
    }
}

/// The text of a file that holds a secret. One that everybody may read is refused.
pub fn text_of_secret_file(file: &Path) -> Result<String, StoreError> {
    text(file).map_err(|source| StoreError::SecretFile { file: file.display().to_string(), source })
}

pub(super) fn text(file: &Path) -> Result<String, Error> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        // Others may read it through a group that the operator chose, but never everybody.
        if std::fs::metadata(file)?.permissions().mode() & 0o007 != 0 {
            return Err(Error::new(
                ErrorKind::PermissionDenied,
                "everybody may read it; take that away (chmod o= FILE)",
            ));
        }
    }
    std::fs::read_to_string(file)
}

fn read(file: &Path) -> Result<[u8; 32], Error> {
    let text = text(file)?;
    let bytes = from_hex(text.trim()).and_then(|bytes| bytes.try_into().ok());
    bytes.ok_or_else(|| Error::new(ErrorKind::InvalidData, "it is not 64 hexadecimal digits"))
}

/// Written whole under another name first, then linked, which never takes the place of a file that came meanwhile.
fn make_new(file: &Path) -> Result<(), Error> {
    let folder = file.parent().unwrap_or(Path::new("."));
    make_private(folder)?;
    let mut secret = [0; 32];
    getrandom::fill(&mut secret).map_err(Error::other)?;
    let draft = folder.join(format!(".new-{}", uuid::Uuid::new_v4()));
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        options.mode(0o600);
    }
    let mut out = options.open(&draft)?;
    let written = writeln!(out, "{}", hex(&secret)).and_then(|()| out.sync_all());
    let linked = written.and_then(|()| std::fs::hard_link(&draft, file));
    std::fs::remove_file(&draft)?;
    match linked {
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(error),
        Ok(()) => flush_folder(folder),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_made_once_and_only_its_owner_reads_it() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("secrets").join("keys");
        assert!(matches!(secret_of_file(&file, false), Err(StoreError::SecretFile { .. })));
        let made = secret_of_file(&file, true).expect("is made");
        assert_eq!(secret_of_file(&file, true).expect("reads"), made);
        assert_ne!(made, [0; 32]);
        assert_eq!(std::fs::read_dir(folder.path().join("secrets")).expect("lists").count(), 1, "no draft is left");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            let mode = |path: &Path| std::fs::metadata(path).expect("is there").permissions().mode() & 0o777;
            assert_eq!(mode(&file), 0o600);
            std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o644)).expect("is changed");
            let error = secret_of_file(&file, true).expect_err("is refused");
            assert!(error.to_string().contains("everybody may read it"), "{error}");
        }
    }

    #[test]
    fn what_is_no_secret_is_refused_without_being_repeated() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("keys");
        std::fs::write(&file, "correct horse").expect("is written");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o600)).expect("is changed");
        }
        let error = secret_of_file(&file, true).expect_err("is refused");
        assert!(error.to_string().contains("64 hexadecimal digits") && !error.to_string().contains("horse"), "{error}");
    }
}
