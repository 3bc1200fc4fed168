//! Whether a national sample is like the nation that was published, counted here by simple means from its tables alone.

use super::tests::{day, made, rows, specification};
use super::*;
use crate::domain::period::add_months;
use std::collections::{BTreeMap, BTreeSet};

/// A return home and what its tables tell of it.
struct Seen {
    home: NaiveDate,
    again: Option<NaiveDate>,
    /// The groups that are known to re-enter more often, of those it is in.
    groups: BTreeSet<&'static str>,
}

/// The groups of which the literature says that they re-enter care more often.
const AT_RISK: [&str; 11] = [
    "unplanned",
    "aged 10 or over",
    "White",
    "disabled child",
    "disabled parent",
    "hardship",
    "section 20",
    "earlier period of care",
    "children's or secure home",
    "three placements or more",
    "short time in care",
];

/// One row of episodes: DECOM, RNE, LS, PLACE, DEC.
type Episode = (NaiveDate, Vec<String>);

/// The re-entry rates within so many months that were published for the nation.
const PUBLISHED: [(i32, f64); 3] = [(3, 0.12), (12, 0.20), (72, 0.35)];

#[test]
fn the_nation_is_as_published() {
    let specification = specification();
    let options = SampleOptions { scale: 0.3, ..SampleOptions::new("reunification-2026", 1) };
    let end = day("2026-03-31");
    let returns = made(&options, &specification);
    assert_eq!(returns.len(), 153, "every authority that is live at the end of the period");
    let (share_home, in_year, planned) = totals(&returns);
    assert!((2_200..2_600).contains(&in_year), "three tenths of 8,000 returns: {in_year}");
    assert!((0.25..0.29).contains(&share_home), "27% of leavers go home: {share_home}");
    assert!((0.60..0.66).contains(&planned), "planned: {planned}");
    let seen = all_seen(&returns);
    for (months, published) in PUBLISHED {
        let (found, followed) = reentered(&seen, months, end, |_| true);
        assert!((found - published).abs() < 0.02, "{months} months: {found} of {followed}, published {published}");
    }
    for group in AT_RISK {
        let (inside, followed) = reentered(&seen, 12, end, |seen| seen.groups.contains(group));
        let (outside, _) = reentered(&seen, 12, end, |seen| !seen.groups.contains(group));
        assert!(followed > 500, "{group}: only {followed}");
        assert!(inside > outside * 1.05, "{group}: {inside} within a year against {outside}");
    }
}

/// The share of leavers who went home, the returns of the year and the share of them that were planned.
fn totals(returns: &[SampleReturn]) -> (f64, i64, f64) {
    let mut counts: BTreeMap<String, i64> = BTreeMap::new();
    for row in returns.iter().flat_map(|made| rows(made, "totals", &["MEASURE", "COUNT"])) {
        *counts.entry(row[0].clone()).or_default() += row[1].parse::<i64>().expect("a count");
    }
    let home: i64 = ["CEASED_E4A", "CEASED_E4B", "CEASED_E13"].iter().map(|measure| counts[*measure]).sum();
    let first = day("2025-04-01");
    let all = returns.iter().flat_map(|made| rows(made, "reunifications", &["RETURN_DATE", "PLANNED"]));
    let in_year: Vec<Vec<String>> = all.filter(|row| day(&row[0]) >= first).collect();
    let planned = in_year.iter().filter(|row| row[1] == "P").count();
    (share(home, counts["CEASED"]), in_year.len() as i64, share(planned as i64, in_year.len() as i64))
}

fn share(part: i64, whole: i64) -> f64 {
    part as f64 / whole as f64
}

/// The share that re-entered within so many months of those who were followed for as long, and the number of these.
fn reentered(seen: &[Seen], months: i32, end: NaiveDate, wanted: impl Fn(&Seen) -> bool) -> (f64, i64) {
    let (mut followed, mut again) = (0, 0);
    for seen in seen.iter().filter(|seen| wanted(seen)) {
        let until = add_months(seen.home, months).expect("a date");
        if until <= end {
            followed += 1;
            again += i64::from(seen.again.is_some_and(|again| again <= until));
        }
    }
    (share(again, followed), followed)
}

fn all_seen(returns: &[SampleReturn]) -> Vec<Seen> {
    // Where and when children with a linkage key started to be looked after.
    let mut starts: BTreeMap<String, Vec<(NaiveDate, &str)>> = BTreeMap::new();
    for made in returns {
        for row in rows(made, "starts", &["LINKAGE_KEY", "DECOM"]) {
            starts.entry(row[0].clone()).or_default().push((day(&row[1]), &made.authority));
        }
    }
    returns.iter().flat_map(|made| seen_in(made, &starts)).collect()
}

fn seen_in(made: &SampleReturn, starts: &BTreeMap<String, Vec<(NaiveDate, &str)>>) -> Vec<Seen> {
    let mut episodes: BTreeMap<String, Vec<Episode>> = BTreeMap::new();
    for mut row in rows(made, "episodes", &["CHILD", "DECOM", "RNE", "LS", "PLACE", "DEC"]) {
        let child = row.remove(0);
        episodes.entry(child).or_default().push((day(&row[0]), row));
    }
    episodes.values_mut().for_each(|of_child| of_child.sort());
    let children: BTreeMap<String, Vec<String>> =
        rows(made, "children", &["CHILD", "LINKAGE_KEY", "BIRTH_MONTH", "ETHNIC", "DISABILITY"])
            .into_iter()
            .map(|row| (row[0].clone(), row))
            .collect();
    let returns = rows(made, "reunifications", &["CHILD", "RETURN_DATE", "PLANNED", "FAM_HARDSHIP", "FAM_DISABILITY"]);
    let seen = |row: Vec<String>| {
        let (child, episodes) = (&children[&row[0]], &episodes[&row[0]]);
        let home = day(&row[1]);
        let own =
            episodes.iter().filter(|(began, episode)| *began > home && episode[1] == "S").map(|(began, _)| *began);
        let away = starts.get(&child[1]).into_iter().flatten();
        let away = away.filter(|(began, place)| *began >= home && *place != made.authority).map(|(began, _)| *began);
        Seen { home, again: own.chain(away).min(), groups: groups(&row, child, episodes, home) }
    };
    returns.into_iter().map(seen).collect()
}

fn groups(back: &[String], child: &[String], episodes: &[Episode], home: NaiveDate) -> BTreeSet<&'static str> {
    let before: Vec<&Episode> = episodes.iter().filter(|(began, _)| *began < home).collect();
    let begins = before.iter().rposition(|(_, episode)| episode[1] == "S").expect("care starts");
    let care = &before[begins..];
    let last = care.last().expect("an episode");
    let place = care.iter().rev().map(|(_, episode)| episode[3].as_str()).find(|place| !place.starts_with('T'));
    let carers = care.iter().filter(|(_, episode)| matches!(episode[1].as_str(), "S" | "P" | "B")).count();
    let age = age(&child[2], home);
    [
        (back[2] == "U", "unplanned"),
        (age >= 10, "aged 10 or over"),
        (child[3].starts_with('W'), "White"),
        (child[4] != "NONE", "disabled child"),
        (back[4] == "1", "disabled parent"),
        (back[3] == "1", "hardship"),
        (last.1[2] == "V2", "section 20"),
        (before[..begins].iter().any(|(_, episode)| episode[1] == "S"), "earlier period of care"),
        (matches!(place, Some("K1" | "K2")), "children's or secure home"),
        (carers >= 3, "three placements or more"),
        ((home - care[0].0).num_days() < 56, "short time in care"),
    ]
    .into_iter()
    .filter_map(|(is_in, group)| is_in.then_some(group))
    .collect()
}

/// Whole years from the first day of a month of birth.
fn age(birth_month: &str, on: NaiveDate) -> i64 {
    (on - day(&format!("{birth_month}-01"))).num_days() * 4 / 1_461
}
