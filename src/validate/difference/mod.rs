//! What changed between two versions of a return: records by key, findings by their facts.
//!
//! Counts are exact; lists are cut at [`LISTED_AT_MOST`] and say so. Two versions with the same bytes differ in nothing, and
//! the order of rows changes nothing. It never reads a file and never decides which versions are compared.

mod fingerprint;
mod json;
mod records;
mod rules;
mod text;

#[cfg(test)]
mod tests;

pub use fingerprint::{Facts, fingerprint};
pub use json::json;
pub use text::text;

use super::ValidateError;
use super::collect::LISTED_AT_MOST;
use super::values::TypedReturn;
use crate::domain::digest::Digest;
use crate::domain::finding::{Finding, Severity};
use crate::domain::guarded::Guarded;
use crate::domain::report::{Outcome, Report, SpecificationStamp};
use crate::spec::Specification;

/// One of the two versions that are compared.
#[derive(Debug, Clone, Copy)]
pub struct Version<'a> {
    pub report: &'a Report,
    pub typed: &'a TypedReturn,
}

/// Two versions of a return held against each other.
#[derive(Debug, Clone)]
pub struct Difference {
    /// The specification of the later version.
    pub specification: SpecificationStamp,
    /// The authority's three-digit code.
    pub authority: Option<String>,
    pub since: Compared,
    pub now: Compared,
    /// In the order of the specification; tables that neither version has are absent.
    pub tables: Vec<TableDifference>,
    /// By code; rules that found nothing in either version are absent.
    pub rules: Vec<RuleDifference>,
    pub notes: Vec<String>,
    /// How many records of a table are listed at most for each kind of change.
    pub listed_at_most: u64,
}

/// Which upload was compared, and what its check said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Compared {
    /// SHA-256 of the uploaded bytes.
    pub input: Digest,
    pub outcome: Outcome,
}

/// What became of a table's records. All counts are of rows.
#[derive(Debug, Clone)]
pub struct TableDifference {
    pub table: String,
    /// The fields by which a record is the same record; none where rows are compared whole.
    pub key: Vec<String>,
    pub rows_since: u64,
    pub rows_now: u64,
    pub added: u64,
    pub removed: u64,
    /// Records of one key that differ in another field.
    pub changed: u64,
    pub same: u64,
    /// In the order of their keys.
    pub records: Vec<RecordChange>,
}

impl TableDifference {
    /// Whether changes are counted that are not listed.
    pub fn is_cut(&self) -> bool {
        self.added + self.removed + self.changed > self.records.len() as u64
    }
}

/// What became of a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum RecordFate {
    Added,
    Removed,
    Changed,
}

impl RecordFate {
    pub const fn name(self) -> &'static str {
        match self {
            Self::Added => "added",
            Self::Removed => "removed",
            Self::Changed => "changed",
        }
    }
}

/// One record that is not as it was.
#[derive(Debug, Clone)]
pub struct RecordChange {
    pub fate: RecordFate,
    /// Empty where the row has no whole key.
    pub key: Vec<(String, Guarded<String>)>,
    /// The fields that differ; of a row without a key that was added or removed, all that are filled.
    pub fields: Vec<FieldChange>,
}

/// A field of a record that is not as it was.
#[derive(Debug, Clone)]
pub struct FieldChange {
    pub field: String,
    pub was: Cell,
    pub now: Cell,
}

/// What stands in a cell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cell {
    Empty,
    /// It is filled with what could not be read as its field's type (V01 to V04).
    Unreadable,
    Value(Guarded<String>),
}

/// What became of a rule's findings.
#[derive(Debug, Clone)]
pub struct RuleDifference {
    pub code: String,
    pub severity: Severity,
    pub statement: String,
    /// How many there were and are: exact.
    pub since: u64,
    pub now: u64,
    pub fixed: u64,
    pub new: u64,
    pub same: u64,
    /// Found in one version only, where the rule was not checked on everything in the other, or its list was cut there.
    pub unknown: u64,
    /// Whether either version counted findings that it did not list; only those listed were compared.
    pub cut: bool,
    /// Those that are not the same, in the order of their reports: the later version's, then the earlier's.
    pub findings: Vec<(FindingFate, Finding)>,
}

/// What became of a finding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum FindingFate {
    Fixed,
    New,
    Unknown,
}

impl FindingFate {
    pub const fn name(self) -> &'static str {
        match self {
            Self::Fixed => "fixed",
            Self::New => "new",
            Self::Unknown => "unknown",
        }
    }
}

/// Compares a version with an earlier one.
pub fn difference(
    specification: &Specification,
    since: Version<'_>,
    now: Version<'_>,
) -> Result<Difference, ValidateError> {
    let mut tables = Vec::new();
    for table in &specification.tables {
        tables.extend(records::compare(table, since.typed, now.typed)?);
    }
    let mut notes = Vec::new();
    if since.report.specification.digest != now.report.specification.digest {
        let note = "The two versions were checked against different specifications, so a finding can be new or fixed \
                    because a rule changed.";
        notes.push(note.to_owned());
    }
    let compared = |version: Version<'_>| Compared { input: version.report.input, outcome: version.report.outcome };
    Ok(Difference {
        specification: now.report.specification.clone(),
        authority: now.report.authority.clone(),
        since: compared(since),
        now: compared(now),
        tables,
        rules: rules::compare(specification, since.report, now.report),
        notes,
        listed_at_most: LISTED_AT_MOST,
    })
}
