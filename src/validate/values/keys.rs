//! Keys that clash (V07) and rows without their parent (V08), compared after reading.

use super::column::NOTHING;
use super::table::ReadTable;
use indexmap::{IndexMap, IndexSet};

/// Rows whose key an earlier row has: (later row, first row).
pub(super) fn duplicates(read: &ReadTable<'_>) -> Vec<(u32, u32)> {
    let Some(parts) = read.parts(&read.table.key) else { return Vec::new() };
    let mut tuples = Tuples::default();
    let mut first: Vec<u32> = Vec::new();
    let mut found = Vec::new();
    for row in 0..read.text.rows() {
        let Some(number) = tuples.intern(parts.iter().map(|part| part[row])) else { continue };
        let row = u32::try_from(row).unwrap_or(NOTHING);
        match first.get(number as usize) {
            Some(earlier) => found.push((row, *earlier)),
            None => first.push(row),
        }
    }
    found
}

/// What became of the rows of a table that has a parent.
#[derive(Default)]
pub(super) struct Parentage {
    /// Rows whose parent is missing.
    pub(super) orphans: Vec<u32>,
    /// Rows of which it cannot be told, because a key cell here or in the parent could not be read.
    pub(super) unknown: Vec<u32>,
}

impl Parentage {
    /// Of a table whose parent table was not sent: no row has its parent.
    pub(super) fn without_parent(child: &ReadTable<'_>) -> Self {
        let rows = u32::try_from(child.text.rows()).unwrap_or(NOTHING);
        Self { orphans: (0..rows).collect(), unknown: Vec::new() }
    }
}

pub(super) fn parentage(child: &ReadTable<'_>, parent: &ReadTable<'_>, on: &[String]) -> Parentage {
    let (Some(own), Some(theirs)) = (child.parts(on), parent.parts(on)) else { return Parentage::default() };
    let translations: Option<Vec<Vec<u32>>> =
        on.iter().map(|field| Some(child.identity(field)?.translate_to(parent.identity(field)?))).collect();
    let Some(translations) = translations else { return Parentage::default() };
    let known: IndexSet<Vec<u32>> =
        (0..parent.text.rows()).map(|row| theirs.iter().map(|part| part[row]).collect()).collect();
    // A parent row with an unreadable cell may be the parent of any row that agrees in the others.
    let partial: IndexSet<Vec<bool>> = known
        .iter()
        .map(|tuple| tuple.iter().map(|part| *part == NOTHING).collect::<Vec<_>>())
        .filter(|mask| mask.contains(&true))
        .collect();
    let mut found = Parentage::default();
    let mut tuple = Vec::with_capacity(on.len());
    for row in 0..child.text.rows() {
        let number = u32::try_from(row).unwrap_or(NOTHING);
        if own.iter().any(|part| part[row] == NOTHING) {
            found.unknown.push(number);
            continue;
        }
        tuple.clear();
        let parts = own.iter().zip(&translations);
        tuple.extend(parts.map(|(part, numbers)| numbers.get(part[row] as usize).copied().unwrap_or(NOTHING)));
        if !tuple.contains(&NOTHING) && known.contains(&tuple) {
            continue;
        }
        let perhaps = partial.iter().any(|mask| {
            let masked: Vec<u32> =
                tuple.iter().zip(mask).map(|(part, hidden)| if *hidden { NOTHING } else { *part }).collect();
            // A part that the parent table does not know matches only where its cell is hidden.
            tuple.iter().zip(mask).all(|(part, hidden)| *hidden || *part != NOTHING) && known.contains(&masked)
        });
        if perhaps {
            found.unknown.push(number);
        } else {
            found.orphans.push(number);
        }
    }
    found
}

/// Numbers tuples of numbers, pair by pair.
#[derive(Default)]
struct Tuples {
    pairs: IndexMap<(usize, u32, u32), u32>,
    whole: u32,
}

impl Tuples {
    /// The number of a tuple, counted from 0 in the order of first sight; none when a part is nothing.
    fn intern(&mut self, parts: impl ExactSizeIterator<Item = u32>) -> Option<u32> {
        let last = parts.len().checked_sub(1)?;
        let mut number = 0;
        for (depth, part) in parts.enumerate() {
            if part == NOTHING {
                return None;
            }
            let next = if depth == last { self.whole } else { u32::try_from(self.pairs.len()).unwrap_or(NOTHING) };
            let whole = &mut self.whole;
            number = *self.pairs.entry((depth, number, part)).or_insert_with(|| {
                if depth == last {
                    *whole += 1;
                }
                next
            });
        }
        Some(number)
    }
}
