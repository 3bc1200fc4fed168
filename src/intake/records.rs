//! A strict reader of CSV records (RFC 4180), which knows where each one stands and what is wrong with its quotes.
//!
//! The `csv` crate reads on where a quote is not closed or text follows a closing quote; a return must be refused there.
//! Lines end with LF, CRLF or CR. A quote inside an unquoted cell is a character like any other.

use super::text::{TextStream, line_ends};
use memchr::{memchr, memchr2, memchr3};
use std::io::{self, Read};

/// Cells of a record past this are counted and not kept.
pub(super) const CELLS_KEPT: usize = 4096;

/// What is wrong with the quotes of a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum QuoteFault {
    /// The file ends inside a quoted cell.
    Unclosed,
    /// Something other than a delimiter or the end of the line follows a closing quote.
    TextAfter,
}

/// Where a quote fault is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct FaultPlace {
    pub(super) fault: QuoteFault,
    /// The line on which the quoted cell opens.
    pub(super) opened: u32,
    /// The line and byte of the fault: for a quote that is not closed, of the quote itself.
    pub(super) line: u32,
    pub(super) byte: Option<u64>,
}

/// One record.
#[derive(Debug, Default)]
pub(super) struct Record {
    text: Vec<u8>,
    ends: Vec<usize>,
    /// All cells, also those that are not kept.
    pub(super) cells: usize,
    /// Whether any of the cells that are not kept holds something.
    pub(super) filled_past: bool,
    /// Cells that were longer than is read.
    pub(super) overlong: Vec<usize>,
    /// The number of the record in the file, from 1: the row of a spreadsheet. Blank lines count.
    pub(super) row: u32,
    /// The line on which it begins.
    pub(super) line: u32,
    pub(super) fault: Option<FaultPlace>,
}

impl Record {
    /// The text of a cell; empty where there is none.
    pub(super) fn cell(&self, index: usize) -> &str {
        let Some(end) = self.ends.get(index) else { return "" };
        let start = if index == 0 { 0 } else { self.ends[index - 1] };
        // Pieces hold whole characters and cells are cut at ASCII, so this never falls back.
        std::str::from_utf8(&self.text[start..*end]).unwrap_or("")
    }

    pub(super) fn cells(&self) -> impl Iterator<Item = &str> + Clone {
        (0..self.ends.len()).map(|index| self.cell(index))
    }

    fn clear(&mut self) {
        self.text.clear();
        self.ends.clear();
        self.overlong.clear();
        self.cells = 0;
        self.filled_past = false;
        self.fault = None;
    }

    fn end_cell(&mut self) {
        self.cells += 1;
        let start = self.ends.last().copied().unwrap_or(0);
        if self.ends.len() < CELLS_KEPT {
            self.ends.push(self.text.len());
        } else {
            self.filled_past |= self.text[start..].iter().any(|byte| !byte.is_ascii_whitespace());
            self.text.truncate(start);
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    CellStart,
    Unquoted,
    Quoted,
    /// Just after a quote in a quoted cell: its end, or the first of two that stand for one.
    Closing,
    /// After blanks that follow a closing quote.
    Closed,
    /// Past a fault: the rest of the line is left.
    Skip,
}

/// Reads records one after another.
pub(super) struct Records<R> {
    text: TextStream<R>,
    delimiter: u8,
    /// Bytes of a cell that are kept at most.
    cell_bytes: usize,
    at: usize,
    line: u32,
    row: u32,
    skip_line_feed: bool,
    record: Record,
}

impl<R: Read> Records<R> {
    /// `text` stands on its first piece already, if it has one.
    pub(super) fn new(text: TextStream<R>, delimiter: u8, cell_bytes: usize) -> Self {
        Self { text, delimiter, cell_bytes, at: 0, line: 1, row: 0, skip_line_feed: false, record: Record::default() }
    }

    pub(super) fn text(&self) -> &TextStream<R> {
        &self.text
    }

    pub(super) fn record(&self) -> &Record {
        &self.record
    }

    /// Reads the next record; false at the end of the file.
    pub(super) fn next(&mut self) -> io::Result<bool> {
        self.record.clear();
        let mut state = State::CellStart;
        let mut opened = (0, None);
        let mut begun = false;
        let mut quoted_return = false;
        loop {
            if self.at == self.text.piece().len() {
                self.at = 0;
                if self.text.fill()? {
                    continue;
                }
                if !begun {
                    return Ok(false);
                }
                if state == State::Quoted {
                    let (line, byte) = opened;
                    self.record.fault = Some(FaultPlace { fault: QuoteFault::Unclosed, opened: line, line, byte });
                }
                self.record.end_cell();
                return Ok(true);
            }
            let rest = &self.text.piece()[self.at..];
            if self.skip_line_feed {
                self.skip_line_feed = false;
                if rest[0] == b'\n' {
                    self.at += 1;
                    continue;
                }
            }
            if !begun {
                begun = true;
                self.row = self.row.saturating_add(1);
                self.record.row = self.row;
                self.record.line = self.line;
            }
            match state {
                State::CellStart if rest[0] == b'"' => {
                    opened = (self.line, self.text.byte(self.at));
                    quoted_return = false;
                    self.at += 1;
                    state = State::Quoted;
                }
                State::CellStart => state = State::Unquoted,
                State::Unquoted => {
                    let end = memchr3(self.delimiter, b'\n', b'\r', rest);
                    keep(&mut self.record, &rest[..end.unwrap_or(rest.len())], self.cell_bytes);
                    let byte = end.map(|end| rest[end]);
                    self.at += end.map_or(rest.len(), |end| end + 1);
                    if let Some(byte) = byte {
                        self.record.end_cell();
                        if byte != self.delimiter {
                            self.end_line(byte);
                            return Ok(true);
                        }
                        state = State::CellStart;
                    }
                }
                State::Quoted => {
                    let end = memchr(b'"', rest).unwrap_or(rest.len());
                    let (inside, closed) = (&rest[..end], end < rest.len());
                    self.line = self.line.saturating_add(line_ends(inside, quoted_return));
                    quoted_return = inside.last().map_or(quoted_return, |last| *last == b'\r');
                    keep(&mut self.record, inside, self.cell_bytes);
                    self.at += end + usize::from(closed);
                    if closed {
                        state = State::Closing;
                    }
                }
                State::Closing | State::Closed => {
                    let byte = rest[0];
                    if byte == b'"' && state == State::Closing {
                        keep(&mut self.record, b"\"", self.cell_bytes);
                        quoted_return = false;
                        state = State::Quoted;
                        self.at += 1;
                    } else if byte == self.delimiter {
                        self.record.end_cell();
                        state = State::CellStart;
                        self.at += 1;
                    } else if matches!(byte, b'\n' | b'\r') {
                        self.record.end_cell();
                        self.at += 1;
                        self.end_line(byte);
                        return Ok(true);
                    } else if matches!(byte, b' ' | b'\t') {
                        state = State::Closed;
                        self.at += 1;
                    } else {
                        let (fault, byte) = (QuoteFault::TextAfter, self.text.byte(self.at));
                        self.record.fault = Some(FaultPlace { fault, opened: opened.0, line: self.line, byte });
                        state = State::Skip;
                    }
                }
                State::Skip => match memchr2(b'\n', b'\r', rest) {
                    None => self.at += rest.len(),
                    Some(end) => {
                        let byte = rest[end];
                        self.at += end + 1;
                        self.record.end_cell();
                        self.end_line(byte);
                        return Ok(true);
                    }
                },
            }
        }
    }

    fn end_line(&mut self, byte: u8) {
        self.line = self.line.saturating_add(1);
        self.skip_line_feed = byte == b'\r';
    }
}

/// Adds to the present cell, as far as a cell is read; whole characters or nothing.
fn keep(record: &mut Record, more: &[u8], cell_bytes: usize) {
    let length = record.text.len() - record.ends.last().copied().unwrap_or(0);
    if length + more.len() <= cell_bytes {
        if record.overlong.last() != Some(&record.cells) {
            record.text.extend_from_slice(more);
        }
    } else if record.overlong.last() != Some(&record.cells) && record.overlong.len() < CELLS_KEPT {
        record.overlong.push(record.cells);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    type Read = (u32, u32, Vec<String>);

    /// Row, line and cells of each record, and the faults.
    fn read(text: &str) -> (Vec<Read>, Vec<FaultPlace>) {
        let mut records = Records::new(TextStream::new(text.as_bytes(), 10), b',', 40);
        let (mut all, mut faults) = (Vec::new(), Vec::new());
        while records.next().expect("reading from memory") {
            let record = records.record();
            all.push((record.row, record.line, record.cells().map(str::to_owned).collect()));
            faults.extend(record.fault);
        }
        (all, faults)
    }

    fn cells(text: &str) -> Vec<Vec<String>> {
        read(text).0.into_iter().map(|(_, _, cells)| cells).collect()
    }

    #[test]
    fn every_line_end_ends_a_record_and_blank_lines_count() {
        for text in ["a,b\n\n1,2\n", "a,b\r\n\r\n1,2", "a,b\r\r1,2\r", "a,b\n\r\n1,2\r\n"] {
            let rows: Vec<_> =
                read(text).0.into_iter().map(|(row, line, cells)| (row, line, cells.join("|"))).collect();
            assert_eq!(rows, [(1, 1, "a|b".into()), (2, 2, String::new()), (3, 3, "1|2".into())], "{text:?}");
        }
    }

    #[test]
    fn quoted_line_breaks_part_lines_from_rows() {
        let (rows, faults) = read("a,b\n\"x\r\ny\",\"say \"\"no\"\"\"\nlast,\n");
        assert_eq!(rows[1], (2, 2, vec!["x\r\ny".to_owned(), "say \"no\"".to_owned()]));
        assert_eq!(rows[2], (3, 4, vec!["last".to_owned(), String::new()]));
        assert_eq!(faults, []);
    }

    #[test]
    fn a_quote_inside_an_unquoted_cell_is_a_character() {
        assert_eq!(cells("a \"b\" c,5\"\n"), [["a \"b\" c", "5\""]]);
    }

    #[test]
    fn an_unclosed_quote_is_found_where_it_opened() {
        let (_, faults) = read("a,b\n1,2\n3,\"four\n5,6\n");
        assert_eq!(faults, [FaultPlace { fault: QuoteFault::Unclosed, opened: 3, line: 3, byte: Some(10) }]);
    }

    #[test]
    fn text_after_a_closing_quote_is_found_and_the_next_line_is_read() {
        let (rows, faults) = read("a,b\n\"one\"x,2\n3,4\n");
        assert_eq!(faults, [FaultPlace { fault: QuoteFault::TextAfter, opened: 2, line: 2, byte: Some(9) }]);
        assert_eq!(rows[2], (3, 3, vec!["3".to_owned(), "4".to_owned()]));
    }

    #[test]
    fn something_past_the_cells_that_are_kept_is_noticed() {
        let mut filled = Vec::new();
        for last in ["", " ", "x", "\" y \"", "x,"] {
            let line = format!("a{}{last}\nb\n", ",".repeat(CELLS_KEPT));
            let mut records = Records::new(TextStream::new(line.as_bytes(), 10), b',', 40);
            assert!(records.next().expect("reading from memory"));
            assert_eq!(records.record().cells().count(), CELLS_KEPT);
            filled.push(records.record().filled_past);
            assert!(records.next().expect("reading from memory") && !records.record().filled_past, "each row anew");
        }
        assert_eq!(filled, [false, false, true, true, true]);
    }

    #[test]
    fn a_cell_longer_than_is_read_is_said_to_be() {
        let mut records =
            Records::new(TextStream::new("a,b".repeat(40).as_bytes().to_owned().leak() as &[u8], 10), b';', 40);
        assert!(records.next().expect("reading from memory"));
        assert_eq!((records.record().overlong.as_slice(), records.record().cell(0)), ([0].as_slice(), ""));
    }
}
