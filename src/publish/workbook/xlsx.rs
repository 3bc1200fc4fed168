//! The workbook as XLSX.

use super::{Book, Cell, FONT, Marked, SIZE, Sheet, TITLE_SIZE, width};
use crate::publish::PublishError;
use rust_xlsxwriter::{
    DocProperties, ExcelDateTime, Format, FormatAlign, FormatUnderline, Table, TableColumn, TableStyle, Url, Workbook,
    Worksheet, XlsxError,
};

/// How much wider a letter is than the program's own font has it, in which columns are measured.
const WIDER: f64 = 1.15;

/// The font that the guidance asks for: without serifs, and large enough.
fn plain() -> Format {
    Format::new().set_font_name(FONT).set_font_size(SIZE)
}

pub(super) fn write(book: &Book) -> Result<Vec<u8>, PublishError> {
    let written = bytes(book);
    written.map_err(|error| PublishError::Workbook { form: "XLSX", problem: error.to_string() })
}

fn bytes(book: &Book) -> Result<Vec<u8>, XlsxError> {
    let mut workbook = Workbook::new();
    // The same tables give the same bytes, so no day goes into the file.
    let created = ExcelDateTime::from_ymd(2000, 1, 1)?;
    workbook.set_properties(&DocProperties::new().set_title(&book.title).set_creation_datetime(&created));
    for sheet in &book.sheets {
        add(workbook.add_worksheet(), sheet)?;
    }
    workbook.save_to_buffer()
}

fn add(page: &mut Worksheet, sheet: &Sheet) -> Result<(), XlsxError> {
    page.set_name(&sheet.name)?;
    page.set_column_width(0, if sheet.table.is_some() { 20 } else { 100 })?;
    page.write_string_with_format(0, 0, &sheet.title, &plain().set_bold().set_font_size(TITLE_SIZE))?;
    // Long lines of a sheet with a table run over the cells beside them; those of the cover are wrapped.
    let line_format = if sheet.table.is_some() { plain() } else { plain().set_text_wrap() };
    let mut row = 1;
    for line in &sheet.lines {
        page.write_string_with_format(row, 0, line, &line_format)?;
        row += 1;
    }
    match &sheet.table {
        Some(table) => marked(page, row, table),
        None => Ok(()),
    }
}

fn marked(page: &mut Worksheet, top: u32, table: &Marked) -> Result<(), XlsxError> {
    let heading = plain().set_bold().set_text_wrap().set_align(FormatAlign::Top);
    let columns: Vec<TableColumn> =
        table.headings.iter().map(|text| TableColumn::new().set_header(text).set_header_format(&heading)).collect();
    let text_format = plain();
    let link = plain().set_underline(FormatUnderline::Single).set_font_color("#0563C1");
    let whole = plain().set_num_format("#,##0");
    let decimal = |decimals: u8| plain().set_num_format(format!("#,##0.{}", "0".repeat(usize::from(decimals))));
    let symbol = plain().set_align(FormatAlign::Right);
    let wrapped = plain().set_text_wrap().set_align(FormatAlign::Top);
    for (row, cells) in (top + 1..).zip(&table.rows) {
        for (column, cell) in (0_u16..).zip(cells) {
            match cell {
                Cell::Text(text) if text.starts_with('[') => {
                    page.write_string_with_format(row, column, text, &symbol)?
                }
                Cell::Text(text) if text.chars().count() > 60 => {
                    page.write_string_with_format(row, column, text, &wrapped)?
                }
                Cell::Text(text) => page.write_string_with_format(row, column, text, &text_format)?,
                Cell::Number(number, 0) => page.write_number_with_format(row, column, *number, &whole)?,
                Cell::Number(number, decimals) => {
                    page.write_number_with_format(row, column, *number, &decimal(*decimals))?
                }
                Cell::Link(name) => {
                    let url = Url::new(format!("internal:'{name}'!A1")).set_text(name);
                    page.write_url_with_format(row, column, url, &link)?
                }
            };
        }
    }
    for column in 0..table.headings.len() {
        page.set_column_width(u16::try_from(column).unwrap_or(u16::MAX), width(table, column) as f64 * WIDER + 2.0)?;
    }
    let last = top + u32::try_from(table.rows.len()).unwrap_or(u32::MAX);
    let last_column = u16::try_from(table.headings.len().saturating_sub(1)).unwrap_or(u16::MAX);
    let style = Table::new().set_name(&table.name).set_columns(&columns).set_style(TableStyle::Light1);
    page.add_table(top, 0, last, last_column, &style.set_autofilter(false).set_banded_rows(false))?;
    Ok(())
}
