//! What one upload has given so far: its tables, what was set aside, and what was found.

use super::active::Standing;
use super::csv::{self, CsvContext};
use super::findings::{Findings, did_you_mean, shown};
use super::format::{self, Format, HEAD};
use super::grid::GridRead;
use super::held::Held;
use crate::domain::finding::Location;
use crate::domain::place::{Container, ContainerKind};
use crate::domain::table::TextTable;
use crate::spec::{Limits, Specification, Table};
use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Cursor, Read};

/// What the name of a container stands for.
#[derive(Debug, Clone, Copy)]
pub(super) enum Named<'a> {
    Table(&'a Table),
    /// A table that another container has given already.
    Twice(&'a Table),
    Unknown,
}

/// The state of one reading.
pub(super) struct Reading<'a> {
    pub(super) specification: &'a Specification,
    pub(super) limits: &'a Limits,
    pub(super) held: &'a Held,
    pub(super) listed_at_most: u64,
    pub(super) findings: Findings,
    pub(super) tables: Vec<TextTable>,
    /// What is no part of the return and must be searched for identifiers all the same.
    pub(super) aside: Vec<TextTable>,
    pub(super) notes: Vec<String>,
    /// The container in which each table was first met.
    pub(super) met: BTreeMap<&'a str, String>,
    /// Reading stopped before the end: what was not met may have been there.
    pub(super) cut_short: bool,
    /// What a workbook may not hold and does, told once each.
    pub(super) active: BTreeSet<&'static str>,
    /// Where in a workbook the reading stands, for what is found beside its cells.
    pub(super) standing: Standing,
    pub(super) system_files: u64,
    /// Files, sheets or members that were looked into.
    pub(super) containers: u64,
}

impl<'a> Reading<'a> {
    pub(super) fn new(
        specification: &'a Specification,
        limits: &'a Limits,
        held: &'a Held,
        listed_at_most: u64,
    ) -> Self {
        Self {
            specification,
            limits,
            held,
            listed_at_most,
            findings: Findings::new(listed_at_most),
            tables: Vec::new(),
            aside: Vec::new(),
            notes: Vec::new(),
            met: BTreeMap::new(),
            cut_short: false,
            active: BTreeSet::new(),
            standing: Standing::default(),
            system_files: 0,
            containers: 0,
        }
    }

    /// What a container is named for.
    pub(super) fn look_up(&self, name: &str) -> Named<'a> {
        match self.specification.table_named(name) {
            None => Named::Unknown,
            Some(table) if self.met.contains_key(table.name.as_str()) => Named::Twice(table),
            Some(table) => Named::Table(table),
        }
    }

    /// Takes note of the container of a table; says so when it is none, or when the table was met before.
    pub(super) fn meet(&mut self, named: Named<'a>, container: &Container) -> Option<&'a Table> {
        let thing = match container.kind {
            ContainerKind::Csv => "file",
            ContainerKind::Sheet => "sheet",
            ContainerKind::Json => "member",
            ContainerKind::Part(_) => "part",
        };
        let name = Some(container.name.clone());
        match named {
            Named::Table(table) => {
                self.met.insert(&table.name, container.name.clone());
                Some(table)
            }
            Named::Twice(table) => {
                let first = self.met.get(table.name.as_str()).map_or("", String::as_str);
                let message = format!(
                    "The table {} is given twice: as {} and as {}. Send it once, with all its rows.",
                    table.name,
                    shown(first),
                    shown(&container.name)
                );
                let at = Location { table: Some(table.name.clone()), container: name, ..Location::default() };
                self.findings.add("F20", at, message, "each table once");
                None
            }
            Named::Unknown => {
                let names = || self.specification.tables.iter().map(|table| table.name.as_str());
                let message = format!(
                    "The {thing} {} is not a table of the specification.{} Rename it to the table it holds, or leave it \
                     out.",
                    shown(&container.name),
                    did_you_mean(stem(&container.name), names())
                );
                let expected = format!("only the tables {}", names().collect::<Vec<_>>().join(", "));
                let at = Location { container: name, ..Location::default() };
                self.findings.add("F13", at, message, expected);
                None
            }
        }
    }

    /// Reads a file that should be CSV, named for its table. `path` is how people are told of it.
    pub(super) fn csv_file(&mut self, path: &str, input: &mut dyn Read, archive: bool) -> io::Result<()> {
        self.containers += 1;
        let name = path.rsplit(['/', '\\']).next().unwrap_or(path);
        let container = Container { kind: ContainerKind::Csv, name: name.to_owned() };
        let mut head = Vec::new();
        Read::by_ref(&mut &mut *input).take(HEAD as u64).read_to_end(&mut head)?;
        let refused = match format::of(&head) {
            Format::Text | Format::Empty => None,
            Format::Zip => Some(("a ZIP archive or a workbook", true)),
            Format::Compound => Some(("an older or an encrypted workbook", false)),
            Format::Json => Some(("a JSON document", false)),
            Format::Other { name, packed } => Some((name, packed)),
        };
        let at = Location { container: Some(container.name.clone()), byte: Some(0), ..Location::default() };
        match refused {
            Some((is, true)) if archive => {
                let message = format!(
                    "The archive holds {is}, {}, within it. Put the CSV files into one ZIP archive directly; a workbook is \
                     sent by itself.",
                    shown(path)
                );
                self.findings.add("F04", at, message, "a ZIP archive of CSV files and nothing else");
            }
            Some((is, _)) => {
                let message = format!(
                    "The file {} is {is}, where a CSV file is expected. Export the table as CSV; a workbook or a JSON \
                     document is sent by itself.",
                    shown(path)
                );
                self.findings.add("F02", at, message, "a CSV file");
            }
            None => {
                let table = self.meet(self.look_up(stem(name)), &container);
                let context = CsvContext {
                    specification: self.specification,
                    limits: self.limits,
                    held: self.held,
                    listed_at_most: self.listed_at_most,
                };
                let mut whole = Cursor::new(head).chain(input);
                let read = csv::read(&mut whole, table, &container, context, &mut self.findings)?;
                self.keep(read, table.is_some());
                return Ok(());
            }
        }
        self.met_unread(path);
        Ok(())
    }

    /// Takes note of a file that cannot be read: its table is not missing.
    pub(super) fn met_unread(&mut self, path: &str) {
        let name = path.rsplit(['/', '\\']).next().unwrap_or(path);
        if let Some(table) = self.specification.table_named(stem(name)) {
            self.met.entry(&table.name).or_insert_with(|| name.to_owned());
        }
    }

    /// Keeps what a grid became: a table of the return, or rows that are only searched.
    pub(super) fn keep(&mut self, read: GridRead, known: bool) {
        self.aside.extend(read.aside);
        if let Some(table) = read.table {
            if table.blank_rows > 0 && known {
                let name = &table.container.name;
                self.notes.push(match table.blank_rows {
                    1 => format!("1 blank row of {name} was skipped; row numbers are those of the file."),
                    many => format!("{many} blank rows of {name} were skipped; row numbers are those of the file."),
                });
            }
            if known { &mut self.tables } else { &mut self.aside }.push(table);
        }
    }

    /// Says what is missing, puts the tables in the order of the specification, and adds the notes.
    pub(super) fn finish(&mut self) {
        if !self.cut_short {
            self.missing();
        }
        match self.system_files {
            0 => {}
            1 => self.notes.push("One file that systems add by themselves was left aside.".to_owned()),
            many => self.notes.push(format!("{many} files that systems add by themselves were left aside.")),
        }
        let order = |table: &TextTable| self.specification.tables.iter().position(|known| known.name == table.name);
        self.tables.sort_by_key(order);
    }

    /// An upload without any row (F01), and required tables that were not met (F12).
    fn missing(&mut self) {
        let is_part = |table: &&TextTable| matches!(table.container.kind, ContainerKind::Part(_));
        let rows: usize =
            self.tables.iter().chain(&self.aside).filter(|table| !is_part(table)).map(TextTable::rows).sum();
        if rows == 0 && !self.findings.any_of(&["F02", "F03", "F04", "F07", "F09", "F16", "F17"]) {
            let message = "The upload holds no rows at all. Check that the export ran, and send the files that have rows \
                           below their headings; a nil return has a row in its header table.";
            self.findings.add("F01", Location::default(), message, "at least one row");
            return;
        }
        for table in self.specification.tables.iter().filter(|table| table.required) {
            if self.met.contains_key(table.name.as_str()) {
                continue;
            }
            let message = format!(
                "The required table {} is missing. Add it: {}.{}",
                table.name,
                lower_first(&table.about),
                match table.rows {
                    Some(_) => "",
                    None => " Where there is nothing to report, send its heading row alone.",
                }
            );
            let required = self.specification.tables.iter().filter(|table| table.required);
            let names = required.map(|table| table.name.as_str()).collect::<Vec<_>>().join(", ");
            let at = Location { table: Some(table.name.clone()), ..Location::default() };
            self.findings.add("F12", at, message, format!("the tables {names}"));
        }
    }
}

/// A file's name without the endings of text tables, in any case.
fn stem(name: &str) -> &str {
    match name.rsplit_once('.') {
        Some((stem, ending)) if ["csv", "txt", "tsv"].iter().any(|one| ending.eq_ignore_ascii_case(one)) => stem,
        _ => name,
    }
}

fn lower_first(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_lowercase().chain(letters).collect())
}
