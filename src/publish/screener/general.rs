//! Rows and figures as a whole, and names that all of government shares.

use super::sheet::{PLACE, TIME};
use super::{Check, Verdict, fails, warns, when};
use std::collections::BTreeSet;

const NULLS: [&str; 5] = ["NULL", "Null", "null", "NA", "na"];
const OLD_NULLS: [&str; 5] = ["N/A", "n/a", ".", "..", "-"];

/// The beginnings of names of subjects that have a standard name, and those names.
const HARMONISED: [(&str, &[&str]); 7] = [
    ("sen_", &["sen_status", "sen_provision", "sen_primary_need", "sen_secondary_need"]),
    ("primary_need", &["sen_primary_need"]),
    ("secondary_need", &["sen_secondary_need"]),
    ("establishment_type", &["establishment_type", "establishment_type_group"]),
    ("provider_type", &["establishment_type"]),
    ("school_type", &["establishment_type"]),
    ("ethnic", &["ethnicity_major", "ethnicity_minor", "ethnicity_detailed", "minority_ethnic"]),
];

/// The ethnic groups as the Government Statistical Service writes them.
const ETHNIC: [&str; 8] = [
    "Asian / Asian British",
    "Black / African / Caribbean / Black British",
    "Mixed / Multiple ethnic groups",
    "Other ethnic group",
    "White",
    "Unknown",
    "Total",
    "Minority ethnic group",
];

pub(super) const CHECKS: &[Check] = &[
    ("general_dupes", |files| {
        let filters = files.named("Filter");
        let keys: Vec<usize> =
            TIME.iter().chain(&PLACE).copied().chain(filters).filter_map(|name| files.data.at(name)).collect();
        let rows = files.data.rows.iter().map(|row| keys.iter().map(|at| row[*at].as_str()).collect::<Vec<_>>());
        let twice = files.data.rows.len() - rows.collect::<BTreeSet<_>>().len();
        fails((twice > 0).then(|| format!("{twice} rows have the time, place and filters of another.")))
    }),
    ("general_null", |files| {
        let cells = || files.data.rows.iter().chain(&files.meta.rows).flatten();
        let mut problems = fails(when(
            cells().any(|cell| NULLS.contains(&cell.as_str())),
            "A cell holds what programs read as missing, such as NA.",
        ));
        let old = files.data.rows.iter().flatten().any(|cell| OLD_NULLS.contains(&cell.as_str()));
        problems.extend(
            when(old, "A cell holds an old sign of nothing, such as n/a.").map(|text| (Verdict::Warning, text)),
        );
        problems
    }),
    ("ind_invalid_entry", |files| {
        let wrong = |cell: &str| cell.is_empty() || cell == "~" || cell == ":";
        let has = files.named("Indicator").into_iter().filter(|name| files.data.column(name).any(wrong));
        fails(has.map(|name| format!("{name} has an empty cell or an old symbol.")))
    }),
    ("harmonised_variables", |files| {
        let other = files.filters_and_groups().into_iter().filter(|name| {
            HARMONISED.iter().any(|(begins, standard)| name.contains(begins) && !standard.contains(name))
        });
        fails(other.map(|name| format!("{name} has a standard name.")))
    }),
    ("harmonised_eth_vals", |files| {
        let other = files.data.distinct("ethnicity_major").into_iter().filter(|item| !ETHNIC.contains(item));
        warns(other.map(|item| format!("The ethnic group {item:?} is not written as the standard has it.")))
    }),
    ("harmonised_eth_char_grp", |files| {
        let about = |item: &&str| item.to_lowercase().contains("ethnic");
        let standard = ["Ethnicity Major", "Ethnicity Minor", "Ethnicity Detailed", "Minority Ethnic"];
        let other = files.data.distinct("characteristic_group").into_iter().filter(about);
        fails(other.filter(|item| !standard.contains(item)).map(|item| format!("{item:?} has a standard name.")))
    }),
    ("harmonised_eth_char_vals", |files| {
        let pairs = files.data.column("characteristic_group").zip(files.data.column("characteristic"));
        let other = pairs.filter(|(group, item)| group.contains("Ethnicity Major") && !ETHNIC.contains(item));
        let other: BTreeSet<&str> = other.map(|(_, item)| item).collect();
        warns(other.into_iter().map(|item| format!("The ethnic group {item:?} is not written as the standard has it.")))
    }),
];
