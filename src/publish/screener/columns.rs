//! The headings of the two files, and how they go together.

use super::sheet::{PLACE, TIME};
use super::{Check, fails, warns, when};

const META: [&str; 8] = [
    "col_name",
    "col_type",
    "label",
    "indicator_grouping",
    "indicator_unit",
    "indicator_dp",
    "filter_hint",
    "filter_grouping_column",
];
const META_OPTIONAL: [&str; 2] = ["filter_default", "parent_filter"];
const DATA: [&str; 5] = ["time_period", "time_identifier", "geographic_level", "country_code", "country_name"];

/// Words that belong in a filter and never in the name of a column of figures.
const FILTER_WORDS: [&str; 19] = [
    "male",
    "female",
    "asian",
    "chinese",
    "indian",
    "pakistani",
    "bangladeshi",
    "black",
    "african",
    "caribbean",
    "white",
    "roma",
    "irish",
    "english",
    "british",
    "scottish",
    "welsh",
    "northern irish",
    "arab",
];

pub(super) const CHECKS: &[Check] = &[
    ("col_req_meta", |files| {
        let missing = META.iter().filter(|name| files.meta.at(name).is_none());
        fails(missing.map(|name| format!("The metadata has no column {name}.")))
    }),
    ("col_invalid_meta", |files| {
        let known = |name: &str| META.contains(&name) || META_OPTIONAL.contains(&name);
        let unknown = files.meta.headings.iter().filter(|name| !known(name));
        fails(unknown.map(|name| format!("The metadata has a column {name} that is not in the standard.")))
    }),
    ("col_req_data", |files| {
        let missing = DATA.iter().filter(|name| files.data.at(name).is_none());
        fails(missing.map(|name| format!("The data have no column {name}.")))
    }),
    ("col_to_rows", |files| {
        let more = files.meta.rows.len() > files.data.headings.len().saturating_sub(DATA.len());
        fails(when(more, "The metadata have more lines than the data have columns to describe."))
    }),
    ("cross_meta_to_data", |files| {
        let mut named = files.filters_and_groups();
        named.extend(files.named("Indicator"));
        let missing = named.into_iter().filter(|name| files.data.at(name).is_none());
        fails(missing.map(|name| format!("The metadata describe {name}, which is no column of the data.")))
    }),
    ("cross_data_to_meta", |files| {
        let named = files.described();
        let unknown = files.data.headings.iter().map(String::as_str).filter(|name| {
            !TIME.contains(name)
                && !PLACE.contains(name)
                && !named.contains(name)
                && files.data.distinct(name).len() > 1
        });
        warns(unknown.map(|name| format!("The column {name} of the data is not described.")))
    }),
    ("col_names_spaces", |files| {
        let spaced = files.data.headings.iter().filter(|name| name.contains(char::is_whitespace));
        fails(spaced.map(|name| format!("The column name {name:?} has a space.")))
    }),
    ("col_snake_case", |files| {
        let plain = |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '_';
        let other = files.data.headings.iter().filter(|name| !name.chars().all(plain));
        warns(other.map(|name| format!("The column name {name} is not in lower case with underscores.")))
    }),
    ("col_var_start", |files| {
        let other =
            files.data.headings.iter().filter(|name| !name.starts_with(|first: char| first.is_ascii_lowercase()));
        warns(other.map(|name| format!("The column name {name} does not begin with a lower-case letter.")))
    }),
    ("col_ind_smushed", |files| {
        let has = |name: &&str| FILTER_WORDS.iter().any(|word| name.to_lowercase().contains(word));
        let smushed = files.named("Indicator").into_iter().filter(has);
        fails(smushed.map(|name| format!("{name} has a word that belongs in a filter.")))
    }),
    ("col_var_characteristic", |files| {
        let named = files.filters_and_groups();
        let old = named.into_iter().filter(|name| matches!(*name, "characteristic" | "characteristic_group"));
        warns(old.map(|name| format!("{name} is described; write breakdown and breakdown_topic.")))
    }),
];
