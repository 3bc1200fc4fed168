//! How a return home was assessed and planned, and the circumstances of the family.

use super::chance::Chance;
use super::life::{Life, Return, age, plus};
use super::plan::Plan;
use chrono::NaiveDate;

/// What an authority records about a return home beside what the episodes tell.
#[derive(Debug, Clone)]
pub(super) struct Home {
    pub home_with: &'static str,
    pub legal_after: &'static str,
    pub identified_by: String,
    pub tool: &'static str,
    /// The risk found, once it was assessed.
    pub risk: &'static str,
    pub assessed: Option<NaiveDate>,
    pub stage: Option<i64>,
    pub foster_carer: &'static str,
    pub child_view: &'static str,
    /// Mental health, substance misuse, abuse, disability of a parent.
    pub family: [&'static str; 4],
    pub hardship: &'static str,
    pub siblings_returned: Option<i64>,
    /// Whether it is not known if family group decision making was used before and after.
    pub fgdm_unknown: [bool; 2],
}

pub(super) fn home(chance: &mut Chance, plan: &Plan<'_>, life: &Life<'_>, back: &Return) -> Home {
    let age = age(life.child.born, back.day);
    let assessed = assessed(chance, back);
    let tool = tool(chance, plan, back.planned, assessed.is_some());
    let staged = matches!(tool, "NSPCC" | "ADAPTED");
    let stage = staged.then(|| if back.planned { chance.between(2, 5) } else { chance.between(0, 3) });
    let (asked_to_return, identified_by) = identified_by(chance, back.planned);
    let all_return = chance.yes(0.4);
    Home {
        home_with: home_with(chance, back.kind),
        legal_after: legal_after(chance, life, back),
        identified_by,
        tool,
        risk: chance.pick(if back.planned { RISKS_PLANNED } else { RISKS_UNPLANNED }),
        assessed,
        stage,
        foster_carer: foster_carer(chance, life.care[back.after].last_place()),
        child_view: child_view(chance, age, asked_to_return),
        family: [
            family_flag(chance, 0.42),
            family_flag(chance, 0.36),
            family_flag(chance, 0.40),
            known_flag(chance, life.child.parent_disabled),
        ],
        hardship: known_flag(chance, life.child.hardship),
        siblings_returned: life.child.siblings_in_care.map(|there| if all_return { there } else { there.min(1) }),
        fgdm_unknown: [chance.yes(0.03), chance.yes(0.03)],
    }
}

const RISKS_PLANNED: &[(&str, f64)] = &[("LOW", 0.3), ("MEDIUM", 0.5), ("HIGH", 0.2)];
const RISKS_UNPLANNED: &[(&str, f64)] = &[("LOW", 0.1), ("MEDIUM", 0.35), ("HIGH", 0.4), ("SEVERE", 0.15)];

/// Nearly every planned return is assessed before it; of the others fewer than half, and half of those afterwards.
fn assessed(chance: &mut Chance, back: &Return) -> Option<NaiveDate> {
    if back.planned {
        return (!chance.yes(0.05)).then(|| plus(back.day, -chance.between(7, 150)));
    }
    if !chance.yes(0.45) {
        return None;
    }
    Some(if chance.yes(0.5) { plus(back.day, -chance.between(1, 60)) } else { plus(back.day, chance.between(2, 40)) })
}

/// The tool used. A planned return without an assessment date has one, or it would be asked about.
fn tool(chance: &mut Chance, plan: &Plan<'_>, planned: bool, assessed: bool) -> &'static str {
    if planned && !assessed {
        return if plan.tool == "NONE" { "LOCAL" } else { plan.tool };
    }
    let used = if planned { 0.9 } else { 0.5 };
    if chance.yes(used) { plan.tool } else { chance.pick(&[("NONE", 0.8), ("LOCAL", 0.2)]) }
}

/// Whether the child is said to have asked to return, and the list of codes.
fn identified_by(chance: &mut Chance, planned: bool) -> (bool, String) {
    if chance.yes(0.03) {
        return (false, "DK".to_owned());
    }
    let likely = if planned { [0.08, 0.04, 0.12, 0.22, 0.7] } else { [0.5, 0.05, 0.2, 0.5, 0.08] };
    let codes = ["PB", "HC", "FP", "CI", "CP"];
    let given: Vec<&str> =
        codes.into_iter().zip(likely).filter(|(_, p)| chance.yes(*p)).map(|(code, _)| code).collect();
    if given.is_empty() { (false, "OT".to_owned()) } else { (given.contains(&"CI"), given.join(";")) }
}

/// E4A and E4B are to a person with parental responsibility, E13 to one without.
fn home_with(chance: &mut Chance, kind: &str) -> &'static str {
    if kind == "E13" {
        chance.pick(&[("G", 0.5), ("R", 0.35), ("O", 0.15)])
    } else {
        chance.pick(&[("M", 0.48), ("F", 0.14), ("B", 0.2), ("S", 0.18)])
    }
}

/// An order does not end by itself, and a planned return is followed up.
fn legal_after(chance: &mut Chance, life: &Life<'_>, back: &Return) -> &'static str {
    let ordered = life.care[back.after].last().is_some_and(|episode| matches!(episode.legal, "C1" | "C2" | "E1"));
    match (ordered, back.planned) {
        (true, _) if back.kind == "E13" && chance.yes(0.3) => "CAO",
        (true, _) => chance.pick(&[("CIN", 0.45), ("CPP", 0.2), ("SUP", 0.35)]),
        (false, true) => chance.pick(&[("EH", 0.12), ("CIN", 0.6), ("CPP", 0.22), ("SUP", 0.06)]),
        (false, false) => chance.pick(&[("NONE", 0.12), ("EH", 0.15), ("CIN", 0.48), ("CPP", 0.22), ("SUP", 0.03)]),
    }
}

fn foster_carer(chance: &mut Chance, place: &str) -> &'static str {
    if place.starts_with('U') { chance.pick(&[("1", 0.4), ("0", 0.57), ("9", 0.03)]) } else { "0" }
}

fn child_view(chance: &mut Chance, age: i32, asked_to_return: bool) -> &'static str {
    match (age, asked_to_return) {
        (..4, _) => "YOUNG",
        (_, true) => "WANTED",
        _ => chance.pick(&[("WANTED", 0.6), ("AMBIVALENT", 0.2), ("AGAINST", 0.05), ("NR", 0.15)]),
    }
}

fn family_flag(chance: &mut Chance, share: f64) -> &'static str {
    let is_so = chance.yes(share);
    known_flag(chance, is_so)
}

/// A circumstance of the family as it is recorded; now and then it is not known.
fn known_flag(chance: &mut Chance, is_so: bool) -> &'static str {
    match (chance.yes(0.025), is_so) {
        (true, _) => "9",
        (false, true) => "1",
        (false, false) => "0",
    }
}
