//! The functions that rules and indicators share, beside those of SQL.
//!
//! Each is a line of [`FUNCTIONS`]: its name, what it takes and gives, a sentence and an example. The page for rule
//! authors, `specs/FUNCTIONS.md`, is made from the same lines ([`page()`]), and a test runs every example. A null
//! argument gives null. An answer that lies outside the calendar is null too.

mod codes;
mod dates;
mod page;
mod scalar;

pub use page::page;

use chrono::NaiveDate;
use datafusion::logical_expr::ScalarUDF;
use std::sync::Arc;

/// One function: its line on the page, and its body for one row.
#[derive(Debug, Clone, Copy)]
pub struct Function {
    pub name: &'static str,
    /// The names of its arguments, in order; their types are those of the body.
    pub arguments: &'static [&'static str],
    /// One sentence on what it gives.
    pub gives: &'static str,
    /// A call that a test runs, and its answer as text.
    pub example: (&'static str, &'static str),
    body: Body,
}

/// What a function computes for one row of arguments that are not null.
#[derive(Debug, Clone, Copy)]
enum Body {
    DateAndIntegerToDate(fn(NaiveDate, i64) -> Option<NaiveDate>),
    TwoDatesToInteger(fn(NaiveDate, NaiveDate) -> Option<i64>),
    DateToDate(fn(NaiveDate) -> Option<NaiveDate>),
    DateToInteger(fn(NaiveDate) -> i64),
    DateToText(fn(NaiveDate) -> String),
    TwoTextsToBoolean(fn(&str, &str) -> bool),
    TextToInteger(fn(&str) -> i64),
}

/// The type of an argument or an answer, as rule authors know it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Date,
    Integer,
    Text,
    Boolean,
}

impl Kind {
    const fn name(self) -> &'static str {
        match self {
            Self::Date => "date",
            Self::Integer => "integer",
            Self::Text => "text",
            Self::Boolean => "boolean",
        }
    }
}

impl Body {
    const fn takes(&self) -> &'static [Kind] {
        match self {
            Self::DateAndIntegerToDate(_) => &[Kind::Date, Kind::Integer],
            Self::TwoDatesToInteger(_) => &[Kind::Date, Kind::Date],
            Self::DateToDate(_) | Self::DateToInteger(_) | Self::DateToText(_) => &[Kind::Date],
            Self::TwoTextsToBoolean(_) => &[Kind::Text, Kind::Text],
            Self::TextToInteger(_) => &[Kind::Text],
        }
    }

    const fn gives(&self) -> Kind {
        match self {
            Self::DateAndIntegerToDate(_) | Self::DateToDate(_) => Kind::Date,
            Self::TwoDatesToInteger(_) | Self::DateToInteger(_) | Self::TextToInteger(_) => Kind::Integer,
            Self::DateToText(_) => Kind::Text,
            Self::TwoTextsToBoolean(_) => Kind::Boolean,
        }
    }
}

/// Every function, in the order of the page.
pub static FUNCTIONS: [Function; 15] = [
    Function {
        name: "add_months",
        arguments: &["day", "months"],
        gives: "The day so many months later, or earlier for a negative number; the last day of a shorter month.",
        example: ("add_months(DATE '2025-11-30', 3)", "2026-02-28"),
        body: Body::DateAndIntegerToDate(dates::add_months),
    },
    Function {
        name: "add_years",
        arguments: &["day", "years"],
        gives: "The day so many years later, or earlier for a negative number; 28 February for a 29th that is not there.",
        example: ("add_years(DATE '2024-02-29', -3)", "2021-02-28"),
        body: Body::DateAndIntegerToDate(dates::add_years),
    },
    Function {
        name: "add_days",
        arguments: &["day", "days"],
        gives: "The day so many days later, or earlier for a negative number.",
        example: ("add_days(DATE '2026-03-31', 1)", "2026-04-01"),
        body: Body::DateAndIntegerToDate(dates::add_days),
    },
    Function {
        name: "days_between",
        arguments: &["start", "finish"],
        gives: "The days from the one to the other: finish minus start, negative when finish is earlier.",
        example: ("days_between(DATE '2026-03-31', DATE '2026-04-02')", "2"),
        body: Body::TwoDatesToInteger(dates::days_between),
    },
    Function {
        name: "months_between",
        arguments: &["start", "finish"],
        gives: "The whole months completed: the largest n with add_months(start, n) not after finish.",
        example: ("months_between(DATE '2026-01-31', DATE '2026-02-28')", "1"),
        body: Body::TwoDatesToInteger(dates::months_between),
    },
    Function {
        name: "youngest_age",
        arguments: &["birth_month", "day"],
        gives: "The age in whole years on the day of someone born on the last day of the month: they are at least this old.",
        example: ("youngest_age(DATE '2010-06-01', DATE '2026-06-15')", "15"),
        body: Body::TwoDatesToInteger(dates::youngest_age),
    },
    Function {
        name: "oldest_age",
        arguments: &["birth_month", "day"],
        gives: "The age in whole years on the day of someone born on the first day of the month: they are at most this old.",
        example: ("oldest_age(DATE '2010-06-01', DATE '2026-06-15')", "16"),
        body: Body::TwoDatesToInteger(dates::oldest_age),
    },
    Function {
        name: "last_day",
        arguments: &["day"],
        gives: "The last day of the day's month.",
        example: ("last_day(DATE '2024-02-03')", "2024-02-29"),
        body: Body::DateToDate(dates::last_day),
    },
    Function {
        name: "month_of",
        arguments: &["day"],
        gives: "The first day of the day's month, which stands for the month.",
        example: ("month_of(DATE '2024-02-03')", "2024-02-01"),
        body: Body::DateToDate(dates::month_of),
    },
    Function {
        name: "collection_year",
        arguments: &["day"],
        gives: "The collection year in which the day lies, named by the year it ends in: from 1 April to 31 March.",
        example: ("collection_year(DATE '2026-04-01')", "2027"),
        body: Body::DateToInteger(dates::collection_year),
    },
    Function {
        name: "date_text",
        arguments: &["day"],
        gives: "The day as people read it, dd/mm/yyyy, for messages.",
        example: ("date_text(DATE '2026-04-01')", "01/04/2026"),
        body: Body::DateToText(dates::date_text),
    },
    Function {
        name: "month_text",
        arguments: &["day"],
        gives: "The month as people read it, yyyy-mm, for messages.",
        example: ("month_text(DATE '2026-04-01')", "2026-04"),
        body: Body::DateToText(dates::month_text),
    },
    Function {
        name: "has_code",
        arguments: &["list", "code"],
        gives: "Whether the code is among those of the list, which are joined by semicolons.",
        example: ("has_code('S1;S4', 'S4')", "true"),
        body: Body::TwoTextsToBoolean(codes::has_code),
    },
    Function {
        name: "code_count",
        arguments: &["list"],
        gives: "How many codes the list has, repeated ones counted each time; empty items are none.",
        example: ("code_count('S1;S4')", "2"),
        body: Body::TextToInteger(codes::code_count),
    },
    Function {
        name: "codes_within",
        arguments: &["list", "allowed"],
        gives: "Whether each code of the list is among the allowed ones, which are joined by semicolons or upright strokes.",
        example: ("codes_within('S1;S4', 'S1|S2|S4')", "true"),
        body: Body::TwoTextsToBoolean(codes::codes_within),
    },
];

impl Function {
    /// How it is written: `add_months(day date, months integer) → date`.
    pub fn signature(&self) -> String {
        let arguments: Vec<_> = self
            .arguments
            .iter()
            .zip(self.body.takes())
            .map(|(name, kind)| format!("{name} {}", kind.name()))
            .collect();
        format!("{}({}) → {}", self.name, arguments.join(", "), self.body.gives().name())
    }
}

/// Every function in the form that the planner takes.
pub(super) fn all() -> impl Iterator<Item = Arc<ScalarUDF>> {
    FUNCTIONS.iter().map(|function| Arc::new(ScalarUDF::new_from_impl(scalar::RowFunction::new(function))))
}
