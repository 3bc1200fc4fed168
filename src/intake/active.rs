//! What a workbook may not hold beside its cells (F14): what runs, what brings in other files, and what no search can read or
//! judge. What people write in comments and draw into pictures is about somebody more often than not.

use super::archive::{Container, Member};
use super::findings::shown;
use super::reading::Reading;
use super::workbook::start_of;
use crate::domain::finding::Location;
use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

/// A kind of content, known by the names of its parts in small letters.
struct Content {
    what: &'static str,
    cure: &'static str,
    is: fn(&str) -> bool,
}

pub(super) const COMMENTS: &str = "comments or notes";
pub(super) const COMMENTS_CURE: &str = "Delete them all at once (in Excel: File, Info, Check for Issues, Inspect Document, Comments; in LibreOffice: select the whole \
     sheet, then Sheet, Cell Comments, Delete All Comments) and save it again";
pub(super) const PICTURES: &str = "pictures, shapes or charts";
pub(super) const PICTURES_CURE: &str = "Delete them (in Excel: Home, Find & Select, Go To Special, Objects, then Delete; in LibreOffice: Navigator, Images and Drawing \
     objects) and save it again";
pub(super) const CHANGES: &str = "recorded changes";
pub(super) const CHANGES_CURE: &str = "Accept them and stop recording (in Excel: Review, Unshare Workbook; in LibreOffice: Edit, Track Changes), and save it again";

const REFUSED: [Content; 7] = [
    Content {
        what: "macros",
        cure: "Save it as a workbook without macros (XLSX or ODS)",
        is: |part| part.ends_with("vbaproject.bin") || within(part, &["xl/macrosheets/", "basic/", "scripts/"]),
    },
    Content {
        what: "links to other files or databases",
        cure: "Break the links (Data, Edit Links) and save it again",
        is: |part| part == "xl/connections.xml" || within(part, &["xl/externallinks/", "xl/querytables/"]),
    },
    Content {
        what: "embedded objects",
        cure: "Delete the objects, the charts made by other programs and the controls, and save it again",
        is: |part| within(part, &["xl/embeddings/", "xl/activex/", "xl/ctrlprops/", "object "]),
    },
    Content { what: COMMENTS, cure: COMMENTS_CURE, is: |part| within(part, &["xl/comments", "xl/threadedcomments/"]) },
    Content {
        what: PICTURES,
        cure: PICTURES_CURE,
        // The shapes in which comments are shown are told with the comments.
        is: |part| {
            within(part, &["xl/media/", "xl/charts/", "xl/diagrams/", "pictures/", "media/"])
                || part.starts_with("xl/drawings/") && !part.ends_with(".vml") && !part.ends_with(".vml.rels")
        },
    },
    Content {
        what: "pivot tables, slicers or a data model",
        cure: "They keep copies of other tables: copy the tables of the return as values into a new workbook and save that",
        is: |part| within(part, &["xl/pivotcache/", "xl/pivottables/", "xl/slicer", "xl/timeline", "xl/model/"]),
    },
    Content { what: CHANGES, cure: CHANGES_CURE, is: |part| part.starts_with("xl/revisions/") },
];

fn within(part: &str, folders: &[&str]) -> bool {
    folders.iter().any(|folder| part.starts_with(folder))
}

/// Every kind that the names of the parts tell, each once.
pub(super) fn refuse_parts(archive: &mut Container, members: &[Member], reading: &mut Reading<'_>) {
    for kind in REFUSED {
        let Some(member) = members.iter().find(|member| (kind.is)(&member.name.to_ascii_lowercase())) else { continue };
        let sheet = sheet_of(archive, members, &member.name, reading);
        let text = if kind.what == COMMENTS { start_of(archive, member, reading) } else { String::new() };
        let cells: Vec<String> = elements(&text, &["comment", "threadedComment"])
            .iter()
            .filter_map(|element| attribute(element, "ref"))
            .collect();
        reading.standing.sheet = sheet;
        reading.standing.cell = cells.into_iter().min_by_key(|cell| (cell.len(), cell.clone()));
        refuse(kind.what, kind.cure, &member.name, reading);
        reading.standing = Standing::default();
    }
}

/// Where in a workbook the reading stands, as far as it is known.
#[derive(Debug, Default)]
pub(super) struct Standing {
    pub(super) sheet: Option<String>,
    /// `B2`.
    pub(super) cell: Option<String>,
}

/// Refuses a kind of content, once, where the reading stands.
pub(super) fn refuse(what: &'static str, cure: &str, part: &str, reading: &mut Reading<'_>) {
    if !reading.active.insert(what) {
        return;
    }
    let Standing { sheet, cell } = &reading.standing;
    let place = match (sheet, cell) {
        (Some(sheet), Some(cell)) => format!(" on the sheet {}, the first at {cell}", shown(sheet)),
        (Some(sheet), None) => format!(" on the sheet {}", shown(sheet)),
        (None, Some(cell)) => format!(" ({}), the first at {cell}", shown(part)),
        (None, None) => format!(" ({})", shown(part)),
    };
    let message = format!("The workbook holds {what}{place}, and a return is plain tables. {cure}.");
    let container = sheet.clone().unwrap_or_else(|| part.to_owned());
    let at = Location { container: Some(container), cell: cell.clone(), ..Location::default() };
    reading.findings.add("F14", at, message, "a workbook of plain sheets");
}

/// The name of the sheet that a part of an XLSX workbook belongs to, by the relations between parts.
fn sheet_of(archive: &mut Container, members: &[Member], part: &str, reading: &Reading<'_>) -> Option<String> {
    let text = |archive: &mut Container, name: &str| {
        let member = members.iter().find(|member| member.name.eq_ignore_ascii_case(name))?;
        Some(start_of(archive, member, reading))
    };
    let file = |path: &str| path.rsplit('/').next().unwrap_or(path).to_owned();
    let (target, folder) = (file(part), "xl/worksheets/_rels/");
    let relations: Vec<&str> =
        members.iter().map(|member| member.name.as_str()).filter(|name| name.starts_with(folder)).collect();
    let sheet = relations.into_iter().find_map(|name| {
        let relations = text(archive, name)?;
        let is_its = elements(&relations, &["Relationship"])
            .iter()
            .any(|element| attribute(element, "Target").is_some_and(|to| file(&to) == target));
        is_its.then(|| file(name).trim_end_matches(".rels").to_owned())
    })?;
    let relations = text(archive, "xl/_rels/workbook.xml.rels")?;
    let relations = elements(&relations, &["Relationship"]);
    let relation =
        relations.iter().find(|element| attribute(element, "Target").is_some_and(|to| file(&to) == sheet))?;
    let id = attribute(relation, "Id")?;
    let workbook = text(archive, "xl/workbook.xml")?;
    let sheets = elements(&workbook, &["sheet"]);
    attribute(sheets.iter().find(|element| attribute(element, "id").as_ref() == Some(&id))?, "name")
}

/// The elements of these names, as far as the text is sound.
fn elements(xml: &str, names: &[&str]) -> Vec<BytesStart<'static>> {
    let mut reader = Reader::from_str(xml);
    let mut found = Vec::new();
    while let Ok(event) = reader.read_event() {
        match event {
            Event::Start(element) | Event::Empty(element) if names.contains(&local(element.name().as_ref())) => {
                found.push(element.into_owned());
            }
            Event::Eof => break,
            _ => {}
        }
    }
    found
}

fn attribute(element: &BytesStart<'_>, name: &str) -> Option<String> {
    let mut attributes = element.attributes();
    let found = attributes.with_checks(false).flatten().find(|attribute| local(attribute.key.as_ref()) == name)?;
    quick_xml::escape::unescape(&found.value).ok().map(|value| value.into_owned())
}

fn local(name: &str) -> &str {
    name.rsplit(':').next().unwrap_or(name)
}
