//! Makes a release from accepted returns: counts, protects, audits, lays out, checks.

use super::columns::{json, parquet};
use super::earlier::{self, EarlierRelease};
use super::ees;
use super::error::PublishError;
use super::gate;
use super::manifest::{Manifest, Origin, counted};
use super::workbook;
use crate::aggregate::{AcceptedReturn, Aggregator, NationalData};
use crate::disclosure::audit::AuditReport;
use crate::disclosure::{self, ClearedTables, DisclosureError, Earlier, Policies, Refusal};
use crate::spec::{Collection, Specification};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// A release: its tables, the audit that cleared them, and every file with its bytes.
#[derive(Debug)]
pub struct ReleaseFiles {
    pub tables: ClearedTables,
    pub audit: AuditReport,
    pub manifest: Manifest,
    /// By name, `manifest.json` among them.
    pub files: BTreeMap<String, Vec<u8>>,
}

/// Makes the release of a collection, safe together with everything published before it (oldest first). The same
/// returns, earlier releases, specification and program give the same bytes.
/// It blocks for seconds: call it from a plain thread.
pub fn build(
    specification: &Specification,
    collection: &Collection,
    returns: Vec<(AcceptedReturn, Origin)>,
    earlier: &[EarlierRelease],
) -> Result<ReleaseFiles, PublishError> {
    earlier::check(collection, earlier)?;
    let mut entries: Vec<_> = returns.iter().map(|(one, origin)| counted(one, origin.clone())).collect();
    entries.sort_by(|one, other| one.authority.cmp(&other.authority));
    let returns = returns.into_iter().map(|(one, _)| one).collect();
    let national = NationalData::new(specification, collection, returns)?;
    let raw = Aggregator::new(specification, collection)?.run(&national)?;
    let policies = Policies::load(specification).map_err(refused)?;
    let before = Earlier {
        releases: earlier.iter().map(|one| one.tables.clone()).collect(),
        returns: earlier::versions(&entries),
    };
    let (tables, audit) = disclosure::clear(&raw, &policies, &before)?;
    drop(raw);
    let mut files = lay_out(&tables, &audit)?;
    let faults = gate::check(&files, &tables, &policies);
    if !faults.is_empty() {
        return Err(PublishError::Gate(faults));
    }
    let manifest =
        Manifest::new(specification, collection, entries, earlier.iter().map(EarlierRelease::entry).collect(), &files);
    files.insert("manifest.json".to_owned(), manifest.to_json().into_bytes());
    Ok(ReleaseFiles { tables, audit, manifest, files })
}

fn refused(error: DisclosureError) -> Refusal {
    Refusal { error, report: None }
}

/// The files of cleared tables, without the manifest.
pub fn lay_out(tables: &ClearedTables, audit: &AuditReport) -> Result<BTreeMap<String, Vec<u8>>, PublishError> {
    let mut files = BTreeMap::new();
    for table in tables.tables() {
        let id = &table.definition().id;
        files.insert(format!("{id}.csv"), ees::data(tables, table));
        files.insert(format!("{id}.meta.csv"), ees::meta(table));
        files.insert(format!("{id}.json"), json(tables, table));
        files.insert(format!("{id}.parquet"), parquet(tables, table)?);
    }
    files.extend(workbook::files(tables)?);
    files.insert("audit.json".to_owned(), audit.to_json().into_bytes());
    files.insert("audit.md".to_owned(), audit.to_string().into_bytes());
    files.insert("notes.md".to_owned(), notes(tables).into_bytes());
    Ok(files)
}

/// What a reader of the tables needs to know, beside their definitions.
fn notes(tables: &ClearedTables) -> String {
    let returns = tables.has_return().iter().filter(|has| **has).count();
    let authorities = &tables.geography().authorities;
    let mut text = format!(
        "# Notes to the tables of {}\n\n{returns} of {} authorities made an accepted return; every figure rests on those, \
         and nothing is imputed for the others.\n",
        tables.year(),
        authorities.len()
    );
    let missing: Vec<&str> = authorities
        .iter()
        .zip(tables.has_return())
        .filter(|(_, has)| !**has)
        .map(|(one, _)| one.name.as_str())
        .collect();
    if !missing.is_empty() {
        text.push_str(&format!("\nWithout an accepted return: {}.\n", missing.join("; ")));
    }
    text.push_str(
        "\nEngland's and regions' counts are rounded to the nearest 10, so that they may not add up. Authorities' counts \
         are not rounded; a zero that is shown is a true zero. Percentages are whole numbers, made from the counts as \
         they are shown.\n\n\
         | symbol | meaning |\n|---|---|\n| c | hidden to protect children |\n| low | rounds to zero and is not zero |\n\
         | x | the authority made no accepted return |\n| z | there is nothing that could be counted |\n",
    );
    for table in tables.tables() {
        let definition = table.definition();
        text.push_str(&format!("\n## {}: {}\n\n{}\n", definition.id, definition.label, definition.definition));
        for (_, note) in tables.notes().iter().filter(|(indicator, _)| *indicator == definition.id) {
            text.push_str(&format!("\n{note}.\n"));
        }
    }
    text
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
