//! Turns the bytes of an upload into tables of text with a location for every cell, and makes every F finding.
//!
//! Content decides the format. Every size is capped by what is read, never by what is declared. Reading goes on after a
//! finding wherever it can, so that one round tells all that is wrong. This room never types a value, never looks for
//! identifiers, never keeps an upload. `validate`, `flow` and the commands call it; it calls `domain` and `spec` only.

mod active;
mod archive;
mod bounded;
mod csv;
mod findings;
mod format;
mod grid;
mod header;
mod held;
mod json;
mod json_text;
mod markup;
mod ods;
mod parts;
mod reading;
mod records;
mod sheet;
mod source;
pub mod spool;
mod system_file;
mod table;
mod text;
mod unclaimed;
mod words;
mod workbook;
mod xlsx;

pub use source::Source;

use crate::domain::digest::Digest;
use crate::domain::finding::Finding;
use crate::domain::table::{TextReturn, TextTable};
use crate::spec::{Limits, Specification};
use chrono::NaiveDate;
use std::collections::BTreeMap;
use std::path::PathBuf;

/// How many findings of one rule are listed, unless told otherwise; counts are exact past it.
pub const LISTED_AT_MOST: u64 = 1000;

/// What an upload is held against beside the specification.
#[derive(Debug, Clone)]
pub struct IntakeOptions {
    /// The specification's own, or larger ones from the command line.
    pub limits: Limits,
    /// Either code of the authority whose account uploads; any may be named when there is none.
    pub expected_authority: Option<String>,
    /// The day on which the collection must be open; it need not be when there is none.
    pub today: Option<NaiveDate>,
    /// The collections that are open although their day is to come, by their names.
    pub opened: Vec<String>,
    /// What the person called the file, where its path does not say: an upload lies in a spool.
    pub upload_name: Option<String>,
    pub listed_at_most: u64,
}

impl IntakeOptions {
    pub const fn new(limits: Limits) -> Self {
        let (expected_authority, today, upload_name) = (None, None, None);
        Self { limits, expected_authority, today, opened: Vec::new(), upload_name, listed_at_most: LISTED_AT_MOST }
    }
}

/// What the header says, as far as it can be relied on.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct HeaderFacts {
    /// The authority's three-digit code, when it may send this return.
    pub authority: Option<String>,
    /// The collection's id, when it is known.
    pub collection: Option<String>,
}

/// What was read, and what was found.
#[derive(Debug)]
pub struct IntakeResult {
    /// The tables of the return in the order of the specification, also those that have findings. A table can have
    /// columns that the specification does not know, each with its F11; its `field` is the heading, or empty.
    pub read: TextReturn,
    /// What is no part of the return but was in the upload: files and sheets that are no table, rows whose cells cannot
    /// be matched to columns, texts of a workbook or archive that are no cells. To be searched for identifiers, and for nothing else.
    pub aside: Vec<TextTable>,
    /// All of severity reject, in the order of reading; at most [`IntakeOptions::listed_at_most`] of a rule.
    pub findings: Vec<Finding>,
    /// By rule, exact.
    pub counts: BTreeMap<String, u64>,
    /// SHA-256 of the upload's bytes. For a folder or several files: over each file in the order of their names, the
    /// length of its name, the name, the length of its content and the content (lengths as 8 bytes, big-endian).
    pub digest: Digest,
    pub bytes: u64,
    pub header: HeaderFacts,
}

/// Trouble of our own. Whatever is wrong with an upload is a finding.
#[derive(Debug, thiserror::Error)]
pub enum IntakeError {
    #[error("{path} cannot be read: {source}. Check that it exists and that you may read it")]
    Unreadable { path: PathBuf, source: std::io::Error },
}

/// Reads an upload. It fails only when its files cannot be opened or read from disk.
pub fn read(
    source: &Source,
    specification: &Specification,
    options: &IntakeOptions,
) -> Result<IntakeResult, IntakeError> {
    let held = held::Held::default();
    let mut reading = reading::Reading::new(specification, &options.limits, &held, options.listed_at_most);
    let taken = source::take(source, options.upload_name.as_deref(), &mut reading)?;
    let mut header = HeaderFacts::default();
    if taken.readable {
        reading.finish();
        if !reading.findings.any_of(&["F01"]) {
            let authority = options.expected_authority.as_deref();
            let expectation = header::Expectation { authority, today: options.today, opened: &options.opened };
            header = header::check(&mut reading, expectation);
        }
    }
    let (findings, counts) = reading.findings.finish();
    let read = TextReturn { tables: reading.tables, notes: reading.notes };
    let (digest, bytes) = (taken.digest, taken.bytes);
    Ok(IntakeResult { read, aside: reading.aside, findings, counts, digest, bytes, header })
}
