//! Files that systems add to an archive by themselves. They are left aside, but only what is such a file by its own bytes too, and
//! after its texts have been searched: a table of names called `__MACOSX/names.csv` is no such file.

use super::reading::Reading;
use super::words::Words;
use crate::domain::place::PartKind;
use std::io::{self, Read};

/// Larger ones hold more than a system notes about a few tables.
const LARGEST: u64 = 64 << 10;

/// What a path is named for.
fn beginning_of(path: &str) -> Option<&'static [u8]> {
    let mut parts = path.split(['/', '\\']).filter(|part| !part.is_empty());
    let last = parts.clone().next_back().unwrap_or("").to_ascii_lowercase();
    match last.as_str() {
        ".ds_store" => Some(b"\0\0\0\x01Bud1"),
        "thumbs.db" => Some(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"),
        "desktop.ini" => Some(b"["),
        _ if parts.any(|part| part == "__MACOSX") => Some(b"\0\x05\x16\x07"),
        _ => None,
    }
}

/// Whether a path is named like a file that systems add.
pub(super) fn is_named_so(path: &str) -> bool {
    beginning_of(path).is_some()
}

/// Reads a file of such a name, to be searched; false when it is something else by its content.
pub(super) fn read(path: &str, file: &mut impl Read, reading: &mut Reading<'_>) -> io::Result<bool> {
    let mut content = Vec::new();
    file.take(LARGEST + 1).read_to_end(&mut content)?;
    // The marks of the orders of bytes of UTF-16, in which `desktop.ini` is written too.
    let start = content.strip_prefix(b"\xff\xfe").unwrap_or(&content);
    let is_so = content.is_empty() || beginning_of(path).is_some_and(|begins| start.starts_with(begins));
    let mut words = Words::new(PartKind::System, path, reading.limits, reading.held);
    words.add_bytes(&content, &mut reading.findings);
    let read = words.finish(&mut reading.findings);
    reading.aside.extend(read);
    Ok(is_so && content.len() as u64 <= LARGEST)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_known_by_their_names() {
        for path in ["__MACOSX/._x.csv", "a/__MACOSX/b/._x.csv", "a/.DS_Store", "Thumbs.db", "x\\desktop.ini"] {
            assert!(is_named_so(path), "{path}");
        }
        for path in ["children.csv", "MACOSX/x.csv", "._children.csv", "thumbs.db.csv"] {
            assert!(!is_named_so(path), "{path}");
        }
    }
}
