//! A data set: its fields with their identifiers, and its cells by column, each distinct text held once.

use super::geography::Level;
use super::mask::Mask;
use super::time::TimePeriod;
use super::written::Pieces;
use indexmap::IndexSet;
use uuid::Uuid;

/// What a filter may be filtered by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FilterOption {
    pub id: Box<str>,
    pub label: Box<str>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Filter {
    pub id: Box<str>,
    /// The name of its column in the file.
    pub column: Box<str>,
    pub label: Box<str>,
    pub hint: Box<str>,
    /// In the order in which the file has them.
    pub options: Vec<FilterOption>,
}

/// A column of figures.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IndicatorColumn {
    pub id: Box<str>,
    pub column: Box<str>,
    pub label: Box<str>,
    /// `%`, `pp` and the like, or nothing.
    pub unit: Box<str>,
    pub decimals: Option<u8>,
}

/// A place. One whose code changed while its identifier stayed is there once for each code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Location {
    pub id: Box<str>,
    pub label: Box<str>,
    /// What it is known by, in the order of its level's properties.
    pub codes: Vec<Box<str>>,
}

/// The places of one level.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LocationGroup {
    pub level: &'static Level,
    pub options: Vec<Location>,
}

/// A column whose cells are numbers of things in a list; the number after the last says that there is nothing.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Coded(pub(super) Vec<u32>);

/// A column of figures: each distinct text once, and for each row which.
#[derive(Debug, Clone, Default)]
pub(super) struct Figures {
    pub(super) texts: IndexSet<Box<str>>,
    /// The number of texts where the file of the row's period has no such column.
    pub(super) cells: Vec<u32>,
}

/// For each thing that rows can be asked for, the rows that have it.
#[derive(Debug, Clone, Default)]
pub(super) struct RowsOf {
    pub(super) periods: Vec<Mask>,
    pub(super) levels: Vec<Mask>,
    /// For each group of places, for each place.
    pub(super) places: Vec<Vec<Mask>>,
    /// For each filter, for each option.
    pub(super) items: Vec<Vec<Mask>>,
}

/// A data set in a few words; the fields are labels.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outline {
    pub title: String,
    pub summary: String,
    pub rows: u64,
    pub first_period: String,
    pub last_period: String,
    pub levels: Vec<String>,
    pub filters: Vec<String>,
    pub indicators: Vec<String>,
}

/// One indicator of a family of collections, with the figures of one or more releases.
#[derive(Debug, Clone)]
pub struct DataSet {
    pub(super) id: Uuid,
    pub(super) title: String,
    pub(super) summary: String,
    /// Earliest first.
    pub(super) periods: Vec<TimePeriod>,
    /// The levels of its rows, largest places first.
    pub(super) levels: Vec<&'static Level>,
    pub(super) groups: Vec<LocationGroup>,
    pub(super) filters: Vec<Filter>,
    pub(super) indicators: Vec<IndicatorColumn>,
    pub(super) rows: usize,
    /// For each row the number of its period; the latest period comes first.
    pub(super) period_of: Vec<u32>,
    pub(super) level_of: Vec<u32>,
    /// For each group, the place of each row.
    pub(super) places: Vec<Coded>,
    /// For each filter, the option of each row.
    pub(super) items: Vec<Coded>,
    pub(super) figures: Vec<Figures>,
    pub(super) rows_of: RowsOf,
    pub(super) pieces: Pieces,
}

impl DataSet {
    pub const fn id(&self) -> Uuid {
        self.id
    }

    pub fn title(&self) -> &str {
        &self.title
    }

    pub fn summary(&self) -> &str {
        &self.summary
    }

    /// How many rows it has.
    pub const fn rows(&self) -> usize {
        self.rows
    }

    /// Earliest first.
    pub fn periods(&self) -> &[TimePeriod] {
        &self.periods
    }

    /// The levels that its rows are of, the largest places first.
    pub fn levels(&self) -> &[&'static Level] {
        &self.levels
    }

    /// The places that its rows name, by level.
    pub fn locations(&self) -> &[LocationGroup] {
        &self.groups
    }

    pub fn filters(&self) -> &[Filter] {
        &self.filters
    }

    pub fn indicators(&self) -> &[IndicatorColumn] {
        &self.indicators
    }

    /// What a list of data sets tells of it.
    pub fn outline(&self) -> Outline {
        let labels = |labels: Vec<&str>| labels.into_iter().map(str::to_owned).collect();
        Outline {
            title: self.title.clone(),
            summary: self.summary.clone(),
            rows: self.rows as u64,
            first_period: self.periods.first().map(TimePeriod::label).unwrap_or_default(),
            last_period: self.periods.last().map(TimePeriod::label).unwrap_or_default(),
            levels: labels(self.levels.iter().map(|level| level.label).collect()),
            filters: labels(self.filters.iter().map(|filter| &*filter.label).collect()),
            indicators: labels(self.indicators.iter().map(|column| &*column.label).collect()),
        }
    }

    /// About how many bytes of memory it takes, for whoever keeps several.
    pub fn weight(&self) -> usize {
        let columns = 2 + self.places.len() + self.items.len() + self.figures.len();
        let texts: usize = self.figures.iter().flat_map(|column| &column.texts).map(|text| text.len() + 40).sum();
        let options: usize = self.filters.iter().map(|filter| filter.options.len()).sum();
        let places: usize = self.groups.iter().map(|group| group.options.len()).sum();
        let masks = options + places + self.periods.len() + self.levels.len();
        columns * self.rows * 4 + texts + (options + places) * 300 + masks * Mask::weight(self.rows)
    }

    /// The cell of a column of figures, as it was published; none where its period's file has no such column.
    pub(super) fn figure(&self, column: usize, row: usize) -> Option<&str> {
        let column = &self.figures[column];
        column.texts.get_index(column.cells[row] as usize).map(AsRef::as_ref)
    }

    pub(super) fn option(&self, filter: usize, row: usize) -> Option<&FilterOption> {
        self.filters[filter].options.get(self.items[filter].0[row] as usize)
    }

    pub(super) fn place(&self, group: usize, row: usize) -> Option<&Location> {
        self.groups[group].options.get(self.places[group].0[row] as usize)
    }

    pub(super) fn level(&self, row: usize) -> &'static Level {
        self.levels[self.level_of[row] as usize]
    }

    #[cfg(test)]
    pub(super) fn period(&self, row: usize) -> TimePeriod {
        self.periods[self.period_of[row] as usize]
    }
}
