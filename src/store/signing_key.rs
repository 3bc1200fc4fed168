//! The private key that signs evidence: a file that the operator names, or one of the data folder's own.

use super::error::StoreError;
use super::secret_file::text;
use crate::domain::evidence::Signer;
use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::path::Path;

/// Reads a key that somebody made, unless everybody may read it. It is never made here: a wrong path must not end in a new key.
pub(super) fn read(file: &Path) -> Result<Signer, StoreError> {
    let wrong = |problem: String| StoreError::SigningKey { file: file.display().to_string(), problem };
    let pem = text(file).map_err(|error| wrong(error.to_string()))?;
    Signer::from_pem(&pem).map_err(|error| wrong(error.to_string()))
}

/// Reads the data folder's own key, and makes it when there is none. Only the owner may read it. It is written whole or not
/// at all, because a second key would leave receipts of one service under two.
pub(super) fn read_or_make(file: &Path) -> Result<Signer, StoreError> {
    if file.exists() {
        return read(file);
    }
    let wrong = |problem: String| StoreError::SigningKey { file: file.display().to_string(), problem };
    let mut secret = [0; 32];
    getrandom::fill(&mut secret).map_err(|error| wrong(error.to_string()))?;
    let pem = Signer::from_secret(&secret).to_pem().map_err(|error| wrong(error.to_string()))?;
    let beside = file.with_extension("new");
    let written = (|| {
        let _ = fs::remove_file(&beside);
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut out = options.open(&beside)?;
        out.write_all(pem.as_bytes())?;
        out.sync_all()?;
        fs::rename(&beside, file)?;
        file.parent().map_or(Ok(()), |folder| fs::File::open(folder)?.sync_all())
    })();
    written.map_err(|error: std::io::Error| wrong(error.to_string()))?;
    read(file)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_made_once_and_for_its_owner_alone() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("signing-key.pem");
        let made = read_or_make(&file).expect("makes");
        assert_eq!(read_or_make(&file).expect("reads").id(), made.id());
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            assert_eq!(fs::metadata(&file).expect("is there").permissions().mode() & 0o777, 0o600);
        }
        assert_eq!(fs::read_dir(folder.path()).expect("lists").count(), 1);
    }

    #[test]
    fn a_file_that_is_no_key_is_refused_and_left_alone() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("signing-key.pem");
        assert!(matches!(read(&file), Err(StoreError::SigningKey { .. })), "none is made in its place");
        fs::write(&file, "not a key").expect("writes");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).expect("is changed");
            let error = read(&file).expect_err("is refused").to_string();
            assert!(error.contains("everybody may read it"), "{error}");
            fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).expect("is changed");
        }
        let error = read_or_make(&file).expect_err("is refused").to_string();
        assert!(error.contains("signing-key.pem") && error.contains("openssl"), "{error}");
        assert_eq!(fs::read_to_string(&file).expect("reads"), "not a key");
    }
}
