//! A whole check: every phase in one round, what is left out when something cannot be read, the same report each time.

use crate::check_support::{check, places, report_on, sample, set, told};
use crate::intake_support::{tables, upload, upload_tables, with};
use homeward::domain::report::Outcome;
use homeward::validate::report::{json, text};

#[test]
fn a_sample_return_has_no_error_in_any_year() {
    for collection in ["reunification-2024", "reunification-2025", "reunification-2026"] {
        let outcome = check(upload_tables(&sample(collection)));
        let report = &outcome.report;
        assert!(report.outcome <= Outcome::Queries, "{collection}: {}", told(&report.findings));
        assert!(outcome.typed.is_some_and(|typed| typed.unusable.is_empty()));
        assert!(report.not_checked.iter().all(|entry| !entry.blocks), "{:?}", report.not_checked);
    }
}

#[test]
fn faults_of_several_phases_are_all_told_in_one_round() {
    let mut tables = sample("reunification-2026");
    set(&mut tables, "header", 2, "SPEC_VERSION", "9.9");
    set(&mut tables, "children", 2, "SEX", "X");
    set(&mut tables, "children", 3, "ETHNIC", "");
    set(&mut tables, "children", 4, "SIBLINGS_IN_CARE", "99");
    let episodes = tables.iter().find(|(name, _)| name == "episodes").expect("episodes").1.clone();
    let dec = episodes.lines().next().and_then(|line| line.split(',').position(|heading| heading == "DEC"));
    let dec = dec.expect("the column DEC");
    let has_ended =
        |line: &str| line.split(',').nth(dec).is_some_and(|cell| cell.starts_with(|one: char| one.is_ascii_digit()));
    let ended = episodes.lines().position(has_ended);
    let ended = ended.expect("an episode that ended") + 1;
    set(&mut tables, "episodes", ended, "DEC", "01/01/1999");
    let report = report_on(&tables);
    assert_eq!(report.outcome, Outcome::Rejected);
    assert_eq!(places(&report, "V02"), [("children".to_owned(), Some(2), "SEX".to_owned())]);
    assert_eq!(places(&report, "V01"), [("children".to_owned(), Some(3), "ETHNIC".to_owned())]);
    assert_eq!(places(&report, "V04"), [("children".to_owned(), Some(4), "SIBLINGS_IN_CARE".to_owned())]);
    let row = u32::try_from(ended).expect("a row");
    assert_eq!(places(&report, "J201"), [("episodes".to_owned(), Some(row), "DEC".to_owned())]);
    assert_eq!(places(&report, "F19").len(), 1, "{}", told(&report.findings));
}

#[test]
fn a_return_that_is_refused_gives_no_typed_tables() {
    let outcome = check(upload_tables(&with("header", "LA,COLLECTION\n330,reunification-2026\n")));
    assert_eq!(outcome.report.outcome, Outcome::Rejected);
    assert!(outcome.typed.is_none());
}

#[test]
fn a_rule_is_not_checked_where_a_cell_it_needs_cannot_be_read() {
    let mut tables = tables();
    let episodes = "CHILD,DECOM,RNE,LS,CIN,PLACE,PLACE_PROVIDER,DEC,REC,REASON_PLACE_CHANGE\n\
                    Kestrel01,01/05/2025,S,V2,N1,U6,PR1,31/02/2025,E4A,\n\
                    Kestrel02,01/05/2025,S,V2,N1,U6,PR1,01/04/2025,E4A,\n";
    tables.iter_mut().filter(|(name, _)| name == "episodes").for_each(|(_, text)| *text = episodes.to_owned());
    let report = report_on(&tables);
    assert_eq!(places(&report, "V03"), [("episodes".to_owned(), Some(2), "DEC".to_owned())]);
    assert_eq!(places(&report, "J201"), [("episodes".to_owned(), Some(3), "DEC".to_owned())]);
    let entry = report.not_checked.iter().find(|entry| entry.code == "J201").expect("J201 says so");
    assert_eq!((entry.rows.get("episodes"), entry.blocks), (Some(&1), true));
}

#[test]
fn a_row_without_its_parent_is_not_checked_further() {
    let mut tables = tables();
    let episodes = "CHILD,DECOM,RNE,LS,CIN,PLACE,PLACE_PROVIDER,DEC,REC,REASON_PLACE_CHANGE\n\
                    Kestrel99,01/05/2025,S,V2,N1,U6,PR1,01/04/2025,E4A,\n";
    tables.iter_mut().filter(|(name, _)| name == "episodes").for_each(|(_, text)| *text = episodes.to_owned());
    let report = report_on(&tables);
    assert_eq!(places(&report, "V08"), [("episodes".to_owned(), Some(2), "CHILD".to_owned())]);
    assert_eq!(places(&report, "J201"), []);
    assert!(report.not_checked.iter().any(|entry| entry.code == "J201"));
}

#[test]
fn a_table_that_could_not_be_read_whole_keeps_its_rules_from_running_and_they_say_so() {
    let mut tables = sample("reunification-2026");
    let episodes = tables.iter_mut().find(|(name, _)| name == "episodes").expect("episodes");
    episodes.1.push_str("one,cell,too,few\n");
    let report = report_on(&tables);
    assert_eq!(places(&report, "F08").len(), 1);
    assert!(report.not_checked.iter().any(|entry| entry.code == "J201" && entry.blocks));
    assert!(places(&report, "V08").is_empty(), "{}", told(&report.findings));
}

#[test]
fn counts_are_exact_where_the_list_is_cut() {
    let rows = 5000;
    let mut text = "CHILD,SEX,BIRTH_MONTH,ETHNIC,DISABILITY,UASC\n".to_owned();
    for number in 0..rows {
        text.push_str(&format!("Kestrel{number:05},X,2014-13,WBRI,NONE;MOB,7\n"));
    }
    let report = report_on(&with("children", &text));
    assert_eq!(report.counts.by_code["V02"], rows);
    assert_eq!(report.counts.by_code["V03"], 2 * rows);
    assert_eq!(report.counts.by_code["V06"], rows);
    let listed = places(&report, "V03");
    assert_eq!(listed.len() as u64, report.listed_at_most);
    assert!(report.is_cut());
    assert_eq!(listed[0].1, Some(2));
    assert_eq!(listed[listed.len() - 1].1, Some(501), "the first rows are listed, over all columns");
}

#[test]
fn the_same_upload_gives_the_same_bytes() {
    let mut tables = sample("reunification-2026");
    set(&mut tables, "children", 2, "SEX", "X");
    let (first, second) = (report_on(&tables), report_on(&tables));
    assert_eq!(json(&first), json(&second));
}

#[test]
fn a_code_keeps_its_validity_in_the_years_of_its_row() {
    let codes = &crate::intake_support::specification().codes["place"];
    let ended = codes.codes.iter().find(|code| code.to.is_some()).expect("a code that has ended");
    let to = ended.to.expect("a last year");
    let row = |year: i32| {
        format!(
            "CHILD,DECOM,RNE,LS,CIN,PLACE,PLACE_PROVIDER,DEC,REC,REASON_PLACE_CHANGE\n\
             Kestrel01,01/05/{},S,V2,N1,{},PR1,,,\n",
            year - 1,
            ended.code
        )
    };
    let of = |text: String| {
        let mut tables = tables();
        tables.iter_mut().filter(|(name, _)| name == "episodes").for_each(|(_, old)| *old = text.clone());
        places(&report_on(&tables), "V02").len()
    };
    assert_eq!(of(row(to)), 0, "{} in a row of {to}", ended.code);
    assert_eq!(of(row(to + 1)), 1, "{} in a row of {}", ended.code, to + 1);
}

#[tokio::test]
async fn rules_are_planned_from_within_a_runtime_too() {
    let specification = std::sync::Arc::new(crate::intake_support::specification().clone());
    let validator = homeward::validate::Validator::new(specification).expect("a validator");
    let collection = validator.specification().latest().expect("a collection").clone();
    assert!(validator.columns_of_others(&collection).is_ok());
}

/// A sample with an episode that ceased before it commenced, and its row.
fn with_one_error() -> (Vec<(String, String)>, u32) {
    let mut tables = sample("reunification-2026");
    let episodes = &tables.iter().find(|(name, _)| name == "episodes").expect("episodes").1;
    let dec = episodes.lines().next().and_then(|line| line.split(',').position(|heading| heading == "DEC"));
    let dec = dec.expect("the column DEC");
    let has_ended = |line: &str| {
        line.split(',').nth(dec).is_some_and(|cell| cell.starts_with(|first: char| first.is_ascii_digit()))
    };
    let row = episodes.lines().position(has_ended).expect("an episode that ended") + 1;
    set(&mut tables, "episodes", row, "DEC", "1999-01-01");
    (tables, u32::try_from(row).expect("a row"))
}

#[test]
fn a_column_too_many_keeps_no_rule_from_running() {
    let (mut tables, row) = with_one_error();
    for name in ["children", "episodes"] {
        let (_, text) = tables.iter_mut().find(|(known, _)| known == name).expect("the table");
        let widened = |(at, line): (usize, &str)| format!("{line},{}\n", if at == 0 { "TEAM" } else { "North" });
        *text = text.lines().enumerate().map(widened).collect();
    }
    let report = report_on(&tables);
    assert_eq!(report.counts.by_code["F11"], 2, "{}", told(&report.findings));
    assert_eq!(places(&report, "J201"), [("episodes".to_owned(), Some(row), "DEC".to_owned())]);
    assert!(report.not_checked.iter().all(|entry| !entry.because.contains("read whole")), "{:?}", report.not_checked);
}

#[test]
fn a_column_under_another_name_is_not_taken_for_empty() {
    let (mut tables, _) = with_one_error();
    let (_, children) = tables.iter_mut().find(|(name, _)| name == "children").expect("the table");
    assert!(children.contains("SIBLINGS_IN_CARE"), "{children}");
    *children = children.replacen("SIBLINGS_IN_CARE", "BROTHERS_AND_SISTERS", 1);
    let report = report_on(&tables);
    assert!(report.not_checked.iter().any(|entry| entry.code == "R319"), "{:?}", report.not_checked);
    assert_eq!(places(&report, "J201").len(), 1);
}

#[test]
fn of_a_return_of_two_years_no_rule_is_held_to_be_right() {
    let (mut tables, _) = with_one_error();
    set(&mut tables, "header", 2, "COLLECTION", "reunification-2025");
    let report = report_on(&tables);
    assert_eq!(report.counts.by_code["F19"], 2, "{}", told(&report.findings));
    assert!(
        report.counts.by_code.keys().all(|code| code.starts_with('F') || code.starts_with('V')),
        "{:?}",
        report.counts
    );
    assert!(report.notes.iter().any(|note| note.contains("the period of another year")), "{:?}", report.notes);
}

#[test]
fn of_a_file_that_cannot_be_opened_only_that_is_said() {
    let report = check(upload("return.zip", b"no archive at all")).report;
    assert_eq!(report.outcome, Outcome::Rejected);
    assert!(report.notes.is_empty(), "{:?}", report.notes);
    assert!(report.counts.by_code.keys().all(|code| code.starts_with('F')), "{:?}", report.counts);
    assert!(!text(&report, false).contains("byte 0"), "{}", text(&report, false));
}
