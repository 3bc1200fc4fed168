//! The whole data set as one CSV file for people and Power BI: labels and no identifiers, the latest period first.

use super::super::ees::Lines;
use super::model::DataSet;

/// The file. Its columns are those of the published files: time, level, places, filters, figures.
pub fn whole_csv(data: &DataSet) -> Vec<u8> {
    let mut file = Lines::default();
    let mut headings = vec!["time_period", "time_identifier", "geographic_level"];
    for group in &data.groups {
        headings.extend(group.level.properties.iter().rev().map(|(_, column)| *column));
        headings.push(group.level.name_column);
    }
    headings.extend(data.filters.iter().map(|filter| &*filter.column));
    headings.extend(data.indicators.iter().map(|column| &*column.column));
    file.line(headings);
    let periods: Vec<(String, &str)> =
        data.periods.iter().map(|period| (period.in_file(), period.identifier().label.as_str())).collect();
    for row in 0..data.rows {
        let (period, identifier) = &periods[data.period_of[row] as usize];
        let mut cells = vec![period.as_str(), identifier, data.level(row).label];
        for (at, group) in data.groups.iter().enumerate() {
            match data.place(at, row) {
                Some(place) => {
                    cells.extend(place.codes.iter().rev().map(AsRef::as_ref));
                    cells.push(&place.label);
                }
                None => cells.extend(std::iter::repeat_n("", group.level.properties.len() + 1)),
            }
        }
        cells.extend((0..data.filters.len()).map(|at| data.option(at, row).map_or("", |option| &option.label)));
        cells.extend((0..data.indicators.len()).map(|at| data.figure(at, row).unwrap_or_default()));
        file.line(cells);
    }
    file.into_bytes()
}
