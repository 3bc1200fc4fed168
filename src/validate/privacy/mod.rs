//! The search for direct identifiers (P rules): in every cell of every table, in headings, and in
//! what people write about a return. What is found is named by its place and never repeated.

mod contacts;
mod detect;
mod free_text;
mod headings;
mod months;
mod numbers;
mod plain;
mod postcodes;
mod tokens;
mod withhold;

#[cfg(test)]
mod tests;

pub use free_text::Identifier;
pub(super) use headings::Headings;
pub(super) use withhold::{withhold, withhold_finding};

use super::collect::Collected;
use super::place::location;
use super::refused::Refused;
use super::templates::Templates;
use crate::domain::finding::{Finding, Location, Severity};
use crate::domain::place::{ContainerKind, PartKind};
use crate::domain::table::{TextColumn, TextTable};
use crate::spec::{FieldType, Specification};
use detect::{CODES, Detector, Marks};
use free_text::KINDS;
use numbers::holds_nhs_number;
use std::collections::BTreeMap;
use withhold::WITHHELD;

/// What the search needs to know.
pub(super) struct PrivacyContext<'a> {
    pub(super) specification: &'a Specification,
    pub(super) headings: &'a Headings,
    pub(super) templates: &'a Templates,
}

/// Searches the tables of a return, and what lay beside them.
pub(super) fn search<'a>(
    context: &PrivacyContext<'_>,
    tables: impl Iterator<Item = &'a TextTable>,
    collected: &mut Collected,
    refused: &mut Refused,
) {
    let mut detector = Detector::default();
    // What cells show was found in the cells already, so the texts that they share come last.
    let (shared, others): (Vec<_>, Vec<_>) =
        tables.partition(|text| text.container.kind == ContainerKind::Part(PartKind::Texts));
    for text in others.into_iter().chain(shared) {
        if let ContainerKind::Part(kind) = text.container.kind {
            part(context, text, kind, &mut detector, collected);
            continue;
        }
        let table = context.specification.table(&text.name);
        for column in &text.columns {
            let known = table.is_some_and(|table| table.field(&column.field).is_some());
            if !known {
                heading(context, text, column, &mut detector, collected);
            }
            cells(context, text, column, &mut detector, collected, refused);
        }
    }
}

/// Texts that are no cells: each kind of identifier is told once, because nothing has rows and columns there.
fn part(
    context: &PrivacyContext<'_>,
    text: &TextTable,
    kind: PartKind,
    detector: &mut Detector,
    collected: &mut Collected,
) {
    let values = text.columns.iter().flat_map(TextColumn::values);
    // Here too the fraction of a number is no identifier.
    let marks = values.fold(0, |marks, value| marks | detector.cell(value, Some(FieldType::Decimal)));
    let container = withhold(&text.container.name);
    for code in broken(marks) {
        let name = CODES.iter().position(|known| *known == code).and_then(|at| KINDS.get(at)).copied();
        let name = name.unwrap_or("a direct identifier");
        if kind == PartKind::Texts && collected.any(|known| known == code) {
            continue;
        }
        collected.add_one(code, || {
            let message =
                format!("{} ({container}) holds {name}; it is not repeated here. {}", kind.what(), kind.cure());
            let at = Location { container: Some(container.clone()), ..Location::default() };
            Finding::new(code, context.templates.severity(code, Severity::Reject), message).at(at)
        });
    }
}

fn heading(
    context: &PrivacyContext<'_>,
    text: &TextTable,
    column: &TextColumn,
    detector: &mut Detector,
    collected: &mut Collected,
) {
    if context.headings.names_an_identifier(&column.field) {
        collected.add_one("P01", || finding(context, "P01", text, column, None));
    }
    // A heading row that is missing makes a heading of the first row of records.
    let marks = detector.cell(&column.field, None);
    for code in broken(marks) {
        collected.add_one(code, || {
            let mut finding = finding(context, code, text, column, None);
            finding.at.field = Some(WITHHELD.to_owned());
            finding
        });
    }
}

fn cells(
    context: &PrivacyContext<'_>,
    text: &TextTable,
    column: &TextColumn,
    detector: &mut Detector,
    collected: &mut Collected,
    refused: &mut Refused,
) {
    let table = context.specification.table(&text.name);
    let kind = table.and_then(|table| table.field(&column.field)).map(|field| field.kind);
    let mut marks: Vec<Marks> = column.values().map(|value| detector.cell(value, kind)).collect();
    if kind == Some(FieldType::Pseudonym) {
        numbers_behind_letters(column, &mut marks);
    }
    let any = marks.iter().fold(0, |any, marks| any | marks);
    for code in broken(any) {
        let bit = CODES.iter().position(|known| *known == code).map_or(0, |at| 1 << at);
        let cells = (0_u32..).zip(column.cells());
        let is_broken = |number: u32| marks.get(number as usize).is_some_and(|marks| marks & bit != 0);
        let rows: Vec<u32> = cells.filter(|(_, number)| is_broken(**number)).map(|(row, _)| row).collect();
        refused.add(&text.name, &column.field, &rows);
        collected.add_rows(code, &rows, |row| finding(context, code, text, column, Some(row)));
    }
}

/// Marks pseudonyms that are NHS numbers behind a letter. One run of ten digits in eleven has a right check digit by chance, so
/// it takes more than half of a column's pseudonyms.
fn numbers_behind_letters(column: &TextColumn, marks: &mut [Marks]) {
    let bit = CODES.iter().position(|known| *known == "P03").map_or(0, |at| 1 << at);
    let holding: Vec<bool> = column.values().map(holds_nhs_number).collect();
    let pseudonyms = column.values().filter(|value| !value.is_empty()).count();
    if holding.iter().filter(|holds| **holds).count() * 2 > pseudonyms {
        for (marks, _) in marks.iter_mut().zip(&holding).filter(|(_, holds)| **holds) {
            *marks |= bit;
        }
    }
}

/// The rules of the marks that are set.
fn broken(marks: Marks) -> impl Iterator<Item = &'static str> {
    CODES.into_iter().enumerate().filter(move |(at, _)| marks & (1 << at) != 0).map(|(_, code)| code)
}

/// A finding with its place, and nothing of what stands there: no key either, for it could be the identifier.
fn finding(
    context: &PrivacyContext<'_>,
    code: &str,
    text: &TextTable,
    column: &TextColumn,
    row: Option<u32>,
) -> Finding {
    let field = withhold(&column.field);
    let facts = BTreeMap::from([
        ("TABLE".to_owned(), withhold(&text.container.name)),
        ("FIELD".to_owned(), if field.is_empty() { "without a heading".to_owned() } else { field.clone() }),
    ]);
    let message = context.templates.render(code, &facts);
    let mut finding = Finding::new(code, context.templates.severity(code, Severity::Reject), message);
    finding.at = location(text, row, Some(&column.field).filter(|field| !field.is_empty()).map(String::as_str));
    finding.at.table = Some(withhold(&text.name));
    finding.at.container = Some(withhold(&text.container.name));
    finding.at.field = Some(field).filter(|field| !field.is_empty());
    finding
}
