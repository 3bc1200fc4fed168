//! The workbook as ODS: OpenDocument 1.3, written part by part (OASIS, 2021).

use super::{Book, Cell, FONT, Marked, SIZE, Sheet, TITLE_SIZE, width};
use crate::publish::PublishError;
use quick_xml::escape::escape;
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::io::{Cursor, Write as _};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipWriter};

const MIMETYPE: &str = "application/vnd.oasis.opendocument.spreadsheet";

const NAMESPACES: &str = "xmlns:office=\"urn:oasis:names:tc:opendocument:xmlns:office:1.0\" \
     xmlns:table=\"urn:oasis:names:tc:opendocument:xmlns:table:1.0\" \
     xmlns:text=\"urn:oasis:names:tc:opendocument:xmlns:text:1.0\" \
     xmlns:style=\"urn:oasis:names:tc:opendocument:xmlns:style:1.0\" \
     xmlns:fo=\"urn:oasis:names:tc:opendocument:xmlns:xsl-fo-compatible:1.0\" \
     xmlns:number=\"urn:oasis:names:tc:opendocument:xmlns:datastyle:1.0\" \
     xmlns:meta=\"urn:oasis:names:tc:opendocument:xmlns:meta:1.0\" \
     xmlns:dc=\"http://purl.org/dc/elements/1.1/\" xmlns:xlink=\"http://www.w3.org/1999/xlink\" office:version=\"1.3\"";

const XML: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";

const LISTED: &str = "<manifest:manifest xmlns:manifest=\"urn:oasis:names:tc:opendocument:xmlns:manifest:1.0\" \
     manifest:version=\"1.3\"><manifest:file-entry manifest:full-path=\"/\" \
     manifest:media-type=\"application/vnd.oasis.opendocument.spreadsheet\"/>\
     <manifest:file-entry manifest:full-path=\"content.xml\" manifest:media-type=\"text/xml\"/>\
     <manifest:file-entry manifest:full-path=\"styles.xml\" manifest:media-type=\"text/xml\"/>\
     <manifest:file-entry manifest:full-path=\"meta.xml\" manifest:media-type=\"text/xml\"/></manifest:manifest>";

/// Width of a character, in centimetres.
const CHARACTER: f64 = 0.24;

pub(super) fn write(book: &Book) -> Result<Vec<u8>, PublishError> {
    let written = archive(book);
    written.map_err(|error| PublishError::Workbook { form: "ODS", problem: error.to_string() })
}

fn archive(book: &Book) -> zip::result::ZipResult<Vec<u8>> {
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    // The same tables give the same bytes, so no day goes into the file.
    let options = SimpleFileOptions::default().last_modified_time(DateTime::default());
    // The type comes first and is not compressed, so that programs can tell the file by its first bytes.
    archive.start_file("mimetype", options.compression_method(CompressionMethod::Stored))?;
    archive.write_all(MIMETYPE.as_bytes())?;
    let meta = format!(
        "<office:document-meta {NAMESPACES}><office:meta><dc:title>{}</dc:title><dc:language>en-GB</dc:language>\
         </office:meta></office:document-meta>",
        escape(&book.title)
    );
    let styles = format!(
        "<office:document-styles {NAMESPACES}><office:styles><style:default-style style:family=\"table-cell\">\
         <style:text-properties fo:language=\"en\" fo:country=\"GB\" fo:font-family=\"{FONT}\" fo:font-size=\"{SIZE}pt\"/>\
         </style:default-style></office:styles></office:document-styles>"
    );
    let parts = [
        ("content.xml", content(book)),
        ("styles.xml", styles),
        ("meta.xml", meta),
        ("META-INF/manifest.xml", LISTED.to_owned()),
    ];
    for (name, text) in parts {
        archive.start_file(name, options.compression_method(CompressionMethod::Deflated))?;
        archive.write_all(XML.as_bytes())?;
        archive.write_all(text.as_bytes())?;
    }
    Ok(archive.finish()?.into_inner())
}

// Unwrap safety of every `let _ =` below: writing to a String cannot fail, so the result carries nothing.
fn content(book: &Book) -> String {
    let mut out = format!("<office:document-content {NAMESPACES}>");
    automatic_styles(&mut out, book);
    out.push_str("<office:body><office:spreadsheet>");
    for sheet in &book.sheets {
        page(&mut out, sheet);
    }
    out.push_str("<table:database-ranges>");
    for sheet in &book.sheets {
        if let Some(table) = &sheet.table {
            let top = sheet.lines.len() + 2;
            let _ = write!(
                out,
                "<table:database-range table:name=\"{}\" table:target-range-address=\"'{}'.A{top}:'{}'.{}{}\" \
                 table:contains-header=\"true\"/>",
                escape(&table.name),
                escape(&sheet.name),
                escape(&sheet.name),
                letters(table.headings.len()),
                top + table.rows.len(),
            );
        }
    }
    out.push_str("</table:database-ranges></office:spreadsheet></office:body></office:document-content>");
    out
}

/// Styles of titles, headings, wrapped text, numbers by their decimals, and columns by their width.
fn automatic_styles(out: &mut String, book: &Book) {
    let _ = write!(
        out,
        "<office:automatic-styles>\
         <style:style style:name=\"title\" style:family=\"table-cell\">\
         <style:text-properties fo:font-weight=\"bold\" fo:font-size=\"{TITLE_SIZE}pt\"/></style:style>\
         <style:style style:name=\"heading\" style:family=\"table-cell\">\
         <style:table-cell-properties fo:wrap-option=\"wrap\" style:vertical-align=\"top\"/>\
         <style:text-properties fo:font-weight=\"bold\"/></style:style>\
         <style:style style:name=\"wrapped\" style:family=\"table-cell\">\
         <style:table-cell-properties fo:wrap-option=\"wrap\" style:vertical-align=\"top\"/></style:style>\
         <style:style style:name=\"symbol\" style:family=\"table-cell\"><style:paragraph-properties fo:text-align=\"end\"/></style:style>",
    );
    let (mut decimals, mut widths) = (BTreeSet::new(), BTreeSet::from([100]));
    for table in book.sheets.iter().filter_map(|sheet| sheet.table.as_ref()) {
        widths.extend((0..table.headings.len()).map(|column| width(table, column)));
        let numbers = table.rows.iter().flatten().filter_map(|cell| match cell {
            Cell::Number(_, decimals) => Some(*decimals),
            _ => None,
        });
        decimals.extend(numbers);
    }
    for places in decimals {
        let _ = write!(
            out,
            "<number:number-style style:name=\"n{places}\"><number:number number:decimal-places=\"{places}\" \
             number:min-decimal-places=\"{places}\" number:min-integer-digits=\"1\" number:grouping=\"true\"/>\
             </number:number-style><style:style style:name=\"number{places}\" style:family=\"table-cell\" \
             style:data-style-name=\"n{places}\"/>"
        );
    }
    for letters in widths {
        let _ = write!(
            out,
            "<style:style style:name=\"column{letters}\" style:family=\"table-column\">\
             <style:table-column-properties style:column-width=\"{:.1}cm\"/></style:style>",
            letters as f64 * CHARACTER
        );
    }
    out.push_str("</office:automatic-styles>");
}

fn page(out: &mut String, sheet: &Sheet) {
    let _ = write!(out, "<table:table table:name=\"{}\">", escape(&sheet.name));
    match &sheet.table {
        Some(table) => {
            for column in 0..table.headings.len() {
                let _ = write!(out, "<table:table-column table:style-name=\"column{}\"/>", width(table, column));
            }
        }
        None => out.push_str("<table:table-column table:style-name=\"column100\"/>"),
    }
    row(out, |out| text(out, &sheet.title, Some("title")));
    let style = if sheet.table.is_none() { Some("wrapped") } else { None };
    for line in &sheet.lines {
        row(out, |out| text(out, line, style));
    }
    if let Some(table) = &sheet.table {
        marked(out, table);
    }
    out.push_str("</table:table>");
}

fn marked(out: &mut String, table: &Marked) {
    out.push_str("<table:table-header-rows>");
    row(out, |out| table.headings.iter().for_each(|heading| text(out, heading, Some("heading"))));
    out.push_str("</table:table-header-rows>");
    for cells in &table.rows {
        row(out, |out| cells.iter().for_each(|one| cell(out, one)));
    }
}

fn row(out: &mut String, cells: impl FnOnce(&mut String)) {
    out.push_str("<table:table-row>");
    cells(out);
    out.push_str("</table:table-row>");
}

fn text(out: &mut String, text: &str, style: Option<&str>) {
    let style = style.map(|style| format!(" table:style-name=\"{style}\"")).unwrap_or_default();
    let _ = write!(
        out,
        "<table:table-cell{style} office:value-type=\"string\"><text:p>{}</text:p></table:table-cell>",
        escape(text)
    );
}

fn cell(out: &mut String, cell: &Cell) {
    match cell {
        Cell::Text(symbol) if symbol.starts_with('[') => text(out, symbol, Some("symbol")),
        Cell::Text(long) if long.chars().count() > 60 => text(out, long, Some("wrapped")),
        Cell::Text(short) => text(out, short, None),
        Cell::Number(number, decimals) => {
            let _ = write!(
                out,
                "<table:table-cell table:style-name=\"number{decimals}\" office:value-type=\"float\" \
                 office:value=\"{number}\"><text:p>{number:.*}</text:p></table:table-cell>",
                usize::from(*decimals)
            );
        }
        Cell::Link(name) => {
            let name = escape(name);
            let _ = write!(
                out,
                "<table:table-cell office:value-type=\"string\"><text:p><text:a xlink:type=\"simple\" \
                 xlink:href=\"#'{name}'.A1\">{name}</text:a></text:p></table:table-cell>"
            );
        }
    }
}

/// The letters of a column counted from 1: 27 is AA.
fn letters(mut column: usize) -> String {
    let mut letters = Vec::new();
    while column > 0 {
        letters.push(char::from(b'A' + ((column - 1) % 26) as u8));
        column = (column - 1) / 26;
    }
    letters.iter().rev().collect()
}
