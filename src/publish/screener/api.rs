//! What a data set that is served must keep to as well.

use super::{Check, warns};

fn longer<'a>(texts: impl Iterator<Item = &'a str>, most: usize, what: &str) -> Option<String> {
    let long = texts.filter(|text| text.chars().count() > most).count();
    (long > 0).then(|| format!("{long} {what} are longer than {most} characters."))
}

pub(super) const CHECKS: &[Check] = &[
    ("api_char_col_name", |files| warns(longer(files.data.headings.iter().map(String::as_str), 50, "column names"))),
    // The published standard says 80, the screener 100: what is within the standard is within both.
    ("api_char_col_label", |files| {
        warns(longer(files.meta.rows.iter().map(|line| files.said(line, "label")), 80, "labels"))
    }),
    ("api_char_loc_code", |files| {
        let codes = ["country_code", "region_code", "old_la_code", "new_la_code"];
        warns(longer(codes.iter().flat_map(|name| files.data.distinct(name)), 30, "codes of places"))
    }),
    ("api_char_filter_items", |files| {
        let names = ["country_name", "region_name", "la_name"];
        let columns = files.filters_and_groups().into_iter().chain(names);
        warns(longer(columns.flat_map(|name| files.data.distinct(name)), 120, "items or names of places"))
    }),
];
