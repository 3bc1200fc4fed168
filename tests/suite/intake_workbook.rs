//! Workbooks: what is read of their cells, and what is found.

use crate::intake_support::*;
use homeward::domain::table::TextTable;
use homeward::intake::IntakeResult;
use rust_xlsxwriter::{ExcelDateTime, Format, Formula, Workbook};
use std::io::{Cursor, Read};

/// A workbook of tables, each a sheet of texts.
fn workbook(tables: &[(String, String)]) -> Workbook {
    let mut workbook = Workbook::new();
    for (name, text) in tables {
        let sheet = workbook.add_worksheet().set_name(name).expect("a sheet's name");
        for (row, line) in text.lines().enumerate() {
            for (column, cell) in line.split(',').enumerate() {
                let at = (u32::try_from(row).expect("a row"), u16::try_from(column).expect("a column"));
                sheet.write_string(at.0, at.1, cell).expect("a cell");
            }
        }
    }
    workbook
}

fn upload_workbook(mut workbook: Workbook) -> IntakeResult {
    upload("return.xlsx", &workbook.save_to_buffer().expect("a workbook is saved"))
}

/// The parts of a workbook, to be changed and packed again.
fn parts(mut workbook: Workbook) -> Vec<(String, Vec<u8>)> {
    let bytes = workbook.save_to_buffer().expect("a workbook is saved");
    unpack(&bytes)
}

pub(crate) fn unpack(bytes: &[u8]) -> Vec<(String, Vec<u8>)> {
    let mut archive = zip::ZipArchive::with_config(Default::default(), Cursor::new(bytes)).expect("an archive");
    let mut parts = Vec::new();
    for index in 0..archive.len() {
        let mut part = archive.by_index(index).expect("a part");
        let mut content = Vec::new();
        part.read_to_end(&mut content).expect("a part is read");
        parts.push((part.name().expect("a name").into_owned(), content));
    }
    parts
}

fn change(parts: &mut [(String, Vec<u8>)], part: &str, from: &str, to: &str) {
    let (_, content) = parts.iter_mut().find(|(name, _)| name == part).expect("the part is there");
    let text = String::from_utf8(content.clone()).expect("the part is text");
    assert!(text.contains(from), "{part} holds {from}");
    *content = text.replacen(from, to, 1).into_bytes();
}

const CHILDREN: &str = "CHILD,SEX,BIRTH_MONTH,ETHNIC,DISABILITY,UASC";

#[test]
fn a_workbook_is_read_as_the_csv_files_are() {
    let result = upload_workbook(workbook(&tables()));
    assert_eq!(codes(&result), [] as [&str; 0], "{}", told(&result));
    let plain = upload_tables(&tables());
    for field in ["CHILD", "SEX", "BIRTH_MONTH"] {
        assert_eq!(cells(&result.read, "children", field), cells(&plain.read, "children", field));
    }
    let children = result.read.table("children").expect("read");
    assert_eq!(children.cell(1, "BIRTH_MONTH").as_deref(), Some("C3"));
}

/// Dates, numbers, truths and stored results of formulas, in both date systems.
#[test]
fn cells_become_the_text_that_people_see() {
    let date = Format::new().set_num_format("dd/mm/yyyy");
    let month = Format::new().set_num_format("mmm yyyy");
    let mut book = workbook(&without("children"));
    let sheet = book.add_worksheet().set_name("Children").expect("a name");
    for (column, heading) in CHILDREN.split(',').enumerate() {
        sheet.write_string(2, u16::try_from(column).expect("a column"), heading).expect("a heading");
    }
    let day = |text: &str| ExcelDateTime::parse_from_str(text).expect("a date");
    sheet.write_string(4, 0, "Kestrel01").expect("a cell");
    sheet.write_number(4, 1, 1).expect("a cell");
    sheet.write_datetime_with_format(4, 2, day("2014-06-01"), &month).expect("a cell");
    sheet.write_formula(4, 3, Formula::new("=\"WB\"&\"RI\"").set_result("WBRI")).expect("a cell");
    sheet.write_boolean(4, 5, false).expect("a cell");
    sheet.write_datetime_with_format(5, 2, day("2014-06-09"), &date).expect("a cell");
    sheet.write_datetime_with_format(5, 3, day("2014-06-09T10:30:00"), &date).expect("a cell");
    sheet.write_number(5, 4, 12.5).expect("a cell");
    sheet.write_datetime_with_format(5, 5, day("2014-06-01"), &date).expect("a cell");
    let mut parts = parts(book);
    let read = |parts: &[(String, Vec<u8>)]| {
        let result = upload("return.xlsx", &zip(parts));
        assert_eq!(codes(&result), [] as [&str; 0], "{}", told(&result));
        let table = result.read.table("children").expect("read").clone();
        assert_eq!((table.places.rows.as_slice(), table.blank_rows), ([5, 6].as_slice(), 3));
        let row = |at: usize| table.columns.iter().map(|one| one.text(at).to_owned()).collect::<Vec<_>>();
        [row(0), row(1)]
    };
    let [first, second] = read(&parts);
    assert_eq!(first, ["Kestrel01", "1", "2014-06", "WBRI", "", "FALSE"]);
    assert_eq!(second, ["", "", "2014-06-09", "2014-06-09T10:30:00", "12.5", "2014-06-01"]);

    change(&mut parts, "xl/workbook.xml", "<workbookPr", "<workbookPr date1904=\"1\"");
    let [first, second] = read(&parts);
    assert_eq!((first[2].as_str(), second[2].as_str()), ("2018-06-02", "2018-06-10"), "four years and a day later");
}

#[test]
fn an_error_of_a_formula_is_found_with_its_cell() {
    let mut book = workbook(&tables());
    let sheet = book.worksheet_from_name("children").expect("the sheet");
    sheet.write_formula(1, 3, Formula::new("=1/0").set_result("#DIV/0!")).expect("a cell");
    sheet.write_formula(2, 3, Formula::new("=NA()").set_result("#N/A")).expect("a cell");
    let mut parts = parts(book);
    change(&mut parts, "xl/worksheets/sheet2.xml", "<v>#N/A</v>", "<v>#SPILL!</v>");
    let result = upload("return.xlsx", &zip(&parts));
    assert_eq!(codes(&result), ["F15", "F15"], "{}", told(&result));
    let places: Vec<_> = result.findings.iter().map(|one| one.at.cell.as_deref()).collect();
    assert!(places.contains(&Some("D2")), "{places:?}");
}

#[test]
fn sheets_that_are_no_tables_are_found_unless_they_are_empty() {
    let mut extra = tables();
    extra.push(("Sheet9".to_owned(), String::new()));
    assert_eq!(codes(&upload_workbook(workbook(&extra))), [] as [&str; 0]);
    extra.push(("Notes".to_owned(), "Sent by post too".to_owned()));
    let result = upload_workbook(workbook(&extra));
    assert_eq!(only(&result, "F13").at.container.as_deref(), Some("Notes"));
    let is_notes = |table: &&TextTable| table.container.name == "Notes";
    assert_eq!(result.aside.iter().filter(is_notes).count(), 1, "the notes are kept aside to be searched");
    assert_eq!(result.findings.len(), 1, "{}", told(&result));
}

#[test]
fn a_column_without_a_heading_is_found_when_it_holds_anything() {
    let mut book = workbook(&tables());
    book.worksheet_from_name("children").expect("the sheet").write_string(2, 8, "note").expect("a cell");
    let result = upload_workbook(book);
    let found = only(&result, "F11");
    assert_eq!((found.at.cell.as_deref(), found.at.row), (Some("I3"), Some(3)));
    let mut book = workbook(&tables());
    book.worksheet_from_name("children").expect("the sheet").write_string(2, 700, "note").expect("a cell");
    assert_eq!(only(&upload_workbook(book), "F11").at.cell.as_deref(), Some("ZY3"));
}

#[test]
fn macros_links_and_objects_are_refused_each_once() {
    for (part, what) in [
        ("xl/vbaProject.bin", "macros"),
        ("xl/externalLinks/externalLink1.xml", "links"),
        ("xl/embeddings/oleObject1.bin", "embedded objects"),
        ("xl/connections.xml", "links"),
        ("xl/comments1.xml", "comments"),
        ("xl/threadedComments/threadedComment1.xml", "comments"),
        ("xl/media/image1.png", "pictures"),
        ("xl/drawings/drawing1.xml", "pictures"),
        ("xl/pivotCache/pivotCacheRecords1.xml", "pivot tables"),
        ("xl/revisions/revisionLog1.xml", "recorded changes"),
    ] {
        let mut parts = parts(workbook(&tables()));
        parts.push((part.to_owned(), b"<a/>".to_vec()));
        let result = upload("return.xlsx", &zip(&parts));
        let found = only(&result, "F14");
        assert!(found.message.reveal().contains(what), "{}", found.message.reveal());
        assert_eq!(result.findings.len(), 1, "{}", told(&result));
    }
}

/// A comment is told with its sheet and its cell, and with the way to delete all of them.
#[test]
fn a_comment_is_refused_where_it_stands() {
    let mut book = workbook(&tables());
    let note = rust_xlsxwriter::Note::new("mum, 943 476 5919");
    book.worksheet_from_name("children").expect("the sheet").insert_note(1, 3, &note).expect("a note");
    let result = upload_workbook(book);
    let found = only(&result, "F14");
    assert_eq!((found.at.container.as_deref(), found.at.cell.as_deref()), (Some("children"), Some("D2")));
    assert!(found.message.reveal().contains("Inspect Document"), "{}", found.message.reveal());
    assert!(!told(&result).contains("943"), "{}", told(&result));

    let all = ods_tables(&tables());
    let noted =
        all.replacen("<text:p>WBRI", "<office:annotation><text:p>mum</text:p></office:annotation><text:p>WBRI", 1);
    let result = upload("return.ods", &ods(&noted));
    let found = only(&result, "F14");
    assert_eq!((found.at.container.as_deref(), found.at.cell.as_deref()), (Some("children"), Some("D2")));
}

/// What Excel writes into every workbook passes; what people write about one is kept to be searched, authors apart.
#[test]
fn words_beside_the_cells_are_kept_aside_to_be_searched() {
    let mut parts = parts(workbook(&tables()));
    change(
        &mut parts,
        "docProps/core.xml",
        "</cp:coreProperties>",
        "<dc:title>943 476 5919</dc:title></cp:coreProperties>",
    );
    change(&mut parts, "docProps/core.xml", "<dc:creator>", "<dc:creator>author.1@example.org");
    change(&mut parts, "xl/worksheets/sheet2.xml", "</worksheet>", "<oddHeader>E8 1AB</oddHeader></worksheet>");
    let result = upload("return.xlsx", &zip(&parts));
    let held: Vec<(&str, &str)> = (result.aside.iter())
        .flat_map(|table| {
            table.columns.iter().flat_map(|column| column.values()).map(|text| (table.name.as_str(), text))
        })
        .collect();
    assert!(held.contains(&("docProps/core.xml", "943 476 5919")), "{:?}", held.len());
    assert!(held.contains(&("xl/worksheets/sheet2.xml", "E8 1AB")));
    assert!(!held.iter().any(|(_, text)| text.contains("author.1")), "who made a file is no child");
}

/// What a reader would believe, and must not.
#[test]
fn a_workbook_that_lies_is_refused_before_it_is_read() {
    let texts = "xl/sharedStrings.xml";
    let mut lying = parts(workbook(&tables()));
    let (_, content) = lying.iter_mut().find(|(name, _)| name == texts).expect("shared texts");
    let text = String::from_utf8_lossy(content).into_owned();
    let count = text.split("uniqueCount=\"").nth(1).and_then(|rest| rest.split('"').next()).expect("a count");
    *content = text.replace(&format!("uniqueCount=\"{count}\""), "uniqueCount=\"99999999999\"").into_bytes();
    let result = upload("return.xlsx", &zip(&lying));
    assert_eq!(only(&result, "F03").at.container.as_deref(), Some(texts), "{}", told(&result));

    let mut defined = parts(workbook(&tables()));
    change(&mut defined, "xl/workbook.xml", "<workbook", "<!DOCTYPE a [<!ENTITY b \"c\">]><workbook");
    assert_eq!(codes(&upload("return.xlsx", &zip(&defined))), ["F03"]);

    let many = format!("<calcChain>{}</calcChain>", "<c r=\"A1\"/>".repeat(510_000)).into_bytes();
    for (part, expected) in [("xl/calcChain.xml", vec![]), ("xl/theme/theme9.xml", vec!["F04"])] {
        let mut large = parts(workbook(&tables()));
        large.push((part.to_owned(), many.clone()));
        let mut options = options();
        options.limits.expansion_ratio = 10_000;
        let result = upload_with("return.xlsx", &zip(&large), &options);
        assert_eq!(codes(&result), expected, "a part that is never opened may be large, another may not: {part}");
        change(&mut large, "_rels/.rels", "xl/workbook.xml", part);
        let result = upload_with("return.xlsx", &zip(&large), &options);
        assert_eq!(codes(&result), ["F04"], "a part that is opened as the workbook may not: {part}");
    }

    let mut broken = parts(workbook(&tables()));
    change(&mut broken, "xl/worksheets/sheet2.xml", "</sheetData>", "</sheet>");
    let result = upload("return.xlsx", &zip(&broken));
    assert_eq!(only(&result, "F03").at.container.as_deref(), Some("children"), "{}", told(&result));

    let mut repeated = parts(workbook(&tables()));
    change(&mut repeated, "xl/worksheets/sheet2.xml", "<row r=\"3\"", "<row r=\"2\"");
    change(&mut repeated, "xl/worksheets/sheet2.xml", "r=\"A3\"", "r=\"A2\"");
    assert!(codes(&upload("return.xlsx", &zip(&repeated))).contains(&"F03"), "rows come in order");
}

/// A spreadsheet in the OpenDocument form.
pub(crate) fn ods(content: &str) -> Vec<u8> {
    let content = format!(
        "<?xml version=\"1.0\"?><office:document-content xmlns:office=\"o\" xmlns:table=\"t\" xmlns:text=\"x\" \
         xmlns:calcext=\"c\"><office:body><office:spreadsheet>{content}</office:spreadsheet></office:body>\
         </office:document-content>"
    );
    let part = |name: &str, content: &str| (name.to_owned(), content.as_bytes().to_vec());
    zip(&[
        part("mimetype", "application/vnd.oasis.opendocument.spreadsheet"),
        part("META-INF/manifest.xml", "<manifest:manifest/>"),
        part("content.xml", &content),
    ])
}

pub(crate) fn ods_sheet(name: &str, text: &str) -> String {
    let cell = |cell: &str| {
        format!("<table:table-cell office:value-type=\"string\"><text:p>{cell}</text:p></table:table-cell>")
    };
    let row =
        |line: &str| format!("<table:table-row>{}</table:table-row>", line.split(',').map(cell).collect::<String>());
    format!("<table:table table:name=\"{name}\">{}</table:table>", text.lines().map(row).collect::<String>())
}

pub(crate) fn ods_tables(tables: &[(String, String)]) -> String {
    tables.iter().map(|(name, text)| ods_sheet(name, text)).collect()
}

#[test]
fn an_opendocument_workbook_is_read_too() {
    let blanks = "<table:table-row table:number-rows-repeated=\"1048000\"><table:table-cell \
                  table:number-columns-repeated=\"16384\"/></table:table-row>";
    let children = format!(
        "<table:table table:name=\"CHILDREN\"><table:table-column/>{}\
         <table:table-row table:number-rows-repeated=\"2\"><table:table-cell/></table:table-row>\
         <table:table-row table:number-rows-repeated=\"2\">\
         <table:table-cell office:value-type=\"string\"><text:p>Kestrel&amp;<text:span>01</text:span></text:p></table:table-cell>\
         <table:table-cell office:value-type=\"float\" office:value=\"1\"><text:p>1.00</text:p></table:table-cell>\
         <table:table-cell office:value-type=\"date\" office:date-value=\"2014-06-01\"><text:p>Jun 14</text:p></table:table-cell>\
         <table:table-cell table:number-columns-repeated=\"2\" office:value-type=\"string\"><text:p>NONE</text:p></table:table-cell>\
         <table:table-cell office:value-type=\"boolean\" office:boolean-value=\"false\"/></table:table-row>{blanks}</table:table>",
        ods_sheet("x", CHILDREN)
            .split_once("x\">")
            .and_then(|(_, rest)| rest.strip_suffix("</table:table>"))
            .expect("rows")
    );
    let result = upload("return.ods", &ods(&(ods_tables(&without("children")) + &children)));
    assert_eq!(codes(&result), [] as [&str; 0], "{}", told(&result));
    let table = result.read.table("children").expect("read");
    assert_eq!(table.places.rows, [4, 5]);
    let row: Vec<_> = table.columns.iter().map(|column| column.text(1)).collect();
    assert_eq!(row, ["Kestrel&01", "1", "2014-06", "NONE", "NONE", "FALSE"]);
}

#[test]
fn an_opendocument_workbook_is_held_to_the_same_rules() {
    let all = ods_tables(&tables());
    let with_cell = |attributes: &str, inside: &str| {
        let cell = format!("<table:table-cell {attributes}>{inside}</table:table-cell>");
        all.replacen(
            "<table:table-cell office:value-type=\"string\"><text:p>WBRI</text:p></table:table-cell>",
            &cell,
            1,
        )
    };
    let error = with_cell(
        "table:formula=\"of:=1/0\" office:value-type=\"string\" calcext:value-type=\"error\"",
        "<text:p>#DIV/0!</text:p>",
    );
    let result = upload("return.ods", &ods(&error));
    assert_eq!(only(&result, "F15").at.cell.as_deref(), Some("D2"), "{}", told(&result));

    let object = all.replacen("</table:table>", "<table:shapes><draw:object/></table:shapes></table:table>", 1);
    assert_eq!(codes(&upload("return.ods", &ods(&object))), ["F14"]);
    let broken = all.replacen("</table:table-row>", "", 1);
    assert!(codes(&upload("return.ods", &ods(&broken))).contains(&"F03"));

    let mut parts = unpack(&ods(&all));
    parts[1].1 = b"<manifest:manifest><manifest:encryption-data/></manifest:manifest>".to_vec();
    let result = upload("return.ods", &zip(&parts));
    assert!(only(&result, "F03").message.reveal().contains("password"));
}

/// A kilobyte that stands for a hundred million cells, and one whose rows have no end.
#[test]
fn repeated_rows_meet_the_limits() {
    let endless = "<table:table-row table:number-rows-repeated=\"16777216\"/>".repeat(257)
        + "<table:table-row><table:table-cell office:value-type=\"float\" office:value=\"1\"/></table:table-row>";
    let sheet = ods_sheet("costs", "COST,AMOUNT").replace("</table:table>", &format!("{endless}</table:table>"));
    let result = upload("return.ods", &ods(&(ods_tables(&tables()) + &sheet)));
    assert_eq!(codes(&result), ["F03"], "{}", told(&result));

    let rows = "<table:table-row table:number-rows-repeated=\"9999999\"><table:table-cell office:value-type=\"string\" \
                table:number-columns-repeated=\"16000\"><text:p>x</text:p></table:table-cell></table:table-row>";
    let sheet = ods_sheet("children", CHILDREN).replace("</table:table>", &format!("{rows}</table:table>"));
    let mut options = options();
    options.limits.rows_per_table = 5000;
    let result = upload_with("return.ods", &ods(&(ods_tables(&without("children")) + &sheet)), &options);
    assert!(only(&result, "F17").message.reveal().contains("rows_per_table"), "{}", told(&result));
}
