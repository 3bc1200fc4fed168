//! Archives that are broken or hostile, and what becomes of them.

use crate::intake_support::*;
use homeward::intake::IntakeResult;
use std::io::{Cursor, Write};
use zip::CompressionMethod;
use zip::write::SimpleFileOptions;

fn replace(bytes: &[u8], from: &[u8], to: &[u8]) -> Vec<u8> {
    assert_eq!(from.len(), to.len(), "offsets stay what they are");
    let mut all = bytes.to_vec();
    let places: Vec<_> = (0..all.len() - from.len()).filter(|at| all[*at..].starts_with(from)).collect();
    assert!(!places.is_empty(), "what is replaced is there");
    for at in places {
        all[at..at + to.len()].copy_from_slice(to);
    }
    all
}

/// Changes two bytes at an offset from each header of a kind.
fn patch(bytes: &[u8], header: &[u8; 4], offset: usize, to: u16) -> Vec<u8> {
    let mut all = bytes.to_vec();
    for at in 0..all.len() - 4 {
        if all[at..].starts_with(header) {
            all[at + offset..at + offset + 2].copy_from_slice(&to.to_le_bytes());
        }
    }
    all
}

const LOCAL: &[u8; 4] = b"PK\x03\x04";
const CENTRAL: &[u8; 4] = b"PK\x01\x02";

fn valid() -> Vec<u8> {
    zip(&members(&tables()))
}

fn with_member(name: &str, bytes: &[u8]) -> Vec<u8> {
    let mut all = members(&tables());
    all.push((name.to_owned(), bytes.to_vec()));
    zip(&all)
}

fn only_code(bytes: &[u8], code: &str) -> IntakeResult {
    let result = upload("return.zip", bytes);
    assert_eq!(codes(&result), [code], "{}", told(&result));
    result
}

#[test]
fn broken_archives_are_refused() {
    let valid = valid();
    only_code(&valid[..valid.len() / 2], "F03");
    only_code(&valid[..valid.len() - 10], "F03");
    only_code(&patch(&patch(&valid, LOCAL, 6, 1), CENTRAL, 8, 1), "F03");
    only_code(&patch(&patch(&valid, LOCAL, 8, 12), CENTRAL, 10, 12), "F03");
    // The first member's bytes begin after its header and name.
    let mut damaged = valid.clone();
    damaged[30 + "header.csv".len() + 3] ^= 0x55;
    let result = upload("return.zip", &damaged);
    let found = only(&result, "F03");
    assert_eq!(found.at.container.as_deref(), Some("header.csv"), "{}", told(&result));
    assert!(!codes(&result).contains(&"F12"), "a table that cannot be read is not missing");
    assert!(result.read.table("children").is_some(), "the other tables are read");
}

#[test]
fn a_password_is_said_to_be_one() {
    let valid = valid();
    let result = upload("return.zip", &patch(&patch(&valid, LOCAL, 6, 1), CENTRAL, 8, 1));
    assert!(result.findings[0].message.reveal().contains("password"), "{}", told(&result));
    assert!(result.findings.iter().all(|one| one.code == "F03"));
}

#[test]
fn members_that_lie_outside_or_twice_or_are_archives_are_refused() {
    for name in ["../children.csv", "/children.csv", "a/../../x.csv", "C:\\x.csv", "..\\x.csv"] {
        let plain = "p".repeat(name.len());
        let bytes = replace(&with_member(&plain, b"a"), plain.as_bytes(), name.as_bytes());
        let result = only_code(&bytes, "F04");
        assert_eq!(result.findings[0].at.container.as_deref(), Some(name));
        assert!(result.read.tables.is_empty(), "nothing of such an archive is read");
    }
    let twice = replace(&with_member("Children.csv", b"a"), b"Children.csv", b"children.csv");
    only_code(&twice, "F04");
    let nested = only_code(&with_member("costs.csv", &valid()), "F04");
    assert_eq!(nested.findings[0].at.container.as_deref(), Some("costs.csv"));
    assert_eq!(nested.read.tables.len(), 8, "the tables beside it are read");
}

#[test]
fn a_bomb_is_stopped_by_what_it_produces() {
    let bomb = vec![b'\n'; 4 << 20];
    let bytes = with_member("costs.csv", &bomb);
    let result = only_code(&bytes, "F04");
    assert!(result.findings[0].message.reveal().contains("expansion_ratio"), "{}", told(&result));
    // The sizes that the archive declares change nothing.
    let mut lying = bytes.clone();
    for at in 0..bytes.len() - 4 {
        let offset = if bytes[at..].starts_with(LOCAL) { 22 } else { 24 };
        let is_header = bytes[at..].starts_with(LOCAL) || bytes[at..].starts_with(CENTRAL);
        if is_header && bytes[at + offset..at + offset + 4] == (4_u32 << 20).to_le_bytes() {
            lying[at + offset..at + offset + 4].copy_from_slice(&9_u32.to_le_bytes());
        }
    }
    assert_ne!(lying, bytes, "a declared size was changed");
    let result = upload("return.zip", &lying);
    assert!(result.findings.iter().any(|one| matches!(one.code.as_str(), "F04" | "F03")), "{}", told(&result));

    let mut options = options();
    options.limits.expanded_bytes = 100;
    let result = upload_with("return.zip", &valid(), &options);
    assert!(only(&result, "F04").message.reveal().contains("expanded_bytes"), "{}", told(&result));
    assert!(!codes(&result).contains(&"F12"), "what was not reached is not missing");
}

#[test]
fn members_are_counted_before_they_are_listed() {
    let many = |count: usize| zip(&(0..count).map(|at| (format!("f{at}.csv"), Vec::new())).collect::<Vec<_>>());
    let result = only_code(&many(201), "F04");
    assert!(result.findings[0].message.reveal().contains("archive_members"));
    assert!(!codes(&upload("return.zip", &many(200))).contains(&"F04"));
}

#[test]
fn unusual_archives_are_read() {
    let in_folder: Vec<_> =
        members(&tables()).into_iter().map(|(name, bytes)| (format!("2026/{name}"), bytes)).collect();
    assert_eq!(codes(&upload("x", &zip(&in_folder))), [] as [&str; 0]);

    let mut archive = zip::ZipWriter::new(Cursor::new(Vec::new()));
    archive.set_comment("made by hand").expect("a short comment");
    archive.add_directory("2026/", SimpleFileOptions::default()).expect("a folder");
    let stored = SimpleFileOptions::default().compression_method(CompressionMethod::Stored);
    for (name, bytes) in &in_folder {
        archive.start_file(name.as_str(), stored).expect("a member begins");
        archive.write_all(bytes).expect("a member is written");
    }
    let system: [(&str, &[u8]); 2] =
        [("__MACOSX/2026/._children.csv", b"\0\x05\x16\x07"), ("2026/.DS_Store", b"\0\0\0\x01Bud1")];
    for (name, bytes) in system {
        archive.start_file(name, stored).expect("a member begins");
        archive.write_all(bytes).expect("a member is written");
    }
    let bytes = archive.finish().expect("an archive ends").into_inner();
    let result = upload("return.zip", &bytes);
    assert_eq!(codes(&result), [] as [&str; 0], "{}", told(&result));
    assert_eq!(result.read.notes, ["2 files that systems add by themselves were left aside."]);

    let mut apart = in_folder;
    apart[1].0 = "2025/children.csv".to_owned();
    let result = upload("return.zip", &zip(&apart));
    assert_eq!(codes(&result), ["F13"], "{}", told(&result));
}

/// The name of a system's file hides nothing, and what is one is searched.
#[test]
fn a_file_that_is_only_named_like_a_systems_is_read() {
    let result = upload("return.zip", &with_member("__MACOSX/names.csv", b"NAME\nx\n"));
    assert!(codes(&result).contains(&"F13"), "{}", told(&result));
    let result = upload("return.zip", &with_member("__MACOSX/._x.csv", b"\0\x05\x16\x07\0\0child 943 476 5919"));
    assert_eq!(codes(&result), [] as [&str; 0], "{}", told(&result));
    let held = result.aside.iter().flat_map(|table| &table.columns).flat_map(|column| column.values());
    assert!(held.into_iter().any(|text| text.contains("943 476 5919")), "its words are kept aside to be searched");
}

#[test]
fn bytes_of_no_member_are_refused() {
    only_code(&[b"943 476 5919".to_vec(), valid()].concat(), "F02");
    only_code(&[valid(), b"943 476 5919".to_vec()].concat(), "F03");
    assert_eq!(codes(&upload("return.zip", &[valid(), vec![0; 100]].concat())), [] as [&str; 0], "noughts say nothing");
}

#[test]
fn an_archive_without_members_holds_nothing() {
    only_code(&zip(&[]), "F01");
    only_code(b"", "F01");
    only_code(b"\xef\xbb\xbf \n", "F01");
}

#[test]
fn what_is_no_return_at_all_is_refused_by_its_bytes() {
    for (bytes, is) in [
        (b"%PDF-1.7 ...".to_vec(), "PDF"),
        (b"\x1f\x8b\x08\0".to_vec(), "gzip"),
        (b"<!DOCTYPE html><html>".to_vec(), "HTML"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 workbook".to_vec(), "XLS"),
        (zip(&[("[Content_Types].xml".into(), vec![]), ("word/document.xml".into(), vec![])]), "Word"),
        (zip(&[("[Content_Types].xml".into(), vec![]), ("xl/workbook.bin".into(), vec![])]), "XLSB"),
        (zip(&[("mimetype".into(), b"application/vnd.oasis.opendocument.text".to_vec())]), "OpenDocument"),
    ] {
        let result = upload("children.csv", &bytes);
        assert_eq!(codes(&result), ["F02"], "{}", told(&result));
        assert!(result.findings[0].message.reveal().contains(is), "{}", told(&result));
    }
    let mut encrypted = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1".to_vec();
    encrypted.extend("EncryptedPackage".encode_utf16().flat_map(u16::to_le_bytes));
    let result = only_code(&encrypted, "F03");
    assert!(result.findings[0].message.reveal().contains("password"));
}

/// Each limit allows exactly as much as it says.
#[test]
fn limits_are_exact_and_named() {
    let bytes = valid();
    let mut options = options();
    options.limits.upload_bytes = bytes.len() as u64;
    assert_eq!(codes(&upload_with("return.zip", &bytes, &options)), [] as [&str; 0]);
    options.limits.upload_bytes -= 1;
    let result = upload_with("return.zip", &bytes, &options);
    assert_eq!(codes(&result), ["F17"]);
    assert!(result.findings[0].message.reveal().contains("upload_bytes"));

    let mut options = crate::intake_support::options();
    options.limits.rows_per_table = 2;
    assert_eq!(codes(&upload_with("return.zip", &bytes, &options)), [] as [&str; 0]);
    options.limits.rows_per_table = 1;
    let result = upload_with("return.zip", &bytes, &options);
    assert_eq!(codes(&result), ["F17"], "{}", told(&result));
    assert_eq!((result.findings[0].at.row, result.read.rows()), (Some(3), 2));

    let mut options = crate::intake_support::options();
    options.limits.held_bytes = 300;
    let result = upload_with("return.zip", &bytes, &options);
    assert_eq!(codes(&result), ["F17", "F17"], "every table that is cut short says so: {}", told(&result));
    assert!(result.findings.iter().all(|one| one.message.reveal().contains("held_bytes")), "{}", told(&result));
}
