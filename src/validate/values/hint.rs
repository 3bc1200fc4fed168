//! What somebody most likely meant by a value that is not accepted: a label in place of its code, a spreadsheet's number of a
//! day, a year of two digits.

use super::schema::{Fault, FieldRule};
use crate::spec::{Collection, FieldType, Specification};

/// The numbers by which spreadsheets hold the days of 1954 to 2064.
const DAY_NUMBERS: std::ops::RangeInclusive<u32> = 20_000..=60_000;

impl FieldRule {
    /// A sentence beside the message of a finding, where what was meant can be told.
    pub(super) fn hint(
        &self,
        specification: &Specification,
        collection: &Collection,
        fault: Fault,
        text: &str,
    ) -> Option<String> {
        match (fault, self.field.kind) {
            (Fault::Code, _) => self.code_of(specification, collection, text),
            (Fault::Type, FieldType::Date | FieldType::Month) => day_in_another_form(text).map(str::to_owned),
            _ => None,
        }
    }

    /// The code whose label the text is, whatever the case and the signs between its words.
    fn code_of(&self, specification: &Specification, collection: &Collection, text: &str) -> Option<String> {
        let list = specification.codes.get(self.field.codes.as_ref()?)?;
        let wanted = letters(text);
        let mut meant = list
            .codes
            .iter()
            .filter(|code| code.read_as.is_none() && code.valid_in(collection.year) && letters(&code.label) == wanted);
        let code = meant.next().filter(|_| !wanted.is_empty())?;
        meant.next().is_none().then(|| format!("{} is the code of “{}”.", code.code, code.label))
    }
}

fn letters(text: &str) -> String {
    text.chars().filter(|letter| letter.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

fn day_in_another_form(text: &str) -> Option<&'static str> {
    let text = text.trim();
    if text.parse().is_ok_and(|number: u32| DAY_NUMBERS.contains(&number)) {
        return Some(
            "A spreadsheet holds a day as such a number: give the column the format of a date, then save again.",
        );
    }
    let parts: Vec<&str> = text.split(['/', '-', '.']).collect();
    let are_digits =
        parts.iter().all(|part| (1..=2).contains(&part.len()) && part.bytes().all(|one| one.is_ascii_digit()));
    (parts.len() == 3 && are_digits).then_some("Write the year with four digits.")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_spreadsheet_makes_of_a_day_is_known_again() {
        assert!(day_in_another_form("45002").is_some_and(|hint| hint.contains("format of a date")));
        assert_eq!(day_in_another_form("01/05/25"), Some("Write the year with four digits."));
        assert_eq!(day_in_another_form("1.5.25"), Some("Write the year with four digits."));
        for other in ["31/06/2025", "12", "2025-13-01", "a/b/cc", ""] {
            assert_eq!(day_in_another_form(other), None, "{other}");
        }
    }

    #[test]
    fn a_label_is_known_as_that_of_its_code() {
        let specification = Specification::embedded().expect("the specification");
        let collection = specification.latest().expect("a collection");
        let schemas = super::super::YearSchemas::compile(&specification, collection).expect("schemas");
        let rule = schemas.fields("children").iter().find(|rule| rule.field.name == "ETHNIC").expect("the field");
        let hint = |text: &str| rule.hint(&specification, collection, Fault::Code, text);
        assert_eq!(hint("WHITE BRITISH").as_deref(), Some("WBRI is the code of “White British”."));
        assert_eq!(hint("Martian"), None);
        assert_eq!(hint(" - "), None);
    }
}
