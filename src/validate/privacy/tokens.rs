//! Parts of a text between characters that are neither letters nor digits.

use std::ops::Range;

/// One part: a run of letters and digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Token {
    pub(super) start: usize,
    pub(super) end: usize,
    /// Whether every character is a digit 0 to 9.
    pub(super) digits: bool,
    /// Whether every character is a letter or digit of ASCII.
    pub(super) ascii: bool,
}

impl Token {
    pub(super) const fn len(self) -> usize {
        self.end - self.start
    }

    pub(super) fn text(self, of: &str) -> &str {
        &of[self.start..self.end]
    }
}

/// All parts of a text, in order.
pub(super) fn tokens(text: &str, found: &mut Vec<Token>) {
    found.clear();
    let mut open: Option<Token> = None;
    for (at, letter) in text.char_indices() {
        if !letter.is_alphanumeric() {
            found.extend(open.take());
            continue;
        }
        let token = open.get_or_insert(Token { start: at, end: at, digits: true, ascii: true });
        token.end = at + letter.len_utf8();
        token.digits &= letter.is_ascii_digit();
        token.ascii &= letter.is_ascii();
    }
    found.extend(open);
}

/// Whether neighbours are parted as people group digits: by white space, or by one hyphen of any kind, full stop or slash with
/// white space around it.
pub(super) fn grouped(text: &str, first: Token, second: Token) -> bool {
    let between = text[first.end..second.start].trim();
    let mut marks = between.chars();
    match (marks.next(), marks.next()) {
        (None, _) => true,
        (Some(mark), None) => is_hyphen(mark) || matches!(mark, '.' | '/'),
        _ => false,
    }
}

pub(super) const fn is_hyphen(letter: char) -> bool {
    matches!(letter, '-' | '\u{2010}'..='\u{2014}' | '\u{2212}')
}

/// The bytes from the first part to the last.
pub(super) const fn span(first: Token, last: Token) -> Range<usize> {
    first.start..last.end
}
