//! The tables of a return, each filled by one call a row.

use super::care::Episode;
use super::home::Home;
use super::life::{Child, Return};
use super::options::SampleError;
use super::outcomes::{Found, Outcome};
use super::support::{SoFar, Spell};
use crate::cli::rows::Cell::{Day, MaybeDay, MaybeDecimal, MaybeNumber, Month, Number, Text};
use crate::cli::rows::{CsvTable, Rows};
use crate::spec::{Collection, Specification};
use chrono::NaiveDate;

/// Every table of one authority's return while it is written.
pub(super) struct Tables {
    header: Rows,
    children: Rows,
    episodes: Rows,
    reunifications: Rows,
    support: Rows,
    breakdowns: Rows,
    outcomes: Rows,
    starts: Rows,
    totals: Rows,
    practice: Rows,
    costs: Rows,
}

impl Tables {
    pub(super) fn new(specification: &Specification, day_first: bool) -> Result<Self, SampleError> {
        let rows = |name, fields: &[&'static str]| Rows::new(specification, name, fields, day_first);
        Ok(Self {
            header: rows(
                "header",
                &["LA", "COLLECTION", "PERIOD_START", "PERIOD_END", "SPEC_VERSION", "NIL_RETURN", "SOFTWARE"],
            )?,
            children: rows(
                "children",
                &[
                    "CHILD",
                    "LINKAGE_KEY",
                    "SEX",
                    "BIRTH_MONTH",
                    "ETHNIC",
                    "DISABILITY",
                    "SEN",
                    "UASC",
                    "SIBLINGS_IN_CARE",
                ],
            )?,
            episodes: rows(
                "episodes",
                &["CHILD", "DECOM", "RNE", "LS", "CIN", "PLACE", "PLACE_PROVIDER", "DEC", "REC", "REASON_PLACE_CHANGE"],
            )?,
            reunifications: rows("reunifications", REUNIFICATIONS)?,
            support: rows(
                "support",
                &[
                    "CHILD",
                    "RETURN_DATE",
                    "PHASE",
                    "SUPPORT",
                    "PROGRAMME",
                    "DELIVERY",
                    "START_DATE",
                    "END_DATE",
                    "ENDED_BECAUSE",
                    "HOURS",
                    "COST",
                ],
            )?,
            breakdowns: rows("breakdowns", &["CHILD", "RETURN_DATE", "REENTRY_DATE", "REASONS", "WEEKLY_COST"])?,
            outcomes: rows(
                "outcomes",
                &["CHILD", "RETURN_DATE", "MONTHS", "OBSERVED", "MEASURE", "VALUE", "NOT_OBSERVED"],
            )?,
            starts: rows("starts", &["LINKAGE_KEY", "DECOM", "DEC"])?,
            totals: rows("totals", &["MEASURE", "COUNT"])?,
            practice: rows("practice", &["QUESTION", "ANSWER"])?,
            costs: rows("costs", &["COST", "AMOUNT"])?,
        })
    }

    pub(super) fn header(&mut self, authority: &str, collection: &Collection, version: &str, nil: bool) {
        let software = format!("homeward sample {}", env!("CARGO_PKG_VERSION"));
        self.header.push(&[
            Text(authority),
            Text(&collection.id),
            Day(collection.period.start),
            Day(collection.period.end),
            Text(version),
            Text(if nil { "1" } else { "" }),
            Text(&software),
        ]);
    }

    pub(super) fn child(&mut self, pseudonym: &str, key: Option<&str>, child: &Child<'_>) {
        self.children.push(&[
            Text(pseudonym),
            Text(key.unwrap_or("")),
            Text(child.sex),
            Month(child.born),
            Text(child.ethnic),
            Text(&child.disability),
            Text(child.sen),
            // An unaccompanied child who went home is a thing that the rules ask about.
            Text("0"),
            MaybeNumber(child.siblings_in_care),
        ]);
    }

    pub(super) fn episode(
        &mut self,
        pseudonym: &str,
        commenced: NaiveDate,
        need: &str,
        episode: &Episode<'_>,
        ceased: Option<NaiveDate>,
    ) {
        let ended = |text| Text(if ceased.is_some() { text } else { "" });
        self.episodes.push(&[
            Text(pseudonym),
            Day(commenced),
            Text(episode.reason_new),
            Text(episode.legal),
            Text(need),
            Text(episode.place),
            Text(episode.provider),
            MaybeDay(ceased),
            ended(episode.reason_ceased),
            ended(episode.place_change),
        ]);
    }

    pub(super) fn reunification(&mut self, pseudonym: &str, back: &Return, home: &Home, fgdm: [&str; 2]) {
        self.reunifications.push(&[
            Text(pseudonym),
            Day(back.day),
            Text(back.kind),
            Text(if back.planned { "P" } else { "U" }),
            Text(home.home_with),
            Text(home.legal_after),
            Text(&home.identified_by),
            Text(home.tool),
            Text(if home.assessed.is_some() { home.risk } else { "NA" }),
            MaybeDay(home.assessed),
            MaybeNumber(home.stage),
            Text(fgdm[0]),
            Text(fgdm[1]),
            Text(home.foster_carer),
            Text(home.child_view),
            Text(home.hardship),
            Text(home.family[0]),
            Text(home.family[1]),
            Text(home.family[2]),
            Text(home.family[3]),
            MaybeNumber(home.siblings_returned),
        ]);
    }

    pub(super) fn spell(&mut self, pseudonym: &str, home: NaiveDate, spell: &Spell<'_>, so_far: &SoFar) {
        self.support.push(&[
            Text(pseudonym),
            Day(home),
            Text(spell.phase),
            Text(spell.support),
            Text(spell.programme),
            Text(spell.delivery),
            Day(spell.starts),
            MaybeDay(so_far.ended.then_some(spell.ends)),
            Text(if so_far.ended { spell.ended_because } else { "" }),
            MaybeDecimal(so_far.hours),
            MaybeDecimal(so_far.cost),
        ]);
    }

    pub(super) fn breakdown(
        &mut self,
        pseudonym: &str,
        home: NaiveDate,
        again: NaiveDate,
        reasons: &str,
        weekly: Option<i64>,
    ) {
        self.breakdowns.push(&[Text(pseudonym), Day(home), Day(again), Text(reasons), MaybeNumber(weekly)]);
    }

    pub(super) fn outcome(&mut self, pseudonym: &str, home: NaiveDate, outcome: &Outcome<'_>) {
        let (observed, value, reason) = match &outcome.found {
            Found::Value(day, value) => (Some(*day), value.as_str(), ""),
            Found::Reason(_, reason) => (None, "", *reason),
            Found::NotYetDue(..) => (None, "", "NOTDUE"),
        };
        let (months, measure) = (Text(outcome.months), Text(outcome.measure));
        self.outcomes.push(&[
            Text(pseudonym),
            Day(home),
            months,
            MaybeDay(observed),
            measure,
            Text(value),
            Text(reason),
        ]);
    }

    pub(super) fn start(&mut self, key: &str, commenced: NaiveDate, ceased: Option<NaiveDate>) {
        self.starts.push(&[Text(key), Day(commenced), MaybeDay(ceased)]);
    }

    pub(super) fn total(&mut self, measure: &str, count: i64) {
        self.totals.push(&[Text(measure), Number(count)]);
    }

    pub(super) fn practice(&mut self, question: &str, answer: &str) {
        self.practice.push(&[Text(question), Text(answer)]);
    }

    pub(super) fn cost(&mut self, cost: &str, amount: i64) {
        self.costs.push(&[Text(cost), Number(amount)]);
    }

    /// The tables in the specification's order.
    pub(super) fn finish(self, specification: &Specification) -> Vec<CsvTable> {
        let order = |table: &CsvTable| specification.tables.iter().position(|known| known.name == table.name);
        let mut tables: Vec<CsvTable> = [
            self.header,
            self.children,
            self.episodes,
            self.reunifications,
            self.support,
            self.breakdowns,
            self.outcomes,
            self.starts,
            self.totals,
            self.practice,
            self.costs,
        ]
        .into_iter()
        .map(Rows::finish)
        .collect();
        tables.sort_by_key(order);
        tables
    }
}

const REUNIFICATIONS: &[&str] = &[
    "CHILD",
    "RETURN_DATE",
    "RETURN_TYPE",
    "PLANNED",
    "HOME_WITH",
    "LEGAL_AFTER",
    "IDENTIFIED_BY",
    "TOOL",
    "RISK",
    "ASSESSED_DATE",
    "STAGE",
    "FGDM_PRE",
    "FGDM_POST",
    "FOSTER_CARER",
    "CHILD_VIEW",
    "FAM_HARDSHIP",
    "FAM_MENTAL_HEALTH",
    "FAM_SUBSTANCE",
    "FAM_ABUSE",
    "FAM_DISABILITY",
    "SIBLINGS_RETURNED",
];
