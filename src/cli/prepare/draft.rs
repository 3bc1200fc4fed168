//! Writes what the exports tell as the tables of a draft return. What only the authority knows stays empty.

use super::export::Episode;
use super::linkage::Linkage;
use super::merge::{Journey, Journeys};
use super::summary::{Counts, Summary, ToFillIn};
use super::{Order, PrepareError};
use crate::cli::rows::Cell::{Day, MaybeDay, Month, Number, Text};
use crate::cli::rows::{CsvTable, Rows};
use crate::cli::totals::Totals;
use crate::spec::{Code, Specification};
use chrono::NaiveDate;

/// The tables that a draft fills, each with the fields that it fills; the other tables get their headings alone.
const FILLED: [(&str, &[&str]); 7] = [
    ("header", &["LA", "COLLECTION", "PERIOD_START", "PERIOD_END", "SPEC_VERSION", "NIL_RETURN", "SOFTWARE"]),
    ("children", &["CHILD", "LINKAGE_KEY", "SEX", "BIRTH_MONTH", "ETHNIC", "UASC"]),
    (
        "episodes",
        &["CHILD", "DECOM", "RNE", "LS", "CIN", "PLACE", "PLACE_PROVIDER", "DEC", "REC", "REASON_PLACE_CHANGE"],
    ),
    ("reunifications", &["CHILD", "RETURN_DATE", "RETURN_TYPE", "PLANNED"]),
    ("breakdowns", &["CHILD", "RETURN_DATE", "REENTRY_DATE"]),
    ("starts", &["LINKAGE_KEY", "DECOM", "DEC"]),
    ("totals", &["MEASURE", "COUNT"]),
];

/// The tables of the draft, in the specification's order, and what is to be said of them.
pub(super) fn draft(
    order: &Order<'_>,
    mut journeys: Journeys,
    linkage: &Linkage,
) -> Result<(Vec<CsvTable>, Summary), PrepareError> {
    let mut writer = Writer::new(order)?;
    for journey in journeys.children.values_mut() {
        journey.until(order.collection.period.end);
    }
    // By pseudonym, so that the order of rows does not tell the order of local identifiers.
    let mut children: Vec<_> = journeys
        .children
        .iter()
        .map(|(id, journey)| {
            let key = linkage.keys.get(id).map(String::as_str);
            (order.key.pseudonym(order.authority, id.reveal()), key, journey)
        })
        .collect();
    children.sort_by(|one, other| one.0.cmp(&other.0));
    for (pseudonym, key, journey) in &children {
        writer.journey(pseudonym, *key, journey);
    }
    writer.finish(&journeys, linkage)
}

struct Writer<'o, 's> {
    order: &'o Order<'s>,
    totals: Totals,
    starts: Vec<(String, NaiveDate, Option<NaiveDate>)>,
    counts: Counts,
    header: Rows,
    children: Rows,
    episodes: Rows,
    reunifications: Rows,
    breakdowns: Rows,
    start_rows: Rows,
    total_rows: Rows,
}

impl<'o, 's> Writer<'o, 's> {
    fn new(order: &'o Order<'s>) -> Result<Self, PrepareError> {
        let rows = |index: usize| {
            let (table, fields) = FILLED[index];
            Rows::draft(order.specification, table, fields, true)
        };
        Ok(Self {
            order,
            totals: Totals::new(order.collection.period),
            starts: Vec::new(),
            counts: Counts::default(),
            header: rows(0)?,
            children: rows(1)?,
            episodes: rows(2)?,
            reunifications: rows(3)?,
            breakdowns: rows(4)?,
            start_rows: rows(5)?,
            total_rows: rows(6)?,
        })
    }

    fn journey(&mut self, pseudonym: &str, key: Option<&str>, journey: &Journey) {
        self.counts.children_in_exports += 1;
        for period in journey.periods() {
            self.period(key, period);
        }
        let window = self.order.collection.window_start(self.order.specification.horizon);
        let horizon = self.order.collection.horizon_start(self.order.specification.horizon);
        let returns: Vec<(usize, NaiveDate)> = journey
            .episodes
            .iter()
            .enumerate()
            .filter_map(|(index, episode)| {
                let day = episode.ceased.filter(|day| *day >= window)?;
                self.return_type(episode).map(|_| (index, day))
            })
            .collect();
        let Some((_, latest)) = returns.last() else { return };
        // A young adult of 25 whose return lies in the 90 days before the horizon belongs in no return (C102).
        let grown = self.order.collection.period.end.years_since(journey.child.born).is_some_and(|age| age >= 25);
        if grown && *latest < horizon {
            self.counts.grown += 1;
            return;
        }
        self.child(pseudonym, key, journey);
        for episode in &journey.episodes {
            self.episode(pseudonym, episode);
        }
        self.counts.beginning_unknown +=
            usize::from(journey.episodes.first().is_some_and(|first| first.reason_new != "S"));
        for (index, day) in returns {
            self.home(pseudonym, &journey.episodes, index, day);
        }
    }

    /// Counts a period of care, and tells of its start under the child's linkage key.
    fn period(&mut self, key: Option<&str>, period: &[Episode]) {
        let (Some(first), Some(last)) = (period.first(), period.last()) else { return };
        let ended = last.ceased.filter(|_| last.reason_ceased != "X1");
        // A period whose beginning no export shows is a stay and no start.
        if first.reason_new == "S" {
            self.totals.start(first.commenced);
            let horizon = self.order.collection.horizon_start(self.order.specification.horizon);
            if let Some(key) = key.filter(|_| first.commenced >= horizon) {
                self.starts.push((key.to_owned(), first.commenced, last.ceased));
            }
        }
        self.totals.stay(first.commenced, last.ceased);
        if let Some(day) = ended {
            self.totals.end(day, &last.reason_ceased);
        }
    }

    fn child(&mut self, pseudonym: &str, key: Option<&str>, journey: &Journey) {
        let child = &journey.child;
        let sex = self.order.specification.codes.get("sex").and_then(|list| list.get(&child.sex));
        let sex = sex.and_then(|code: &Code| code.read_as.as_deref()).unwrap_or(&child.sex);
        self.children.push(&[
            Text(pseudonym),
            Text(key.unwrap_or("")),
            Text(sex),
            Month(child.born),
            Text(&child.ethnic),
            Text(if child.asylum { "1" } else { "0" }),
        ]);
        self.counts.children += 1;
        self.counts.linked += usize::from(key.is_some());
    }

    fn episode(&mut self, pseudonym: &str, episode: &Episode) {
        self.episodes.push(&[
            Text(pseudonym),
            Day(episode.commenced),
            Text(&episode.reason_new),
            Text(&episode.legal),
            Text(&episode.need),
            Text(&episode.place),
            Text(&episode.provider),
            MaybeDay(episode.ceased),
            Text(&episode.reason_ceased),
            Text(&episode.place_change),
        ]);
        self.counts.episodes += 1;
    }

    /// Writes a return home, and the re-entry that ended it.
    fn home(&mut self, pseudonym: &str, episodes: &[Episode], index: usize, day: NaiveDate) {
        let Some(kind) = self.return_type(&episodes[index]) else { return };
        // The reason tells whether a return to a parent was planned; of other returns only the authority knows.
        let planned = match kind {
            "E4A" => "P",
            "E4B" => "U",
            _ => "",
        };
        self.reunifications.push(&[Text(pseudonym), Day(day), Text(kind), Text(planned)]);
        self.counts.returns += 1;
        self.counts.planned_unknown += usize::from(planned.is_empty());
        let again = episodes[index + 1..].iter().find(|episode| episode.reason_new == "S");
        if let Some(again) = again {
            self.breakdowns.push(&[Text(pseudonym), Day(day), Day(again.commenced)]);
            self.counts.breakdowns += 1;
        }
    }

    /// The code of a return home, when that is how the episode ceased.
    fn return_type(&self, episode: &Episode) -> Option<&'s str> {
        let list = self.order.specification.codes.get("return_type")?;
        list.get(&episode.reason_ceased).map(|code| code.code.as_str())
    }

    fn finish(mut self, journeys: &Journeys, linkage: &Linkage) -> Result<(Vec<CsvTable>, Summary), PrepareError> {
        let Order { specification, collection, authority, .. } = *self.order;
        let nil = self.counts.returns == 0;
        let software = format!("homeward prepare {}", env!("CARGO_PKG_VERSION"));
        self.header.push(&[
            Text(authority),
            Text(&collection.id),
            Day(collection.period.start),
            Day(collection.period.end),
            Text(&specification.version),
            Text(if nil { "1" } else { "" }),
            Text(&software),
        ]);
        // The record tables of a nil return carry no rows.
        self.starts.sort();
        for (key, commenced, ceased) in self.starts.iter().filter(|_| !nil) {
            self.start_rows.push(&[Text(key), Day(*commenced), MaybeDay(*ceased)]);
        }
        for (measure, count) in self.totals.rows(specification)? {
            self.total_rows.push(&[Text(measure), Number(count)]);
        }
        let written = [
            self.header,
            self.children,
            self.episodes,
            self.reunifications,
            self.breakdowns,
            self.start_rows,
            self.total_rows,
        ];
        let mut tables: Vec<CsvTable> = written.into_iter().map(Rows::finish).collect();
        for table in specification.tables.iter().filter(|table| filled(&table.name).is_empty()) {
            tables.push(Rows::draft(specification, &table.name, &[], true)?.finish());
        }
        tables.sort_by_key(|table| specification.tables.iter().position(|known| known.name == table.name));
        let summary = Summary {
            authority: authority.to_owned(),
            collection: collection.id.clone(),
            counts: self.counts,
            short_breaks: journeys.short_breaks,
            ended_in_short_breaks: journeys.ended_in_short_breaks,
            without_header: journeys.without_header,
            never_closed: journeys.never_closed,
            scores: journeys.scores,
            wrong_numbers: linkage.wrong,
            shared_numbers: linkage.shared,
            numbers_without_key: linkage.without_key,
            to_fill_in: to_fill_in(specification),
        };
        Ok((tables, summary))
    }
}

/// The fields of a table that a draft fills.
fn filled(table: &str) -> &'static [&'static str] {
    FILLED.iter().find(|(name, _)| *name == table).map_or(&[], |(_, fields)| fields)
}

/// The fields that a draft leaves empty, by table.
fn to_fill_in(specification: &Specification) -> Vec<ToFillIn> {
    specification
        .tables
        .iter()
        .map(|table| {
            let known = filled(&table.name);
            let names = |required: bool| {
                let left = table
                    .fields
                    .iter()
                    .filter(|field| field.required == required && !known.contains(&field.name.as_str()));
                left.map(|field| field.name.clone()).collect()
            };
            ToFillIn {
                table: table.name.clone(),
                whole: known.is_empty(),
                required: names(true),
                optional: names(false),
            }
        })
        .filter(|left| !(left.required.is_empty() && left.optional.is_empty()))
        .collect()
}
