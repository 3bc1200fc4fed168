//! Reads the code lists: one CSV file each, years as data.

use super::error::SpecificationError;
use super::files::SpecificationFiles;
use super::model::{Code, CodeList};
use std::collections::BTreeMap;

const COLUMNS: [&str; 5] = ["code", "label", "from", "to", "group"];

pub(super) fn parse_all(
    files: &SpecificationFiles,
    id: &str,
) -> Result<BTreeMap<String, CodeList>, SpecificationError> {
    files
        .within(&format!("{id}/codes"), ".csv")
        .map(|(path, name, text)| Ok((name.to_owned(), parse(path, name, text)?)))
        .collect()
}

fn parse(path: &str, name: &str, text: &str) -> Result<CodeList, SpecificationError> {
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let wrong = |line: usize, problem: String| SpecificationError::wrong(path, line, problem);
    let headings = reader.headers().map_err(|error| wrong(1, error.to_string()))?.clone();
    if headings.iter().take(COLUMNS.len()).ne(COLUMNS) {
        return Err(wrong(1, format!("a code list begins with the columns {}", COLUMNS.join(", "))));
    }
    let mut codes: Vec<Code> = Vec::new();
    for (index, record) in reader.records().enumerate() {
        let line = index + 2;
        let record = record.map_err(|error| wrong(line, error.to_string()))?;
        let mut cells: BTreeMap<&str, &str> = headings.iter().zip(record.iter()).collect();
        let mut take = |column: &str| cells.remove(column).unwrap_or("").trim().to_owned();
        let year = |column: &str, text: String| match text.as_str() {
            "" => Ok(None),
            digits => digits.parse().map(Some).map_err(|_| wrong(line, format!("{column} is not a year: {digits}"))),
        };
        let code = Code {
            code: take("code"),
            label: take("label"),
            from: year("from", take("from"))?,
            to: year("to", take("to"))?,
            group: take("group"),
            read_as: Some(take("read_as")).filter(|target| !target.is_empty()),
            alone: take("alone") == "yes",
            further: cells.into_iter().map(|(column, cell)| (column.to_owned(), cell.trim().to_owned())).collect(),
        };
        if code.code.is_empty() || codes.iter().any(|known| known.code.eq_ignore_ascii_case(&code.code)) {
            return Err(wrong(line, format!("the code {:?} is empty or given twice", code.code)));
        }
        codes.push(code);
    }
    let known = |column: &&str| !COLUMNS.contains(column) && !["read_as", "alone"].contains(column);
    let further = headings.iter().filter(known).map(str::to_owned).collect();
    Ok(CodeList { name: name.to_owned(), codes, further })
}
