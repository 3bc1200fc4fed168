//! What an authority answers about its practice, drawn as the published survey found it, and the costs it reports.

use super::chance::{Chance, Stream, Subject};
use super::codes::list;
use super::options::SampleError;
use super::plan::Plan;
use crate::spec::{Code, Specification};
use std::collections::BTreeMap;

/// One answered question: its code and the answers joined with semicolons.
pub(super) type Answer<'s> = (&'s str, String);

/// The answers of an authority, the same in every year.
pub(super) fn answers<'s>(
    seed: u64,
    specification: &'s Specification,
    plan: &Plan<'_>,
) -> Result<Vec<Answer<'s>>, SampleError> {
    let stream = Stream { subject: Subject::Authority, authority: plan.number, year: 1, number: 0 };
    let mut chance = Chance::new(seed, stream);
    let alone: Vec<&str> =
        list(specification, "practice_answer")?.codes.iter().filter(|c| c.alone).map(|c| c.code.as_str()).collect();
    let mut given: BTreeMap<&str, String> = BTreeMap::new();
    let mut rows = Vec::new();
    for question in &list(specification, "practice_question")?.codes {
        let answers: Vec<&str> = further(question, "answers").split('|').collect();
        let shares = shares(question, &answers);
        let answer = if question.code == "TOOL" {
            plan.tool.to_owned()
        } else if further(question, "several") == "yes" {
            several(&mut chance, &shares, &alone)
        } else {
            one(&mut chance, &shares).to_owned()
        };
        // Not every authority answers every question, and some questions follow from another.
        let needed = further(question, "needs");
        let asked = needed.is_empty() || given.get(needed).is_some_and(|answer| answer == "Y");
        if asked && !chance.yes(0.04) && !answer.is_empty() {
            given.insert(&question.code, answer.clone());
            rows.push((question.code.as_str(), answer));
        }
    }
    Ok(rows)
}

fn further<'s>(question: &'s Code, column: &str) -> &'s str {
    question.further.get(column).map_or("", String::as_str)
}

/// The published share of each answer; where none was published, what is left is spread over the others.
///
/// The survey's shares are written as "69 FUND; 65 STAFF" or "85 VERY or SOME" or "56 answered N": a number, then
/// words of which some are answers.
fn shares<'s>(question: &Code, answers: &[&'s str]) -> Vec<(&'s str, f64)> {
    let published = further(question, "published_percent");
    let base = if published.contains("(counts)") { 70.0 } else { 100.0 };
    let mut known: BTreeMap<&str, f64> = BTreeMap::new();
    for part in published.split(';') {
        let mut words = part.split_whitespace();
        let Some(number) = words.next().and_then(|word| word.parse::<f64>().ok()) else { continue };
        let named: Vec<&str> =
            words.filter_map(|word| answers.iter().copied().find(|answer| *answer == word)).collect();
        for answer in &named {
            known.insert(answer, number / base / named.len() as f64);
        }
    }
    let several = further(question, "several") == "yes";
    let unknown = (answers.len() - known.len()).max(1) as f64;
    let left = if several { 0.4 } else { (1.0 - known.values().sum::<f64>()).max(0.0) / unknown };
    answers.iter().map(|answer| (*answer, known.get(answer).copied().unwrap_or(left))).collect()
}

fn one<'s>(chance: &mut Chance, shares: &[(&'s str, f64)]) -> &'s str {
    chance.pick(shares)
}

fn several(chance: &mut Chance, shares: &[(&str, f64)], alone: &[&str]) -> String {
    let drawn: Vec<&str> = shares.iter().filter(|(_, share)| chance.yes(*share)).map(|(answer, _)| *answer).collect();
    let together: Vec<&str> = drawn.iter().copied().filter(|answer| !alone.contains(answer)).collect();
    if together.is_empty() { drawn.first().copied().unwrap_or("").to_owned() } else { together.join(";") }
}

/// The unit costs of an authority that chooses to report them, in whole pounds, about what studies published.
pub(super) fn costs<'s>(
    seed: u64,
    specification: &'s Specification,
    plan: &Plan<'_>,
) -> Result<Vec<(&'s str, i64)>, SampleError> {
    let stream = Stream { subject: Subject::Authority, authority: plan.number, year: 2, number: 0 };
    let mut chance = Chance::new(seed, stream);
    if chance.yes(0.4) {
        return Ok(Vec::new());
    }
    let amount = |code: &str| match code {
        "SUPPORT_YEAR" => 5_627,
        "REENTRY_YEAR" => 61_614,
        "PLACEMENT_WEEK" => 1_180,
        _ => 5_400,
    };
    let codes = list(specification, "cost")?.codes.iter();
    Ok(codes.map(|cost| (cost.code.as_str(), amount(&cost.code) * chance.between(80, 125) / 100)).collect())
}
