//! One column: its distinct values are read and judged once, then its rows take what their value got.

use super::lexical::Typed;
use super::schema::{Fault, FieldRule};
use crate::domain::period::collection_year;
use crate::domain::table::{EMPTY, TextColumn};
use crate::spec::{Collection, FieldType, Specification};
use arrow::array::{Array, ArrayRef, Date32Array, Float64Array, Int64Array, StringBuilder};
use chrono::NaiveDate;
use indexmap::IndexMap;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// The years in which a code was valid: first and last.
type Years = (Option<i32>, Option<i32>);

/// What was made of one distinct value.
struct Verdict {
    typed: Option<Typed>,
    faults: BTreeSet<Fault>,
    /// Spans of years that must each hold the year of the row's date.
    years: Vec<Years>,
}

/// A column that was read: its array, and its faults by row.
pub(super) struct ReadColumn {
    pub(super) array: ArrayRef,
    /// For each fault, the rows that have it, in order.
    pub(super) faults: BTreeMap<Fault, Vec<u32>>,
    /// The rows whose cell counts as empty, in order.
    pub(super) unusable: Vec<u32>,
    /// For each row a number that is the same for cells that read the same; none where there is no usable cell.
    pub(super) identity: Identity,
}

/// Which cells of a column read the same. Only columns of keys are asked.
#[derive(Default)]
pub(super) struct Identity {
    /// For each distinct text, the number of what it reads as.
    by_value: Vec<u32>,
    /// The number of each reading, by its text.
    numbers: IndexMap<String, u32>,
}

pub(super) const NOTHING: u32 = u32::MAX;

impl Identity {
    fn of(values: &TextColumn, verdicts: &[Verdict]) -> Self {
        let mut numbers: IndexMap<String, u32> = IndexMap::new();
        let mut by_value = Vec::with_capacity(verdicts.len());
        for (text, verdict) in values.values().zip(verdicts) {
            let Some(typed) = &verdict.typed else {
                by_value.push(NOTHING);
                continue;
            };
            let reading = typed.in_one_writing(text);
            let next = u32::try_from(numbers.len()).unwrap_or(NOTHING);
            by_value.push(*numbers.entry(reading).or_insert(next));
        }
        Self { by_value, numbers }
    }

    /// The number of a distinct value's reading.
    pub(super) fn of_value(&self, number: u32) -> u32 {
        self.by_value.get(number as usize).copied().unwrap_or(NOTHING)
    }

    /// For each reading of this column, the number it has in another.
    pub(super) fn translate_to(&self, other: &Self) -> Vec<u32> {
        let mut numbers = vec![NOTHING; self.numbers.len()];
        for (reading, number) in &self.numbers {
            if let (Some(slot), Some(found)) = (numbers.get_mut(*number as usize), other.numbers.get(reading)) {
                *slot = *found;
            }
        }
        numbers
    }
}

/// What the reading of a column needs to know beside the column.
pub(super) struct ColumnContext<'a> {
    pub(super) specification: &'a Specification,
    pub(super) collection: &'a Collection,
    /// The dates of the rows, for codes that are accepted by them.
    pub(super) dates: Option<&'a ArrayRef>,
    pub(super) is_key: bool,
}

pub(super) fn read(column: &TextColumn, rule: &FieldRule, context: &ColumnContext<'_>) -> ReadColumn {
    let lexicon = rule.lexicon(context.specification, context.collection);
    let mut verdicts = Vec::with_capacity(column.values().len());
    for text in column.values() {
        if text.is_empty() {
            let faults = if rule.accepts_empty() { BTreeSet::new() } else { BTreeSet::from([Fault::Required]) };
            verdicts.push(Verdict { typed: None, faults, years: Vec::new() });
            continue;
        }
        let reading = lexicon.read(text);
        let faults = rule.faults(&reading.json);
        let years = rule.years_needed(&reading.json);
        let typed = reading.typed.filter(|_| !faults.iter().any(|fault| fault.unusable()));
        verdicts.push(Verdict { typed, faults, years });
    }
    let (faults, unusable) = faults_by_row(column, &verdicts, context.dates);
    let array = array(rule.field.kind, column, &verdicts, &unusable);
    let identity = if context.is_key { Identity::of(column, &verdicts) } else { Identity::default() };
    ReadColumn { array, faults, unusable, identity }
}

fn faults_by_row(
    column: &TextColumn,
    verdicts: &[Verdict],
    dates: Option<&ArrayRef>,
) -> (BTreeMap<Fault, Vec<u32>>, Vec<u32>) {
    let (mut faults, mut unusable) = (BTreeMap::<Fault, Vec<u32>>::new(), Vec::new());
    if verdicts.iter().all(|verdict| verdict.faults.is_empty() && verdict.years.is_empty()) {
        return (faults, unusable);
    }
    let dates = dates.and_then(|dates| dates.as_any().downcast_ref::<Date32Array>());
    for (row, number) in (0_u32..).zip(column.cells()) {
        let Some(verdict) = verdicts.get(*number as usize) else { continue };
        for fault in &verdict.faults {
            faults.entry(*fault).or_default().push(row);
        }
        let mut is_unusable = verdict.faults.iter().any(|fault| fault.unusable());
        if !is_unusable && !verdict.years.is_empty() && !within(&verdict.years, dates, row) {
            faults.entry(Fault::Code).or_default().push(row);
            is_unusable = true;
        }
        if is_unusable {
            unusable.push(row);
        }
    }
    (faults, unusable)
}

/// Whether the row's date lies in all the spans. Where there is no date to go by, nothing is held against the code.
fn within(years: &[Years], dates: Option<&Date32Array>, row: u32) -> bool {
    let Some(dates) = dates else { return true };
    let day = dates.is_valid(row as usize).then(|| dates.value(row as usize));
    let Some(day) = day.and_then(NaiveDate::from_epoch_days) else { return true };
    let year = collection_year(day);
    years.iter().all(|(from, to)| from.is_none_or(|from| from <= year) && to.is_none_or(|to| year <= to))
}

fn array(kind: FieldType, column: &TextColumn, verdicts: &[Verdict], unusable: &[u32]) -> ArrayRef {
    let mut skip = unusable.iter().copied().peekable();
    let cells = (0_u32..).zip(column.cells()).map(|(row, number)| {
        let skipped = skip.next_if_eq(&row).is_some();
        let typed = verdicts.get(*number as usize).filter(|_| !skipped && *number != EMPTY);
        (*number, typed.and_then(|verdict| verdict.typed.as_ref()))
    });
    match kind {
        FieldType::Date | FieldType::Month => Arc::new(
            cells
                .map(|(_, typed)| if let Some(Typed::Day(day)) = typed { Some(*day) } else { None })
                .collect::<Date32Array>(),
        ),
        FieldType::Integer | FieldType::Flag | FieldType::Flag9 => Arc::new(
            cells
                .map(|(_, typed)| if let Some(Typed::Whole(whole)) = typed { Some(*whole) } else { None })
                .collect::<Int64Array>(),
        ),
        FieldType::Decimal => Arc::new(
            cells
                .map(|(_, typed)| if let Some(Typed::Decimal(decimal)) = typed { Some(*decimal) } else { None })
                .collect::<Float64Array>(),
        ),
        FieldType::Text | FieldType::Code | FieldType::Codes | FieldType::Pseudonym | FieldType::Hash => {
            let mut builder = StringBuilder::with_capacity(column.len(), column.len() * 4);
            for (number, typed) in cells {
                builder.append_option(match typed {
                    Some(Typed::AsWritten) => Some(column.value(number)),
                    Some(Typed::Text(text)) => Some(text.as_str()),
                    _ => None,
                });
            }
            Arc::new(builder.finish())
        }
    }
}
