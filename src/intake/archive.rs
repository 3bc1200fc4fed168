//! The guard before every ZIP container, archive or workbook, and the reader of archives of CSV files.
//!
//! Nothing that an archive declares is trusted: members are counted by their headers, and bytes as they are produced.

use super::bounded::{Bounded, Breach, Produced};
use super::findings::shown;
use super::reading::Reading;
use super::system_file;
use super::unclaimed::{self, Span};
use super::words::Words;
use super::workbook::{self, WorkbookKind};
use crate::domain::finding::Location;
use crate::domain::place::PartKind;
use crate::spec::Limits;
use memchr::memmem::Finder;
use std::collections::BTreeSet;
use std::fs::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom};
use zip::read::{Config, ZipArchive};
use zip::result::ZipError;

/// The file of an upload that is a ZIP container.
pub(super) type Container = ZipArchive<BufReader<File>>;

/// What stands in front of each member's entry in the directory of an archive.
const DIRECTORY_ENTRY: &[u8] = b"PK\x01\x02";

/// One member, as the directory of the archive tells it.
#[derive(Debug, Clone)]
pub(super) struct Member {
    pub(super) index: usize,
    pub(super) name: String,
    /// Bytes of the archive that it can take at most.
    pub(super) compressed: u64,
}

/// Reads a ZIP container: a workbook, or an archive of CSV files.
pub(super) fn read(mut file: File, bytes: u64, reading: &mut Reading<'_>) -> io::Result<()> {
    let entries = count_entries(&mut file)?;
    let most = reading.limits.archive_members;
    if entries > most {
        let message = format!(
            "The archive has more than {most} members, the limit of archive_members. A return has one file for each table: \
             put only those into the archive."
        );
        reading.findings.add("F04", Location::default(), message, format!("at most {most} members"));
        return Ok(());
    }
    let ends = unclaimed::ends_with_file(&mut file, bytes)?;
    let mut archive = match Container::with_config(Config::default(), BufReader::new(file)) {
        Ok(archive) => archive,
        Err(error) => {
            refuse_damaged(&error, None, reading);
            return Ok(());
        }
    };
    if !ends {
        refuse_unclaimed("after its end", reading);
    }
    let Some(members) = members(&mut archive, bytes, reading)? else { return Ok(()) };
    match kind_of(&mut archive, &members, reading) {
        Kind::Workbook(kind) => workbook::read(archive, bytes, &members, kind, reading),
        Kind::Archive => {
            read_csv_members(&mut archive, &members, reading);
            Ok(())
        }
        Kind::Other(is) => {
            let message = format!(
                "The upload is {is}, which is not read. Save it as an XLSX or ODS workbook, or as CSV files in a ZIP archive."
            );
            let expected = "a ZIP of CSV files, one CSV, an XLSX or ODS workbook, or a JSON document";
            reading.findings.add("F02", Location { byte: Some(0), ..Location::default() }, message, expected);
            Ok(())
        }
    }
}

/// Counts the directory entries in the bytes themselves, so that a directory of millions is never loaded.
fn count_entries(file: &mut File) -> io::Result<u64> {
    let finder = Finder::new(DIRECTORY_ENTRY);
    let overlap = DIRECTORY_ENTRY.len() - 1;
    let (mut buffer, mut kept, mut count) = (vec![0; 1 << 20], 0, 0);
    file.seek(SeekFrom::Start(0))?;
    loop {
        let read = file.read(&mut buffer[kept..])?;
        if read == 0 {
            break;
        }
        let filled = kept + read;
        count += finder.find_iter(&buffer[..filled]).count() as u64;
        kept = filled.min(overlap);
        buffer.copy_within(filled - kept..filled, 0);
    }
    file.seek(SeekFrom::Start(0))?;
    Ok(count)
}

/// The members that are files, when every one of them may be opened; nothing when the archive is refused.
fn members(archive: &mut Container, bytes: u64, reading: &mut Reading<'_>) -> io::Result<Option<Vec<Member>>> {
    let mut refused = false;
    if archive.has_duplicate_names() {
        let message =
            "The archive has two members of the same name. Make it anew from a folder, where names are unique.";
        reading.findings.add("F04", Location::default(), message, "each member name once");
        refused = true;
    }
    if !matches!(archive.has_overlapping_entries(), Ok(false)) {
        let damaged = ZipError::InvalidArchive("its members overlap, or reach past its end".into());
        refuse_damaged(&damaged, None, reading);
        return Ok(None);
    }
    comment(archive.comment(), reading);
    let mut names = Words::new(PartKind::Names, "the archive", reading.limits, reading.held);
    let mut members = Vec::new();
    let (mut spans, mut directory) = (Vec::new(), None);
    // What holds for one member most often holds for all: it is told once.
    let mut told = BTreeSet::new();
    for index in 0..archive.len() {
        let member = match archive.by_index_raw(index) {
            Ok(member) => member,
            Err(error) => {
                refuse_damaged(&error, None, reading);
                return Ok(None);
            }
        };
        let (start, directory_entry) = (member.header_start(), member.central_header_start());
        let end = member.data_start().unwrap_or(start).saturating_add(member.compressed_size());
        spans.push(Span { start, end });
        directory = Some(directory.map_or(directory_entry, |first: u64| first.min(directory_entry)));
        comment(member.comment().as_bytes(), reading);
        let name = String::from_utf8_lossy(member.name_raw()).into_owned();
        names.add(&name, &mut reading.findings);
        let at = || Location { container: Some(name.clone()), ..Location::default() };
        if is_outside(&name) {
            let message = format!(
                "The member {} names a path outside the archive. Make the archive anew, with the files in its top folder.",
                shown(&name)
            );
            reading.findings.add("F04", at(), message, "member names without “..”, drives or a leading slash");
            refused = true;
        } else if member.encrypted() {
            refused = true;
            if !told.insert("encrypted") {
                continue;
            }
            let message = format!(
                "The member {} is encrypted. Make the archive anew without a password: the connection to the service is \
                 encrypted already.",
                shown(&name)
            );
            reading.findings.add("F03", at(), message, "an archive without a password");
        } else if !matches!(member.compression(), zip::CompressionMethod::Stored | zip::CompressionMethod::Deflated) {
            refused = true;
            if !told.insert("compressed") {
                continue;
            }
            let message = format!(
                "The member {} is compressed in a way that is not read. Make the archive anew with the system's own ZIP \
                 function (method Deflate).",
                shown(&name)
            );
            reading.findings.add("F03", at(), message, "members that are stored or deflated");
        } else if !member.is_dir() {
            members.push(Member { index, compressed: member.compressed_size().min(bytes), name });
        } else if member.size() > 0 {
            refused = true;
            let message = format!(
                "The member {} is named as a folder and holds bytes. Make the archive anew from the CSV files.",
                shown(&name)
            );
            reading.findings.add("F04", at(), message, "folders that hold nothing themselves");
        }
    }
    let names = names.finish(&mut reading.findings);
    reading.aside.extend(names);
    // Where a member is told already, the archive is made anew anyway.
    if !refused && let Some(place) = unclaimed::place(spans, directory) {
        refuse_unclaimed(place, reading);
    }
    Ok((!refused).then_some(members))
}

/// Bytes that belong to no member are kept with the archive, and nobody would see or search them.
fn refuse_unclaimed(place: &str, reading: &mut Reading<'_>) {
    let message = format!(
        "The archive or workbook holds bytes {place} that belong to none of its members. Make it anew with the program that made \
         it, and send that."
    );
    reading.findings.add("F03", Location::default(), message, "an archive of its members and nothing else");
}

/// What an archive says about itself or about a member is only searched.
fn comment(text: &[u8], reading: &mut Reading<'_>) {
    let mut words = Words::new(PartKind::Comment, "the comment", reading.limits, reading.held);
    words.add(&String::from_utf8_lossy(text), &mut reading.findings);
    let read = words.finish(&mut reading.findings);
    reading.aside.extend(read);
}

fn is_outside(name: &str) -> bool {
    let drive = name.as_bytes().get(1) == Some(&b':');
    drive || name.starts_with(['/', '\\']) || name.contains('\0') || name.split(['/', '\\']).any(|part| part == "..")
}

enum Kind {
    Workbook(WorkbookKind),
    Archive,
    Other(&'static str),
}

fn kind_of(archive: &mut Container, members: &[Member], reading: &Reading<'_>) -> Kind {
    let has = |name: &str| members.iter().any(|member| member.name.eq_ignore_ascii_case(name));
    let begins = |folder: &str| members.iter().any(|member| member.name.starts_with(folder));
    if let Some(member) = members.iter().find(|member| member.name == "mimetype") {
        let produced = Produced::default();
        let mut kind = String::new();
        if let Ok(file) = archive.by_index(member.index) {
            let bounded = Bounded::new(file, member.compressed, reading.limits, &produced);
            // A member that cannot be read has no kind, and is refused as what it is further on.
            let _ = bounded.take(100).read_to_string(&mut kind);
        }
        return match kind.trim() {
            "application/vnd.oasis.opendocument.spreadsheet" => Kind::Workbook(WorkbookKind::Ods),
            _ => Kind::Other("an OpenDocument file other than a spreadsheet"),
        };
    }
    if !has("[Content_Types].xml") {
        return Kind::Archive;
    }
    if begins("word/") {
        Kind::Other("a Word document")
    } else if begins("ppt/") {
        Kind::Other("a PowerPoint presentation")
    } else if has("xl/workbook.bin") {
        Kind::Other("a binary workbook (XLSB)")
    } else if !begins("xl/") {
        Kind::Other("an Office document other than a workbook")
    } else {
        Kind::Workbook(WorkbookKind::Xlsx)
    }
}

fn read_csv_members(archive: &mut Container, members: &[Member], reading: &mut Reading<'_>) {
    let produced = Produced::default();
    let mut folder: Option<String> = None;
    for member in members {
        if system_file::is_named_so(&member.name) && is_system_file(archive, member, &produced, reading) {
            reading.system_files += 1;
            continue;
        }
        let own = member.name.rsplit_once(['/', '\\']).map_or("", |(folder, _)| folder);
        match &folder {
            None => folder = Some(own.to_owned()),
            Some(folder) if folder != own => {
                let message = format!(
                    "The file {} does not lie in the same folder of the archive as the others. Put all files into one folder.",
                    shown(&member.name)
                );
                let at = Location { container: Some(member.name.clone()), ..Location::default() };
                reading.findings.add("F13", at, message, "all tables in one folder");
            }
            Some(_) => {}
        }
        let outcome = match archive.by_index(member.index) {
            Ok(file) => {
                let mut bounded = Bounded::new(file, member.compressed, reading.limits, &produced);
                let read = reading.csv_file(&member.name, &mut bounded, true);
                // What was not read is produced all the same, so that a bomb or a wrong checksum at the end is found.
                read.and_then(|()| io::copy(&mut bounded, &mut io::sink())).map_err(ZipError::Io)
            }
            Err(error) => Err(error),
        };
        if let Err(error) = outcome {
            match produced.breach() {
                Some(breach) => {
                    refuse_breach(breach, &member.name, reading);
                    return;
                }
                None => {
                    reading.met_unread(&member.name);
                    refuse_damaged(&error, Some(&member.name), reading);
                }
            }
        }
    }
}

/// Whether a member that is named like a file that systems add is one. What cannot be read is refused as what it is further on.
fn is_system_file(archive: &mut Container, member: &Member, produced: &Produced, reading: &mut Reading<'_>) -> bool {
    let Ok(file) = archive.by_index(member.index) else { return false };
    let mut bounded = Bounded::new(file, member.compressed, reading.limits, produced);
    let is = system_file::read(&member.name, &mut bounded, reading).unwrap_or(false);
    // The end of the member too, so that a wrong checksum is found.
    is && io::copy(&mut bounded, &mut io::sink()).is_ok()
}

/// A member produced more than the limits allow.
pub(super) fn refuse_breach(breach: Breach, member: &str, reading: &mut Reading<'_>) {
    let limits: &Limits = reading.limits;
    let (what, expected) = match breach {
        Breach::Total => {
            let most = limits.expanded_bytes;
            (format!("more than {most} bytes, the limit of expanded_bytes"), format!("at most {most} bytes expanded"))
        }
        Breach::Ratio => {
            let most = limits.expansion_ratio;
            let what = format!("more than {most} times its compressed size, the limit of expansion_ratio");
            (what, format!("at most {most} bytes for each compressed byte"))
        }
    };
    let message = format!(
        "The archive expands to {what}, at {}; reading stopped there. Send the tables themselves: files that compress so \
         far are mostly blank.",
        shown(member)
    );
    reading.cut_short = true;
    let at = Location { container: Some(member.to_owned()), ..Location::default() };
    reading.findings.add("F04", at, message, expected);
}

/// The container, or one of its members, cannot be read.
pub(super) fn refuse_damaged(error: &ZipError, member: Option<&str>, reading: &mut Reading<'_>) {
    let what =
        member.map_or_else(|| "The archive or workbook".to_owned(), |name| format!("The member {}", shown(name)));
    let why = match error {
        ZipError::Io(error) if error.kind() == io::ErrorKind::UnexpectedEof => "it ends before its end".to_owned(),
        ZipError::Io(error) => format!("its content is damaged ({error})"),
        error => format!("{error}").replace("invalid Zip archive: ", ""),
    };
    let message = format!(
        "{what} is truncated or corrupt: {why}. Make it anew and send it again; compare its size with that of the file you \
         made."
    );
    let at = Location { container: member.map(str::to_owned), ..Location::default() };
    reading.findings.add("F03", at, message, "a complete archive or workbook");
}
