//! Where an upload lies on disk, and the way from there to the reader of its format.

use super::IntakeError;
use super::archive;
use super::findings::shown;
use super::format::{self, Format, HEAD};
use super::json;
use super::reading::Reading;
use super::system_file;
use crate::domain::digest::{Digest, Digester};
use crate::domain::finding::Location;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

/// Where an upload lies.
#[derive(Debug, Clone)]
pub enum Source {
    /// A ZIP, a CSV, a workbook or a JSON document: its content decides.
    File(PathBuf),
    /// A folder of CSV files.
    Folder(PathBuf),
    /// Several CSV files.
    Paths(Vec<PathBuf>),
}

impl Source {
    /// What the paths on a command line are: one file, one folder, or several files.
    pub fn of_paths(paths: Vec<PathBuf>) -> Self {
        match <[PathBuf; 1]>::try_from(paths) {
            Ok([one]) if one.is_dir() => Self::Folder(one),
            Ok([one]) => Self::File(one),
            Err(several) => Self::Paths(several),
        }
    }
}

/// What is known of an upload after its tables have been read.
pub(super) struct Taken {
    pub(super) digest: Digest,
    pub(super) bytes: u64,
    /// Whether it could be read as a return at all, so that what is missing can be told.
    pub(super) readable: bool,
}

const KINDS: &str = "a ZIP of CSV files, one CSV, an XLSX or ODS workbook, or a JSON document";

pub(super) fn take(source: &Source, name: Option<&str>, reading: &mut Reading<'_>) -> Result<Taken, IntakeError> {
    match source {
        Source::File(path) => file(path, name, reading),
        Source::Folder(folder) => {
            let unreadable = |source| IntakeError::Unreadable { path: folder.clone(), source };
            let entries = std::fs::read_dir(folder).map_err(unreadable)?;
            let paths = entries.map(|entry| Ok(entry.map_err(unreadable)?.path())).collect::<Result<Vec<_>, _>>()?;
            files(paths, reading)
        }
        Source::Paths(paths) => files(paths.clone(), reading),
    }
}

fn name_of(path: &Path) -> String {
    path.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned())
}

/// Several CSV files, in the order of their names.
fn files(mut paths: Vec<PathBuf>, reading: &mut Reading<'_>) -> Result<Taken, IntakeError> {
    paths.sort_by_key(|path| (name_of(path), path.clone()));
    let mut digester = Digester::default();
    let mut bytes = 0;
    for path in paths {
        let unreadable = |source| IntakeError::Unreadable { path: path.clone(), source };
        let name = name_of(&path);
        // A folder is checked where it lies: what is left aside in it goes nowhere.
        if system_file::is_named_so(&name) {
            reading.system_files += 1;
            continue;
        }
        if path.is_dir() {
            let message = format!(
                "The folder holds another folder, {}. Put all tables into one folder, and nothing else.",
                shown(&name)
            );
            let at = Location { container: Some(name), ..Location::default() };
            reading.findings.add("F13", at, message, "a folder of CSV files and nothing else");
            continue;
        }
        let mut file = File::open(&path).map_err(unreadable)?;
        let length = file.metadata().map_err(unreadable)?.len();
        bytes += length;
        if bytes > reading.limits.upload_bytes {
            too_large(reading);
            return Ok(Taken { digest: digester.finish(), bytes, readable: false });
        }
        digester.update(&(name.len() as u64).to_be_bytes());
        digester.update(name.as_bytes());
        digester.update(&length.to_be_bytes());
        digest(&mut file, &mut digester).map_err(unreadable)?;
        reading.csv_file(&name, &mut file, false).map_err(unreadable)?;
    }
    Ok(Taken { digest: digester.finish(), bytes, readable: true })
}

/// Digests a file from its beginning, and goes back there.
fn digest(file: &mut File, digester: &mut Digester) -> io::Result<()> {
    let mut buffer = vec![0; 1 << 16];
    loop {
        match file.read(&mut buffer)? {
            0 => break,
            count => digester.update(&buffer[..count]),
        }
    }
    file.seek(SeekFrom::Start(0)).map(|_| ())
}

/// One file, whatever it is.
fn file(path: &Path, name: Option<&str>, reading: &mut Reading<'_>) -> Result<Taken, IntakeError> {
    let unreadable = |source| IntakeError::Unreadable { path: path.to_path_buf(), source };
    let mut file = File::open(path).map_err(unreadable)?;
    let bytes = file.metadata().map_err(unreadable)?.len();
    let mut digester = Digester::default();
    digest(&mut file, &mut digester).map_err(unreadable)?;
    let mut taken = Taken { digest: digester.finish(), bytes, readable: true };
    if bytes > reading.limits.upload_bytes {
        too_large(reading);
        taken.readable = false;
        return Ok(taken);
    }
    let mut head = Vec::new();
    file.by_ref().take(HEAD as u64).read_to_end(&mut head).map_err(unreadable)?;
    file.seek(SeekFrom::Start(0)).map_err(unreadable)?;
    let name = name.map_or_else(|| name_of(path), str::to_owned);
    match format::of(&head) {
        // Nothing is left to say but that it is empty, which the end of the reading says.
        Format::Empty => {}
        Format::Text => reading.csv_file(&name, &mut file, false).map_err(unreadable)?,
        Format::Json => json::read(file, reading).map_err(unreadable)?,
        Format::Zip => archive::read(file, bytes, reading).map_err(unreadable)?,
        Format::Compound => compound(&mut file, reading).map_err(unreadable)?,
        Format::Other { name, .. } => {
            let message = format!(
                "The upload is {name}, which is not read. Export the tables as CSV files and put them into a ZIP archive, \
                 or save them as sheets of an XLSX or ODS workbook."
            );
            reading.findings.add("F02", Location { byte: Some(0), ..Location::default() }, message, KINDS);
        }
    }
    // An upload that is refused as a whole has no tables that could be missing.
    taken.readable &= reading.containers > 0 || !reading.findings.any_of(&["F02", "F03", "F04", "F17"]);
    Ok(taken)
}

fn too_large(reading: &mut Reading<'_>) {
    let most = reading.limits.upload_bytes;
    let message = format!(
        "The upload is larger than {most} bytes, the limit of upload_bytes. Send CSV files compressed in a ZIP archive; \
         `homeward check` takes larger ones by option."
    );
    reading.findings.add("F17", Location::default(), message, format!("at most {most} bytes"));
}

/// The older Microsoft container holds a legacy workbook, or an encrypted new one.
fn compound(file: &mut File, reading: &mut Reading<'_>) -> io::Result<()> {
    // The names of its streams are UTF-16, in its directory, which lies anywhere in the file.
    let name: Vec<u8> = "EncryptedPackage".encode_utf16().flat_map(u16::to_le_bytes).collect();
    let mut content = Vec::new();
    file.read_to_end(&mut content)?;
    let at = Location { byte: Some(0), ..Location::default() };
    if memchr::memmem::find(&content, &name).is_some() {
        let message = "The workbook is protected with a password. Open it, remove the password (File, Info, Protect \
                       Workbook) and save it again: the connection to the service is encrypted already.";
        reading.findings.add("F03", at, message, "a workbook without a password");
    } else {
        let message = "The upload is a file of an older Microsoft program, such as an XLS workbook, which is not read. Open \
                       it and save it as an XLSX workbook.";
        reading.findings.add("F02", at, message, KINDS);
    }
    Ok(())
}
