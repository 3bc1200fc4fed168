//! Writes a sample return as a folder of CSV files, or as the bytes of a ZIP of them.

use super::SampleReturn;
use super::options::SampleError;
use std::io::{Cursor, Write as _};
use std::path::{Path, PathBuf};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

impl SampleReturn {
    /// Writes `<folder>/<authority>/<table>.csv` and gives back the authority's folder.
    pub fn write_folder(&self, folder: &Path) -> Result<PathBuf, SampleError> {
        let own = folder.join(&self.authority);
        let failed = |path: &Path| {
            let path = path.display().to_string();
            move |source| SampleError::Write { path, source }
        };
        std::fs::create_dir_all(&own).map_err(failed(&own))?;
        for table in &self.tables {
            let path = own.join(format!("{}.csv", table.name));
            std::fs::write(&path, &table.bytes).map_err(failed(&path))?;
        }
        Ok(own)
    }

    /// The return as a ZIP. Its members bear a fixed time, so equal returns are equal bytes.
    pub fn zip(&self) -> Result<Vec<u8>, SampleError> {
        let options = SimpleFileOptions::default()
            .compression_method(CompressionMethod::Deflated)
            .last_modified_time(zip::DateTime::default());
        let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
        for table in &self.tables {
            archive.start_file(format!("{}.csv", table.name), options)?;
            archive.write_all(&table.bytes).map_err(zip::result::ZipError::from)?;
        }
        Ok(archive.finish()?.into_inner())
    }
}
