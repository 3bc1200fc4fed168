//! The items of the filters.

use super::sheet::{PLACE, TIME, looks_like_a_place};
use super::{Check, Files, fails, warns};
use std::collections::BTreeSet;

const MOST_ITEMS: usize = 25_000;

fn default_of<'f>(files: &'f Files<'_>, filter: &str) -> &'f str {
    let line = files.lines("Filter").find(|line| files.said(line, "col_name") == filter);
    line.map(|line| files.said(line, "filter_default")).filter(|item| !item.is_empty()).unwrap_or("Total")
}

pub(super) const CHECKS: &[Check] = &[
    ("filter_not_singular", |files| {
        let single = files.named("Filter").into_iter().filter(|filter| files.data.distinct(filter).len() < 2);
        fails(single.map(|filter| format!("The filter {filter} has fewer than two items.")))
    }),
    ("filter_defaults", |files| {
        let named: BTreeSet<&str> = files.filters_and_groups().into_iter().collect();
        let without =
            named.into_iter().filter(|filter| !files.data.distinct(filter).contains(default_of(files, filter)));
        warns(without.map(|filter| format!("The filter {filter} has no item {}.", default_of(files, filter))))
    }),
    ("filter_group_level", |files| {
        let wider = files.lines("Filter").filter(|line| {
            let (filter, group) = (files.said(line, "col_name"), files.said(line, "filter_grouping_column"));
            !group.is_empty() && files.data.distinct(group).len() > files.data.distinct(filter).len()
        });
        fails(wider.map(|line| format!("The grouping of {} has more items than it.", files.said(line, "col_name"))))
    }),
    ("filter_item_limit", |files| {
        let many = files.filters_and_groups().into_iter().filter(|name| files.data.distinct(name).len() > MOST_ITEMS);
        fails(many.map(|name| format!("{name} has more than {MOST_ITEMS} items.")))
    }),
    ("filter_whitespace", |files| {
        let padded = |name: &&str| files.data.distinct(name).into_iter().any(|item| item.trim() != item);
        fails(files.filters_and_groups().into_iter().filter(padded).map(|name| format!("An item of {name} is padded.")))
    }),
    ("filter_ob_total", |files| {
        let totals = ["Total", "total", "All", "all"];
        let places = files.data.headings.iter().map(String::as_str).filter(|name| looks_like_a_place(name));
        let columns: BTreeSet<&str> = TIME.into_iter().chain(PLACE).chain(places).collect();
        let has =
            columns.into_iter().filter(|name| files.data.distinct(name).into_iter().any(|item| totals.contains(&item)));
        fails(has.map(|name| format!("{name} holds a total: leave it blank, or name the level.")))
    }),
    ("filter_blanks", |files| {
        let blank = |name: &&str| files.data.distinct(name).contains("");
        fails(files.filters_and_groups().into_iter().filter(blank).map(|name| format!("{name} has an empty cell.")))
    }),
];
