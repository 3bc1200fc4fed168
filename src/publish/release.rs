//! Makes a release from accepted returns: counts, protects, audits, lays out, checks.

use super::changes::{self, Changes, Compared};
use super::charts::Charts;
use super::columns::{json, parquet};
use super::coverage::Coverage;
use super::dictionary;
use super::earlier::{self, EarlierRelease};
use super::edition::Edition;
use super::ees;
use super::error::PublishError;
use super::gate;
use super::inputs::{INPUTS, Inputs, WHOLE_AUDIT};
use super::manifest::{Manifest, Origin, counted};
use super::notes;
use super::published;
use super::workbook;
use crate::aggregate::{AcceptedReturn, Aggregator, NationalData};
use crate::disclosure::audit::AuditReport;
use crate::disclosure::{self, ClearedTables, DisclosureError, Earlier, Policies, Refusal};
use crate::domain::digest::Digest;
use crate::domain::stage::{Begins, Stage};
use crate::spec::{Collection, Publication, Specification};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// The file of the document of changes.
pub(super) const CHANGES: &str = "changes.json";

/// A release: its tables, the audit that cleared them, and every file with its bytes.
#[derive(Debug)]
pub struct ReleaseFiles {
    pub tables: ClearedTables,
    pub audit: AuditReport,
    pub changes: Changes,
    pub manifest: Manifest,
    /// By name, `manifest.json` among them, and [`INPUTS`] and [`WHOLE_AUDIT`], which are not for readers.
    pub files: BTreeMap<String, Vec<u8>>,
}

/// Makes the release of a collection, safe together with everything published before it (oldest first). The same
/// returns, earlier releases, specification and program give the same bytes.
/// It blocks for seconds: call it from a plain thread. It tells when each stage but the first and the last begins.
pub fn build(
    specification: &Specification,
    collection: &Collection,
    edition: &Edition,
    returns: Vec<(AcceptedReturn, Origin)>,
    earlier: &[EarlierRelease],
    begins: Begins<'_>,
) -> Result<ReleaseFiles, PublishError> {
    earlier::check(collection, earlier)?;
    begins(Stage::Plan);
    let aggregator = Aggregator::new(specification, collection)?;
    begins(Stage::Count);
    let mut entries: Vec<_> = returns.iter().map(|(one, origin)| counted(&one.authority, origin.clone())).collect();
    let mut inputs = Inputs::of(returns.iter().map(|(one, _)| one));
    entries.sort_by(|one, other| one.authority.cmp(&other.authority));
    let returns = returns.into_iter().map(|(one, _)| one).collect();
    let national = NationalData::new(specification, collection, returns)?;
    let raw = aggregator.run(&national)?;
    drop((aggregator, national));
    let policies = Policies::load(specification).map_err(refused)?;
    // A release of a later year says nothing of the children of this one; it bears on the changes and versions only.
    let of_its_years = earlier.iter().filter(|one| one.year() <= collection.year);
    let before = Earlier { releases: of_its_years.map(|one| one.tables.clone()).collect(), returns: inputs.versions() };
    let (tables, audit) = disclosure::clear_in_stages(&raw, &policies, &before, begins)?;
    drop(raw);
    begins(Stage::LayOut);
    let about = About {
        edition,
        publication: &specification.publication,
        coverage: Coverage::of(&tables, &entries),
        charts: Charts::load(specification)?,
    };
    let mut files = lay_out(&tables, &audit, &about)?;
    begins(Stage::Screen);
    let faults = gate::check(&files, &tables, &policies, &specification.register);
    if !faults.is_empty() {
        return Err(PublishError::Gate(faults));
    }
    begins(Stage::Compare);
    let changes = changes_of(collection, edition, &files, earlier)?;
    files.insert(CHANGES.to_owned(), changes.to_json().into_bytes());
    files.insert("changes.md".to_owned(), changes::in_words(&changes).into_bytes());
    let before = earlier.iter().map(EarlierRelease::entry).collect();
    let manifest = Manifest::new(specification, collection, edition, entries, before, &files);
    let text = manifest.to_json();
    inputs.manifest = Digest::of(text.as_bytes());
    files.insert("manifest.json".to_owned(), text.into_bytes());
    files.insert(INPUTS.to_owned(), inputs.to_json().into_bytes());
    files.insert(WHOLE_AUDIT.to_owned(), audit.to_json().into_bytes());
    Ok(ReleaseFiles { tables, audit, changes, manifest, files })
}

/// Compares the files as they will be read with those that everybody has.
fn changes_of(
    collection: &Collection,
    edition: &Edition,
    files: &BTreeMap<String, Vec<u8>>,
    earlier: &[EarlierRelease],
) -> Result<Changes, PublishError> {
    let mut read = Vec::new();
    for (name, bytes) in files.iter().filter(|(name, _)| name.ends_with(".json")) {
        read.extend(published::read(name, bytes, collection.year)?);
    }
    let tables = read.iter().map(|one| (one.indicator.as_str(), (&one.words, &one.table))).collect();
    let new = Compared { collection: &collection.id, year: collection.year, edition, tables };
    Ok(changes::between(earlier, &new))
}

/// What stands beside every table of a release.
#[derive(Debug, Clone)]
pub struct About<'a> {
    pub edition: &'a Edition,
    pub publication: &'a Publication,
    pub coverage: Coverage,
    pub charts: Charts,
}

impl About<'_> {
    /// Where a picture that stands alone comes from: publication, period and standing.
    pub(super) fn source(&self) -> String {
        let Edition { label, kind, .. } = self.edition;
        format!("{}, {}, {label}, {kind}", self.publication.publisher, self.publication.title)
    }
}

fn refused(error: DisclosureError) -> Refusal {
    Refusal { error, report: None }
}

/// The files of cleared tables, without the manifest and the changes.
pub fn lay_out(
    tables: &ClearedTables,
    audit: &AuditReport,
    about: &About<'_>,
) -> Result<BTreeMap<String, Vec<u8>>, PublishError> {
    let mut files = BTreeMap::new();
    for table in tables.tables() {
        let id = &table.definition().id;
        files.insert(format!("{id}.csv"), ees::data(tables, table));
        files.insert(format!("{id}.meta.csv"), ees::meta(table));
        files.insert(format!("{id}.json"), json(tables, table, about));
        files.insert(format!("{id}.parquet"), parquet(tables, table)?);
    }
    files.insert("data_dictionary.csv".to_owned(), dictionary::csv(tables));
    files.extend(workbook::files(tables, about)?);
    files.extend(about.charts.files(tables, &about.source())?);
    let told = audit.for_readers();
    files.insert("audit.json".to_owned(), told.to_json().into_bytes());
    files.insert("audit.md".to_owned(), told.to_string().into_bytes());
    let (edition, coverage) = (about.edition, &about.coverage);
    files.insert("notes.md".to_owned(), notes::notes(tables, edition, coverage).into_bytes());
    files.insert("footnotes.txt".to_owned(), notes::footnotes(tables, edition, coverage).into_bytes());
    Ok(files)
}

impl ReleaseFiles {
    /// Writes the files into a folder, which is made; one that holds other files is refused.
    pub fn write(&self, folder: &Path) -> Result<(), PublishError> {
        let failed = |source| PublishError::Write { folder: folder.display().to_string(), source };
        std::fs::create_dir_all(folder).map_err(failed)?;
        let mut known = BTreeSet::new();
        for entry in std::fs::read_dir(folder).map_err(failed)? {
            known.insert(entry.map_err(failed)?.file_name().to_string_lossy().into_owned());
        }
        if known.iter().any(|name| !self.files.contains_key(name)) {
            return Err(PublishError::NotEmpty { folder: folder.display().to_string() });
        }
        for (name, bytes) in &self.files {
            std::fs::write(folder.join(name), bytes).map_err(failed)?;
        }
        Ok(())
    }
}
