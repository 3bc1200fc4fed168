//! Small uploads that stand for very much work or memory: each is read to a bound that its structure shows.

use crate::intake_support::*;
use crate::intake_workbook::{ods, ods_sheet, ods_tables};
use homeward::intake::IntakeResult;

const CHILDREN: &str = "CHILD,SEX,BIRTH_MONTH,ETHNIC,DISABILITY,UASC";

/// A document whose children are these rows.
fn document(rows: &str) -> String {
    format!("{{\"children\": [{rows}]}}")
}

fn of_rule(result: &IntakeResult, code: &str, part: &str) -> usize {
    result.findings.iter().filter(|one| one.code == code && one.message.reveal().contains(part)).count()
}

#[test]
fn a_row_of_json_has_so_many_names_and_more_are_one_finding() {
    let cells: Vec<String> = (0..10_000).map(|at| format!("\"N{at}\":{at}")).collect();
    let row = format!("{{{}}}", cells.join(","));
    let result = upload("return.json", document(&format!("{row},{row}")).as_bytes());
    let table = result.read.table("children").expect("is read");
    assert_eq!((table.columns.len(), table.rows()), (4096, 2));
    assert_eq!(of_rule(&result, "F17", "more than 4096 different names"), 1, "{:?}", result.counts);
    assert!(result.counts["F11"] >= 4096, "{:?}", result.counts);
}

#[test]
fn a_document_has_so_many_members_and_names_so_many_characters() {
    let members: Vec<String> = (0..300).map(|at| format!("\"m{at}\":[]")).collect();
    let result = upload("return.json", format!("{{{}}}", members.join(",")).as_bytes());
    assert_eq!(of_rule(&result, "F17", "archive_members"), 1, "{}", told(&result));
    assert_eq!(result.counts["F13"], 200, "the others are not looked at");

    let long = "x".repeat(40_001);
    let result = upload("return.json", document(&format!("{{\"{long}\": \"ZE2 9LT\"}}")).as_bytes());
    assert_eq!(of_rule(&result, "F17", "A name is longer"), 1, "{:?}", codes(&result));
    assert!(
        result.aside.iter().any(|table| table.columns[0].text(0) == "ZE2 9LT"),
        "its cell is searched all the same"
    );
    let result = upload("return.json", format!("{{\"{long}\": []}}").as_bytes());
    assert_eq!(of_rule(&result, "F17", "A name is longer"), 1, "{:?}", codes(&result));
}

/// A column that begins late has a cell for every row before it: thousands of them in the last row would fill the machine.
#[test]
fn columns_that_begin_late_are_counted_before_they_are_made() {
    let mut options = options();
    options.limits.held_bytes = 200_000;
    let late: Vec<String> = (0..1000).map(|at| format!("\"N{at}\":1")).collect();
    let rows = "{\"CHILD\":1},".repeat(1000) + &format!("{{{}}}", late.join(","));
    let result = upload_with("return.json", document(&rows).as_bytes(), &options);
    let columns = result.read.table("children").expect("is read").columns.len();
    assert!((2..60).contains(&columns), "{columns} columns");
    assert_eq!(of_rule(&result, "F17", "held_bytes"), 1, "{:?}", codes(&result));

    let wide = format!("{CHILDREN}{}\n", ",".repeat(1000));
    let rows = "Kestrel01,M,2014-06,WBRI,NONE,0\n".repeat(1000);
    let last = format!("Kestrel01,M,2014-06,WBRI,NONE,0{}\n", ",x".repeat(1000));
    let result = upload_with("return.zip", &zip(&members(&with("children", &(wide + &rows + &last)))), &options);
    let columns = result.read.table("children").expect("is read").columns.len();
    assert!((7..60).contains(&columns), "{columns} columns");
    assert!(of_rule(&result, "F17", "held_bytes") >= 1, "{:?}", codes(&result));
}

/// The rows of an OpenDocument sheet, with one that is repeated.
fn repeated(times: u32, cells: &str) -> Vec<u8> {
    let row = format!("<table:table-row table:number-rows-repeated=\"{times}\">{cells}</table:table-row>");
    let sheet = ods_sheet("children", CHILDREN).replace("</table:table>", &format!("{row}</table:table>"));
    ods(&(ods_tables(&without("children")) + &sheet))
}

fn cell(attributes: &str, inside: &str) -> String {
    format!("<table:table-cell office:value-type=\"string\" {attributes}>{inside}</table:table-cell>")
}

#[test]
fn rows_without_a_value_are_counted_and_not_repeated() {
    let blank = cell("table:number-columns-repeated=\"200\"", "<text:p> &#9; </text:p>");
    let result = upload("return.ods", &repeated(16_000_000, &blank));
    assert_eq!(codes(&result), [] as [&str; 0], "{}", told(&result));
    let table = result.read.table("children").expect("is read");
    assert_eq!((table.rows(), table.blank_rows), (0, 16_000_000));

    let error = cell("calcext:value-type=\"error\"", "<text:p>#N/A</text:p>");
    let result = upload("return.ods", &repeated(16_000_000, &error));
    assert_eq!((result.counts["F15"], codes(&result).len()), (16_000_000, 1), "{}", told(&result));
    let long = cell("", &format!("<text:p>{}</text:p>", "<text:s text:c=\"9999\"/>x".repeat(10)));
    let result = upload("return.ods", &repeated(1000, &long));
    assert_eq!((result.counts["F17"], codes(&result).len()), (1000, 1), "{}", told(&result));
}

#[test]
fn text_that_a_workbook_repeats_counts_as_what_it_expands_to() {
    let mut options = options();
    options.limits.expanded_bytes = 1_000_000;
    let text = cell("table:number-columns-repeated=\"6\"", &format!("<text:p>{}</text:p>", "x".repeat(5000)));
    let result = upload_with("return.ods", &repeated(100_000, &text), &options);
    assert_eq!(of_rule(&result, "F17", "expanded_bytes"), 1, "{}", told(&result));
    assert!(result.read.table("children").expect("is read").rows() < 40);
}

#[test]
fn a_workbook_has_so_many_sheets() {
    let sheets: String = (0..300).map(|at| ods_sheet(&format!("s{at}"), "x")).collect();
    let result = upload("return.ods", &ods(&(ods_tables(&tables()) + &sheets)));
    assert!(result.counts["F13"] < 200, "{:?}", result.counts);
    assert_eq!(of_rule(&result, "F03", "workbook"), 1, "{:?}", result.counts);
}
