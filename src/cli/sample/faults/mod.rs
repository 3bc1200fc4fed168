//! Plants faults in sample returns and says which, so that tests and trainings know what a check must find.
//!
//! Every rule of the specification has at least one spoiler here. A spoiler changes as little as it can, so that its rule
//! finds the fault at the place it names and no other rule finds anything; where another rule must find something too,
//! because the one fault cannot be without the other, the spoiler says so and why. Called by the sample and by tests.

mod across_authorities;
mod across_years;
mod book;
mod breakdowns;
mod children;
mod episodes;
mod identifiers;
mod outcomes;
mod rate;
mod record;
mod returns_home;
mod returns_home_dated;
mod support;
#[cfg(test)]
mod tests;
mod totals;
mod uploads;
mod values;
mod whole_file;

pub(super) use rate::plant;

use super::SampleReturn;
use crate::cli::rows::CsvTable;
use crate::spec::{Collection, Specification};
use book::{Book, Place};
use chrono::NaiveDate;

/// A fault that was planted.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct PlantedFault {
    /// The rule that must find it.
    pub code: &'static str,
    /// Empty where the fault is of the upload and of no table.
    pub table: &'static str,
    /// The row as a spreadsheet shows it, headings being row 1; none where the fault stands on no row.
    pub row: Option<u64>,
    /// Empty where the fault stands in no field.
    pub field: &'static str,
}

/// A rule that finds something whenever another does, and why.
pub type Beside = (&'static str, &'static str);

/// One way to break one rule.
#[derive(Clone, Copy)]
pub struct Spoiler {
    pub code: &'static str,
    /// Rules that cannot but find something too.
    pub beside: &'static [Beside],
    way: Way,
}

#[derive(Clone, Copy)]
enum Way {
    /// Changes one cell, from what stands in its row alone; whatever else is planted in other rows, it is found.
    Cell(Cell),
    /// Changes rows of one child.
    Child(OfChild),
    /// Changes what is about the whole return, and few rows.
    Whole(fn(&mut Book) -> Option<Place>),
    /// Changes many rows of a return.
    Many(fn(&mut Book) -> Option<Place>),
    /// Changes rows of one child in a return or in the one of the year before.
    Years(fn(&mut Book, &mut Book, &str) -> Option<Place>),
    /// Changes a return beside the one of the year before.
    YearsWhole(fn(&mut Book, &mut Book) -> Option<Place>),
    /// Changes rows of one child here or in another authority's return.
    Authorities(fn(&mut Book, &mut Book, &str) -> Option<Place>),
    /// Changes the files of a return; it can be read no more.
    Files(fn(&mut Files) -> Option<Place>),
    /// Makes an upload that is no ZIP of CSV files of what was one.
    Upload(fn(&SampleReturn) -> Option<Vec<u8>>),
}

/// Spoils the rows of one child, where they are such that it can.
type OfChild = fn(&mut Book, &str) -> Option<Place>;

/// The files of a return, one for each table.
struct Files(Vec<CsvTable>);

/// One cell to be changed.
#[derive(Clone, Copy)]
struct Cell {
    table: &'static str,
    field: &'static str,
    /// Where the finding stands, when not on the changed cell itself.
    found: &'static str,
    /// The cell's new text, or none where the row is not one in which this rule alone would find it.
    spoil: fn(&Row<'_>) -> Option<String>,
}

impl std::fmt::Debug for Spoiler {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "Spoiler({})", self.code)
    }
}

impl Spoiler {
    const fn new(code: &'static str, way: Way) -> Self {
        Self { code, beside: &[], way }
    }

    const fn cell(
        code: &'static str,
        table: &'static str,
        field: &'static str,
        spoil: fn(&Row<'_>) -> Option<String>,
    ) -> Self {
        Self::new(code, Way::Cell(Cell { table, field, found: field, spoil }))
    }

    const fn child(code: &'static str, spoil: fn(&mut Book, &str) -> Option<Place>) -> Self {
        Self::new(code, Way::Child(spoil))
    }

    /// The finding stands on another cell of the row than the one that is changed.
    const fn found_on(self, found: &'static str) -> Self {
        match self.way {
            Way::Cell(cell) => Self { way: Way::Cell(Cell { found, ..cell }), ..self },
            _ => self,
        }
    }

    const fn beside(self, beside: &'static [Beside]) -> Self {
        Self { beside, ..self }
    }

    /// Whether it changes a few cells of one child or one row, so that many can be planted in one return.
    pub const fn is_of_a_record(&self) -> bool {
        matches!(self.way, Way::Cell(_) | Way::Child(_))
    }

    /// Whether it compares rows of one child with those of the year before.
    pub const fn is_across_years_by_record(&self) -> bool {
        matches!(self.way, Way::Years(_))
    }

    /// Whether the return is refused for it, and is still files that can lie in a folder.
    pub fn is_refused(&self) -> bool {
        // A name that leads out of the folder, and one that differs from another in case alone, are for archives.
        matches!(self.way, Way::Files(_)) && !["F04", "F20"].contains(&self.code)
    }

    /// Whether it is about the return as a whole and yet changes few rows, so that one can be planted beside others.
    pub const fn is_of_few_rows(&self) -> bool {
        matches!(self.way, Way::Whole(_))
    }
}

/// Every spoiler, in the order of the rules.
pub fn spoilers() -> Vec<Spoiler> {
    let families = [
        whole_file::SPOILERS,
        uploads::SPOILERS,
        identifiers::SPOILERS,
        values::SPOILERS,
        children::SPOILERS,
        episodes::SPOILERS,
        returns_home::SPOILERS,
        returns_home_dated::SPOILERS,
        support::SPOILERS,
        breakdowns::SPOILERS,
        outcomes::SPOILERS,
        totals::SPOILERS,
        across_years::SPOILERS,
        across_authorities::SPOILERS,
    ];
    let mut all: Vec<Spoiler> = families.into_iter().flatten().copied().collect();
    all.sort_by_key(|spoiler| spoiler.code);
    all
}

/// A row by the names of its fields, with what its rules reckon from.
struct Row<'b> {
    book: &'b Book,
    table: &'static str,
    row: usize,
}

impl Row<'_> {
    fn get(&self, field: &str) -> &str {
        self.book.get(self.table, self.row, field)
    }

    fn is(&self, field: &str, value: &str) -> bool {
        self.get(field) == value
    }

    fn is_one_of(&self, field: &str, values: &[&str]) -> bool {
        values.contains(&self.get(field))
    }

    fn has(&self, field: &str) -> bool {
        !self.get(field).is_empty()
    }

    fn number(&self, field: &str) -> Option<f64> {
        self.get(field).parse().ok()
    }

    fn day(&self, field: &str) -> Option<NaiveDate> {
        self.book.day(self.table, self.row, field)
    }

    /// The day as a cell of this return, when it lies in or before the period.
    fn written(&self, day: NaiveDate) -> Option<String> {
        (day <= self.book.period.end).then(|| self.book.written(day))
    }
}

fn when(applies: bool, text: &str) -> Option<String> {
    applies.then(|| text.to_owned())
}

/// An authority's return with the ones it is compared with, for planting faults of every kind.
#[derive(Debug, Clone)]
pub struct Scene {
    own: Book,
    previous: Option<Book>,
    other: Option<Book>,
    /// What the return was made from; its tables are those of before.
    made: SampleReturn,
    /// Where faults are to be found.
    places: Vec<(&'static str, Place)>,
    spoilt: Spoilt,
}

/// What became of the upload as a file.
#[derive(Debug, Clone)]
enum Spoilt {
    Not,
    Files(Vec<CsvTable>),
    Upload(Vec<u8>),
}

impl Scene {
    /// Takes a return of a collection apart.
    pub fn new(made: &SampleReturn, specification: &Specification, collection: &Collection) -> Self {
        let own = open(made, specification, collection);
        let (places, spoilt) = (Vec::new(), Spoilt::Not);
        Self { own, previous: None, other: None, made: made.clone(), places, spoilt }
    }

    /// Puts the same authority's return of the year before beside it.
    pub fn with_previous(self, made: &SampleReturn, specification: &Specification, collection: &Collection) -> Self {
        Self { previous: Some(open(made, specification, collection)), ..self }
    }

    /// Puts another authority's return of the same collection beside it.
    pub fn with_other(self, made: &SampleReturn, specification: &Specification, collection: &Collection) -> Self {
        Self { other: Some(open(made, specification, collection)), ..self }
    }

    /// Plants one fault; the `skip`-th place of those that offer themselves. Says whether there was one.
    pub fn plant(&mut self, spoiler: &Spoiler, skip: usize) -> bool {
        let place = self.place(spoiler, skip);
        self.places.extend(place.map(|place| (spoiler.code, place)));
        place.is_some()
    }

    fn place(&mut self, spoiler: &Spoiler, skip: usize) -> Option<Place> {
        let turned = |mut children: Vec<String>| {
            let by = skip % children.len().max(1);
            children.rotate_left(by);
            children
        };
        match spoiler.way {
            Way::Cell(cell) => rate::plant_cell(&mut self.own, cell, skip),
            Way::Child(plant) => {
                turned(self.own.untouched()).into_iter().find_map(|child| plant(&mut self.own, &child))
            }
            Way::Whole(plant) | Way::Many(plant) => plant(&mut self.own),
            Way::Years(plant) => {
                let previous = self.previous.as_mut()?;
                turned(self.own.untouched()).into_iter().find_map(|child| plant(&mut self.own, previous, &child))
            }
            Way::YearsWhole(plant) => plant(&mut self.own, self.previous.as_mut()?),
            Way::Authorities(plant) => {
                let other = self.other.as_mut()?;
                turned(self.own.untouched()).into_iter().find_map(|child| plant(&mut self.own, other, &child))
            }
            Way::Files(plant) => {
                let mut files = Files(self.own.close());
                let place = plant(&mut files)?;
                self.spoilt = Spoilt::Files(files.0);
                Some(place)
            }
            Way::Upload(make) => {
                let whole = SampleReturn { tables: self.own.close(), ..self.made.clone() };
                self.spoilt = Spoilt::Upload(make(&whole)?);
                Some(Place { table: "", row: None, field: "" })
            }
        }
    }

    /// The return's upload, with what was planted.
    pub fn upload(&self) -> Result<Vec<u8>, super::SampleError> {
        match &self.spoilt {
            Spoilt::Upload(bytes) => Ok(bytes.clone()),
            _ => self.own().zip(),
        }
    }

    /// The return in files, with what was planted and a list of it.
    pub fn own(&self) -> SampleReturn {
        let tables = match &self.spoilt {
            Spoilt::Files(tables) => tables.clone(),
            _ => self.own.close(),
        };
        SampleReturn { authority: self.made.authority.clone(), tables, planted: self.planted() }
    }

    /// The return of the year before, with what was planted there.
    pub fn previous(&self) -> Option<SampleReturn> {
        self.previous.as_ref().map(|book| SampleReturn { tables: book.close(), ..self.made.clone() })
    }

    /// The other authority's tables, with what was planted there.
    pub fn other(&self) -> Option<SampleReturn> {
        self.other.as_ref().map(|book| SampleReturn { tables: book.close(), ..self.made.clone() })
    }

    /// What was planted, in the rows of the finished file.
    pub fn planted(&self) -> Vec<PlantedFault> {
        let mut planted: Vec<PlantedFault> =
            self.places.iter().map(|(code, place)| planted(&self.own, code, *place)).collect();
        planted.sort();
        planted
    }
}

fn planted(book: &Book, code: &'static str, place: Place) -> PlantedFault {
    let row = place.row.map(|row| book.shown(place.table, row));
    PlantedFault { code, table: place.table, row, field: place.field }
}

fn open(made: &SampleReturn, specification: &Specification, collection: &Collection) -> Book {
    let (horizon, window) =
        (collection.horizon_start(specification.horizon), collection.window_start(specification.horizon));
    Book::open(&made.tables, collection.period, horizon, window)
}
