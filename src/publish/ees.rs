//! The form of DfE's Explore education statistics: a tidy CSV file and its metadata.

use super::layout::{PLACES, filters, lines};
use crate::disclosure::{ClearedTable, ClearedTables};

pub(super) const TIME_IDENTIFIER: &str = "Reporting year";
pub(super) const META: [&str; 9] = [
    "col_name",
    "col_type",
    "label",
    "indicator_grouping",
    "indicator_unit",
    "indicator_dp",
    "filter_hint",
    "filter_grouping_column",
    "filter_default",
];

/// The data file.
pub(super) fn data(tables: &ClearedTables, table: &ClearedTable) -> Vec<u8> {
    let mut file = Lines::default();
    let names = filters(table.definition());
    let headings = ["time_period", "time_identifier"].into_iter().chain(PLACES);
    let headings = headings.chain(names.iter().map(|filter| filter.name.as_str()));
    file.line(headings.chain(table.columns().iter().map(|column| column.name.as_str())));
    for line in lines(tables, table) {
        let figures: Vec<String> = line.figures.iter().map(ToString::to_string).collect();
        let year = line.year.to_string();
        let time = [year.as_str(), TIME_IDENTIFIER];
        let cells = time.into_iter().chain(line.place).chain(line.items);
        file.line(cells.chain(figures.iter().map(String::as_str)));
    }
    file.0
}

/// The metadata file: a line for each filter and each column of figures.
pub(super) fn meta(table: &ClearedTable) -> Vec<u8> {
    let mut file = Lines::default();
    file.line(META);
    for filter in filters(table.definition()) {
        let default = filter.default.as_deref().unwrap_or("");
        file.line([filter.name.as_str(), "Filter", &filter.label, "", "", "", "", "", default]);
    }
    for column in table.columns() {
        let decimals = column.decimals.to_string();
        file.line([column.name.as_str(), "Indicator", &column.label, "", column.unit, &decimals, "", "", ""]);
    }
    file.0
}

/// CSV as RFC 4180 has it, with a line feed at the end of each line.
#[derive(Default)]
pub(super) struct Lines(Vec<u8>);

impl Lines {
    pub(super) fn into_bytes(self) -> Vec<u8> {
        self.0
    }

    pub(super) fn line<'a>(&mut self, cells: impl IntoIterator<Item = &'a str>) {
        for (index, cell) in cells.into_iter().enumerate() {
            if index > 0 {
                self.0.push(b',');
            }
            if cell.contains([',', '"', '\n', '\r']) {
                self.0.push(b'"');
                self.0.extend_from_slice(cell.replace('"', "\"\"").as_bytes());
                self.0.push(b'"');
            } else {
                self.0.extend_from_slice(cell.as_bytes());
            }
        }
        self.0.push(b'\n');
    }
}
