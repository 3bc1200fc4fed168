use super::*;
use crate::spec::Specification;
use std::collections::BTreeMap;

const DATA: &str = "\
time_period,time_identifier,geographic_level,country_code,country_name,region_code,region_name,old_la_code,new_la_code,la_name,breakdown,return_count\n\
2026,Reporting year,National,E92000001,England,,,,,,Total,30\n\
2026,Reporting year,National,E92000001,England,,,,,,Planned,20\n\
2026,Reporting year,Regional,E92000001,England,E12000005,West Midlands,,,,Total,30\n\
2026,Reporting year,Regional,E92000001,England,E12000005,West Midlands,,,,Planned,20\n\
2026,Reporting year,Local authority,E92000001,England,E12000005,West Midlands,331,E08000026,Coventry,Total,13\n\
2026,Reporting year,Local authority,E92000001,England,E12000005,West Midlands,331,E08000026,Coventry,Planned,c\n";
const META: &str = "\
col_name,col_type,label,indicator_grouping,indicator_unit,indicator_dp,filter_hint,filter_grouping_column,filter_default\n\
breakdown,Filter,Breakdown,,,,,,\n\
return_count,Indicator,Returns home,,,0,,,\n";

fn screened(data_name: &str, data: &str, meta: &str) -> BTreeMap<&'static str, Verdict> {
    let register = Specification::embedded().expect("the specification").register;
    let done = screen((data_name, data.as_bytes()), ("returns.meta.csv", meta.as_bytes()), &register);
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
        ("meta_geog_catch", Fail, false, "breakdown,Filter", "ward_kind,Filter"),
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
