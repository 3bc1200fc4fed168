//! Makes a data set of the published files of one or more releases.

use super::error::DataSetError;
use super::geography::{LEVELS, Level};
use super::identity::Identifiers;
use super::mask::Mask;
use super::model::{Coded, DataSet, Figures, Filter, FilterOption, IndicatorColumn, Location, LocationGroup, RowsOf};
use super::time::TimePeriod;
use super::written::Pieces;
use indexmap::{IndexMap, IndexSet};
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use uuid::Uuid;

/// Marks a cell that names nothing, until all rows are read.
const NOTHING: u32 = u32::MAX;

/// The files of one published table, as bytes: its data, its metadata and its JSON form.
#[derive(Debug, Clone, Copy)]
pub struct PublishedTable<'a> {
    /// What the errors call it.
    pub name: &'a str,
    pub csv: &'a [u8],
    pub meta: &'a [u8],
    pub json: &'a [u8],
}

/// What the JSON form says of the table; its rows are read from the data file, where each figure is a text.
#[derive(Debug, Deserialize)]
struct Head {
    label: String,
    definition: String,
}

#[derive(Debug, Deserialize)]
struct MetaLine {
    col_name: String,
    col_type: String,
    label: String,
    #[serde(default)]
    indicator_unit: String,
    #[serde(default)]
    indicator_dp: String,
    #[serde(default)]
    filter_hint: String,
}

/// One table's files, with its headings and metadata read.
struct Opened {
    file: String,
    headings: csv::StringRecord,
    rows: Vec<csv::StringRecord>,
    meta: Vec<MetaLine>,
    head: Head,
    /// The rows of each period, in the order of the file.
    rows_of: BTreeMap<TimePeriod, Vec<usize>>,
}

/// Where a table's columns go in the data set.
struct Places {
    level: usize,
    /// For each level that the table has the columns of, its number in [`LEVELS`] and the columns.
    levels: Vec<(usize, Vec<usize>)>,
    /// (column of the file, number of the filter).
    filters: Vec<(usize, usize)>,
    indicators: Vec<(usize, usize)>,
}

impl DataSet {
    /// Reads the files of an indicator's releases. Where several have a time period, the first that is given counts. What
    /// the latest period's file says of labels, units and the order of options counts for all.
    pub fn load(id: Uuid, tables: &[PublishedTable<'_>]) -> Result<Self, DataSetError> {
        let opened = tables.iter().map(|table| Opened::read(*table)).collect::<Result<Vec<_>, _>>()?;
        let periods: BTreeSet<TimePeriod> = opened.iter().flat_map(|table| table.rows_of.keys().copied()).collect();
        let mut building = Building::new(periods.iter().copied().collect())?;
        let mut latest = None;
        for period in periods.iter().rev() {
            for table in opened.iter().filter(|table| table.rows_of.contains_key(period)).take(1) {
                building.add(table, *period)?;
                latest.get_or_insert(&table.head);
            }
        }
        let head = latest.ok_or(DataSetError::Nothing)?;
        Ok(building.finish(id, head.label.clone(), head.definition.clone()))
    }
}

impl Opened {
    fn read(table: PublishedTable<'_>) -> Result<Self, DataSetError> {
        let file = format!("{}.csv", table.name);
        let json = |error| DataSetError::Json { file: format!("{}.json", table.name), source: Arc::new(error) };
        let head: Head = serde_json::from_slice(table.json).map_err(json)?;
        let meta_file = format!("{}.meta.csv", table.name);
        let meta: Result<Vec<MetaLine>, _> = csv::Reader::from_reader(table.meta).deserialize().collect();
        let meta = meta.map_err(|error| DataSetError::Csv { file: meta_file, source: Arc::new(error) })?;
        let failed = |error| DataSetError::Csv { file: file.clone(), source: Arc::new(error) };
        let mut reader = csv::Reader::from_reader(table.csv);
        let headings = reader.headers().map_err(failed)?.clone();
        let rows = reader.records().collect::<Result<Vec<_>, _>>().map_err(failed)?;
        let mut opened = Self { file, headings, rows, meta, head, rows_of: BTreeMap::new() };
        let (time, identifier) = (opened.column("time_period")?, opened.column("time_identifier")?);
        let mut rows_of: BTreeMap<TimePeriod, Vec<usize>> = BTreeMap::new();
        for (at, row) in opened.rows.iter().enumerate() {
            let period = TimePeriod::of_file(&row[time], &row[identifier]);
            let unknown = || opened.row(at, format!("{} {} is no time period", &row[identifier], &row[time]));
            rows_of.entry(period.ok_or_else(unknown)?).or_default().push(at);
        }
        opened.rows_of = rows_of;
        Ok(opened)
    }

    fn column(&self, name: &str) -> Result<usize, DataSetError> {
        let missing = || DataSetError::NoColumn { file: self.file.clone(), column: name.to_owned() };
        self.headings.iter().position(|heading| heading == name).ok_or_else(missing)
    }

    fn row(&self, at: usize, problem: String) -> DataSetError {
        // As a person counts the rows of a spreadsheet: the headings are the first.
        DataSetError::Row { file: self.file.clone(), row: at + 2, problem }
    }
}

/// A data set while its rows are read.
struct Building {
    identifiers: Identifiers,
    periods: Vec<TimePeriod>,
    /// Row by row: the number of the period, of the level in [`LEVELS`].
    period_of: Vec<u32>,
    level_of: Vec<u32>,
    /// By the number of the level in [`LEVELS`]; the key is the codes of the place, or its name where it has none.
    places: Vec<(PlacesByKey, Vec<u32>)>,
    /// Each with its options, the identifier by the label.
    filters: Vec<(Filter, OptionsByLabel, Vec<u32>)>,
    indicators: Vec<(IndicatorColumn, IndexSet<Box<str>>, Vec<u32>)>,
}

type PlacesByKey = IndexMap<Vec<Box<str>>, Location>;
type OptionsByLabel = IndexMap<Box<str>, Box<str>>;

impl Building {
    fn new(periods: Vec<TimePeriod>) -> Result<Self, DataSetError> {
        let places = LEVELS.iter().map(|_| (IndexMap::new(), Vec::new())).collect();
        let (filters, indicators) = (Vec::new(), Vec::new());
        let (period_of, level_of) = (Vec::new(), Vec::new());
        Ok(Self { identifiers: Identifiers::new()?, periods, period_of, level_of, places, filters, indicators })
    }

    /// Adds a table's rows of a period. The latest period must come first: a query that asks for no order is answered so.
    fn add(&mut self, table: &Opened, period: TimePeriod) -> Result<(), DataSetError> {
        let places = self.columns(table)?;
        let at = number(self.periods.binary_search(&period).unwrap_or_default());
        for row in &table.rows_of[&period] {
            self.period_of.push(at);
            self.add_row(table, &places, *row)?;
        }
        Ok(())
    }

    /// The columns of a table; filters and columns of figures that are new are entered, with nothing in the rows so far.
    fn columns(&mut self, table: &Opened) -> Result<Places, DataSetError> {
        let mut levels = Vec::new();
        for (number, level) in LEVELS.iter().enumerate() {
            let columns: Result<Vec<usize>, _> = level.columns().map(|name| table.column(name)).collect();
            levels.extend(columns.ok().map(|columns| (number, columns)));
        }
        let (mut filters, mut indicators) = (Vec::new(), Vec::new());
        for line in &table.meta {
            let at = table.column(&line.col_name)?;
            match line.col_type.as_str() {
                "Filter" => filters.push((at, self.filter(line)?)),
                "Indicator" => indicators.push((at, self.indicator(table, line)?)),
                other => {
                    let problem = format!("{} is neither a filter nor an indicator but {other}", line.col_name);
                    return Err(DataSetError::Metadata { file: table.file.clone(), problem });
                }
            }
        }
        Ok(Places { level: table.column("geographic_level")?, levels, filters, indicators })
    }

    fn filter(&mut self, line: &MetaLine) -> Result<usize, DataSetError> {
        if let Some(at) = self.filters.iter().position(|(filter, _, _)| *filter.column == *line.col_name) {
            return Ok(at);
        }
        let filter = Filter {
            id: self.identifiers.of(&["filter", &line.col_name])?,
            column: line.col_name.as_str().into(),
            label: line.label.as_str().into(),
            hint: line.filter_hint.as_str().into(),
            options: Vec::new(),
        };
        self.filters.push((filter, IndexMap::new(), vec![NOTHING; self.level_of.len()]));
        Ok(self.filters.len() - 1)
    }

    fn indicator(&mut self, table: &Opened, line: &MetaLine) -> Result<usize, DataSetError> {
        if let Some(at) = self.indicators.iter().position(|(column, _, _)| *column.column == *line.col_name) {
            return Ok(at);
        }
        let decimals = match line.indicator_dp.as_str() {
            "" => None,
            text => Some(text.parse().map_err(|_| DataSetError::Metadata {
                file: table.file.clone(),
                problem: format!("the decimal places of {} are {text:?}", line.col_name),
            })?),
        };
        let column = IndicatorColumn {
            id: self.identifiers.of(&["indicator", &line.col_name])?,
            column: line.col_name.as_str().into(),
            label: line.label.as_str().into(),
            unit: line.indicator_unit.as_str().into(),
            decimals,
        };
        self.indicators.push((column, IndexSet::new(), vec![NOTHING; self.level_of.len()]));
        Ok(self.indicators.len() - 1)
    }

    fn add_row(&mut self, table: &Opened, places: &Places, at: usize) -> Result<(), DataSetError> {
        let row = &table.rows[at];
        let level = Level::of_label(&row[places.level]);
        let level = level.and_then(|level| LEVELS.iter().position(|one| one == level));
        let level = level.ok_or_else(|| table.row(at, format!("{} is no geographic level", &row[places.level])))?;
        self.level_of.push(number(level));
        for (_, cells) in &mut self.places {
            cells.push(NOTHING);
        }
        for (level, columns) in &places.levels {
            let cells: Vec<&str> = columns.iter().map(|at| &row[*at]).collect();
            self.add_place(*level, &cells)?;
        }
        for (_, _, cells) in &mut self.filters {
            cells.push(NOTHING);
        }
        for (column, filter) in &places.filters {
            let (filter, options, cells) = &mut self.filters[*filter];
            let label = &row[*column];
            let option = match options.get_index_of(label) {
                Some(option) => option,
                None => {
                    let id = self.identifiers.of(&["option", &filter.column, label])?;
                    options.insert_full(label.into(), id).0
                }
            };
            set_last(cells, option);
        }
        for (_, _, cells) in &mut self.indicators {
            cells.push(NOTHING);
        }
        for (column, indicator) in &places.indicators {
            let (_, texts, cells) = &mut self.indicators[*indicator];
            let text = &row[*column];
            let at = texts.get_index_of(text).unwrap_or_else(|| texts.insert_full(text.into()).0);
            set_last(cells, at);
        }
        Ok(())
    }

    /// The place that a row names in the columns of a level: its codes, then its name. Nothing where all are empty.
    fn add_place(&mut self, level: usize, cells: &[&str]) -> Result<(), DataSetError> {
        let Some((name, codes)) = cells.split_last().filter(|_| cells.iter().any(|cell| !cell.is_empty())) else {
            return Ok(());
        };
        let key: Vec<Box<str>> =
            if codes.is_empty() { vec![(*name).into()] } else { codes.iter().map(|code| (*code).into()).collect() };
        let (options, cells) = &mut self.places[level];
        let option = match options.get_index_of(&key) {
            Some(option) => option,
            None => {
                let id = self.identifiers.of(&LEVELS[level].names_of(&key))?;
                let codes = codes.iter().map(|code| (*code).into()).collect();
                options.insert_full(key, Location { id, label: (*name).into(), codes }).0
            }
        };
        set_last(cells, option);
        Ok(())
    }

    fn finish(self, id: Uuid, title: String, summary: String) -> DataSet {
        let rows = self.level_of.len();
        let used: BTreeSet<u32> = self.level_of.iter().copied().collect();
        let levels: Vec<u32> = used.into_iter().collect();
        let level_of: Vec<u32> =
            self.level_of.iter().map(|level| number(levels.partition_point(|one| one < level))).collect();
        let (mut groups, mut places) = (Vec::<LocationGroup>::new(), Vec::<Coded>::new());
        for (level, (options, cells)) in LEVELS.iter().zip(self.places).filter(|(_, (options, _))| !options.is_empty())
        {
            let options: Vec<Location> = options.into_values().collect();
            places.push(Coded(none_is_last(cells, options.len())));
            groups.push(LocationGroup { level, options });
        }
        let (mut filters, mut items) = (Vec::<Filter>::new(), Vec::<Coded>::new());
        for (mut filter, options, cells) in self.filters {
            items.push(Coded(none_is_last(cells, options.len())));
            filter.options = options.into_iter().map(|(label, id)| FilterOption { id, label }).collect();
            filters.push(filter);
        }
        let (mut indicators, mut figures) = (Vec::new(), Vec::new());
        for (column, texts, cells) in self.indicators {
            indicators.push(column);
            figures.push(Figures { cells: none_is_last(cells, texts.len()), texts });
        }
        let levels: Vec<&'static Level> = levels.into_iter().map(|level| &LEVELS[level as usize]).collect();
        let (periods, period_of) = (self.periods, self.period_of);
        let options = groups.iter().map(|group| group.options.len()).zip(&places);
        let of_places = options.map(|(options, cells)| Mask::of_each(options, &cells.0)).collect();
        let options = filters.iter().map(|filter| filter.options.len()).zip(&items);
        let rows_of = RowsOf {
            periods: Mask::of_each(periods.len(), &period_of),
            levels: Mask::of_each(levels.len(), &level_of),
            places: of_places,
            items: options.map(|(options, cells)| Mask::of_each(options, &cells.0)).collect(),
        };
        let mut data = DataSet {
            id,
            title,
            summary,
            periods,
            levels,
            groups,
            filters,
            indicators,
            rows,
            period_of,
            level_of,
            places,
            items,
            figures,
            rows_of,
            pieces: Pieces::default(),
        };
        data.pieces = Pieces::of(&data, false);
        data
    }
}

/// The files passed their checks, which a file of four thousand million rows would not.
fn number(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(NOTHING)
}

fn set_last(cells: &mut [u32], at: usize) {
    if let Some(last) = cells.last_mut() {
        *last = number(at);
    }
}

fn none_is_last(mut cells: Vec<u32>, options: usize) -> Vec<u32> {
    for cell in &mut cells {
        *cell = (*cell).min(number(options));
    }
    cells
}
