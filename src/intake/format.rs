//! Tells what bytes are from the bytes themselves, never from a name or a media type.

/// How many bytes from the beginning are looked at.
pub(super) const HEAD: usize = 4096;

/// What an upload, or a file within one, is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Format {
    /// Nothing, or white space alone.
    Empty,
    /// A ZIP container: an archive, or a workbook.
    Zip,
    /// The older Microsoft container: a legacy workbook, or an encrypted one.
    Compound,
    Json,
    /// Text, so read as CSV.
    Text,
    /// Something else, with its name and whether it is an archive or compressed file.
    Other {
        name: &'static str,
        packed: bool,
    },
}

/// What begins with these bytes.
const BEGINNINGS: [(&[u8], &str, bool); 19] = [
    (b"\x1f\x8b", "a gzip file", true),
    (b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive", true),
    (b"Rar!\x1a\x07", "a RAR archive", true),
    (b"BZh", "a bzip2 file", true),
    (b"\xfd7zXZ\x00", "an xz file", true),
    (b"\x28\xb5\x2f\xfd", "a Zstandard file", true),
    (b"MSCF", "a cabinet archive", true),
    (b"%PDF", "a PDF document", false),
    (b"{\\rtf", "an RTF document", false),
    (b"\x89PNG", "a PNG picture", false),
    (b"\xff\xd8\xff", "a JPEG picture", false),
    (b"GIF8", "a GIF picture", false),
    (b"PAR1", "a Parquet file", false),
    (b"ARROW1", "an Arrow file", false),
    (b"SQLite format 3\x00", "a SQLite database", false),
    (b"\x7fELF", "a program", false),
    (b"MZ\x90\x00", "a program", false),
    (b"Obj\x01", "an Avro file", false),
    (b"\x00\x01\x00\x00Standard", "an Access database", false),
];

const COMPOUND: &[u8] = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1";

/// What the bytes that a file begins with make it; `head` holds the first [`HEAD`] of them, or all.
pub(super) fn of(head: &[u8]) -> Format {
    if head.starts_with(b"PK\x03\x04") || head.starts_with(b"PK\x05\x06") || head.starts_with(b"PK\x07\x08") {
        return Format::Zip;
    }
    if head.starts_with(COMPOUND) {
        return Format::Compound;
    }
    if let Some((_, name, packed)) = BEGINNINGS.iter().find(|(bytes, ..)| head.starts_with(bytes)) {
        return Format::Other { name, packed: *packed };
    }
    if head.get(257..262) == Some(b"ustar") {
        return Format::Other { name: "a tar archive", packed: true };
    }
    if utf16(head).is_some() {
        return Format::Text;
    }
    let text = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head).trim_ascii_start();
    match text.first() {
        None if head.len() < HEAD => Format::Empty,
        Some(b'{' | b'[') => Format::Json,
        Some(b'<') => {
            let lower = text[..text.len().min(64)].to_ascii_lowercase();
            let page = lower.starts_with(b"<!doctype html") || lower.starts_with(b"<html");
            Format::Other { name: if page { "an HTML page" } else { "an XML document" }, packed: false }
        }
        _ if is_binary(head) => Format::Other { name: "a binary file", packed: false },
        _ => Format::Text,
    }
}

/// Which of the two UTF-16 byte orders text is in, by its byte-order mark or by the noughts of its ASCII characters.
pub(super) fn utf16(head: &[u8]) -> Option<ByteOrder> {
    if head.starts_with(b"\xff\xfe") {
        return Some(ByteOrder::Little);
    }
    if head.starts_with(b"\xfe\xff") {
        return Some(ByteOrder::Big);
    }
    let pairs = head.len() / 2;
    let noughts = |at: usize| head.chunks_exact(2).filter(|pair| pair[at] == 0).count();
    let (first, second) = (noughts(0), noughts(1));
    if pairs >= 4 && second * 10 >= pairs * 8 && first == 0 {
        return Some(ByteOrder::Little);
    }
    (pairs >= 4 && first * 10 >= pairs * 8 && second == 0).then_some(ByteOrder::Big)
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ByteOrder {
    Little,
    Big,
}

/// Whether more than one byte in ten is a control character: no text is like that, however badly it was saved.
fn is_binary(head: &[u8]) -> bool {
    let controls = head.iter().filter(|byte| **byte < 0x20 && !matches!(**byte, b'\t' | b'\n' | b'\r')).count();
    head.len() >= 8 && controls * 10 > head.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bytes_decide() {
        assert_eq!(of(b""), Format::Empty);
        assert_eq!(of(b"\xef\xbb\xbf \r\n"), Format::Empty);
        assert_eq!(of(b"PK\x03\x04...."), Format::Zip);
        assert_eq!(of(b"\xef\xbb\xbf \n{\"header\": []}"), Format::Json);
        assert_eq!(of(b"LA,COLLECTION\n"), Format::Text);
        assert_eq!(of(b"<!DOCTYPE html><p>"), Format::Other { name: "an HTML page", packed: false });
        assert_eq!(of(b"\x00\x01\x02\x03\x04\x05\x06\x07"), Format::Other { name: "a binary file", packed: false });
    }

    #[test]
    fn utf16_is_known_with_and_without_its_mark() {
        assert_eq!(utf16(b"\xff\xfeL\x00"), Some(ByteOrder::Little));
        assert_eq!(utf16(b"\x00L\x00A\x00,\x00C"), Some(ByteOrder::Big));
        assert_eq!(utf16(b"L\x00A\x00,\x00C\x00"), Some(ByteOrder::Little));
        assert_eq!(utf16(b"LA,COLLECTION"), None);
    }
}
