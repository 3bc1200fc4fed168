//! The checks of DfE's screener of data files, eesyscreener 0.3.1, by its names and in its order, over any pair of files.
//!
//! They are made anew from what each is said to test (`tests/data/ees_checks.csv`), over the bytes of the files. Passing
//! them is needed and far from enough: `gate` asks for more. What it decides of planted defects is recorded in
//! `tests/data/screener/`, with where these checks are stricter on purpose. Two checks need DfE's data dictionary; without
//! it they say so and decide nothing.

mod api;
mod columns;
mod dictionary;
mod ethnicity;
mod filters;
mod general;
mod geography;
mod metadata;
mod names;
mod sheet;
#[cfg(test)]
mod tests;
mod time;

pub use dictionary::Dictionary;
pub(super) use sheet::Sheet;

use crate::domain::authority::Register;
use std::fmt;

/// What a check came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verdict {
    Pass,
    /// It cannot be decided with what is at hand.
    Undecided,
    Warning,
    Fail,
}

impl fmt::Display for Verdict {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::Pass => "PASS",
            Self::Undecided => "UNDECIDED",
            Self::Warning => "WARNING",
            Self::Fail => "FAIL",
        })
    }
}

/// One check, what it came to, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Screened {
    pub check: &'static str,
    pub verdict: Verdict,
    /// A plain sentence; empty where it passed.
    pub problem: String,
}

/// What checks look at.
pub(super) struct Files<'a> {
    data_name: &'a str,
    meta_name: &'a str,
    data: &'a Sheet,
    meta: &'a Sheet,
    register: &'a Register,
    dictionary: Option<&'a Dictionary>,
}

/// A problem that a check found, as the screener weighs it.
type Problem = (Verdict, String);
type Check = (&'static str, fn(&Files<'_>) -> Vec<Problem>);

fn fails(problems: impl IntoIterator<Item = String>) -> Vec<Problem> {
    problems.into_iter().map(|problem| (Verdict::Fail, problem)).collect()
}

fn warns(problems: impl IntoIterator<Item = String>) -> Vec<Problem> {
    problems.into_iter().map(|problem| (Verdict::Warning, problem)).collect()
}

/// A problem where something is so.
fn when(wrong: bool, problem: &str) -> Option<String> {
    wrong.then(|| problem.to_owned())
}

/// Runs every check over a data file and its metadata, in the order of the screener. Files that cannot be read at all
/// give the one check `file_read`.
pub fn screen(
    data: (&str, &[u8]),
    meta: (&str, &[u8]),
    register: &Register,
    dictionary: Option<&Dictionary>,
) -> Vec<Screened> {
    let unread = |name: &str, problem: String| {
        vec![Screened {
            check: "file_read",
            verdict: Verdict::Fail,
            problem: format!("{name} cannot be read: {problem}"),
        }]
    };
    match (Sheet::read(data.1), Sheet::read(meta.1)) {
        (Ok(rows), Ok(lines)) => screen_sheets((data.0, &rows), (meta.0, &lines), register, dictionary),
        (Err(problem), _) => unread(data.0, problem),
        (_, Err(problem)) => unread(meta.0, problem),
    }
}

/// The same over files that have been read.
pub(super) fn screen_sheets(
    data: (&str, &Sheet),
    meta: (&str, &Sheet),
    register: &Register,
    dictionary: Option<&Dictionary>,
) -> Vec<Screened> {
    let files = Files { data_name: data.0, meta_name: meta.0, data: data.1, meta: meta.1, register, dictionary };
    let first = Screened { check: "file_read", verdict: Verdict::Pass, problem: String::new() };
    let checks = [
        names::CHECKS,
        columns::CHECKS,
        metadata::CHECKS,
        time::CHECKS,
        filters::CHECKS,
        geography::CHECKS,
        general::CHECKS,
        ethnicity::CHECKS,
        api::CHECKS,
        dictionary::CHECKS,
    ];
    let run = |(check, run): &Check| {
        let problems = run(&files);
        let verdict = problems.iter().map(|(verdict, _)| *verdict).max().unwrap_or(Verdict::Pass);
        let said: Vec<String> = problems.into_iter().map(|(_, problem)| problem).take(3).collect();
        Screened { check, verdict, problem: said.join(" ") }
    };
    std::iter::once(first).chain(checks.into_iter().flatten().map(run)).collect()
}
