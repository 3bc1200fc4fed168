//! The lines of the metadata.

use super::sheet::{PLACE, TIME, looks_like_a_place};
use super::{Check, Files, Problem, fails, warns};
use std::collections::BTreeSet;

/// Lines of a kind should leave a column empty.
fn blank(files: &Files<'_>, kind: &str, column: &str) -> Vec<Problem> {
    let filled = files.lines(kind).filter(|line| !files.said(line, column).is_empty());
    fails(filled.map(|line| format!("{} is of type {kind} and fills {column}.", files.said(line, "col_name"))))
}

fn repeated<'a>(values: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    let mut seen = BTreeSet::new();
    values.filter(|value| !value.is_empty() && !seen.insert(*value)).collect()
}

fn all<'f>(files: &'f Files<'_>, column: &'f str) -> impl Iterator<Item = &'f str> {
    files.meta.rows.iter().map(move |line| files.said(line, column))
}

fn groups<'f>(files: &'f Files<'_>) -> impl Iterator<Item = &'f str> {
    files.lines("Filter").map(|line| files.said(line, "filter_grouping_column")).filter(|group| !group.is_empty())
}

pub(super) const CHECKS: &[Check] = &[
    ("meta_col_type", |files| {
        let other = all(files, "col_type").filter(|kind| !["Filter", "Indicator"].contains(kind));
        fails(other.map(|kind| format!("The type {kind:?} is neither Filter nor Indicator.")))
    }),
    ("meta_ob_unit", |files| {
        let excepted = |name: &&str| !["school_name", "provider_name"].contains(name);
        let named = all(files, "col_name").filter(|name| TIME.contains(name) || PLACE.contains(name)).filter(excepted);
        fails(named.map(|name| format!("{name} says when or where, and is not described.")))
    }),
    ("meta_col_name", |files| {
        let blank = all(files, "col_name").filter(|name| name.is_empty());
        fails(blank.map(|_| "A line of the metadata has no col_name.".to_owned()))
    }),
    ("meta_dupe_label", |files| {
        fails(repeated(all(files, "label")).into_iter().map(|label| format!("The label {label:?} is given twice.")))
    }),
    ("meta_fil_grp", |files| blank(files, "Indicator", "filter_grouping_column")),
    ("meta_fil_grp_dupe", |files| {
        let twice = repeated(groups(files)).into_iter();
        fails(twice.map(|group| format!("The grouping column {group} is used for two filters.")))
    }),
    ("meta_fil_grp_is_fil", |files| {
        let filters = files.named("Filter");
        let alone = groups(files).filter(|group| !filters.contains(group));
        warns(alone.map(|group| format!("The grouping column {group} has no line of its own.")))
    }),
    ("meta_fil_grp_match", |files| {
        let missing = groups(files).filter(|group| files.data.at(group).is_none());
        fails(missing.map(|group| format!("The grouping column {group} is no column of the data.")))
    }),
    ("meta_fil_grp_stripped", |files| {
        let stripped = |item: &&str| item.chars().filter(|letter| letter.is_alphanumeric()).collect::<String>();
        let merged = groups(files).filter(|group| {
            let items = files.data.distinct(group);
            items.iter().map(stripped).collect::<BTreeSet<_>>().len() != items.len()
        });
        fails(merged.map(|group| format!("Two items of {group} differ only in signs.")))
    }),
    ("meta_label", |files| {
        let blank = files.meta.rows.iter().filter(|line| files.said(line, "label").is_empty());
        fails(blank.map(|line| format!("{} has no label.", files.said(line, "col_name"))))
    }),
    ("meta_filter_hint", |files| blank(files, "Indicator", "filter_hint")),
    ("meta_geog_catch", |files| {
        let filters = files.named("Filter");
        let whole = ["school_name", "provider_name"];
        let alone = filters.len() == 1
            && (whole.contains(&filters[0]) || groups(files).next().is_some_and(|group| whole.contains(&group)));
        let like = files.filters_and_groups().into_iter().filter(|name| looks_like_a_place(name));
        let like = like.filter(|name| !(alone && whole.contains(name)));
        fails(like.map(|name| format!("The filter {name} looks like a place.")))
    }),
    ("meta_indicator_dp", |files| blank(files, "Filter", "indicator_dp")),
    ("meta_col_name_spaces", |files| {
        let spaced = all(files, "col_name").filter(|name| name.contains(char::is_whitespace));
        fails(spaced.map(|name| format!("The col_name {name:?} has a space.")))
    }),
    ("meta_col_name_dupe", |files| {
        fails(repeated(all(files, "col_name")).into_iter().map(|name| format!("{name} is described twice.")))
    }),
    ("meta_ind_dp_set", |files| {
        let unset = files.lines("Indicator").filter(|line| files.said(line, "indicator_dp").is_empty());
        warns(unset.map(|line| format!("{} does not say its decimals.", files.said(line, "col_name"))))
    }),
    ("meta_ind_dp_values", |files| {
        let wrong = all(files, "indicator_dp").filter(|places| !places.bytes().all(|byte| byte.is_ascii_digit()));
        fails(wrong.map(|places| format!("The decimals {places:?} are no whole number.")))
    }),
    ("meta_ind_unit", |files| blank(files, "Filter", "indicator_unit")),
    ("meta_ind_unit_validation", |files| {
        let known = ["", "%", "pp", "£", "£m", "numberstring"];
        let wrong = all(files, "indicator_unit").filter(|unit| !known.contains(unit));
        fails(wrong.map(|unit| format!("The unit {unit:?} is not in the standard.")))
    }),
    ("meta_indicator_grouping", |files| blank(files, "Filter", "indicator_grouping")),
];
