//! Reads the XML form of an export: EXPSSDA903 / CHILD / HEADER and EPISODE, each with an element for a column.

use super::cells::{Cells, Reading};
use super::csv_export::is_named;
use super::error::PrepareError;
use super::export::{EPISODES, HEADER};
use quick_xml::Reader;
use quick_xml::events::Event;

/// The elements that are rows.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Row {
    Header,
    Episode,
}

/// Where the reader stands.
#[derive(Default)]
struct Place {
    /// The number of the child, counted from 1.
    child: usize,
    episode: usize,
    row: Option<Row>,
    /// Elements that are open.
    level: usize,
    /// How deep below the row.
    depth: usize,
    column: Option<&'static str>,
    text: String,
    cells: Vec<(&'static str, String)>,
    /// The cell that names the child, which its episodes do not repeat.
    id: String,
}

/// Takes every child and episode of the text. Anything that could make an entity is refused.
pub(super) fn read(file: &str, text: &str, reading: &mut Reading) -> Result<(), PrepareError> {
    let mut reader = Reader::from_str(text);
    let mut place = Place::default();
    loop {
        let broken = |byte| PrepareError::BrokenXml { file: file.to_owned(), byte };
        let event = reader.read_event().map_err(|_| broken(reader.error_position()))?;
        match event {
            Event::Start(element) => place.start(element.local_name().as_ref()),
            Event::End(_) => place.end(file, reading),
            Event::Empty(element) => {
                place.start(element.local_name().as_ref());
                place.end(file, reading);
            }
            Event::Text(part) => place.text.push_str(&part.xml10_content()),
            Event::CData(part) => place.text.push_str(&part.xml10_content()),
            // The five entities of XML and characters by number are all that an export can need.
            Event::GeneralRef(reference) => match (reference.resolve_char_ref(), predefined(&reference)) {
                (Ok(Some(character)), _) | (Ok(None), Some(character)) => place.text.push(character),
                _ => return Err(PrepareError::HostileXml { file: file.to_owned() }),
            },
            Event::DocType(_) => return Err(PrepareError::HostileXml { file: file.to_owned() }),
            Event::Comment(_) | Event::Decl(_) | Event::PI(_) => {}
            Event::Eof if place.level > 0 => return Err(broken(reader.buffer_position())),
            Event::Eof => break,
        }
    }
    if place.child == 0 { Err(PrepareError::NoChildren { file: file.to_owned() }) } else { Ok(()) }
}

fn predefined(name: &str) -> Option<char> {
    Some(match name {
        "amp" => '&',
        "lt" => '<',
        "gt" => '>',
        "quot" => '"',
        "apos" => '\'',
        _ => return None,
    })
}

impl Place {
    fn start(&mut self, name: &str) {
        self.level += 1;
        self.text.clear();
        match self.row {
            Some(row) => {
                self.depth += 1;
                self.column = if self.depth == 1 { column(row, name) } else { None };
            }
            None if name.eq_ignore_ascii_case("CHILD") => {
                self.child += 1;
                self.episode = 0;
                self.id.clear();
            }
            None if name.eq_ignore_ascii_case("HEADER") => self.row = Some(Row::Header),
            None if name.eq_ignore_ascii_case("EPISODE") => {
                self.episode += 1;
                self.row = Some(Row::Episode);
            }
            None => {}
        }
    }

    fn end(&mut self, file: &str, reading: &mut Reading) {
        self.level = self.level.saturating_sub(1);
        let Some(row) = self.row else { return };
        if self.depth > 0 {
            self.depth -= 1;
            if let Some(column) = self.column.take() {
                self.cells.push((column, std::mem::take(&mut self.text)));
            }
            return;
        }
        let cells = std::mem::take(&mut self.cells);
        let mut cells: Vec<(&'static str, &str)> =
            cells.iter().map(|(column, text)| (*column, text.as_str())).collect();
        match row {
            Row::Header => {
                let id = Cells(cells.clone()).get("CHILD").to_owned();
                reading.child(|| format!("{file}, child {}, HEADER", self.child), &Cells(cells));
                self.id = id;
            }
            Row::Episode => {
                cells.push(("CHILD", &self.id));
                let place = || format!("{file}, child {}, episode {}", self.child, self.episode);
                reading.episode(place, &Cells(cells));
            }
        }
        self.row = None;
    }
}

/// The column that an element of a row is.
fn column(row: Row, name: &str) -> Option<&'static str> {
    let columns: &[&'static str] = if row == Row::Header { &HEADER } else { &EPISODES[1..] };
    columns.iter().copied().find(|column| is_named(name, column))
}
