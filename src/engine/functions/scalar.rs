//! Turns a function of one row into one of columns.

use super::{Body, Function, Kind};
use arrow::array::{
    Array, ArrayRef, AsArray, BooleanArray, Date32Array, Int64Array, StringArray, StringBuilder, new_null_array,
};
use arrow::compute::{cast, take};
use arrow::datatypes::{DataType, Date32Type, Int64Type};
use chrono::NaiveDate;
use datafusion::common::{DataFusionError, Result, ScalarValue};
use datafusion::logical_expr::{ColumnarValue, ScalarFunctionArgs, ScalarUDFImpl, Signature, Volatility};
use std::hash::{Hash, Hasher};

/// A [`Function`] as the planner calls it.
#[derive(Debug)]
pub(super) struct RowFunction {
    function: &'static Function,
    signature: Signature,
}

impl RowFunction {
    pub(super) fn new(function: &'static Function) -> Self {
        Self { function, signature: Signature::user_defined(Volatility::Immutable) }
    }
}

impl PartialEq for RowFunction {
    fn eq(&self, other: &Self) -> bool {
        self.function.name == other.function.name
    }
}

impl Eq for RowFunction {}

impl Hash for RowFunction {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.function.name.hash(state);
    }
}

impl ScalarUDFImpl for RowFunction {
    fn name(&self) -> &str {
        self.function.name
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _arguments: &[DataType]) -> Result<DataType> {
        Ok(match self.function.body.gives() {
            Kind::Date => DataType::Date32,
            Kind::Integer => DataType::Int64,
            Kind::Text => DataType::Utf8,
            Kind::Boolean => DataType::Boolean,
        })
    }

    fn is_strict(&self) -> bool {
        true
    }

    fn coerce_types(&self, given: &[DataType]) -> Result<Vec<DataType>> {
        let takes = self.function.body.takes();
        let read = || format!("it is written {}", self.function.signature());
        if given.len() != takes.len() {
            let name = self.function.name;
            let counts = format!("{name} takes {} arguments and has {}", takes.len(), given.len());
            return Err(DataFusionError::Plan(format!("{counts}; {}", read())));
        }
        let pairs = takes.iter().zip(given).enumerate();
        pairs
            .map(|(at, (kind, given))| {
                accepted(*kind, given).ok_or_else(|| {
                    let wanted =
                        if *kind == Kind::Date { "a date (a literal is DATE '2026-03-31')" } else { kind.name() };
                    let (name, argument) = (self.function.name, self.function.arguments[at]);
                    DataFusionError::Plan(format!("{name} takes {wanted} for {argument}, not {given}; {}", read()))
                })
            })
            .collect()
    }

    fn invoke_with_args(&self, call: ScalarFunctionArgs) -> Result<ColumnarValue> {
        if let [ColumnarValue::Array(list), rest @ ..] = call.args.as_slice()
            && let Some(dictionary) = list.as_any_dictionary_opt()
            && rest.iter().all(|argument| matches!(argument, ColumnarValue::Scalar(_)))
        {
            let mut of_values = vec![ColumnarValue::Array(cast(dictionary.values(), &DataType::Utf8)?)];
            of_values.extend_from_slice(rest);
            let answers = self.function.body.compute(&of_values, dictionary.values().len())?;
            return Ok(ColumnarValue::Array(take(&answers, dictionary.keys(), None)?));
        }
        let constant = call.args.iter().all(|argument| matches!(argument, ColumnarValue::Scalar(_)));
        if constant {
            let answer = self.function.body.compute(&call.args, 1)?;
            return Ok(ColumnarValue::Scalar(ScalarValue::try_from_array(&answer, 0)?));
        }
        Ok(ColumnarValue::Array(self.function.body.compute(&call.args, call.number_rows)?))
    }
}

/// The type to which an argument of the given type is brought, if it may be.
fn accepted(kind: Kind, given: &DataType) -> Option<DataType> {
    match (kind, given) {
        (Kind::Date, DataType::Date32 | DataType::Date64 | DataType::Timestamp(..) | DataType::Null) => {
            Some(DataType::Date32)
        }
        (Kind::Integer, given) if given.is_integer() || given.is_null() => Some(DataType::Int64),
        (Kind::Text, DataType::Dictionary(_, values)) if values.is_string() => Some(given.clone()),
        (Kind::Text, given) if given.is_string() || given.is_null() => Some(DataType::Utf8),
        _ => None,
    }
}

impl Body {
    fn compute(&self, arguments: &[ColumnarValue], rows: usize) -> Result<ArrayRef> {
        let first = &arguments[0];
        Ok(match *self {
            Self::DateAndIntegerToDate(of) => {
                let (days, numbers) = (Days::of(first)?, Integers::of(&arguments[1])?);
                let answer = |row| Some(to_number(of(days.at(row)?, numbers.at(row)?)?));
                std::sync::Arc::new((0..rows).map(answer).collect::<Date32Array>())
            }
            Self::TwoDatesToInteger(of) => {
                let (from, to) = (Days::of(first)?, Days::of(&arguments[1])?);
                let answer = |row| of(from.at(row)?, to.at(row)?);
                std::sync::Arc::new((0..rows).map(answer).collect::<Int64Array>())
            }
            Self::DateToDate(of) => {
                let days = Days::of(first)?;
                let answer = |row| Some(to_number(of(days.at(row)?)?));
                std::sync::Arc::new((0..rows).map(answer).collect::<Date32Array>())
            }
            Self::DateToInteger(of) => {
                let days = Days::of(first)?;
                std::sync::Arc::new((0..rows).map(|row| Some(of(days.at(row)?))).collect::<Int64Array>())
            }
            Self::DateToText(of) => {
                let days = Days::of(first)?;
                let mut texts = StringBuilder::with_capacity(rows, rows * 10);
                (0..rows).for_each(|row| texts.append_option(days.at(row).map(of)));
                std::sync::Arc::new(texts.finish())
            }
            Self::TwoTextsToBoolean(of) => {
                let (list, other) = (Texts::of(first)?, Texts::of(&arguments[1])?);
                let answer = |row| Some(of(list.at(row)?, other.at(row)?));
                std::sync::Arc::new((0..rows).map(answer).collect::<BooleanArray>())
            }
            Self::TextToInteger(of) => {
                let list = Texts::of(first)?;
                std::sync::Arc::new((0..rows).map(|row| Some(of(list.at(row)?))).collect::<Int64Array>())
            }
        })
    }
}

fn to_number(day: NaiveDate) -> i32 {
    Date32Type::from_naive_date(day)
}

/// An argument as an array: of one element where it is a constant.
fn as_array(argument: &ColumnarValue, kind: &DataType) -> Result<(ArrayRef, bool)> {
    match argument {
        ColumnarValue::Array(array) if array.data_type() == kind => Ok((std::sync::Arc::clone(array), false)),
        ColumnarValue::Array(array) => Ok((cast(array, kind)?, false)),
        ColumnarValue::Scalar(value) if value.is_null() => Ok((new_null_array(kind, 1), true)),
        ColumnarValue::Scalar(value) => Ok((cast(&value.to_array()?, kind)?, true)),
    }
}

struct Days(Date32Array, bool);

impl Days {
    fn of(argument: &ColumnarValue) -> Result<Self> {
        let (array, constant) = as_array(argument, &DataType::Date32)?;
        Ok(Self(array.as_primitive::<Date32Type>().clone(), constant))
    }

    fn at(&self, row: usize) -> Option<NaiveDate> {
        let row = if self.1 { 0 } else { row };
        if self.0.is_null(row) { None } else { Date32Type::to_naive_date_opt(self.0.value(row)) }
    }
}

struct Integers(Int64Array, bool);

impl Integers {
    fn of(argument: &ColumnarValue) -> Result<Self> {
        let (array, constant) = as_array(argument, &DataType::Int64)?;
        Ok(Self(array.as_primitive::<Int64Type>().clone(), constant))
    }

    fn at(&self, row: usize) -> Option<i64> {
        let row = if self.1 { 0 } else { row };
        if self.0.is_null(row) { None } else { Some(self.0.value(row)) }
    }
}

struct Texts(StringArray, bool);

impl Texts {
    fn of(argument: &ColumnarValue) -> Result<Self> {
        let (array, constant) = as_array(argument, &DataType::Utf8)?;
        Ok(Self(array.as_string::<i32>().clone(), constant))
    }

    fn at(&self, row: usize) -> Option<&str> {
        let row = if self.1 { 0 } else { row };
        if self.0.is_null(row) { None } else { Some(self.0.value(row)) }
    }
}
