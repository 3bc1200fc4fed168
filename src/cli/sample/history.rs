//! One authority's return: what of its children's lives had happened by the end of the period, table by table.

use super::Maker;
use super::care::Episode;
use super::chance::{Chance, Stream, Subject};
use super::home::{Home, home};
use super::life::{Life, Return, age, life};
use super::options::SampleError;
use super::outcomes::{Found, outcomes};
use super::plan::{FIRST_YEAR, Plan};
use super::stays::{Stay, stay};
use super::support::{Spell, spells};
use super::tables::Tables;
use crate::cli::rows::CsvTable;
use crate::cli::totals::Totals;
use chrono::NaiveDate;

/// Children who will first go home in these further years may be looked after already: they count in the totals and starts.
/// It is the longest of the periods of care that lead home, so that a later collection knows of no other start of now.
const YEARS_AHEAD: i32 = 8;

/// Everything of an authority that its return can show.
pub(super) struct History<'s> {
    /// By pseudonym, so that the order of rows tells nothing.
    pub children: Vec<(String, Life<'s>)>,
    /// Linkage key, first day, last day.
    pub starts: Vec<(String, NaiveDate, Option<NaiveDate>)>,
    pub totals: Totals,
}

impl<'s> Maker<'s> {
    /// Lives through every year of the authority up to the collection's.
    pub(super) fn history(&self, plan: &Plan<'s>) -> History<'s> {
        let mut history =
            History { children: Vec::new(), starts: Vec::new(), totals: Totals::new(self.collection.period) };
        for year in FIRST_YEAR..=self.collection.year + YEARS_AHEAD {
            let counts = plan.year(self.seed, year);
            for number in 0..counts.first_returns {
                let life = life(self.seed, &self.codes, plan, year, &counts, number);
                let Some(life) = self.as_known(life) else { continue };
                let keyed = life.child.has_linkage_key.then_some(life.child.stream);
                for care in life.care.iter().skip(life.untold()) {
                    let reason = care.last().map_or("", |episode| episode.reason_ceased);
                    let (commenced, ceased) = (care.commenced(), care.ceased());
                    self.count(&mut history, &Stay { keyed, commenced, ceased, reason });
                }
                if self.belongs(&life) {
                    history.children.push((self.names.pseudonym(life.child.stream), life));
                }
            }
            // A stay begins in its year, so those of the years ahead are not known of.
            for number in (0..counts.stays).take_while(|_| year <= self.collection.year) {
                self.count(&mut history, &stay(self.seed, plan, year, number));
            }
        }
        for stay in self.moves.get(&plan.number).into_iter().flatten() {
            self.count(&mut history, stay);
        }
        history.children.sort_by(|one, other| one.0.cmp(&other.0));
        history.starts.sort();
        history
    }

    fn count(&self, history: &mut History<'s>, stay: &Stay) {
        let ceased = self.happened(stay.ceased);
        history.totals.count(stay.commenced, ceased, stay.reason);
        let shown = self.horizon <= stay.commenced && stay.commenced <= self.collection.period.end;
        if let Some(stream) = stay.keyed.filter(|_| shown) {
            history.starts.push((self.names.linkage_key(stream), stay.commenced, ceased));
        }
    }

    /// The day, when it lies in or before the period.
    fn happened(&self, day: NaiveDate) -> Option<NaiveDate> {
        (day <= self.collection.period.end).then_some(day)
    }

    fn in_window(&self, day: NaiveDate) -> bool {
        self.window <= day && day <= self.collection.period.end
    }

    /// Whether the return has a row for the child: a return home in the window, and under 25 at the end of the period.
    /// (A child of nearly 18 who went home in the window's first 90 days is 25 by its end, which rule C102 excludes.)
    fn belongs(&self, life: &Life<'_>) -> bool {
        let grown = age(life.child.born, self.collection.period.end) >= 25;
        !grown && life.returns.iter().any(|back| self.in_window(back.day))
    }

    /// Fills the tables of children.
    pub(super) fn fill(&self, plan: &Plan<'s>, history: &History<'s>, tables: &mut Tables) {
        for (pseudonym, life) in &history.children {
            let key = life.child.has_linkage_key.then(|| self.names.linkage_key(life.child.stream));
            tables.child(pseudonym, key.as_deref(), &life.child);
            for episode in life.care.iter().flat_map(|care| &care.episodes) {
                if let Some(commenced) = self.happened(episode.commenced) {
                    tables.episode(pseudonym, commenced, life.child.need, episode, self.happened(episode.ceased));
                }
            }
            for back in life.returns.iter().filter(|back| self.in_window(back.day)) {
                self.fill_return(plan, pseudonym, life, back, tables);
            }
        }
        for (key, commenced, ceased) in &history.starts {
            tables.start(key, *commenced, *ceased);
        }
    }

    fn fill_return(&self, plan: &Plan<'s>, pseudonym: &str, life: &Life<'s>, back: &Return, tables: &mut Tables) {
        let end = self.collection.period.end;
        let number = life.child.stream.number * 4 + back.number;
        let stream = Stream { subject: Subject::Return, number, ..life.child.stream };
        let mut chance = Chance::new(self.seed, stream);
        let home = home(&mut chance, plan, life, back);
        let spells = spells(&mut chance, &self.codes, life, back);
        let breakdown = back.reentered.map(|again| (again, self.breakdown(&mut chance, life, back, &spells)));
        let outcomes = outcomes(&mut chance, &self.codes, plan, life, back);

        let shown: Vec<&Spell<'_>> = spells.iter().filter(|spell| spell.starts <= end).collect();
        let meetings = |phase: &str| shown.iter().any(|spell| spell.phase == phase && spell.support == "FGD");
        let fgdm = |phase, unknown| match (meetings(phase), unknown) {
            (true, _) => "1",
            (false, true) => "9",
            (false, false) => "0",
        };
        let flags = [fgdm("PRE", home.fgdm_unknown[0]), fgdm("POST", home.fgdm_unknown[1])];
        let home = Home { assessed: home.assessed.and_then(|day| self.happened(day)), ..home };
        tables.reunification(pseudonym, back, &home, flags);
        for spell in shown {
            tables.spell(pseudonym, back.day, spell, &spell.so_far(end));
        }
        if let Some((again, (reasons, weekly_cost))) = breakdown.filter(|(again, _)| *again <= end) {
            tables.breakdown(pseudonym, back.day, again, &reasons, weekly_cost);
        }
        for outcome in &outcomes {
            let shown = match &outcome.found {
                Found::Value(day, _) | Found::Reason(day, _) => *day <= end,
                Found::NotYetDue(from, until) => *from <= end && end < *until,
            };
            if shown {
                tables.outcome(pseudonym, back.day, outcome);
            }
        }
    }

    /// Why a return broke down, and what the first placement after it costs a week.
    fn breakdown(
        &self,
        chance: &mut Chance,
        life: &Life<'_>,
        back: &Return,
        spells: &[Spell<'_>],
    ) -> (String, Option<i64>) {
        let supported = spells.iter().any(|spell| spell.phase == "POST" && spell.ended_because == "REENTRY");
        let mut reasons: Vec<&str> =
            self.codes.breakdown.iter().filter(|(_, share)| chance.yes(*share / 2.0)).map(|(code, _)| *code).collect();
        // Support that was there on the day of re-entry was not withdrawn too early.
        if !supported && chance.yes(0.4) {
            reasons.insert(0, "EARLY");
        }
        let reasons = if reasons.is_empty() { "DK".to_owned() } else { reasons.join(";") };
        let place =
            life.care.get(back.after + 1).and_then(|care| care.episodes.first()).map_or("", |e: &Episode<'_>| e.place);
        let cost = match place {
            "K1" | "K2" | "R1" | "S1" => chance.between(3_200, 8_500),
            "P1" => chance.between(120, 300),
            _ => chance.between(420, 1_300),
        };
        (reasons, chance.yes(0.8).then_some(cost))
    }
}

/// A whole return of an authority.
pub(super) fn tables_of<'s>(maker: &Maker<'s>, plan: &Plan<'s>) -> Result<Vec<CsvTable>, SampleError> {
    let history = maker.history(plan);
    let mut tables = Tables::new(maker.specification, plan.day_first)?;
    let nil = history.children.is_empty();
    tables.header(plan.code, maker.collection, &maker.specification.version, nil);
    // The record tables of a nil return carry no rows, `starts` among them.
    if !nil {
        maker.fill(plan, &history, &mut tables);
    }
    for (measure, count) in history.totals.rows(maker.specification)? {
        tables.total(measure, count);
    }
    for (question, answer) in super::practice::answers(maker.seed, maker.specification, plan)? {
        tables.practice(question, &answer);
    }
    for (cost, amount) in super::practice::costs(maker.seed, maker.specification, plan)? {
        tables.cost(cost, amount);
    }
    Ok(tables.finish(maker.specification))
}
