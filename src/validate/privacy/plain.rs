//! A text as a person reads it: without characters that show nothing, and with wide letters and digits as plain ones. By
//! either an identifier could be parted or hidden unseen; both come out of web pages, documents and mail.

use std::borrow::Cow;
use std::ops::Range;

/// A text as it is read, and where its parts stand in the text as it was written.
#[derive(Debug)]
pub(super) struct Plain<'a> {
    pub(super) text: Cow<'a, str>,
    /// For each byte of `text`, and its end, the place in what was written; none where the two are one.
    places: Option<Vec<usize>>,
}

impl<'a> Plain<'a> {
    pub(super) fn of(written: &'a str) -> Self {
        if written.is_ascii() || !written.chars().any(|letter| is_invisible(letter) || is_wide(letter)) {
            return Self { text: Cow::Borrowed(written), places: None };
        }
        let (mut text, mut places) = (String::with_capacity(written.len()), Vec::with_capacity(written.len() + 1));
        for (at, letter) in written.char_indices().filter(|(_, letter)| !is_invisible(*letter)) {
            text.push(narrow(letter));
            places.resize(text.len(), at);
        }
        places.push(written.len());
        Self { text: Cow::Owned(text), places: Some(places) }
    }

    /// A range of the text in what was written, with what shows nothing within it.
    pub(super) fn written(&self, range: Range<usize>) -> Range<usize> {
        let place = |at: usize| match &self.places {
            None => at,
            Some(places) => places.get(at).or(places.last()).copied().unwrap_or(at),
        };
        place(range.start)..place(range.end)
    }
}

/// Characters that show nothing: soft hyphens, joiners, marks of direction, variation selectors, tags.
const fn is_invisible(letter: char) -> bool {
    matches!(
        letter,
        '\u{ad}'
            | '\u{34f}'
            | '\u{61c}'
            | '\u{180e}'
            | '\u{200b}'..='\u{200f}'
            | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{fe00}'..='\u{fe0f}'
            | '\u{feff}'
            | '\u{e0000}'..='\u{e007f}'
    )
}

/// ASCII in the width of East Asian letters.
const fn is_wide(letter: char) -> bool {
    matches!(letter, '\u{ff01}'..='\u{ff5e}')
}

fn narrow(letter: char) -> char {
    if is_wide(letter) { char::from_u32(u32::from(letter) - 0xfee0).unwrap_or(letter) } else { letter }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_read_has_its_place_in_what_was_written() {
        let written = "é\u{200b}9\u{ad}4\u{ff13}!";
        let plain = Plain::of(written);
        assert_eq!(plain.text, "é943!");
        assert_eq!(&written[plain.written(2..5)], "9\u{ad}4\u{ff13}");
        assert_eq!(plain.written(0..plain.text.len()), 0..written.len());
        assert!(matches!(Plain::of("café 943").text, Cow::Borrowed("café 943")));
    }
}
