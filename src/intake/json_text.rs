//! A strict reader of JSON text (RFC 8259) that knows where it is, keeps the digits of numbers, and bounds its depth.
//!
//! `serde_json` keeps the last of two equal names and turns long numbers into others; a return must be refused, or keep
//! its digits, there.

use std::cell::Cell;

/// Why a document cannot be read, and at which byte.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Fault {
    pub(super) at: usize,
    pub(super) problem: String,
}

/// A value that is neither a list nor an object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Scalar<'t> {
    Text(String),
    /// As it is written.
    Number(&'t str),
    Truth(bool),
    Null,
}

/// Reads a document from its beginning to its end, as it is asked.
pub(super) struct Parser<'t> {
    text: &'t str,
    at: usize,
    depth: u64,
    deepest: u64,
    /// Whether the next item or name of the innermost list or object is its first.
    first: bool,
    /// The last place that was asked for.
    known: Cell<Place>,
}

/// Where a byte is: its line and column, from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Place {
    byte: usize,
    line: u32,
    column: u32,
}

impl Place {
    const START: Self = Self { byte: 0, line: 1, column: 1 };

    /// The place after these bytes, which follow it. They are all that is looked at, so a document on one line costs no more
    /// than one of many.
    fn after(self, bytes: &[u8]) -> Self {
        let lines = memchr::memchr_iter(b'\n', bytes).count();
        let (column, of_line) = match memchr::memrchr(b'\n', bytes) {
            Some(last) => (1, &bytes[last + 1..]),
            None => (self.column, bytes),
        };
        let letters = of_line.iter().filter(|byte| **byte & 0xc0 != 0x80).count();
        Self {
            byte: self.byte + bytes.len(),
            line: self.line.saturating_add(u32::try_from(lines).unwrap_or(u32::MAX)),
            column: column.saturating_add(u32::try_from(letters).unwrap_or(u32::MAX)),
        }
    }
}

impl<'t> Parser<'t> {
    /// A document may nest `deepest` lists and objects, and never more than 100.
    pub(super) fn new(text: &'t str, deepest: u64) -> Self {
        let known = Cell::new(Place::START);
        let mut parser = Self { text, at: 0, depth: 0, deepest: deepest.min(100), first: true, known };
        parser.skip_space();
        parser
    }

    pub(super) const fn at(&self) -> usize {
        self.at
    }

    pub(super) fn fault(&self, problem: impl Into<String>) -> Fault {
        Fault { at: self.at, problem: problem.into() }
    }

    /// The line and column, from 1, of a byte; cheap when bytes are asked for in order.
    pub(super) fn place(&self, byte: usize) -> (u32, u32) {
        let (known, between) = self.between(byte);
        let place = known.after(between);
        self.known.set(place);
        (place.line, place.column)
    }

    /// The nearest place before a byte that is known, and the bytes that lie between.
    fn between(&self, byte: usize) -> (Place, &'t [u8]) {
        let known = if self.known.get().byte <= byte { self.known.get() } else { Place::START };
        (known, &self.text.as_bytes()[known.byte..byte])
    }

    /// The byte that the next value begins with.
    pub(super) fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn skip_space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    fn take(&mut self, byte: u8) -> bool {
        let found = self.peek() == Some(byte);
        if found {
            self.at += 1;
            self.skip_space();
        }
        found
    }

    fn open(&mut self) -> Result<(), Fault> {
        if self.depth >= self.deepest {
            let problem = format!("it nests deeper than {} lists and objects, the limit of json_depth", self.deepest);
            return Err(self.fault(problem));
        }
        self.depth += 1;
        self.at += 1;
        self.skip_space();
        self.first = true;
        Ok(())
    }

    pub(super) fn begin_object(&mut self) -> Result<(), Fault> {
        self.open()
    }

    pub(super) fn begin_list(&mut self) -> Result<(), Fault> {
        self.open()
    }

    /// Whether another item follows in a list or object that ends with `end`.
    fn next_within(&mut self, end: u8) -> Result<bool, Fault> {
        let first = std::mem::replace(&mut self.first, false);
        if self.take(end) {
            self.depth -= 1;
            return Ok(false);
        }
        if !first {
            if !self.take(b',') {
                return Err(self.fault(self.unexpected(&format!("a comma or {}", char::from(end)))));
            }
            if self.peek() == Some(end) {
                return Err(self.fault("a comma stands before the end"));
            }
        }
        Ok(true)
    }

    /// The next name of an object; nothing at its end.
    pub(super) fn next_key(&mut self) -> Result<Option<String>, Fault> {
        if !self.next_within(b'}')? {
            return Ok(None);
        }
        if self.peek() != Some(b'"') {
            return Err(self.fault(self.unexpected("a name in quotes")));
        }
        let name = self.string()?;
        if !self.take(b':') {
            return Err(self.fault(self.unexpected("a colon")));
        }
        Ok(Some(name))
    }

    /// Whether a list has another item.
    pub(super) fn next_item(&mut self) -> Result<bool, Fault> {
        self.next_within(b']')
    }

    /// Passes over a value of any kind.
    pub(super) fn skip_value(&mut self) -> Result<(), Fault> {
        match self.peek() {
            Some(b'{') => {
                self.begin_object()?;
                while self.next_key()?.is_some() {
                    self.skip_value()?;
                }
                Ok(())
            }
            Some(b'[') => {
                self.begin_list()?;
                while self.next_item()? {
                    self.skip_value()?;
                }
                Ok(())
            }
            _ => self.scalar().map(drop),
        }
    }

    pub(super) fn scalar(&mut self) -> Result<Scalar<'t>, Fault> {
        let rest = &self.text[self.at..];
        if rest.starts_with('"') {
            return self.string().map(Scalar::Text);
        }
        for (word, value) in [("true", Scalar::Truth(true)), ("false", Scalar::Truth(false)), ("null", Scalar::Null)] {
            if rest.starts_with(word) {
                self.at += word.len();
                self.skip_space();
                return Ok(value);
            }
        }
        for word in ["NaN", "Infinity", "-Infinity", "nan", "inf", "-inf"] {
            if rest.starts_with(word) {
                return Err(
                    self.fault(format!("{word} is not a number that JSON knows: write null where there is none"))
                );
            }
        }
        let length = number_length(rest.as_bytes()).ok_or_else(|| self.fault(self.unexpected("a value")))?;
        self.at += length;
        self.skip_space();
        Ok(Scalar::Number(&rest[..length]))
    }

    fn string(&mut self) -> Result<String, Fault> {
        let begin = self.at;
        self.at += 1;
        let mut text = String::new();
        loop {
            let rest = &self.text.as_bytes()[self.at..];
            let plain = rest.iter().position(|byte| matches!(byte, b'"' | b'\\' | b'\n' | b'\r' | b'\t'));
            let Some(plain) = plain else {
                return Err(Fault { at: begin, problem: "a string is not closed".to_owned() });
            };
            text.push_str(&self.text[self.at..self.at + plain]);
            self.at += plain;
            match rest[plain] {
                b'"' => {
                    self.at += 1;
                    self.skip_space();
                    return Ok(text);
                }
                b'\\' => text.push(self.escape()?),
                _ => return Err(self.fault("a line break or a tab stands within a string: write \\n or \\t")),
            }
        }
    }

    fn escape(&mut self) -> Result<char, Fault> {
        let wrong = |parser: &Self| parser.fault("a backslash is not followed by what JSON allows");
        let kind = self.text.as_bytes().get(self.at + 1).copied().ok_or_else(|| wrong(self))?;
        let one = match kind {
            b'"' => '"',
            b'\\' => '\\',
            b'/' => '/',
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'u' => {
                let high = self.unit(self.at + 2).ok_or_else(|| wrong(self))?;
                let low = self.text.as_bytes().get(self.at + 6..self.at + 8).filter(|two| *two == b"\\u");
                let low = low.and_then(|_| self.unit(self.at + 8));
                let pair = [Some(high), low.filter(|_| (0xd800..0xdc00).contains(&high))];
                let decoded = char::decode_utf16(pair.into_iter().flatten()).next().and_then(Result::ok);
                let decoded = decoded.ok_or_else(|| self.fault("half of a character stands alone after \\u"))?;
                self.at += if decoded.len_utf16() == 2 { 12 } else { 6 };
                return Ok(decoded);
            }
            _ => return Err(wrong(self)),
        };
        self.at += 2;
        Ok(one)
    }

    fn unit(&self, at: usize) -> Option<u16> {
        let digits = self.text.as_bytes().get(at..at + 4)?;
        let text = std::str::from_utf8(digits).ok().filter(|_| digits.iter().all(u8::is_ascii_hexdigit))?;
        u16::from_str_radix(text, 16).ok()
    }

    /// The document ends here, and nothing follows it.
    pub(super) fn end(&self) -> Result<(), Fault> {
        if self.at == self.text.len() { Ok(()) } else { Err(self.fault("something follows the end of the document")) }
    }

    fn unexpected(&self, wanted: &str) -> String {
        if self.at == self.text.len() {
            format!("it ends where {wanted} is expected")
        } else {
            format!("{wanted} is expected here")
        }
    }
}

/// How many bytes the number takes that the text begins with.
fn number_length(text: &[u8]) -> Option<usize> {
    let digits = |from: usize| text[from.min(text.len())..].iter().take_while(|byte| byte.is_ascii_digit()).count();
    let mut at = usize::from(text.first() == Some(&b'-'));
    let whole = digits(at);
    if whole == 0 || (whole > 1 && text[at] == b'0') {
        return None;
    }
    at += whole;
    if text.get(at) == Some(&b'.') {
        let fraction = digits(at + 1);
        if fraction == 0 {
            return None;
        }
        at += 1 + fraction;
    }
    if matches!(text.get(at), Some(b'e' | b'E')) {
        let sign = usize::from(matches!(text.get(at + 1), Some(b'+' | b'-')));
        let exponent = digits(at + 1 + sign);
        if exponent == 0 {
            return None;
        }
        at += 1 + sign + exponent;
    }
    Some(at)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scalar(text: &str) -> Result<String, String> {
        let mut parser = Parser::new(text, 8);
        let value = parser.scalar().and_then(|value| parser.end().map(|()| value)).map_err(|fault| fault.problem)?;
        Ok(match value {
            Scalar::Text(text) => text,
            Scalar::Number(digits) => digits.to_owned(),
            other => format!("{other:?}"),
        })
    }

    #[test]
    fn numbers_keep_their_digits() {
        for number in ["0", "-0.5", "12345678901234567890123.4500", "1e3", "1E+10"] {
            assert_eq!(scalar(number).as_deref(), Ok(number));
        }
        for wrong in ["01", "+1", "1.", ".5", "1e", "--1", "NaN", "-Infinity", ""] {
            assert!(scalar(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn strings_are_decoded_strictly() {
        assert_eq!(scalar(r#""a\u00e9\ud83d\ude00\n""#).as_deref(), Ok("aé😀\n"));
        for wrong in [r#""\ud83d""#, r#""\ude00\ud83d""#, r#""\x""#, r#""\u00g1""#, "\"a\nb\"", "\"a"] {
            assert!(scalar(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn depth_is_bounded_and_places_are_told() {
        let mut parser = Parser::new("[[[\n [1]]]]", 3);
        let fault = parser.skip_value().expect_err("four deep");
        assert!(fault.problem.contains("deeper than 3"), "{fault:?}");
        assert_eq!(parser.place(fault.at), (2, 2));
        assert!(Parser::new("[[[1], {\"a\": {}}]]", 4).skip_value().is_ok());
        assert!(Parser::new(&"[".repeat(100_000), 1_000_000).skip_value().is_err());
    }

    /// Every member and every finding asks for its place, in a document that may be one line.
    #[test]
    fn no_byte_is_looked_at_twice_for_places_that_are_asked_in_order() {
        let text = format!("[{}]", vec!["\"\u{e9}\u{1f600}\""; 500].join(", "));
        let mut parser = Parser::new(&text, 8);
        let (mut looked_at, mut places) = (0, 0);
        parser.begin_list().expect("begins");
        while parser.next_item().expect("goes on") {
            let (_, between) = parser.between(parser.at());
            looked_at += between.len();
            let column = text[..parser.at()].chars().count() + 1;
            assert_eq!(parser.place(parser.at()), (1, u32::try_from(column).expect("a column")));
            places += 1;
            parser.skip_value().expect("a text");
        }
        assert_eq!(places, 500);
        assert!(looked_at <= text.len(), "{looked_at} bytes of {}", text.len());
        assert_eq!(parser.place(0), (1, 1), "what was passed is found again");
    }

    #[test]
    fn loose_ends_are_faults() {
        for wrong in ["[1,]", "[1 2]", "{\"a\":1,}", "{a:1}", "{\"a\" 1}", "[", "{\"a\":"] {
            assert!(Parser::new(wrong, 8).skip_value().is_err(), "{wrong}");
        }
    }
}
