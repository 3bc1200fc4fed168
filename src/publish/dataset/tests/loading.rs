//! What is made of the files, and which files are refused.

use super::super::{DataSet, DataSetError, PublishedTable, Query, data_set_id, whole_csv};
use super::{JSON, META, load, option, three_years, year};
use std::collections::BTreeSet;

#[test]
fn fields_come_from_the_files() {
    let data = three_years();
    assert_eq!((data.title(), data.summary(), data.rows()), ("Things", "how many things there are", 162));
    let levels: Vec<&str> = data.levels().iter().map(|level| level.code).collect();
    assert_eq!(levels, ["NAT", "REG", "LA"]);
    let periods: Vec<String> = data.periods().iter().map(|period| period.period()).collect();
    assert_eq!(periods, ["2024", "2025", "2026"]);
    let labels: Vec<&str> = data.filters()[1].options.iter().map(|option| &*option.label).collect();
    assert_eq!(labels, ["Total", "5 to 9", "10 to 15"]);
    let percent = &data.indicators()[1];
    assert_eq!((&*percent.label, &*percent.unit, percent.decimals), ("Share of things", "%", Some(1)));
    let durham = &data.locations()[2].options[0];
    assert_eq!((&*durham.label, durham.codes.len()), ("County Durham", 2));
    assert_eq!(&*data.filters()[0].hint, "Of the thing");
    assert!(data.weight() > 162 * 4);
}

#[test]
fn identifiers_stay_when_more_is_added() {
    let one = load(&[&year(2025)]);
    let renamed = year(2026).replace(",Red,", ",Crimson,");
    let more = load(&[&renamed, &year(2025)]);
    for column in ["colour", "size"] {
        assert_eq!(option(&one, column, "Total"), option(&more, column, "Total"));
    }
    assert_eq!(option(&one, "colour", "Red"), option(&more, "colour", "Red"));
    let ids = |data: &DataSet| -> BTreeSet<String> {
        data.locations().iter().flat_map(|group| &group.options).map(|place| place.id.to_string()).collect()
    };
    assert_eq!(ids(&one), ids(&more));
    for id in ids(&one) {
        assert!((5..=10).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_alphanumeric()), "{id}");
    }
}

#[test]
fn a_place_whose_code_changed_is_found_by_the_code_that_stayed() {
    let changed = year(2026).replace("E06000047", "E06000099");
    let data = load(&[&changed, &year(2025)]);
    let total = |location: &str| {
        let body = format!(r#"{{"criteria": {{"locations": {{"eq": {location}}}}}}}"#);
        let query = Query::from_json(body.as_bytes()).expect("it reads");
        data.query(&query).expect("it is answered").paging.total_results
    };
    assert_eq!(total(r#"{"level": "LA", "oldCode": "840"}"#), 18);
    assert_eq!(total(r#"{"level": "LA", "code": "E06000099"}"#), 9);
    let ids: BTreeSet<&str> = data.locations()[2].options.iter().map(|place| &*place.id).collect();
    assert_eq!((ids.len(), data.locations()[2].options.len()), (3, 4));
    let durham = data.locations()[2].options.iter().find(|place| &*place.codes[0] == "E06000099").expect("is there");
    assert_eq!(total(&format!(r#"{{"level": "LA", "id": "{}"}}"#, durham.id)), 18);
}

#[test]
fn a_column_that_a_year_lacks_is_left_out_of_its_rows() {
    let lacking: String =
        year(2025).lines().map(|line| line.rsplit_once(',').expect("columns").0.to_owned() + "\n").collect();
    let meta = META.replace("thing_percent,Indicator,Share of things,,%,1,,,\n", "");
    let table = |csv, meta| PublishedTable { name: "things", csv, meta, json: JSON.as_bytes() };
    let newer = year(2026);
    let tables = [table(lacking.as_bytes(), meta.as_bytes()), table(newer.as_bytes(), META.as_bytes())];
    let data = DataSet::load(data_set_id("family", "things"), &tables).expect("it loads");
    let answer = data.query(&Query::default()).expect("it is answered");
    let values: BTreeSet<(String, usize)> = answer.rows().map(|row| (row.period.period(), row.values.len())).collect();
    assert_eq!(values, BTreeSet::from([("2025".to_owned(), 1), ("2026".to_owned(), 2)]));
}

#[test]
fn the_whole_file_is_the_published_one() {
    let text = year(2026);
    assert_eq!(String::from_utf8(whole_csv(&load(&[&text]))).expect("UTF-8"), text);
    let both = String::from_utf8(whole_csv(&load(&[&year(2025), &text]))).expect("UTF-8");
    assert!(both.starts_with(&text));
    assert_eq!(both.lines().count(), 2 * 54 + 1);
}

#[test]
fn files_that_cannot_be_a_data_set_are_refused() {
    let try_load = |csv: &[u8], meta: &str, json: &str| {
        let table = PublishedTable { name: "things", csv, meta: meta.as_bytes(), json: json.as_bytes() };
        DataSet::load(data_set_id("family", "things"), &[table]).expect_err("it is refused").to_string()
    };
    let text = year(2026);
    insta::assert_snapshot!(try_load(text.replace(",Regional,", ",Region,").as_bytes(), META, JSON), @"things.csv, row 11: Region is no geographic level");
    insta::assert_snapshot!(try_load(text.replace("2026,", "26,").as_bytes(), META, JSON), @"things.csv, row 2: Reporting year 26 is no time period");
    insta::assert_snapshot!(try_load(text.replace(",colour,", ",color,").as_bytes(), META, JSON), @"things.csv has no column colour");
    insta::assert_snapshot!(try_load(text.as_bytes(), &META.replace("size,Filter", "size,Sieve"), JSON), @"the metadata of things.csv: size is neither a filter nor an indicator but Sieve");
    insta::assert_snapshot!(try_load(text.as_bytes(), META, "{}"), @"things.json is not the JSON of a published table: missing field `label` at line 1 column 2");
    assert!(matches!(DataSet::load(data_set_id("a", "b"), &[]), Err(DataSetError::Nothing)));
}

#[test]
fn where_files_share_a_period_the_first_counts() {
    let revised = year(2026).replace(",Total,Total,", ",Total,Total,1") + &year(2025).replace("time_period", "#");
    let revised: String =
        revised.lines().filter(|line| !line.starts_with('#')).map(|line| format!("{line}\n")).collect();
    let data = load(&[&revised, &year(2024), &year(2026)]);
    assert_eq!(data.rows(), 3 * 54);
    let text = String::from_utf8(whole_csv(&data)).expect("UTF-8");
    assert_eq!(text, revised + year(2024).split_once('\n').expect("headings").1);
}
