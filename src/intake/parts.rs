//! Gathers what stands in a workbook's parts beside its cells, so that it is searched: properties, formulas, headers and footers,
//! links, names, notes of validations. Names of authors are left out: who made a file is no child; so is the preview of the first
//! sheet, whose cells are searched themselves.

use super::archive::{Container, Member};
use super::bounded::{Bounded, Produced};
use super::reading::Reading;
use super::words::Words;
use crate::domain::place::PartKind;
use quick_xml::Reader;
use quick_xml::escape::unescape;
use quick_xml::events::{BytesStart, Event};
use std::io::{self, BufRead, BufReader, Read};

/// Attributes that people fill in, or that are made of what they did.
const SPOKEN: [&str; 20] = [
    "name",
    "displayName",
    "uniqueName",
    "caption",
    "comment",
    "description",
    "descr",
    "title",
    "prompt",
    "promptTitle",
    "error",
    "errorTitle",
    "display",
    "tooltip",
    "location",
    "Target",
    "href",
    "url",
    "formula",
    "string-value",
];

/// Elements whose text is the name of an author or an organisation.
const AUTHORS: [&str; 7] =
    ["creator", "lastModifiedBy", "initial-creator", "printed-by", "Company", "Manager", "UserInfo"];

/// Beginnings of the names of properties that document systems add by themselves: numbers of documents, labels, their owners.
const SYSTEM: [&str; 5] = ["_dlc_", "MSIP_Label_", "ContentTypeId", "xd_", "display_urn"];

/// A text that many pieces make is taken when it is as long as this.
const LONGEST: usize = 1 << 20;

/// Gathers the words of every part that is not read otherwise. Every part has been measured before.
pub(super) fn gather(archive: &mut Container, members: &[Member], reading: &mut Reading<'_>) {
    for member in members {
        let lower = member.name.to_ascii_lowercase();
        // Who wrote, and how a program showed the sheets on a screen and on paper.
        if lower.starts_with("xl/persons/") || lower == "settings.xml" {
            continue;
        }
        // Those whose pieces have been measured, so that none of them is large.
        let is_xml = [".xml", ".rels"].iter().any(|ending| lower.ends_with(ending));
        // What is no sound XML is searched as bytes.
        for as_xml in [true, false].into_iter().filter(|as_xml| is_xml || !as_xml) {
            let produced = Produced::default();
            let Ok(part) = archive.by_index(member.index) else { break };
            let part = Bounded::new(part, member.compressed, reading.limits, &produced);
            let mut words = Words::new(kind_of(&lower), &member.name, reading.limits, reading.held);
            let sound = if as_xml {
                xml(BufReader::new(part), &lower, &mut words, reading).is_ok()
            } else {
                bytes(part, is_preview(&lower), &mut words, reading).is_ok()
            };
            let read = words.finish(&mut reading.findings);
            reading.aside.extend(read);
            if sound {
                break;
            }
        }
    }
}

fn kind_of(lower: &str) -> PartKind {
    if lower == "content.xml" || lower.ends_with("sharedstrings.xml") {
        PartKind::Texts
    } else if lower.starts_with("docprops/") || lower.starts_with("customxml/") || lower == "meta.xml" {
        PartKind::Properties
    } else if lower.starts_with("xl/worksheets/") || lower == "styles.xml" {
        PartKind::Sheet
    } else {
        PartKind::Other
    }
}

/// The picture of the first sheet that programs make for folders of files.
fn is_preview(lower: &str) -> bool {
    lower.starts_with("thumbnails/") || lower.starts_with("docprops/thumbnail.")
}

/// How compressed pictures begin. Their bytes are as good as random, and letters among them are chance.
const COMPRESSED: [&[u8]; 2] = [b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff"];

fn bytes(mut part: impl Read, is_preview: bool, words: &mut Words<'_>, reading: &mut Reading<'_>) -> io::Result<()> {
    let mut buffer = vec![0; 1 << 16];
    let mut at_start = true;
    loop {
        match part.read(&mut buffer) {
            Ok(0) => return Ok(()),
            Ok(count)
                if is_preview && at_start && COMPRESSED.iter().any(|start| buffer[..count].starts_with(start)) =>
            {
                return Ok(());
            }
            Ok(count) => {
                at_start = false;
                words.add_bytes(&buffer[..count], &mut reading.findings);
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

/// The XML cannot be read to its end.
struct Broken;

impl From<quick_xml::Error> for Broken {
    fn from(_: quick_xml::Error) -> Self {
        Self
    }
}

/// The texts between tags, and the attributes that are spoken. The cells of a sheet are read as cells.
fn xml<R: BufRead>(part: R, lower: &str, words: &mut Words<'_>, reading: &mut Reading<'_>) -> Result<(), Broken> {
    let mut reader = Reader::from_reader(part);
    let is_sheet = lower.starts_with("xl/worksheets/");
    let is_read_as_cells = |name: &str| is_sheet && matches!(name, "v" | "t");
    let (mut buffer, mut text) = (Vec::new(), String::new());
    // How deep the reading is within an element that is passed over.
    let (mut passed, mut in_cell) = (0_u64, false);
    loop {
        buffer.clear();
        let event = reader.read_event_into(&mut buffer)?;
        let goes_on = matches!(event, Event::Text(_) | Event::CData(_) | Event::GeneralRef(_));
        if !goes_on || text.len() > LONGEST {
            words.add(&text, &mut reading.findings);
            text.clear();
        }
        match event {
            Event::Start(_) if passed > 0 => passed += 1,
            Event::Start(element) => {
                let name = local(element.name().as_ref()).to_owned();
                in_cell = is_read_as_cells(&name);
                if is_passed_over(&name, &element) {
                    passed = 1;
                } else if !(is_sheet && matches!(name.as_str(), "c" | "row")) {
                    attributes(&element, words, reading);
                }
            }
            Event::Empty(element) if passed == 0 && !is_passed_over(local(element.name().as_ref()), &element) => {
                attributes(&element, words, reading);
            }
            Event::End(_) => {
                passed = passed.saturating_sub(1);
                in_cell = false;
            }
            Event::Text(more) if passed == 0 && !in_cell => text.push_str(&more.xml10_content()),
            Event::CData(more) if passed == 0 && !in_cell => text.push_str(&more.xml10_content()),
            Event::GeneralRef(entity) if passed == 0 && !in_cell => {
                let written = format!("&{};", entity.as_ref());
                text.push_str(&unescape(&written).map_err(|_| Broken)?);
            }
            Event::Eof => return Ok(()),
            _ => {}
        }
    }
}

fn local(name: &str) -> &str {
    name.rsplit(':').next().unwrap_or(name)
}

/// Whether an element holds what is no word of a return: an author, or what a document system notes for itself.
fn is_passed_over(name: &str, element: &BytesStart<'_>) -> bool {
    let is_system = |name: &str| SYSTEM.iter().any(|start| name.starts_with(start));
    let is_property = matches!(name, "property" | "user-defined");
    AUTHORS.contains(&name)
        || is_system(name)
        || is_property
            && element
                .attributes()
                .with_checks(false)
                .flatten()
                .any(|attribute| local(attribute.key.as_ref()) == "name" && is_system(attribute.value.as_ref()))
}

fn attributes(element: &BytesStart<'_>, words: &mut Words<'_>, reading: &mut Reading<'_>) {
    for attribute in element.attributes().with_checks(false).flatten() {
        if SPOKEN.contains(&local(attribute.key.as_ref())) {
            let value =
                unescape(&attribute.value).map_or_else(|_| attribute.value.to_string(), |text| text.into_owned());
            words.add(&value, &mut reading.findings);
        }
    }
}
