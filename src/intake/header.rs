//! Reads whose return it is and what it answers: F18, F19 and F21.

use super::HeaderFacts;
use super::findings::{Findings, shown_cell};
use super::reading::Reading;
use crate::domain::authority::Register;
use crate::domain::finding::Location;
use crate::domain::guarded::Guarded;
use crate::domain::period::Period;
use crate::domain::table::TextTable;
use crate::spec::{Collection, Specification};
use chrono::NaiveDate;

/// What the header is held against beside the specification.
#[derive(Debug, Clone, Copy)]
pub(super) struct Expectation<'a> {
    /// Either code of the authority whose account uploads.
    pub(super) authority: Option<&'a str>,
    /// The day on which the collection must be open.
    pub(super) today: Option<NaiveDate>,
    /// Collections that are open although their day is to come.
    pub(super) opened: &'a [String],
}

/// Checks the header and returns what it says, as far as it can be relied on.
pub(super) fn check(reading: &mut Reading<'_>, expectation: Expectation<'_>) -> HeaderFacts {
    let specification = reading.specification;
    if !reading.cut_short {
        count_rows(reading);
    }
    let (tables, findings) = (&reading.tables, &mut reading.findings);
    let fields = &specification.header;
    let Some(table) = tables.iter().find(|table| table.name == fields.table).filter(|table| table.rows() > 0) else {
        return HeaderFacts::default();
    };
    let header = Header { table, findings };
    header.check(specification, expectation)
}

/// A table whose number of rows is fixed has another number (F21).
fn count_rows(reading: &mut Reading<'_>) {
    for table in &reading.tables {
        let Some(expected) = reading.specification.table(&table.name).and_then(|table| table.rows) else { continue };
        let found = table.rows() as u64;
        let ragged = reading.aside.iter().any(|aside| aside.container == table.container);
        if found == expected || (found < expected && ragged) {
            continue;
        }
        let row =
            if found > expected { usize::try_from(expected).ok().and_then(|at| table.places.row(at)) } else { None };
        let message = format!(
            "The table {} has {found} row{}, and must have exactly {expected}. Keep the row of the authority that sends the \
             return, and of the collection it answers.",
            table.name,
            if found == 1 { "" } else { "s" }
        );
        let at = Location {
            table: Some(table.name.clone()),
            container: Some(table.container.name.clone()),
            row,
            ..Location::default()
        };
        reading.findings.add("F21", at, message, format!("exactly {expected} row"));
    }
}

struct Header<'a> {
    table: &'a TextTable,
    findings: &'a mut Findings,
}

impl Header<'_> {
    fn check(mut self, specification: &Specification, expectation: Expectation<'_>) -> HeaderFacts {
        let fields = &specification.header;
        let collection = self.collection(specification, expectation);
        let (start, end) = (self.day(&fields.period_start), self.day(&fields.period_end));
        if let Some(collection) = collection {
            for (field, day, right) in [
                (&fields.period_start, start, collection.period.start),
                (&fields.period_end, end, collection.period.end),
            ] {
                if day.is_some_and(|day| day != right) {
                    let right = right.format("%d/%m/%Y");
                    let message = format!(
                        "{field} is not that of the collection {}, which is {right}. Correct the date, or the name of the \
                         collection.",
                        collection.id
                    );
                    self.add("F19", field, message, right.to_string());
                }
            }
        }
        self.version(specification);
        let given =
            start.zip(end).map(|(start, end)| Period { start, end }).filter(|period| period.start <= period.end);
        let period = collection.map(|collection| collection.period).or(given);
        HeaderFacts {
            authority: self.authority(specification, period, expectation.authority),
            collection: collection.map(|collection| collection.id.clone()),
        }
    }

    fn text(&self, field: &str) -> Option<&str> {
        self.table.column(field).map(|column| column.text(0)).filter(|text| !text.is_empty())
    }

    fn day(&self, field: &str) -> Option<NaiveDate> {
        let text = self.text(field)?;
        let day = NaiveDate::parse_from_str(text, "%d/%m/%Y").or_else(|_| NaiveDate::parse_from_str(text, "%Y-%m-%d"));
        day.ok().filter(|day| (1900..=2999).contains(&chrono::Datelike::year(day)))
    }

    /// Adds a finding. What the cell holds is its value, which a check leaves out where an identifier was found.
    fn add(&mut self, code: &str, field: &str, message: String, expected: String) {
        let at = Location {
            table: Some(self.table.name.clone()),
            container: Some(self.table.container.name.clone()),
            row: self.table.places.row(0),
            line: self.table.places.line(0).filter(|_| self.table.cell(0, field).is_none()),
            cell: self.table.cell(0, field),
            field: Some(field.to_owned()),
            byte: None,
        };
        let value = self.text(field).map(|text| Guarded::new(shown_cell(text)));
        self.findings.add_with_value(code, at, message, expected, value);
    }

    fn collection<'s>(
        &mut self,
        specification: &'s Specification,
        expectation: Expectation<'_>,
    ) -> Option<&'s Collection> {
        let field = &specification.header.collection;
        self.table.column(field)?;
        let Some(collection) = self.text(field).and_then(|named| specification.collection(named)) else {
            let known = specification.collections.iter().map(|one| one.id.as_str()).collect::<Vec<_>>().join(", ");
            // Without its collection a return belongs nowhere: nothing could keep it.
            let fault = if self.text(field).is_none() { "is empty" } else { "names a collection that is unknown" };
            let message = format!("{field} {fault}. Write the name of the collection that the return answers.");
            self.add("F19", field, message, format!("one of {known}"));
            return None;
        };
        let is_early = expectation.today.is_some_and(|today| today < collection.opens);
        if is_early && !expectation.opened.contains(&collection.id) {
            let opens = collection.opens.format("%d/%m/%Y");
            let message = format!(
                "The collection {} is not open yet: it opens on {opens}. Send the return then; `check` reads it already.",
                collection.id
            );
            self.add("F19", field, message, "a collection that is open on the day of the upload".to_owned());
        }
        Some(collection)
    }

    fn version(&mut self, specification: &Specification) {
        let field = &specification.header.version;
        if self.text(field).is_none_or(|version| version == specification.version) {
            return;
        }
        let message = format!(
            "{field} is not {}, the version that this collection is checked with. Make the return to that version, and \
             write it here.",
            specification.version
        );
        self.add("F19", field, message, specification.version.clone());
    }

    /// The three-digit code of the authority, when it is one that may send this return.
    fn authority(
        &mut self,
        specification: &Specification,
        period: Option<Period>,
        expected: Option<&str>,
    ) -> Option<String> {
        let field = &specification.header.authority;
        let register = &specification.register;
        let given = self.text(field)?.to_owned();
        let Some(code) = three_digit(register, &given) else {
            let message = format!(
                "The authority that {field} names is not in the register. Write its three-digit code or its nine-character \
                 GSS code; a leading nought may have been lost."
            );
            self.add("F18", field, message, "a code of the register of authorities".to_owned());
            return None;
        };
        if period.is_some_and(|period| register.live_in(&given, period).is_none()) {
            let message = format!(
                "The authority that {field} names is not live in the period of the return. Use the code of the authority \
                 that took its place."
            );
            self.add("F18", field, message, "an authority that is live on a day of the period".to_owned());
            return None;
        }
        if let Some(own) = expected.map(|own| three_digit(register, own).unwrap_or_else(|| own.to_owned()))
            && own != code
        {
            let message = format!(
                "{field} names another authority than the account that uploads, which is that of {own}. Send the return \
                 from the account of its own authority, or correct {field}."
            );
            self.add("F18", field, message, own);
            return None;
        }
        Some(code)
    }
}

fn three_digit(register: &Register, code: &str) -> Option<String> {
    register.by_any_code(code).next().map(|line| line.code.clone())
}
