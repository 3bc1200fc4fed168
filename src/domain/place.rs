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
    /// No table at all: texts that lie beside the tables, and are only searched.
    Part(PartKind),
}

/// What texts beside the tables of an upload are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PartKind {
    /// The texts of a workbook's cells, kept apart from the cells; what a cell shows is found there.
    Texts,
    /// What a workbook says about itself.
    Properties,
    /// What a sheet holds beside the values of its cells.
    Sheet,
    /// The comment of an archive or of one of its members.
    Comment,
    /// The names of an archive's files and folders.
    Names,
    /// A file that a system added to an archive.
    System,
    /// Any other part of a workbook.
    Other,
}

impl PartKind {
    /// As the beginning of a sentence.
    pub const fn what(self) -> &'static str {
        match self {
            Self::Texts => "A text of the workbook, also one that no cell shows,",
            Self::Properties => "A property of the workbook",
            Self::Sheet => "A formula, name, link, header, footer or input message of a sheet",
            Self::Comment => "A comment of the archive",
            Self::Names => "A name of a file or folder in the archive",
            Self::System => "A file that a system added to the archive",
            Self::Other => "A part of the workbook that is no sheet",
        }
    }

    /// How it is taken out, as a sentence.
    pub const fn cure(self) -> &'static str {
        match self {
            Self::Properties => {
                "Take it out (in Excel: File, Info, Check for Issues, Inspect Document; in LibreOffice: File, Properties), save \
                 the workbook and check again."
            }
            Self::Sheet => {
                "Look at the sheet's formulas, its links, Page Setup and Data Validation; or copy the tables as values into a new \
                 workbook. Save it and check again."
            }
            Self::Comment | Self::System => {
                "Make the archive anew from the CSV files alone (on a Mac, in the Terminal: zip -X return.zip *.csv) and check again."
            }
            Self::Names => "Rename it, make the archive anew and check again.",
            Self::Texts | Self::Other => "Copy the tables as values into a new workbook, save it and check again.",
        }
    }
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
