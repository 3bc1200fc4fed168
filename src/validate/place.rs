//! Where a finding stands, and which record it is about, in the words of the file.

use crate::domain::finding::Location;
use crate::domain::guarded::Guarded;
use crate::domain::place::ContainerKind;
use crate::domain::table::TextTable;
use crate::spec::Specification;

/// The longest part of a value that a report shows.
const SHOWN: usize = 100;

/// The place of a row counted from 0, or of the whole table.
pub(super) fn location(text: &TextTable, row: Option<u32>, field: Option<&str>) -> Location {
    let index = row.map(|row| row as usize);
    let is_csv = text.container.kind == ContainerKind::Csv;
    Location {
        table: Some(text.name.clone()),
        container: Some(text.container.name.clone()),
        row: index.and_then(|index| text.places.row(index)),
        field: field.map(str::to_owned),
        line: index.filter(|_| is_csv).and_then(|index| text.places.line(index)),
        byte: None,
        cell: index.and_then(|index| text.cell(index, field?)),
    }
}

/// The key of a row's record, field by field as it was written.
pub(super) fn record_key(
    specification: &Specification,
    text: &TextTable,
    row: Option<u32>,
) -> Vec<(String, Guarded<String>)> {
    let (Some(row), Some(table)) = (row, specification.table(&text.name)) else { return Vec::new() };
    let part = |field: &String| Some((field.clone(), shown_value(text.column(field)?.text(row as usize))));
    table.key.iter().filter_map(part).collect()
}

/// A value as a report shows it: cut when it is long.
pub(super) fn shown_value(value: &str) -> Guarded<String> {
    let mut shown: String = value.chars().take(SHOWN).collect();
    if shown.len() < value.len() {
        shown.push('…');
    }
    Guarded::new(shown)
}
