//! The compiled JSON Schemas of one collection year, field by field, and what their errors mean.

use super::lexical::Lexicon;
use crate::spec::{CodeList, Collection, Field, FieldType, Specification, Table, field_schema};
use crate::validate::ValidateError;
use jsonschema::Validator;
use jsonschema::error::ValidationErrorKind;
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// What is wrong with one value. The order is that of the rules' codes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Fault {
    Required,
    Code,
    Type,
    Range,
    Repeated,
    Alone,
}

impl Fault {
    pub(super) const fn code(self) -> &'static str {
        match self {
            Self::Required => "V01",
            Self::Code => "V02",
            Self::Type => "V03",
            Self::Range => "V04",
            Self::Repeated => "V05",
            Self::Alone => "V06",
        }
    }

    /// Whether the cell counts as empty for the rules: V01 to V04.
    pub(super) const fn unusable(self) -> bool {
        matches!(self, Self::Required | Self::Code | Self::Type | Self::Range)
    }
}

/// One field of one year: how its text is read and what is accepted.
#[derive(Debug)]
pub(super) struct FieldRule {
    pub(super) field: Field,
    /// The name of the code list, when the field has one with a file of its own.
    list: Option<String>,
    value: Validator,
    row: Validator,
    /// Codes that are accepted only by the date of their row: (first, last) collection years.
    ended: BTreeMap<String, (Option<i32>, Option<i32>)>,
    pub(super) expected: String,
}

impl FieldRule {
    fn new(
        specification: &Specification,
        table: &Table,
        field: &Field,
        collection: &Collection,
    ) -> Result<Self, ValidateError> {
        let schema = field_schema(specification, table, field, collection);
        let compile = |schema: &Value| {
            let options = jsonschema::draft202012::options().should_validate_formats(true);
            options.build(schema).map_err(|error| ValidateError::Schema {
                table: table.name.clone(),
                field: field.name.clone(),
                problem: error.to_string(),
            })
        };
        let mut row = Map::new();
        if field.required {
            row.insert("required".into(), json!([field.name]));
        }
        let list = field.codes.clone().filter(|name| specification.codes.contains_key(name));
        let codes = list.as_ref().and_then(|name| specification.codes.get(name));
        let ended = codes.filter(|_| table.dated_by.is_some()).map(|list| ended(list, collection)).unwrap_or_default();
        Ok(Self {
            expected: expected(field, codes, collection),
            value: compile(&schema)?,
            row: compile(&Value::Object(row))?,
            field: field.clone(),
            list,
            ended,
        })
    }

    pub(super) fn lexicon<'a>(&self, specification: &'a Specification, collection: &Collection) -> Lexicon<'a> {
        Lexicon {
            kind: self.field.kind,
            list: self.list.as_ref().and_then(|name| specification.codes.get(name)),
            register: &specification.register,
            period: collection.period,
        }
    }

    /// Whether an empty cell of this field is accepted.
    pub(super) fn accepts_empty(&self) -> bool {
        self.row.is_valid(&Value::Object(Map::new()))
    }

    /// Everything the schema has against a value. Its own messages are not used: they could hold the value.
    pub(super) fn faults(&self, value: &Value) -> BTreeSet<Fault> {
        if self.value.is_valid(value) {
            return BTreeSet::new();
        }
        let mut faults: BTreeSet<Fault> = self.value.iter_errors(value).map(|error| self.fault(error.kind())).collect();
        // What is not of its type cannot be out of range.
        if faults.contains(&Fault::Type) {
            faults.remove(&Fault::Range);
        }
        faults
    }

    fn fault(&self, kind: &ValidationErrorKind) -> Fault {
        let is_code = matches!(self.field.kind, FieldType::Code | FieldType::Codes);
        match kind {
            ValidationErrorKind::Enum { .. } if is_code => Fault::Code,
            ValidationErrorKind::Minimum { .. } | ValidationErrorKind::Maximum { .. } => Fault::Range,
            ValidationErrorKind::UniqueItems => Fault::Repeated,
            ValidationErrorKind::Constant { .. } => Fault::Alone,
            ValidationErrorKind::Required { .. }
            | ValidationErrorKind::MinLength { .. }
            | ValidationErrorKind::MinItems { .. } => Fault::Required,
            _ => Fault::Type,
        }
    }

    /// The years in which the date of the row must lie, for each ended code of a value.
    pub(super) fn years_needed(&self, value: &Value) -> Vec<(Option<i32>, Option<i32>)> {
        if self.ended.is_empty() {
            return Vec::new();
        }
        let years = |item: &Value| self.ended.get(item.as_str()?).copied();
        match value {
            Value::Array(items) => items.iter().filter_map(years).collect(),
            item => years(item).into_iter().collect(),
        }
    }
}

fn ended(list: &CodeList, collection: &Collection) -> BTreeMap<String, (Option<i32>, Option<i32>)> {
    let codes = list.codes.iter().filter(|code| code.read_as.is_none() && !code.valid_in(collection.year));
    codes.map(|code| (code.code.clone(), (code.from, code.to))).collect()
}

/// What a person should write, in a few words.
fn expected(field: &Field, list: Option<&CodeList>, collection: &Collection) -> String {
    const LISTED: usize = 12;
    let range = || match (field.min, field.max) {
        (Some(min), Some(max)) => format!(" from {min} to {max}"),
        (Some(min), None) => format!(" of {min} or more"),
        (None, Some(max)) => format!(" of {max} or less"),
        (None, None) => String::new(),
    };
    let codes = |one: &str, listed: &str| match list {
        None => "the code of an authority that is live in the period".to_owned(),
        Some(list) => {
            let valid = list.codes.iter().filter(|code| code.read_as.is_none() && code.valid_in(collection.year));
            let valid: Vec<&str> = valid.map(|code| code.code.as_str()).collect();
            if valid.len() <= LISTED {
                format!("{listed} {}", valid.join(", "))
            } else {
                format!("{one} of the list {}, such as {}", list.name, valid[..3].join(", "))
            }
        }
    };
    match field.kind {
        FieldType::Date => "a real day as dd/mm/yyyy or yyyy-mm-dd".to_owned(),
        FieldType::Month => "a month as yyyy-mm or mm/yyyy".to_owned(),
        FieldType::Integer => format!("a whole number{}", range()),
        FieldType::Decimal => format!("a number{}", range()),
        FieldType::Flag => "0 or 1".to_owned(),
        FieldType::Flag9 => "0, 1 or 9 (not known)".to_owned(),
        FieldType::Code => codes("a code", "one of"),
        FieldType::Codes => codes("codes", "one or more, joined with semicolons, of"),
        FieldType::Hash => "64 hexadecimal digits, lower case".to_owned(),
        FieldType::Text | FieldType::Pseudonym => match (&field.form, &field.pattern) {
            (Some(form), _) => form.clone(),
            (None, Some(pattern)) => format!("text of the form {pattern}"),
            (None, None) => "text".to_owned(),
        },
    }
}

/// The rules of every field of every table in one collection year.
#[derive(Debug)]
pub(in crate::validate) struct YearSchemas(BTreeMap<String, Vec<FieldRule>>);

impl YearSchemas {
    pub(in crate::validate) fn compile(
        specification: &Specification,
        collection: &Collection,
    ) -> Result<Self, ValidateError> {
        let table = |table: &Table| {
            let fields = table.fields.iter().map(|field| FieldRule::new(specification, table, field, collection));
            Ok((table.name.clone(), fields.collect::<Result<Vec<_>, _>>()?))
        };
        specification.tables.iter().map(table).collect::<Result<_, _>>().map(Self)
    }

    pub(super) fn fields(&self, table: &str) -> &[FieldRule] {
        self.0.get(table).map_or(&[], Vec::as_slice)
    }
}
