//! On how many authorities the figures rest, and what was done about the others. It travels with every table.

use super::manifest::CountedReturn;
use crate::disclosure::ClearedTables;
use serde::Serialize;
use std::collections::BTreeMap;

/// What is done about authorities without an accepted return.
const REST: &str =
    "Nothing is imputed: an authority without an accepted return is in no total, and its own rows show x.";

/// Of how many authorities the figures of a region rest on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RegionCount {
    pub region: String,
    pub expected: usize,
    pub received: usize,
}

/// The coverage of a release. Authorities are named, in the order of their three-digit codes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Coverage {
    /// Authorities live at the end of the period.
    pub expected: usize,
    /// Those of them whose return was accepted and is counted.
    pub received: usize,
    /// Those of the counted whose version was received after their own deadline; none where no ledger could say, because the
    /// release was made from a folder of returns.
    pub late: Option<Vec<String>>,
    /// Those without an accepted return.
    pub missing: Vec<String>,
    pub regions: Vec<RegionCount>,
    /// What was done about the missing.
    pub rest: &'static str,
}

impl Coverage {
    /// From the cleared tables and the returns that were counted.
    pub fn of(tables: &ClearedTables, returns: &[CountedReturn]) -> Self {
        let authorities = &tables.geography().authorities;
        let mut missing = Vec::new();
        let mut regions: BTreeMap<&str, RegionCount> = BTreeMap::new();
        for (one, has) in authorities.iter().zip(tables.has_return()) {
            let empty = || RegionCount { region: one.region.clone(), expected: 0, received: 0 };
            let region = regions.entry(&one.region_gss).or_insert_with(empty);
            region.expected += 1;
            region.received += usize::from(*has);
            if !has {
                missing.push((&one.code, one.name.clone()));
            }
        }
        missing.sort();
        let is_known = !returns.is_empty() && returns.iter().all(|one| one.late.is_some());
        let late = returns.iter().filter(|one| one.late == Some(true));
        let late = late.filter_map(|one| authorities.iter().find(|known| known.code == one.authority));
        let late: Vec<String> = late.map(|one| one.name.clone()).collect();
        Self {
            expected: authorities.len(),
            received: authorities.len() - missing.len(),
            late: is_known.then_some(late),
            missing: missing.into_iter().map(|(_, name)| name).collect(),
            regions: regions.into_values().collect(),
            rest: REST,
        }
    }

    /// The same in sentences, each a footnote that applies to every table.
    pub fn sentences(&self) -> Vec<String> {
        let mut sentences =
            vec![format!("Figures rest on the accepted returns of {} of {} authorities", self.received, self.expected)];
        sentences.push(match &self.late {
            None => "Whether a return came after the deadline is not known: this was made from a folder of returns"
                .to_owned(),
            Some(late) if late.is_empty() => "Every return that is counted was received by its deadline".to_owned(),
            Some(late) => format!("Received after the deadline, and counted: {}", late.join("; ")),
        });
        sentences.push(if self.missing.is_empty() {
            "No authority is missing".to_owned()
        } else {
            format!("Without an accepted return: {}", self.missing.join("; "))
        });
        sentences.push(self.rest.trim_end_matches('.').to_owned());
        sentences
    }
}
