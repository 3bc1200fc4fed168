//! What spoilers ask of a child's rows: the care journey, the returns home, the age.

use super::book::Book;
use crate::cli::sample::life::plus;
use crate::domain::period::{add_months, last_of_month};
use chrono::NaiveDate;

/// One row of `episodes`.
#[derive(Debug, Clone)]
pub(super) struct Episode {
    pub row: usize,
    pub began: NaiveDate,
    pub ended: Option<NaiveDate>,
    pub reason_new: String,
    pub reason_ended: String,
    pub legal: String,
    pub place: String,
}

impl Episode {
    pub(super) fn starts_care(&self) -> bool {
        self.reason_new == "S"
    }

    pub(super) fn ends_at_home(&self) -> bool {
        matches!(self.reason_ended.as_str(), "E4A" | "E4B" | "E13")
    }

    /// Whether care ended with it, in another way than at home.
    pub(super) fn ends_elsewhere(&self) -> bool {
        self.ended.is_some() && self.reason_ended != "X1" && !self.ends_at_home()
    }

    pub(super) fn days(&self) -> i64 {
        self.ended.map_or(0, |ended| (ended - self.began).num_days())
    }
}

/// One row of `reunifications`.
#[derive(Debug, Clone)]
pub(super) struct Back {
    pub row: usize,
    pub day: NaiveDate,
    pub planned: bool,
    /// The row of `breakdowns` and its REENTRY_DATE.
    pub again: Option<(usize, NaiveDate)>,
}

/// A child's rows, read.
#[derive(Debug, Clone)]
pub(super) struct Record {
    /// In order of DECOM.
    pub episodes: Vec<Episode>,
    /// In order of RETURN_DATE.
    pub returns: Vec<Back>,
    /// The first day of the month of birth.
    pub born: NaiveDate,
    pub has_key: bool,
}

/// Everything about a child that is in a return.
pub(super) fn record(book: &Book, child: &str) -> Option<Record> {
    let row = *book.rows_of("children", child).first()?;
    let born = super::book::read_day(&format!("{}-01", book.get("children", row, "BIRTH_MONTH")))?;
    let has_key = book.has("children", row, "LINKAGE_KEY");
    let mut episodes: Vec<Episode> = Vec::new();
    for row in book.rows_of("episodes", child) {
        let text = |field| book.get("episodes", row, field).to_owned();
        episodes.push(Episode {
            row,
            began: book.day("episodes", row, "DECOM")?,
            ended: book.day("episodes", row, "DEC"),
            reason_new: text("RNE"),
            reason_ended: text("REC"),
            legal: text("LS"),
            place: text("PLACE"),
        });
    }
    episodes.sort_by_key(|episode| (episode.began, episode.row));
    let mut returns = Vec::new();
    for row in book.rows_of("reunifications", child) {
        let day = book.day("reunifications", row, "RETURN_DATE")?;
        let planned = book.get("reunifications", row, "PLANNED") == "P";
        let again = of_return(book, "breakdowns", child, day)
            .first()
            .and_then(|row| Some((*row, book.day("breakdowns", *row, "REENTRY_DATE")?)));
        returns.push(Back { row, day, planned, again });
    }
    returns.sort_by_key(|back| back.day);
    Some(Record { episodes, returns, born, has_key })
}

/// The rows of a table about one return home.
pub(super) fn of_return(book: &Book, table: &str, child: &str, home: NaiveDate) -> Vec<usize> {
    let is_of = |row: &usize| book.day(table, *row, "RETURN_DATE") == Some(home);
    book.rows_of(table, child).into_iter().filter(is_of).collect()
}

impl Record {
    /// The episode that ceased with a return home.
    pub(super) fn last_before(&self, back: &Back) -> Option<&Episode> {
        self.episodes.iter().find(|episode| episode.ended == Some(back.day) && episode.ends_at_home())
    }

    /// The last placement before a return that is not a temporary one.
    pub(super) fn last_place(&self, back: &Back) -> Option<&str> {
        let before = self.episodes.iter().filter(|episode| episode.began < back.day);
        let mut places = before.map(|episode| episode.place.as_str());
        places.rfind(|place| !place.starts_with('T'))
    }

    /// Whether a new period of care begins after a return.
    pub(super) fn starts_after(&self, day: NaiveDate) -> bool {
        self.episodes.iter().any(|episode| episode.starts_care() && episode.began >= day)
    }

    /// The age that the child has at least on a day.
    pub(super) fn least_age(&self, day: NaiveDate) -> i32 {
        let latest = last_of_month(self.born).unwrap_or(self.born);
        crate::cli::sample::life::age(latest, day)
    }

    /// The age that the child has at most on a day.
    pub(super) fn most_age(&self, day: NaiveDate) -> i32 {
        crate::cli::sample::life::age(self.born, day)
    }

    /// The last day of the month of the 18th birthday.
    pub(super) fn grown(&self) -> NaiveDate {
        let month = add_months(self.born, 18 * 12).unwrap_or(self.born);
        last_of_month(month).unwrap_or(month)
    }

    /// A return home so long ago that every follow-up of it that must be there closed before the period.
    pub(super) fn long_ago(book: &Book, back: &Back) -> bool {
        back.day < plus(book.period.start, -480)
    }
}

/// Adds an episode that is a whole period of care; it ceases for the reason, or is open.
pub(super) fn add_stay(book: &mut Book, child: &str, began: NaiveDate, ended: Option<(NaiveDate, &str)>) -> usize {
    let (began, day) = (book.written(began), ended.map_or_else(String::new, |(day, _)| book.written(day)));
    let reason = ended.map_or("", |(_, reason)| reason);
    let cells = [("CHILD", child), ("DECOM", &began), ("RNE", "S"), ("LS", "V2"), ("CIN", "N1"), ("PLACE", "U6")];
    let end = [("PLACE_PROVIDER", "PR1"), ("DEC", &day), ("REC", reason)];
    book.add("episodes", &[&cells[..], &end[..]].concat())
}

/// Adds a return home about which nothing is remarkable: unplanned, not assessed.
pub(super) fn add_return(book: &mut Book, child: &str, home: NaiveDate) -> usize {
    let home = book.written(home);
    let what = [("CHILD", child), ("RETURN_DATE", &home), ("RETURN_TYPE", "E4B"), ("PLANNED", "U")];
    let how = [("HOME_WITH", "M"), ("LEGAL_AFTER", "CIN"), ("IDENTIFIED_BY", "OT"), ("TOOL", "NONE"), ("RISK", "NA")];
    let flags = [("FGDM_PRE", "0"), ("FGDM_POST", "0"), ("FOSTER_CARER", "0"), ("CHILD_VIEW", "NR")];
    let family = ["FAM_HARDSHIP", "FAM_MENTAL_HEALTH", "FAM_SUBSTANCE", "FAM_ABUSE", "FAM_DISABILITY"];
    let family = family.map(|field| (field, "0"));
    book.add("reunifications", &[&what[..], &how[..], &flags[..], &family[..]].concat())
}

/// Adds the re-entry after a return home.
pub(super) fn add_breakdown(book: &mut Book, child: &str, home: NaiveDate, again: NaiveDate) -> usize {
    let (home, again) = (book.written(home), book.written(again));
    let cells = [("CHILD", child), ("RETURN_DATE", &home), ("REENTRY_DATE", &again), ("REASONS", "DK")];
    book.add("breakdowns", &cells)
}

/// Takes the outcomes of a return out, those that a condition picks.
pub(super) fn drop_outcomes(book: &mut Book, child: &str, home: NaiveDate, drop: impl Fn(&Book, usize) -> bool) {
    for row in of_return(book, "outcomes", child, home) {
        if drop(book, row) {
            book.take_out("outcomes", row);
        }
    }
}

/// Takes a child out of every table, its starts too, and out of the totals of its returns in the period.
pub(super) fn drop_child(book: &mut Book, child: &str) {
    let Some(record) = record(book, child) else { return };
    let period = book.period;
    for back in record.returns.iter().filter(|back| period.contains(back.day)) {
        let measure = format!("CEASED_{}", book.get("reunifications", back.row, "RETURN_TYPE"));
        for measure in ["CEASED", &measure] {
            add_to_total(book, measure, -1);
        }
    }
    let key = book.rows_of("children", child).first().map(|row| book.get("children", *row, "LINKAGE_KEY").to_owned());
    for row in
        key.filter(|key| !key.is_empty()).map_or_else(Vec::new, |key| book.find("starts", &[("LINKAGE_KEY", &key)]))
    {
        book.take_out("starts", row);
    }
    for table in ["children", "episodes", "reunifications", "support", "breakdowns", "outcomes"] {
        for row in book.rows_of(table, child) {
            book.take_out(table, row);
        }
    }
}

/// The row of a control total.
pub(super) fn total(book: &Book, measure: &str) -> Option<usize> {
    book.find("totals", &[("MEASURE", measure)]).first().copied()
}

pub(super) fn count(book: &Book, measure: &str) -> i64 {
    total(book, measure).and_then(|row| book.get("totals", row, "COUNT").parse().ok()).unwrap_or(0)
}

pub(super) fn add_to_total(book: &mut Book, measure: &str, more: i64) {
    let new = count(book, measure) + more;
    if let Some(row) = total(book, measure) {
        book.set("totals", row, "COUNT", &new.to_string());
    }
}
