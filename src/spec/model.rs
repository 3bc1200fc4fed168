//! The parts of a specification: tables, fields, codes, yearly collections, limits.

use crate::domain::period::{Period, add_months};
use chrono::{Days, NaiveDate};
use serde::Deserialize;
use std::collections::BTreeMap;

/// How far back a return reaches before its period.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Horizon {
    pub years: i32,
    pub days: u64,
}

/// The caps on an upload. Passing one refuses it with the limit named.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Limits {
    pub upload_bytes: u64,
    pub expanded_bytes: u64,
    /// Bytes produced for each compressed byte, for members larger than `expansion_ratio_from_bytes`.
    pub expansion_ratio: u64,
    pub expansion_ratio_from_bytes: u64,
    pub archive_members: u64,
    pub rows_per_table: u64,
    /// Rows of a table that share the value of the first field of its key; no child has so many. Unlike the others it
    /// refuses nothing: rules that would join those rows with each other are not run, and say so.
    pub rows_of_one_subject: u64,
    pub characters_per_cell: u64,
    pub json_depth: u64,
    /// Memory that the different values of one upload may take while it is read.
    pub held_bytes: u64,
}

/// What every release says of itself: what it is called, who publishes it and whom to ask.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Publication {
    pub title: String,
    pub publisher: String,
    pub contact: String,
}

/// One year's collection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Collection {
    /// What the return's header names: `reunification-2026`.
    pub id: String,
    /// The year in which the period ends.
    pub year: i32,
    pub period: Period,
    pub opens: NaiveDate,
    pub deadline: NaiveDate,
    /// Whether whoever sent a version may not sign it as well.
    pub signed_by_another: bool,
}

impl Collection {
    /// The first day of the horizon: the start of the period less its years.
    pub fn horizon_start(&self, horizon: Horizon) -> NaiveDate {
        add_months(self.period.start, -12 * horizon.years).unwrap_or(self.period.start)
    }

    /// The first day on which a return home may lie that belongs in the return: the horizon less its days.
    pub fn window_start(&self, horizon: Horizon) -> NaiveDate {
        let start = self.horizon_start(horizon);
        start.checked_sub_days(Days::new(horizon.days)).unwrap_or(start)
    }
}

/// The type of a field's values.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FieldType {
    Text,
    Code,
    /// Codes joined with semicolons.
    Codes,
    Date,
    Month,
    Integer,
    Decimal,
    /// 0 or 1.
    Flag,
    /// 0, 1, or 9 for not known.
    Flag9,
    Pseudonym,
    Hash,
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Field {
    pub name: String,
    #[serde(rename = "type")]
    pub kind: FieldType,
    pub required: bool,
    /// The code list of a `code` or `codes` field; `la` is the register of authorities.
    pub codes: Option<String>,
    /// An ECMA 262 regular expression.
    pub pattern: Option<String>,
    /// The same for people: what a value looks like, in a few words.
    pub form: Option<String>,
    pub min: Option<f64>,
    pub max: Option<f64>,
    pub about: String,
}

/// The table whose row each row of this one belongs to.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Parent {
    pub table: String,
    /// The fields, of the same names in both, that tell which row.
    pub on: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Table {
    pub name: String,
    pub required: bool,
    pub key: Vec<String>,
    pub parent: Option<Parent>,
    /// Whether it holds records of children, which a nil return must not.
    #[serde(default)]
    pub record: bool,
    /// The date by which an older row may keep a code that has since ended.
    pub dated_by: Option<String>,
    /// The exact number of rows, where it is fixed.
    pub rows: Option<u64>,
    pub about: String,
    pub obligation: String,
    pub fields: Vec<Field>,
}

impl Table {
    pub fn field(&self, name: &str) -> Option<&Field> {
        self.fields.iter().find(|field| field.name == name)
    }

    /// A field by a heading in any case.
    pub fn field_named(&self, heading: &str) -> Option<&Field> {
        self.fields.iter().find(|field| field.name.eq_ignore_ascii_case(heading.trim()))
    }
}

/// One code of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Code {
    pub code: String,
    /// What is published: labels, never codes.
    pub label: String,
    /// The first collection year in which it is valid; none when it always was.
    pub from: Option<i32>,
    /// The last collection year in which it is valid; none while it is.
    pub to: Option<i32>,
    /// The category that statistics publish it in; empty where there is none.
    pub group: String,
    /// The code that this one is read as: SEX 1 is read as M.
    pub read_as: Option<String>,
    /// Whether it may not be listed with others.
    pub alone: bool,
    /// Every further column of the list's file, as text.
    pub further: BTreeMap<String, String>,
}

impl Code {
    pub fn valid_in(&self, year: i32) -> bool {
        self.from.is_none_or(|from| from <= year) && self.to.is_none_or(|to| year <= to)
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CodeList {
    pub name: String,
    pub codes: Vec<Code>,
    /// The names of the further columns, in the file's order.
    pub further: Vec<String>,
}

impl CodeList {
    /// A code in any case.
    pub fn get(&self, code: &str) -> Option<&Code> {
        self.codes.iter().find(|known| known.code.eq_ignore_ascii_case(code))
    }
}
