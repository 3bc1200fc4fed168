//! Turns an authority's SSDA903 exports into a draft return: pseudonyms, months of birth, care journeys, returns home and
//! re-entries; empty cells for what only the authority knows.
//!
//! The exports are full of identifiers. This room runs where they already are, on the authority's own machine; it never
//! sends anything, never writes or prints an identifier, and takes up only the columns it names. It knows this
//! collection's tables, which is its job. Called by the command line.

mod cells;
mod csv_export;
mod draft;
mod error;
mod export;
mod keys;
mod linkage;
mod merge;
mod summary;
#[cfg(test)]
mod tests;
mod xml_export;

pub use error::{KeyError, PrepareError, Problem, ProblemKind, Problems};
pub use keys::Key;
pub use summary::{Counts, Summary, ToFillIn};

use crate::cli::private_file;
use crate::cli::rows::CsvTable;
use crate::domain::period::collection_year;
use crate::spec::{Collection, Specification};
use export::Export;
use std::path::{Path, PathBuf};

/// What to prepare, and from what.
#[derive(Debug, Clone)]
pub struct PrepareOptions {
    /// The newest export: a folder of CSV files, or an XML file.
    pub export: PathBuf,
    /// Exports of earlier years, in any order.
    pub previous: Vec<PathBuf>,
    /// The authority's three-digit or nine-character code.
    pub authority: String,
    /// The authority's own key, for pseudonyms.
    pub key_file: PathBuf,
    /// The collection's key, for linkage keys.
    pub linkage_key_file: Option<PathBuf>,
    /// A CSV file of CHILD and NHS_NUMBER.
    pub nhs_numbers: Option<PathBuf>,
    /// The collection to answer; otherwise that of the export's latest date.
    pub collection: Option<String>,
}

/// A draft return.
#[derive(Debug, Clone)]
pub struct Draft {
    /// In the specification's order.
    pub tables: Vec<CsvTable>,
    pub summary: Summary,
}

/// Everything a draft is made with.
struct Order<'s> {
    specification: &'s Specification,
    collection: &'s Collection,
    /// The three-digit code.
    authority: &'s str,
    key: Key,
}

/// Makes the draft. Nothing is written.
pub fn prepare(options: &PrepareOptions, specification: &Specification) -> Result<Draft, PrepareError> {
    let key = Key::read(&options.key_file)?;
    let linkage_key = options.linkage_key_file.as_deref().map(Key::read).transpose()?;
    let newest = Export::read(&options.export)?;
    let collection = collection(options, specification, &newest)?;
    let line = specification
        .register
        .live_in(&options.authority, collection.period)
        .ok_or_else(|| PrepareError::UnknownAuthority(options.authority.clone()))?;
    let mut exports = options.previous.iter().map(|path| Export::read(path)).collect::<Result<Vec<_>, _>>()?;
    // Which of the earlier exports is the later one is told by its dates, whatever the order they were named in.
    exports.sort_by_key(Export::latest_day);
    exports.push(newest);
    let journeys = merge::merge(exports);
    let linkage = linkage::linkage(&journeys, options.nhs_numbers.as_deref(), linkage_key.as_ref())?;
    let order = Order { specification, collection, authority: &line.code, key };
    let (tables, summary) = draft::draft(&order, journeys, &linkage)?;
    Ok(Draft { tables, summary })
}

/// The collection that was named, or that of the year of the export's latest date.
fn collection<'s>(
    options: &PrepareOptions,
    specification: &'s Specification,
    export: &Export,
) -> Result<&'s Collection, PrepareError> {
    let known = || specification.collections.iter().map(|known| known.id.as_str()).collect::<Vec<_>>().join(", ");
    if let Some(id) = &options.collection {
        return specification.collection(id).ok_or_else(|| PrepareError::UnknownCollection(id.clone(), known()));
    }
    let latest = export.latest_day().or_else(|| specification.latest().map(|latest| latest.period.end));
    let year = latest.map_or(0, collection_year);
    let of_year = specification.collections.iter().find(|collection| collection.year == year);
    of_year.ok_or_else(|| PrepareError::YearNotCollected { year, known: known() })
}

impl Draft {
    /// Writes a CSV file for each table into a new or empty folder, for its owner alone.
    pub fn write(&self, folder: &Path) -> Result<(), PrepareError> {
        let failed = |path: &Path| {
            let path = path.display().to_string();
            move |source| PrepareError::Write { path, source }
        };
        private_file::create_folder(folder).map_err(failed(folder))?;
        if std::fs::read_dir(folder).map_err(failed(folder))?.next().is_some() {
            return Err(PrepareError::OutputNotEmpty(folder.display().to_string()));
        }
        for table in &self.tables {
            let path = folder.join(format!("{}.csv", table.name));
            private_file::write(&path, &table.bytes).map_err(failed(&path))?;
        }
        Ok(())
    }
}
