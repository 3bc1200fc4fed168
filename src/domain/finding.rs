//! What a check found, and where.

use super::guarded::Guarded;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;

/// How much a finding weighs. The order is by weight: the worst first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// The upload is refused as a whole and none of it is kept.
    Reject,
    /// Blocks sign-off.
    Error,
    /// Must be corrected or explained before sign-off.
    Query,
    Info,
}

impl Severity {
    pub const fn name(self) -> &'static str {
        match self {
            Self::Reject => "reject",
            Self::Error => "error",
            Self::Query => "query",
            Self::Info => "info",
        }
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.name())
    }
}

/// A place in the upload as the person sees it. Everything that does not apply is absent.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Location {
    pub table: Option<String>,
    /// The file, sheet or JSON member as the person named it.
    pub container: Option<String>,
    /// The row as a spreadsheet shows it: headings are row 1.
    pub row: Option<u32>,
    pub field: Option<String>,
    /// The line of a text file, counted from 1.
    pub line: Option<u32>,
    /// The byte of a file that could not be read, counted from 0.
    pub byte: Option<u64>,
    /// The cell of a workbook: `F12`.
    pub cell: Option<String>,
}

/// One finding of one rule.
#[derive(Clone, PartialEq, Eq)]
pub struct Finding {
    pub code: String,
    pub severity: Severity,
    pub at: Location,
    /// A plain sentence: what is wrong, where, how to put it right. It can hold values of the record.
    pub message: Guarded<String>,
    /// The record's key, field by field.
    pub key: Vec<(String, Guarded<String>)>,
    /// The value at fault, where it is safe to show to its own authority: never that of a P rule.
    pub value: Option<Guarded<String>>,
    pub expected: Option<String>,
    /// The other of two rows that clash.
    pub also: Option<Location>,
    /// The facts and figures the finding rests on, by name.
    pub facts: BTreeMap<String, Guarded<String>>,
}

impl Finding {
    pub fn new(code: impl Into<String>, severity: Severity, message: impl Into<String>) -> Self {
        Self {
            code: code.into(),
            severity,
            at: Location::default(),
            message: Guarded::new(message.into()),
            key: Vec::new(),
            value: None,
            expected: None,
            also: None,
            facts: BTreeMap::new(),
        }
    }

    #[must_use]
    pub fn at(mut self, at: Location) -> Self {
        self.at = at;
        self
    }

    #[must_use]
    pub fn expected(mut self, expected: impl Into<String>) -> Self {
        self.expected = Some(expected.into());
        self
    }
}

impl fmt::Debug for Finding {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "Finding({} {} at {:?} row {:?})", self.code, self.severity, self.at.table, self.at.row)
    }
}
