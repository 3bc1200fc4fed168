//! Measures the XML of a workbook's parts while they are decompressed, so that no reader is given one that would make
//! it hold much more than the part is worth.

/// One piece of markup or text between tags may be this long; a cell of a return has 10,000 characters at most.
const LONGEST: u64 = 1 << 20;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Text,
    /// After `<`, with the bytes that follow it so far.
    Opening([u8; 8], usize),
    /// In a tag; within an attribute's value when there is a quote.
    Tag(Option<u8>),
    /// In a comment, a CDATA part or an instruction, until its end has been matched to so far.
    Until(&'static [u8], usize),
}

/// What is wrong with a part.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Excess {
    /// A document type definition, which no workbook has.
    Definition,
    /// One piece of text or markup longer than any cell.
    LongPiece,
    /// More tags than a part of its kind has.
    Tags,
}

/// The measure of one part.
#[derive(Debug)]
pub(super) struct Markup {
    state: State,
    piece: u64,
    tags: u64,
    tags_at_most: u64,
}

impl Markup {
    pub(super) const fn new(tags_at_most: u64) -> Self {
        Self { state: State::Text, piece: 0, tags: 0, tags_at_most }
    }

    pub(super) const fn tags(&self) -> u64 {
        self.tags
    }

    /// Takes the next bytes of the part.
    pub(super) fn feed(&mut self, bytes: &[u8]) -> Result<(), Excess> {
        for byte in bytes {
            self.piece += 1;
            self.state = self.next(*byte)?;
            if self.piece > LONGEST {
                return Err(Excess::LongPiece);
            }
        }
        Ok(())
    }

    fn next(&mut self, byte: u8) -> Result<State, Excess> {
        Ok(match self.state {
            State::Text if byte == b'<' => {
                self.tags += 1;
                if self.tags > self.tags_at_most {
                    return Err(Excess::Tags);
                }
                self.piece = 0;
                State::Opening([0; 8], 0)
            }
            State::Text => State::Text,
            State::Opening(mut begun, length) => {
                begun[length] = byte;
                let length = length + 1;
                match &begun[..length] {
                    b"!--" => State::Until(b"-->", 0),
                    b"![CDATA[" => State::Until(b"]]>", 0),
                    b"?" => State::Until(b"?>", 0),
                    more if b"!--".starts_with(more) || b"![CDATA[".starts_with(more) => State::Opening(begun, length),
                    [b'!', ..] => return Err(Excess::Definition),
                    _ => self.within_tag(None, byte),
                }
            }
            State::Tag(quote) => self.within_tag(quote, byte),
            State::Until(end, matched) => {
                // `--->` and `]]]>` end too: a byte that repeats the first of the end keeps what matched.
                let matched = match () {
                    () if byte == end[matched] => matched + 1,
                    () if matched == 2 && byte == end[1] && end[0] == end[1] => 2,
                    () if byte == end[0] => 1,
                    () => 0,
                };
                if matched == end.len() {
                    self.piece = 0;
                    State::Text
                } else {
                    State::Until(end, matched)
                }
            }
        })
    }

    const fn within_tag(&mut self, quote: Option<u8>, byte: u8) -> State {
        match (quote, byte) {
            (Some(open), byte) if open == byte => State::Tag(None),
            (None, b'"' | b'\'') => State::Tag(Some(byte)),
            (None, b'>') => {
                self.piece = 0;
                State::Text
            }
            (quote, _) => State::Tag(quote),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn measure(text: &str) -> Result<u64, Excess> {
        let mut markup = Markup::new(10);
        markup.feed(text.as_bytes()).map(|()| markup.tags())
    }

    #[test]
    fn tags_are_counted_wherever_angle_brackets_hide() {
        assert_eq!(measure("<?xml version=\"1.0\"?><a b=\"<>\"><!-- <x> ---><![CDATA[<y>]]]><c/></a>"), Ok(6));
        assert_eq!(measure(&"<a>".repeat(11)), Err(Excess::Tags));
        assert_eq!(measure("<!DOCTYPE a [<!ENTITY b \"c\">]><a/>"), Err(Excess::Definition));
    }

    #[test]
    fn no_piece_may_be_long() {
        let long = "x".repeat(1 << 20);
        for text in
            [long.clone() + "x", format!("<a b='{long}'>"), format!("<!--{long}-->"), format!("<![CDATA[{long}")]
        {
            assert_eq!(measure(&text), Err(Excess::LongPiece), "{:.20}", text);
        }
        assert_eq!(measure(&format!("{}<a>{}</a>", &long[1..], &long[1..])), Ok(2));
    }
}
