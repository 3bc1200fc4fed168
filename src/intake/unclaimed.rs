//! Bytes of an archive that belong to none of its members: they are kept with it and no reader shows them.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};

/// Between members stands at most what tells the size of the one before, in the long form.
const DESCRIPTOR: u64 = 24;
const END: &[u8] = b"PK\x05\x06";
const END_BYTES: usize = 22;
const LONGEST_COMMENT: usize = 65_535;

/// Where one member begins and ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Span {
    pub(super) start: u64,
    pub(super) end: u64,
}

/// Where an archive holds bytes of no member; nothing when it holds none. `directory` is where its directory begins.
pub(super) fn place(mut spans: Vec<Span>, directory: Option<u64>) -> Option<&'static str> {
    spans.sort_unstable();
    let mut at = 0;
    for (number, span) in spans.iter().enumerate() {
        let allowed = if number == 0 { 0 } else { DESCRIPTOR };
        if span.start > at + allowed {
            return Some(if number == 0 { "before its first member" } else { "between its members" });
        }
        at = at.max(span.end);
    }
    directory.is_some_and(|directory| directory > at + DESCRIPTOR).then_some("after its last member")
}

/// Whether the end of the archive is the end of the file; noughts and blanks after it say nothing.
pub(super) fn ends_with_file(file: &mut File, bytes: u64) -> io::Result<bool> {
    let length = bytes.min((END_BYTES + LONGEST_COMMENT) as u64);
    let mut tail = Vec::new();
    file.seek(SeekFrom::Start(bytes - length))?;
    Read::by_ref(file).take(length).read_to_end(&mut tail)?;
    file.seek(SeekFrom::Start(0))?;
    let ends = memchr::memmem::rfind_iter(&tail, END).any(|at| {
        let Some(comment) = tail.get(at + 20..at + END_BYTES) else { return false };
        let end = at + END_BYTES + usize::from(u16::from_le_bytes([comment[0], comment[1]]));
        tail.get(end..).is_some_and(|rest| rest.iter().all(|byte| *byte == 0 || byte.is_ascii_whitespace()))
    });
    Ok(ends)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_no_member_takes_is_unclaimed() {
        let span = |start, end| Span { start, end };
        assert_eq!(place(vec![span(116, 200), span(0, 100)], Some(216)), None, "sizes may follow each member");
        assert_eq!(place(vec![span(1, 100)], Some(100)), Some("before its first member"));
        assert_eq!(place(vec![span(0, 100), span(125, 200)], Some(200)), Some("between its members"));
        assert_eq!(place(vec![span(0, 100)], Some(125)), Some("after its last member"));
        assert_eq!(place(Vec::new(), None), None);
    }
}
