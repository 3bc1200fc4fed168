//! Exports and orders that can't be used: each is refused with a sentence that names the place and never a value.

use super::{Bench, EPISODES, HEADER, PrepareError, PrepareOptions};

fn said(bench: &Bench, options: &PrepareOptions) -> String {
    let text = bench.refusal(options).to_string();
    for value in ["A1", "SECRET", "05/06/2015", "9990000018"] {
        assert!(!text.contains(value), "the message repeats a value: {text}");
    }
    text
}

#[test]
fn a_missing_or_repeated_column_is_named() {
    let bench = Bench::new();
    let without = bench.export("without", "CHILD,SEX,ETHNIC\nA1,1,WBRI\n", EPISODES);
    insta::assert_snapshot!(said(&bench, &bench.options(without)), @r#"Header.csv has no column DOB. Export it again with the columns of the SSDA903."#);
    let twice = bench.export("twice", "CHILD,SEX,ETHNIC,DOB,dob\nA1,1,WBRI,05/06/2015,\n", EPISODES);
    insta::assert_snapshot!(said(&bench, &bench.options(twice)), @r#"Header.csv names the column DOB twice. Remove one of the two."#);
}

#[test]
fn every_unreadable_cell_is_told_at_once() {
    let bench = Bench::new();
    let header =
        "CHILD,SEX,DOB,ETHNIC\nA1,1,5 June 2015,WBRI\nA2,1,05/06/2015,WBRI\nA2,1,05/06/2015,WBRI\n,1,05/06/2015,WBRI\n";
    let episodes = "CHILD,DECOM,RNE,LS,CIN,PLACE,DEC,REC\n\
        A1,01/05/25,S,V2,N1,U6,01/08/2025,E4A\n\
        A2,,S,V2,N1,U6,,\n\
        A2,01/05/2025,S,V2,N1,U6,31/09/2025,E4A\n\
        A2,01/05/2025,S,V2,N1,U6,01/10/2025,E4A\n";
    let export = bench.export("wrong", header, episodes);
    insta::assert_snapshot!(said(&bench, &bench.options(export)), @r#"
    The export can't be used as it is; 7 cells must be put right in the case system:
      Header.csv, row 2: DOB is not a date as dd/mm/yyyy.
      Header.csv, row 4: CHILD repeats another row of the file.
      Header.csv, row 5: CHILD is empty and must not be.
      EPISODES.csv, row 2: DECOM is not a date as dd/mm/yyyy.
      EPISODES.csv, row 3: DECOM is empty and must not be.
      EPISODES.csv, row 4: DEC is not a date as dd/mm/yyyy.
      EPISODES.csv, row 5: DECOM repeats another row of the file.
    "#);
}

#[test]
fn broken_files_are_refused_with_their_place() {
    let bench = Bench::new();
    let ragged = bench.export("ragged", HEADER, "CHILD,DECOM,RNE,LS,CIN,PLACE,DEC,REC\nA1,01/05/2025\n");
    let ragged = said(&bench, &bench.options(ragged));
    assert!(ragged.starts_with("EPISODES.csv, line 2, can't be read as CSV"), "{ragged}");
    let empty = bench.folder.path().join("empty");
    std::fs::create_dir(&empty).expect("a folder");
    assert!(matches!(bench.refusal(&bench.options(&empty)), PrepareError::NotAnExport(_)));
    assert!(matches!(bench.refusal(&bench.options(empty.join("none"))), PrepareError::Read { .. }));
    let latin = bench.export("latin", HEADER, EPISODES);
    std::fs::write(latin.join("Header.csv"), b"CHILD,SEX,DOB,ETHNIC\n\xe9,1,05/06/2015,WBRI\n").expect("written");
    assert!(matches!(bench.refusal(&bench.options(latin)), PrepareError::NotText { .. }));
}

#[test]
fn malformed_and_hostile_xml_is_refused() {
    let bench = Bench::new();
    let xml = |name: &str, text: &str| bench.options(bench.file(name, text));
    let child = "<CHILD><HEADER><CHILDID>A1</CHILDID><DOB>05/06/2015</DOB></HEADER></CHILD>";
    for (name, text) in [
        ("unclosed.xml", "<EXPSSDA903><CHILD><HEADER><CHILDID>SECRET".to_owned()),
        ("crossed.xml", "<EXPSSDA903><CHILD></EXPSSDA903></CHILD>".to_owned()),
        ("cut.xml", format!("<EXPSSDA903>{child}")),
    ] {
        assert!(matches!(bench.refusal(&xml(name, &text)), PrepareError::BrokenXml { .. }), "{name}");
        assert!(said(&bench, &xml(name, &text)).contains(name));
    }
    let bomb = "<!DOCTYPE x [<!ENTITY a \"aaaaaaaaaa\"><!ENTITY b \"&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;\">]>\
        <EXPSSDA903><CHILD><HEADER><CHILDID>&b;</CHILDID></HEADER></CHILD></EXPSSDA903>";
    let outside = "<!DOCTYPE x SYSTEM \"file:///etc/passwd\"><EXPSSDA903/>";
    let entity = "<EXPSSDA903><CHILD><HEADER><CHILDID>&SECRET;</CHILDID></HEADER></CHILD></EXPSSDA903>";
    for (name, text) in [("bomb.xml", bomb), ("outside.xml", outside), ("entity.xml", entity)] {
        assert!(matches!(bench.refusal(&xml(name, text)), PrepareError::HostileXml { .. }), "{name}");
        assert!(said(&bench, &xml(name, text)).contains("document type or an entity"));
    }
    let other = xml("other.xml", "<?xml version='1.0'?><html><!-- no child --></html>");
    assert!(matches!(bench.refusal(&other), PrepareError::NoChildren { .. }));
    let wrong =
        said(&bench, &xml("wrong.xml", &format!("<EXPSSDA903>{}</EXPSSDA903>", child.replace("05/06", "50/60"))));
    assert!(wrong.contains("wrong.xml, child 1, HEADER: DOB is not a date as dd/mm/yyyy."), "{wrong}");
}

#[test]
fn orders_that_name_the_wrong_things_are_refused() {
    let bench = Bench::new();
    let good = bench.options(bench.export("good", HEADER, EPISODES));
    let with = |authority: &str, collection: Option<&str>| PrepareOptions {
        authority: authority.to_owned(),
        collection: collection.map(str::to_owned),
        ..good.clone()
    };
    assert!(matches!(bench.refusal(&with("999", None)), PrepareError::UnknownAuthority(_)));
    assert!(matches!(bench.refusal(&with("330", Some("other-2026"))), PrepareError::UnknownCollection(..)));
    let old = bench.export("old", HEADER, &EPISODES.replace("2025", "2018"));
    let old = said(&bench, &bench.options(old));
    insta::assert_snapshot!(old, @r#"The export's latest date is in the year that ends on 31 March 2019, for which the specification has no collection: it has reunification-2024, reunification-2025, reunification-2026. Name the collection with --collection if the export is of another year."#);
    assert_eq!(bench.prepare(&with("E08000025", None)).tables, bench.prepare(&good).tables);
}
