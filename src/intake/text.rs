//! Turns the bytes of a text file into UTF-8, piece by piece, and says where they were not clean.
//!
//! A file that is not UTF-8 is refused, but it is still decoded as what it seems to be, so that everything else that is
//! wrong with it is found in the same round.

use super::findings::{Findings, shown};
use super::format::{ByteOrder, HEAD, utf16};
use crate::domain::finding::Location;
use encoding_rs::{Decoder, UTF_16BE, UTF_16LE, WINDOWS_1252};
use std::io::{self, Read};

const PIECE: usize = 64 * 1024;

/// A place in a text: its line from 1, and its byte from 0 where that is still the file's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Spot {
    pub(super) line: u32,
    pub(super) byte: Option<u64>,
}

enum Encoding {
    Utf8,
    /// The second part says whether the mark, or the text, named the order.
    Utf16(Box<Decoder>, ByteOrder),
}

/// A reader of text in pieces that never cut a character.
pub(super) struct TextStream<R> {
    input: R,
    raw: Vec<u8>,
    /// How much of `raw` is filled, and how much of that the present piece takes.
    filled: usize,
    taken: usize,
    /// The piece, when it is not simply the beginning of `raw`.
    decoded: Option<Vec<u8>>,
    encoding: Encoding,
    started: bool,
    ended: bool,
    /// Bytes of the file before the present piece.
    before: u64,
    line: u32,
    last_was_return: bool,
    origin: u64,
    not_utf8: Option<Spot>,
    controls: Vec<Spot>,
    control_count: u64,
    controls_at_most: usize,
}

impl<R: Read> TextStream<R> {
    pub(super) fn new(input: R, controls_at_most: u64) -> Self {
        Self {
            input,
            raw: vec![0; PIECE],
            filled: 0,
            taken: 0,
            decoded: None,
            encoding: Encoding::Utf8,
            started: false,
            ended: false,
            before: 0,
            line: 1,
            last_was_return: false,
            origin: 0,
            not_utf8: None,
            controls: Vec::new(),
            control_count: 0,
            controls_at_most: usize::try_from(controls_at_most).unwrap_or(usize::MAX),
        }
    }

    /// Makes the next piece ready; false at the end of the file.
    pub(super) fn fill(&mut self) -> io::Result<bool> {
        loop {
            if self.ended {
                self.taken = 0;
                self.decoded = None;
                return Ok(false);
            }
            self.raw.copy_within(self.taken..self.filled, 0);
            self.filled -= self.taken;
            self.before += self.taken as u64;
            self.taken = 0;
            self.decoded = None;
            let least = if self.started { self.filled + 1 } else { HEAD };
            self.read_at_least(least)?;
            if !self.started {
                self.start();
            }
            match &self.encoding {
                Encoding::Utf8 => self.take_utf8(),
                Encoding::Utf16(..) => self.take_utf16(),
            }
            self.scan();
            if !self.piece().is_empty() {
                return Ok(true);
            }
        }
    }

    /// The present piece: whole characters of UTF-8.
    pub(super) fn piece(&self) -> &[u8] {
        self.decoded.as_deref().unwrap_or(&self.raw[..self.taken])
    }

    /// Where in the file a byte of the present piece is, while the text is the file's own bytes.
    pub(super) fn byte(&self, at: usize) -> Option<u64> {
        (self.not_utf8.is_none() && self.decoded.is_none()).then_some(self.before + at as u64)
    }

    /// Where in the file its text begins, when the text is the file's own bytes.
    pub(super) fn origin(&self) -> Option<u64> {
        self.not_utf8.is_none().then_some(self.origin)
    }

    fn read_at_least(&mut self, least: usize) -> io::Result<()> {
        while self.filled < least.min(self.raw.len()) {
            match self.input.read(&mut self.raw[self.filled..]) {
                Ok(0) => {
                    self.ended = true;
                    return Ok(());
                }
                Ok(more) => self.filled += more,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// Looks at the first bytes: a byte-order mark is no part of the text.
    fn start(&mut self) {
        self.started = true;
        let head = &self.raw[..self.filled];
        let mark = if head.starts_with(b"\xef\xbb\xbf") {
            3
        } else if let Some(order) = utf16(head) {
            let named = if order == ByteOrder::Little { UTF_16LE } else { UTF_16BE };
            self.encoding = Encoding::Utf16(Box::new(named.new_decoder_without_bom_handling()), order);
            self.not_utf8 = Some(Spot { line: 1, byte: Some(0) });
            if head.starts_with(b"\xff\xfe") || head.starts_with(b"\xfe\xff") { 2 } else { 0 }
        } else {
            0
        };
        self.raw.copy_within(mark..self.filled, 0);
        self.filled -= mark;
        self.before = mark as u64;
        self.origin = self.before;
    }

    fn take_utf8(&mut self) {
        let all = &self.raw[..self.filled];
        let (valid, wrong) = match std::str::from_utf8(all) {
            Ok(_) => (all.len(), false),
            Err(error) => (error.valid_up_to(), error.error_len().is_some() || self.ended),
        };
        self.taken = valid;
        if !wrong {
            return;
        }
        let byte = self.before + valid as u64;
        if self.not_utf8.is_none() {
            let lines = line_ends(&all[..valid], self.last_was_return);
            self.not_utf8 = Some(Spot { line: self.line + lines, byte: Some(byte) });
        }
        let mut decoded = Vec::with_capacity(all.len() * 2);
        let mut left = all;
        while let Err(error) = std::str::from_utf8(left) {
            let (good, rest) = left.split_at(error.valid_up_to());
            decoded.extend_from_slice(good);
            left = rest;
            let Some(bad) = error.error_len().or(self.ended.then_some(rest.len())) else { break };
            let (character, _) = WINDOWS_1252.decode_without_bom_handling(&rest[..bad]);
            decoded.extend_from_slice(character.as_bytes());
            left = &rest[bad..];
        }
        if std::str::from_utf8(left).is_ok() {
            decoded.extend_from_slice(left);
            left = &[];
        }
        self.taken = self.filled - left.len();
        self.decoded = Some(decoded);
    }

    fn take_utf16(&mut self) {
        let Encoding::Utf16(decoder, _) = &mut self.encoding else { return };
        let all = &self.raw[..self.filled];
        let mut decoded = vec![0; decoder.max_utf8_buffer_length(all.len()).unwrap_or(all.len() * 3 + 16)];
        let (_, read, written, _) = decoder.decode_to_utf8(all, &mut decoded, self.ended);
        decoded.truncate(written);
        self.taken = read;
        self.decoded = Some(decoded);
    }

    /// Counts the lines of the piece and looks for control characters.
    fn scan(&mut self) {
        let piece = self.decoded.as_deref().unwrap_or(&self.raw[..self.taken]);
        let faithful = self.decoded.is_none() && self.not_utf8.is_none();
        let mut previous = 0;
        for (at, byte) in piece.iter().copied().enumerate() {
            let after_return = std::mem::replace(&mut self.last_was_return, byte == b'\r');
            let found = match byte {
                b'\r' => {
                    self.line = self.line.saturating_add(1);
                    false
                }
                b'\n' => {
                    self.line = self.line.saturating_add(u32::from(!after_return));
                    false
                }
                b'\t' => false,
                0..0x20 | 0x7f => true,
                0x80..=0x9f => previous == 0xc2,
                _ => false,
            };
            if found {
                self.control_count += 1;
                if self.controls.len() < self.controls_at_most {
                    let start = at - usize::from(byte >= 0x80);
                    let byte = faithful.then_some(self.before + start as u64);
                    self.controls.push(Spot { line: self.line, byte });
                }
            }
            previous = byte;
        }
    }

    /// Tells what was not clean about the text that has been read.
    pub(super) fn report(&self, findings: &mut Findings, table: Option<&str>, container: &str) {
        let at = |spot: Spot| Location {
            table: table.map(str::to_owned),
            container: Some(container.to_owned()),
            line: Some(spot.line),
            byte: spot.byte,
            ..Location::default()
        };
        if let Some(spot) = self.not_utf8 {
            let (is, from) = match self.encoding {
                Encoding::Utf16(_, ByteOrder::Little) => ("UTF-16 (little-endian)", "in the whole file".to_owned()),
                Encoding::Utf16(_, ByteOrder::Big) => ("UTF-16 (big-endian)", "in the whole file".to_owned()),
                Encoding::Utf8 => ("probably Windows-1252 (Excel's plain CSV, or ANSI)", place(spot)),
            };
            let message = format!(
                "The text of {} is not UTF-8 but {is}, {from}. Save it again as UTF-8: in Excel choose the file type \
                 “CSV UTF-8 (Comma delimited)”, in a text editor the encoding UTF-8.",
                shown(container)
            );
            findings.add("F05", at(spot), message, "UTF-8, with or without a byte-order mark");
        }
        for spot in &self.controls {
            let message = format!(
                "{} holds a NUL or another control character {}. Such characters come from a faulty export or a copied \
                 text: find and delete them in the case system or in a text editor.",
                shown(container),
                place(*spot)
            );
            findings.add("F06", at(*spot), message, "no control characters but tab, carriage return and line feed");
        }
        findings.count_more("F06", self.control_count - self.controls.len() as u64);
    }
}

fn place(spot: Spot) -> String {
    match spot.byte {
        Some(byte) => format!("on line {}, at byte {byte}", spot.line),
        None => format!("on line {}", spot.line),
    }
}

/// How many lines end in the text; a line feed after a carriage return ends none.
pub(super) fn line_ends(text: &[u8], mut after_return: bool) -> u32 {
    let mut lines = 0;
    for byte in text {
        lines += u32::from(*byte == b'\r' || (*byte == b'\n' && !after_return));
        after_return = *byte == b'\r';
    }
    lines
}

/// Whether a cell that did not come from a text file holds a control character.
pub(super) fn has_control(text: &str) -> bool {
    text.chars().any(|one| one.is_control() && !matches!(one, '\t' | '\r' | '\n'))
}
