//! Small tables and bars in plain text, for a terminal. They show cleared figures only.

use crate::disclosure::{ClearedTables, Place, Shown};
use std::fmt::Write as _;

/// A line of a text chart: a figure of the totals of a place.
#[derive(Debug, Clone)]
pub struct ChartLine<'a> {
    pub label: &'a str,
    pub indicator: &'a str,
    /// The items of the indicator's own filters.
    pub filters: &'a [&'a str],
    pub column: &'a str,
}

const BAR: usize = 40;

/// England's figures, each with a bar: percentages against 100, counts against the largest of them.
pub fn bars(tables: &ClearedTables, lines: &[ChartLine<'_>]) -> String {
    let figures: Vec<(Shown, bool)> = lines.iter().map(|line| figure(tables, line, Place::England)).collect();
    let largest = figures.iter().filter(|(_, percent)| !percent).filter_map(|(shown, _)| shown.number()).max();
    let width = lines.iter().map(|line| line.label.chars().count()).max().unwrap_or(0);
    let mut text = String::new();
    for (line, (shown, percent)) in lines.iter().zip(figures) {
        let full = if percent { 100 } else { largest.unwrap_or(0).max(1) };
        let length = shown.number().map_or(0, |number| (number.max(0) as usize * BAR).div_ceil(full as usize).min(BAR));
        let value = format!("{shown}{}", if percent && shown.number().is_some() { "%" } else { "" });
        let row = format!("{:width$}  {value:>7}  {}", line.label, "█".repeat(length));
        text.push_str(row.trim_end());
        text.push('\n');
    }
    text
}

/// The figures of England and every region, a row for each place and a column for each line.
pub fn by_region(tables: &ClearedTables, lines: &[ChartLine<'_>]) -> String {
    let regions = &tables.geography().regions;
    let places = std::iter::once(("England", Place::England))
        .chain(regions.iter().enumerate().map(|(at, region)| (region.name.as_str(), Place::Region(at))));
    let width = regions.iter().map(|region| region.name.chars().count()).max().unwrap_or(0).max(7);
    let mut text = format!("{:width$}", "");
    for line in lines {
        let _ = write!(text, "  {:>12}", line.label);
    }
    text.push('\n');
    for (name, place) in places {
        let _ = write!(text, "{name:width$}");
        for line in lines {
            let (shown, percent) = figure(tables, line, place);
            let value = format!("{shown}{}", if percent && shown.number().is_some() { "%" } else { "" });
            let _ = write!(text, "  {value:>12}");
        }
        text.push('\n');
    }
    text
}

fn figure(tables: &ClearedTables, line: &ChartLine<'_>, place: Place) -> (Shown, bool) {
    let Some(table) = tables.table(line.indicator) else { return (Shown::NotApplicable, false) };
    let percent = table.columns().iter().any(|column| column.name == line.column && column.unit == "%");
    let found = table.figure(place, line.filters, ("Total", "Total"), line.column);
    (found.unwrap_or(Shown::NotApplicable), percent)
}
