//! Everything that one text holds.

use super::contacts::{addresses, telephones};
use super::months::has_day;
use super::numbers::{national_insurance_numbers, nhs_numbers, upns};
use super::plain::Plain;
use super::postcodes::postcodes;
use super::tokens::{Token, tokens};
use crate::spec::FieldType;
use std::ops::Range;

/// The rules that look into cells. P01 looks at headings.
pub(super) const CODES: [&str; 7] = ["P02", "P03", "P04", "P05", "P06", "P07", "P08"];

/// The shortest identifier is a postcode of five characters.
const SHORTEST: usize = 5;

/// Which of [`CODES`] a text breaks, as bits in their order.
pub(super) type Marks = u8;

/// Looks for identifiers; keeps its working memory between texts.
#[derive(Debug, Default)]
pub(super) struct Detector {
    tokens: Vec<Token>,
}

impl Detector {
    /// What a cell of a field of this type holds; no type for columns that the specification does not know.
    pub(super) fn cell(&mut self, text: &str, kind: Option<FieldType>) -> Marks {
        let mut marks = 0;
        let plain = Plain::of(text);
        let text = plain.text.as_ref();
        let searched = if kind == Some(FieldType::Decimal) { without_fraction(text) } else { text };
        self.each_plain(searched, |rule, _| marks |= 1 << rule);
        match kind {
            Some(FieldType::Month) if has_day(text) => marks |= 1 << 5,
            Some(FieldType::Pseudonym) if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) => {
                marks |= 1 << 6;
            }
            _ => {}
        }
        marks
    }

    /// Calls for every identifier with the rule's place in [`CODES`] and where it stands.
    pub(super) fn each(&mut self, text: &str, mut found: impl FnMut(usize, Range<usize>)) {
        let plain = Plain::of(text);
        self.each_plain(&plain.text, |rule, range| found(rule, plain.written(range)));
    }

    fn each_plain(&mut self, text: &str, mut found: impl FnMut(usize, Range<usize>)) {
        if text.len() < SHORTEST {
            return;
        }
        tokens(text, &mut self.tokens);
        let tokens = self.tokens.as_slice();
        postcodes(text, tokens, |at| found(0, at));
        nhs_numbers(text, tokens, |at| found(1, at));
        upns(text, tokens, |at| found(2, at));
        national_insurance_numbers(text, tokens, |at| found(3, at));
        addresses(text, |at| found(4, at));
        telephones(text, tokens, |at| found(4, at));
    }
}

/// A decimal number without its fraction: 33.3333333333 is a third of a hundred, and its fraction no NHS number.
fn without_fraction(text: &str) -> &str {
    match text.split_once('.') {
        Some((whole, fraction))
            if whole.trim_start_matches(['-', '+']).bytes().all(|byte| byte.is_ascii_digit())
                && fraction.bytes().all(|byte| byte.is_ascii_digit()) =>
        {
            whole
        }
        _ => text,
    }
}
