//! What must hold for every upload, and how the bytes of a case of the fuzzer become one.

use homeward::domain::table::TextTable;
use homeward::intake::{IntakeOptions, IntakeResult, Source, read};
use homeward::spec::Specification;
use std::fs;
use std::io::{Cursor, Write as _};
use std::path::PathBuf;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

struct Ground {
    specification: Specification,
    options: IntakeOptions,
    folder: PathBuf,
}

fn ground() -> &'static Ground {
    static GROUND: OnceLock<Ground> = OnceLock::new();
    GROUND.get_or_init(|| {
        let specification = Specification::embedded().expect("the specification loads");
        let mut limits = specification.limits.clone();
        // Small caps, so that a few kilobytes reach them.
        limits.expanded_bytes = 4 << 20;
        limits.held_bytes = 4 << 20;
        let memory = PathBuf::from("/dev/shm");
        let parent = if memory.is_dir() { memory } else { std::env::temp_dir() };
        let folder = parent.join(format!("homeward-fuzz-{}", std::process::id()));
        fs::create_dir_all(&folder).expect("a folder");
        Ground { specification, options: IntakeOptions::new(limits), folder }
    })
}

/// Runs a case of one of the fuzzer's targets.
pub fn run(target: &str, bytes: &[u8]) {
    if target == "csv" {
        return hold("children.csv", bytes);
    }
    if target == "json" {
        return hold("return.json", bytes);
    }
    let Some((first, rest)) = bytes.split_first() else { return };
    match (target, first % 8) {
        ("zip", even) if even % 2 == 0 => hold("return.zip", rest),
        // Its members are given instead, so that their content is reached without guessing checksums.
        ("zip", _) => hold("return.zip", &archive(members(rest))),
        ("workbook", 0) => hold("return.xlsx", rest),
        ("workbook", 1) => hold("return.ods", rest),
        ("workbook", part) => {
            let (name, bytes) = workbook(part, rest);
            hold(name, &bytes);
        }
        _ => unreachable!("the targets are csv, json, zip and workbook"),
    }
}

/// Reads the bytes as an upload of this name, twice, and holds the answers against what is true of every reading.
fn hold(name: &str, bytes: &[u8]) {
    let Ground { specification, options, folder } = ground();
    // Tests run beside each other, so each case has a folder of its own.
    static CASES: AtomicU64 = AtomicU64::new(0);
    let folder = folder.join(CASES.fetch_add(1, Ordering::Relaxed).to_string());
    fs::create_dir_all(&folder).expect("a folder for the case");
    let path = folder.join(name);
    fs::write(&path, bytes).expect("the upload is written");
    let once = || read(&Source::File(path.clone()), specification, options).expect("an upload that lies there is read");
    let (first, second) = (once(), once());
    fs::remove_dir_all(&folder).expect("the case is cleared away");
    assert_eq!(told(&first), told(&second), "the same bytes were told of in two ways");
    check(specification, &first);
}

fn told(result: &IntakeResult) -> Vec<String> {
    let findings = result.findings.iter().map(|one| format!("{} {:?} {}", one.code, one.at, one.message.reveal()));
    findings.chain(result.counts.iter().map(|count| format!("{count:?}"))).collect()
}

fn check(specification: &Specification, result: &IntakeResult) {
    for finding in &result.findings {
        assert!(specification.rules.contains_key(&finding.code), "{} is no rule", finding.code);
        assert!(result.counts[&finding.code] >= 1, "{} is listed and not counted", finding.code);
        let message = finding.message.reveal();
        assert!(message.ends_with('.') && !message.chars().any(char::is_control), "a sentence: {message:?}");
        assert!(finding.expected.as_ref().is_some_and(|expected| !expected.is_empty()), "{message}");
    }
    for table in result.read.tables.iter().chain(&result.aside) {
        assert!(table.places.rows.is_sorted(), "rows of {} out of order", table.name);
        for column in &table.columns {
            assert_eq!(column.len(), table.rows(), "a ragged column in {}", table.name);
        }
    }
    let rows: usize = result.read.tables.iter().map(TextTable::rows).sum();
    assert!(rows > 0 || !result.findings.is_empty(), "nothing was read and nothing was said");
}

/// Members of an archive: each is a name, a zero byte and its content, and 0xFF stands between two.
fn members(bytes: &[u8]) -> Vec<(String, Vec<u8>)> {
    let member = |bytes: &[u8]| {
        let (name, content) = bytes.split_at(bytes.iter().position(|byte| *byte == 0).unwrap_or(0));
        (String::from_utf8_lossy(name).into_owned(), content.get(1..).unwrap_or_default().to_vec())
    };
    bytes.split(|byte| *byte == 0xff).map(member).collect()
}

/// An archive of these members; one whose name cannot be written is left out.
fn archive(members: Vec<(String, Vec<u8>)>) -> Vec<u8> {
    let mut archive = zip::ZipWriter::new(Cursor::new(Vec::new()));
    let options = zip::write::SimpleFileOptions::default().compression_method(zip::CompressionMethod::Stored);
    for (name, bytes) in members {
        if archive.start_file(name, options).is_ok() {
            archive.write_all(&bytes).expect("a member is written to memory");
        }
    }
    archive.finish().expect("an archive ends in memory").into_inner()
}

const XLSX: [(&str, &str); 6] = [
    (
        "[Content_Types].xml",
        r#"<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/><Override PartName="/xl/worksheets/sheet1.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/></Types>"#,
    ),
    (
        "_rels/.rels",
        r#"<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="xl/workbook.xml"/></Relationships>"#,
    ),
    (
        "xl/workbook.xml",
        r#"<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets><sheet name="children" sheetId="1" r:id="r1"/></sheets></workbook>"#,
    ),
    (
        "xl/_rels/workbook.xml.rels",
        r#"<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet1.xml"/><Relationship Id="r2" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/sharedStrings" Target="sharedStrings.xml"/></Relationships>"#,
    ),
    (
        "xl/sharedStrings.xml",
        r#"<sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><si><t>CHILD</t></si><si><t>SEX</t></si></sst>"#,
    ),
    (
        "xl/worksheets/sheet1.xml",
        r#"<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData><row r="1"><c r="A1" t="s"><v>0</v></c><c r="B1" t="s"><v>1</v></c></row><row r="2"><c r="A2" t="inlineStr"><is><t>Kestrel01</t></is></c><c r="B2"><v>1</v></c></row></sheetData></worksheet>"#,
    ),
];

const ODS: [(&str, &str); 2] = [
    ("mimetype", "application/vnd.oasis.opendocument.spreadsheet"),
    (
        "content.xml",
        r#"<office:document-content xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0" xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0"><office:body><office:spreadsheet><table:table table:name="children"><table:table-row><table:table-cell><text:p>CHILD</text:p></table:table-cell></table:table-row></table:table></office:spreadsheet></office:body></office:document-content>"#,
    ),
];

/// A sound workbook in which the bytes stand in place of one part.
fn workbook(part: u8, bytes: &[u8]) -> (&'static str, Vec<u8>) {
    let (name, parts, changed): (_, &[(&str, &str)], _) = match part {
        2 => ("return.xlsx", &XLSX, "xl/workbook.xml"),
        3 => ("return.xlsx", &XLSX, "xl/_rels/workbook.xml.rels"),
        4 => ("return.xlsx", &XLSX, "xl/sharedStrings.xml"),
        5 => ("return.xlsx", &XLSX, "xl/worksheets/sheet1.xml"),
        6 => ("return.xlsx", &XLSX, "xl/styles.xml"),
        _ => ("return.ods", &ODS, "content.xml"),
    };
    let mut members: Vec<(String, Vec<u8>)> = parts
        .iter()
        .filter(|(name, _)| *name != changed)
        .map(|(name, text)| ((*name).to_owned(), text.as_bytes().to_vec()))
        .collect();
    members.push((changed.to_owned(), bytes.to_vec()));
    (name, archive(members))
}
