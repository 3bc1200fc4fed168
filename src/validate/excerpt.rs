//! The rows that findings name, taken out of the return, so that a report can show them whole.

use crate::domain::finding::{Finding, Location};
use crate::domain::guarded::Guarded;
use crate::domain::report::{EXCERPT_ROWS, Excerpt, ExcerptRow};
use crate::domain::table::{TextReturn, TextTable};
use crate::spec::Specification;
use std::collections::{BTreeMap, BTreeSet};

/// For each table in which findings stand, the rows they name, those of other rows that clash with them included.
pub(super) fn excerpts(specification: &Specification, read: &TextReturn, findings: &[Finding]) -> Vec<Excerpt> {
    let mut named: BTreeMap<&str, BTreeSet<u32>> = BTreeMap::new();
    for at in findings.iter().flat_map(|finding| std::iter::once(&finding.at).chain(&finding.also)) {
        if let Location { table: Some(table), row: Some(row), .. } = at {
            named.entry(table).or_default().insert(*row);
        }
    }
    let tables = specification.tables.iter().filter_map(|table| read.table(&table.name));
    tables.filter_map(|table| Some(excerpt(table, named.get(table.name.as_str())?))).collect()
}

fn excerpt(table: &TextTable, named: &BTreeSet<u32>) -> Excerpt {
    let mut columns: Vec<_> = table.columns.iter().collect();
    columns.sort_by_key(|column| column.position);
    let standing = table.places.rows.iter().enumerate().filter(|(_, row)| named.contains(row));
    let rows: Vec<ExcerptRow> = standing
        .take(EXCERPT_ROWS)
        .map(|(index, row)| {
            let cells = columns.iter().map(|column| Guarded::new(column.text(index).to_owned()));
            ExcerptRow { row: *row, cells: cells.collect() }
        })
        .collect();
    let left_out = (named.len() - rows.len()) as u64;
    let fields = columns.iter().map(|column| column.field.clone()).collect();
    Excerpt { table: table.name.clone(), fields, rows, left_out }
}
