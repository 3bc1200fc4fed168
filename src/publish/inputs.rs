//! What a release counted, table by table, for whoever keeps it and for nobody else.
//!
//! A small table, such as an authority's totals, has so few possible contents that its digest gives it away: whoever has
//! the digest tries the contents, hidden numbers among them. So digests of what went in stand in no published file, not even
//! in the manifest, but in a file of their own that is kept with the release and never given out.

use super::error::PublishError;
use crate::aggregate::AcceptedReturn;
use crate::domain::digest::{Digest, Digester};
use arrow::array::{Array, AsArray, RecordBatch};
use arrow::compute::cast;
use arrow::datatypes::DataType;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The name of the file, which tells what is not to be done with it.
pub const INPUTS: &str = "inputs.not-for-publication.json";

/// The audit with the numbers of what is hidden, by kind.
pub const WHOLE_AUDIT: &str = "audit.not-for-publication.json";

/// Whether a file of a release may be given to readers.
pub fn is_for_readers(name: &str) -> bool {
    name != INPUTS && name != WHOLE_AUDIT
}

/// The digests of the tables that a release counted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Inputs {
    /// SHA-256 of the manifest of the release that it belongs to.
    pub manifest: Digest,
    /// For each authority, SHA-256 over the typed cells of each table.
    pub returns: BTreeMap<String, BTreeMap<String, Digest>>,
}

impl Inputs {
    /// Of returns, before there is a manifest.
    pub(super) fn of<'a>(returns: impl Iterator<Item = &'a AcceptedReturn>) -> Self {
        let digests =
            |one: &AcceptedReturn| one.tables.iter().map(|(name, batch)| (name.clone(), table_digest(batch))).collect();
        let returns = returns.map(|one| (one.authority.clone(), digests(one))).collect();
        Self { manifest: Digest::of(b""), returns }
    }

    pub fn from_json(bytes: &[u8]) -> Result<Self, PublishError> {
        let unreadable = |error| PublishError::Earlier(format!("its {INPUTS} cannot be read: {error}"));
        serde_json::from_slice(bytes).map_err(unreadable)
    }

    pub fn to_json(&self) -> String {
        // It holds texts and digests only, which always serialise.
        serde_json::to_string_pretty(self).unwrap_or_default() + "\n"
    }

    /// For each authority, one digest over the digests of its tables.
    pub(super) fn versions(&self) -> BTreeMap<String, Digest> {
        self.returns.iter().map(|(authority, tables)| (authority.clone(), version(tables))).collect()
    }
}

fn version(tables: &BTreeMap<String, Digest>) -> Digest {
    let mut digester = Digester::default();
    for (name, digest) in tables {
        digester.update(&(name.len() as u64).to_be_bytes());
        digester.update(name.as_bytes());
        digester.update(digest.as_bytes());
    }
    digester.finish()
}
/// SHA-256 over a table's cells, column by column, whatever form they came in: a cell is its text, with its length.
fn table_digest(batch: &RecordBatch) -> Digest {
    let mut digester = Digester::default();
    for (field, column) in batch.schema().fields().iter().zip(batch.columns()) {
        digester.update(field.name().as_bytes());
        digester.update(&(batch.num_rows() as u64).to_be_bytes());
        let Ok(texts) = cast(column, &DataType::Utf8) else {
            // Every type of a return has a text; a column without one is told apart by its name alone.
            continue;
        };
        let texts = texts.as_string::<i32>();
        for row in 0..texts.len() {
            if texts.is_null(row) {
                digester.update(&[0]);
            } else {
                digester.update(&(texts.value(row).len() as u64 + 1).to_be_bytes());
                digester.update(texts.value(row).as_bytes());
            }
        }
    }
    digester.finish()
}
