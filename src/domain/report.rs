//! The report of one check: everything the command line, the API and the ledger say about it comes from here.

use super::digest::Digest;
use super::finding::{Finding, Severity};
use super::guarded::Guarded;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;

/// The verdict, from the worst finding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    Clean,
    Queries,
    Errors,
    Rejected,
}

impl Outcome {
    pub const fn name(self) -> &'static str {
        match self {
            Self::Clean => "clean",
            Self::Queries => "queries",
            Self::Errors => "errors",
            Self::Rejected => "rejected",
        }
    }

    /// What the command line exits with.
    pub const fn exit_code(self) -> u8 {
        match self {
            Self::Clean | Self::Queries => 0,
            Self::Errors => 1,
            Self::Rejected => 2,
        }
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.name())
    }
}

/// Which specification a report was made with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SpecificationStamp {
    pub id: String,
    pub version: String,
    pub digest: Digest,
    /// The collection the return answers, when it could be read: `reunification-2026`.
    pub collection: Option<String>,
}

/// A rule that could not run, on everything or on some rows. Never a rule that did not fire.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NotChecked {
    pub code: String,
    /// A plain sentence: "not checked for 3 rows of episodes, because DEC could not be read there (V03)".
    pub because: String,
    /// The rows left out, by table; empty when the rule did not run at all.
    pub rows: BTreeMap<String, u64>,
    /// Whether the return may not be signed because of it; a rule that has nothing to compare with does not block.
    pub blocks: bool,
}

/// What a report says of a rule that found something, as its page said it when the report was made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RuleNote {
    pub severity: Severity,
    /// What is found, in one sentence.
    pub statement: String,
    /// How to put it right, in Markdown.
    pub cure: String,
}

/// How many findings each rule made: exact, also where the list of findings is cut.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Counts {
    pub by_code: BTreeMap<String, u64>,
    pub by_severity: BTreeMap<Severity, u64>,
    /// Rows read, by table.
    pub rows: BTreeMap<String, u64>,
}

impl Counts {
    pub fn of(&self, severity: Severity) -> u64 {
        self.by_severity.get(&severity).copied().unwrap_or(0)
    }
}

/// The rows of a table that findings name, as they were read, so that a workbook can show each with its cells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Excerpt {
    pub table: String,
    /// The fields in the order in which the file has them.
    pub fields: Vec<String>,
    /// In the order of the file, at most [`EXCERPT_ROWS`].
    pub rows: Vec<ExcerptRow>,
    /// How many rows the findings name that are not given here.
    pub left_out: u64,
}

/// A row by its number in the file, headings being row 1, with the text of each field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExcerptRow {
    pub row: u32,
    pub cells: Vec<Guarded<String>>,
}

/// The most rows of one table that a report repeats.
pub const EXCERPT_ROWS: usize = 5_000;

/// Everything one check has to say.
#[derive(Debug, Clone)]
pub struct Report {
    pub outcome: Outcome,
    pub specification: SpecificationStamp,
    /// The SHA-256 of the bytes that were checked.
    pub input: Digest,
    /// The authority's three-digit code, when it could be read.
    pub authority: Option<String>,
    pub counts: Counts,
    /// In the order of the report: table, row, code.
    pub findings: Vec<Finding>,
    /// How many findings of a rule are listed at most; the counts are exact past it.
    pub listed_at_most: u64,
    pub not_checked: Vec<NotChecked>,
    pub notes: Vec<String>,
    /// How many rules ran.
    pub rules_run: u64,
    /// The rules that found something, by code, so that a report explains itself.
    pub rules: BTreeMap<String, RuleNote>,
    /// The rows that findings name, by table in the order of the specification; none of a rejected upload.
    pub excerpts: Vec<Excerpt>,
}

#[cfg(test)]
impl Report {
    /// A report without findings, in which tests put what they are about.
    pub(crate) fn example() -> Self {
        Self {
            outcome: Outcome::Queries,
            specification: SpecificationStamp {
                id: "example".to_owned(),
                version: "0.1".to_owned(),
                digest: Digest::of(b"specification"),
                collection: Some("example-2026".to_owned()),
            },
            input: Digest::of(b"input"),
            authority: Some("330".to_owned()),
            counts: Counts::default(),
            findings: Vec::new(),
            listed_at_most: 1000,
            not_checked: Vec::new(),
            notes: Vec::new(),
            rules_run: 1,
            rules: BTreeMap::new(),
            excerpts: Vec::new(),
        }
    }
}

impl Report {
    /// Whether some findings were counted but not listed.
    pub fn is_cut(&self) -> bool {
        self.counts.by_code.values().sum::<u64>() > self.findings.len() as u64
    }
}
