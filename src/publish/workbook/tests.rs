use super::*;
use calamine::{Data, Ods, Reader, Xlsx};
use std::io::{Cursor, Read as _};

fn book() -> Book {
    let text = |text: &str| Cell::Text(text.to_owned());
    Book {
        title: "Tables & notes".to_owned(),
        sheets: vec![
            Sheet {
                name: "Contents".to_owned(),
                title: "Contents".to_owned(),
                lines: vec!["This sheet holds one table.".to_owned()],
                table: Some(Marked {
                    name: "contents".to_owned(),
                    headings: vec!["Sheet".to_owned()],
                    rows: vec![vec![Cell::Link("returns".to_owned())]],
                }),
            },
            Sheet {
                name: "returns".to_owned(),
                title: "Table 1: Returns <home>".to_owned(),
                lines: vec!["What is counted.".to_owned(), "Symbols are explained.".to_owned()],
                table: Some(Marked {
                    name: "table_returns".to_owned(),
                    headings: vec!["Area".to_owned(), "Returns".to_owned(), "Share (%)".to_owned()],
                    rows: vec![
                        vec![text("England"), Cell::Number(8_120.0, 0), Cell::Number(61.5, 1)],
                        vec![text("Rutland"), text("[c]"), text("[c]")],
                    ],
                }),
            },
        ],
    }
}

fn part(bytes: &[u8], name: &str) -> String {
    let mut archive =
        zip::ZipArchive::with_config(zip::read::Config::default(), Cursor::new(bytes)).expect("an archive");
    let mut text = String::new();
    archive.by_name(name).expect("the part").read_to_string(&mut text).expect("text");
    text
}

/// The title in the first cell, the table in the fourth row and below it, and no cell of the table empty.
fn holds(range: &calamine::Range<Data>) {
    assert_eq!(range.get_value((0, 0)), Some(&Data::String("Table 1: Returns <home>".to_owned())));
    assert_eq!(range.get_value((3, 1)), Some(&Data::String("Returns".to_owned())));
    assert_eq!(range.get_value((4, 1)), Some(&Data::Float(8_120.0)));
    assert_eq!(range.get_value((4, 2)), Some(&Data::Float(61.5)));
    assert_eq!(range.get_value((5, 2)), Some(&Data::String("[c]".to_owned())));
    assert!((3..6).all(|row| (0..3).all(|column| range.get_value((row, column)) != Some(&Data::Empty))));
}

#[test]
fn the_xlsx_has_one_marked_table_on_a_sheet_and_no_merged_cell() {
    let bytes = xlsx::write(&book()).expect("a workbook");
    assert_eq!(bytes, xlsx::write(&book()).expect("again"));
    let mut workbook: Xlsx<_> = Xlsx::new(Cursor::new(bytes.clone())).expect("reads");
    assert_eq!(workbook.sheet_names(), ["Contents", "returns"]);
    holds(&workbook.worksheet_range("returns").expect("the sheet"));
    assert!(part(&bytes, "xl/tables/table2.xml").contains("ref=\"A4:C6\""));
    assert!(
        part(&bytes, "xl/worksheets/sheet1.xml").contains("location=\"returns!A1\"")
            || part(&bytes, "xl/worksheets/sheet1.xml").contains("location=\"'returns'!A1\"")
    );
    assert!(!part(&bytes, "xl/worksheets/sheet2.xml").contains("mergeCell"));
    let styles = part(&bytes, "xl/styles.xml");
    let fonts: Vec<&str> = styles.split("<font>").skip(2).filter_map(|font| font.split("</font>").next()).collect();
    assert!(fonts.len() >= 3, "beside the program's own: text, titles, headings");
    for font in fonts {
        assert!(font.contains("<name val=\"Arial\"/>"), "{font}");
        assert!(font.contains("<sz val=\"12\"/>") || font.contains("<sz val=\"16\"/>"), "{font}");
    }
    let cells = part(&bytes, "xl/worksheets/sheet2.xml");
    for cell in cells.split("<c r=").skip(1).filter_map(|cell| cell.split('>').next()) {
        assert!(cell.contains(" s=\"") && !cell.contains(" s=\"0\""), "{cell} is in the program's own font");
    }
    assert!(part(&bytes, "docProps/core.xml").contains("Tables &amp; notes"));
}

#[test]
fn the_ods_holds_the_same() {
    let bytes = ods::write(&book()).expect("a workbook");
    assert_eq!(bytes, ods::write(&book()).expect("again"));
    assert_eq!(&bytes[38..84], b"application/vnd.oasis.opendocument.spreadsheet");
    let mut workbook: Ods<_> = Ods::new(Cursor::new(bytes.clone())).expect("reads");
    assert_eq!(workbook.sheet_names(), ["Contents", "returns"]);
    holds(&workbook.worksheet_range("returns").expect("the sheet"));
    let content = part(&bytes, "content.xml");
    assert!(
        content.contains("table:target-range-address=\"&apos;returns&apos;.A4")
            || content.contains("\"'returns'.A4:'returns'.C6\"")
    );
    assert!(!content.contains("number-columns-spanned") && content.contains("Returns &lt;home&gt;"));
    let styles = part(&bytes, "styles.xml");
    assert!(styles.contains("fo:font-family=\"Arial\" fo:font-size=\"12pt\""), "{styles}");
    assert!(content.contains("fo:font-weight=\"bold\" fo:font-size=\"16pt\""));
}
