//! Rows and figures as a whole, and names that all of government shares.

use super::sheet::{PLACE, TIME};
use super::{Check, Files, Verdict, fails, when};
use std::collections::BTreeSet;

const NULLS: [&str; 5] = ["NULL", "Null", "null", "NA", "na"];
const OLD_NULLS: [&str; 5] = ["N/A", "n/a", ".", "..", "-"];

/// Parts of names of subjects that have a standard name, and those names.
const HARMONISED: [(&str, &[&str]); 7] = [
    ("sen_", &["sen_status", "sen_provision", "sen_primary_need", "sen_secondary_need"]),
    ("primary_need", &["sen_primary_need"]),
    ("secondary_need", &["sen_secondary_need"]),
    ("establishment_type", &["establishment_type", "establishment_type_group"]),
    ("provider_type", &["provider_type"]),
    ("school_type", &["establishment_type", "establishment_type_group"]),
    ("ethnic", &["ethnicity_major", "ethnicity_minor", "ethnicity_detailed", "minority_ethnic"]),
];

/// Levels whose rows the table tool leaves out; schools or providers alone are taken.
fn ignored_levels(files: &Files<'_>) -> &'static [&'static str] {
    let levels = files.data.distinct("geographic_level");
    let alone = levels.len() == 1 && (levels.contains("School") || levels.contains("Provider"));
    if alone { &["Institution", "Planning area"] } else { &["School", "Provider", "Institution", "Planning area"] }
}

pub(super) const CHECKS: &[Check] = &[
    ("general_dupes", |files| {
        let filters = files.filters_and_groups();
        let keys: Vec<usize> =
            TIME.iter().chain(&PLACE).copied().chain(filters).filter_map(|name| files.data.at(name)).collect();
        let ignored = ignored_levels(files);
        let counts = |row: &&Vec<String>| {
            files.data.at("geographic_level").is_none_or(|at| !ignored.contains(&row[at].as_str()))
        };
        let rows: Vec<_> = files.data.rows.iter().filter(counts).collect();
        let kinds = rows.iter().map(|row| keys.iter().map(|at| row[*at].as_str()).collect::<Vec<_>>());
        let twice = rows.len() - kinds.collect::<BTreeSet<_>>().len();
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
        let is_standard = |name: &str| HARMONISED.iter().any(|(_, standard)| standard.contains(&name));
        let other = files
            .described()
            .into_iter()
            .filter(|name| HARMONISED.iter().any(|(part, _)| name.to_lowercase().contains(part)) && !is_standard(name));
        fails(other.map(|name| format!("{name} has a standard name.")))
    }),
];
