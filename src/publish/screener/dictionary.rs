//! DfE's data dictionary: the names of columns and items that a data set served by its public API may use.
//!
//! It is DfE's own and changes with every publication, so that it is no part of the program: who has its file
//! (`data-dictionary.csv` of the screener) may give it, and else what needs it is not decided.

use super::sheet::Sheet;
use super::{Check, Files, Problem, Verdict, warns};
use std::collections::BTreeSet;

/// The columns of its file that are read.
const COLUMNS: [&str; 5] = ["col_name", "col_type", "filter_item", "col_name_parent", "filter_item_parent"];

/// Names of columns by their type, and items of filters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dictionary {
    columns: BTreeSet<(String, String)>,
    items: BTreeSet<(String, String)>,
}

impl Dictionary {
    /// From the bytes of its file. The error says what its columns are.
    pub fn read(bytes: &[u8]) -> Result<Self, String> {
        let sheet = Sheet::read(bytes)?;
        let mut at = [0; COLUMNS.len()];
        for (index, name) in COLUMNS.iter().enumerate() {
            at[index] = sheet.at(name).ok_or_else(|| format!("it has no column {name}"))?;
        }
        let (mut columns, mut items) = (BTreeSet::new(), BTreeSet::new());
        for row in &sheet.rows {
            let [name, kind, item, group, group_item] = at.map(|at| row[at].trim());
            for (name, item) in [(name, item), (group, group_item)] {
                if !present(name) {
                    continue;
                }
                columns.insert((kind.to_owned(), name.to_owned()));
                if present(item) {
                    items.insert((name.to_owned(), item.to_owned()));
                }
            }
        }
        Ok(Self { columns, items })
    }
}

/// R writes NA for a cell without anything in it.
fn present(cell: &str) -> bool {
    !cell.is_empty() && cell != "NA"
}

/// The described columns with the type of their line: grouping columns have that of their filter.
fn described<'f>(files: &'f Files<'_>) -> BTreeSet<(&'f str, &'f str)> {
    let line = |line: &'f Vec<String>| {
        let kind = files.said(line, "col_type");
        [(kind, files.said(line, "col_name")), (kind, files.said(line, "filter_grouping_column"))]
    };
    files.meta.rows.iter().flat_map(line).filter(|(_, name)| !name.is_empty()).collect()
}

fn decided(files: &Files<'_>, decide: impl Fn(&Dictionary) -> Vec<Problem>) -> Vec<Problem> {
    match files.dictionary {
        Some(dictionary) => decide(dictionary),
        None => vec![(Verdict::Undecided, "It needs DfE's data dictionary: give its file.".to_owned())],
    }
}

fn knows(dictionary: &Dictionary, kind: &str, name: &str) -> bool {
    dictionary.columns.contains(&(kind.to_owned(), name.to_owned()))
}

pub(super) const CHECKS: &[Check] = &[
    ("data_dict_col_name", |files| {
        decided(files, |dictionary| {
            let other = described(files).into_iter().filter(|(kind, name)| !knows(dictionary, kind, name));
            let other: Vec<&str> = other.map(|(_, name)| name).collect();
            warns((!other.is_empty()).then(|| format!("Not in the data dictionary: {}.", other.join(", "))))
        })
    }),
    ("data_dict_fil_item", |files| {
        decided(files, |dictionary| {
            let known =
                described(files).into_iter().filter(|(kind, name)| *kind == "Filter" && knows(dictionary, kind, name));
            let other = known.flat_map(|(_, name)| {
                let items = files.data.distinct(name).into_iter();
                items
                    .filter(move |item| !dictionary.items.contains(&(name.to_owned(), (*item).to_owned())))
                    .map(move |item| (name, item))
            });
            let other: Vec<String> = other.map(|(name, item)| format!("{name} / {item}")).collect();
            warns((!other.is_empty()).then(|| format!("Not in the data dictionary: {}.", other.join(", "))))
        })
    }),
];
