//! The ethnic groups as the Government Statistical Service writes them, with and without spaces round a slash.

use super::{Check, fails, warns};

/// The major groups with the groups they hold. Source: GOV.UK style for the 2011 Census groups, as the screener lists them.
const GROUPS: [(&str, &[&str]); 5] = [
    (
        "White",
        &[
            "English / Welsh / Scottish / Northern Irish / British",
            "Irish",
            "Gypsy or Irish Traveller",
            "Roma",
            "Any other White background",
        ],
    ),
    (
        "Mixed / Multiple ethnic groups",
        &[
            "White and Black Caribbean",
            "White and Black African",
            "White and Asian",
            "Any other Mixed / Multiple ethnic background",
        ],
    ),
    ("Asian / Asian British", &["Indian", "Pakistani", "Bangladeshi", "Chinese", "Any other Asian background"]),
    (
        "Black / African / Caribbean / Black British",
        &["African", "Caribbean", "Any other Black / African / Caribbean background"],
    ),
    ("Other ethnic group", &["Arab", "Any other ethnic group"]),
];
const TOTAL: &str = "Total";
const UNKNOWN: &str = "Unknown";

/// How a group may be written: both ways, never mixed.
fn is_written(cell: &str, group: &str) -> bool {
    cell == group || cell == group.replace(" / ", "/")
}

fn is_major(cell: &str) -> bool {
    cell == TOTAL || cell == UNKNOWN || GROUPS.iter().any(|(major, _)| is_written(cell, major))
}

fn is_minor(cell: &str) -> bool {
    let within = |(_, minor): &(&str, &[&str])| minor.iter().any(|one| is_written(cell, one));
    cell == TOTAL || cell == UNKNOWN || GROUPS.iter().any(within)
}

/// Whether a group lies in a major one; the two are written in one way.
fn go_together(major: &str, minor: &str) -> bool {
    if major == TOTAL || major == UNKNOWN {
        return minor == major;
    }
    let Some((standard, within)) = GROUPS.iter().find(|(standard, _)| is_written(major, standard)) else {
        return false;
    };
    let one_way = |one: &&str| {
        let spaced = *one == minor && major == *standard;
        let close = one.replace(" / ", "/") == minor && standard.replace(" / ", "/") == major;
        // The major group White is written in one way only.
        spaced || close || (!standard.contains('/') && is_written(minor, one))
    };
    minor == TOTAL || within.iter().any(one_way)
}

pub(super) const CHECKS: &[Check] = &[
    ("harmonised_eth_vals", |files| {
        let majors = files.data.at("ethnicity_major").is_some();
        let minors = files.data.at("ethnicity_minor").is_some();
        let other: Vec<String> = if majors && minors {
            let pairs = files.data.column("ethnicity_major").zip(files.data.column("ethnicity_minor"));
            let pairs: std::collections::BTreeSet<_> =
                pairs.filter(|(major, minor)| !go_together(major, minor)).collect();
            pairs.into_iter().map(|(major, minor)| format!("{major}, {minor}")).collect()
        } else if majors {
            files
                .data
                .distinct("ethnicity_major")
                .into_iter()
                .filter(|item| !is_major(item))
                .map(str::to_owned)
                .collect()
        } else {
            files
                .data
                .distinct("ethnicity_minor")
                .into_iter()
                .filter(|item| !is_minor(item))
                .map(str::to_owned)
                .collect()
        };
        warns(other.into_iter().map(|item| format!("The ethnic group {item:?} is not written as the standard has it.")))
    }),
    ("harmonised_eth_char_grp", |files| {
        let standard = ["Ethnicity Major", "Ethnicity Minor", "Ethnicity Detailed", "Minority Ethnic"];
        let about = |item: &&str| item.to_lowercase().contains("ethnic");
        // A group may be one of these and something else: Gender and Minority Ethnic.
        let other = files.data.distinct("characteristic_group").into_iter().filter(about);
        let other = other.filter(|item| !standard.iter().any(|name| item.contains(name)));
        fails(other.map(|item| format!("{item:?} has a standard name.")))
    }),
    ("harmonised_eth_char_vals", |files| {
        let pairs = files.data.column("characteristic_group").zip(files.data.column("characteristic"));
        let other =
            pairs.filter(|(group, item)| group.to_lowercase().contains("ethnic") && !is_major(item) && !is_minor(item));
        let other: std::collections::BTreeSet<&str> = other.map(|(_, item)| item).collect();
        warns(other.into_iter().map(|item| format!("The ethnic group {item:?} is not written as the standard has it.")))
    }),
];
