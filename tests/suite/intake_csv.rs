//! CSV files, alone, in folders and in archives: what is read, and what is found.

use crate::intake_support::*;
use homeward::intake::{Source, read};
use tempfile::TempDir;

#[test]
fn the_smallest_return_has_no_finding_however_it_is_packed() {
    let archive = upload_tables(&tables());
    assert_eq!(codes(&archive), [] as [&str; 0], "{}", told(&archive));
    assert_eq!(archive.header.authority.as_deref(), Some("330"));
    assert_eq!(archive.header.collection.as_deref(), Some("reunification-2026"));
    assert_eq!(archive.read.rows(), 3);

    let folder = TempDir::new().expect("a folder");
    write_folder(folder.path(), &tables());
    std::fs::write(folder.path().join("Thumbs.db"), b"\0").expect("a system file");
    let from_folder = read(&Source::Folder(folder.path().into()), specification(), &options()).expect("reads");
    assert_eq!(codes(&from_folder), [] as [&str; 0], "{}", told(&from_folder));
    assert_eq!(from_folder.read.notes, ["One file that systems add by themselves was left aside."]);

    let names = members(&tables()).into_iter().map(|(name, _)| folder.path().join(name)).rev().collect();
    let from_paths = read(&Source::Paths(names), specification(), &options()).expect("reads");
    assert_eq!(from_paths.digest, from_folder.digest, "the order in which files are named changes nothing");
}

#[test]
fn one_csv_alone_tells_which_tables_are_missing() {
    let result = upload("children.csv", tables()[1].1.as_bytes());
    let missing: Vec<_> = result.findings.iter().map(|one| (one.code.as_str(), one.at.table.as_deref())).collect();
    let tables = ["header", "episodes", "reunifications", "support", "breakdowns", "outcomes", "totals"];
    assert_eq!(missing, tables.map(|table| ("F12", Some(table))));
    assert_eq!(result.read.rows(), 2);
}

#[test]
fn case_order_blanks_line_ends_and_separators_change_nothing() {
    let plain = upload_tables(&tables());
    let children = [
        "\u{feff}sex,Birth_Month , ETHNIC,disability,UASC,child\r\n M ,2014-06,WBRI,NONE,0,Kestrel01\r\nF,2012-01,WBRI,NONE,0,Kestrel02\r\n",
        "CHILD;SEX;BIRTH_MONTH;ETHNIC;DISABILITY;UASC\nKestrel01;M;2014-06;WBRI;NONE;0\nKestrel02;F;2012-01;WBRI;\"NONE\";0\n",
        "CHILD\tSEX\tBIRTH_MONTH\tETHNIC\tDISABILITY\tUASC\rKestrel01\tM\t2014-06\tWBRI\tNONE\t0\rKestrel02\tF\t2012-01\tWBRI\tNONE\t0",
        "\"CHILD\",SEX,BIRTH_MONTH,ETHNIC,DISABILITY,UASC,,\n\"Kestrel01\",M,2014-06,WBRI,NONE,0,,\nKestrel02,F,2012-01,WBRI,NONE,0\n,,,,,,,\n\n",
    ];
    for text in children {
        let result = upload_tables(&with("children", text));
        assert_eq!(codes(&result), [] as [&str; 0], "{text:?}: {}", told(&result));
        for field in ["CHILD", "SEX", "BIRTH_MONTH", "DISABILITY"] {
            assert_eq!(cells(&result.read, "children", field), cells(&plain.read, "children", field), "{text:?}");
        }
    }
}

#[test]
fn rows_and_lines_are_those_of_the_file() {
    let text = "CHILD,SEX,BIRTH_MONTH,ETHNIC,DISABILITY,UASC\n\nKestrel01,M,2014-06,WBRI,\"NONE\n\",0\n,,,,,\nKestrel02,F,2012-01,WBRI,NONE\n";
    let result = upload_tables(&with("children", text));
    let found = only(&result, "F08");
    assert_eq!((found.at.row, found.at.line), (Some(5), Some(6)));
    assert_eq!(found.at.container.as_deref(), Some("children.csv"));
    insta::assert_snapshot!(found.message.reveal(), @"Row 5 (line 6) of “children.csv” has 5 cells, but its heading row has 6. Most often a separator is missing, or the row was broken in two by a line break without quotes: save the table again from the program that made it, or correct this row.");
    let children = result.read.table("children").expect("read");
    assert_eq!((children.places.row(0), children.places.line(0), children.blank_rows), (Some(3), Some(3), 2));
    assert_eq!(result.aside.len(), 1, "the ragged row is kept aside");
    assert_eq!(result.aside[0].columns[0].text(0), "Kestrel02");
}

/// A stray cell far to the right is neither passed over nor left unsearched; empty cells there are what spreadsheets write.
#[test]
fn what_stands_past_the_cells_that_are_read_is_found() {
    let far = ",".repeat(4100);
    let row = "Kestrel01,M,2014-06,WBRI,NONE,0";
    let headings = "CHILD,SEX,BIRTH_MONTH,ETHNIC,DISABILITY,UASC";
    for (text, expected) in [
        (format!("{headings}{far}\n{row}{far}\n{far}\n"), vec![]),
        (format!("{headings}\n{row}{far}9434765919\n"), vec![("F08", 2)]),
        (format!("{headings}\n{row}\n{far}x\n"), vec![("F08", 3)]),
        (format!("{headings}{far},\n{row}{far}x\n"), vec![("F08", 2)]),
        (format!("{headings}{far}NAME\n{row}\n"), vec![("F11", 1)]),
    ] {
        let result = upload_tables(&with("children", &text));
        let found: Vec<_> = result.findings.iter().map(|one| (one.code.as_str(), one.at.row.unwrap_or(0))).collect();
        assert_eq!(found, expected, "{}", told(&result));
    }
}
