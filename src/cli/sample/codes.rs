//! The codes that the sample uses, looked up in the specification: their lists and years stand there alone.
//! Here stand only how often each is drawn.

use super::chance::Chance;
use super::options::SampleError;
use crate::domain::period::collection_year;
use crate::spec::{Code, CodeList, Specification};
use chrono::NaiveDate;

/// Codes with their weights, in the order of their list.
pub(super) type Mix<'s> = Vec<(&'s str, f64)>;

/// A placement with its weights for children under 16 and for those of 16 and over.
#[derive(Debug, Clone, Copy)]
pub(super) struct Placement<'s> {
    pub code: &'s Code,
    pub younger: f64,
    pub older: f64,
}

/// Every mix that children's lives are drawn from.
#[derive(Debug, Clone)]
pub(super) struct Codes<'s> {
    pub sex: Sexes<'s>,
    pub ethnic: Mix<'s>,
    pub disability: Mix<'s>,
    pub sen: Mix<'s>,
    pub need: Mix<'s>,
    pub provider: Mix<'s>,
    pub place_change: Mix<'s>,
    pub support: Mix<'s>,
    /// Social work visits and monitoring: what every return is followed by.
    pub visits: &'s str,
    pub programme: Mix<'s>,
    pub delivery: Mix<'s>,
    pub breakdown: Mix<'s>,
    pub placements: Vec<Placement<'s>>,
    /// The follow-up points in months, each with its code.
    pub months: Vec<(i32, &'s str)>,
    pub measures: Vec<Measure<'s>>,
}

/// How the collection's year writes each sex.
#[derive(Debug, Clone)]
pub(super) struct Sexes<'s> {
    male: &'s str,
    female: &'s str,
    unknown: &'s Code,
}

impl<'s> Sexes<'s> {
    fn new(specification: &'s Specification, year: i32) -> Result<Self, SampleError> {
        let written = |sex: &str| {
            let reads =
                |code: &&Code| code.valid_in(year) && (code.code == sex || code.read_as.as_deref() == Some(sex));
            let code = list(specification, "sex")?.codes.iter().find(reads);
            code.map(|code| code.code.as_str()).ok_or_else(|| SampleError::NoCode { list: "sex", code: sex.to_owned() })
        };
        Ok(Self { male: written("M")?, female: written("F")?, unknown: find(specification, "sex", "U")? })
    }

    /// The sex of a child who first goes home in a year. It is unknown only of children who come after that code did,
    /// so that no child is of one sex in one collection and of another in the next.
    pub(super) fn pick(&self, chance: &mut Chance, first_home: i32) -> &'s str {
        match chance.unit() {
            ..0.002 if self.unknown.valid_in(first_home) => &self.unknown.code,
            ..0.56 => self.male,
            _ => self.female,
        }
    }
}

/// A measure of the outcomes with the ages at which it applies.
#[derive(Debug, Clone, Copy)]
pub(super) struct Measure<'s> {
    pub code: &'s str,
    pub age_from: i32,
    pub age_to: i32,
}

/// Codes that the sample names one by one, because rules tie them to each other.
const NAMED: &[(&str, &[&str])] = &[
    ("rne", &["S", "L", "P", "T", "B"]),
    ("ls", &["C1", "C2", "E1", "V2", "L1", "L2"]),
    ("rec", &["X1", "E4A", "E4B", "E13", "E41", "E45", "E47", "E11", "E12", "E5", "E6", "E8", "E17"]),
    ("return_type", &["E4A", "E4B", "E13"]),
    ("planned", &["P", "U"]),
    ("home_with", &["M", "F", "B", "S", "G", "R", "O"]),
    ("legal_after", &["NONE", "EH", "CIN", "CPP", "SUP", "CAO"]),
    ("identified_by", &["PB", "HC", "FP", "CI", "CP", "OT", "DK"]),
    ("tool", &["NSPCC", "ADAPTED", "LOCAL", "NONE"]),
    ("risk", &["SEVERE", "HIGH", "MEDIUM", "LOW", "NA"]),
    ("child_view", &["WANTED", "AMBIVALENT", "AGAINST", "YOUNG", "NR"]),
    ("phase", &["PRE", "POST"]),
    ("support", &["SWV", "FGD", "FIN"]),
    ("ended_because", &["GOALS", "DECLINED", "ELIG", "FUND", "REENTRY", "OTHER"]),
    ("breakdown_reason", &["EARLY", "DK"]),
    ("not_observed", &["REFUSED", "MOVED", "REENTERED", "AGE", "NOTDUE", "NOTCOLL"]),
    ("place", &["T1", "T4", "P1"]),
    ("place_provider", &["PR0"]),
    ("reason_place_change", &["PLACE", "OTHER"]),
    ("disability", &["NONE"]),
];

impl<'s> Codes<'s> {
    /// Looks every code up. `year` is the collection's, for codes of rows that have no date of their own.
    pub(super) fn new(specification: &'s Specification, year: i32) -> Result<Self, SampleError> {
        for (list, codes) in NAMED {
            for code in *codes {
                find(specification, list, code)?;
            }
        }
        let mix = |name, weights, other| mix(specification, name, year, weights, other);
        Ok(Self {
            sex: Sexes::new(specification, year)?,
            ethnic: mix("ethnic", ETHNIC, 0.005)?,
            disability: mix("disability", &[("NONE", 0.0), ("LD", 0.3), ("BEH", 0.25), ("AUT", 0.25)], 0.05)?,
            sen: mix("sen", &[("N", 0.44), ("K", 0.26), ("E", 0.30)], 0.0)?,
            need: mix("cin", NEED, 0.01)?,
            provider: mix("place_provider", &[("PR0", 0.0), ("PR1", 0.45), ("PR4", 0.42)], 0.04)?,
            place_change: mix("reason_place_change", &[("CARPL", 0.5), ("CREQB", 0.15), ("PLACE", 0.0)], 0.04)?,
            support: mix("support", SUPPORT, 0.03)?,
            visits: &find(specification, "support", "SWV")?.code,
            programme: mix("programme", &[("LIFELINKS", 0.4), ("RTEAM", 0.35)], 0.1)?,
            delivery: mix("delivery", &[("D", 0.55), ("C", 0.25), ("P", 0.2)], 0.0)?,
            breakdown: mix("breakdown_reason", BREAKDOWN, 0.05)?,
            placements: placements(specification)?,
            months: months(specification)?,
            measures: measures(specification, year)?,
        })
    }

    /// Whether an episode that commences on the day can have the placement.
    pub(super) fn placement_valid(&self, place: &str, day: NaiveDate) -> bool {
        let known = self.placements.iter().find(|placement| placement.code.code == place);
        known.is_none_or(|placement| placement.code.valid_in(collection_year(day)))
    }

    /// The placements open to a child at an age on a day, with their weights.
    pub(super) fn placements_on(&self, day: NaiveDate, age: i32) -> Mix<'s> {
        let year = collection_year(day);
        let valid = self.placements.iter().filter(|placement| placement.code.valid_in(year));
        valid.map(|place| (place.code.code.as_str(), if age < 16 { place.younger } else { place.older })).collect()
    }
}

/// A code list of the specification.
pub(super) fn list<'s>(specification: &'s Specification, name: &'static str) -> Result<&'s CodeList, SampleError> {
    specification.codes.get(name).ok_or_else(|| SampleError::NoCode { list: name, code: "of any kind".to_owned() })
}

fn find<'s>(specification: &'s Specification, name: &'static str, code: &str) -> Result<&'s Code, SampleError> {
    let missing = || SampleError::NoCode { list: name, code: code.to_owned() };
    list(specification, name)?.get(code).ok_or_else(missing)
}

/// The codes of a list that are valid in the year, weighted as given and otherwise by `other`.
fn mix<'s>(
    specification: &'s Specification,
    name: &'static str,
    year: i32,
    weights: &[(&str, f64)],
    other: f64,
) -> Result<Mix<'s>, SampleError> {
    let weight = |code: &str| weights.iter().find(|(known, _)| *known == code).map_or(other, |(_, weight)| *weight);
    let codes = list(specification, name)?.codes.iter().filter(|code| code.valid_in(year));
    let mix: Mix<'s> =
        codes.map(|code| (code.code.as_str(), weight(&code.code))).filter(|(_, weight)| *weight > 0.0).collect();
    if mix.is_empty() {
        return Err(SampleError::NoCode { list: name, code: format!("valid in {year}") });
    }
    Ok(mix)
}

fn placements(specification: &Specification) -> Result<Vec<Placement<'_>>, SampleError> {
    let codes = list(specification, "place")?.codes.iter();
    Ok(codes
        .filter_map(|code| {
            let (_, younger, older) = PLACEMENTS.iter().find(|(known, _, _)| *known == code.code)?;
            Some(Placement { code, younger: *younger, older: *older })
        })
        .collect())
}

fn months(specification: &Specification) -> Result<Vec<(i32, &str)>, SampleError> {
    let codes = list(specification, "months")?.codes.iter();
    codes
        .map(|code| {
            let wrong = |_| SampleError::NoCode { list: "months", code: "that is a number".to_owned() };
            Ok((code.code.parse().map_err(wrong)?, code.code.as_str()))
        })
        .collect()
}

fn measures(specification: &Specification, year: i32) -> Result<Vec<Measure<'_>>, SampleError> {
    let codes = list(specification, "measure")?.codes.iter().filter(|code| code.valid_in(year));
    Ok(codes
        .map(|code| {
            let age = |column: &str, none| code.further.get(column).and_then(|age| age.parse().ok()).unwrap_or(none);
            Measure { code: &code.code, age_from: age("age_from", 0), age_to: age("age_to", i32::MAX) }
        })
        .collect())
}

const ETHNIC: &[(&str, f64)] = &[
    ("WBRI", 0.66),
    ("WOTH", 0.04),
    ("MOTH", 0.035),
    ("MWBC", 0.035),
    ("BAFR", 0.04),
    ("BOTH", 0.02),
    ("BCRB", 0.02),
    ("APKN", 0.025),
    ("AOTH", 0.025),
    ("OOTH", 0.03),
    ("REFU", 0.002),
    ("NOBT", 0.006),
];

const NEED: &[(&str, f64)] =
    &[("N1", 0.60), ("N2", 0.03), ("N3", 0.04), ("N4", 0.10), ("N5", 0.15), ("N6", 0.03), ("N8", 0.04)];

const SUPPORT: &[(&str, f64)] =
    &[("PAR", 0.18), ("FGD", 0.12), ("FIN", 0.10), ("FTH", 0.08), ("SUB", 0.07), ("DAB", 0.07), ("SWV", 0.0)];

const BREAKDOWN: &[(&str, f64)] = &[
    ("EARLY", 0.0),
    ("DK", 0.0),
    ("SPEC", 0.31),
    ("FUND", 0.17),
    ("ISOL", 0.47),
    ("THRESH", 0.09),
    ("COMPLEX", 0.52),
    ("PREP", 0.41),
];

/// Placements that a child can be in before going home, weighted for under 16 and for 16 and over.
/// Adoptive placements are not among them: no child goes home from one without a question being asked.
const PLACEMENTS: &[(&str, f64, f64)] = &[
    ("U1", 0.05, 0.03),
    ("U3", 0.15, 0.06),
    ("U4", 0.10, 0.10),
    ("U6", 0.48, 0.28),
    ("K1", 0.003, 0.01),
    ("K2", 0.11, 0.20),
    ("R1", 0.01, 0.02),
    ("R2", 0.01, 0.01),
    ("R3", 0.02, 0.0),
    ("S1", 0.01, 0.01),
    ("H5", 0.0, 0.18),
    ("P2", 0.0, 0.06),
    ("K3", 0.0, 0.22),
    ("Z1", 0.004, 0.01),
    ("Z11", 0.004, 0.01),
    ("Z12", 0.002, 0.004),
];
