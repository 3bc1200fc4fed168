//! The guard before a workbook is read.

use super::archive::{Container, Member, refuse_breach, refuse_damaged};
use super::bounded::{Bounded, Produced};
use super::findings::shown;
use super::markup::{Excess, Markup};
use super::reading::Reading;
use super::{active, ods, parts, xlsx};
use crate::domain::finding::Location;
use std::io::{self, Read};
use zip::result::ZipError;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum WorkbookKind {
    Xlsx,
    Ods,
}

/// Tags and bytes of the parts that a reader holds in memory as a whole.
const STYLE_TAGS: u64 = 500_000;
const STYLE_BYTES: u64 = 16 << 20;
const TEXT_TAGS: u64 = 10_000_000;
const TEXT_BYTES: u64 = 256 << 20;

/// Reads a workbook, after every part of it has been decompressed once and measured.
pub(super) fn read(
    mut archive: Container,
    bytes: u64,
    members: &[Member],
    kind: WorkbookKind,
    reading: &mut Reading<'_>,
) -> io::Result<()> {
    if kind == WorkbookKind::Ods && is_encrypted(&mut archive, members, reading) {
        let message = "The workbook is protected with a password. Save it again without one: the connection to the \
                       service is encrypted already.";
        reading.findings.add("F03", Location::default(), message, "a workbook without a password");
        return Ok(());
    }
    let is_sound = measure(&mut archive, members, reading);
    active::refuse_parts(&mut archive, members, reading);
    if !is_sound {
        return Ok(());
    }
    parts::gather(&mut archive, members, reading);
    match kind {
        WorkbookKind::Xlsx => xlsx::read(archive.into_inner().into_inner(), bytes, reading),
        WorkbookKind::Ods => {
            ods::read(&mut archive, members, reading);
            Ok(())
        }
    }
}

fn within(part: &str, folders: &[&str]) -> bool {
    folders.iter().any(|folder| part.starts_with(folder))
}

/// Parts that no reader of ours opens, and that are as large as the sheets they belong to.
const STREAMED: [&str; 6] =
    ["xl/calcchain.xml", "xl/comments", "xl/threadedcomments/", "xl/drawings/", "xl/pivotcache/", "xl/tables/"];

/// Whether the workbook itself is the part that every program makes it, so that the reader opens no other part as one.
fn is_usual(archive: &mut Container, members: &[Member], reading: &Reading<'_>) -> bool {
    let Some(member) = members.iter().find(|member| member.name == "_rels/.rels") else { return false };
    let relations = start_of(archive, member, reading).to_ascii_lowercase();
    let count = |text: &str| relations.matches(text).count();
    count("relationships/officedocument") == 1 && count("\"xl/workbook.xml\"") + count("\"/xl/workbook.xml\"") == 1
}

/// The beginning of a part; what cannot be read says nothing here, and is refused when every part is measured.
pub(super) fn start_of(archive: &mut Container, member: &Member, reading: &Reading<'_>) -> String {
    let produced = Produced::default();
    let mut start = Vec::new();
    if let Ok(part) = archive.by_index(member.index) {
        let part = Bounded::new(part, member.compressed, reading.limits, &produced);
        let _ = part.take(STYLE_BYTES).read_to_end(&mut start);
    }
    String::from_utf8_lossy(&start).into_owned()
}

/// Whether the manifest of an OpenDocument workbook says that parts are encrypted.
fn is_encrypted(archive: &mut Container, members: &[Member], reading: &Reading<'_>) -> bool {
    let Some(member) = members.iter().find(|member| member.name == "META-INF/manifest.xml") else { return false };
    start_of(archive, member, reading).contains("encryption-data")
}

/// Decompresses every part within the limits and measures its XML; false when the workbook must not be read.
fn measure(archive: &mut Container, members: &[Member], reading: &mut Reading<'_>) -> bool {
    let produced = Produced::default();
    let usual = is_usual(archive, members, reading);
    let mut sound = true;
    for member in members {
        let part = match archive.by_index(member.index) {
            Ok(part) => part,
            Err(error) => {
                refuse_damaged(&error, Some(&member.name), reading);
                sound = false;
                continue;
            }
        };
        let mut part = Bounded::new(part, member.compressed, reading.limits, &produced);
        match measure_part(&mut part, &member.name, usual) {
            Ok(None) => {}
            Ok(Some(refusal)) => {
                refuse_part(refusal, &member.name, reading);
                sound = false;
            }
            Err(error) => {
                sound = false;
                match produced.breach() {
                    Some(breach) => {
                        refuse_breach(breach, &member.name, reading);
                        return false;
                    }
                    None => refuse_damaged(&ZipError::Io(error), Some(&member.name), reading),
                }
            }
        }
    }
    sound
}

enum Refusal {
    Nested,
    Markup(Excess),
    Bytes(u64),
    /// The texts that a workbook shares between cells are said to be more than there are.
    Declared,
}

fn measure_part(part: &mut impl Read, name: &str, usual: bool) -> io::Result<Option<Refusal>> {
    let lower = name.to_ascii_lowercase();
    let shared_texts = lower.ends_with("sharedstrings.xml");
    let cells = lower.contains("sheets/") || lower == "content.xml" || (usual && within(&lower, &STREAMED));
    let is_xml = lower.ends_with(".xml") || lower.ends_with(".rels");
    let (tags, most) = match () {
        () if !is_xml || cells => (u64::MAX, u64::MAX),
        () if shared_texts => (TEXT_TAGS, TEXT_BYTES),
        () => (STYLE_TAGS, STYLE_BYTES),
    };
    let mut markup = Markup::new(tags);
    let (mut buffer, mut total, mut start) = (vec![0; 1 << 16], 0, Vec::new());
    loop {
        let count = match part.read(&mut buffer) {
            Ok(0) => break,
            Ok(count) => count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        };
        let bytes = &buffer[..count];
        if total == 0 && bytes.starts_with(b"PK\x03\x04") && !lower.contains("embeddings/") {
            return Ok(Some(Refusal::Nested));
        }
        total += count as u64;
        if total > most {
            return Ok(Some(Refusal::Bytes(most)));
        }
        if is_xml && let Err(excess) = markup.feed(bytes) {
            return Ok(Some(Refusal::Markup(excess)));
        }
        if shared_texts && start.len() < 1 << 16 {
            start.extend_from_slice(bytes);
        }
    }
    Ok((shared_texts && declared(&start) > markup.tags()).then_some(Refusal::Declared))
}

/// The number of shared texts that the part claims to hold; the reader makes room for as many at once.
fn declared(start: &[u8]) -> u64 {
    let text = String::from_utf8_lossy(start);
    let claims = text.split("uniqueCount").skip(1).map(|after| {
        let digits = after.trim_start_matches(|one: char| one.is_whitespace() || matches!(one, '=' | '"' | '\''));
        let end = digits.find(|one: char| !one.is_ascii_digit()).unwrap_or(digits.len());
        if end == 0 { 0 } else { digits[..end].parse().unwrap_or(u64::MAX) }
    });
    claims.max().unwrap_or(0)
}

fn refuse_part(refusal: Refusal, part: &str, reading: &mut Reading<'_>) {
    let at = Location { container: Some(part.to_owned()), ..Location::default() };
    let shown_part = shown(part);
    let (code, what) = match refusal {
        Refusal::Nested => ("F04", "is an archive within the workbook".to_owned()),
        Refusal::Bytes(most) => {
            ("F04", format!("expands to more than {most} bytes, the most that a part of its kind may"))
        }
        Refusal::Markup(Excess::Tags) => ("F04", "expands to more elements than any workbook has".to_owned()),
        Refusal::Markup(Excess::LongPiece) => ("F04", "holds a piece of text of more than 1 MiB".to_owned()),
        Refusal::Markup(Excess::Definition) => ("F03", "holds a document type definition".to_owned()),
        Refusal::Declared => ("F03", "says that it holds more texts than it does".to_owned()),
    };
    let message = format!(
        "The part {shown_part} of the workbook {what}. Open the workbook in a spreadsheet program, copy the tables into a \
         new one and save that."
    );
    reading.findings.add(code, at, message, "a workbook as a spreadsheet program saves it");
}

/// The workbook, or one of its sheets, cannot be read to its end.
pub(super) fn refuse(sheet: Option<&str>, reading: &mut Reading<'_>) {
    let what =
        sheet.map_or_else(|| "The workbook".to_owned(), |name| format!("The sheet {} of the workbook", shown(name)));
    let message = format!(
        "{what} is corrupt and cannot be read to its end. Open the workbook in a spreadsheet program, let it be repaired, \
         and save it again."
    );
    // One sheet that breaks off hides no other; a workbook that does may.
    reading.cut_short |= sheet.is_none();
    let at = Location { container: sheet.map(str::to_owned), ..Location::default() };
    reading.findings.add("F03", at, message, "a workbook as a spreadsheet program saves it");
}
