//! Uploads made in code, and what intake says of them.

use homeward::domain::finding::Finding;
use homeward::domain::table::TextReturn;
use homeward::intake::{IntakeOptions, IntakeResult, Source, read};
use homeward::spec::{Specification, SpecificationFiles};
use std::io::{Cursor, Write};
use std::path::Path;
use std::sync::OnceLock;
use tempfile::TempDir;
use zip::write::SimpleFileOptions;

pub(crate) fn specification() -> &'static Specification {
    static SPECIFICATION: OnceLock<Specification> = OnceLock::new();
    SPECIFICATION.get_or_init(|| {
        // From the folder and not from the program, so that a changed page needs no build.
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("specs");
        let files = SpecificationFiles::from_folder(&folder).expect("the folder of specifications reads");
        Specification::load(files).expect("the specification loads")
    })
}

pub(crate) fn options() -> IntakeOptions {
    IntakeOptions::new(specification().limits.clone())
}

/// The smallest return without a finding: the required tables, in CSV.
pub(crate) fn tables() -> Vec<(String, String)> {
    let header = "LA,COLLECTION,PERIOD_START,PERIOD_END,SPEC_VERSION\n\
                  330,reunification-2026,01/04/2025,31/03/2026,0.1\n";
    let named = |name: &str, text: &str| (name.to_owned(), text.to_owned());
    let mut tables = vec![
        named("header", header),
        named(
            "children",
            "CHILD,SEX,BIRTH_MONTH,ETHNIC,DISABILITY,UASC\nKestrel01,M,2014-06,WBRI,NONE,0\nKestrel02,F,2012-01,WBRI,NONE,0\n",
        ),
    ];
    for table in specification().tables.iter().filter(|table| table.required) {
        if !tables.iter().any(|(name, _)| *name == table.name) {
            let headings: Vec<_> = table.fields.iter().map(|field| field.name.as_str()).collect();
            tables.push((table.name.clone(), format!("{}\n", headings.join(","))));
        }
    }
    tables
}

/// The smallest return, with the text of one table changed or a table added.
pub(crate) fn with(table: &str, text: &str) -> Vec<(String, String)> {
    let mut all = tables();
    match all.iter_mut().find(|(name, _)| name == table) {
        Some((_, old)) => *old = text.to_owned(),
        None => all.push((table.to_owned(), text.to_owned())),
    }
    all
}

pub(crate) fn without(table: &str) -> Vec<(String, String)> {
    tables().into_iter().filter(|(name, _)| name != table).collect()
}

/// The members of an archive of these tables.
pub(crate) fn members(tables: &[(String, String)]) -> Vec<(String, Vec<u8>)> {
    tables.iter().map(|(name, text)| (format!("{name}.csv"), text.clone().into_bytes())).collect()
}

pub(crate) fn zip(members: &[(String, Vec<u8>)]) -> Vec<u8> {
    let mut archive = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in members {
        archive.start_file(name.as_str(), SimpleFileOptions::default()).expect("a member begins");
        archive.write_all(bytes).expect("a member is written");
    }
    archive.finish().expect("an archive ends").into_inner()
}

/// Reads bytes as an upload of the given name.
pub(crate) fn upload_with(name: &str, bytes: &[u8], options: &IntakeOptions) -> IntakeResult {
    let folder = TempDir::new().expect("a folder");
    let path = folder.path().join(name);
    std::fs::write(&path, bytes).expect("an upload is written");
    read(&Source::File(path), specification(), options).expect("an upload is read")
}

pub(crate) fn upload(name: &str, bytes: &[u8]) -> IntakeResult {
    upload_with(name, bytes, &options())
}

pub(crate) fn upload_tables(tables: &[(String, String)]) -> IntakeResult {
    upload("return.zip", &zip(&members(tables)))
}

pub(crate) fn write_folder(folder: &Path, tables: &[(String, String)]) {
    for (name, bytes) in members(tables) {
        std::fs::write(folder.join(name), bytes).expect("a table is written");
    }
}

/// The codes of the findings, in their order.
pub(crate) fn codes(result: &IntakeResult) -> Vec<&str> {
    result.findings.iter().map(|finding| finding.code.as_str()).collect()
}

/// The one finding of a rule.
pub(crate) fn only<'r>(result: &'r IntakeResult, code: &str) -> &'r Finding {
    let found: Vec<_> = result.findings.iter().filter(|finding| finding.code == code).collect();
    assert_eq!(found.len(), 1, "one finding of {code} in {}", told(result));
    found[0]
}

/// All findings as text, for messages of tests.
pub(crate) fn told(result: &IntakeResult) -> String {
    let lines = result.findings.iter().map(|one| format!("{} {:?} {}", one.code, one.at, one.message.reveal()));
    lines.collect::<Vec<_>>().join("\n")
}

/// A column's cells, with the rows on which they stand.
pub(crate) fn cells(read: &TextReturn, table: &str, field: &str) -> Vec<(u32, String)> {
    let table = read.table(table).expect("the table was read");
    let column = table.column(field).expect("the column was read");
    (0..table.rows()).map(|at| (table.places.rows[at], column.text(at).to_owned())).collect()
}
