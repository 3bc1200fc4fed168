//! What can be wrong with an export, a key or an order. No text here holds a value of a record: places are named by file,
//! row and column, and the person looks there.

use crate::cli::rows::RowsError;
use crate::cli::totals::UnknownTotal;
use std::fmt;

/// Why no draft can be made.
#[derive(Debug, thiserror::Error)]
pub enum PrepareError {
    #[error("{path} could not be read: {source}. Check the path and that you may read it.")]
    Read { path: String, source: std::io::Error },
    #[error("{path} could not be written: {source}. Choose a folder that you may write to.")]
    Write { path: String, source: std::io::Error },
    #[error("The folder {0} is not empty. Name a new or empty one, so that no file of an earlier draft is mixed in.")]
    OutputNotEmpty(String),
    #[error(
        "{0} holds neither header.csv and episodes.csv nor one XML file. Name the folder of an SSDA903 export, or its XML file."
    )]
    NotAnExport(String),
    #[error(
        "{file} is larger than {limit} MiB, more than any authority's export. Check that it is the SSDA903 export."
    )]
    TooLarge { file: String, limit: u64 },
    #[error("{file} is not text in UTF-8. Export it again, or open it and save it as UTF-8.")]
    NotText { file: String },
    #[error("{file} has no column {column}. Export it again with the columns of the SSDA903.")]
    MissingColumn { file: String, column: &'static str },
    #[error("{file} names the column {column} twice. Remove one of the two.")]
    RepeatedColumn { file: String, column: &'static str },
    #[error(
        "{file}, line {line}, can't be read as CSV: a row has more or fewer cells than the headings. Export it again."
    )]
    BrokenCsv { file: String, line: u64 },
    #[error("{file} is not well-formed XML at byte {byte}. Export it again.")]
    BrokenXml { file: String, byte: u64 },
    #[error(
        "{file} declares a document type or an entity, which an SSDA903 export never does. It was not read further."
    )]
    HostileXml { file: String },
    #[error("{file} has no CHILD in it. Name the XML file of an SSDA903 export.")]
    NoChildren { file: String },
    #[error("{0}")]
    Cells(Problems),
    #[error("The collection {0} is not in the specification, which has {1}. Name one of those with --collection.")]
    UnknownCollection(String, String),
    #[error(
        "The export's latest date is in the year that ends on 31 March {year}, for which the specification has no collection: it has {known}. Name the collection with --collection if the export is of another year."
    )]
    YearNotCollected { year: i32, known: String },
    #[error(
        "The authority {0} is not in the register or not live in the period. Give its three-digit or nine-character code."
    )]
    UnknownAuthority(String),
    #[error(
        "NHS numbers were given and no key to make linkage keys with. Give the collection's key with --linkage-key-file."
    )]
    NoLinkageKey,
    #[error(transparent)]
    Key(#[from] KeyError),
    #[error(transparent)]
    Rows(#[from] RowsError),
    #[error(transparent)]
    Total(#[from] UnknownTotal),
}

/// What can be wrong with a key file.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    #[error("The key file {path} could not be read: {source}. Make one with: homeward prepare --new-key {path}")]
    Read { path: String, source: std::io::Error },
    #[error("The key file {path} could not be made: {source}. A key that exists is never written over.")]
    Make { path: String, source: std::io::Error },
    #[error(
        "The key in {path} is too short or not a key: it must be 64 hexadecimal digits (32 bytes) and nothing else."
    )]
    NotAKey { path: String },
    #[error("The key in {path} repeats one byte and can be guessed. Make one with: homeward prepare --new-key FILE")]
    Weak { path: String },
    #[error("The key file {path} can be read by others than its owner. Close it with: chmod 600 {path}")]
    OpenToOthers { path: String },
    #[error("The system gave no random bytes to make a key of: {0}.")]
    NoRandomness(getrandom::Error),
}

/// Cells that can't be read and rows that don't fit together, all that were found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Problems(pub Vec<Problem>);

/// One of them: where, and what is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// File and row: `header.csv, row 12`.
    pub place: String,
    pub column: &'static str,
    pub kind: ProblemKind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProblemKind {
    /// A cell that must have something in it is empty.
    Empty,
    /// Not a date as dd/mm/yyyy.
    NotADate,
    /// The same child, or the same episode, stands in another row of the file.
    Duplicate,
    /// An episode of a child who is in no header.
    NoHeader,
}

impl ProblemKind {
    const fn sentence(self) -> &'static str {
        match self {
            Self::Empty => "is empty and must not be",
            Self::NotADate => "is not a date as dd/mm/yyyy",
            Self::Duplicate => "repeats another row of the file",
            Self::NoHeader => "belongs to a child who is not in header.csv",
        }
    }
}

/// How many problems a message spells out.
const SHOWN: usize = 10;

impl fmt::Display for Problems {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = self.0.len();
        writeln!(
            out,
            "The export can't be used as it is; {count} {} must be put right in the case system:",
            if count == 1 { "cell" } else { "cells" }
        )?;
        for problem in self.0.iter().take(SHOWN) {
            writeln!(out, "  {}: {} {}.", problem.place, problem.column, problem.kind.sentence())?;
        }
        if count > SHOWN {
            writeln!(out, "  and {} more.", count - SHOWN)?;
        }
        Ok(())
    }
}
