use super::*;
use crate::spec::Specification;
use std::collections::BTreeMap;

const DATA: &str = include_str!("../../../tests/data/screener/returns.csv");
const META: &str = include_str!("../../../tests/data/screener/returns.meta.csv");

fn screened(data_name: &str, data: &str, meta: &str) -> BTreeMap<&'static str, Verdict> {
    let register = Specification::embedded().expect("the specification").register;
    let done = screen((data_name, data.as_bytes()), ("returns.meta.csv", meta.as_bytes()), &register, None);
    done.into_iter().map(|one| (one.check, one.verdict)).collect()
}

#[test]
fn every_check_of_the_screener_is_here() {
    let listed = include_str!("../../../tests/data/ees_checks.csv");
    let mut reader = csv::Reader::from_reader(listed.as_bytes());
    let named: Vec<String> = reader.records().map(|record| record.expect("a line")[2].to_owned()).collect();
    let here = screened("returns.csv", DATA, META);
    assert_eq!(named.len(), 82, "81 checks, and the reading of the files");
    for name in &named {
        assert!(here.contains_key(name.as_str()), "{name} is missing");
    }
    assert_eq!(here.len(), named.len());
}

#[test]
fn sound_files_pass_all_but_what_cannot_be_decided() {
    let done = screened("returns.csv", DATA, META);
    let other: Vec<_> = done.iter().filter(|(_, verdict)| **verdict != Verdict::Pass).collect();
    let undecided = [(&"data_dict_col_name", &Verdict::Undecided), (&"data_dict_fil_item", &Verdict::Undecided)];
    assert_eq!(other, undecided);
}

#[test]
fn each_defect_is_found_by_its_check() {
    use Verdict::{Fail, Warning};
    // (check, what becomes of it, in the data, what stands there, what is put in its place)
    let planted: &[(&str, Verdict, bool, &str, &str)] = &[
        ("col_req_meta", Fail, false, "filter_hint", "hint"),
        ("col_invalid_meta", Fail, false, "filter_default", "filter_other"),
        ("col_req_data", Fail, true, "country_name", "country"),
        ("cross_meta_to_data", Fail, false, "breakdown,Filter", "topic,Filter"),
        ("cross_data_to_meta", Warning, false, "return_count,Indicator", "returns,Indicator"),
        ("col_names_spaces", Fail, true, "return_count\n", "return count\n"),
        ("col_snake_case", Warning, true, "return_count\n", "Return-count\n"),
        ("col_var_start", Warning, true, "return_count\n", "1return_count\n"),
        ("col_ind_smushed", Fail, false, "return_count", "white_count"),
        ("meta_col_type", Fail, false, "Indicator,R", "indicator,R"),
        ("meta_ob_unit", Fail, false, "breakdown,Filter", "la_name,Filter"),
        ("meta_col_name", Fail, false, "breakdown,Filter", ",Filter"),
        ("meta_dupe_label", Fail, false, "Returns home", "Breakdown"),
        ("meta_label", Fail, false, "Returns home", ""),
        ("meta_fil_grp", Fail, false, "home,,,0,,", "home,,,0,,breakdown"),
        ("meta_fil_grp_match", Fail, false, "Filter,Breakdown,,,,,", "Filter,Breakdown,,,,,group"),
        ("meta_filter_hint", Fail, false, "home,,,0,", "home,,,0,hint"),
        ("meta_geog_catch", Fail, false, "breakdown,Filter", "local_name,Filter"),
        ("meta_indicator_dp", Fail, false, "Filter,Breakdown,,,", "Filter,Breakdown,,,0"),
        ("meta_ind_dp_set", Warning, false, "home,,,0", "home,,,"),
        ("meta_ind_dp_values", Fail, false, "home,,,0", "home,,,-1"),
        ("meta_ind_unit", Fail, false, "Filter,Breakdown,,", "Filter,Breakdown,,%"),
        ("meta_ind_unit_validation", Fail, false, "home,,,", "home,,percent,"),
        ("meta_indicator_grouping", Fail, false, "Filter,Breakdown,", "Filter,Breakdown,group"),
        ("time_period_num", Fail, true, "2026,", "20-26,"),
        ("time_id_valid", Fail, true, "Reporting year", "Reporting Year"),
        ("time_id_mix", Fail, true, "Reporting year", "Calendar year"),
        ("time_period", Fail, true, "Reporting year", "Financial year"),
        ("time_period_six", Fail, true, "2026,", "202628,"),
        ("filter_not_singular", Fail, true, "Planned", "Total"),
        ("filter_defaults", Warning, true, "Total", "All"),
        ("filter_whitespace", Fail, true, "Planned", " Planned"),
        ("filter_ob_total", Fail, true, "Coventry", "Total"),
        ("filter_blanks", Fail, true, "Planned", ""),
        ("geog_level", Fail, true, "National", "national"),
        ("geog_level_present", Fail, true, "la_name", "authority"),
        ("geog_country_combos", Fail, true, "E92000001", ""),
        ("geog_region_combos", Fail, true, "West Midlands", "The West Midlands"),
        ("geog_la_combos", Fail, true, "Coventry", "coventry"),
        ("geog_level_completed", Fail, true, "331,E08000026,Coventry", "331,E08000026,"),
        ("geog_la_col_present", Fail, true, "old_la_code", "code"),
        ("geog_region_col_present", Fail, true, "region_name", "region"),
        ("geog_region_for_la", Warning, true, "E12000005,West Midlands,331", ",,331"),
        ("geog_overcompleted_cols", Fail, true, "England,,,,,,Total", "England,E12000005,West Midlands,,,,Total"),
        ("general_dupes", Fail, true, "Planned", "Total"),
        ("general_null", Fail, true, "Planned", "NA"),
        ("general_null", Warning, true, "Planned", "N/A"),
        ("ind_invalid_entry", Fail, true, ",c\n", ",~\n"),
        ("harmonised_variables", Fail, false, "breakdown,Filter", "ethnicity,Filter"),
        (
            "api_char_col_label",
            Warning,
            false,
            "Returns home",
            "Returns home as they are counted in the year in which the child went home and all of them",
        ),
    ];
    for (check, verdict, in_data, from, to) in planted {
        let every = matches!(
            *check,
            "filter_not_singular" | "general_dupes" | "time_period" | "time_period_six" | "filter_defaults"
        );
        let put = |text: &str| if every { text.replace(from, to) } else { text.replacen(from, to, 1) };
        let (data, meta) = if *in_data { (put(DATA), META.to_owned()) } else { (DATA.to_owned(), put(META)) };
        assert!(data != DATA || meta != META, "{check}: {from:?} is there");
        assert_eq!(screened("returns.csv", &data, &meta)[check], *verdict, "{check}");
    }
    assert_eq!(screened("my returns.csv", DATA, META)["filename_spaces"], Fail);
    assert_eq!(screened("returns!.csv", DATA, META)["filename_special"], Fail);
    assert_eq!(screened("other.csv", DATA, META)["filenames_match"], Fail);
    assert_eq!(screened("returns.csv", "a,b\n1\n", META)["file_read"], Fail);
}

/// What was said of a defect by each check that has something against it.
fn said(cell: &str) -> BTreeMap<&str, Verdict> {
    cell.split_whitespace()
        .map(|pair| {
            let (check, verdict) = pair.split_once(':').expect("a check and its verdict");
            let verdicts = [Verdict::Pass, Verdict::Undecided, Verdict::Warning, Verdict::Fail];
            (check, verdicts.into_iter().find(|one| one.to_string() == verdict).expect("a verdict"))
        })
        .collect()
}

/// `tests/data/screener/README.md` says how the outcomes were had.
#[test]
fn planted_defects_come_to_what_the_screener_of_the_department_makes_of_them() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/screener");
    let text = |name: &str| std::fs::read_to_string(folder.join(name)).expect("a file of the corpus");
    let register = Specification::embedded().expect("the specification").register;
    let listed = include_str!("../../../tests/data/ees_checks.csv");
    let mut checks = csv::Reader::from_reader(listed.as_bytes());
    let order: Vec<String> = checks.records().map(|record| record.expect("a line")[2].to_owned()).collect();
    let outcomes = text("outcomes.csv");
    let mut planted = csv::Reader::from_reader(outcomes.as_bytes());
    let (mut compared, mut wrong) = (0, Vec::new());
    for line in planted.records() {
        let line = line.expect("a line");
        let [base, place, from, to, often, last, theirs, here] = std::array::from_fn(|at| line[at].to_owned());
        let [from, to] = [from, to].map(|text| text.replace("\\n", "\n"));
        let put = |file: &str, here: bool| match (here, often.as_str()) {
            (false, _) => file.to_owned(),
            (true, "every") => file.replace(&from, &to),
            (true, _) => file.replacen(&from, &to, 1),
        };
        let (data, meta) = (text(&format!("{base}.csv")), text(&format!("{base}.meta.csv")));
        let data = put(&data, ["data", "both"].contains(&place.as_str()));
        let meta = put(&meta, ["metadata", "both"].contains(&place.as_str()));
        let files = (("returns.csv", data.as_bytes()), ("returns.meta.csv", meta.as_bytes()));
        let ours: BTreeMap<&str, Verdict> =
            screen(files.0, files.1, &register, None).into_iter().map(|one| (one.check, one.verdict)).collect();
        let (theirs, here) = (said(&theirs), said(&here));
        let reached = order.iter().position(|check| *check == last).expect("the last check that was reached");
        for check in order[..=reached].iter().map(String::as_str).filter(|check| !check.starts_with("data_dict")) {
            let expected = here.get(check).or_else(|| theirs.get(check)).copied().unwrap_or(Verdict::Pass);
            compared += 1;
            if ours[check] != expected {
                wrong.push(format!("{base}: {from:?} as {to:?}: {check} is {}, not {expected}", ours[check]));
            }
        }
        // What the department's refuses is refused here as well, or said to be undecided.
        let refused = theirs.values().any(|verdict| *verdict == Verdict::Fail);
        let is_met = |(check, verdict): (&&str, &Verdict)| {
            *verdict == Verdict::Fail || (*verdict == Verdict::Undecided && !check.starts_with("data_dict"))
        };
        assert!(!refused || ours.iter().any(is_met), "{base}: {from:?} as {to:?} goes through");
    }
    assert!(compared > 10_000, "{compared} outcomes are compared");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

const DICTIONARY: &str = "\
col_name,col_type,filter_item,col_name_parent,filter_item_parent,contexts\n\
breakdown,Filter,Total,breakdown_topic,Total,\n\
breakdown,Filter,Planned,NA,NA,\n\
children_count,Indicator,,,,\n";

#[test]
fn the_data_dictionary_decides_where_it_is_given() {
    let register = Specification::embedded().expect("the specification").register;
    let dictionary = Dictionary::read(DICTIONARY.as_bytes()).expect("a dictionary");
    let done = |data: &str, meta: &str| {
        let files = (("returns.csv", data.as_bytes()), ("returns.meta.csv", meta.as_bytes()));
        let done = screen(files.0, files.1, &register, Some(&dictionary));
        let of = |check| done.iter().find(|one| one.check == check).map(|one| (one.verdict, one.problem.clone()));
        (of("data_dict_col_name").expect("the check"), of("data_dict_fil_item").expect("the check"))
    };
    let (names, items) = done(DATA, META);
    assert_eq!(names, (Verdict::Warning, "Not in the data dictionary: return_count.".to_owned()));
    assert_eq!(items, (Verdict::Pass, String::new()));
    let rename = |text: &str| text.replace("return_count", "children_count").replace("Planned", "Agreed");
    let (names, items) = done(&rename(DATA), &rename(META));
    assert_eq!(names.0, Verdict::Pass);
    assert_eq!(items, (Verdict::Warning, "Not in the data dictionary: breakdown / Agreed.".to_owned()));
    assert_eq!(Dictionary::read(b"name\n").expect_err("no dictionary"), "it has no column col_name");
}
