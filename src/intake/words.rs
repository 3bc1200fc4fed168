//! Texts of an upload that are no cells of a table: properties of a workbook, its formulas and headers, comments of an archive,
//! files that systems add. All of it is kept with the original, so all of it is searched.

use super::findings::Findings;
use super::held::Held;
use super::table::{RowPlace, TableBuilder};
use crate::domain::place::{Container, ContainerKind, PartKind};
use crate::domain::table::TextTable;
use crate::spec::Limits;

/// No identifier is shorter.
const SHORTEST: usize = 5;
/// Longer texts are taken in pieces, which overlap by more than any identifier takes.
const PIECE: usize = 4000;
const OVERLAP: usize = 80;
/// Fewer letters than this between others say nothing in a file that is not text: by chance alone eight make a postcode in one
/// picture of some hundred.
const SHORTEST_RUN: usize = 12;

/// The texts of one part while they come in.
pub(super) struct Words<'a> {
    builder: TableBuilder<'a>,
    row: u32,
    run: String,
}

impl<'a> Words<'a> {
    pub(super) fn new(kind: PartKind, part: &str, limits: &'a Limits, held: &'a Held) -> Self {
        let container = Container { kind: ContainerKind::Part(kind), name: part.to_owned() };
        Self { builder: TableBuilder::new(None, container, limits, held), row: 0, run: String::new() }
    }

    /// Takes a text. Every identifier holds a digit or an @, so what holds neither is not kept.
    pub(super) fn add(&mut self, text: &str, findings: &mut Findings) {
        let is_telling = |letter: char| letter.is_numeric() || matches!(letter, '@' | '\u{ff20}');
        if text.len() < SHORTEST || self.builder.is_full() || !text.contains(is_telling) {
            return;
        }
        let letters: Vec<char> = text.chars().map(|letter| if letter.is_control() { ' ' } else { letter }).collect();
        let mut start = 0;
        loop {
            let end = (start + PIECE).min(letters.len());
            let piece: String = letters[start..end].iter().collect();
            // A text that stands in every row of a sheet is one text, and no limit of rows is meant for it.
            if !self.builder.holds(&piece) {
                self.row = self.row.saturating_add(1);
                // Where the limits end it, the finding is made and the upload refused.
                let _ =
                    self.builder.row(RowPlace { row: self.row, line: None }, std::iter::once(piece.as_str()), findings);
            }
            if end == letters.len() {
                return;
            }
            start = end - OVERLAP;
        }
    }

    /// Takes bytes of a file that is not text: its runs of printable letters, also those of UTF-16.
    pub(super) fn add_bytes(&mut self, bytes: &[u8], findings: &mut Findings) {
        for byte in bytes.iter().copied().filter(|byte| *byte != 0) {
            if byte == b' ' || byte.is_ascii_graphic() {
                self.run.push(char::from(byte));
            }
            if !(byte == b' ' || byte.is_ascii_graphic()) || self.run.len() >= PIECE {
                let kept = if self.run.len() >= PIECE { self.run.split_off(PIECE - OVERLAP) } else { String::new() };
                let run = std::mem::replace(&mut self.run, kept.clone()) + &kept;
                if run.len() >= SHORTEST_RUN {
                    self.add(&run, findings);
                }
            }
        }
    }

    /// What is to be searched; nothing where no text could hold an identifier.
    pub(super) fn finish(mut self, findings: &mut Findings) -> Option<TextTable> {
        let run = std::mem::take(&mut self.run);
        if run.len() >= SHORTEST_RUN {
            self.add(&run, findings);
        }
        self.builder.finish(false)
    }
}
