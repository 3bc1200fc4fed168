//! Properties: any bytes give a result, and what was written is read back.

use crate::intake_support::*;
use proptest::prelude::*;

/// Bytes that begin like each of the formats.
fn beginnings() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        Just(Vec::new()),
        Just(b"PK\x03\x04".to_vec()),
        Just(b"{\"children\": [".to_vec()),
        Just(b"\xff\xfe".to_vec()),
        Just(b"\xef\xbb\xbfCHILD,SEX\n".to_vec()),
        Just(b"CHILD\tSEX\n\"".to_vec()),
        Just(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1".to_vec()),
    ]
}

/// Pieces of text that mean something to one reader or another.
fn pieces() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        prop::sample::select(vec![
            ",", ";", "\t", "\"", "\"\"", "\n", "\r", "\r\n", "CHILD", "SEX", "{", "}", "[", "]", ":", "null", "1e9",
            "\\u00", "é", "\0", "LA", " "
        ])
        .prop_map(|text| text.as_bytes().to_vec()),
        prop::collection::vec(any::<u8>(), 0..6),
    ];
    prop::collection::vec(piece, 0..60).prop_map(|pieces| pieces.concat())
}

/// A cell of any text that a CSV file can hold.
fn cell() -> impl Strategy<Value = String> {
    prop_oneof![Just(String::new()), "[a-zA-Z0-9 ,;\"\n\t\u{e9}\u{5b57}]{0,12}", Just("two\r\nlines".to_owned()),]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_bytes_give_a_result(start in beginnings(), rest in pieces()) {
        let bytes = [start, rest].concat();
        let result = upload("children.csv", &bytes);
        prop_assert!(!result.findings.is_empty(), "no such file is a whole return");
        prop_assert_eq!(result.bytes, bytes.len() as u64);
        let again = upload("children.csv", &bytes);
        prop_assert_eq!(told(&result), told(&again));
    }

    #[test]
    fn a_changed_archive_gives_a_result(at in any::<prop::sample::Index>(), to in any::<u8>(), cut in any::<prop::sample::Index>()) {
        let mut bytes = zip(&members(&tables()));
        let place = at.index(bytes.len());
        bytes[place] = to;
        upload("return.zip", &bytes);
        bytes.truncate(cut.index(bytes.len()));
        prop_assert!(!upload("return.zip", &bytes).findings.is_empty());
    }

    #[test]
    fn what_is_written_is_read_back(rows in prop::collection::vec((cell(), cell(), 0_usize..3), 1..20), crlf in any::<bool>()) {
        let end = if crlf { csv::Terminator::CRLF } else { csv::Terminator::Any(b'\n') };
        let mut text = Vec::new();
        let mut expected = Vec::new();
        let mut row = 1;
        let write = |cells: [&str; 3], text: &mut Vec<u8>| {
            let mut writer = csv::WriterBuilder::new().terminator(end).quote_style(csv::QuoteStyle::Necessary).from_writer(text);
            writer.write_record(cells).expect("a record is written");
        };
        write(["LA", "SOFTWARE", "NIL_RETURN"], &mut text);
        for (first, second, blanks) in &rows {
            for _ in 0..*blanks {
                text.extend_from_slice(if crlf { b"\r\n" } else { b"\n" });
                row += 1;
            }
            let line = u32::try_from(memchr::memchr_iter(b'\n', &text).count() + 1).expect("few lines");
            write([first, second, ""], &mut text);
            row += 1;
            if !(first.trim().is_empty() && second.trim().is_empty()) {
                expected.push((row, line, first.trim().to_owned(), second.trim().to_owned()));
            }
        }
        let result = upload("header.csv", &text);
        let found: Vec<_> = result.read.table("header").map(|table| {
            (0..table.rows()).map(|at| {
                let text = |field: &str| table.column(field).map_or("", |column| column.text(at)).to_owned();
                let places = (table.places.row(at).unwrap_or(0), table.places.line(at).unwrap_or(0));
                (places.0, places.1, text("LA"), text("SOFTWARE"))
            }).collect()
        }).unwrap_or_default();
        prop_assert_eq!(found, expected);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn a_changed_workbook_gives_a_result(part in any::<prop::sample::Index>(), at in any::<prop::sample::Index>(), to in pieces()) {
        let mut workbook = rust_xlsxwriter::Workbook::new();
        for name in ["header", "children"] {
            let sheet = workbook.add_worksheet().set_name(name).expect("a name");
            sheet.write_string(0, 0, "LA").expect("a cell");
            sheet.write_number(1, 0, 330).expect("a cell");
        }
        let mut parts = crate::intake_workbook::unpack(&workbook.save_to_buffer().expect("a workbook is saved"));
        let part = part.index(parts.len());
        let content = &mut parts[part].1;
        if !content.is_empty() {
            let place = at.index(content.len());
            content.splice(place..place, to);
        }
        prop_assert!(!upload("return.xlsx", &zip(&parts)).findings.is_empty());
    }
}
