//! The checks that the files of a release must pass before they may be written.
//!
//! All of DfE's screener, its warnings included, and the planted defects that it lets through: an empty or unreadable
//! figure, a percentage over 100, a small number that is not hidden, a place or a row that is missing, a wrong region,
//! everything hidden, a total that is not the sum of its parts. They read the bytes of the files as anybody would, not
//! the tables they came from.

use super::ees::{META, TIME_IDENTIFIER};
use super::layout::{COUNTRY, PLACES};
use super::screener::{self, Sheet, Verdict};
use super::sums;
use crate::disclosure::{CarriedRow, ClearedTable, ClearedTables, Policies};
use crate::domain::authority::Register;
use crate::domain::side_by_side::side_by_side;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// A check that a file does not pass.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    pub file: String,
    /// The screener's name of the check, or ours.
    pub check: &'static str,
    pub problem: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{} ({}): {}", self.file, self.check, self.problem)
    }
}

const SYMBOLS: [&str; 4] = ["c", "low", "x", "z"];

/// Every fault of the files.
pub fn check(
    files: &BTreeMap<String, Vec<u8>>,
    tables: &ClearedTables,
    policies: &Policies,
    register: &Register,
) -> Vec<Fault> {
    side_by_side(tables.tables(), |table| check_one(table, files, tables, policies, register)).concat()
}

/// Every fault of the files of one table.
fn check_one(
    table: &ClearedTable,
    files: &BTreeMap<String, Vec<u8>>,
    tables: &ClearedTables,
    policies: &Policies,
    register: &Register,
) -> Vec<Fault> {
    let mut faults = Vec::new();
    let id = &table.definition().id;
    let (data_name, meta_name) = (format!("{id}.csv"), format!("{id}.meta.csv"));
    let data = read(files, &data_name, &mut faults);
    let meta = read(files, &meta_name, &mut faults);
    let (Some(data), Some(meta)) = (data, meta) else { return faults };
    let screened = screener::screen_sheets((&data_name, &data), (&meta_name, &meta), register, None);
    // A warning of the screener is a fault here.
    let wrong = screened.into_iter().filter(|one| one.verdict >= Verdict::Warning);
    faults.extend(wrong.map(|one| Fault { file: data_name.clone(), check: one.check, problem: one.problem }));
    let policy = policies.of(id, &table.definition().policy);
    let (small, round_to) = policy.map_or((0, 1), |policy| (policy.small, policy.round_to));
    let mut checker = Checker { file: data_name, data, meta, tables, table, small, round_to, faults: Vec::new() };
    checker.run();
    faults.append(&mut checker.faults);
    faults
}

fn read(files: &BTreeMap<String, Vec<u8>>, name: &str, faults: &mut Vec<Fault>) -> Option<Sheet> {
    let sheet = files.get(name).ok_or_else(|| "the file is missing".to_owned()).and_then(|bytes| Sheet::read(bytes));
    sheet.map_err(|problem| faults.push(Fault { file: name.to_owned(), check: "file_read", problem })).ok()
}

struct Checker<'a> {
    file: String,
    data: Sheet,
    meta: Sheet,
    tables: &'a ClearedTables,
    table: &'a ClearedTable,
    small: i64,
    round_to: i64,
    faults: Vec<Fault>,
}

impl Checker<'_> {
    fn run(&mut self) {
        self.names();
        let meta_is_read = self.metadata();
        if meta_is_read && self.headings() {
            self.time_and_place();
            self.series();
            self.filters();
            self.figures();
            self.matrix();
            let year = self.tables.year().to_string();
            let faults = sums::check(&self.data.rows, &year, self.table, self.tables, self.round_to);
            faults.into_iter().for_each(|(check, problem)| self.fault(check, problem));
        }
    }

    fn fault(&mut self, check: &'static str, problem: impl Into<String>) {
        self.faults.push(Fault { file: self.file.clone(), check, problem: problem.into() });
    }

    fn names(&mut self) {
        let stem = self.file.trim_end_matches(".csv").to_owned();
        let plain = |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit() || "-_".contains(letter);
        if stem.is_empty() || !stem.chars().all(plain) || stem.len() > 50 {
            self.fault(
                "filename_special",
                "a name has lower-case letters, digits, hyphens and underscores, at most 50",
            );
        }
    }

    /// The cells of a metadata column for lines of a type.
    fn described(&self, kind: &str, column: &str) -> Vec<String> {
        let at = |name: &str| self.meta.headings.iter().position(|heading| heading == name).unwrap_or(0);
        let lines = self.meta.rows.iter().filter(|row| row[at("col_type")] == kind);
        lines.map(|row| row[at(column)].clone()).collect()
    }

    fn metadata(&mut self) -> bool {
        if self.meta.headings != META {
            self.fault("col_req_meta", "the metadata does not have exactly the columns of the standard");
            return false;
        }
        for row in self.meta.rows.clone() {
            let [name, label] = [0, 2].map(|at| &row[at]);
            let snake = |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '_';
            let plain = name.chars().all(snake) && name.starts_with(|first: char| first.is_ascii_lowercase());
            if !plain || name.len() > 50 {
                self.fault(
                    "meta_col_name",
                    format!("the column name {name:?} is not plain, lower case and at most 50 long"),
                );
            }
            if label.is_empty() || label.trim() != label || label.chars().count() > 100 || label.contains('<') {
                self.fault("meta_label", format!("the label of {name} is empty, too long or not plain text"));
            }
        }
        true
    }

    fn headings(&mut self) -> bool {
        let expected: Vec<String> = ["time_period", "time_identifier"]
            .into_iter()
            .chain(PLACES)
            .map(str::to_owned)
            .chain(self.described("Filter", "col_name"))
            .chain(self.described("Indicator", "col_name"))
            .collect();
        if self.data.headings != expected {
            self.fault(
                "cross_meta_to_data",
                "the columns of the data are not time, place and what the metadata describes",
            );
            return false;
        }
        true
    }

    /// The other years that stand in the file.
    fn other_years(&self) -> BTreeSet<String> {
        let years: BTreeSet<i32> = self.table.carried().iter().map(|carried| carried.year).collect();
        years.into_iter().map(|year| year.to_string()).collect()
    }

    /// The rows of other years are those that were published, every one and no other.
    fn series(&mut self) {
        let text = |carried: &CarriedRow| {
            let time = [carried.year.to_string(), TIME_IDENTIFIER.to_owned()];
            let place = carried.row.place.iter().cloned().chain(carried.row.items.iter().cloned());
            time.into_iter().chain(place).chain(carried.row.figures.iter().map(ToString::to_string)).collect()
        };
        let published: BTreeSet<Vec<String>> = self.table.carried().iter().map(text).collect();
        let years = self.other_years();
        let here: Vec<&Vec<String>> = self.data.rows.iter().filter(|row| years.contains(&row[0])).collect();
        if here.len() != published.len() || here.iter().any(|row| !published.contains(*row)) {
            self.fault("series_verbatim", "a row of another year is not as it was published, or is missing");
        }
    }

    fn time_and_place(&mut self) {
        let year = self.tables.year().to_string();
        let geography = self.tables.geography();
        let mut wrong: BTreeSet<&'static str> = BTreeSet::new();
        let others = self.other_years();
        for row in self.data.rows.iter().filter(|row| !others.contains(&row[0])) {
            let place: Vec<&str> = row[2..10].iter().map(String::as_str).collect();
            if row[0] != year || row[1] != TIME_IDENTIFIER {
                wrong.insert("time_period");
            }
            if place[1..3] != [COUNTRY.0, COUNTRY.1] {
                wrong.insert("geog_country_combos");
            }
            let right = match place[0] {
                "National" => place[3..].iter().all(|cell| cell.is_empty()),
                "Regional" => {
                    let known =
                        geography.regions.iter().any(|one| place[3..5] == [one.gss.as_str(), one.name.as_str()]);
                    known && place[5..].iter().all(|cell| cell.is_empty())
                }
                "Local authority" => geography
                    .authorities
                    .iter()
                    .any(|one| place[3..] == [one.region_gss.as_str(), &one.region, &one.code, &one.gss, &one.name]),
                _ => false,
            };
            if !right {
                wrong.insert("geog_la_combos");
            }
        }
        for check in wrong {
            self.fault(check, "a row has a time or a place that is not in the register of the year");
        }
    }

    fn filters(&mut self) {
        let names = self.described("Filter", "col_name");
        for (index, name) in names.iter().enumerate() {
            let items: BTreeSet<&str> = self.data.rows.iter().map(|row| row[10 + index].as_str()).collect();
            if items.iter().any(|item| item.is_empty() || item.trim() != *item || item.chars().count() > 120) {
                self.fault("filter_blanks", format!("{name} has an item that is empty, padded or longer than 120"));
            }
        }
    }

    fn figures(&mut self) {
        let first = 10 + self.described("Filter", "col_name").len();
        let columns: Vec<(String, String, String)> = self
            .described("Indicator", "col_name")
            .into_iter()
            .zip(self.described("Indicator", "indicator_unit"))
            .zip(self.described("Indicator", "indicator_dp"))
            .map(|((name, unit), decimals)| (name, unit, decimals))
            .collect();
        let counts = self.table.definition().count_names();
        let mut faults: BTreeSet<(&'static str, String)> = BTreeSet::new();
        for (index, (name, unit, decimals)) in columns.iter().enumerate() {
            let decimals: usize = decimals.parse().unwrap_or(0);
            let (mut any, mut hidden) = (false, false);
            for row in &self.data.rows {
                let cell = row[first + index].as_str();
                if SYMBOLS.contains(&cell) {
                    hidden |= cell == "c";
                    continue;
                }
                any = true;
                let places = cell.split_once('.').map_or(0, |(_, fraction)| fraction.len());
                let plain = cell.chars().all(|letter| letter.is_ascii_digit() || letter == '.' || letter == '-');
                let Some(value) = cell.parse::<f64>().ok().filter(|_| plain && places == decimals) else {
                    faults.insert(("figure_is_number_or_symbol", name.clone()));
                    continue;
                };
                if unit == "%" && !(0.0..=100.0).contains(&value) {
                    faults.insert(("percentage_in_range", name.clone()));
                }
                if counts.contains(&name.as_str()) {
                    if value < 0.0 || places > 0 {
                        faults.insert(("count_is_whole", name.clone()));
                    }
                    let is_small = value >= 1.0 && value <= self.small as f64;
                    if is_small && row[2] == "Local authority" {
                        faults.insert(("small_number_hidden", name.clone()));
                    }
                }
            }
            // The number of units itself: a table of which nothing is left should not be published.
            // An analysis of few units may well be hidden as a whole.
            if index == 0 && hidden && !any && self.table.definition().analysis.is_none() {
                faults.insert(("not_all_hidden", name.clone()));
            }
        }
        for (check, name) in faults {
            let problem = match check {
                "not_all_hidden" => format!("{name} shows no figure at all"),
                _ => format!("{name} has a figure that may not be published like this"),
            };
            self.fault(check, problem);
        }
    }

    /// Every place of a level has every row of its level: a place or a row that is missing tells its zero.
    fn matrix(&mut self) {
        let definition = self.table.definition();
        let all = definition.rows();
        let own = all.iter().filter(|row| definition.at_authority(row)).count();
        let geography = self.tables.geography();
        let regions = if definition.analysis.is_some() { 0 } else { geography.regions.len() };
        let authorities = if own == 0 { 0 } else { geography.authorities.len() };
        let expected =
            [("National", 1, all.len()), ("Regional", regions, all.len()), ("Local authority", authorities, own)];
        let year = self.tables.year().to_string();
        for (level, places, rows) in expected {
            let mut found: BTreeMap<&[String], usize> = BTreeMap::new();
            for row in self.data.rows.iter().filter(|row| row[0] == year && row[2] == level) {
                *found.entry(&row[2..10]).or_default() += 1;
            }
            if found.len() != places || found.values().any(|count| *count != rows) {
                self.fault("matrix_complete", format!("at the level {level} a place or a row is missing"));
            }
        }
    }
}
