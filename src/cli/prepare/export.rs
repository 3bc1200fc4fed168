//! An SSDA903 export as far as a draft needs it. Postcodes, UPNs, URNs and names of the export are never taken up:
//! only the columns named here are looked at.

use super::cells::{Cells, Reading};
use super::error::{PrepareError, ProblemKind};
use super::{csv_export, xml_export};
use crate::domain::guarded::Guarded;
use chrono::NaiveDate;
use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};

/// The most that is read of one file: a hundred times the largest authority's.
const LARGEST_FILE_MIB: u64 = 512;

/// The authority's own identifier of a child. It never leaves this room but through a key.
pub(super) type LocalId = Guarded<String>;

/// A child of the header.
pub(super) struct Child {
    pub sex: String,
    pub born: NaiveDate,
    pub ethnic: String,
    pub asylum: bool,
    /// As written, checked later; empty where the export has none.
    pub nhs_number: Guarded<String>,
}

/// An episode of care.
#[derive(Clone)]
pub(super) struct Episode {
    pub commenced: NaiveDate,
    pub reason_new: String,
    pub legal: String,
    pub need: String,
    pub place: String,
    pub provider: String,
    pub ceased: Option<NaiveDate>,
    pub reason_ceased: String,
    pub place_change: String,
}

/// One export: a year's children and episodes.
#[derive(Default)]
pub(super) struct Export {
    pub children: BTreeMap<LocalId, Child>,
    pub episodes: BTreeMap<(LocalId, NaiveDate), Episode>,
    /// Rows of OC2 with a score, which a draft can't use and the summary speaks of.
    pub scores: usize,
}

/// The columns of the header that are looked at; the first four must be there.
pub(super) const HEADER: [&str; 6] = ["CHILD", "SEX", "DOB", "ETHNIC", "UASC", "NHS_NUMBER"];
pub(super) const HEADER_REQUIRED: usize = 4;
/// The columns of the episodes that are looked at; the first eight must be there.
pub(super) const EPISODES: [&str; 10] =
    ["CHILD", "DECOM", "RNE", "LS", "CIN", "PLACE", "DEC", "REC", "PLACE_PROVIDER", "REASON_PLACE_CHANGE"];
pub(super) const EPISODES_REQUIRED: usize = 8;

impl Export {
    /// The latest day that any episode commenced or ceased.
    pub(super) fn latest_day(&self) -> Option<NaiveDate> {
        self.episodes.values().flat_map(|episode| [Some(episode.commenced), episode.ceased]).flatten().max()
    }

    /// Reads an export from a folder of CSV files or an XML file. Every cell that can't be read is told at once.
    pub(super) fn read(path: &Path) -> Result<Self, PrepareError> {
        let mut reading = Reading::default();
        match find(path)? {
            Found::Csv(files) => csv_export::read(&files, &mut reading)?,
            Found::Xml(file) => xml_export::read(&file_name(&file), &text(&file)?, &mut reading)?,
        }
        reading.finish()
    }
}

/// The files of an export in CSV.
pub(super) struct CsvFiles {
    pub header: PathBuf,
    pub episodes: PathBuf,
    pub asylum: Option<PathBuf>,
    pub outcomes: Option<PathBuf>,
}

enum Found {
    Csv(CsvFiles),
    Xml(PathBuf),
}

/// Looks what kind of export lies at a path; names of files are read without regard to case.
fn find(path: &Path) -> Result<Found, PrepareError> {
    let nothing = || PrepareError::NotAnExport(path.display().to_string());
    let failed = |source| PrepareError::Read { path: path.display().to_string(), source };
    if !std::fs::metadata(path).map_err(failed)?.is_dir() {
        let is_xml = path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("xml"));
        return if is_xml { Ok(Found::Xml(path.to_owned())) } else { Err(nothing()) };
    }
    let mut files = Vec::new();
    for entry in std::fs::read_dir(path).map_err(failed)? {
        files.push(entry.map_err(failed)?.path());
    }
    files.sort();
    let named = |name: &str| files.iter().find(|file| file_name(file).eq_ignore_ascii_case(name)).cloned();
    if let (Some(header), Some(episodes)) = (named("header.csv"), named("episodes.csv")) {
        let (asylum, outcomes) = (named("uasc.csv"), named("oc2.csv"));
        return Ok(Found::Csv(CsvFiles { header, episodes, asylum, outcomes }));
    }
    let is_xml = |file: &&PathBuf| file.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("xml"));
    let mut xml = files.iter().filter(is_xml);
    match (xml.next(), xml.next()) {
        (Some(only), None) => Ok(Found::Xml(only.clone())),
        _ => Err(nothing()),
    }
}

pub(super) fn file_name(path: &Path) -> String {
    path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}

/// A file's text, without a byte-order mark.
pub(super) fn text(path: &Path) -> Result<String, PrepareError> {
    let failed = |source| PrepareError::Read { path: path.display().to_string(), source };
    let file = File::open(path).map_err(failed)?;
    let limit = LARGEST_FILE_MIB << 20;
    let mut bytes = Vec::new();
    file.take(limit + 1).read_to_end(&mut bytes).map_err(failed)?;
    if bytes.len() as u64 > limit {
        return Err(PrepareError::TooLarge { file: file_name(path), limit: LARGEST_FILE_MIB });
    }
    let text = String::from_utf8(bytes).map_err(|_| PrepareError::NotText { file: file_name(path) })?;
    Ok(text.strip_prefix('\u{feff}').map_or_else(|| text.clone(), str::to_owned))
}

impl Reading {
    /// Takes a row of the header.
    pub(super) fn child(&mut self, place: impl Fn() -> String, cells: &Cells<'_>) {
        let Some(id) = self.id(&place, cells) else { return };
        self.must_have(&place, cells, "DOB");
        let Some(born) = self.day(&place, cells, "DOB") else { return };
        let child = Child {
            sex: cells.code("SEX"),
            born,
            ethnic: cells.code("ETHNIC"),
            asylum: cells.get("UASC") == "1",
            nhs_number: Guarded::new(cells.get("NHS_NUMBER").to_owned()),
        };
        if self.export.children.insert(id, child).is_some() {
            self.problem(&place, "CHILD", ProblemKind::Duplicate);
        }
    }

    /// Takes a row of the episodes.
    pub(super) fn episode(&mut self, place: impl Fn() -> String, cells: &Cells<'_>) {
        let Some(id) = self.id(&place, cells) else { return };
        self.must_have(&place, cells, "DECOM");
        let ceased = self.day(&place, cells, "DEC");
        let Some(commenced) = self.day(&place, cells, "DECOM") else { return };
        let episode = Episode {
            commenced,
            reason_new: cells.code("RNE"),
            legal: cells.code("LS"),
            need: cells.code("CIN"),
            place: cells.code("PLACE"),
            provider: cells.code("PLACE_PROVIDER"),
            ceased,
            reason_ceased: cells.code("REC"),
            place_change: cells.code("REASON_PLACE_CHANGE"),
        };
        if self.export.episodes.insert((id, commenced), episode).is_some() {
            self.problem(&place, "DECOM", ProblemKind::Duplicate);
        }
    }

    /// Notes that a child was an unaccompanied asylum seeking child.
    pub(super) fn asylum(&mut self, place: impl Fn() -> String, cells: &Cells<'_>) {
        let Some(id) = self.id(&place, cells) else { return };
        match self.export.children.get_mut(&id) {
            Some(child) => child.asylum = true,
            None => self.problem(&place, "CHILD", ProblemKind::NoHeader),
        }
    }

    fn id(&mut self, place: &impl Fn() -> String, cells: &Cells<'_>) -> Option<LocalId> {
        self.must_have(place, cells, "CHILD");
        let id = cells.get("CHILD");
        (!id.is_empty()).then(|| Guarded::new(id.to_owned()))
    }
}
