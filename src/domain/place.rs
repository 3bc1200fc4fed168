//! Where something stands in the file as the person sees it.

/// What kind of container a table came from; it decides how a place is named to people.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ContainerKind {
    /// A CSV file: places have a line.
    Csv,
    /// A sheet of a workbook: places have a cell reference.
    Sheet,
    /// A member of a JSON document: row 2 is its first object, as if it were a sheet with headings.
    Json,
}

/// The file, sheet or JSON member that holds a table.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Container {
    pub kind: ContainerKind,
    /// Its name as the person gave it: `Children.csv`, the sheet `Children`, the member `children`.
    pub name: String,
}

/// A spreadsheet's reference of a cell: column 0 and row 12 are `A12`.
pub fn cell_reference(column: u32, row: u32) -> String {
    let mut letters = Vec::new();
    let mut left = column;
    loop {
        letters.push(b'A' + u8::try_from(left % 26).unwrap_or(0));
        if left < 26 {
            break;
        }
        left = left / 26 - 1;
    }
    letters.reverse();
    format!("{}{row}", String::from_utf8_lossy(&letters))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_named_as_spreadsheets_name_them() {
        assert_eq!(cell_reference(0, 1), "A1");
        assert_eq!(cell_reference(25, 7), "Z7");
        assert_eq!(cell_reference(26, 12), "AA12");
        assert_eq!(cell_reference(701, 2), "ZZ2");
        assert_eq!(cell_reference(702, 2), "AAA2");
    }
}
