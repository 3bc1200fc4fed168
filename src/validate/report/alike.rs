//! Findings that say the same of many rows, as one; and rules that were not checked for one reason, as one.

use super::groups::place;
use crate::domain::finding::{Finding, Location};
use crate::domain::report::Report;
use indexmap::IndexMap;

/// From how many rows on, findings that say the same are told as one.
const TOLD_AS_ONE: usize = 3;
/// Spans of rows that are written out.
const SPANS: usize = 12;

/// One finding, or many that differ in their row alone.
#[derive(Debug)]
pub(super) struct Alike<'a> {
    pub(super) first: &'a Finding,
    /// The rows of all of them in order, where they are many; none where it is one finding.
    rows: Vec<u32>,
}

impl Alike<'_> {
    pub(super) const fn is_one(&self) -> bool {
        self.rows.is_empty()
    }

    pub(super) fn findings(&self) -> usize {
        self.rows.len().max(1)
    }

    /// Where they stand in one phrase: `children.csv, rows 2 to 201, ETHNIC (200 rows)`.
    pub(super) fn place(&self) -> String {
        if self.is_one() {
            return place(&self.first.at);
        }
        let at = &self.first.at;
        let whole = Location { row: None, line: None, cell: None, field: None, ..at.clone() };
        let mut parts = vec![place(&whole), spans(&self.rows)];
        parts.extend(at.field.clone());
        format!("{} ({} rows)", parts.join(", "), self.rows.len())
    }
}

/// Findings in their order, those that differ in nothing but their row and record told once, at the first of them.
pub(super) fn alike<'a>(findings: &[&'a Finding]) -> Vec<Alike<'a>> {
    let mut by_words: IndexMap<_, Vec<&'a Finding>> = IndexMap::new();
    for (number, finding) in findings.iter().enumerate() {
        let at = &finding.at;
        // What names another row, or no row, stands for itself.
        let alone = (finding.also.is_some() || at.row.is_none()).then_some(number);
        let words = (finding.message.reveal(), finding.value.as_ref().map(|value| value.reveal()), &finding.expected);
        by_words.entry((&at.container, &at.table, &at.field, words, alone)).or_default().push(finding);
    }
    let mut told = Vec::new();
    for same in by_words.into_values() {
        if same.len() < TOLD_AS_ONE {
            told.extend(same.into_iter().map(|first| Alike { first, rows: Vec::new() }));
            continue;
        }
        let mut rows: Vec<u32> = same.iter().filter_map(|finding| finding.at.row).collect();
        rows.sort_unstable();
        told.push(Alike { first: same[0], rows });
    }
    told
}

/// Row numbers as people write them: `rows 2 to 201, 207`.
fn spans(rows: &[u32]) -> String {
    let spans: Vec<String> = rows
        .chunk_by(|one, next| one.saturating_add(1) == *next)
        .map(|span| match span {
            [one] => one.to_string(),
            [first, .., last] => format!("{first} to {last}"),
            [] => String::new(),
        })
        .collect();
    let left = spans.len().saturating_sub(SPANS);
    let written = spans[..spans.len() - left].join(", ");
    if left == 0 { format!("rows {written}") } else { format!("rows {written} and further on") }
}

/// Why rules were not checked, each reason once, with the codes of its rules.
pub(super) fn not_checked(report: &Report) -> Vec<(String, &str)> {
    let mut by_reason: IndexMap<&str, Vec<&str>> = IndexMap::new();
    for entry in &report.not_checked {
        by_reason.entry(&entry.because).or_default().push(&entry.code);
    }
    by_reason.into_iter().map(|(because, codes)| (codes.join(", "), because)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::finding::Severity;

    fn finding(row: u32, message: &str) -> Finding {
        let at = Location {
            table: Some("children".to_owned()),
            container: Some("children.csv".to_owned()),
            row: Some(row),
            field: Some("ETHNIC".to_owned()),
            line: Some(row),
            ..Location::default()
        };
        Finding::new("V02", Severity::Error, message).at(at)
    }

    #[test]
    fn what_differs_in_its_row_alone_is_told_once() {
        let findings: Vec<Finding> = (2..=201).map(|row| finding(row, "No such code.")).collect();
        let other = finding(7, "Another thing.");
        let all: Vec<&Finding> = findings.iter().chain([&other]).collect();
        let told = alike(&all);
        let places: Vec<(String, usize)> = told.iter().map(|one| (one.place(), one.findings())).collect();
        assert_eq!(
            places,
            [
                ("children.csv, rows 2 to 201, ETHNIC (200 rows)".to_owned(), 200),
                ("children.csv, row 7, ETHNIC".to_owned(), 1)
            ]
        );
    }

    #[test]
    fn two_rows_and_rows_that_name_another_stand_for_themselves() {
        let mut twice = [finding(3, "The same key."), finding(5, "The same key."), finding(9, "The same key.")];
        for finding in &mut twice {
            finding.also = Some(Location { row: Some(2), ..Location::default() });
        }
        assert_eq!(alike(&twice.iter().collect::<Vec<_>>()).len(), 3);
        let pair = [finding(3, "No such code."), finding(5, "No such code.")];
        assert_eq!(alike(&pair.iter().collect::<Vec<_>>()).len(), 2);
    }

    #[test]
    fn many_spans_of_rows_are_cut() {
        assert_eq!(spans(&[2, 3, 4, 7, 9, 10]), "rows 2 to 4, 7, 9 to 10");
        let odd: Vec<u32> = (0..20).map(|number| 2 * number + 3).collect();
        assert!(spans(&odd).ends_with("23, 25 and further on"), "{}", spans(&odd));
    }
}
