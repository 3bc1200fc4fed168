//! Reads `breakdowns.toml`: the characteristics by which statistics are broken down, with their published labels.

use crate::spec::{Specification, SpecificationError};
use serde::Deserialize;

const FILE: &str = "breakdowns.toml";

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    breakdowns: Vec<Line>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    column: String,
    label: String,
    categories: Option<Vec<String>>,
    codes: Option<String>,
    groups: Option<String>,
}

/// One characteristic: the column of an indicator's rows, and its categories in the order of the published tables.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Characteristic {
    pub(super) column: String,
    pub(super) label: String,
    pub(super) categories: Vec<String>,
}

pub(super) fn parse(specification: &Specification) -> Result<Vec<Characteristic>, SpecificationError> {
    let Some(text) = specification.file(FILE) else { return Ok(Vec::new()) };
    let path = format!("{}/{FILE}", specification.id);
    let file: File =
        toml::from_str(text).map_err(|error| SpecificationError::wrong(&path, 1, error.message().to_owned()))?;
    file.breakdowns.into_iter().map(|line| characteristic(specification, &path, text, line)).collect()
}

fn characteristic(
    specification: &Specification,
    path: &str,
    text: &str,
    line: Line,
) -> Result<Characteristic, SpecificationError> {
    let at = text.lines().position(|row| row.contains(&format!("\"{}\"", line.column))).map_or(1, |index| index + 1);
    let wrong = |problem: String| SpecificationError::wrong(path, at, problem);
    let list = |name: &str| {
        specification.codes.get(name).ok_or_else(|| wrong(format!("there is no code list {name}; it has no file")))
    };
    let labels: Vec<String> = match (line.categories, line.codes, line.groups) {
        (Some(categories), None, None) => categories,
        (None, Some(name), None) => list(&name)?.codes.iter().map(|code| code.label.clone()).collect(),
        (None, None, Some(name)) => list(&name)?.codes.iter().map(|code| code.group.clone()).collect(),
        _ => return Err(wrong(format!("{} needs one of categories, codes or groups", line.column))),
    };
    let mut categories: Vec<String> = Vec::new();
    for label in labels.into_iter().filter(|label| !label.is_empty()) {
        if !categories.contains(&label) {
            categories.push(label);
        }
    }
    if categories.len() < 2 {
        return Err(wrong(format!("{} has fewer than two categories", line.column)));
    }
    Ok(Characteristic { column: line.column, label: line.label, categories })
}
