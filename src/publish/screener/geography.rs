//! Where the figures are of. Levels below local authorities are not published here and have no lookup: whether their
//! codes are right is not decided.

use super::{Check, Files, Problem, Verdict, fails, warns, when};
use std::collections::{BTreeMap, BTreeSet};

/// The levels of the standard with their columns: code, name, second code.
const LEVELS: [(&str, &[&str]); 18] = [
    ("National", &["country_code", "country_name"]),
    ("Regional", &["region_code", "region_name"]),
    ("Local authority", &["new_la_code", "la_name", "old_la_code"]),
    ("Local authority district", &["lad_code", "lad_name"]),
    ("RSC region", &["rsc_region_lead_name"]),
    ("Parliamentary constituency", &["pcon_code", "pcon_name"]),
    ("Local skills improvement plan area", &["lsip_code", "lsip_name"]),
    ("Local enterprise partnership", &["local_enterprise_partnership_code", "local_enterprise_partnership_name"]),
    ("English devolved area", &["english_devolved_area_code", "english_devolved_area_name"]),
    ("Opportunity area", &["opportunity_area_code", "opportunity_area_name"]),
    ("Ward", &["ward_code", "ward_name"]),
    ("MAT", &["trust_id", "trust_name"]),
    ("Sponsor", &["sponsor_id", "sponsor_name"]),
    ("School", &["school_urn", "school_name", "school_laestab"]),
    ("Provider", &["provider_ukprn", "provider_name"]),
    ("Institution", &["institution_id", "institution_name"]),
    ("Planning area", &["planning_area_code", "planning_area_name"]),
    ("Police force area", &["pfa_code", "pfa_name"]),
];

/// Codes that stand for no place, with the names they go with.
const ELSEWHERE: [&str; 6] = [
    "Not applicable",
    "Unknown",
    "Outside of England",
    "Outside of the United Kingdom",
    "Outside of England and unknown",
    "Outside of the United Kingdom and unknown",
];

/// The countries of the standard, and what may stand for several of them.
const COUNTRIES: [(&str, &str); 8] = [
    ("E92000001", "England"),
    ("K02000001", "United Kingdom"),
    ("K03000001", "Great Britain"),
    ("K04000001", "England and Wales"),
    ("N92000002", "Northern Ireland"),
    ("S92000003", "Scotland"),
    ("W92000004", "Wales"),
    ("z", "England, Wales and Northern Ireland"),
];

/// Authorities that report together, and places that are no authority: old code, new code, name.
const OTHER_AUTHORITIES: [(&str, &str, &str); 6] = [
    ("940 / 941", "E06000061 / E06000062", "North Northamptonshire / West Northamptonshire"),
    ("942 / 943", "E06000063 / E06000064", "Cumberland / Westmorland and Furness"),
    ("314 / 318", "E09000021 / E09000027", "Kingston upon Thames / Richmond upon Thames"),
    ("x", "E10000001", "Bedfordshire"),
    ("x", "E10000004", "Cheshire"),
    ("702", "z", "British Forces Post Office overseas establishments"),
];

const INNER_OUTER: [(&str, &str); 2] = [("E13000001", "Inner London"), ("E13000002", "Outer London")];

fn is_elsewhere(code: &str, name: &str) -> bool {
    code == "x" || (code == "z" && ELSEWHERE.contains(&name))
}

fn columns_of(level: &str) -> &'static [&'static str] {
    LEVELS.iter().find(|(name, _)| *name == level).map_or(&[], |(_, columns)| columns)
}

/// Whether a row of a level leaves one of these columns empty.
fn lacks(files: &Files<'_>, level: &str, columns: &[&str]) -> bool {
    let columns = places_of(files, columns);
    let Some(at_level) = files.data.at("geographic_level") else { return false };
    let mut rows = files.data.rows.iter().filter(|row| row.get(at_level).is_some_and(|cell| cell == level));
    rows.any(|row| columns.iter().any(|(_, at)| is_empty(row, *at)))
}

/// Distinct cells of several columns together.
fn combinations<'f, const N: usize>(files: &'f Files<'_>, columns: [&str; N]) -> BTreeSet<[&'f str; N]> {
    let columns = columns.map(|column| files.data.at(column));
    let of = |row: &'f [String]| columns.map(|at| at.and_then(|at| row.get(at)).map_or("", String::as_str));
    let mut found: Vec<[&str; N]> = files.data.rows.iter().map(|row| of(row)).collect();
    // The rows of a place stand together nearly always, and a file has few places for its rows.
    found.dedup();
    found.into_iter().collect()
}

/// The columns of a level, each with where it stands; found once, because a file has many rows.
fn places_of<'c>(files: &Files<'_>, columns: &'c [&'c str]) -> Vec<(&'c str, Option<usize>)> {
    columns.iter().map(|column| (*column, files.data.at(column))).collect()
}

fn is_empty(row: &[String], at: Option<usize>) -> bool {
    at.and_then(|at| row.get(at)).is_none_or(String::is_empty)
}

/// Codes and names of a level without a lookup here are only told from what stands for no place.
fn unknown(files: &Files<'_>, level: &str) -> Vec<Problem> {
    let [code, name] = [columns_of(level)[0], columns_of(level)[1]];
    let there =
        combinations(files, [code, name]).into_iter().any(|[code, name]| !code.is_empty() && !is_elsewhere(code, name));
    let problem = there.then(|| format!("The file gives places of the level {level}, whose codes are not known here."));
    problem.map(|problem| (Verdict::Undecided, problem)).into_iter().collect()
}

fn together(files: &Files<'_>, columns: &[&str]) -> Vec<Problem> {
    let there = columns.iter().filter(|column| files.data.at(column).is_some()).count();
    fails((there > 0 && there < columns.len()).then(|| format!("{} come together.", columns.join(", "))))
}

/// The levels that lie within an area of another and so may name it; rows of schools and their like may name any level.
const WITHIN: [(&str, &[&str]); 4] = [
    (
        "Regional",
        &[
            "Local skills improvement plan area",
            "Local authority",
            "Local enterprise partnership",
            "Opportunity area",
            "Local authority district",
            "Parliamentary constituency",
            "English devolved area",
            "Ward",
            "Planning area",
            "Police force area",
        ],
    ),
    (
        "Local authority",
        &["Parliamentary constituency", "Local authority district", "Ward", "Planning area", "Police force area"],
    ),
    ("Local authority district", &["Ward", "Police force area"]),
    ("Local skills improvement plan area", &["Local authority district", "Planning area"]),
];

/// Whether a row of a level may fill the columns of another.
fn may_fill(level: &str, other: &str) -> bool {
    let organisations = ["School", "Provider", "Institution"];
    let within = WITHIN.iter().find(|(name, _)| *name == other).is_some_and(|(_, levels)| levels.contains(&level));
    level == other || within || (organisations.contains(&level) && !organisations.contains(&other))
}

/// The columns that are there and that a row of a level may not fill; every row may fill those of its country.
fn closed_to(files: &Files<'_>, level: &str) -> Vec<usize> {
    let others = LEVELS.iter().skip(1).filter(|(other, _)| !may_fill(level, other));
    others.flat_map(|(_, columns)| columns.iter().filter_map(|column| files.data.at(column))).collect()
}

/// One name for a code, or one code for a name, at the levels that have no lookup.
fn one_for_one(files: &Files<'_>, by_name: bool) -> Vec<Problem> {
    let there = files.data.distinct("geographic_level");
    let levels = ["Opportunity area", "MAT", "Sponsor"].into_iter().filter(|level| there.contains(level));
    let twice = levels.filter(|level| {
        let [code, name] = [columns_of(level)[0], columns_of(level)[1]];
        let mut seen: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        for [code, name] in combinations(files, [code, name]) {
            let (key, value) = if by_name { (name, code) } else { (code, name) };
            seen.entry(key).or_default().insert(value);
        }
        seen.iter().any(|(key, values)| !key.is_empty() && values.len() > 1)
    });
    fails(twice.map(|level| format!("A place of the level {level} has two codes or two names.")))
}

/// At the levels that have no lookup, the code x and the name "Not available" go together.
fn not_available(files: &Files<'_>, code_first: bool) -> Vec<Problem> {
    let there = files.data.distinct("geographic_level");
    let levels = ["Opportunity area", "MAT", "Sponsor", "School", "Provider", "Police force area"];
    let wrong = levels.into_iter().filter(|level| there.contains(level)).filter(|level| {
        let [code, name] = [columns_of(level)[0], columns_of(level)[1]];
        combinations(files, [code, name]).into_iter().any(|[code, name]| {
            let (one, other) = (code == "x", name == "Not available");
            if code_first { one && !other } else { other && !one }
        })
    });
    fails(wrong.map(|level| format!("At the level {level}, x and Not available do not go together.")))
}

pub(super) const CHECKS: &[Check] = &[
    ("geog_level", |files| {
        let levels = files.data.distinct("geographic_level");
        let unknown = levels.into_iter().filter(|level| columns_of(level).is_empty());
        fails(unknown.map(|level| format!("There is no geographic level {level:?}.")))
    }),
    ("geog_level_present", |files| {
        let levels = files.data.distinct("geographic_level");
        let missing = levels.into_iter().filter(|level| *level != "Planning area").flat_map(columns_of);
        let missing = missing.filter(|column| files.data.at(column).is_none());
        fails(missing.map(|column| format!("A level of the file needs the column {column}.")))
    }),
    ("geog_country_combos", |files| {
        let known = |[code, name]: &[&str; 2]| COUNTRIES.contains(&(*code, *name)) || is_elsewhere(code, name);
        let wrong = combinations(files, ["country_code", "country_name"]).iter().any(|pair| !known(pair));
        fails(when(wrong, "A country's code and name do not go together."))
    }),
    ("geog_region_combos", |files| {
        let mut known: BTreeSet<(&str, &str)> =
            files.register.lines().map(|one| (one.region_gss.as_str(), one.region.as_str())).collect();
        known.extend(INNER_OUTER);
        let right = |[code, name]: &[&str; 2]| {
            (code.is_empty() && name.is_empty()) || known.contains(&(*code, *name)) || is_elsewhere(code, name)
        };
        let wrong = combinations(files, ["region_code", "region_name"]).iter().any(|pair| !right(pair));
        fails(when(wrong, "A region's code and name do not go together."))
    }),
    ("geog_ward_combos", |files| unknown(files, "Ward")),
    ("geog_pcon_combos", |files| unknown(files, "Parliamentary constituency")),
    ("geog_lad_combos", |files| unknown(files, "Local authority district")),
    ("geog_lep_combos", |files| unknown(files, "Local enterprise partnership")),
    ("geog_lsip_combos", |files| unknown(files, "Local skills improvement plan area")),
    ("geog_eda_combos", |files| unknown(files, "English devolved area")),
    ("geog_la_combos", |files| {
        let mut known: BTreeSet<(&str, &str, &str)> =
            files.register.lines().map(|one| (one.code.as_str(), one.gss.as_str(), one.name.as_str())).collect();
        known.extend(OTHER_AUTHORITIES);
        let elsewhere =
            |old: &str, new: &str, name: &str| new == "x" || (old == "z" && new == "z" && ELSEWHERE.contains(&name));
        let wrong =
            combinations(files, ["old_la_code", "new_la_code", "la_name"]).into_iter().any(|[old, new, name]| {
                !old.is_empty() && !elsewhere(old, new, name) && !known.contains(&(old, new, name))
            });
        fails(when(wrong, "An authority's codes and name do not go together."))
    }),
    ("geog_level_completed", |files| {
        let columns: BTreeMap<&str, _> =
            LEVELS.iter().map(|(level, columns)| (*level, places_of(files, columns))).collect();
        let level = files.data.at("geographic_level");
        let empty = files.data.rows.iter().any(|row| {
            let columns = level.and_then(|at| columns.get(row.get(at)?.as_str()));
            let mut columns = columns.into_iter().flatten();
            columns.any(|(column, at)| *column != "new_la_code" && is_empty(row, *at))
        });
        fails(when(empty, "A row does not fill the columns of its own level."))
    }),
    ("geog_ignored_rows", |files| {
        let levels = files.data.distinct("geographic_level");
        let ignored = levels.iter().all(|level| ["Institution", "Planning area"].contains(level));
        let mixed = levels.contains("School") && levels.contains("Provider");
        fails(when(ignored || mixed, "The file has levels that the table tool does not take together."))
    }),
    ("geog_other_dupes", |files| one_for_one(files, true)),
    ("geog_la_col_present", |files| together(files, &["new_la_code", "la_name", "old_la_code"])),
    ("geog_region_col_present", |files| together(files, &["region_code", "region_name"])),
    ("geog_region_for_la", |files| {
        let without = lacks(files, "Local authority", &["region_code", "region_name"]);
        warns(when(without, "A row of an authority does not give its region."))
    }),
    ("geog_region_for_lad", |files| {
        let without = lacks(files, "Local authority district", &["region_code"]);
        warns(when(without, "A row of a district does not give its region."))
    }),
    ("geog_na", |files| not_available(files, true)),
    ("geog_na_code", |files| not_available(files, false)),
    ("geog_other_code_dupes", |files| one_for_one(files, false)),
    ("geog_overcompleted_cols", |files| {
        let closed: BTreeMap<&str, Vec<usize>> =
            LEVELS.iter().map(|(level, _)| (*level, closed_to(files, level))).collect();
        let level = files.data.at("geographic_level");
        let over = files.data.rows.iter().any(|row| {
            let closed = level.and_then(|at| closed.get(row.get(at)?.as_str()));
            closed.into_iter().flatten().any(|at| !is_empty(row, Some(*at)))
        });
        fails(when(over, "A row fills columns of a level that cannot hold its own."))
    }),
];
