//! Makes one body of what the person named: a single file as it is, a folder or several files as a ZIP.

use std::fs;
use std::io::{Cursor, Write as _};
use std::path::{Path, PathBuf};
use zip::write::SimpleFileOptions;

/// Why the files cannot be sent.
#[derive(Debug, thiserror::Error)]
pub enum PackageError {
    #[error("{path} cannot be read: {source}")]
    Unreadable { path: PathBuf, source: std::io::Error },
    #[error("nothing was named: give a folder of CSV files, a ZIP, a workbook or a JSON document")]
    Nothing,
    #[error("the files cannot be packed: {0}")]
    Packing(#[from] zip::result::ZipError),
}

/// The bytes to send. The same files give the same bytes, so that sending them again is recognised.
pub fn package(paths: &[PathBuf]) -> Result<Vec<u8>, PackageError> {
    match paths {
        [] => Err(PackageError::Nothing),
        [file] if file.is_file() => read(file),
        [folder] => {
            let entries = fs::read_dir(folder)
                .and_then(Iterator::collect::<Result<Vec<_>, _>>)
                .map_err(|source| PackageError::Unreadable { path: folder.clone(), source })?;
            let files: Vec<PathBuf> =
                entries.into_iter().map(|entry| entry.path()).filter(|path| path.is_file()).collect();
            zip_of(files)
        }
        several => zip_of(several.to_vec()),
    }
}

fn read(path: &Path) -> Result<Vec<u8>, PackageError> {
    fs::read(path).map_err(|source| PackageError::Unreadable { path: path.to_owned(), source })
}

fn zip_of(mut files: Vec<PathBuf>) -> Result<Vec<u8>, PackageError> {
    if files.is_empty() {
        return Err(PackageError::Nothing);
    }
    files.sort();
    let mut archive = zip::ZipWriter::new(Cursor::new(Vec::new()));
    // No time of change: it would make the same files into other bytes.
    let options = SimpleFileOptions::default().last_modified_time(zip::DateTime::default());
    for file in files {
        let name = file.file_name().unwrap_or_default().to_string_lossy();
        archive.start_file(name, options)?;
        archive.write_all(&read(&file)?).map_err(zip::result::ZipError::from)?;
    }
    Ok(archive.finish()?.into_inner())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_files_make_the_same_bytes() {
        let folder = tempfile::tempdir().expect("a folder");
        for name in ["b.csv", "a.csv"] {
            fs::write(folder.path().join(name), "A\n1\n").expect("written");
        }
        let once = package(&[folder.path().to_owned()]).expect("packed");
        let again = package(&[folder.path().to_owned()]).expect("packed");
        assert!(once == again && once.starts_with(b"PK"));
    }

    #[test]
    fn a_missing_file_is_named() {
        let error = package(&[PathBuf::from("no/such/file.csv")]).expect_err("is refused");
        assert!(error.to_string().contains("no/such/file.csv"));
    }
}
