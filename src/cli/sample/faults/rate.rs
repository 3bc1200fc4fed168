//! Plants many faults in one return: about so many as a share of its rows, of every rule that can be planted beside
//! others in a return that stays readable.

use super::book::{Book, Place, at};
use super::{Cell, OfChild, PlantedFault, Row, Spoiler, Way, open, spoilers};
use crate::cli::sample::SampleReturn;
use crate::cli::sample::chance::{Chance, Stream, Subject};
use crate::spec::{Collection, Specification};
use std::collections::BTreeMap;

/// Of the faults, the share that may be ones of a child's journey, each of which keeps the child's other rows clean.
const JOURNEYS: f64 = 0.3;
/// Of the children, the share that such faults may take.
const CHILDREN: f64 = 0.2;

/// A new text for a cell of a row, where a spoiler has one.
fn spoilt(book: &Book, cell: &Cell, row: usize) -> Option<String> {
    (cell.spoil)(&Row { book, table: cell.table, row })
}

fn child_of<'b>(book: &'b Book, table: &str, row: usize) -> &'b str {
    book.get(table, row, "CHILD")
}

/// Plants one cell in a row of nobody in whom something was planted.
pub(super) fn plant_cell(book: &mut Book, cell: Cell, skip: usize) -> Option<Place> {
    let mut rows = book.rows(cell.table);
    let by = skip % rows.len().max(1);
    rows.rotate_left(by);
    let free = rows.into_iter().filter(|row| !book.is_touched(child_of(book, cell.table, *row)));
    let found = free.filter_map(|row| Some((row, spoilt(book, &cell, row)?))).next();
    let (row, text) = found?;
    book.set(cell.table, row, cell.field, &text);
    at(cell.table, row, cell.found)
}

/// Spoils about this share of the rows of a return, each by one fault, and says which.
pub(in crate::cli::sample) fn plant(
    made: &mut SampleReturn,
    rate: f64,
    seed: u64,
    specification: &Specification,
    collection: &Collection,
) -> Vec<PlantedFault> {
    let number = made.authority.parse().unwrap_or(0);
    let chance = Chance::new(seed, Stream { subject: Subject::Fault, authority: number, year: 0, number: 0 });
    let mut planting = Planting {
        wanted: made.rows() as f64 * rate,
        book: open(made, specification, collection),
        chance,
        places: Vec::new(),
    };
    let all: Vec<Spoiler> = spoilers().into_iter().filter(|spoiler| spoiler.beside.is_empty()).collect();
    planting.whole(&all);
    planting.journeys(&all);
    planting.cells(&all, rate);
    made.tables = planting.book.close();
    planting.finish()
}

struct Planting {
    book: Book,
    chance: Chance,
    /// How many faults there should be.
    wanted: f64,
    places: Vec<(&'static str, Place)>,
}

impl Planting {
    fn turn(&mut self, length: usize) -> usize {
        usize::try_from(self.chance.between(0, length as i64 - 1)).unwrap_or(0)
    }

    /// One fault of the return as a whole, where there are to be some.
    fn whole(&mut self, all: &[Spoiler]) {
        let mut ways: Vec<&Spoiler> = all.iter().filter(|spoiler| matches!(spoiler.way, Way::Whole(_))).collect();
        if self.wanted < 1.0 || ways.is_empty() {
            return;
        }
        let by = self.turn(ways.len());
        ways.rotate_left(by);
        for spoiler in ways {
            let Way::Whole(plant) = spoiler.way else { continue };
            if let Some(place) = plant(&mut self.book) {
                self.places.push((spoiler.code, place));
                return;
            }
        }
    }

    /// Faults of children's journeys, rule after rule, each in a child of its own.
    fn journeys(&mut self, all: &[Spoiler]) {
        let mut children = self.book.untouched();
        if children.is_empty() {
            return;
        }
        let room = (self.wanted * JOURNEYS).min(children.len() as f64 * CHILDREN) as usize;
        let by = self.turn(children.len());
        children.rotate_left(by);
        let mut ways: Vec<(&Spoiler, OfChild)> = Vec::new();
        ways.extend(all.iter().filter_map(|spoiler| match spoiler.way {
            Way::Child(plant) => Some((spoiler, plant)),
            _ => None,
        }));
        let by = self.turn(ways.len());
        ways.rotate_left(by);
        // Each spoiler goes through the children once, from where it last found one that fits.
        let mut next = vec![0; ways.len()];
        let (mut planted, mut tried) = (0, true);
        while planted < room && tried {
            tried = false;
            for (spoiler, from) in ways.iter().zip(&mut next) {
                let (spoiler, plant) = spoiler;
                while planted < room && *from < children.len() {
                    let child = &children[*from];
                    *from += 1;
                    if self.book.is_touched(child) {
                        continue;
                    }
                    tried = true;
                    if let Some(place) = plant(&mut self.book, child) {
                        self.places.push((spoiler.code, place));
                        planted += 1;
                        break;
                    }
                }
            }
        }
    }

    /// Single cells, in rows of all others.
    fn cells(&mut self, all: &[Spoiler], rate: f64) {
        let mut by_table: BTreeMap<&'static str, Vec<(&'static str, Cell)>> = BTreeMap::new();
        for spoiler in all {
            if let Way::Cell(cell) = spoiler.way {
                by_table.entry(cell.table).or_default().push((spoiler.code, cell));
            }
        }
        // Children are told apart before the first cell is changed: each row counts for itself from here on.
        let mut rows: Vec<(&'static str, usize)> = Vec::new();
        for table in by_table.keys() {
            let free = self.book.rows(table).into_iter();
            let free = free.filter(|row| !self.book.is_touched(child_of(&self.book, table, *row)));
            rows.extend(free.map(|row| (*table, row)));
        }
        for (table, row) in rows {
            if !self.chance.yes(rate) {
                continue;
            }
            let cells = by_table[table].iter();
            let open: Vec<(&'static str, Cell, String)> =
                cells.filter_map(|(code, cell)| Some((*code, *cell, spoilt(&self.book, cell, row)?))).collect();
            let choice = self.turn(open.len());
            if let Some((code, cell, text)) = open.into_iter().nth(choice) {
                self.book.set(cell.table, row, cell.field, &text);
                self.places.extend(at(cell.table, row, cell.found).map(|place| (code, place)));
            }
        }
    }

    fn finish(self) -> Vec<PlantedFault> {
        // Where a row stands is worked out once for each table, for returns of a million rows.
        let mut shown: BTreeMap<&str, Vec<u64>> = BTreeMap::new();
        let mut faults = Vec::with_capacity(self.places.len());
        for (code, place) in &self.places {
            let rows = shown.entry(place.table).or_insert_with(|| self.book.all_shown(place.table));
            let mut fault = PlantedFault { code, table: place.table, row: None, field: place.field };
            fault.row = place.row.and_then(|row| rows.get(row).copied());
            faults.push(fault);
        }
        faults.sort();
        faults
    }
}
